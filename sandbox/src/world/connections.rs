//! The connections of a workspace: a name, the connector behind it, and how its users connect.
//!
//! Owns which connector speaks to which app and which tools are its own. Knows no account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Connectors by the name that prefixes their tools, with the app they speak to.
const CONNECTORS: [(&str, &str); 18] = [
    ("asana", "asana"),
    ("bigquery", "bigquery"),
    ("github", "github"),
    ("gitlab", "gitlab"),
    ("gmail", "gmail"),
    ("hubspot", "hubspot"),
    ("jira", "jira"),
    ("linear", "linear"),
    ("microsoftteams", "microsoftteams"),
    ("notion", "notion"),
    ("outlook", "outlook"),
    ("pipedrive", "pipedrive"),
    ("salesforce", "salesforce"),
    ("slack", "slack"),
    ("snowflake", "snowflake"),
    ("vercel", "vercel"),
    ("zendesk", "zendesk"),
    // Zendesk again, with OAuth and tools of a prefix of its own.
    ("zendeskoauth", "zendesk"),
];

/// The app a connector speaks to.
pub fn app_of(connector: &str) -> Option<&'static str> {
    let found = CONNECTORS.iter().find(|(name, _)| *name == connector);
    found.map(|(_, app)| *app)
}

/// The apps there are, each once.
pub fn apps() -> impl Iterator<Item = &'static str> {
    let own = CONNECTORS.iter().filter(|(name, app)| name == app);
    own.map(|(_, app)| *app)
}

/// How users connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// With consent at the app, and verification by the application.
    Oauth,
    /// By typing a key on Scalekit's page.
    ApiKey,
}

impl Kind {
    /// As Scalekit's interface names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oauth => "OAUTH",
            Self::ApiKey => "API_KEY",
        }
    }
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// The connector: the prefix of its tools.
    pub provider: String,
    /// How users connect.
    pub kind: Kind,
    /// Switched off in the dashboard. It is listed so; what calls through it answer, no document
    /// says, and they are answered as before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// All connections by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Connection>")]
pub struct Connections(BTreeMap<String, Connection>);

impl TryFrom<BTreeMap<String, Connection>> for Connections {
    type Error = String;

    fn try_from(named: BTreeMap<String, Connection>) -> Result<Self, String> {
        match named.values().find(|it| app_of(&it.provider).is_none()) {
            Some(unknown) => Err(format!("there is no connector {}", unknown.provider)),
            None => Ok(Self(named)),
        }
    }
}

impl Connections {
    fn of(named: &[(&str, &str, Kind)]) -> Self {
        let connection = |provider: &str, kind| Connection {
            provider: provider.to_owned(),
            kind,
            disabled: false,
        };
        Self(
            named
                .iter()
                .map(|(name, provider, kind)| ((*name).to_owned(), connection(provider, *kind)))
                .collect(),
        )
    }

    /// As a workspace has them: names with a suffix that Scalekit chose, and Zendesk with a key.
    pub fn of_a_workspace() -> Self {
        Self::of(&[
            ("asana-Wd4kTz7P", "asana", Kind::Oauth),
            ("bigquery-Ln3vQs8E", "bigquery", Kind::Oauth),
            ("github-Xy9bRc2M", "github", Kind::Oauth),
            ("gitlab-Pf6hJw1U", "gitlab", Kind::Oauth),
            ("gmail-Gt5nKd8A", "gmail", Kind::Oauth),
            ("hubspot-qkHFhMip", "hubspot", Kind::Oauth),
            ("jira-Vb7cMx3L", "jira", Kind::Oauth),
            ("linear-mR2xVd9K", "linear", Kind::Oauth),
            ("microsoftteams-Hs2yFq6N", "microsoftteams", Kind::Oauth),
            ("notion-Ck8dRj4Z", "notion", Kind::Oauth),
            ("outlook-Jm1wBt9S", "outlook", Kind::Oauth),
            ("pipedrive-Ae6gYp5D", "pipedrive", Kind::Oauth),
            ("salesforce-ubB7gpKc", "salesforce", Kind::Oauth),
            ("slack-Tz81bWqe", "slack", Kind::Oauth),
            ("snowflake-Ur3xNv7K", "snowflake", Kind::Oauth),
            ("vercel-Qi9zHe4F", "vercel", Kind::Oauth),
            ("zendesk-p5LsY0aN", "zendesk", Kind::ApiKey),
        ])
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Connection)> {
        self.0.iter().map(|(name, it)| (name.as_str(), it))
    }

    /// A connection by name.
    pub fn get(&self, name: &str) -> Option<&Connection> {
        self.0.get(name)
    }

    /// The name of the first connection to an app.
    pub fn to_app(&self, app: &str) -> Option<&str> {
        let found = self
            .0
            .iter()
            .find(|(_, it)| app_of(&it.provider) == Some(app));
        found.map(|(name, _)| name.as_str())
    }

    /// The names of a connector's connections.
    pub fn of_provider<'a>(&'a self, provider: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.0.iter().filter(move |(_, it)| it.provider == provider);
        found.map(|(name, _)| name.as_str())
    }

    /// Whether any connection has this connector.
    pub fn has_provider(&self, provider: &str) -> bool {
        self.of_provider(provider).next().is_some()
    }
}
