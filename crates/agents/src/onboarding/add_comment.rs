//! The comment on a stalled Linear issue, as a write that happens once.
//!
//! Linear lets the writer choose the comment's id, so the id is made from the effect's key: a
//! second send cannot write a second comment, and a lost answer is found by looking for the id.

use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::OnboardingServices;
use super::plan::{IssueRef, PlannedAction};
use super::scoring::HealthStatus;
use super::texts;
use onbehalf_acting::{Failure, Manner, mark};
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{CommentInput, DryWrite, Findable, LinearCreateComment};

/// A comment on one customer's stalled issue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddComment {
    customer: String,
    name: String,
    status: HealthStatus,
    score: u32,
    reasons: Vec<String>,
    issue_id: String,
    manner: Manner,
}

/// The comment that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommentReceipt {
    /// Linear's id.
    pub comment_id: String,
}

impl AddComment {
    /// The comment that was planned on this issue.
    pub(super) fn planned(action: &PlannedAction, issue: &IssueRef, manner: Manner) -> Self {
        Self {
            customer: action.customer.clone(),
            name: action.name.clone(),
            status: action.status,
            score: action.score,
            reasons: action.reasons.clone(),
            issue_id: issue.id.clone(),
            manner,
        }
    }

    /// As it is shown where it is not made.
    pub(super) fn dry(&self, key: &EffectKey) -> DryWrite {
        DryWrite::with::<LinearCreateComment>(&self.input(key))
    }

    fn input(&self, key: &EffectKey) -> CommentInput {
        CommentInput {
            issue_id: self.issue_id.clone(),
            body: texts::comment(&self.name, self.status, self.score, &self.reasons),
            comment_id: Some(key.uuid()),
        }
    }
}

#[async_trait(?Send)]
impl Effect for AddComment {
    const KIND: &'static str = "linear-create-comment";
    type Services = OnboardingServices;
    type Context = RequestContext;
    type Receipt = CommentReceipt;
    type Failure = Failure;

    async fn perform(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
        may_send: &Permit,
    ) -> Performed<CommentReceipt, Failure> {
        let input = self.input(key);
        let scalekit = &services.scalekit;
        let sent = self.manner.send::<LinearCreateComment, _>(
            scalekit,
            context,
            key,
            may_send,
            &input,
            |comment| CommentReceipt {
                comment_id: comment.comment_id.unwrap_or_else(|| key.uuid()),
            },
        );
        sent.await
    }

    async fn find(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<CommentReceipt> {
        let input = self.input(key);
        let mark = mark(key, &services.public_url, None);
        let found = self.manner.find_marked::<LinearCreateComment, _>(
            &services.scalekit,
            context,
            key,
            (&input, &mark),
            |comment| CommentReceipt {
                comment_id: comment.comment_id.unwrap_or_else(|| key.uuid()),
            },
        );
        found.await
    }

    fn visible_after(&self, _: &OnboardingServices) -> Duration {
        LinearCreateComment::VISIBLE_AFTER
    }
}
