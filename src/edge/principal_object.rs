//! One principal's object on the platform. Decodes, asks the protocol, sends.

use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::ground::{answer, go_on};
use super::isolate::rules;
use onbehalf_runs::principal::Principal;

/// The object.
#[durable_object]
pub struct PrincipalObject {
    state: State,
    env: Env,
}

impl PrincipalObject {
    fn protocol(&self) -> Principal {
        Principal {
            rules: rules(&self.env),
        }
    }
}

impl DurableObject for PrincipalObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        answer(
            &self.protocol(),
            &self.state,
            &self.env,
            "principal",
            request,
        )
        .await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        go_on(&self.protocol(), &self.state, &self.env).await
    }
}
