use proptest::prelude::*;

use super::*;
use crate::onboarding::customers::sample;
use onbehalf_connector::Connector;
use onbehalf_tools::AppPage;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T08:00:00Z").expect("now")
}

fn issue(id: &str, state: IssueState, due: Option<&str>, updated: &str) -> Issue {
    Issue {
        id: id.into(),
        key: Some(format!("ONB-{id}")),
        title: Some("Import".into()),
        url: AppPage::of(
            Connector::LINEAR,
            &format!("https://linear.app/acme/issue/{id}"),
        ),
        state,
        state_name: None,
        due: due.and_then(Timestamp::parse),
        created_at: Timestamp::parse("2026-11-01"),
        updated_at: Timestamp::parse(updated),
        started_at: None,
        completed_at: None,
        canceled_at: None,
        labels: vec!["customer:a.test".into()],
        project: Some("A onboarding".into()),
    }
}

fn counted(issues: &[Issue]) -> TaskSignals {
    let mut signals = TaskSignals::default();
    for issue in issues {
        add(&mut signals, issue, 5, now());
    }
    signals
}

#[test]
fn cancelled_tasks_do_not_count_and_done_ones_are_never_late() {
    let signals = counted(&[
        issue("1", IssueState::Canceled, Some("2026-11-01"), "2026-11-01"),
        issue("2", IssueState::Completed, Some("2026-11-01"), "2026-11-01"),
        issue("3", IssueState::Backlog, Some("2026-11-20"), "2026-11-01"),
        // Closed in favour of another issue, which is counted by itself.
        issue("4", IssueState::Duplicate, Some("2026-11-01"), "2026-11-01"),
    ]);
    assert_eq!((signals.tasks_total, signals.tasks_completed), (2, 1));
    assert_eq!(signals.overdue_tasks, 1);
    assert_eq!(
        signals.stalled_issue, None,
        "a backlog item was never begun"
    );
}

#[test]
fn a_task_is_due_until_its_day_is_over() {
    let on_the_day = issue("1", IssueState::Started, Some("2026-11-23"), "2026-11-22");
    assert_eq!(counted(&[on_the_day]).overdue_tasks, 0);
    let day_after = issue("1", IssueState::Started, Some("2026-11-22"), "2026-11-22");
    let signals = counted(&[day_after]);
    assert_eq!(signals.overdue_tasks, 1);
    assert_eq!(signals.stalled_issue.map(|it| it.days_overdue), Some(1));
}

#[test]
fn the_worst_stalled_task_is_the_longest_overdue_then_the_longest_idle() {
    let signals = counted(&[
        issue("1", IssueState::Started, None, "2026-11-01"),
        issue("2", IssueState::Started, Some("2026-11-20"), "2026-11-22"),
        issue("3", IssueState::Unstarted, Some("2026-11-20"), "2026-11-10"),
        issue("4", IssueState::Started, None, "2026-11-19"),
    ]);
    assert_eq!(signals.stalled_issue.map(|it| it.id), Some("3".into()));
}

#[test]
fn a_shared_label_stands_for_each_of_its_customers() {
    let mut other = sample("a.test", "A");
    other.key = "bob@a.test".into();
    let customers = [sample("a.test", "A"), other];
    let (names, unusable) = names(&customers, &OnboardingSettings::default());
    assert!(unusable.is_empty());
    let found = customers_of(
        &issue("1", IssueState::Started, None, "2026-11-01"),
        &names,
        false,
    );
    assert_eq!(found, BTreeSet::from([0, 1]));
}

#[test]
fn questions_stay_within_what_one_call_takes() {
    let customers: Vec<_> = (0..101)
        .map(|index| sample(&format!("c{index}.test"), "C"))
        .collect();
    let (names, _) = names(&customers, &OnboardingSettings::default());
    let sizes: Vec<_> = questions(names).iter().map(BTreeMap::len).collect();
    assert_eq!(sizes, [50, 50, 1]);
}

proptest! {
    #[test]
    fn the_order_of_issues_does_not_matter(
        days in proptest::collection::vec((1..23_u32, proptest::option::of(1..23_u32)), 1..12),
        turn in 0..12_usize,
    ) {
        let issues: Vec<_> = days.iter().enumerate().map(|(index, (updated, due))| {
            let due = due.map(|day| format!("2026-11-{day:02}"));
            let updated = format!("2026-11-{updated:02}");
            issue(&index.to_string(), IssueState::Started, due.as_deref(), &updated)
        }).collect();
        let mut turned = issues.clone();
        let by = turn.min(turned.len());
        turned.rotate_left(by);
        prop_assert_eq!(counted(&issues), counted(&turned));
    }
}
