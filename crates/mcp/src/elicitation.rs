//! Sending a person to a page: what they have to do there goes through no client and no model.
//!
//! Owns the two forms of it. The modern era answers that more is needed, and is asked the same again;
//! 2025-11-25 has an error for it. Nothing of the person is in an address.

use serde_json::{Map, Value, json};

use crate::error::{Code, RpcError};
use crate::reply::Outcome;

/// A page that somebody has to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlRequest {
    /// Names the request: the same for the same wish, and another for another.
    pub name: String,
    /// Why, in plain words.
    pub message: String,
    /// The page.
    pub url: String,
}

impl UrlRequest {
    fn params(&self) -> Value {
        json!({ "mode": "url", "message": self.message, "url": self.url })
    }

    /// These requests by their names, as a task carries them too.
    pub(crate) fn by_name(requests: &[Self]) -> Value {
        let by_name = requests.iter().map(|request| {
            let asked = json!({ "method": "elicitation/create", "params": request.params() });
            (request.name.clone(), asked)
        });
        Value::Object(by_name.collect::<Map<_, _>>())
    }
}

/// The modern answer: more is needed, and `state` comes back with it.
pub fn input_required(requests: &[UrlRequest], state: &str) -> Outcome {
    Outcome::of_kind(
        "input_required",
        json!({ "inputRequests": UrlRequest::by_name(requests), "requestState": state }),
    )
}

/// The answer of 2025-11-25.
pub fn url_elicitation_required(requests: &[UrlRequest], words: &str) -> RpcError {
    let elicitations = requests.iter().map(|request| {
        let mut params = request.params();
        params["elicitationId"] = request.name.clone().into();
        params
    });
    let elicitations: Vec<_> = elicitations.collect();
    RpcError::new(Code::UrlElicitationRequired, words).with(json!({ "elicitations": elicitations }))
}
