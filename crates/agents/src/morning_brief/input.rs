//! What a run is started with, what its steps share, and what it ends with.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::section::News;
use onbehalf_acting::{ConnectorError, Failure, OnMissingConnector};
use onbehalf_connector::Connector;
use onbehalf_engine::Outcome;
use onbehalf_tools::DryWrite;

/// How one run behaves. `{}` is a valid input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(rename = "MorningBriefInput")]
pub struct BriefInput {
    /// What happens when a connection is missing or dead.
    pub on_missing_connector: OnMissingConnector,
    /// Whether the run only says what it would post.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What all steps of a run share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BriefState {
    /// Whether the run waits for dead connections instead of going on without them.
    pub waits_for_connections: bool,
    /// Whether the run only says what it would post.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub runs_dry: bool,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "status",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
#[schemars(rename = "MorningBriefResult")]
pub enum BriefResult {
    /// Slack is not connected; nothing was read or written.
    ConnectorsRequired {
        /// Every connection that is missing, in a fixed order.
        missing: Vec<Connector>,
        /// Where to make each of them. The links do not expire.
        connect: BTreeMap<Connector, String>,
    },
    /// All steps ran.
    Completed {
        /// What became of the message.
        delivery: Delivery,
        /// What was found in each app.
        sections: Vec<SectionCount>,
        /// Apps that could not be read, with their typed reasons.
        connector_errors: Vec<ConnectorError>,
    },
}

impl BriefResult {
    /// What the run amounts to.
    pub(super) fn outcome(&self) -> Outcome {
        let failed = |reason: &str| Outcome::Failed {
            reason: reason.to_owned(),
        };
        let Self::Completed {
            delivery,
            connector_errors,
            ..
        } = self
        else {
            return failed("connectors_required");
        };
        let unread: Vec<_> = connector_errors
            .iter()
            .map(|error| error.connector.to_string())
            .collect();
        match delivery {
            Delivery::Refused { .. } => failed("message_refused"),
            Delivery::Expired { .. } => failed("message_not_taken_in_time"),
            Delivery::NotAttempted { .. } => failed("message_not_attempted"),
            Delivery::UnknownOutcome => failed("unknown_outcome"),
            Delivery::Posted { .. }
            | Delivery::AlreadyPosted { .. }
            | Delivery::Planned { .. }
            | Delivery::Quiet => match unread.is_empty() {
                true => Outcome::Done,
                false => Outcome::Partial { missing: unread },
            },
        }
    }
}

/// What became of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Delivery {
    /// It is in the conversation, once.
    Posted {
        /// Slack's id of the conversation.
        channel: String,
        /// The message's name within it.
        ts: String,
    },
    /// An earlier run of this day has said it.
    AlreadyPosted {
        /// Slack's id of the conversation.
        channel: String,
        /// The message's name within it.
        ts: String,
    },
    /// Not posted, because the run only says what it would post.
    Planned {
        /// The message.
        writes: Vec<DryWrite>,
    },
    /// There was nothing to say.
    Quiet,
    /// Slack refused it.
    Refused {
        /// Why.
        failure: Failure,
    },
    /// Not sent: Slack would not say where it goes, or whether it was said before.
    NotAttempted {
        /// Why.
        failure: Failure,
    },
    /// Slack would not take it in time, or not say in time whether it was said before.
    Expired {
        /// What it said last, if it said anything.
        failure: Option<Failure>,
    },
    /// Nobody can tell whether it landed; somebody should look.
    UnknownOutcome,
}

/// How much one app had to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SectionCount {
    /// Which app.
    pub connector: Connector,
    /// How many of each kind.
    pub counts: BTreeMap<News, u64>,
}
