//! One write with any tool, as an effect.
//!
//! Owns nothing of how a tool is sent or found. A tool whose writes cannot be looked for ends an
//! unclear answer as what it is, and is not sent again.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::services::CallServices;
use crate::{Manner, acting, mark, permit};
use onbehalf_clock::Timestamp;
use onbehalf_connector::CallFailure;
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{ErrorKind, Look, Sought, ToolError, ToolOutcome};

/// How far an app's clock may be behind ours where it says when something was written.
const CLOCKS_APART: Duration = Duration::from_secs(300);

/// A write with one tool.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolWrite {
    /// The tool's id.
    tool: String,
    /// Its input.
    arguments: Value,
    /// The write cannot be older than this.
    since: Timestamp,
    manner: Manner,
}

impl ToolWrite {
    /// A write with the tool of this id, meant since it `began`.
    pub(crate) fn of(tool: &str, arguments: Value, began: Timestamp, manner: Manner) -> Self {
        Self {
            tool: tool.to_owned(),
            arguments,
            since: began.minus(CLOCKS_APART),
            manner,
        }
    }
}

#[async_trait(?Send)]
impl Effect for ToolWrite {
    const KIND: &'static str = "tool-call";
    type Services = CallServices;
    type Context = RequestContext;
    /// The tool's output.
    type Receipt = Value;
    /// The tool's outcome, as whoever asked is answered.
    type Failure = ToolOutcome<Value>;

    async fn perform(
        &self,
        services: &CallServices,
        context: &RequestContext,
        key: &EffectKey,
        may_send: &Permit,
    ) -> Performed<Value, ToolOutcome<Value>> {
        let Ok(tool) = services.tools.accepted(&self.tool) else {
            return Performed::Refused(CallFailure::UnknownTool.into());
        };
        let acting = match acting(context, key) {
            Ok(acting) => acting,
            Err(failure) => {
                return Performed::Refused(ToolOutcome::Error(ToolError {
                    kind: ErrorKind::ContextMissing,
                    message: failure.message,
                    can_retry: false,
                    code: None,
                    violations: Vec::new(),
                }));
            }
        };
        let mark = mark(key, &services.usual.public_url, Some(self.since));
        let scalekit = &services.usual.scalekit;
        let arguments = self.arguments.clone();
        let permit = permit(may_send);
        let outcome = tool.execute_marked(scalekit, &acting, arguments, &mark, &permit);
        let outcome = outcome.await;
        let performed = self
            .manner
            .performed(tool.connector(), outcome.clone(), |output| output);
        match performed {
            Performed::Landed(output) => Performed::Landed(output),
            Performed::Refused(_) => Performed::Refused(outcome),
            Performed::Deferred(_, pause) => Performed::Deferred(outcome, pause),
            Performed::Unknown => Performed::Unknown,
            Performed::NotSent => Performed::NotSent,
        }
    }

    async fn find(
        &self,
        services: &CallServices,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<Value> {
        let Ok(tool) = services.tools.accepted(&self.tool) else {
            return Found::Untraceable;
        };
        if tool.visible_after().is_none() {
            return Found::Untraceable;
        }
        let mark = mark(key, &services.usual.public_url, Some(self.since));
        let look = async |look: Look<'_>| {
            let sought = tool.find(look, self.arguments.clone(), &mark).await;
            sought.unwrap_or(Ok(Sought::TooMuch))
        };
        let scalekit = &services.usual.scalekit;
        self.manner
            .find(scalekit, context, key, tool.connector(), look)
            .await
    }

    fn visible_after(&self, services: &CallServices) -> Duration {
        let tool = services.tools.accepted(&self.tool).ok();
        let lag = tool.and_then(|it| services.tools.visible_after(it.as_ref()));
        lag.unwrap_or_default()
    }
}
