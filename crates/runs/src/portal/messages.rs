//! What a portal's object answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{Given, Lane, Wanted};
use onbehalf_engine::Fence;

use super::PortalKey;
use crate::letter::{Answer, messages};
use crate::run_id::RunId;

messages! {
    /// What a portal's object answers.
    PortalMessage / PortalReply by PortalKey, Portal,
    Answer::Portal,
    |answer| match answer { Answer::Portal(reply) => Some(reply), _ => None };
    TakeTurns => Given,
    HoldLane => (),
    ClaimFlags => Vec<Claimed>,
    SettleFlags => (),
}

/// Takes turns of an app's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeTurns {
    /// Of which allowance.
    pub lane: Lane,
    /// How many, and how long they are worth waiting for.
    pub wanted: Wanted,
}

/// The app wants to be left alone for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldLane {
    /// Which allowance is used up.
    pub lane: Lane,
    /// For how long.
    pub pause: Duration,
}

/// The run that speaks of flags, and in which of its attempts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimant {
    /// Which run.
    pub run_id: RunId,
    /// Its attempt. The least of all where a Worker says nothing of it that is older than this.
    #[serde(default)]
    pub fence: Fence,
}

/// Claims flags for a run; again without effect. Answered flag by flag, in the order given; not at
/// all where the attempt that asks is over as far as the portal knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFlags {
    /// Who claims.
    #[serde(flatten)]
    pub by: Claimant,
    /// What.
    pub flags: Vec<WantedFlag>,
}

/// A flag a run is about to set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedFlag {
    /// What is flagged and how, like `task:amber-energy.example`.
    pub subject: String,
    /// When the app was last asked what is flagged. What was written since, or shortly before, it
    /// may not have shown; and the day of it is the day that this flag is for.
    pub looked_at: Timestamp,
    /// How bad it is.
    pub severity: u32,
    /// By how much it must be more severe than a flag that stands to count as worse; `None` where
    /// nothing counts as worse.
    #[serde(default)]
    pub worse_by: Option<u32>,
    /// When the same subject may be flagged again.
    pub again: Again,
}

/// When a subject that was flagged may be flagged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// On another day, once the app shows what was written; or when it got worse.
    NextDay,
    /// Only when it got worse.
    WhenWorse,
}

/// What a claim came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claimed {
    /// The flag is this run's to set. `outcome` is what the run itself has said of it before.
    Granted {
        /// What became of it so far.
        outcome: Option<FlagOutcome>,
    },
    /// Another run has it.
    Held {
        /// Which.
        by: RunId,
        /// Since when.
        since: Timestamp,
        /// What became of it so far; `None` while that run is at it.
        outcome: Option<FlagOutcome>,
    },
}

/// What became of a flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum FlagOutcome {
    /// It was written.
    Written {
        /// The app's own id of what was written.
        id: String,
    },
    /// The app refused it for good: it is anybody's again.
    Refused,
    /// It may have been written, and nobody can tell.
    Unknown,
    /// The run gave it up unwritten: it is anybody's again.
    Released,
}

/// Says what became of flags a run has claimed. Of one that it has given up, or was never given,
/// nothing is noted. What comes late, when the run has made another attempt since, gives nothing up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleFlags {
    /// Who claimed them.
    #[serde(flatten)]
    pub by: Claimant,
    /// Each with what became of it.
    pub flags: Vec<SettledFlag>,
}

/// A flag and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledFlag {
    /// As it was claimed.
    pub subject: String,
    /// What became of it.
    pub outcome: FlagOutcome,
}
