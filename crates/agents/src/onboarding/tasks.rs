//! From issues to a customer's delivery signal.
//!
//! Owns how customers are found by label or project, what counts as overdue and stalled, and which
//! stalled issue is the worst.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::OnboardingHealth;
use super::customers::Customer;
use super::settings::OnboardingSettings;
use super::signals::{StalledIssue, TaskSignals};
use onbehalf_acting::{Failure, FailureKind, Reader, Stop};
use onbehalf_clock::Timestamp;
use onbehalf_tools::{Issue, IssueState, IssuesInput, LinearIssues};

/// Names in one question; the most that one call takes.
const NAMES_PER_QUESTION: usize = 50;
/// The longest name that Linear's tool takes, in characters.
const LONGEST_NAME: usize = 255;
/// Pages of 250 issues for one question: a hundred issues for each of its customers.
const PAGES_PER_QUESTION: usize = 20;
/// Longest title that is carried along, in characters.
const LONGEST_TITLE: usize = 120;

/// Labels or projects, each with the positions of the customers it stands for.
pub(super) type Names = BTreeMap<String, Vec<usize>>;

/// What was counted for one customer in one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TaskCount {
    /// Position of the customer.
    pub customer: usize,
    /// Its tasks.
    pub signals: TaskSignals,
}

/// The name under which each customer's issues are found, and the customers without a usable one.
pub(super) fn names(customers: &[Customer], settings: &OnboardingSettings) -> (Names, Vec<usize>) {
    let template = settings
        .linear_project
        .as_ref()
        .unwrap_or(&settings.linear_label);
    let mut names = Names::new();
    let mut unusable = Vec::new();
    for (index, customer) in customers.iter().enumerate() {
        let name = template.fill(customer);
        if name.trim().is_empty() || name.chars().count() > LONGEST_NAME {
            unusable.push(index);
        } else {
            names.entry(name).or_default().push(index);
        }
    }
    (names, unusable)
}

/// Cuts the names into questions.
pub(super) fn questions(names: Names) -> Vec<Names> {
    let mut questions: Vec<Names> = Vec::new();
    for (name, customers) in names {
        match questions.last_mut() {
            Some(last) if last.len() < NAMES_PER_QUESTION => {
                last.insert(name, customers);
            }
            _ => questions.push(Names::from([(name, customers)])),
        }
    }
    questions
}

/// Asks one question to its end.
pub(super) async fn ask(
    reader: &Reader<'_, OnboardingHealth>,
    names: &Names,
    settings: &OnboardingSettings,
    now: Timestamp,
) -> Result<Vec<TaskCount>, Stop> {
    let by_project = settings.linear_project.is_some();
    let wanted = names.keys().cloned().collect();
    let mut input = if by_project {
        IssuesInput::in_projects(wanted)
    } else {
        IssuesInput::labelled(wanted)
    };
    let mut counts: BTreeMap<usize, TaskSignals> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for _ in 0..PAGES_PER_QUESTION {
        let page = reader.call::<LinearIssues>(&input).await?;
        for issue in &page.issues {
            if seen.insert(issue.id.clone()) {
                for customer in customers_of(issue, names, by_project) {
                    let signals = counts.entry(customer).or_default();
                    add(signals, issue, settings.stalled_after_days, now);
                }
            }
        }
        match page.next {
            Some(next) => input.after = Some(next),
            None => {
                let counts = counts.into_iter();
                return Ok(counts
                    .map(|(customer, signals)| TaskCount { customer, signals })
                    .collect());
            }
        }
    }
    // Half of the tasks would say the wrong thing about progress.
    Err(Failure::own(FailureKind::Truncated, "too many onboarding issues to read").into())
}

fn customers_of(issue: &Issue, names: &Names, by_project: bool) -> BTreeSet<usize> {
    let carried = if by_project {
        issue.project.as_slice()
    } else {
        issue.labels.as_slice()
    };
    let found = carried.iter().filter_map(|name| names.get(name));
    found.flatten().copied().collect()
}

fn add(signals: &mut TaskSignals, issue: &Issue, stalled_after: u32, now: Timestamp) {
    if matches!(issue.state, IssueState::Canceled | IssueState::Duplicate) {
        return;
    }
    signals.tasks_total += 1;
    if issue.state == IssueState::Completed {
        signals.tasks_completed += 1;
        return;
    }
    // A task is due until the end of its day.
    let days_overdue = issue.due.map_or(0, |due| whole_days(now, due));
    if days_overdue > 0 {
        signals.overdue_tasks += 1;
    }
    if !matches!(issue.state, IssueState::Unstarted | IssueState::Started) {
        return;
    }
    let touched = issue.updated_at.or(issue.created_at);
    let idle_days = touched.map_or(0, |touched| whole_days(now, touched));
    if days_overdue == 0 && idle_days < stalled_after {
        return;
    }
    let text = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        text.chars().take(LONGEST_TITLE).collect::<String>()
    };
    let stalled = StalledIssue {
        id: issue.id.clone(),
        identifier: match text(&issue.key) {
            key if key.is_empty() => "an issue".into(),
            key => key,
        },
        url: issue
            .url
            .as_ref()
            .map_or_else(String::new, |it| it.as_str().to_owned()),
        title: text(&issue.title),
        idle_days,
        days_overdue,
    };
    keep_worst(&mut signals.stalled_issue, stalled);
}

/// Adds what one question counted to a customer's signal.
pub(super) fn merge(signals: &mut TaskSignals, count: &TaskSignals) {
    signals.tasks_total += count.tasks_total;
    signals.tasks_completed += count.tasks_completed;
    signals.overdue_tasks += count.overdue_tasks;
    if let Some(stalled) = &count.stalled_issue {
        keep_worst(&mut signals.stalled_issue, stalled.clone());
    }
}

/// The longest overdue is the worst, then the longest idle; names break ties, so that the order of
/// Linear's answer does not matter.
fn keep_worst(worst: &mut Option<StalledIssue>, candidate: StalledIssue) {
    fn rank(issue: &StalledIssue) -> impl Ord + '_ {
        let badness = std::cmp::Reverse((issue.days_overdue, issue.idle_days));
        (badness, issue.identifier.as_str(), issue.id.as_str())
    }
    let better = worst
        .as_ref()
        .is_some_and(|worst| rank(worst) <= rank(&candidate));
    if !better {
        *worst = Some(candidate);
    }
}

fn whole_days(now: Timestamp, then: Timestamp) -> u32 {
    u32::try_from(now.days_since(then)).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "tasks_tests.rs"]
mod tests;
