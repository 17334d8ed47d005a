//! A model that the platform runs itself, reached through a binding instead of an address.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use onbehalf_clock::Clock;
use onbehalf_fetch::{FetchError, HttpResponse};

use crate::chat;
use crate::decoder::MAX_STREAM_BYTES;
use crate::dialect::Dialect;
use crate::failure::ModelFailure;
use crate::gathered::Answer;
use crate::hearing::heard;
use crate::model::{Listener, Model, ModelName};
use crate::request::Request;

/// What a model is run with.
pub struct Inputs {
    /// JSON, as the REST API of Workers AI takes it below the model's name.
    pub json: Vec<u8>,
    /// How long the whole answer may take.
    pub timeout: Duration,
    /// A longer answer is [`FetchError::TooLarge`].
    pub max_response_bytes: usize,
}

/// Runs models by their names: `env.AI.run` of Cloudflare (Workers AI, "Workers Bindings").
#[async_trait(?Send)]
pub trait Binding {
    /// Asks once. The platform's answer as it is, whatever its status.
    ///
    /// # Errors
    /// [`FetchError`] when there is none.
    async fn run(&self, model: &ModelName, inputs: Inputs) -> Result<HttpResponse, FetchError>;
}

/// A model behind a binding. It takes no key: whoever has the binding is the account's own.
pub struct BoundModel {
    name: ModelName,
    binding: Rc<dyn Binding>,
    clock: Rc<dyn Clock>,
}

impl BoundModel {
    /// The model of this name.
    pub fn new(name: ModelName, binding: Rc<dyn Binding>, clock: Rc<dyn Clock>) -> Self {
        Self {
            name,
            binding,
            clock,
        }
    }
}

#[async_trait(?Send)]
impl Model for BoundModel {
    async fn answer(
        &self,
        request: &Request,
        listener: Listener<'_>,
    ) -> Result<Answer, ModelFailure> {
        let inputs = Inputs {
            json: chat::body(None, request),
            timeout: request.limits.timeout,
            max_response_bytes: MAX_STREAM_BYTES,
        };
        let sent = self.binding.run(&self.name, inputs).await;
        heard(Dialect::WorkersAi, sent, self.clock.now(), listener)
    }
}
