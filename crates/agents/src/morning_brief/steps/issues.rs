//! Linear: issues that are overdue, due today, or stalled.

use async_trait::async_trait;

use crate::morning_brief::{Group, Line, MorningBrief, News, Section};
use onbehalf_acting::{Reader, Stop, Worth};
use onbehalf_clock::{DAY_MS, Timestamp};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, Step, StepContext, StepResult};
use onbehalf_tools::{Issue, IssueState, LinearOpenIssues, OpenIssuesInput};

use super::connections::Ready;
use super::reading::{absent, section};

/// Pages of open issues that are read, 250 each. Whoever has more is told of the first.
const PAGES: usize = 8;

/// Reads Linear.
pub struct Issues;

#[async_trait(?Send)]
impl Step<MorningBrief> for Issues {
    type Input = Ready;
    type Output = Section;

    fn id(&self) -> &'static str {
        "issues"
    }

    async fn run(
        &self,
        ready: Ready,
        cx: &StepContext<MorningBrief>,
    ) -> StepResult<MorningBrief, Section> {
        if let Some(section) = absent(cx, Connector::LINEAR, &ready) {
            return Ok(Flow::Next(section));
        }
        let patience = i64::from(cx.services().settings.stalled_after_days);
        let reader = Reader::new(cx, Worth::Signal);
        let read = reader
            .keep("linear", || async {
                let issues = open_issues(&reader).await?;
                Ok(sorted(issues, ready.now, patience))
            })
            .await?;
        section(cx, &reader, Connector::LINEAR, read)
    }
}

async fn open_issues(reader: &Reader<'_, MorningBrief>) -> Result<Vec<Issue>, Stop> {
    let mut issues = Vec::new();
    let mut input = OpenIssuesInput::default();
    for _ in 0..PAGES {
        let page = reader.call::<LinearOpenIssues>(&input).await?;
        issues.extend(page.issues);
        match page.next {
            Some(next) => input.after = Some(next),
            None => break,
        }
    }
    Ok(issues)
}

/// Each issue is of one kind: the most pressing that fits. The longest waiting come first.
fn sorted(mut issues: Vec<Issue>, now: Timestamp, patience: i64) -> Vec<Group> {
    issues.sort_by_key(|it| (it.due.or(it.updated_at), it.key.clone()));
    let of = |news| {
        let fitting: Vec<_> = issues
            .iter()
            .filter(|it| kind(it, now, patience) == Some(news))
            .map(line)
            .collect();
        Group::of(news, fitting.len() as u64, fitting)
    };
    [News::Overdue, News::Due, News::Stalled].map(of).into()
}

fn kind(issue: &Issue, now: Timestamp, patience: i64) -> Option<News> {
    let day = |at: Timestamp| at.millis().div_euclid(DAY_MS);
    match issue.due.map(|due| day(due).cmp(&day(now))) {
        Some(std::cmp::Ordering::Less) => return Some(News::Overdue),
        Some(std::cmp::Ordering::Equal) => return Some(News::Due),
        _ => {}
    }
    let idle = issue.updated_at.map(|at| now.days_since(at));
    let stalled = issue.state == IssueState::Started && idle.is_some_and(|it| it >= patience);
    stalled.then_some(News::Stalled)
}

fn line(issue: &Issue) -> Line {
    Line {
        name: issue.key.clone(),
        title: issue.title.clone().unwrap_or_default(),
        url: issue.url.as_ref().map(|it| it.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(state: IssueState, due: Option<&str>, updated: &str) -> Issue {
        Issue {
            id: "i".into(),
            key: Some("ONB-1".into()),
            title: Some("Kick-off".into()),
            url: None,
            state,
            state_name: None,
            due: due.and_then(Timestamp::parse),
            created_at: None,
            updated_at: Timestamp::parse(updated),
            started_at: None,
            completed_at: None,
            canceled_at: None,
            labels: vec![],
            project: None,
        }
    }

    #[test]
    fn each_issue_is_news_of_its_most_pressing_kind() {
        let now = Timestamp::parse("2026-11-23T08:00:00Z").expect("a time");
        let of = |issue: Issue| kind(&issue, now, 5);
        use IssueState::{Started, Unstarted};
        assert_eq!(
            of(issue(Started, Some("2026-11-22"), "2026-11-01")),
            Some(News::Overdue)
        );
        assert_eq!(
            of(issue(Unstarted, Some("2026-11-23"), "2026-11-23")),
            Some(News::Due)
        );
        assert_eq!(
            of(issue(Started, Some("2026-12-01"), "2026-11-18")),
            Some(News::Stalled)
        );
        assert_eq!(of(issue(Started, None, "2026-11-19")), None);
        assert_eq!(of(issue(Unstarted, None, "2026-10-01")), None);
    }
}
