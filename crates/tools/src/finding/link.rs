//! Finding what a task in HubSpot was given, by reading the task.

use std::time::Duration;

use async_trait::async_trait;

use super::{CallMark, Findable, Look, Sought};
use crate::hubspot_task_links::{
    AssignInput, AssociateInput, HubspotAssignTask, HubspotAssociateTask, HubspotTaskLinks, Linked,
    RecordKind, TaskLinks, TaskLinksInput,
};
use onbehalf_connector::CallFailure;

async fn find_link(
    look: Look<'_>,
    task_id: &str,
    holds: impl Fn(TaskLinks) -> bool,
) -> Result<Sought<Linked>, CallFailure> {
    let task = TaskLinksInput {
        task_id: task_id.to_owned(),
    };
    let links = look.read::<HubspotTaskLinks>(&task).await?;
    Ok(if holds(links) {
        Sought::There(Linked {})
    } else {
        Sought::Absent
    })
}

#[async_trait(?Send)]
impl Findable for HubspotAssociateTask {
    // The record itself is read, not an index.
    const VISIBLE_AFTER: Duration = Duration::ZERO;

    async fn find(
        look: Look<'_>,
        sent: &AssociateInput,
        _: &CallMark,
    ) -> Result<Sought<Linked>, CallFailure> {
        find_link(look, &sent.task_id, |links| match sent.kind {
            RecordKind::Contact => links.contacts.contains(&sent.record_id),
            RecordKind::Company => links.companies.contains(&sent.record_id),
        })
        .await
    }
}

#[async_trait(?Send)]
impl Findable for HubspotAssignTask {
    // The record itself is read, not an index.
    const VISIBLE_AFTER: Duration = Duration::ZERO;

    async fn find(
        look: Look<'_>,
        sent: &AssignInput,
        _: &CallMark,
    ) -> Result<Sought<Linked>, CallFailure> {
        find_link(look, &sent.task_id, |links| {
            links.owner_id.as_ref() == Some(&sent.owner_id)
        })
        .await
    }
}
