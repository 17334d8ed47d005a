//! What was read about one customer, as plain numbers.
//!
//! Owns the shape of the signals and of a reading that failed. Knows nothing of where they were
//! read or what they mean for the score.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value that was read, or why it could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// The connector answered.
    Known(T),
    /// It did not; holds the typed reason's name, such as `token_expired` or `unavailable`.
    Unread(String),
}

impl<T> Reading<T> {
    /// The value, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unread(_) => None,
        }
    }
}

/// Everything the score of one customer is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signals {
    /// HubSpot: whole days in the lifecycle stage.
    pub days_in_stage: u32,
    /// Zendesk: frustration.
    pub tickets: Reading<TicketSignals>,
    /// Linear: delivery.
    pub tasks: Reading<TaskSignals>,
}

/// Tickets of a customer's contacts that are not solved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketSignals {
    /// How many.
    pub open_tickets: u32,
    /// Age of the oldest in whole days; 0 when there is none.
    pub oldest_ticket_days: u32,
}

/// Onboarding tasks of a customer. Cancelled ones do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskSignals {
    /// How many.
    pub tasks_total: u32,
    /// How many of them are done.
    pub tasks_completed: u32,
    /// How many are not done and past their due date.
    pub overdue_tasks: u32,
    /// The task that hangs worst, if any does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stalled_issue: Option<StalledIssue>,
}

impl TaskSignals {
    /// Share of tasks that are done, in whole percent rounded down; `None` without tasks.
    pub fn completion_rate(&self) -> Option<u32> {
        let done = u64::from(self.tasks_completed.min(self.tasks_total)) * 100;
        let rate = done.checked_div(u64::from(self.tasks_total))?;
        u32::try_from(rate).ok()
    }
}

/// An issue in Linear that was begun or planned and does not move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StalledIssue {
    /// Linear's id.
    pub id: String,
    /// As people name it, such as `ONB-12`.
    pub identifier: String,
    /// Where to see it; empty where Linear gives no address of its own.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Whole days since it was last touched.
    pub idle_days: u32,
    /// Whole days past its due date; 0 when it is not overdue.
    #[serde(default)]
    pub days_overdue: u32,
}
