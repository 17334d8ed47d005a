//! The numbers behind the health score: every weight, cap and threshold in one place.
//!
//! Owns their defaults, meaning and valid ranges. Knows nothing of how they are applied.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A customer starts at this score; penalties are taken off.
pub const FULL_SCORE: u32 = 100;

/// What each signal costs. All values are points of the score unless they say otherwise; a signal
/// never costs more than its cap, so no single tool decides alone how a customer is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScoringWeights {
    /// For each open ticket. 0 to 100.
    pub per_open_ticket: u32,
    /// At most this for the number of open tickets. 0 to 100.
    pub open_tickets_cap: u32,
    /// Days an open ticket may wait before its age counts. 0 to 365.
    pub ticket_grace_days: u32,
    /// For each further day of the oldest open ticket. 0 to 100.
    pub per_ticket_day: u32,
    /// At most this for ticket age. 0 to 100.
    pub ticket_age_cap: u32,
    /// For each overdue onboarding task. 0 to 100.
    pub per_overdue_task: u32,
    /// At most this for overdue tasks. 0 to 100.
    pub overdue_tasks_cap: u32,
    /// Percentage points by which task completion may lag behind the calendar for free. 0 to 100.
    pub completion_tolerance: u32,
    /// For each ten further percentage points of lag. 0 to 100.
    pub per_completion_lag: u32,
    /// At most this for slow completion. 0 to 100.
    pub completion_cap: u32,
    /// For having a stalled task at all. 0 to 100.
    pub stalled_task: u32,
    /// Taken off for each connector that could not be read. 0 (the default) is neutral in the
    /// strict sense: what is not known neither flags a customer nor clears one. 0 to 100.
    pub unread_connector: u32,
    /// Scores below this are at risk. 1 to 100.
    pub at_risk_below: u32,
    /// Scores below this are critical; not above `atRiskBelow`. 1 to 100.
    pub critical_below: u32,
}

impl Default for ScoringWeights {
    /// Tuned so that one bad signal alone puts a customer at risk at most, and two make it
    /// critical.
    fn default() -> Self {
        Self {
            per_open_ticket: 8,
            open_tickets_cap: 32,
            ticket_grace_days: 2,
            per_ticket_day: 2,
            ticket_age_cap: 20,
            per_overdue_task: 10,
            overdue_tasks_cap: 30,
            completion_tolerance: 20,
            per_completion_lag: 4,
            completion_cap: 24,
            stalled_task: 10,
            unread_connector: 0,
            at_risk_below: 70,
            critical_below: 40,
        }
    }
}

impl ScoringWeights {
    /// Checks the documented ranges.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn validate(&self) -> Result<(), String> {
        let points = [
            ("perOpenTicket", self.per_open_ticket),
            ("openTicketsCap", self.open_tickets_cap),
            ("perTicketDay", self.per_ticket_day),
            ("ticketAgeCap", self.ticket_age_cap),
            ("perOverdueTask", self.per_overdue_task),
            ("overdueTasksCap", self.overdue_tasks_cap),
            ("completionTolerance", self.completion_tolerance),
            ("perCompletionLag", self.per_completion_lag),
            ("completionCap", self.completion_cap),
            ("stalledTask", self.stalled_task),
            ("unreadConnector", self.unread_connector),
        ];
        for (name, value) in points {
            within(&format!("scoring.{name}"), value, 0, FULL_SCORE)?;
        }
        within("scoring.ticketGraceDays", self.ticket_grace_days, 0, 365)?;
        within("scoring.atRiskBelow", self.at_risk_below, 1, FULL_SCORE)?;
        within(
            "scoring.criticalBelow",
            self.critical_below,
            1,
            self.at_risk_below,
        )
    }
}

/// Checks one number of the settings.
pub(super) fn within(name: &str, value: u32, least: u32, most: u32) -> Result<(), String> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(format!(
            "{name} must be between {least} and {most}, not {value}"
        ))
    }
}
