//! A write that somebody asks for directly, made as a run makes its writes: journaled, looked for when
//! its answer is lost, and suspended for a dead connection or a person's word.
//!
//! ```text
//! decide ─▶ allowed ───────────────────────────────▶ write ─▶ its typed outcome
//!    └────▶ asked about ─ approval ─ approved ─▶──────┘
//!    └────▶ denied, rejected ─▶ the end, with nothing written
//! ```
//!
//! Owns the way from a call to its end. Which tools there are, how each is sent and found, and who may
//! call it is told by others: the registry, [`Findable`](onbehalf_tools::Findable), the policy.
//! Callers do not start it by its name; a direct call does.

mod asked;
mod services;
mod steps;
mod write;

pub(crate) use asked::{Asked, plan_hash};
pub use services::CallServices;
pub use steps::{Decide, Send};
pub use write::ToolWrite;

use onbehalf_connector::Connector;
use onbehalf_engine::{Definition, Outcome, Workflow, workflow};
use onbehalf_identity::RequestContext;
use onbehalf_runs::hosted::{Hosted, Plans};
use onbehalf_runs::tool_call::{
    TOOL_CALL, TOOL_POLICY, ToolCallEnd, ToolCallInput, ToolCallResult, ToolPolicy,
};
use onbehalf_runs::{ApprovalMode, RunReason};

use crate::{Acts, Lent, Need};
use serde::{Deserialize, Serialize};

/// What writing takes, for the apps whose tools write.
const NEEDS: &[Need] = &[
    // HubSpot, "Scopes": tasks are covered by those of contacts.
    Need {
        connector: Connector::HUBSPOT,
        scopes: &["crm.objects.contacts.read", "crm.objects.contacts.write"],
    },
    // Linear, "OAuth 2.0 authentication: scopes".
    Need {
        connector: Connector::LINEAR,
        scopes: &["read", "comments:create"],
    },
    // Slack, "Scopes": what was said is looked through for a message whose answer was lost.
    Need {
        connector: Connector::SLACK,
        scopes: &[
            "chat:write",
            "channels:history",
            "groups:history",
            "im:history",
        ],
    },
];

/// What the steps share: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallState {}

/// The workflow's types and name.
pub struct ToolCall;

impl Definition for ToolCall {
    const ID: &'static str = TOOL_CALL;
    const VERSION: u32 = 1;
    type Input = ToolCallInput;
    type State = CallState;
    type Context = RequestContext;
    type Result = ToolCallResult;
    type Services = CallServices;
    type Reason = RunReason;

    fn outcome(result: &ToolCallResult) -> Outcome {
        match result.end {
            ToolCallEnd::Landed => Outcome::Done,
            end => Outcome::Failed {
                reason: end.name().to_owned(),
            },
        }
    }
}

impl Acts for ToolCall {
    const NEEDS: &'static [Need] = NEEDS;

    /// Each call says so in its input.
    fn waits_for_connections(_: &CallState) -> bool {
        true
    }
}

impl Hosted<Lent> for ToolCall {
    const TITLE: &'static str = "Tool call";
    const DESCRIPTION: &'static str = "Makes one write in a connected app, once.";
    const SCHEDULE: Option<&'static str> = None;
    const OFFERED: bool = false;
    const SETTINGS_KEY: &'static str = TOOL_POLICY;
    type Settings = ToolPolicy;
    const PLANS: Option<Plans<ToolCallInput, ToolPolicy>> = Some(Plans {
        asked: |input| &mut input.approval,
        // What the policy asks for depends on the call.
        demanded: |_| ApprovalMode::None,
    });
    const USES: &'static [Need] = NEEDS;

    fn settings(text: Option<&str>) -> Result<ToolPolicy, String> {
        ToolPolicy::from_json(text)
    }

    fn services(lent: Lent, settings: ToolPolicy) -> CallServices {
        CallServices::new(lent.means, settings)
    }

    fn chain() -> Workflow<Self> {
        workflow::<Self>()
            .then(Decide)
            .then(Send)
            .writes::<ToolWrite>()
            .build()
    }
}
