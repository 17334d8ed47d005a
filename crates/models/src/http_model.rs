//! A model behind an HTTP endpoint.

use std::rc::Rc;

use async_trait::async_trait;

use onbehalf_clock::Clock;
use onbehalf_fetch::{Fetch, HttpRequest, Method, Secret};

use crate::decoder::MAX_STREAM_BYTES;
use crate::dialect::Dialect;
use crate::failure::ModelFailure;
use crate::gathered::Answer;
use crate::hearing::heard;
use crate::model::{Listener, Model, ModelName};
use crate::request::Request;
use crate::{anthropic, chat};

/// The version of the API whose shapes are read here.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Where a model is, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The dialect.
    pub dialect: Dialect,
    /// The API's base, without a slash at its end: what the provider's own clients call `base_url`.
    pub base_url: String,
    /// The model.
    pub model: ModelName,
    /// The operator's key; none for a model that asks for none.
    pub key: Option<Secret>,
}

/// A model behind an HTTP endpoint.
pub struct HttpModel {
    endpoint: Endpoint,
    fetch: Rc<dyn Fetch>,
    clock: Rc<dyn Clock>,
}

impl HttpModel {
    /// The model at this endpoint, reached through `fetch`.
    pub fn new(endpoint: Endpoint, fetch: Rc<dyn Fetch>, clock: Rc<dyn Clock>) -> Self {
        Self {
            endpoint,
            fetch,
            clock,
        }
    }

    fn request(&self, request: &Request) -> HttpRequest {
        let Endpoint {
            dialect,
            base_url,
            model,
            key,
        } = &self.endpoint;
        let (url, body) = match dialect {
            Dialect::ChatCompletions => (
                format!("{base_url}/chat/completions"),
                chat::body(Some(model), request),
            ),
            Dialect::AnthropicMessages => (
                format!("{base_url}/v1/messages"),
                anthropic::body(model, request),
            ),
            Dialect::WorkersAi => (
                format!("{base_url}/{}", model.as_str()),
                chat::body(None, request),
            ),
        };
        let header = |name: &str, value: String| (name.to_owned(), value);
        let mut headers = vec![
            header("content-type", "application/json".into()),
            header("accept", "text/event-stream".into()),
        ];
        let is_anthropic = *dialect == Dialect::AnthropicMessages;
        if is_anthropic {
            headers.push(header("anthropic-version", ANTHROPIC_VERSION.into()));
        }
        headers.extend(key.as_ref().map(|key| match is_anthropic {
            true => header("x-api-key", key.expose().to_owned()),
            false => header("authorization", format!("Bearer {}", key.expose())),
        }));
        HttpRequest {
            method: Method::Post,
            url,
            headers,
            body,
            timeout: request.limits.timeout,
            max_response_bytes: MAX_STREAM_BYTES,
        }
    }
}

#[async_trait(?Send)]
impl Model for HttpModel {
    async fn answer(
        &self,
        request: &Request,
        listener: Listener<'_>,
    ) -> Result<Answer, ModelFailure> {
        let sent = self.fetch.send(self.request(request)).await;
        heard(self.endpoint.dialect, sent, self.clock.now(), listener)
    }
}
