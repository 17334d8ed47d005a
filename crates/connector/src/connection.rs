//! What a connector's connection is called in the Scalekit workspace, and how its tools begin.
//!
//! Both are the workspace's own: a connection may be called `hubspot-qkHFhMip`, and the tools of
//! Zendesk's OAuth kind begin with `zendeskoauth_`. Everything else here goes by the connector.
//! Knows nothing of accounts or of what tools do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name::Connector;

/// Longest name of a connection or prefix, in bytes.
const LONGEST: usize = 100;

/// One connector's connection; what is absent goes by the connector's own name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConnectionName {
    /// The connection's name in the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    /// What the names of its tools begin with, without the underscore.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_prefix: Option<String>,
}

impl ConnectionName {
    /// The connection's name.
    pub fn name(&self, connector: Connector) -> &str {
        self.connection.as_deref().unwrap_or(connector.name())
    }

    /// A tool's name as this connection has it.
    pub fn tool_name(&self, connector: Connector, tool: &str) -> String {
        let rest = tool
            .strip_prefix(connector.name())
            .filter(|rest| rest.starts_with('_'));
        match (&self.tool_prefix, rest) {
            (Some(prefix), Some(rest)) => format!("{prefix}{rest}"),
            _ => tool.to_owned(),
        }
    }
}

/// The connections that are not called as their connector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionNames(BTreeMap<Connector, ConnectionName>);

impl ConnectionNames {
    /// Reads a setting such as `{"zendesk": {"connection": "zendesk-2", "toolPrefix":
    /// "zendeskoauth"}}`; connectors left out go by their own name.
    ///
    /// # Errors
    /// Says which name cannot be one, or which two connectors share a connection.
    pub fn from_json(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let given: BTreeMap<Connector, ConnectionName> =
            serde_json::from_str(text).map_err(|error| error.to_string())?;
        let names = Self(given);
        for (connector, of) in &names.0 {
            let all = [&of.connection, &of.tool_prefix];
            if all.into_iter().flatten().any(|name| !is_name(name)) {
                return Err(format!(
                    "{connector}: a name must be letters, digits, `-` and `_`, at most {LONGEST}"
                ));
            }
            let same = |other: &&Connector| {
                *other != connector && names.of(**other).name(**other) == of.name(*connector)
            };
            if let Some(other) = Connector::ALL.iter().find(same) {
                return Err(format!("{connector} and {other} have the same connection"));
            }
        }
        Ok(names)
    }

    /// One connector's.
    pub fn of(&self, connector: Connector) -> ConnectionName {
        self.0.get(&connector).cloned().unwrap_or_default()
    }

    /// The connector that this provider's tools belong to.
    pub fn of_provider(&self, provider: &str) -> Option<Connector> {
        let mut all = Connector::ALL.iter().copied();
        all.find(|connector| {
            let prefix = self.of(*connector).tool_prefix;
            prefix.as_deref().unwrap_or(connector.name()) == provider
        })
    }

    /// The connector whose connection is called so.
    pub fn connector(&self, connection: &str) -> Option<Connector> {
        let mut all = Connector::ALL.iter().copied();
        all.find(|connector| self.of(*connector).name(*connector) == connection)
    }
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_the_workspaces_name_and_its_tools_their_prefix() {
        let text =
            r#"{"zendesk": {"connection": "zendeskoauth-x7", "toolPrefix": "zendeskoauth"}}"#;
        let names = ConnectionNames::from_json(Some(text)).expect("names");
        let zendesk = names.of(Connector::Zendesk);
        assert_eq!(zendesk.name(Connector::Zendesk), "zendeskoauth-x7");
        assert_eq!(
            zendesk.tool_name(Connector::Zendesk, "zendesk_search_tickets"),
            "zendeskoauth_search_tickets"
        );
        assert_eq!(names.connector("zendeskoauth-x7"), Some(Connector::Zendesk));
        assert_eq!(names.connector("zendesk"), None);
        let hubspot = names.of(Connector::Hubspot);
        assert_eq!(hubspot.name(Connector::Hubspot), "hubspot");
        let tool = "hubspot_tasks_search";
        assert_eq!(hubspot.tool_name(Connector::Hubspot, tool), tool);
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for (text, named) in [
            (r#"{"zendesk": {"connection": "a b"}}"#, "zendesk"),
            (r#"{"zendesk": {"toolPrefix": ""}}"#, "zendesk"),
            (r#"{"zendesk": {"connection": "hubspot"}}"#, "hubspot"),
            (r#"{"zendesk": {"name": "x"}}"#, "name"),
            ("[]", "map"),
        ] {
            let error = ConnectionNames::from_json(Some(text)).expect_err(text);
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
