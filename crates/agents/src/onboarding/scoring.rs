//! From signals to a health score: one pure function.
//!
//! Owns the arithmetic (whole numbers only, so that the same input gives the same bytes on every
//! platform) and what is noticed. Knows nothing of connectors or of what is done about
//! the result.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::signals::{Reading, Signals, TaskSignals, TicketSignals};
use super::weights::{FULL_SCORE, ScoringWeights};
use onbehalf_connector::Connector;

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
    /// The same for programs, one for each reason and in the same order; absent in runs that began
    /// before there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// One thing that was noticed, and what it costs.
struct Weighed {
    penalty: u32,
    finding: Finding,
}

/// Scores a customer. `window_days` is the length of the onboarding, against which progress is
/// measured. Worse signals never raise the score.
pub fn score(signals: &Signals, window_days: u32, weights: &ScoringWeights) -> Health {
    let mut noticed = Vec::new();
    match &signals.tickets {
        Reading::Known(tickets) => ticket_findings(tickets, weights, &mut noticed),
        Reading::Unread(reason) => noticed.push(unread(Connector::ZENDESK, reason, weights)),
    }
    match &signals.tasks {
        Reading::Known(tasks) => {
            task_findings(
                tasks,
                signals.days_in_stage,
                window_days,
                weights,
                &mut noticed,
            );
        }
        Reading::Unread(reason) => noticed.push(unread(Connector::LINEAR, reason, weights)),
    }
    let penalty = noticed
        .iter()
        .fold(0_u32, |sum, it| sum.saturating_add(it.penalty));
    let score = FULL_SCORE.saturating_sub(penalty);
    // A stable sort: what costs the same stays in the order above.
    noticed.sort_by_key(|it| std::cmp::Reverse(it.penalty));
    let findings: Vec<_> = noticed.into_iter().map(|it| it.finding).collect();
    Health {
        score,
        status: status_of(score, weights),
        reasons: findings.iter().map(Finding::to_string).collect(),
        findings,
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

fn ticket_findings(tickets: &TicketSignals, weights: &ScoringWeights, noticed: &mut Vec<Weighed>) {
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
    noticed.push(Weighed {
        penalty: count.saturating_add(age),
        finding: Finding::OpenTickets {
            count: tickets.open_tickets,
            oldest_days: tickets.oldest_ticket_days,
        },
    });
}

fn task_findings(
    tasks: &TaskSignals,
    days_in_stage: u32,
    window_days: u32,
    weights: &ScoringWeights,
    noticed: &mut Vec<Weighed>,
) {
    let Some(rate) = tasks.completion_rate() else {
        noticed.push(Weighed {
            penalty: 0,
            finding: Finding::NoTasks,
        });
        return;
    };
    if tasks.overdue_tasks > 0 {
        noticed.push(Weighed {
            penalty: capped(
                tasks.overdue_tasks,
                weights.per_overdue_task,
                weights.overdue_tasks_cap,
            ),
            finding: Finding::OverdueTasks {
                count: tasks.overdue_tasks,
            },
        });
    }
    let lag = expected_rate(days_in_stage, window_days)
        .saturating_sub(rate)
        .saturating_sub(weights.completion_tolerance);
    // Tenths are multiplied before they are divided, so that no step is lost to rounding.
    let slow = (lag.saturating_mul(weights.per_completion_lag) / 10).min(weights.completion_cap);
    if slow > 0 {
        noticed.push(Weighed {
            penalty: slow,
            finding: Finding::SlowProgress {
                done: tasks.tasks_completed,
                total: tasks.tasks_total,
                percent: rate,
                days: days_in_stage.min(window_days),
                window_days,
            },
        });
    }
    if let Some(issue) = &tasks.stalled_issue {
        let identifier = issue.identifier.clone();
        let finding = match issue.days_overdue {
            0 => Finding::IssueIdle {
                identifier,
                days: issue.idle_days,
            },
            days => Finding::IssueOverdue { identifier, days },
        };
        noticed.push(Weighed {
            penalty: weights.stalled_task,
            finding,
        });
    }
}

fn unread(connector: Connector, reason: &str, weights: &ScoringWeights) -> Weighed {
    Weighed {
        penalty: weights.unread_connector,
        finding: Finding::Unread {
            connector,
            reason: reason.to_owned(),
        },
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

#[cfg(test)]
#[path = "scoring_tests.rs"]
mod tests;
