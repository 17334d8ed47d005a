//! The identity layer: who is calling.
//!
//! Owns tokens, keys and the issuers they come from, and the one function that turns a verified
//! principal into the identifier Scalekit knows. Knows nothing of what that user has connected.
//!
//! ```text
//!  Authorization ──▶ UnverifiedToken ──issuer──▶ Provider rules
//!                         │ kid                      │
//!                         ▼                          ▼
//!                    KeySets (isolate, shared, IdP) ─▶ signature, claims ─▶ Principal ─bridge─▶ RequestContext
//! ```

mod algorithm;
mod authenticator;
mod bridge;
mod claims;
mod config;
mod discovery;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod key;
mod key_cache;
mod key_set;
mod key_source;
mod login;
mod principal;
mod provider;
mod shared_keys;
mod strict_json;
#[cfg(test)]
mod tests;
mod token;
mod verified_tokens;
mod verifier;

pub use algorithm::Algorithm;
pub use authenticator::{Authenticator, IdentityCaches};
pub use bridge::{BridgeError, IdentityScope, bridge};
pub use claims::VerifiedClaims;
pub use config::{ConfigError, IdentityConfig, Issuer};
pub use error::{AuthenticationError, TokenError};
pub use key::PublicKey;
pub use key_cache::KeySets;
pub use key_set::KeySet;
pub use key_source::{DirectKeySets, FetchedKeySet, KeySetError, KeySetSource, SharedKeySets};
pub use login::{Login, LoginError, LoginRequest, PendingLogin};
pub use principal::{Principal, RequestContext, ScalekitIdentifier, principal_key};
pub use provider::Provider;
pub use shared_keys::SharedKeySetState;
pub use token::UnverifiedToken;
pub use verifier::{SignatureError, SignatureVerifier};
