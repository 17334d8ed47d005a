//! A write that a model asked for, as an effect of its turn: the same write as a direct call's.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::turn::TurnServices;
use crate::tool_call::ToolWrite;
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::ToolOutcome;

/// A write of a turn.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnWrite(pub(super) ToolWrite);

#[async_trait(?Send)]
impl Effect for TurnWrite {
    const KIND: &'static str = "agent-call";
    type Services = TurnServices;
    type Context = RequestContext;
    type Receipt = Value;
    type Failure = ToolOutcome<Value>;

    async fn perform(
        &self,
        services: &TurnServices,
        context: &RequestContext,
        key: &EffectKey,
        may_send: &Permit,
    ) -> Performed<Value, ToolOutcome<Value>> {
        self.0.perform(&services.call, context, key, may_send).await
    }

    async fn find(
        &self,
        services: &TurnServices,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<Value> {
        self.0.find(&services.call, context, key).await
    }

    fn visible_after(&self, services: &TurnServices) -> Duration {
        self.0.visible_after(&services.call)
    }
}
