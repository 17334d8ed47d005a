//! What a product's runs wait for, as the engine sees it.
//!
//! Owns the trait through which a product says what its steps may wait for and what ends the wait.
//! Knows no such reason: approvals, connections, deliveries are a product's words.

use std::fmt::Debug;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What a run may wait for beyond time, and what ends such a wait.
///
/// Its JSON is journaled beside the engine's own reasons, which are objects with a field `reason`
/// (`sleeping`, `rate_limited`, `retrying`, `yielded`); an answer's beside `{"kind":
/// "time_reached"}`. Both must be told apart from these.
///
/// ```
/// use onbehalf_engine::Reason;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// #[serde(tag = "reason", rename_all = "snake_case")]
/// enum Errand {
///     Signature { of: String },
/// }
///
/// impl Reason for Errand {
///     type Answer = String;
///
///     fn name(&self) -> &'static str {
///         "signature"
///     }
///
///     fn accept(&self, signed_by: String) -> Result<String, String> {
///         let Self::Signature { of } = self;
///         if signed_by == *of { Ok(signed_by) } else { Err(format!("only {of} can sign")) }
///     }
/// }
///
/// let reason = Errand::Signature { of: "ann".into() };
/// assert_eq!(reason.accept("ann".into()), Ok("ann".into()));
/// assert!(reason.accept("bob".into()).is_err());
/// ```
pub trait Reason: Clone + Debug + PartialEq + Serialize + DeserializeOwned + 'static {
    /// What ends the wait.
    type Answer: Clone + Debug + PartialEq + Serialize + DeserializeOwned + 'static;

    /// The reason's name as written in JSON.
    fn name(&self) -> &'static str;

    /// Takes an answer. What is handed back is journaled and reaches the step: a reason may add
    /// to it what it was an answer to, so that nobody has to look that up later.
    ///
    /// # Errors
    /// Says in words what was expected instead; the run goes on waiting.
    fn accept(&self, answer: Self::Answer) -> Result<Self::Answer, String>;

    /// The parts that may come one by one, where a wait has such.
    fn parts(&self) -> Vec<String> {
        Vec::new()
    }

    /// The answer once these parts have come, if they are all that was waited for.
    fn once_came(&self, _parts: &[String]) -> Option<Self::Answer> {
        None
    }

    /// When the step is run again though nothing has come, `waits` waits in a row having ended like
    /// that; `None` waits for as long as it takes. For what may have come unheard of.
    fn look_again_after(&self, _waits: u32) -> Option<Duration> {
        None
    }

    /// What is still waited for once these parts have come; for people.
    #[must_use]
    fn without(&self, _parts: &[String]) -> Self {
        self.clone()
    }
}

/// For workflows that wait for nothing but time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoReason {}

impl Reason for NoReason {
    type Answer = ();

    fn name(&self) -> &'static str {
        match *self {}
    }

    fn accept(&self, (): ()) -> Result<(), String> {
        match *self {}
    }
}
