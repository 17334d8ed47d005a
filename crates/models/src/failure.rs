//! Why there is no answer.
//!
//! Nothing that a provider wrote is repeated here: what stands in an error of theirs may be what was
//! sent to them.

use onbehalf_fetch::FetchError;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelFailure {
    /// The provider asks for fewer requests.
    #[error("the model's provider asks for patience")]
    RateLimited {
        /// For how many seconds, if it says so.
        retry_after: Option<u64>,
    },
    /// The provider cannot answer at the moment.
    #[error("the model's provider is not available")]
    Unavailable {
        /// For how many seconds, if it says so.
        retry_after: Option<u64>,
    },
    /// There was no answer. Whether it is paid for is not known.
    #[error("no answer of the model: {0}")]
    Unanswered(FetchError),
    /// The answer began, and is none.
    #[error("no whole answer of the model: {0}")]
    Stream(StreamFault),
    /// The provider does not know us: a matter for the operator.
    #[error("the model's provider refused our key")]
    NotAuthorized,
    /// The operator's credit is used up.
    #[error("the credit at the model's provider is used up")]
    OutOfCredit,
    /// There is more to read than the model can.
    #[error("the conversation is longer than the model can read")]
    TooLong,
    /// The provider refused the request for another reason.
    #[error("the model's provider refused the request with status {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
    },
}

impl ModelFailure {
    /// Whether the same request may be answered later.
    pub const fn may_pass(self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Unanswered(_) => true,
            Self::Stream(fault) => fault.may_pass(),
            Self::NotAuthorized | Self::OutOfCredit | Self::TooLong | Self::Refused { .. } => false,
        }
    }

    /// Whether another model may answer the same request. One that is too long, or that cannot be
    /// understood, is our own fault wherever it is sent.
    pub const fn another_may_answer(self) -> bool {
        match self {
            Self::NotAuthorized | Self::OutOfCredit => true,
            Self::Stream(_) => true,
            other => other.may_pass(),
        }
    }

    /// How long the provider asks to be left alone, in seconds.
    pub const fn retry_after(self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after } => retry_after,
            _ => None,
        }
    }

    /// The failure in one word, for a journal and a log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "model_rate_limited",
            Self::Unavailable { .. } => "model_unavailable",
            Self::Unanswered(_) => "model_unanswered",
            Self::Stream(_) => "model_stream",
            Self::NotAuthorized => "model_not_authorized",
            Self::OutOfCredit => "model_out_of_credit",
            Self::TooLong => "model_too_long",
            Self::Refused { .. } => "model_refused",
        }
    }
}

impl From<StreamFault> for ModelFailure {
    fn from(fault: StreamFault) -> Self {
        Self::Stream(fault)
    }
}

/// Why a stream is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamFault {
    /// It broke off before its end was said.
    #[error("it broke off")]
    Broken,
    /// It is not what the dialect says a stream is.
    #[error("it is malformed: {0}")]
    Malformed(&'static str),
    /// It is longer than anything we would use.
    #[error("it is too large: {0}")]
    TooLarge(&'static str),
    /// The provider failed in the middle of it, and said so.
    #[error("the provider failed in the middle of it")]
    Reported(Reported),
}

impl StreamFault {
    /// Whether another try may do better. Whoever sends what nobody can read will send it again.
    const fn may_pass(self) -> bool {
        match self {
            Self::Broken | Self::Reported(Reported::Busy) => true,
            Self::Malformed(_) | Self::TooLarge(_) | Self::Reported(Reported::Other) => false,
        }
    }
}

/// What a provider says in the middle of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// Too much to do at the moment.
    Busy,
    /// Something else.
    Other,
}
