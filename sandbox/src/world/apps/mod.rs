//! The apps of the catalogue beyond the four that the shipped workflows use: one file each.
//!
//! Owns what they have in common: how a tool's parameters are read, how their calls are counted, and
//! which app a call belongs to. Each app keeps what was written through it, answers in the shape of
//! its own interface, and refuses what that refuses. A tool that is not in its list is answered as
//! one that this world does not play.

mod asana;
mod bigquery;
mod github;
mod gitlab;
mod gmail;
mod jira;
mod microsoftteams;
mod notion;
mod outlook;
mod pipedrive;
mod salesforce;
mod snowflake;
mod statement;
mod vercel;

use serde_json::{Value, json};

use super::limits::Rate;
use super::tool::{Actor, Answer, Params, ToolFailure};

/// What an app says to one of its tools.
type Said = Result<Answer, ToolFailure>;

/// Whose calls are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Each person's by themselves.
    Person,
    /// All of a company's.
    Company,
}

/// What a call counts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Whose calls are counted together.
    pub whose: Whose,
    /// The kind of call within the app.
    pub kind: String,
    /// How many of the kind are let through.
    pub rate: Rate,
}

impl Counted {
    fn new(whose: Whose, kind: impl Into<String>, calls: usize, window_ms: i64) -> Self {
        Self {
            whose,
            kind: kind.into(),
            rate: Rate { calls, window_ms },
        }
    }
}

/// One app of a company.
trait App {
    /// Tools that are played, by their names in Scalekit's catalogue.
    const TOOLS: &'static [&'static str];

    /// What a call counts as.
    fn counted(tool: &str, params: &Params) -> Counted;

    /// The app's words for a call too many.
    fn too_many(seconds: u64) -> ToolFailure;

    /// An id that what the tool makes is to have, and nothing else has.
    fn promise(&mut self, tool: &str) -> Option<String>;

    /// Answers a tool of the list.
    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said;
}

/// The struct of all apps, and the way from an app's name to it.
macro_rules! apps {
    ($($app:ident: $kind:ty),+ $(,)?) => {
        /// One of each.
        #[derive(Clone, Debug)]
        pub struct Apps {
            $($app: $kind),+
        }

        impl Apps {
            /// The names of all of them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($app)),+];

            /// Those of a company of this name, as they are at this time.
            pub fn new(company: &str, now_ms: i64) -> Self {
                Self { $($app: <$kind>::new(company, now_ms)),+ }
            }

            /// The tools that are played.
            pub fn tools() -> impl Iterator<Item = &'static str> {
                let all = [$(<$kind as App>::TOOLS),+];
                all.into_iter().flatten().copied()
            }

            /// What a call of an app counts as.
            pub fn counted(app: &str, tool: &str, params: &Params) -> Option<Counted> {
                match app {
                    $(stringify!($app) => Some(<$kind>::counted(tool, params)),)+
                    _ => None,
                }
            }

            /// An app's words for a call too many.
            pub fn too_many(app: &str, seconds: u64) -> Option<ToolFailure> {
                match app {
                    $(stringify!($app) => Some(<$kind>::too_many(seconds)),)+
                    _ => None,
                }
            }

            /// An id that what a tool makes is to have.
            pub fn promise(&mut self, tool: &str) -> Option<String> {
                $(if <$kind>::TOOLS.contains(&tool) {
                    return self.$app.promise(tool);
                })+
                None
            }

            /// Answers a tool call; `None` for tools that are not played.
            pub fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Option<Said> {
                $(if <$kind>::TOOLS.contains(&tool) {
                    return Some(self.$app.call(tool, params, actor));
                })+
                None
            }
        }
    };
}

apps! {
    asana: asana::Asana,
    bigquery: bigquery::BigQuery,
    github: github::GitHub,
    gitlab: gitlab::GitLab,
    gmail: gmail::Gmail,
    jira: jira::Jira,
    microsoftteams: microsoftteams::Teams,
    notion: notion::Notion,
    outlook: outlook::Outlook,
    pipedrive: pipedrive::Pipedrive,
    salesforce: salesforce::Salesforce,
    snowflake: snowflake::Snowflake,
    vercel: vercel::Vercel,
}

/// Ids of one kind, each given out once.
#[derive(Clone, Debug)]
struct Numbers(u64);

impl Numbers {
    fn after(first: u64) -> Self {
        Self(first)
    }

    fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// A text among a tool's parameters; an empty one counts as none.
fn text<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    let text = params.get(name).and_then(Value::as_str);
    text.filter(|text| !text.is_empty())
}

/// A whole number among a tool's parameters, however it is written: models send `1.0` too.
fn number(params: &Params, name: &str) -> Option<u64> {
    let value = params.get(name)?;
    let whole = |number: f64| (number >= 0.0 && number.fract() == 0.0).then_some(number as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(whole))
}

/// The size of a page: what is asked for, or the app's default, and never more than its most.
fn size(params: &Params, name: &str, default: usize, most: usize) -> usize {
    let asked = number(params, name).and_then(|it| usize::try_from(it).ok());
    asked.unwrap_or(default).clamp(1, most)
}

/// The page of this number, the first being 1.
fn page_of<T: Clone>(all: &[T], page: u64, size: usize) -> Vec<T> {
    let skipped = usize::try_from(page.saturating_sub(1)).unwrap_or(usize::MAX);
    let from = skipped.saturating_mul(size);
    all.iter().skip(from).take(size).cloned().collect()
}

/// What stands behind a cursor that counts what was given out.
fn after_cursor<T: Clone>(all: &[T], cursor: usize, size: usize) -> (Vec<T>, Option<usize>) {
    let page: Vec<T> = all.iter().skip(cursor).take(size).cloned().collect();
    let next = cursor + page.len();
    let more = next < all.len();
    (page, more.then_some(next))
}

/// A list that an app answers as its whole answer. Scalekit's `data` is an object, and holds such a
/// list under `array` (Scalekit, "Render GitHub PR summarizer").
fn bare_list(items: Vec<Value>) -> Answer {
    Answer::read(json!({ "array": items }))
}

#[cfg(test)]
mod kit {
    //! One app, and somebody who uses it.

    use serde_json::Value;

    use super::{App, Said};
    use crate::world::tool::{Actor, ToolFailure};

    /// 2026-11-23T08:00:00Z.
    pub(super) const NOW: i64 = 1_795_420_800_000;

    fn actor() -> Actor {
        Actor {
            name: "Alice Moreau".to_owned(),
            email: "alice@acme.example".to_owned(),
            now_ms: NOW,
            promised: None,
        }
    }

    fn ask(app: &mut impl App, tool: &str, params: &Value) -> Said {
        let params = params.as_object().cloned().unwrap_or_default();
        app.call(tool, &params, &actor())
    }

    /// What an app answers to a call that it takes.
    pub(super) fn taken(app: &mut impl App, tool: &str, params: &Value) -> Value {
        let said = ask(app, tool, params);
        said.unwrap_or_else(|failure| panic!("{tool} {params}: {failure:?}"))
            .data
    }

    /// What an app says of a call that it refuses.
    pub(super) fn refused(app: &mut impl App, tool: &str, params: &Value) -> ToolFailure {
        ask(app, tool, params).expect_err("a refusal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::catalogue;

    #[test]
    fn what_is_played_is_a_tool_of_the_catalogue_and_of_its_own_app() {
        for tool in Apps::tools() {
            let connector = catalogue::connector_of(tool);
            assert!(
                connector.is_some_and(|it| Apps::NAMES.contains(&it)),
                "{tool}"
            );
        }
    }

    #[test]
    fn each_app_has_a_tool_that_reads_and_one_that_writes() {
        let mut apps = Apps::new("acme", 0);
        for name in Apps::NAMES {
            let prefix = format!("{name}_");
            let own: Vec<_> = Apps::tools().filter(|it| it.starts_with(&prefix)).collect();
            let makes = own
                .iter()
                .filter(|tool| apps.promise(tool).is_some())
                .count();
            assert!(makes >= 1 && makes < own.len(), "{name}: {own:?}");
        }
    }

    #[test]
    fn an_id_is_promised_once() {
        let mut apps = Apps::new("acme", 0);
        for tool in Apps::tools() {
            let first = apps.promise(tool);
            assert!(first.is_none() || first != apps.promise(tool), "{tool}");
        }
    }
}
