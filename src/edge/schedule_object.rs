//! A shard of the schedule on the platform. Decodes, asks the protocol, sends.

use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::ground::{answer, go_on};
use super::isolate::rules;
use onbehalf_runs::schedule::ScheduleShard;

/// The object.
#[durable_object]
pub struct ScheduleObject {
    state: State,
    env: Env,
}

impl ScheduleObject {
    fn protocol(&self) -> ScheduleShard {
        ScheduleShard {
            rules: rules(&self.env),
        }
    }
}

impl DurableObject for ScheduleObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        answer(
            &self.protocol(),
            &self.state,
            &self.env,
            "schedule",
            request,
        )
        .await
    }

    async fn alarm(&self) -> worker::Result<Response> {
        go_on(&self.protocol(), &self.state, &self.env).await
    }
}
