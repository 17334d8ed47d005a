//! A name of its own kind for everything that is named by a text.
//!
//! Owns the kinds, so that an owner cannot be passed where a run is meant. Knows nothing of how
//! the texts come about, except for [`RunId`](crate::RunId), which has a file of its own.

use serde::{Deserialize, Serialize};

use onbehalf_identity::ScalekitIdentifier;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name(String);

            impl $name {
                /// This text as a name.
                pub fn new(text: impl Into<String>) -> Self {
                    Self(text.into())
                }

                /// The name as text.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl PartialEq<str> for $name {
                fn eq(&self, text: &str) -> bool {
                    self.0 == text
                }
            }

            impl PartialEq<&str> for $name {
                fn eq(&self, text: &&str) -> bool {
                    self.0 == *text
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(&self.0)
                }
            }
        )+
    };
}

names! {
    /// The key of a principal: its objects are named by it and its runs sealed to it.
    OwnerKey;
    /// The id of a workflow, as it stands in paths.
    WorkflowId;
    /// Whose connected accounts are meant: the name Scalekit knows them under. A webhook brings
    /// one too, so it is no proof of anything.
    AccountKey;
    /// The name of a connection in Scalekit.
    ConnectorName;
    /// What caused a connection to be made: a webhook's id, a callback's state.
    EventId;
    /// A caller's `Idempotency-Key`.
    IdempotencyKey;
    /// SHA-256 of a connect flow's `state`, base64url.
    StateHash;
    /// SHA-256 of the cookie that ties a flow to one browser, base64url.
    BrowserHash;
}

impl From<&ScalekitIdentifier> for AccountKey {
    fn from(identifier: &ScalekitIdentifier) -> Self {
        Self::new(identifier.as_str())
    }
}
