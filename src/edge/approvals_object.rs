//! What waits for a decision in an organization, on the platform. Decodes, asks the protocol, sends.

use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::ground::{answer, go_on};
use super::isolate::rules;
use onbehalf_runs::approvals::Approvals;

/// The object.
#[durable_object]
pub struct ApprovalsObject {
    state: State,
    env: Env,
}

impl ApprovalsObject {
    fn protocol(&self) -> Approvals {
        Approvals {
            rules: rules(&self.env),
        }
    }
}

impl DurableObject for ApprovalsObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        answer(
            &self.protocol(),
            &self.state,
            &self.env,
            "approvals",
            request,
        )
        .await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        go_on(&self.protocol(), &self.state, &self.env).await
    }
}
