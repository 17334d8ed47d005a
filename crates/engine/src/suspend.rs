//! Why a run waits, and what may wake it.
//!
//! Owns the typed reasons and the payload each accepts. Knows nothing of how connections are made
//! or who approves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use onbehalf_clock::Timestamp;

/// Why a run waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum SuspendReason {
    /// Connections are missing or dead; a new connection of each of them resumes the run.
    ConnectionRequired {
        /// All of them at once.
        missing: Vec<MissingConnection>,
    },
    /// Somebody must approve what is about to be written.
    ApprovalRequired {
        /// Every write that would be made.
        plan: Value,
        /// Hash of the plan; an approval names it, so it cannot approve something else.
        hash: String,
    },
    /// A planned pause.
    Sleeping {
        /// When the run goes on by itself.
        until: Timestamp,
    },
    /// The outside world asked for patience.
    RateLimited {
        /// When the run goes on by itself.
        until: Timestamp,
    },
    /// The limits of one invocation are near; the run goes on in the next.
    Yielded,
}

/// A connection a run cannot go on without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingConnection {
    /// The connector's name.
    pub connector: String,
    /// What is wrong with it: `not_connected`, `token_expired`, `account_revoked`,
    /// `scope_insufficient`, …
    pub reason: String,
    /// Scopes the work needs, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

impl SuspendReason {
    /// When the run goes on without being asked, if it does.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Sleeping { until } | Self::RateLimited { until } => Some(*until),
            Self::Yielded => Some(now),
            Self::ConnectionRequired { .. } | Self::ApprovalRequired { .. } => None,
        }
    }

    /// The reason's name as written in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ConnectionRequired { .. } => "connection_required",
            Self::ApprovalRequired { .. } => "approval_required",
            Self::Sleeping { .. } => "sleeping",
            Self::RateLimited { .. } => "rate_limited",
            Self::Yielded => "yielded",
        }
    }

    /// Whether `payload` is one this reason accepts.
    ///
    /// # Errors
    /// Says in words what was expected instead.
    pub fn accepts(&self, payload: &ResumePayload) -> Result<(), String> {
        match (self, payload) {
            (Self::ConnectionRequired { .. }, ResumePayload::Connected { .. })
            | (
                Self::Sleeping { .. } | Self::RateLimited { .. } | Self::Yielded,
                ResumePayload::TimeReached,
            ) => Ok(()),
            (Self::ApprovalRequired { hash, .. }, ResumePayload::Approval(approval)) => {
                if approval.hash == *hash {
                    Ok(())
                } else {
                    Err("the plan has another hash; read the run again before approving".into())
                }
            }
            _ => Err(format!(
                "a run that waits for {} does not accept this payload",
                self.name()
            )),
        }
    }
}

/// What wakes a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ResumePayload {
    /// All missing connections were made.
    Connected {
        /// Their names.
        connectors: Vec<String>,
    },
    /// A decision about the plan.
    Approval(Approval),
    /// The due time came.
    TimeReached,
}

/// Who or what ended a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum ResumedBy {
    /// The principal the run is sealed to.
    Owner,
    /// Somebody configured to approve for others; under whose identity steps act is unchanged.
    Approver {
        /// Key of their principal.
        principal: String,
    },
    /// The connections it waited for.
    Connection {
        /// The cause: a callback, a webhook.
        event: String,
    },
    /// The due time.
    Time,
}

impl ResumedBy {
    /// In one word, for people; names nobody.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Approver { .. } => "approver",
            Self::Connection { .. } => "connection",
            Self::Time => "time",
        }
    }
}

/// A decision about a plan, whole or item by item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Hash of the plan that was looked at.
    pub hash: String,
    /// What happens to items not named in `items`.
    pub decision: Decision,
    /// Decisions that differ for single items, by item key.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub items: std::collections::BTreeMap<String, Decision>,
}

impl Approval {
    /// The decision for one item.
    pub fn for_item(&self, key: &str) -> Decision {
        self.items.get(key).copied().unwrap_or(self.decision)
    }
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Write it.
    Approve,
    /// Leave it.
    Reject,
}
