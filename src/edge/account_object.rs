//! A connected account's object on the platform. Decodes, asks the protocol, sends.

use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::ground::{answer, go_on};
use onbehalf_runs::account::Account;

/// The object.
#[durable_object]
pub struct AccountObject {
    state: State,
    env: Env,
}

impl DurableObject for AccountObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        answer(&Account, &self.state, &self.env, "account", request).await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        go_on(&Account, &self.state, &self.env).await
    }
}
