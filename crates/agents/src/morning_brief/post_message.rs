//! The message in Slack, as a write that happens once.
//!
//! Slack takes no id from us, so a message whose answer was lost is found by a marker in the
//! conversation's history. The marker names the user's day, not the run: a second run of the same
//! day finds what the first has said.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::settings::BriefSettings;
use onbehalf_acting::{Failure, Manner, Services};
use onbehalf_clock::Timestamp;
use onbehalf_connector::Connector;
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_runs::{digest_of, hex};
use onbehalf_tools::{
    DryWrite, Findable, Look, Message, MessageInput, SentMessage, SlackSendMessage, find_message,
};

/// Bytes of the digest that make a marker.
const MARKER_BYTES: usize = 8;

/// One day's message to one conversation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PostMessage {
    /// Slack's id of the conversation.
    pub(super) channel: String,
    /// In Slack's markup, without the line that says who sent it.
    pub(super) text: String,
    /// What tells this day's message from every other.
    pub(super) marker: Marker,
    /// The message cannot be older than this.
    pub(super) since: Timestamp,
    pub(super) manner: Manner,
}

/// What tells one day's message from every other in its conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marker(String);

impl Marker {
    /// The marker of a user's day.
    pub(super) fn of(context: &RequestContext, channel: &str, day: &str) -> Self {
        let digest = digest_of(&[context.scalekit_identifier.as_str(), channel, day]);
        Self(hex(&digest[..MARKER_BYTES]))
    }

    /// Whether a message carries it.
    pub(super) fn is_in(&self, message: &Message) -> bool {
        message.text.contains(&format!("#brief-{}", self.0))
    }
}

impl PostMessage {
    /// As it is shown where it is not made.
    pub(super) fn dry(&self, services: &Services<BriefSettings>) -> DryWrite {
        DryWrite::with::<SlackSendMessage>(&self.input(services))
    }

    fn input(&self, services: &Services<BriefSettings>) -> MessageInput {
        let home = services.public_url.trim_end_matches('/');
        let Marker(marker) = &self.marker;
        MessageInput {
            channel: self.channel.clone(),
            text: format!(
                "{}\n\nSent for you by <{home}/#brief-{marker}|Onbehalf>.",
                self.text
            ),
        }
    }
}

#[async_trait(?Send)]
impl Effect for PostMessage {
    const KIND: &'static str = "slack-post-message";
    type Services = Services<BriefSettings>;
    type Context = RequestContext;
    type Receipt = SentMessage;
    type Failure = Failure;

    async fn perform(
        &self,
        services: &Services<BriefSettings>,
        context: &RequestContext,
        key: &EffectKey,
        may_send: &Permit,
    ) -> Performed<SentMessage, Failure> {
        let input = self.input(services);
        let scalekit = &services.scalekit;
        let sent = self.manner.send::<SlackSendMessage, _>(
            scalekit,
            context,
            key,
            may_send,
            &input,
            |sent| sent,
        );
        sent.await
    }

    async fn find(
        &self,
        services: &Services<BriefSettings>,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<SentMessage> {
        let found = self.manner.find(
            &services.scalekit,
            context,
            key,
            Connector::SLACK,
            async |look: Look<'_>| {
                let is_ours = |it: &Message| self.marker.is_in(it);
                find_message(look, &self.channel, Some(self.since), is_ours).await
            },
        );
        found.await
    }

    fn visible_after(&self, _: &Services<BriefSettings>) -> Duration {
        SlackSendMessage::VISIBLE_AFTER
    }
}
