//! One thing that speaks against a customer, for programs, and the sentence that says it.
//!
//! Owns both, so that they cannot contradict each other. Knows nothing of what a finding costs, and
//! holds nothing of a person.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_connector::Connector;

/// What scoring noticed. Its text is a sentence in English: it lands in HubSpot and Linear, where it
/// is looked for, so a release does not change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Finding {
    /// Tickets are not solved.
    OpenTickets {
        /// How many.
        count: u32,
        /// Age of the oldest in whole days.
        oldest_days: u32,
    },
    /// Linear has no task of the onboarding.
    NoTasks,
    /// Tasks are not done and past their due date.
    OverdueTasks {
        /// How many.
        count: u32,
    },
    /// Fewer tasks are done than should be by now.
    SlowProgress {
        /// Tasks that are done.
        done: u32,
        /// All tasks.
        total: u32,
        /// The share that is done, in whole percent rounded down.
        percent: u32,
        /// Whole days in onboarding, at most as many as it lasts.
        days: u32,
        /// Whole days that an onboarding lasts.
        window_days: u32,
    },
    /// An issue is stalled: nobody touches it.
    IssueIdle {
        /// As people name it, such as `ONB-12`.
        identifier: String,
        /// Whole days since it was last touched.
        days: u32,
    },
    /// An issue is stalled: its due date has passed.
    IssueOverdue {
        /// As people name it, such as `ONB-12`.
        identifier: String,
        /// Whole days past its due date.
        days: u32,
    },
    /// An app could not be read, which counts neither for nor against.
    Unread {
        /// The app.
        connector: Connector,
        /// The typed reason's name, such as `token_expired` or `unavailable`.
        reason: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenTickets {
                count: 1,
                oldest_days,
            } => write!(f, "1 open ticket, {} old", days(*oldest_days)),
            Self::OpenTickets { count, oldest_days } => {
                let oldest = days(*oldest_days);
                write!(f, "{count} open tickets, the oldest {oldest} old")
            }
            Self::NoTasks => f.write_str("no onboarding tasks found in Linear"),
            Self::OverdueTasks { count } => write!(f, "{} overdue", tasks(*count)),
            Self::SlowProgress {
                done,
                total,
                percent,
                days,
                window_days,
            } => {
                let total = tasks(*total);
                write!(f, "{done} of {total} done ({percent}%) ")?;
                write!(f, "after {days} of {window_days} days")
            }
            Self::IssueIdle {
                identifier,
                days: idle,
            } => write!(f, "{identifier} is stalled: no update for {}", days(*idle)),
            Self::IssueOverdue {
                identifier,
                days: late,
            } => write!(
                f,
                "{identifier} is stalled: {} past its due date",
                days(*late)
            ),
            Self::Unread { connector, reason } => {
                let app = app(connector);
                write!(f, "{app} could not be read ({reason}); counted as neutral")
            }
        }
    }
}

/// The app as people write it. Not the label of the configuration, which may change: see above.
fn app(connector: &Connector) -> &str {
    match *connector {
        Connector::ZENDESK => "Zendesk",
        Connector::LINEAR => "Linear",
        _ => connector.name(),
    }
}

fn days(number: u32) -> String {
    count(number, "day")
}

fn tasks(number: u32) -> String {
    count(number, "onboarding task")
}

fn count(number: u32, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
#[path = "finding_tests.rs"]
mod tests;
