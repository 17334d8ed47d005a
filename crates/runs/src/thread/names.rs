//! The names of threads and messages: chosen by clients, so bounded and plain.
//!
//! Owns their form, and the name of a thread's object: a digest of whose it is, with which agent, and
//! what its owner calls it. The same name of somebody else is another thread.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::digest::digest_of;
use crate::hex::hex;
use crate::names::{OwnerKey, WorkflowId};

/// Longest name: a UUID has 36 characters, and nobody's generator more than this.
const MAX_NAME_CHARS: usize = 64;
const PREFIX: &str = "thread:";

fn is_plain(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    (1..=MAX_NAME_CHARS).contains(&text.len()) && text.bytes().all(plain)
}

macro_rules! chosen {
    ($($(#[$about:meta])* $name:ident)+) => {$(
        $(#[$about])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema,
        )]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(#[schemars(regex(pattern = r"^[A-Za-z0-9_-]{1,64}$"))] String);

        impl $name {
            /// Reads a name that a client has chosen; `None` for what is none.
            pub fn parse(text: &str) -> Option<Self> {
                is_plain(text).then(|| Self(text.to_owned()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let refused = "must be 1 to 64 letters, digits, - and _";
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(refused))
            }
        }
    )+};
}

chosen! {
    /// What its owner calls a thread.
    ThreadId
    /// What a client calls a message: the same message sent again has the same name.
    MessageId
}

/// Which thread is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadOf {
    /// Whose it is.
    pub owner: OwnerKey,
    /// With which agent.
    pub agent: WorkflowId,
    /// What its owner calls it.
    pub thread: ThreadId,
}

/// Names a thread's object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ThreadKey(String);

impl ThreadKey {
    /// The object of this thread. A digest, because an object's name is read by whoever looks at the
    /// platform.
    pub fn of(thread: &ThreadOf) -> Self {
        let ThreadOf {
            owner,
            agent,
            thread,
        } = thread;
        let digest = digest_of(&[owner.as_str(), agent.as_str(), thread.as_str()]);
        Self(format!("{PREFIX}{}", hex(&digest)))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(owner: &str, agent: &str, thread: &str) -> ThreadKey {
        ThreadKey::of(&ThreadOf {
            owner: OwnerKey::new(owner),
            agent: WorkflowId::new(agent),
            thread: ThreadId::parse(thread).expect("a name"),
        })
    }

    #[test]
    fn a_name_means_another_thread_to_another_person_and_with_another_agent() {
        let own = key("p_alice", "assistant", "t1");
        assert_eq!(own, key("p_alice", "assistant", "t1"));
        for other in [
            key("p_bob", "assistant", "t1"),
            key("p_alice", "librarian", "t1"),
            key("p_alice", "assistant", "t2"),
            key("p_alicea", "ssistant", "t1"),
        ] {
            assert_ne!(own, other);
        }
    }

    #[test]
    fn names_are_plain_and_bounded() {
        for good in [
            "a",
            "0b5c9e0e-6a57-4f0e-9d53-2a8d3c5b7a11",
            "msg_1",
            &"x".repeat(64),
        ] {
            assert!(ThreadId::parse(good).is_some(), "{good}");
            let read: Result<MessageId, _> = serde_json::from_value(good.into());
            assert!(read.is_ok(), "{good}");
        }
        for bad in ["", "a/b", "a b", "é", "a.b", &"x".repeat(65)] {
            assert_eq!(ThreadId::parse(bad), None, "{bad}");
            let read: Result<MessageId, _> = serde_json::from_value(bad.into());
            assert!(read.is_err(), "{bad}");
        }
    }
}
