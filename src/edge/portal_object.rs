//! What the users of one portal share, on the platform. Decodes, asks the protocol, sends.

use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::ground::{answer, go_on};
use super::isolate::rates;
use onbehalf_runs::portal::Portal;

/// The object.
#[durable_object]
pub struct PortalObject {
    state: State,
    env: Env,
}

impl PortalObject {
    fn protocol(&self) -> Portal {
        Portal {
            rates: rates(&self.env),
        }
    }
}

impl DurableObject for PortalObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        answer(&self.protocol(), &self.state, &self.env, "portal", request).await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        go_on(&self.protocol(), &self.state, &self.env).await
    }
}
