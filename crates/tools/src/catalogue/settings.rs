//! Which tools of the catalogue are open: the `TOOL_CATALOGUE` variable.
//!
//! Rules are gone through in their order, and the first that fits a tool's name says whose account it
//! uses, and whether it writes. A name that none fits is not offered. Everything is checked when the
//! Worker starts, except what only Scalekit knows.
//!
//! ```
//! use onbehalf_tools::CatalogueSettings;
//!
//! let settings = CatalogueSettings::from_json(Some(
//!     r#"{"rules": [{"connector": "github", "tools": ["github_issue*"]}]}"#,
//! ));
//! assert!(settings.is_ok());
//! assert!(CatalogueSettings::from_json(Some(r#"{"rules": [{"tools": ["*"]}]}"#)).is_err());
//! ```

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use onbehalf_connector::{CallKind, Connector, Connectors, ToolPattern};

use super::kind::by_name;
use super::lookup::Lookup;

/// The variable that the settings are read from.
pub const TOOL_CATALOGUE: &str = "TOOL_CATALOGUE";

/// Most rules: a list that a person can still read.
const MOST_RULES: usize = 200;
/// Most patterns and names in one rule.
const MOST_NAMES: usize = 50;
/// How long what a user is offered is remembered, in seconds, where nothing else is said: long enough
/// for a conversation, short enough for a tool that was taken away.
const KEPT_SECONDS: u32 = 300;
/// The longest.
const MOST_KEPT_SECONDS: u32 = 3600;

/// What is open of the catalogue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogueSettings {
    rules: Vec<Rule>,
    kept_for: Duration,
}

/// The variable as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    rules: Vec<Rule>,
    cache_seconds: Option<u32>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Rule {
    /// Whose account the tools use.
    pub connector: Connector,
    tools: Vec<ToolPattern>,
    /// What the tools do, where their names do not say it, or say it wrongly.
    kind: Option<Kind>,
    /// Parameters that look like an identity and are data of the app: an `account_id` of a CRM.
    #[serde(default)]
    pub data: Vec<String>,
    /// How a write is found again.
    pub lookup: Option<Lookup>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Read,
    Write,
}

impl From<Kind> for CallKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Read => Self::Read,
            Kind::Write => Self::Write,
        }
    }
}

impl Rule {
    /// What a tool of this name does.
    pub fn kind(&self, name: &str) -> CallKind {
        let said = self.kind.map(CallKind::from);
        said.unwrap_or_else(|| by_name(name, self.connector.name()))
    }
}

impl CatalogueSettings {
    /// Reads the variable; absent or blank means that nothing is open.
    ///
    /// # Errors
    /// Says what is unknown, of the wrong type, too much, or cannot work.
    pub fn from_json(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        // As an object first: serde would take a list for a struct, field by field.
        let written: Written =
            serde_json::from_slice::<serde_json::Map<String, Value>>(text.as_bytes())
                .and_then(|fields| serde_json::from_value(fields.into()))
                .map_err(|error| error.to_string())?;
        let kept = written.cache_seconds.unwrap_or(KEPT_SECONDS);
        if kept > MOST_KEPT_SECONDS {
            return Err(format!("cacheSeconds must be at most {MOST_KEPT_SECONDS}"));
        }
        if written.rules.len() > MOST_RULES {
            return Err(format!("rules must be at most {MOST_RULES}"));
        }
        let settings = Self {
            rules: written.rules,
            kept_for: Duration::from_secs(kept.into()),
        };
        for (index, rule) in settings.rules.iter().enumerate() {
            settings
                .check(rule)
                .map_err(|why| format!("rules[{index}]: {why}"))?;
        }
        Ok(settings)
    }

    fn check(&self, rule: &Rule) -> Result<(), String> {
        if rule.tools.is_empty() || rule.tools.len() > MOST_NAMES || rule.data.len() > MOST_NAMES {
            return Err(format!(
                "tools must be 1 to {MOST_NAMES}, and data at most as many"
            ));
        }
        let Some(lookup) = &rule.lookup else {
            return Ok(());
        };
        if rule.kind == Some(Kind::Read) {
            return Err("what reads is not looked for".to_owned());
        }
        lookup.check().map_err(|why| format!("lookup: {why}"))?;
        // A look that writes would be made again and again.
        let known = self
            .rule(&lookup.tool)
            .filter(|it| it.connector == rule.connector);
        let kind = match known {
            Some(known) => known.kind(&lookup.tool),
            None => by_name(&lookup.tool, rule.connector.name()),
        };
        match kind {
            CallKind::Read => Ok(()),
            CallKind::Write => Err(format!(
                "lookup: {} writes by its name; a rule before this one can say that it reads",
                lookup.tool
            )),
        }
    }

    /// A connector that is not among these: a name that was mistyped.
    pub fn stray(&self, connectors: &Connectors) -> Option<Connector> {
        let mut named = self.rules.iter().map(|rule| rule.connector);
        named.find(|connector| connectors.get(connector.name()).is_none())
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// How long what a user is offered is remembered.
    pub(super) const fn kept_for(&self) -> Duration {
        self.kept_for
    }

    /// The connectors of all rules, each once.
    pub(super) fn connectors(&self) -> Vec<Connector> {
        let mut all: Vec<Connector> = self.rules.iter().map(|rule| rule.connector).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The rule that decides about a tool.
    pub(super) fn rule(&self, name: &str) -> Option<&Rule> {
        let mut rules = self.rules.iter();
        rules.find(|rule| rule.tools.iter().any(|pattern| pattern.fits(name)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: &Value) -> Result<CatalogueSettings, String> {
        CatalogueSettings::from_json(Some(&settings.to_string()))
    }

    const LOOKUP: &str = r#"{"mark": "body", "tool": "github_issues_list", "items": "/array",
        "visibleAfterSeconds": 0}"#;

    fn with_lookup(more: &Value) -> Value {
        let mut lookup: Value = serde_json::from_str(LOOKUP).expect("JSON");
        lookup
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().unwrap_or_default());
        json!({"connector": "github", "tools": ["github_issue_create"], "lookup": lookup})
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let settings = read(&json!({"rules": [
            {"connector": "salesforce", "tools": ["salesforce_query_soql"], "kind": "read"},
            {"connector": "salesforce", "tools": ["salesforce_*"]},
            {"connector": "github", "tools": ["github_issues_list"], "kind": "write"},
        ]}))
        .expect("settings");
        let kind = |name| settings.rule(name).map(|rule| rule.kind(name));
        assert_eq!(kind("salesforce_query_soql"), Some(CallKind::Read));
        assert_eq!(kind("salesforce_soql_execute"), Some(CallKind::Write));
        assert_eq!(kind("salesforce_account_get"), Some(CallKind::Read));
        assert_eq!(kind("github_issues_list"), Some(CallKind::Write));
        assert_eq!(kind("github_issue_create"), None);
        let named: Vec<_> = settings
            .connectors()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(named, ["github", "salesforce"]);
        assert_eq!(settings.kept_for(), Duration::from_secs(300));
    }

    #[test]
    fn a_connector_that_is_not_configured_is_named() {
        let settings = read(
            &json!({"rules": [{"connector": "slack", "tools": ["slack_*"]},
            {"connector": "sluck", "tools": ["x"]}]}),
        );
        let stray = settings.expect("settings").stray(&Connectors::default());
        assert_eq!(stray, Some(Connector::named("sluck")));
    }

    #[test]
    fn what_is_wrong_is_refused_when_it_is_read() {
        let rule = |rule: Value| json!({"rules": [rule]});
        for wrong in [
            json!([]),
            json!({}),
            json!({"rules": {}}),
            json!({"rules": [], "surprise": 1}),
            json!({"rules": [], "cacheSeconds": 3601}),
            rule(json!({"connector": "github"})),
            rule(json!({"connector": "github", "tools": []})),
            rule(json!({"connector": "GitHub", "tools": ["x"]})),
            rule(json!({"connector": "github", "tools": ["a b"]})),
            rule(json!({"connector": "github", "tools": ["x"], "kind": "both"})),
            rule(json!({"connector": "github", "tools": ["x"], "more": 1})),
            rule(with_lookup(&json!({"tool": "github_issue_create"}))),
            rule(with_lookup(&json!({"items": "array"}))),
            rule(with_lookup(&json!({"surprise": 1}))),
            {
                let mut reads = with_lookup(&json!({}));
                reads["kind"] = "read".into();
                rule(reads)
            },
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
        for nothing in [None, Some(""), Some(" "), Some(r#"{"rules": []}"#)] {
            assert!(
                CatalogueSettings::from_json(nothing).is_ok_and(|it| it.is_empty()),
                "{nothing:?}"
            );
        }
        assert!(read(&rule(with_lookup(&json!({})))).is_ok());
    }

    #[test]
    fn a_look_may_use_a_tool_that_another_rule_says_only_reads() {
        let reads = json!({"connector": "github", "tools": ["github_find"], "kind": "read"});
        let queried = with_lookup(&json!({"tool": "github_query"}));
        assert!(read(&json!({"rules": [reads, queried]})).is_err());
        let reads = json!({"connector": "github", "tools": ["github_query"], "kind": "read"});
        assert!(read(&json!({"rules": [queried, reads]})).is_ok());
    }
}
