//! Runs one tool against a scripted Scalekit.

use serde_json::Value;

use onbehalf_clock::Timestamp;
use onbehalf_connector::AlwaysPermit;
use onbehalf_connector::testkit::{Answer, Kit, executed, kit};

use super::context::ToolContext;
use super::outcome::ToolOutcome;
use super::tool::{Tool, run};

/// The clock of the scripted client.
pub(super) fn now() -> Timestamp {
    kit().scalekit.clock().now()
}

/// Alice's context.
pub(super) fn alice() -> ToolContext {
    ToolContext::from_keys(Some("alice"), Some("user_alice")).expect("both keys")
}

/// The outcome when the app answers with this data.
pub(super) async fn outcome_of<T: Tool>(input: &T::Input, data: &Value) -> ToolOutcome<T::Output> {
    outcome_of_answer::<T>(input, executed(data)).await
}

/// The outcome when Scalekit answers like this.
pub(super) async fn outcome_of_answer<T: Tool>(
    input: &T::Input,
    answer: Answer,
) -> ToolOutcome<T::Output> {
    let Kit {
        scalekit, script, ..
    } = kit();
    script.then(answer);
    run::<T>(&scalekit, &alice(), input, &AlwaysPermit).await
}

/// What was sent, and the output that must come of this data.
pub(super) async fn success_of<T: Tool>(input: &T::Input, data: &Value) -> (Value, T::Output) {
    let Kit {
        scalekit, script, ..
    } = kit();
    script.then(executed(data));
    let outcome = run::<T>(&scalekit, &alice(), input, &AlwaysPermit).await;
    (script.sent(0), outcome.success().expect("a success"))
}
