//! The agents that ship with Onbehalf.
//!
//! Owns business rules and nothing else: what is read in the apps, what follows from it, and what
//! is written there. How one acts as a user at all, how a caller signed in, how a tool reaches its
//! app, how a run survives and where it runs is for other crates.

use onbehalf_acting::Lent;
use onbehalf_acting::agent::Turn;
use onbehalf_acting::tool_call::ToolCall;
use onbehalf_connector::Connector;
use onbehalf_runs::hosted::Workflows;
use onbehalf_runs::tool_call::WritingTool;

pub mod morning_brief;
pub mod onboarding;
pub mod onboarding_assistant;

/// What flags customers at risk, by the names that a policy knows. A task's owner and contact come with
/// the task.
const FLAGS: &[WritingTool] = &[
    WritingTool {
        id: "hubspot-create-task",
        connector: Connector::HUBSPOT,
    },
    WritingTool {
        id: "linear-create-comment",
        connector: Connector::LINEAR,
    },
];
/// What delivers a brief.
const MESSAGE: &[WritingTool] = &[WritingTool {
    id: "slack-send-message",
    connector: Connector::SLACK,
}];

/// What is hosted: a line a workflow or an agent. Routes, the OpenAPI document, schedules, settings and the
/// objects that keep runs are all made from this table; nothing else names a workflow.
pub fn workflows() -> Workflows<Lent> {
    Workflows::default()
        .with_writes::<onboarding::OnboardingHealth>(FLAGS)
        .with_writes::<morning_brief::MorningBrief>(MESSAGE)
        .with::<ToolCall>()
        .with::<Turn<onboarding_assistant::OnboardingAssistant>>()
}
