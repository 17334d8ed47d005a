//! Which connectors there are, and what each is called elsewhere.
//!
//! A connector goes by one name in tools, routes and journals. What its connection is called belongs
//! to the Scalekit workspace (names such as `hubspot-qkHFhMip` are the rule), its tools may begin
//! otherwise (those of Zendesk's OAuth kind with `zendeskoauth_`), and people know it by a label.
//! Knows nothing of accounts or of what tools do.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::Connector;

/// Longest name of a connection or prefix, and longest label, in bytes.
const LONGEST: usize = 100;
/// Longest list: one question about accounts covers so many.
const MOST: usize = 100;

/// How a user's account comes to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectorKind {
    /// With consent on the app's own page, after which Scalekit has us verify who came back.
    #[default]
    Oauth,
    /// With a key that the user types into Scalekit's page. Nobody comes back to be verified.
    ApiKey,
}

/// What one connector is called; what is absent goes by the connector's own name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ConnectorConfig {
    /// How an account comes to be.
    kind: ConnectorKind,
    /// The connection's name in the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    /// What the names of its tools begin with, without the underscore.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_prefix: Option<String>,
    /// The app's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

impl ConnectorConfig {
    fn labelled(label: &str) -> Self {
        Self {
            label: Some(label.to_owned()),
            ..Self::default()
        }
    }

    /// This configuration, where it says something, over an earlier one.
    fn over(self, earlier: Self) -> Self {
        Self {
            kind: self.kind,
            connection: self.connection.or(earlier.connection),
            tool_prefix: self.tool_prefix.or(earlier.tool_prefix),
            label: self.label.or(earlier.label),
        }
    }

    /// The name of `connector`'s connection.
    pub fn name<'a>(&'a self, connector: &'a Connector) -> &'a str {
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

    fn validate(&self, connector: Connector) -> Result<(), String> {
        let names = [&self.connection, &self.tool_prefix];
        if names.into_iter().flatten().any(|name| !is_name(name)) {
            return Err(format!(
                "{connector}: a name must be letters, digits, `-` and `_`, at most {LONGEST}"
            ));
        }
        let blank = |label: &String| label.trim().is_empty() || label.len() > LONGEST;
        if self.label.as_ref().is_some_and(blank) {
            return Err(format!(
                "{connector}: a label must have from 1 to {LONGEST} bytes"
            ));
        }
        Ok(())
    }
}

/// The connectors of this deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connectors(BTreeMap<Connector, ConnectorConfig>);

impl Default for Connectors {
    /// Those that the tools of this project use, called as Scalekit's catalogue calls them.
    fn default() -> Self {
        Self(BTreeMap::from([
            (Connector::HUBSPOT, ConnectorConfig::labelled("HubSpot")),
            (Connector::LINEAR, ConnectorConfig::labelled("Linear")),
            (Connector::SLACK, ConnectorConfig::labelled("Slack")),
            (Connector::ZENDESK, ConnectorConfig::labelled("Zendesk")),
        ]))
    }
}

impl Connectors {
    /// Reads the `CONNECTORS` variable, such as `{"zendesk": {"connection": "zendesk-2",
    /// "toolPrefix": "zendeskoauth"}, "notion": {"label": "Notion"}, "linear": null}`: connectors
    /// left out stay as they are by default, and `null` takes one away.
    ///
    /// # Errors
    /// Says which name cannot be one, or which two connectors share a connection.
    pub fn from_json(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let given: BTreeMap<Connector, Option<ConnectorConfig>> =
            serde_json::from_slice(text.as_bytes()).map_err(|error| error.to_string())?;
        let mut all = Self::default();
        for (connector, config) in given {
            let earlier = all.0.remove(&connector).unwrap_or_default();
            if let Some(config) = config {
                config.validate(connector)?;
                all.0.insert(connector, config.over(earlier));
            }
        }
        if all.0.len() > MOST {
            return Err(format!("more than {MOST} connectors"));
        }
        all.distinct()?;
        Ok(all)
    }

    fn distinct(&self) -> Result<(), String> {
        let mut seen: BTreeMap<&str, Connector> = BTreeMap::new();
        for (connector, config) in &self.0 {
            if let Some(other) = seen.insert(config.name(connector), *connector) {
                return Err(format!("{other} and {connector} have the same connection"));
            }
        }
        Ok(())
    }

    /// Every connector, by name.
    pub fn all(&self) -> impl Iterator<Item = Connector> {
        self.0.keys().copied()
    }

    /// The connector of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<Connector> {
        let connector = name.parse().ok()?;
        self.0.contains_key(&connector).then_some(connector)
    }

    /// What a connector is called. One that is not configured goes by its own name.
    pub fn of(&self, connector: Connector) -> ConnectorConfig {
        self.0.get(&connector).cloned().unwrap_or_default()
    }

    /// The app's name for people.
    pub fn label(&self, connector: Connector) -> String {
        let label = self.of(connector).label;
        label.unwrap_or_else(|| connector.name().to_owned())
    }

    /// How a user's account comes to be.
    pub fn kind(&self, connector: Connector) -> ConnectorKind {
        self.of(connector).kind
    }

    /// The connector that this provider's tools belong to.
    pub fn of_provider(&self, provider: &str) -> Option<Connector> {
        let found = self.0.iter().find(|(connector, config)| {
            config.tool_prefix.as_deref().unwrap_or(connector.name()) == provider
        });
        found.map(|(connector, _)| *connector)
    }

    /// The connector whose connection is called so.
    pub fn connector(&self, connection: &str) -> Option<Connector> {
        let mut all = self.0.iter();
        let found = all.find(|(connector, config)| config.name(connector) == connection);
        found.map(|(connector, _)| *connector)
    }
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Connectors {
        Connectors::from_json(Some(text)).expect("connectors")
    }

    #[test]
    fn a_connection_has_the_workspaces_name_and_its_tools_their_prefix() {
        let connectors =
            read(r#"{"zendesk": {"connection": "zendeskoauth-x7", "toolPrefix": "zendeskoauth"}}"#);
        let zendesk = connectors.of(Connector::ZENDESK);
        assert_eq!(zendesk.name(&Connector::ZENDESK), "zendeskoauth-x7");
        assert_eq!(
            zendesk.tool_name(Connector::ZENDESK, "zendesk_search_tickets"),
            "zendeskoauth_search_tickets"
        );
        assert_eq!(connectors.label(Connector::ZENDESK), "Zendesk");
        let found = connectors.connector("zendeskoauth-x7");
        assert_eq!(found, Some(Connector::ZENDESK));
        assert_eq!(connectors.connector("zendesk"), None);
        let hubspot = connectors.of(Connector::HUBSPOT);
        assert_eq!(hubspot.name(&Connector::HUBSPOT), "hubspot");
        let tool = "hubspot_tasks_search";
        assert_eq!(hubspot.tool_name(Connector::HUBSPOT, tool), tool);
    }

    #[test]
    fn an_app_that_nobody_thought_of_is_a_line() {
        let text = r#"{"notion": {"label": "Notion", "kind": "api_key"}, "linear": null}"#;
        let connectors = read(text);
        let notion = connectors.get("notion").expect("a connector");
        assert_eq!(connectors.label(notion), "Notion");
        assert_eq!(connectors.kind(notion), ConnectorKind::ApiKey);
        assert_eq!(connectors.get("linear"), None);
        assert_eq!(connectors.get("Notion"), None);
        let names: Vec<_> = connectors.all().map(String::from).collect();
        assert_eq!(names, ["hubspot", "notion", "slack", "zendesk"]);
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        for (text, named) in [
            (r#"{"zendesk": {"connection": "a b"}}"#, "zendesk"),
            (r#"{"zendesk": {"toolPrefix": ""}}"#, "zendesk"),
            (r#"{"zendesk": {"label": " "}}"#, "label"),
            (r#"{"zendesk": {"connection": "hubspot"}}"#, "hubspot"),
            (r#"{"zendesk": {"name": "x"}}"#, "name"),
            (r#"{"zendesk": {"kind": "basic"}}"#, "basic"),
            (r#"{"Zen Desk": {}}"#, "connector"),
            ("[]", "map"),
        ] {
            let error = Connectors::from_json(Some(text)).expect_err(text);
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
