//! Step 4: say it, once a day; or rest when there is nothing to say.

use std::rc::Rc;

use async_trait::async_trait;

use crate::morning_brief::post_message::{Marker, PostMessage};
use crate::morning_brief::{Brief, BriefResult, Delivery, MorningBrief};
use onbehalf_acting::{
    Circuit, ConnectorError, Failure, FailureKind, Manner, Read, Reader, Stop, Worth, deferred,
    write_policy,
};
use onbehalf_clock::Timestamp;
use onbehalf_connector::Connector;
use onbehalf_engine::{
    Flow, FlowOf, Settled, Step, StepContext, StepError, StepPolicy, StepResult, SuspendReason,
};
use onbehalf_tools::{
    ConversationInput, HISTORY_PAGES, MessagesInput, NoInput, SentMessage, SlackListMessages,
    SlackOpenConversation, SlackWhoami,
};

/// Says it.
pub struct Post;

/// Says nothing.
pub struct Rest;

#[async_trait(?Send)]
impl Step<MorningBrief> for Rest {
    type Input = Brief;
    type Output = BriefResult;

    fn id(&self) -> &'static str {
        "rest"
    }

    async fn run(
        &self,
        brief: Brief,
        _: &StepContext<MorningBrief>,
    ) -> StepResult<MorningBrief, BriefResult> {
        Ok(Flow::Next(ended(&brief, Delivery::Quiet)))
    }
}

#[async_trait(?Send)]
impl Step<MorningBrief> for Post {
    type Input = Brief;
    type Output = BriefResult;

    fn id(&self) -> &'static str {
        "post"
    }

    fn policy(&self) -> StepPolicy {
        write_policy()
    }

    async fn run(
        &self,
        brief: Brief,
        cx: &StepContext<MorningBrief>,
    ) -> StepResult<MorningBrief, BriefResult> {
        let reader = Reader::new(cx, Worth::Writes);
        let channel = reader.keep("channel", || channel(&reader, cx)).await?;
        let channel = match channel {
            Read::Done(channel) => channel,
            Read::Failed(failure) => return Ok(unsaid(&brief, failure)),
            Read::Later(failure) => return reader.wait(vec![(Connector::SLACK, failure)]),
        };
        let marker = Marker::of(cx.context(), &channel, &brief.day);
        let since = Timestamp::parse(&brief.day)
            .ok_or_else(|| StepError::terminal("the brief names no day"))?;
        let said = reader
            .keep("said", || said(&reader, &channel, since, &marker))
            .await?;
        match said {
            Read::Done(None) => {}
            Read::Done(Some(SentMessage { channel, ts })) => {
                let delivery = Delivery::AlreadyPosted { channel, ts };
                return Ok(Flow::Next(ended(&brief, delivery)));
            }
            // Saying it blindly might say it twice.
            Read::Failed(failure) => return Ok(unsaid(&brief, failure)),
            Read::Later(failure) => return reader.wait(vec![(Connector::SLACK, failure)]),
        }
        let effect = PostMessage {
            channel,
            text: brief.text.clone(),
            marker,
            since,
            manner: Manner {
                waits_for_connection: cx.state().waits_for_connections,
                circuit: Rc::new(Circuit::default()),
            },
        };
        if cx.state().runs_dry {
            let writes = vec![effect.dry(cx.services())];
            return Ok(Flow::Next(ended(&brief, Delivery::Planned { writes })));
        }
        let settled = cx.effect("message", &effect).await?;
        Ok(after(&brief, settled))
    }
}

/// Where the message goes.
async fn channel(
    reader: &Reader<'_, MorningBrief>,
    cx: &StepContext<MorningBrief>,
) -> Result<String, Stop> {
    if let Some(channel) = &cx.services().settings.channel {
        return Ok(channel.clone());
    }
    let me = reader.call::<SlackWhoami>(&NoInput {}).await?;
    let own = ConversationInput { person: me.person };
    Ok(reader.call::<SlackOpenConversation>(&own).await?.channel)
}

/// The message of this day, if it was said before.
async fn said(
    reader: &Reader<'_, MorningBrief>,
    channel: &str,
    since: Timestamp,
    marker: &Marker,
) -> Result<Option<SentMessage>, Stop> {
    let mut input = MessagesInput {
        channel: channel.to_owned(),
        after: Some(since),
        cursor: None,
    };
    for _ in 0..HISTORY_PAGES {
        let page = reader.call::<SlackListMessages>(&input).await?;
        let channel = channel.to_owned();
        if let Some(found) = page.messages.into_iter().find(|it| marker.is_in(it)) {
            let ts = found.ts;
            return Ok(Some(SentMessage { channel, ts }));
        }
        match page.next {
            Some(next) => input.cursor = Some(next),
            None => return Ok(None),
        }
    }
    Err(Failure::own(
        FailureKind::Truncated,
        "too much was said today to look through",
    )
    .into())
}

/// What the write came to, or what it waits for.
fn after(
    brief: &Brief,
    settled: Settled<SentMessage, Failure>,
) -> FlowOf<MorningBrief, BriefResult> {
    let delivery = match settled {
        Settled::Landed(SentMessage { channel, ts }) => Delivery::Posted { channel, ts },
        Settled::Refused(failure) => return refused(brief, failure),
        Settled::Expired(failure) => Delivery::Expired { failure },
        Settled::UnknownOutcome => Delivery::UnknownOutcome,
        Settled::Pending(until) => return Flow::Suspend(SuspendReason::Retrying { until }),
        Settled::Deferred(failure, until) => {
            return Flow::Suspend(deferred::<MorningBrief>(Connector::SLACK, &failure, until));
        }
    };
    Flow::Next(ended(brief, delivery))
}

/// What comes of a message that nobody can tell enough about to send.
fn unsaid(brief: &Brief, failure: Failure) -> FlowOf<MorningBrief, BriefResult> {
    let delivery = if failure.is_auth() {
        Delivery::Refused { failure }
    } else if failure.may_change() {
        let failure = Some(failure);
        Delivery::Expired { failure }
    } else {
        Delivery::NotAttempted { failure }
    };
    Flow::Next(ended(brief, delivery))
}

fn refused(brief: &Brief, failure: Failure) -> FlowOf<MorningBrief, BriefResult> {
    Flow::Next(ended(brief, Delivery::Refused { failure }))
}

fn ended(brief: &Brief, delivery: Delivery) -> BriefResult {
    let mut connector_errors = Vec::new();
    for section in &brief.sections {
        if let Some(failure) = &section.failure {
            ConnectorError::note(&mut connector_errors, section.connector, "look", failure);
        }
    }
    let failure = match &delivery {
        Delivery::Refused { failure } | Delivery::NotAttempted { failure } => Some(failure),
        Delivery::Expired { failure } => failure.as_ref(),
        _ => None,
    };
    if let Some(failure) = failure {
        ConnectorError::note(&mut connector_errors, Connector::SLACK, "post", failure);
    }
    BriefResult::Completed {
        delivery,
        sections: brief.sections.iter().map(|it| it.count()).collect(),
        connector_errors,
    }
}
