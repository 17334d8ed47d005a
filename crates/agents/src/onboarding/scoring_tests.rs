use proptest::prelude::*;

use super::*;
use crate::onboarding::signals::StalledIssue;

const WINDOW: u32 = 30;

fn stalled(idle_days: u32, days_overdue: u32) -> StalledIssue {
    StalledIssue {
        id: "issue-1".into(),
        identifier: "ONB-1".into(),
        url: "https://linear.test/ONB-1".into(),
        title: "Import".into(),
        idle_days,
        days_overdue,
    }
}

fn known(days: u32, open: u32, oldest: u32, tasks: TaskSignals) -> Signals {
    Signals {
        days_in_stage: days,
        tickets: Reading::Known(TicketSignals {
            open_tickets: open,
            oldest_ticket_days: oldest,
        }),
        tasks: Reading::Known(tasks),
    }
}

fn of(signals: &Signals) -> Health {
    score(signals, WINDOW, &ScoringWeights::default())
}

#[test]
fn a_quiet_customer_on_schedule_is_at_full_score() {
    let tasks = TaskSignals {
        tasks_total: 10,
        tasks_completed: 5,
        ..TaskSignals::default()
    };
    let health = of(&known(15, 0, 0, tasks));
    assert_eq!((health.score, health.status), (100, HealthStatus::Healthy));
    assert!(health.reasons.is_empty());
}

#[test]
fn reasons_read_as_sentences_and_the_dearest_comes_first() {
    let tasks = TaskSignals {
        tasks_total: 8,
        tasks_completed: 2,
        overdue_tasks: 1,
        stalled_issue: Some(stalled(6, 0)),
    };
    let health = of(&known(20, 3, 9, tasks));
    assert_eq!(
        health.reasons,
        [
            "3 open tickets, the oldest 9 days old",
            "1 onboarding task overdue",
            "ONB-1 is stalled: no update for 6 days",
            "2 of 8 onboarding tasks done (25%) after 20 of 30 days",
        ]
    );
    // 100 - (24 + 14) - 10 - 10 - 8
    assert_eq!((health.score, health.status), (34, HealthStatus::Critical));
}

#[test]
fn a_connector_that_was_not_read_is_neutral_and_named() {
    let signals = Signals {
        days_in_stage: 29,
        tickets: Reading::Unread("token_expired".into()),
        tasks: Reading::Unread("unavailable".into()),
    };
    let health = of(&signals);
    assert_eq!(health.score, 100);
    assert_eq!(
        health.reasons,
        [
            "Zendesk could not be read (token_expired); counted as neutral",
            "Linear could not be read (unavailable); counted as neutral"
        ]
    );
}

#[test]
fn without_tasks_there_is_nothing_to_lag_behind() {
    let health = of(&known(30, 0, 0, TaskSignals::default()));
    assert_eq!(health.score, 100);
    assert_eq!(health.reasons, ["no onboarding tasks found in Linear"]);
}

#[test]
fn health_from_before_there_were_findings_is_read_and_written_as_it_was() {
    let before = serde_json::json!({"score": 60, "status": "at_risk", "reasons": ["slow"]});
    let health: Health = serde_json::from_value(before.clone()).expect("health");
    assert!(health.findings.is_empty());
    assert_eq!(serde_json::json!(health), before);
}

#[test]
fn thresholds_are_exclusive() {
    let weights = ScoringWeights::default();
    assert_eq!(status_of(70, &weights), HealthStatus::Healthy);
    assert_eq!(status_of(69, &weights), HealthStatus::AtRisk);
    assert_eq!(status_of(40, &weights), HealthStatus::AtRisk);
    assert_eq!(status_of(39, &weights), HealthStatus::Critical);
}

prop_compose! {
    fn any_signals()(
        days in prop_oneof![0..90_u32, any::<u32>()],
        open in prop_oneof![0..20_u32, any::<u32>()],
        oldest in prop_oneof![0..90_u32, any::<u32>()],
        total in prop_oneof![0..40_u32, any::<u32>()],
        completed in prop_oneof![0..40_u32, any::<u32>()],
        overdue in prop_oneof![0..20_u32, any::<u32>()],
        idle in proptest::option::of((0..90_u32, 0..90_u32)),
    ) -> Signals {
        known(days, open, oldest, TaskSignals {
            tasks_total: total,
            tasks_completed: completed,
            overdue_tasks: overdue,
            stalled_issue: idle.map(|(idle, late)| stalled(idle, late)),
        })
    }
}

prop_compose! {
    fn any_weights()(
        points in proptest::collection::vec(0..=100_u32, 11),
        grace in 0..=365_u32,
        at_risk in 1..=100_u32,
        critical in 1..=100_u32,
    ) -> ScoringWeights {
        ScoringWeights {
            per_open_ticket: points[0],
            open_tickets_cap: points[1],
            ticket_grace_days: grace,
            per_ticket_day: points[2],
            ticket_age_cap: points[3],
            per_overdue_task: points[4],
            overdue_tasks_cap: points[5],
            completion_tolerance: points[6],
            per_completion_lag: points[7],
            completion_cap: points[8],
            stalled_task: points[9],
            unread_connector: points[10],
            at_risk_below: at_risk,
            critical_below: critical.min(at_risk),
        }
    }
}

/// The same signals with one of them worse.
fn worsened(signals: &Signals, which: usize, by: u32) -> Signals {
    let mut worse = signals.clone();
    let (Reading::Known(tickets), Reading::Known(tasks)) = (&mut worse.tickets, &mut worse.tasks)
    else {
        return worse;
    };
    match which {
        0 => worse.days_in_stage = worse.days_in_stage.saturating_add(by),
        1 => tickets.open_tickets = tickets.open_tickets.saturating_add(by),
        2 => tickets.oldest_ticket_days = tickets.oldest_ticket_days.saturating_add(by),
        3 => tasks.tasks_total = tasks.tasks_total.saturating_add(by),
        4 => tasks.tasks_completed = tasks.tasks_completed.saturating_sub(by),
        5 => tasks.overdue_tasks = tasks.overdue_tasks.saturating_add(by),
        6 => match &mut tasks.stalled_issue {
            Some(issue) => issue.idle_days = issue.idle_days.saturating_add(by),
            None => tasks.stalled_issue = Some(stalled(by, 0)),
        },
        _ => {
            if let Some(issue) = &mut tasks.stalled_issue {
                issue.days_overdue = issue.days_overdue.saturating_add(by);
            }
        }
    }
    worse
}

proptest! {
    #[test]
    fn no_signal_that_gets_worse_raises_the_score(
        signals in any_signals(), weights in any_weights(), which in 0..8_usize, by in 0..100_u32,
    ) {
        let worse = worsened(&signals, which, by);
        let before = score(&signals, WINDOW, &weights);
        let after = score(&worse, WINDOW, &weights);
        prop_assert!(after.score <= before.score, "{before:?} -> {after:?}");
        prop_assert!(after.status >= before.status);
    }

    #[test]
    fn the_score_is_within_bounds_and_the_same_every_time(
        signals in any_signals(), weights in any_weights(), window in 0..400_u32,
    ) {
        let once = score(&signals, window, &weights);
        let again = score(&signals, window, &weights);
        prop_assert!(once.score <= FULL_SCORE);
        prop_assert_eq!(
            serde_json::to_string(&once).expect("json"),
            serde_json::to_string(&again).expect("json")
        );
    }

    #[test]
    fn each_reason_says_its_finding(
        signals in any_signals(), weights in any_weights(), window in 0..400_u32, unread in any::<bool>(),
    ) {
        let mut signals = signals;
        if unread {
            signals.tickets = Reading::Unread("unavailable".into());
        }
        let health = score(&signals, window, &weights);
        let said: Vec<_> = health.findings.iter().map(Finding::to_string).collect();
        prop_assert_eq!(said, health.reasons);
    }

    #[test]
    fn an_unread_connector_costs_what_the_weights_say(
        signals in any_signals(), weights in any_weights(),
    ) {
        let unread = Signals { tickets: Reading::Unread("unavailable".into()), ..signals.clone() };
        let quiet = Signals { tickets: Reading::Known(TicketSignals::default()), ..signals };
        let with = score(&quiet, WINDOW, &weights).score;
        let without = score(&unread, WINDOW, &weights).score;
        prop_assert_eq!(without, with.saturating_sub(weights.unread_connector));
    }
}
