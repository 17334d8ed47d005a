//! Finding a task in HubSpot, which takes no id from us.
//!
//! A task is found by a word in its body. HubSpot's search lags, so the list of stored tasks is looked
//! through as well.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;

use super::{CallMark, Findable, Look, Sought};
use crate::hubspot_create_task::{CreatedTask, HubspotCreateTask, TaskInput};
use crate::hubspot_list_tasks::{HubspotListTasks, TaskPageInput};
use crate::hubspot_search_tasks::{HubspotSearchTasks, Task, TasksInput};
use onbehalf_connector::CallFailure;

/// How far HubSpot's search may lag behind, in seconds, where an operator says nothing else.
pub const SEARCH_LAG_SECONDS: u32 = 90;
/// Pages of the list that are looked through for a task the search does not find, a hundred tasks
/// each. A portal with more is left to the search and its lag.
const LISTED_PAGES: usize = 10;
/// What stands in front of the word.
const LABEL: &str = "Reference: ";

/// Ids of all tasks whose body holds `marker`, the first one first: what the search finds by one of
/// these words, and what the list shows that the search's index does not know yet.
///
/// # Errors
/// When HubSpot cannot be searched.
pub async fn find_tasks(
    look: Look<'_>,
    words: &[&str],
    marker: &str,
) -> Result<Vec<String>, CallFailure> {
    let holds = |task: &Task| {
        let body = task.body.as_deref();
        body.is_some_and(|body| body.contains(marker))
    };
    let mut ids = BTreeSet::new();
    for word in words {
        let input = TasksInput::marked(*word);
        let found = look.read::<HubspotSearchTasks>(&input).await?;
        ids.extend(found.tasks.into_iter().map(|it| it.id));
        if !ids.is_empty() {
            break;
        }
    }
    let mut page = TaskPageInput::default();
    for _ in 0..LISTED_PAGES {
        // The search alone has always been enough to go on with.
        let Ok(listed) = look.read::<HubspotListTasks>(&page).await else {
            break;
        };
        ids.extend(listed.tasks.into_iter().filter(holds).map(|it| it.id));
        match listed.next {
            Some(next) if ids.is_empty() => page.after = Some(next),
            _ => break,
        }
    }
    Ok(ids.into_iter().collect())
}

#[async_trait(?Send)]
impl Findable for HubspotCreateTask {
    const VISIBLE_AFTER: Duration = Duration::from_secs(SEARCH_LAG_SECONDS as u64);

    fn marked(input: TaskInput, mark: &CallMark) -> TaskInput {
        let reference = format!("{LABEL}{}", mark.word());
        let body = match input.body {
            Some(body) => format!("{body}\n\n{reference}"),
            None => reference,
        };
        TaskInput {
            body: Some(body),
            ..input
        }
    }

    async fn find(
        look: Look<'_>,
        _: &TaskInput,
        mark: &CallMark,
    ) -> Result<Sought<CreatedTask>, CallFailure> {
        let word = mark.word();
        let found = find_tasks(look, &[&word], &word).await?;
        let first = found.into_iter().next();
        Ok(first.map_or(Sought::Absent, |task_id| {
            Sought::There(CreatedTask {
                task_id,
                created_at: None,
            })
        }))
    }
}
