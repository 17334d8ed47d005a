//! The morning brief: what a user's apps say since yesterday, in one message in Slack.
//!
//! ```text
//! connections ─▶ look ─────────────────────▶ compose ─▶ news? ─yes▶ post
//!  Scalekit       Zendesk ∥ Linear ∥ HubSpot               └──no─▶ rest
//! ```
//!
//! Owns what counts as news, how it is worded, and that it is said once a day. Knows nothing of how
//! a caller signed in, how a tool reaches its app, how a run survives, or that it runs on
//! Cloudflare.

mod compose;
mod input;
mod post_message;
mod section;
mod settings;
mod steps;
mod words;

pub use compose::{Brief, compose};
pub use input::{BriefInput, BriefResult, BriefState, Delivery, SectionCount};
pub use post_message::PostMessage;
pub use section::{Group, Line, News, Section};
pub use settings::{BriefSettings, WhenQuiet};
pub use steps::{Connections, Issues, Post, Ready, Rest, Tasks, Tickets};

use onbehalf_connector::Connector;
use onbehalf_engine::{Branch, Definition, Outcome, Parallel, Workflow, workflow};
use onbehalf_identity::RequestContext;
use onbehalf_runs::RunReason;
use onbehalf_runs::hosted::Hosted;

use onbehalf_acting::{Acts, Lent, Need, Services};

/// The connectors the workflow needs, in the order they are always named. Without Slack there is
/// nothing to be done; of the others, those that are there are read.
const NEEDS: &[Need] = &[
    // Slack, "Scopes": `chat.postMessage`, and `conversations.history` of each kind of conversation.
    Need {
        connector: Connector::SLACK,
        scopes: &[
            "chat:write",
            "channels:history",
            "groups:history",
            "im:history",
            "im:write",
        ],
    },
    // Zendesk, "Using OAuth authentication: scopes".
    Need {
        connector: Connector::ZENDESK,
        scopes: &["read"],
    },
    // Linear, "OAuth 2.0 authentication: scopes".
    Need {
        connector: Connector::LINEAR,
        scopes: &["read"],
    },
    // Tasks are covered by the scopes of contacts (HubSpot, "Scopes").
    Need {
        connector: Connector::HUBSPOT,
        scopes: &["crm.objects.contacts.read"],
    },
];

/// The workflow's types and name.
pub struct MorningBrief;

impl Definition for MorningBrief {
    const ID: &'static str = "morning-brief";
    const VERSION: u32 = 1;
    type Input = BriefInput;
    type State = BriefState;
    type Context = RequestContext;
    type Result = BriefResult;
    type Services = Services<BriefSettings>;
    type Reason = RunReason;

    fn outcome(result: &BriefResult) -> Outcome {
        result.outcome()
    }
}

impl Acts for MorningBrief {
    const NEEDS: &'static [Need] = NEEDS;

    fn waits_for_connections(state: &BriefState) -> bool {
        state.waits_for_connections
    }
}

impl Hosted<Lent> for MorningBrief {
    const TITLE: &'static str = "Morning brief";
    const DESCRIPTION: &'static str = "Reads what Zendesk, Linear and HubSpot say since yesterday \
         (new and overdue tickets, issues that are due or stalled, tasks that are due) and posts one \
         message to the user's Slack conversation, once a day.";
    const SCHEDULE: Option<&'static str> = Some("0 8 * * *");
    const SETTINGS_KEY: &'static str = "MORNING_BRIEF";
    type Settings = BriefSettings;
    const USES: &'static [Need] = NEEDS;
    const DRY_RUN: Option<fn(&BriefInput) -> bool> = Some(|input| input.dry_run);

    fn settings(text: Option<&str>) -> Result<BriefSettings, String> {
        BriefSettings::from_json(text)
    }

    fn services(lent: Lent, settings: BriefSettings) -> Services<BriefSettings> {
        Services::new(lent.means, settings)
    }

    fn chain() -> Workflow<Self> {
        let look = Parallel::new(
            "look",
            Tickets,
            Parallel::new("look-at-work", Issues, Tasks),
        );
        let has_news = |brief: &Brief, _: &BriefState| brief.has_news;
        workflow::<Self>()
            .then(Connections)
            .then(look)
            .then(steps::Compose)
            .then(Branch::new("say-or-rest", has_news, Post, Rest))
            .writes::<PostMessage>()
            .build()
    }
}
