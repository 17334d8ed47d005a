//! From signals to a health score: one pure function.
//!
//! Owns the arithmetic (whole numbers only, so that the same input gives the same bytes on every
//! platform) and the reasons a person reads. Knows nothing of connectors or of what is done about
//! the result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::signals::{Reading, Signals, TaskSignals, TicketSignals};
use super::weights::{FULL_SCORE, ScoringWeights};

/// How a customer is doing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Nothing to do.
    Healthy,
    /// Somebody should look.
    AtRisk,
    /// Somebody should look today.
    Critical,
}

impl HealthStatus {
    /// The status as written in JSON and in reference lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::AtRisk => "at_risk",
            Self::Critical => "critical",
        }
    }

    /// The status for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Healthy => "Healthy",
            Self::AtRisk => "At Risk",
            Self::Critical => "Critical",
        }
    }

    /// Reads [`Self::name`] back.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Healthy, Self::AtRisk, Self::Critical]
            .into_iter()
            .find(|status| status.name() == name)
    }

    /// Whether this status calls for action.
    pub const fn is_flagged(self) -> bool {
        !matches!(self, Self::Healthy)
    }
}

/// A customer's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// 0 (worst) to 100 (best).
    pub score: u32,
    /// What the score means by the thresholds.
    pub status: HealthStatus,
    /// Why, for people; what costs most comes first.
    pub reasons: Vec<String>,
}

/// One thing that was noticed: what it costs and how to say it.
struct Finding {
    penalty: u32,
    text: String,
}

/// Scores a customer. `window_days` is the length of the onboarding, against which progress is
/// measured. Worse signals never raise the score.
pub fn score(signals: &Signals, window_days: u32, weights: &ScoringWeights) -> Health {
    let mut findings = Vec::new();
    match &signals.tickets {
        Reading::Known(tickets) => ticket_findings(tickets, weights, &mut findings),
        Reading::Unread(reason) => findings.push(unread("Zendesk", reason, weights)),
    }
    match &signals.tasks {
        Reading::Known(tasks) => {
            task_findings(
                tasks,
                signals.days_in_stage,
                window_days,
                weights,
                &mut findings,
            );
        }
        Reading::Unread(reason) => findings.push(unread("Linear", reason, weights)),
    }
    let penalty = findings
        .iter()
        .fold(0_u32, |sum, finding| sum.saturating_add(finding.penalty));
    let score = FULL_SCORE.saturating_sub(penalty);
    // A stable sort: findings that cost the same stay in the order above.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.penalty));
    Health {
        score,
        status: status_of(score, weights),
        reasons: findings.into_iter().map(|finding| finding.text).collect(),
    }
}

fn status_of(score: u32, weights: &ScoringWeights) -> HealthStatus {
    if score < weights.critical_below {
        HealthStatus::Critical
    } else if score < weights.at_risk_below {
        HealthStatus::AtRisk
    } else {
        HealthStatus::Healthy
    }
}

fn ticket_findings(tickets: &TicketSignals, weights: &ScoringWeights, findings: &mut Vec<Finding>) {
    let count = capped(
        tickets.open_tickets,
        weights.per_open_ticket,
        weights.open_tickets_cap,
    );
    let waited = tickets
        .oldest_ticket_days
        .saturating_sub(weights.ticket_grace_days);
    let age = capped(waited, weights.per_ticket_day, weights.ticket_age_cap);
    if tickets.open_tickets == 0 {
        return;
    }
    let days = days(tickets.oldest_ticket_days);
    let text = match tickets.open_tickets {
        1 => format!("1 open ticket, {days} old"),
        count => format!("{count} open tickets, the oldest {days} old"),
    };
    findings.push(Finding {
        penalty: count.saturating_add(age),
        text,
    });
}

fn task_findings(
    tasks: &TaskSignals,
    days_in_stage: u32,
    window_days: u32,
    weights: &ScoringWeights,
    findings: &mut Vec<Finding>,
) {
    let Some(rate) = tasks.completion_rate() else {
        findings.push(Finding {
            penalty: 0,
            text: "no onboarding tasks found in Linear".into(),
        });
        return;
    };
    if tasks.overdue_tasks > 0 {
        findings.push(Finding {
            penalty: capped(
                tasks.overdue_tasks,
                weights.per_overdue_task,
                weights.overdue_tasks_cap,
            ),
            text: format!("{} overdue", count(tasks.overdue_tasks, "onboarding task")),
        });
    }
    let lag = expected_rate(days_in_stage, window_days)
        .saturating_sub(rate)
        .saturating_sub(weights.completion_tolerance);
    // Tenths are multiplied before they are divided, so that no step is lost to rounding.
    let slow = (lag.saturating_mul(weights.per_completion_lag) / 10).min(weights.completion_cap);
    if slow > 0 {
        findings.push(Finding {
            penalty: slow,
            text: format!(
                "{} of {} done ({rate}%) after {} of {window_days} days",
                tasks.tasks_completed,
                count(tasks.tasks_total, "onboarding task"),
                days_in_stage.min(window_days),
            ),
        });
    }
    if let Some(issue) = &tasks.stalled_issue {
        let why = match issue.days_overdue {
            0 => format!("no update for {}", days(issue.idle_days)),
            late => format!("{} past its due date", days(late)),
        };
        findings.push(Finding {
            penalty: weights.stalled_task,
            text: format!("{} is stalled: {why}", issue.identifier),
        });
    }
}

fn unread(connector: &str, reason: &str, weights: &ScoringWeights) -> Finding {
    Finding {
        penalty: weights.unread_connector,
        text: format!("{connector} could not be read ({reason}); counted as neutral"),
    }
}

/// The share of tasks that would be done by now if work were spread evenly, in whole percent.
fn expected_rate(days_in_stage: u32, window_days: u32) -> u32 {
    let window = window_days.max(1);
    let share = u64::from(days_in_stage.min(window)) * 100 / u64::from(window);
    u32::try_from(share).unwrap_or(100)
}

fn capped(amount: u32, each: u32, cap: u32) -> u32 {
    amount.saturating_mul(each).min(cap)
}

fn days(number: u32) -> String {
    count(number, "day")
}

fn count(number: u32, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
#[path = "scoring_tests.rs"]
mod tests;
