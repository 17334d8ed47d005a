//! What a host lends to everything in the table.
//!
//! Workflows act through [`Means`]; an agent takes a model beside them. One table hosts both, so each
//! line takes what it needs of the whole.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::acting::Means;
use crate::morning_brief::MorningBrief;
use crate::onboarding::OnboardingHealth;
use crate::tool_call::ToolCall;
use onbehalf_engine::{Definition, Workflow};
use onbehalf_models::{Model, Prices, ToolOffer};
use onbehalf_runs::hosted::{Hosted, Need, Plans};
use onbehalf_runs::measured::Measures;
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

/// Hosts a workflow that takes [`Means`] alone.
macro_rules! takes_means {
    ($($workflow:ty),+) => {$(
        impl Hosted<Lent> for $workflow {
            const TITLE: &'static str = <Self as Hosted<Means>>::TITLE;
            const DESCRIPTION: &'static str = <Self as Hosted<Means>>::DESCRIPTION;
            const SCHEDULE: Option<&'static str> = <Self as Hosted<Means>>::SCHEDULE;
            const OFFERED: bool = <Self as Hosted<Means>>::OFFERED;
            const SETTINGS_KEY: &'static str = <Self as Hosted<Means>>::SETTINGS_KEY;
            type Settings = <Self as Hosted<Means>>::Settings;
            const PLANS: Option<Plans<Self::Input, Self::Settings>> =
                <Self as Hosted<Means>>::PLANS;
            const USES: &'static [Need] = <Self as Hosted<Means>>::USES;
            const MEASURES: Option<Measures<Self::Result>> =
                <Self as Hosted<Means>>::MEASURES;
            const DRY_RUN: Option<fn(&Self::Input) -> bool> =
                <Self as Hosted<Means>>::DRY_RUN;

            fn settings(text: Option<&str>) -> Result<Self::Settings, String> {
                <Self as Hosted<Means>>::settings(text)
            }

            fn services(
                lent: Lent,
                settings: Self::Settings,
            ) -> <Self as Definition>::Services {
                <Self as Hosted<Means>>::services(lent.means, settings)
            }

            fn chain() -> Workflow<Self> {
                <Self as Hosted<Means>>::chain()
            }
        }
    )+};
}

takes_means!(OnboardingHealth, MorningBrief, ToolCall);
