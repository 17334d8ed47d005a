//! HubSpot: tasks that are overdue or fall due today.

use async_trait::async_trait;

use crate::morning_brief::{Group, Line, MorningBrief, News, Section};
use onbehalf_acting::{Reader, Stop, Worth};
use onbehalf_clock::{DAY_MS, Timestamp};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, Step, StepContext, StepResult};
use onbehalf_tools::{DueTask, DueTasksInput, HubspotDueTasks};

use super::connections::Ready;
use super::reading::{absent, section};

/// Pages of tasks that are read, 100 each. Whoever has more is told of the first.
const PAGES: usize = 5;

/// Reads HubSpot.
pub struct Tasks;

#[async_trait(?Send)]
impl Step<MorningBrief> for Tasks {
    type Input = Ready;
    type Output = Section;

    fn id(&self) -> &'static str {
        "tasks"
    }

    async fn run(
        &self,
        ready: Ready,
        cx: &StepContext<MorningBrief>,
    ) -> StepResult<MorningBrief, Section> {
        if let Some(section) = absent(cx, Connector::HUBSPOT, &ready) {
            return Ok(Flow::Next(section));
        }
        let reader = Reader::new(cx, Worth::Signal);
        let read = reader
            .keep("hubspot", || async {
                let tasks = due_tasks(&reader, tomorrow(ready.now)).await?;
                Ok(sorted(tasks, ready.now))
            })
            .await?;
        section(cx, &reader, Connector::HUBSPOT, read)
    }
}

/// When today is over, UTC.
fn tomorrow(now: Timestamp) -> Timestamp {
    Timestamp::from_millis((now.millis().div_euclid(DAY_MS) + 1) * DAY_MS)
}

async fn due_tasks(
    reader: &Reader<'_, MorningBrief>,
    before: Timestamp,
) -> Result<Vec<DueTask>, Stop> {
    let mut tasks = Vec::new();
    let mut input = DueTasksInput::before(before);
    for _ in 0..PAGES {
        let page = reader.call::<HubspotDueTasks>(&input).await?;
        tasks.extend(page.tasks);
        match page.next {
            Some(next) => input.after = Some(next),
            None => break,
        }
    }
    Ok(tasks)
}

fn sorted(mut tasks: Vec<DueTask>, now: Timestamp) -> Vec<Group> {
    tasks.sort_by_key(|it| (it.due, it.id.clone()));
    let (late, today): (Vec<_>, Vec<_>) = tasks
        .into_iter()
        .partition(|it| it.due.is_some_and(|due| due < now));
    let group = |news, tasks: Vec<DueTask>| {
        Group::of(news, tasks.len() as u64, tasks.into_iter().map(line))
    };
    vec![group(News::Overdue, late), group(News::Due, today)]
}

fn line(task: DueTask) -> Line {
    Line {
        name: None,
        title: task.subject.unwrap_or_default(),
        url: None,
    }
}
