use proptest::prelude::*;

use super::*;
use crate::onboarding::flags::Reference;
use crate::onboarding::scoring::Health;

fn customer(key: &str, status: HealthStatus, score: u32, issue: Option<&str>) -> ScoredCustomer {
    ScoredCustomer {
        key: key.into(),
        name: key.to_uppercase(),
        contacts: vec!["c1".into()],
        company_id: None,
        owner_id: Some("5".into()),
        days_in_stage: 9,
        health: Health {
            score,
            status,
            reasons: vec!["3 open tickets, the oldest 9 days old".into()],
            findings: vec![Finding::OpenTickets {
                count: 3,
                oldest_days: 9,
            }],
        },
        stalled_issue: issue.map(|id| StalledIssue {
            id: id.into(),
            identifier: "ONB-1".into(),
            url: "https://linear.test/1".into(),
            title: "Import".into(),
            idle_days: 7,
            days_overdue: 0,
        }),
    }
}

fn flag(task: &str, key: &str, status: HealthStatus, score: u32) -> OpenFlag {
    OpenFlag {
        task_id: task.into(),
        reference: Reference {
            customer: customer_token(key),
            marker: "0011223344556677".into(),
            status,
            score,
        },
    }
}

fn policy(reflag: ReflagPolicy) -> OnboardingSettings {
    OnboardingSettings {
        reflag,
        ..OnboardingSettings::default()
    }
}

use HealthStatus::{AtRisk, Critical, Healthy};

#[test]
fn each_flagged_customer_gets_a_task_and_a_stalled_issue_a_comment() {
    let customers = [
        customer("a.test", Critical, 20, Some("issue-a")),
        customer("b.test", AtRisk, 60, None),
        customer("c.test", Healthy, 95, Some("issue-c")),
        customer("d.test", AtRisk, 50, Some("issue-a")),
    ];
    let plan = plan(&customers, &[], &OnboardingSettings::default());
    let items: Vec<_> = plan.actions.iter().map(|it| it.item.as_str()).collect();
    assert_eq!(
        items,
        [
            "task:a.test",
            "comment:a.test",
            "task:b.test",
            "task:d.test"
        ]
    );
}

#[test]
fn an_open_flag_stands_until_something_gets_worse() {
    let settings = policy(ReflagPolicy::WhenWorse);
    let at = |status, score| [customer("a.test", status, score, Some("issue-a"))];
    let open = [flag("t1", "a.test", AtRisk, 60)];
    for (status, score, again) in [
        (AtRisk, 60, false),
        (AtRisk, 69, false),
        (AtRisk, 51, false),
        (AtRisk, 50, true),
        (Critical, 55, true),
    ] {
        let plan = plan(&at(status, score), &open, &settings);
        assert_eq!(!plan.actions.is_empty(), again, "{status:?} {score}");
        assert_eq!(plan.already_flagged.len(), usize::from(!again));
    }
    let never = policy(ReflagPolicy::NeverWhileOpen);
    assert!(plan(&at(Critical, 0), &open, &never).actions.is_empty());
    let daily = policy(ReflagPolicy::Daily);
    assert_eq!(plan(&at(AtRisk, 60), &open, &daily).actions.len(), 2);
}

#[test]
fn of_several_open_flags_the_worst_stands() {
    let customers = [customer("a.test", AtRisk, 45, None)];
    let mut open = vec![
        flag("t1", "a.test", AtRisk, 65),
        flag("t2", "a.test", Critical, 30),
    ];
    let settings = OnboardingSettings::default();
    let first = plan(&customers, &open, &settings);
    assert_eq!(first.already_flagged[0].task_id, "t2");
    open.reverse();
    assert_eq!(plan(&customers, &open, &settings), first);
}

#[test]
fn a_task_that_is_there_twice_is_surfaced() {
    let customers = [customer("a.test", AtRisk, 60, None)];
    let mut other = flag("t3", "a.test", AtRisk, 60);
    other.reference.marker = "ffeeddccbbaa9988".into();
    let open = [
        flag("t2", "a.test", AtRisk, 60),
        flag("t1", "a.test", AtRisk, 60),
        other,
    ];
    let plan = plan(&customers, &open, &OnboardingSettings::default());
    assert_eq!(plan.already_flagged[0].task_id, "t1");
    assert_eq!(plan.already_flagged[0].duplicates, ["t2"]);
}

#[test]
fn findings_are_told_of_whom_something_is_written_about_and_are_no_part_of_what() {
    let customers = [
        customer("a.test", Critical, 20, Some("issue-a")),
        customer("b.test", Healthy, 95, None),
    ];
    let plan = plan(&customers, &[], &OnboardingSettings::default());
    let told: Vec<_> = plan.findings.iter().collect();
    assert_eq!(
        told,
        [(&"a.test".to_owned(), &customers[0].health.findings)]
    );
    let mut before = serde_json::to_value(&plan).expect("json");
    assert!(!before["actions"].to_string().contains("open_tickets"));
    // As plans were before there were findings.
    let members = before.as_object_mut().expect("members");
    assert!(members.remove("findings").is_some());
    let before: Plan = serde_json::from_value(before).expect("a plan");
    assert_eq!(before.hash(), plan.hash());
}

proptest! {
    #[test]
    fn right_after_a_run_nothing_is_flagged_again(
        scores in proptest::collection::vec(0..=100_u32, 0..20),
    ) {
        let settings = OnboardingSettings::default();
        let customers: Vec<_> = scores.iter().enumerate().map(|(index, score)| {
            let status = if *score < 40 { Critical } else if *score < 70 { AtRisk } else { Healthy };
            customer(&format!("c{index}.test"), status, *score, None)
        }).collect();
        let first = plan(&customers, &[], &settings);
        let open: Vec<_> = first.actions.iter().map(|it| {
            flag(&it.item, &it.customer, it.status, it.score)
        }).collect();
        let second = plan(&customers, &open, &settings);
        prop_assert!(second.actions.is_empty());
        prop_assert_eq!(second.already_flagged.len(), first.actions.len());
    }

    #[test]
    fn the_hash_changes_with_what_would_be_written(score in 0..=69_u32, other in 0..=69_u32) {
        let settings = OnboardingSettings::default();
        let of = |score| plan(&[customer("a.test", AtRisk, score, None)], &[], &settings).hash();
        prop_assert_eq!(of(score) == of(other), score == other);
        prop_assert_eq!(of(score).len(), 64);
    }
}
