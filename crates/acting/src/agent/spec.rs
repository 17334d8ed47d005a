//! What somebody writes who writes an agent.

use super::limits::TurnLimits;
use crate::Need;

/// An agent: its name and texts, and what it is made of.
///
/// ```
/// use onbehalf_acting::Need;
/// use onbehalf_acting::agent::{Agent, AgentSpec, agent};
///
/// struct Librarian;
///
/// impl Agent for Librarian {
///     const ID: &'static str = "librarian";
///     const TITLE: &'static str = "Librarian";
///     const DESCRIPTION: &'static str = "Knows which tasks there are.";
///     const SETTINGS_KEY: &'static str = "LIBRARIAN";
///     const OPENING: &'static str = "What is due?";
///     const NEEDS: &'static [Need] = &[];
///
///     fn spec() -> AgentSpec {
///         agent()
///             .instructions("Say in two sentences what is due.")
///             .tools(&["hubspot-list-tasks"])
///     }
/// }
/// ```
pub trait Agent: 'static {
    /// Its id, as it stands in paths and journals; stable across releases.
    const ID: &'static str;
    /// Its name, for people.
    const TITLE: &'static str;
    /// What it is for, in a sentence or two.
    const DESCRIPTION: &'static str;
    /// The variable its settings are read from.
    const SETTINGS_KEY: &'static str;
    /// What it is asked when nobody says anything else.
    const OPENING: &'static str;
    /// The apps its tools use, with what they take there.
    const NEEDS: &'static [Need];

    /// What it is made of.
    fn spec() -> AgentSpec;
}

/// What an agent is made of.
#[derive(Clone, Copy, Debug)]
pub struct AgentSpec {
    pub(super) instructions: &'static str,
    pub(super) model: Option<&'static str>,
    pub(super) tools: &'static [&'static str],
    pub(super) catalogue: &'static [&'static str],
    pub(super) runs: &'static [&'static str],
    pub(super) limits: TurnLimits,
}

/// An agent without instructions and without tools, which asks the usual model.
pub const fn agent() -> AgentSpec {
    AgentSpec {
        instructions: "",
        model: None,
        tools: &[],
        catalogue: &[],
        runs: &[],
        limits: TurnLimits::USUAL,
    }
}

impl AgentSpec {
    /// What it is to be and do.
    #[must_use]
    pub const fn instructions(self, instructions: &'static str) -> Self {
        Self {
            instructions,
            ..self
        }
    }

    /// The kind of model it asks, as the operator calls one in `MODEL` (`kinds`): "fast", say. The
    /// usual one without this, and where the operator has none of the kind.
    #[must_use]
    pub const fn model(self, kind: &'static str) -> Self {
        let model = Some(kind);
        Self { model, ..self }
    }

    /// The tools it may call, by their ids. Those that write are asked about first.
    #[must_use]
    pub const fn tools(self, tools: &'static [&'static str]) -> Self {
        Self { tools, ..self }
    }

    /// The tools of Scalekit's catalogue that it may call beside them, by their names, in which `*` stands
    /// for any text: of those that the operator opens (`TOOL_CATALOGUE`) and that the person has.
    #[must_use]
    pub const fn catalogue(self, catalogue: &'static [&'static str]) -> Self {
        Self { catalogue, ..self }
    }

    /// The workflows whose latest result it may read, of the runs of whoever it works for: with a tool
    /// for each, `latest-` and the workflow's id.
    #[must_use]
    pub const fn reads_latest(self, runs: &'static [&'static str]) -> Self {
        Self { runs, ..self }
    }

    /// How much a turn may take, where an operator says nothing else.
    #[must_use]
    pub const fn limits(self, limits: TurnLimits) -> Self {
        Self { limits, ..self }
    }
}
