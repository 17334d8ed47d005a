//! Who a tool acts for: what the request context must hold before anything is called.

use std::fmt;

/// The keys every tool requires.
pub const REQUIRED_CONTEXT: &[&str] = &["user_id", "scalekit_identifier"];

/// The identity a tool runs under. Comes from the verified request or the sealed run, never from
/// an input. Not serialisable and not shown by `Debug`.
#[derive(Clone)]
pub struct ToolContext {
    user_id: String,
    scalekit_identifier: String,
    agent_run_id: Option<String>,
    trace_id: Option<String>,
}

/// Keys that the request context does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request context lacks {}", keys.join(", "))]
pub struct ContextMissing {
    /// Their names, in the order of [`REQUIRED_CONTEXT`].
    pub keys: Vec<String>,
}

impl ToolContext {
    /// From what the request context holds; an empty text counts as missing.
    ///
    /// # Errors
    /// [`ContextMissing`] with every key that is missing.
    pub fn from_keys(
        user_id: Option<&str>,
        scalekit_identifier: Option<&str>,
    ) -> Result<Self, ContextMissing> {
        let present = |key: Option<&str>| key.filter(|text| !text.is_empty()).map(str::to_owned);
        match (present(user_id), present(scalekit_identifier)) {
            (Some(user_id), Some(scalekit_identifier)) => Ok(Self {
                user_id,
                scalekit_identifier,
                agent_run_id: None,
                trace_id: None,
            }),
            (user, identifier) => {
                let found = [user.is_some(), identifier.is_some()];
                let missing = REQUIRED_CONTEXT
                    .iter()
                    .zip(found)
                    .filter(|(_, found)| !found);
                Err(ContextMissing {
                    keys: missing.map(|(key, _)| (*key).to_owned()).collect(),
                })
            }
        }
    }

    /// The run this call belongs to; Scalekit groups its logs by it.
    #[must_use]
    pub fn with_agent_run_id(mut self, run: impl Into<String>) -> Self {
        self.agent_run_id = Some(run.into());
        self
    }

    /// The trace this call belongs to (W3C Trace Context), 32 hex digits; Scalekit is told.
    #[must_use]
    pub fn with_trace_id(mut self, trace_id: Option<String>) -> Self {
        self.trace_id = trace_id;
        self
    }

    /// The verified user, as this application knows them.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The user's key in Scalekit's vault.
    pub fn scalekit_identifier(&self) -> &str {
        &self.scalekit_identifier
    }

    /// The run, if any.
    pub fn agent_run_id(&self) -> Option<&str> {
        self.agent_run_id.as_deref()
    }

    /// The trace, if any.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }
}

impl fmt::Debug for ToolContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolContext")
            .field("agent_run_id", &self.agent_run_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_key_is_named() {
        let missing = |user, identifier| {
            ToolContext::from_keys(user, identifier)
                .map(|_| ())
                .map_err(|error| error.keys)
        };
        assert_eq!(missing(Some("alice"), Some("user_alice")), Ok(()));
        assert_eq!(missing(None, Some("x")), Err(vec!["user_id".to_owned()]));
        assert_eq!(
            missing(Some("x"), Some("")),
            Err(vec!["scalekit_identifier".to_owned()])
        );
        assert_eq!(missing(None, None).map_err(|keys| keys.len()), Err(2));
    }

    #[test]
    fn debug_names_nobody() {
        let context = ToolContext::from_keys(Some("alice"), Some("user_alice")).expect("context");
        assert!(!format!("{context:?}").contains("alice"));
    }
}
