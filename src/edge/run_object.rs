//! A run's object on the platform. Decodes, asks its keeper, sends.
//!
//! Named by run id. Answers its owner, and a configured approver as far as there is something to
//! approve; to anybody else a run that exists and one that does not are the same.

use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::binding::{received, reply};
use super::fetch::Subrequests;
use super::run_place::RunPlace;
use onbehalf_runs::run::Keeper;

/// A run's object.
#[durable_object]
pub struct RunObject {
    place: RunPlace,
    keeper: Keeper,
}

impl DurableObject for RunObject {
    fn new(state: State, env: Env) -> Self {
        let subrequests = Subrequests::default();
        Self {
            place: RunPlace {
                state,
                env,
                subrequests,
            },
            keeper: Keeper::default(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let message = received(request).await?;
        reply("run", self.keeper.receive(&self.place, message).await)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        self.place.subrequests.reset();
        let rung = self.keeper.ring(&self.place).await;
        rung.map_err(|error| worker::Error::RustError(error.to_string()))?;
        Response::empty()
    }
}
