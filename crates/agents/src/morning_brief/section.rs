//! What one app had to say, small enough to keep.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::SectionCount;
use onbehalf_acting::Failure;
use onbehalf_connector::Connector;

/// Lines of one kind that are kept; the message shows no more.
pub const MOST_LINES: usize = 20;

/// The kinds of news.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Past the day or hour it was due.
    Overdue,
    /// Due today.
    Due,
    /// Begun, and not moving.
    Stalled,
    /// Not there yesterday.
    New,
}

impl News {
    /// In a word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Due => "due today",
            Self::Stalled => "stalled",
            Self::New => "new",
        }
    }
}

/// One thing, as the app names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What people call it, such as `ONB-12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its title, as somebody wrote it: never to be trusted as markup.
    pub title: String,
    /// Its page in the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// All news of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Of which kind.
    pub news: News,
    /// How many there are in all.
    pub total: u64,
    /// The first of them.
    pub lines: Vec<Line>,
}

impl Group {
    /// Keeps the first lines, and the count of all.
    pub fn of(news: News, total: u64, lines: impl IntoIterator<Item = Line>) -> Self {
        let lines: Vec<_> = lines.into_iter().take(MOST_LINES).collect();
        Self {
            news,
            total: total.max(lines.len() as u64),
            lines,
        }
    }
}

/// One app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Which app.
    pub connector: Connector,
    /// The app's name for people.
    pub label: String,
    /// What it said, without kinds of which there is nothing.
    pub groups: Vec<Group>,
    /// Why it said nothing, where it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

impl Section {
    /// An app that was read.
    pub fn read(connector: Connector, label: String, groups: Vec<Group>) -> Self {
        Self {
            connector,
            label,
            groups: groups.into_iter().filter(|it| it.total > 0).collect(),
            failure: None,
        }
    }

    /// An app that was not.
    pub fn unread(connector: Connector, label: String, failure: Failure) -> Self {
        Self {
            connector,
            label,
            groups: Vec::new(),
            failure: Some(failure),
        }
    }

    /// How much it said.
    pub fn count(&self) -> SectionCount {
        let counts = self.groups.iter().map(|group| (group.news, group.total));
        SectionCount {
            connector: self.connector,
            counts: counts.collect::<BTreeMap<_, _>>(),
        }
    }
}
