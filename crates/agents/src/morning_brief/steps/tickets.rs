//! Zendesk: tickets that are new, and tickets past the time they were due.

use std::time::Duration;

use async_trait::async_trait;

use crate::morning_brief::{Group, Line, MorningBrief, News, Section};
use onbehalf_acting::{CONNECTIONS, Read, Reader, Worth};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, Step, StepContext, StepError, StepResult};
use onbehalf_tools::{QueueInput, Ticket, ZendeskQueue};

use super::connections::Ready;
use super::reading::{absent, section};

/// Reads Zendesk.
pub struct Tickets;

#[async_trait(?Send)]
impl Step<MorningBrief> for Tickets {
    type Input = Ready;
    type Output = Section;

    fn id(&self) -> &'static str {
        "tickets"
    }

    async fn run(
        &self,
        ready: Ready,
        cx: &StepContext<MorningBrief>,
    ) -> StepResult<MorningBrief, Section> {
        if let Some(section) = absent(cx, Connector::ZENDESK, &ready) {
            return Ok(Flow::Next(section));
        }
        let hours = u64::from(cx.services().settings.look_back_hours);
        let yesterday = ready.now.minus(Duration::from_secs(hours * 3600));
        let questions = [
            (News::Overdue, QueueInput::due_before(ready.now)),
            (News::New, QueueInput::opened_after(yesterday)),
        ];
        let reader = Reader::new(cx, Worth::Signal);
        let answers = cx
            .for_each(questions, CONNECTIONS, |(news, input)| {
                ask(&reader, news, input)
            })
            .await?;
        section(cx, &reader, Connector::ZENDESK, together(answers))
    }
}

async fn ask(
    reader: &Reader<'_, MorningBrief>,
    news: News,
    input: QueueInput,
) -> Result<Read<Group>, StepError> {
    reader
        .keep(&format!("zendesk-{}", news.word()), || async {
            let page = reader.call::<ZendeskQueue>(&input).await?;
            reader.answered_by_zendesk(page.account.as_deref()).await;
            Ok(Group::of(
                news,
                page.total,
                page.tickets.into_iter().map(line),
            ))
        })
        .await
}

/// All groups, or what keeps one of them away.
fn together(answers: Vec<Read<Group>>) -> Read<Vec<Group>> {
    let mut groups = Vec::with_capacity(answers.len());
    let mut failed = None;
    for answer in answers {
        match answer {
            Read::Done(group) => groups.push(group),
            Read::Later(failure) => return Read::Later(failure),
            Read::Failed(failure) => failed = Some(failure),
        }
    }
    failed.map_or(Read::Done(groups), Read::Failed)
}

fn line(ticket: Ticket) -> Line {
    Line {
        name: Some(ticket.id),
        title: ticket.subject.unwrap_or_default(),
        url: None,
    }
}
