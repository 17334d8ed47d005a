//! Models that the platform runs itself, through its binding for them.
//!
//! Owns the translation. The platform is asked for its answer as it is (`returnRawResponse`), so that a
//! refusal has a status here as it has at an address.

use async_trait::async_trait;
use wasm_bindgen::prelude::*;
use worker::Env;
use worker::js_sys::{JSON, Object, Reflect};
use worker::web_sys::Response;

use super::fetch::{Subrequests, whole_answer, within};
use onbehalf_fetch::{FetchError, HttpResponse};
use onbehalf_models::{Binding, Inputs, ModelName};

#[wasm_bindgen]
extern "C" {
    type Ai;

    #[wasm_bindgen(method, catch)]
    async fn run(
        this: &Ai,
        model: &str,
        inputs: &JsValue,
        options: &Object,
    ) -> Result<JsValue, JsValue>;
}

/// The binding of one name.
pub struct AiBinding {
    env: Env,
    name: String,
    subrequests: Subrequests,
}

impl AiBinding {
    /// Asks what is bound under this name, and counts into `subrequests`.
    pub fn new(env: Env, name: &str, subrequests: Subrequests) -> Self {
        Self {
            env,
            name: name.to_owned(),
            subrequests,
        }
    }

    async fn ask(&self, model: &ModelName, inputs: &Inputs) -> Result<HttpResponse, FetchError> {
        let unanswered = |_: JsValue| FetchError::Connection;
        let bound = Reflect::get(&self.env, &self.name.as_str().into()).map_err(unanswered)?;
        let text = String::from_utf8_lossy(&inputs.json);
        let json = JSON::parse(&text).map_err(unanswered)?;
        let options = Object::new();
        let raw = Reflect::set(&options, &"returnRawResponse".into(), &JsValue::TRUE);
        raw.map_err(unanswered)?;
        let ai = bound.unchecked_into::<Ai>();
        let answer = ai.run(model.as_str(), &json, &options).await;
        let response = answer.map_err(unanswered)?.dyn_into::<Response>();
        let response = worker::Response::from(response.map_err(unanswered)?);
        whole_answer(response, inputs.max_response_bytes).await
    }
}

/// Whether anything is bound under this name that models can be run through.
pub fn is_bound(env: &Env, name: &str) -> bool {
    Reflect::get(env, &name.into()).is_ok_and(|it| it.is_object())
}

#[async_trait(?Send)]
impl Binding for AiBinding {
    async fn run(&self, model: &ModelName, inputs: Inputs) -> Result<HttpResponse, FetchError> {
        self.subrequests.add();
        within(inputs.timeout, |_| self.ask(model, &inputs)).await
    }
}
