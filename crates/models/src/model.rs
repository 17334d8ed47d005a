//! The one trait that models are behind.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::failure::ModelFailure;
use crate::gathered::Answer;
use crate::part::Part;
use crate::request::Request;

/// The name by which a provider knows a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelName(String);

impl ModelName {
    /// As the provider writes it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who hears an answer while it arrives. What was heard of an answer that fails is void.
pub type Listener<'a> = &'a mut dyn FnMut(&Part);

/// Answers requests.
#[async_trait(?Send)]
pub trait Model {
    /// Asks once; `listener` hears each part before the answer is complete.
    ///
    /// # Errors
    /// [`ModelFailure`]. Nothing is tried again here.
    async fn answer(
        &self,
        request: &Request,
        listener: Listener<'_>,
    ) -> Result<Answer, ModelFailure>;
}
