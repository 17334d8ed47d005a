//! A model that is asked where another cannot answer.

use std::rc::Rc;

use async_trait::async_trait;

use crate::failure::ModelFailure;
use crate::gathered::Answer;
use crate::model::{Listener, Model};
use crate::part::Part;
use crate::request::Request;

/// Asks the first, and the second where the first fails in a way that is not the request's fault.
pub struct Fallback {
    first: Rc<dyn Model>,
    second: Rc<dyn Model>,
}

impl Fallback {
    /// `second` behind `first`.
    pub fn new(first: Rc<dyn Model>, second: Rc<dyn Model>) -> Self {
        Self { first, second }
    }
}

#[async_trait(?Send)]
impl Model for Fallback {
    async fn answer(
        &self,
        request: &Request,
        listener: Listener<'_>,
    ) -> Result<Answer, ModelFailure> {
        let failed = match self.first.answer(request, listener).await {
            Err(failure) if failure.another_may_answer() => failure,
            answered => return answered,
        };
        listener(&Part::Void);
        match self.second.answer(request, listener).await {
            // The first is the one that is wanted: where it may answer later, that is what is said.
            Err(_) if failed.may_pass() => Err(failed),
            answered => answered,
        }
    }
}
