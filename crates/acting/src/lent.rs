//! What a host lends to everything in the table.
//!
//! Workflows act through [`Means`]; an agent takes a model beside them. One table hosts both, so each
//! line takes what it needs of the whole.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::services::Means;
use onbehalf_models::{Model, Prices, ToolOffer};
use onbehalf_runs::run::EarlierRuns;
use onbehalf_runs::thread::Threads;
use onbehalf_runs::tool_call::ToolPolicy;

/// What whoever hosts workflows and agents lends to each of their runs.
#[derive(Clone)]
pub struct Lent {
    /// What workflows act through.
    pub means: Means,
    /// The models that agents ask.
    pub models: LentModels,
    /// What the tools that callers may name take, in writing.
    pub offers: Rc<Vec<ToolOffer>>,
    /// Who may make which call of a tool.
    pub policy: ToolPolicy,
    /// The threads of whoever the run is for, …
    pub threads: Rc<dyn Threads>,
    /// … and their earlier runs.
    pub runs: Rc<dyn EarlierRuns>,
    /// Whether the accounts are an organization's, which not everybody in it may write with directly.
    pub accounts_are_shared: bool,
}

/// A model, and what it costs.
#[derive(Clone)]
pub struct LentModel {
    /// Answers.
    pub model: Rc<dyn Model>,
    /// What an answer costs.
    pub prices: Prices,
}

/// The models of an operator; none where none is configured.
#[derive(Clone, Default)]
pub struct LentModels {
    /// The one that an agent asks which wants none of a kind.
    pub usual: Option<LentModel>,
    /// Those of a kind, by what the operator calls it.
    pub kinds: BTreeMap<String, LentModel>,
}

impl LentModels {
    /// The one that an agent asks which wants this kind. Where an operator has none of the kind, the
    /// usual one serves.
    pub fn of(mut self, kind: Option<&str>) -> Option<LentModel> {
        let special = kind.and_then(|kind| self.kinds.remove(kind));
        special.or(self.usual)
    }
}
