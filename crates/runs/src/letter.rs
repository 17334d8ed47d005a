//! Messages between objects: who answers which, and how one travels.
//!
//! Owns the envelopes. Both ends read them from here, so a message with the wrong shape, or sent to
//! the wrong kind of object, does not compile.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::account::{AccountMessage, AccountReply};
use crate::approvals::{ApprovalsKey, ApprovalsMessage, ApprovalsReply, Notice};
use crate::contract::BackendError;
use crate::names::{AccountKey, OwnerKey};
use crate::portal::{PortalKey, PortalMessage, PortalReply};
use crate::principal::{PrincipalMessage, PrincipalReply};
use crate::run::{RunMessage, RunReply};
use crate::run_id::RunId;
use crate::schedule::{ScheduleMessage, ScheduleReply, Shard};
use crate::thread::{ThreadKey, ThreadMessage, ThreadReply};

/// A message with the object it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Letter {
    /// To a run.
    Run(RunId, Box<RunMessage>),
    /// To a principal.
    Principal(OwnerKey, Box<PrincipalMessage>),
    /// To a connected account.
    Account(AccountKey, Box<AccountMessage>),
    /// To a shard of the schedule.
    Schedule(Shard, Box<ScheduleMessage>),
    /// To what the users of one portal share.
    Portal(PortalKey, Box<PortalMessage>),
    /// To what waits for a decision in an organization.
    Approvals(ApprovalsKey, Box<ApprovalsMessage>),
    /// To what a person and an agent have said to each other.
    Thread(ThreadKey, Box<ThreadMessage>),
    /// To the operator's own systems, outside.
    Notice(Box<Notice>),
}

impl Letter {
    /// The kind of object, in one word, for logs.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Run(..) => "run",
            Self::Principal(..) => "principal",
            Self::Account(..) => "account",
            Self::Schedule(..) => "schedule",
            Self::Portal(..) => "portal",
            Self::Approvals(..) => "approvals",
            Self::Thread(..) => "thread",
            Self::Notice(..) => "outside",
        }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// From a run.
    Run(Box<RunReply>),
    /// From a principal.
    Principal(PrincipalReply),
    /// From an account.
    Account(AccountReply),
    /// From a shard.
    Schedule(ScheduleReply),
    /// From a portal.
    Portal(PortalReply),
    /// From an organization's approvals.
    Approvals(ApprovalsReply),
    /// From a thread.
    Thread(Box<ThreadReply>),
    /// From outside: it was taken.
    Noticed,
}

/// Nothing usable came back. Whether the message was acted on is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The object could not be reached, or broke off.
    #[error("the object could not be reached")]
    Unreachable,
    /// The object says that it could not do its part.
    #[error("the object failed")]
    Failed,
    /// The answer is not one to this message.
    #[error("the answer cannot be read")]
    Unreadable,
}

/// An object could not do its part; why stands in its own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the object failed")]
pub struct ObjectFailed;

/// Carries messages to objects.
#[async_trait(?Send)]
pub trait Carrier {
    /// Brings the message there and the answer back, within a deadline.
    async fn carry(&self, letter: Letter) -> Result<Answer, Undelivered>;
}

/// A message of one kind, with the type of its answer.
pub trait Ask: Sized {
    /// How the objects that answer it are named.
    type Address;
    /// What they answer.
    type Reply;
    /// Puts it in its envelope.
    fn letter(self, to: Self::Address) -> Letter;
    /// Takes the answer out of its envelope; `None` for another's.
    fn read(answer: Answer) -> Option<Self::Reply>;
}

/// Sends a message and reads its answer.
///
/// # Errors
/// [`Undelivered`].
pub async fn ask<M: Ask>(
    carrier: &dyn Carrier,
    to: M::Address,
    message: M,
) -> Result<M::Reply, Undelivered> {
    let answer = carrier.carry(message.letter(to)).await?;
    M::read(answer).ok_or(Undelivered::Unreadable)
}

impl From<Undelivered> for BackendError {
    fn from(error: Undelivered) -> Self {
        match error {
            Undelivered::TimedOut | Undelivered::Unreachable | Undelivered::Failed => {
                Self::Unavailable
            }
            Undelivered::Unreadable => Self::Internal(error.to_string()),
        }
    }
}

/// Declares a class's envelopes and ties each message to its reply.
macro_rules! messages {
    (
        $(#[$doc:meta])* $message:ident / $reply:ident by $address:ty, $letter:ident,
        $to_answer:expr, $from_answer:expr;
        $($name:ident => $answer:ty),+ $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[allow(missing_docs, reason = "each variant is the message of the same name")]
        pub enum $message { $($name($name)),+ }

        /// The answers, each to the message of the same name.
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[allow(missing_docs, reason = "each variant answers the message of the same name")]
        #[allow(clippy::large_enum_variant, reason = "one at a time, and boxed on its way")]
        pub enum $reply { $($name($answer)),+ }

        $(
            impl $crate::letter::Ask for $name {
                type Address = $address;
                type Reply = $answer;

                fn letter(self, to: $address) -> $crate::letter::Letter {
                    $crate::letter::Letter::$letter(to, Box::new($message::$name(self)))
                }

                fn read(answer: $crate::letter::Answer) -> Option<$answer> {
                    let unpack: fn($crate::letter::Answer) -> Option<$reply> = $from_answer;
                    match unpack(answer)? {
                        $reply::$name(reply) => Some(reply),
                        #[allow(unreachable_patterns, reason = "a class may have one message")]
                        _ => None,
                    }
                }
            }
        )+

        impl From<$reply> for $crate::letter::Answer {
            fn from(reply: $reply) -> Self {
                let pack: fn($reply) -> $crate::letter::Answer = $to_answer;
                pack(reply)
            }
        }
    };
}
pub(crate) use messages;
