//! One principal's object on the platform. Decodes, asks the protocol, sends.

use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::binding::received;
use super::ground::{answer_to, go_on};
use super::isolate::rules;
use onbehalf_runs::principal::{Principal, PrincipalMessage};

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
        let message: PrincipalMessage = received(request).await?;
        if message.starts_by_itself() {
            rules(&self.env).settle_namespaces().await;
        }
        answer_to(
            &self.protocol(),
            &self.state,
            &self.env,
            "principal",
            message,
        )
        .await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        rules(&self.env).settle_namespaces().await;
        go_on(&self.protocol(), &self.state, &self.env).await
    }
}
