//! How a write whose answer was lost is looked for: said once, beside the tool.
//!
//! Owns what a write is given so that it can be told from every other, and what a look can show. When
//! a look is due, and what follows from it, is for whoever makes the write.
//!
//! A tool that says nothing of the kind still writes once: an unclear answer of it stays unclear, and
//! nothing is sent again.

mod comment;
mod link;
mod message;
mod task;

use std::time::Duration;

use async_trait::async_trait;

use onbehalf_clock::Timestamp;
use onbehalf_connector::{AlwaysPermit, CallFailure, Scalekit};

use crate::context::ToolContext;
use crate::tool::{Tool, call};

pub use message::{HISTORY_PAGES, find_message};
pub use task::{SEARCH_LAG_SECONDS, find_tasks};

/// What tells one write from every other. Made from what names the write, so it is the same on every
/// attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallMark {
    /// Sixteen hexadecimal digits.
    pub digits: String,
    /// A UUID v4, for apps that take an id chosen by the writer.
    pub uuid: String,
    /// The address of this service, for marks that people see.
    pub home: String,
    /// The write cannot be older than this, where that is known.
    pub since: Option<Timestamp>,
}

impl CallMark {
    /// One word that a text can end with.
    pub fn word(&self) -> String {
        format!("call-e{}", self.digits)
    }
}

/// What a look shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought<T> {
    /// It is there.
    There(T),
    /// It is not there.
    Absent,
    /// There is more to look through than is looked through.
    TooMuch,
}

impl<T> Sought<T> {
    /// The same about another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sought<U> {
        match self {
            Self::There(found) => Sought::There(change(found)),
            Self::Absent => Sought::Absent,
            Self::TooMuch => Sought::TooMuch,
        }
    }
}

/// Reads as a user, to look for a write.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    scalekit: &'a Scalekit,
    context: &'a ToolContext,
}

impl<'a> Look<'a> {
    /// Looks as the user of this context.
    pub fn new(scalekit: &'a Scalekit, context: &'a ToolContext) -> Self {
        Self { scalekit, context }
    }

    /// Through what it looks, and as whom.
    pub(crate) const fn means(&self) -> (&'a Scalekit, &'a ToolContext) {
        (self.scalekit, self.context)
    }

    /// One read.
    ///
    /// # Errors
    /// The failed call.
    pub async fn read<T: Tool>(&self, input: &T::Input) -> Result<T::Output, CallFailure> {
        call::<T>(self.scalekit, self.context, input, &AlwaysPermit).await
    }
}

/// A write that can be found again.
#[async_trait(?Send)]
pub trait Findable: Tool {
    /// How long after it landed a look may still not show it.
    const VISIBLE_AFTER: Duration;

    /// The input with what the write will be found by: as it is, where that is what it says itself.
    fn marked(input: Self::Input, _mark: &CallMark) -> Self::Input {
        input
    }

    /// Looks for the write that was sent with this marked input. Reads only.
    ///
    /// # Errors
    /// The failed call: the look could not tell.
    async fn find(
        look: Look<'_>,
        sent: &Self::Input,
        mark: &CallMark,
    ) -> Result<Sought<Self::Output>, CallFailure>;
}
