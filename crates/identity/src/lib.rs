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
mod client_authentication;
mod config;
mod config_error;
mod discovery;
mod document;
mod document_cache;
mod entry;
mod error;
mod exchange;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
mod kept_document;
mod kept_keys;
mod key;
mod key_cache;
mod key_set;
mod login;
mod memory;
mod namespaces;
mod powers;
mod principal;
mod provider;
mod shared_document;
mod sign_ins;
mod strict_json;
#[cfg(test)]
mod tests;
mod token;
mod unnamed;
mod verified_tokens;
mod verifier;

pub use algorithm::Algorithm;
pub use authenticator::{Authenticator, IdentityCaches};
pub use bridge::{BridgeError, IDENTIFIER_CHARS, IdentityScope, bridge};
pub use claims::VerifiedClaims;
pub use client_authentication::ClientAuthentication;
pub use config::{IdentityConfig, Issuer};
pub use config_error::{AddressProblem, ConfigError, EntryProblem};
pub use document::{
    DirectDocuments, DocumentError, DocumentSource, FetchedDocument, SharedDocuments, USED_AT_MOST,
};
pub use document_cache::Missed;
pub use entry::LongIdentifiers;
pub use error::{AuthenticationError, TokenError};
pub use kept_document::KeptDocument;
pub use kept_keys::KeptKeys;
pub use key::PublicKey;
pub use key_cache::KeySets;
pub use key_set::KeySet;
pub use login::{Login, LoginError, LoginRequest, PendingLogin};
pub use memory::{MemoryUnavailable, NamespaceClaim, OneTime, SignInMemory};
pub use namespaces::{NamespaceError, Namespaces};
pub use powers::Powers;
pub use principal::{KeptClaims, Principal, RequestContext, ScalekitIdentifier, principal_key};
pub use provider::Provider;
pub use shared_document::SharedDocument;
pub use sign_ins::SignIns;
pub use token::UnverifiedToken;
pub use unnamed::unnamed;
pub use verifier::{SignatureError, SignatureVerifier};
