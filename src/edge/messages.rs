//! The messages of the identity layer's objects, by the class that answers them. Those of every
//! other object stand in [`onbehalf_runs`].

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use worker::Env;

use super::binding::send;
use onbehalf_clock::Timestamp;
use onbehalf_identity::{DocumentError, DocumentSource, FetchedDocument, NamespaceClaim, OneTime};
use onbehalf_runs::Undelivered;

/// How long such an object is waited for: it may have to fetch from the issuer.
const DEADLINE: Duration = Duration::from_secs(15);

/// A message to one class of Durable Object.
pub trait Message: Serialize {
    /// The class's binding in `wrangler.toml`.
    const BINDING: &'static str;
    /// What the object answers.
    type Reply: Serialize + DeserializeOwned;
    /// The enum variant the object's `fetch` reads.
    type Envelope: Serialize + DeserializeOwned + From<Self>
    where
        Self: Sized;
}

/// Sends a message to the object of this name.
///
/// # Errors
/// [`Undelivered`].
pub async fn call<M: Message>(env: &Env, name: &str, message: M) -> Result<M::Reply, Undelivered> {
    let envelope = M::Envelope::from(message);
    send(env, M::BINDING, name, &envelope, DEADLINE).await
}

/// Declares an object's envelope and ties each message to its reply.
macro_rules! messages {
    ($(#[$doc:meta])* $envelope:ident on $binding:literal { $($message:ident => $reply:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each variant is the message of the same name")]
        pub enum $envelope { $($message($message)),+ }
        $(
            impl From<$message> for $envelope {
                fn from(message: $message) -> Self { Self::$message(message) }
            }
            impl Message for $message {
                const BINDING: &'static str = $binding;
                type Reply = $reply;
                type Envelope = $envelope;
            }
        )+
    };
}

messages! {
    /// What the object of an issuer's document answers. Named by what it is fetched from.
    KeySetMessage on "KEY_SETS" {
        LoadDocument => Result<FetchedDocument, DocumentError>,
    }
}

/// Reads the document; with `newer_than`, one fetched after that if the issuer may be asked again.
#[derive(Serialize, Deserialize)]
pub struct LoadDocument {
    pub source: DocumentSource,
    pub newer_than: Option<Timestamp>,
}

messages! {
    /// What is remembered of sign-ins. Named by a shard of digests, or by a namespace.
    SignInMessage on "SIGN_INS" {
        Spend => bool,
        IsSpent => bool,
        ClaimNamespace => String,
    }
}

/// Uses a value up, and says whether it was still good.
#[derive(Serialize, Deserialize)]
pub struct Spend {
    pub value: OneTime,
    pub until: Timestamp,
}

/// Says whether a value was used up.
#[derive(Serialize, Deserialize)]
pub struct IsSpent {
    pub value: OneTime,
}

/// Claims a namespace for an issuer, and says who holds it.
#[derive(Serialize, Deserialize)]
pub struct ClaimNamespace(pub NamespaceClaim);
