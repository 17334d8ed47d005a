//! The agents that ship with Onbehalf.
//!
//! Owns business rules and nothing else: what is read in the apps, what follows from it, and what
//! is written there. How a caller signed in, how a tool reaches its app, how a run survives and
//! where it runs is for other crates.

use onbehalf_runs::hosted::Workflows;

pub mod acting;
pub mod morning_brief;
pub mod onboarding;
pub mod tool_call;

/// What is hosted: a line a workflow. Routes, the OpenAPI document, schedules, settings and the
/// objects that keep runs are all made from this table; nothing else names a workflow.
pub fn workflows() -> Workflows<acting::Means> {
    Workflows::default()
        .with::<onboarding::OnboardingHealth>()
        .with::<morning_brief::MorningBrief>()
        .with::<tool_call::ToolCall>()
}
