//! What is hosted: a workflow as those see it who start, schedule, describe and drive its runs.
//!
//! ```text
//!   Hosted (written beside a workflow)          one line of the table
//!      │ types erased here, once                     │
//!      ▼                                             ▼
//!   Listed ── routes, OpenAPI, schedule      Openable ── the object that keeps a run
//! ```
//!
//! Owns the one place where a workflow's types are erased. Refuses to know which workflows there
//! are, what a run acts through (`M` below, for means), and where its journal is kept.

use std::marker::PhantomData;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use onbehalf_clock::{Clock, Random};
use onbehalf_connector::Connector;
use onbehalf_engine::{Definition, Engine, Host, RunLog, Runner, Workflow, workflow};
use onbehalf_identity::RequestContext;

use crate::approval_mode::ApprovalMode;
use crate::measured::{Measured, Measures};
use crate::names::WorkflowId;
use crate::reason::RunReason;
use crate::rules::NoPlan;
use crate::tool_call::WritingTool;

/// A connector that runs of a workflow act through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Which app.
    pub connector: Connector,
    /// The scopes its calls take, as the app names them.
    pub scopes: &'static [&'static str],
}

/// Where a workflow keeps what is asked of its runs about approval.
pub struct Plans<Input, Settings> {
    /// What a run's input asks for.
    pub asked: fn(&mut Input) -> &mut ApprovalMode,
    /// What the settings demand of every run.
    pub demanded: fn(&Settings) -> ApprovalMode,
}

/// What an agent says of itself, beside what every workflow says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCard {
    /// What it is asked when nobody says anything else.
    pub opening: &'static str,
    /// The tools it may call, by their ids.
    pub tools: &'static [&'static str],
    /// The tools of the catalogue that it may call beside them, by their names, in which `*` stands for
    /// any text.
    pub catalogue: &'static [&'static str],
    /// The tools it has beside them, which ask no app.
    pub own_tools: Vec<OwnTool>,
    /// How much a turn may take, as it is configured.
    pub limits: AgentLimits,
}

/// A tool that asks no app: it reads what is the person's own here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTool {
    /// Its name.
    pub id: String,
    /// What it is for.
    pub description: String,
}

/// How much a turn of an agent may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentLimits {
    /// Answers of the model.
    pub max_steps: u32,
    /// Tokens, read and written, of all answers together.
    pub max_tokens: u64,
    /// Seconds that the model takes for its answers.
    pub max_seconds: u64,
    /// Cents, by the prices that the operator has set.
    pub max_cents: u64,
    /// Tokens in one answer.
    pub max_answer_tokens: u32,
}

/// What a workflow says of itself, beside its types and its chain, so that it can be hosted by
/// whoever has the means `M`.
pub trait Hosted<M>:
    Definition<Context = RequestContext, Input: JsonSchema, Reason = RunReason>
{
    /// Its name, for people.
    const TITLE: &'static str;
    /// What a run does, in a sentence or two.
    const DESCRIPTION: &'static str;
    /// When it runs by itself for those who switch that on: a cron expression, UTC. `None` keeps
    /// it from being scheduled.
    const SCHEDULE: Option<&'static str>;
    /// Whether callers may start and schedule it. One that they may not is started by what the service
    /// does for them by other means; its runs are the caller's all the same, to be looked at, decided
    /// about and cancelled.
    const OFFERED: bool = true;
    /// For an agent: what callers are told of it, under its settings.
    const AGENT: Option<fn(&Self::Settings) -> AgentCard> = None;
    /// The variable its settings are read from.
    const SETTINGS_KEY: &'static str;
    /// What an operator can tune.
    type Settings: 'static;
    /// For a workflow whose runs put a plan up before they write: where approval is asked for.
    const PLANS: Option<Plans<Self::Input, Self::Settings>> = None;
    /// What its runs act through.
    const USES: &'static [Need] = &[];
    /// For a workflow whose results can be compared over runs: what they measure.
    const MEASURES: Option<Measures<Self::Result>> = None;
    /// For a workflow that writes: whether a run with this input only says what it would write.
    const DRY_RUN: Option<fn(&Self::Input) -> bool> = None;

    /// Reads the settings; `None` stands for a variable that is not set.
    ///
    /// # Errors
    /// Says what is wrong, for the operator's log.
    fn settings(text: Option<&str>) -> Result<Self::Settings, String>;

    /// What the steps of a run act through.
    fn services(means: M, settings: Self::Settings) -> Self::Services;

    /// The chain.
    fn chain() -> Workflow<Self>
    where
        Self: Sized;
}

/// An input that does not fit; names the path of the field.
pub type InputRefused = serde_path_to_error::Error<serde_json::Error>;

/// A workflow as it is shown to callers: what the table says of it, without its types.
pub trait Listed {
    /// The id, as it stands in paths and journals.
    fn id(&self) -> &'static str;
    /// The version that new runs are started under.
    fn version(&self) -> u32;
    /// Its name, for people.
    fn title(&self) -> &'static str;
    /// What a run does.
    fn description(&self) -> &'static str;
    /// Whether callers may start and schedule it.
    fn is_offered(&self) -> bool;
    /// When it runs by itself for those who switch that on; `None` when it may not be scheduled.
    fn schedule(&self) -> Option<&'static str>;
    /// JSON Schema of what a run is started with, where workflows are described: not in the Worker,
    /// which has that in writing.
    #[cfg(not(target_arch = "wasm32"))]
    fn input_schema(&self) -> Value;
    /// The input as a run keeps it: every default written out.
    ///
    /// # Errors
    /// [`InputRefused`].
    fn check_input(&self, json: &str) -> Result<Value, InputRefused>;
    /// The tools that its runs write with, by which a policy knows them.
    fn writes(&self) -> &'static [WritingTool];
    /// What its runs act through.
    fn uses(&self) -> &'static [Need];
    /// What its results measure, for people, where they can be compared over runs.
    fn measures(&self) -> Option<&'static str>;
    /// What a result measures; nothing where its run did not get that far, or it cannot be read.
    fn measured(&self, result: Value) -> Option<Vec<Measured>>;
    /// Whether its runs put a plan up that can be approved.
    fn puts_plans_up(&self) -> bool;
    /// Whether its runs can be asked to only say what they would write.
    fn can_run_dry(&self) -> bool;
    /// Whether a run with this input only says what it would write.
    fn runs_dry(&self, input: &Value) -> bool;
    /// The input with which a run asks for at least this approval, and what it asks for then.
    ///
    /// # Errors
    /// [`NoPlan`] where approval is asked for and its runs put none up, or the input cannot be read.
    fn asking(&self, input: Value, least: ApprovalMode) -> Result<(Value, ApprovalMode), NoPlan>;
    /// The approval that these settings demand of every run; none where they cannot be used.
    fn demanded(&self, settings: Option<&str>) -> ApprovalMode;
    /// The variable its settings are read from.
    fn settings_key(&self) -> &'static str;
    /// What an agent says of itself under these settings; `None` for what is no agent.
    fn agent(&self, settings: Option<&str>) -> Option<AgentCard>;
    /// Checks its settings.
    ///
    /// # Errors
    /// Says what is wrong, for the operator's log.
    fn check_settings(&self, text: Option<&str>) -> Result<(), String>;
}

/// What opening a run takes, whatever its workflow is.
pub struct Opening {
    /// The run's journal.
    pub log: Rc<RunLog>,
    /// Time.
    pub clock: Rc<dyn Clock>,
    /// Jitter.
    pub random: Rc<dyn Random>,
    /// Whoever has to know where the run stands.
    pub host: Rc<dyn Host>,
    /// Whether the present invocation is near its limits.
    pub spent: Rc<dyn Fn() -> bool>,
}

/// A workflow whose runs can be opened by whoever has the means `M`.
pub trait Openable<M>: Listed {
    /// A run over its journal. `settings` is the text of [`Listed::settings_key`]. Where they cannot
    /// be used, or there are no means, the run can be seen and cancelled, and its steps wait.
    fn open(&self, opening: Opening, means: Result<M, String>, settings: Option<&str>) -> Rc<Run>;
}

/// One run, without the types of its workflow: all that is left of them is what runs wait for.
pub type Run = Runner<RunReason>;

/// A line of the table: the types that it hides, and what its runs write with.
struct Line<W, M> {
    types: PhantomData<(W, M)>,
    writes: &'static [WritingTool],
}

impl<M: 'static, W: Hosted<M>> Listed for Line<W, M> {
    fn id(&self) -> &'static str {
        W::ID
    }

    fn version(&self) -> u32 {
        W::VERSION
    }

    fn title(&self) -> &'static str {
        W::TITLE
    }

    fn description(&self) -> &'static str {
        W::DESCRIPTION
    }

    fn is_offered(&self) -> bool {
        W::OFFERED
    }

    fn schedule(&self) -> Option<&'static str> {
        W::SCHEDULE
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn input_schema(&self) -> Value {
        let schemas = schemars::generate::SchemaSettings::draft2020_12().into_generator();
        schemas.into_root_schema_for::<W::Input>().to_value()
    }

    fn check_input(&self, json: &str) -> Result<Value, InputRefused> {
        let mut deserializer = serde_json::Deserializer::from_slice(json.as_bytes());
        let input: W::Input = serde_path_to_error::deserialize(&mut deserializer)?;
        // Written with a path as well, so that both ways of failing are one type.
        let mut track = serde_path_to_error::Track::new();
        let serializer =
            serde_path_to_error::Serializer::new(serde_json::value::Serializer, &mut track);
        serde::Serialize::serialize(&input, serializer)
            .map_err(|error| serde_path_to_error::Error::new(track.path(), error))
    }

    fn writes(&self) -> &'static [WritingTool] {
        self.writes
    }

    fn uses(&self) -> &'static [Need] {
        W::USES
    }

    fn measures(&self) -> Option<&'static str> {
        W::MEASURES.map(|it| it.title)
    }

    fn measured(&self, result: Value) -> Option<Vec<Measured>> {
        let measures = W::MEASURES?;
        let result: W::Result = serde_json::from_value(result).ok()?;
        (measures.of)(&result)
    }

    fn puts_plans_up(&self) -> bool {
        W::PLANS.is_some()
    }

    fn can_run_dry(&self) -> bool {
        W::DRY_RUN.is_some()
    }

    fn runs_dry(&self, input: &Value) -> bool {
        W::DRY_RUN.is_some_and(|runs_dry| {
            W::Input::deserialize(input).is_ok_and(|input| runs_dry(&input))
        })
    }

    fn asking(&self, input: Value, least: ApprovalMode) -> Result<(Value, ApprovalMode), NoPlan> {
        let Some(plans) = W::PLANS else {
            return match least {
                ApprovalMode::None => Ok((input, least)),
                ApprovalMode::Required | ApprovalMode::FourEyes => Err(NoPlan),
            };
        };
        let mut input: W::Input = serde_json::from_value(input).map_err(|_| NoPlan)?;
        let asked = (plans.asked)(&mut input);
        *asked = least.max(*asked);
        let asked = *asked;
        let input = serde_json::to_value(&input).map_err(|_| NoPlan)?;
        Ok((input, asked))
    }

    fn demanded(&self, settings: Option<&str>) -> ApprovalMode {
        let demanded = W::PLANS.and_then(|plans| {
            let settings = W::settings(settings).ok()?;
            Some((plans.demanded)(&settings))
        });
        demanded.unwrap_or_default()
    }

    fn settings_key(&self) -> &'static str {
        W::SETTINGS_KEY
    }

    fn agent(&self, settings: Option<&str>) -> Option<AgentCard> {
        let card = W::AGENT?;
        W::settings(settings).ok().map(|settings| card(&settings))
    }

    fn check_settings(&self, text: Option<&str>) -> Result<(), String> {
        W::settings(text).map(|_| ())
    }
}

impl<M: 'static, W: Hosted<M>> Openable<M> for Line<W, M> {
    fn open(&self, opening: Opening, means: Result<M, String>, settings: Option<&str>) -> Rc<Run> {
        let services = means.and_then(|means| {
            let settings = W::settings(settings);
            let settings = settings.map_err(|wrong| format!("{}: {wrong}", W::SETTINGS_KEY))?;
            Ok(W::services(means, settings))
        });
        drive(W::chain(), services, opening)
    }
}

fn drive<D: Definition<Reason = RunReason>>(
    chain: Workflow<D>,
    services: Result<D::Services, String>,
    opening: Opening,
) -> Rc<Run> {
    let engine = Engine {
        workflow: Rc::new(chain),
        services: services.map(Rc::new),
        clock: opening.clock,
        random: opening.random,
        host: opening.host,
        spent: opening.spent,
    };
    Rc::new(Runner::new(engine, opening.log))
}

/// The workflow of runs whose workflow is hosted no more: it has no steps, so that such a run ends
/// as one whose definition has changed, after its open writes are settled.
struct Retired;

impl Definition for Retired {
    const ID: &'static str = "retired";
    const VERSION: u32 = 1;
    type Input = Value;
    type State = Value;
    type Context = Value;
    type Result = Value;
    type Services = ();
    type Reason = RunReason;
}

/// A run of a workflow that is not hosted here any more.
pub fn open_retired(opening: Opening) -> Rc<Run> {
    drive(workflow::<Retired>().build(), Ok(()), opening)
}

/// The workflows without their types, in the order of the table.
#[derive(Clone)]
pub struct WorkflowList(Vec<Rc<dyn Listed>>);

impl WorkflowList {
    /// The workflow of this id.
    pub fn get(&self, id: &str) -> Option<&dyn Listed> {
        self.iter().find(|it| it.id() == id)
    }

    /// Every workflow.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Listed> {
        self.0.iter().map(Rc::as_ref)
    }

    /// Those that callers may start and schedule.
    pub fn offered(&self) -> impl Iterator<Item = &dyn Listed> {
        self.iter().filter(|it| it.is_offered())
    }
}

/// The table: what is hosted by whoever has the means `M`.
pub struct Workflows<M>(Vec<Rc<dyn Openable<M>>>);

impl<M> Default for Workflows<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M: 'static> Workflows<M> {
    /// Adds a line.
    #[must_use]
    pub fn with<W: Hosted<M>>(self) -> Self {
        self.with_writes::<W>(&[])
    }

    /// Adds a line of a workflow whose runs write with these tools.
    #[must_use]
    pub fn with_writes<W: Hosted<M>>(mut self, writes: &'static [WritingTool]) -> Self {
        let types = PhantomData;
        self.0.push(Rc::new(Line::<W, M> { types, writes }));
        self
    }

    /// The workflow of this id.
    pub fn get(&self, id: &str) -> Option<&dyn Openable<M>> {
        self.0.iter().map(Rc::as_ref).find(|it| it.id() == id)
    }

    /// A run of this workflow over its journal; of one that is not hosted any more, a run that ends
    /// as soon as it may. `settings` finds the text of a variable.
    pub fn open(
        &self,
        workflow: &WorkflowId,
        opening: Opening,
        means: Result<M, String>,
        settings: impl FnOnce(&str) -> Option<String>,
    ) -> Rc<Run> {
        match self.get(workflow.as_str()) {
            Some(line) => {
                let settings = settings(line.settings_key());
                line.open(opening, means, settings.as_deref())
            }
            None => open_retired(opening),
        }
    }

    /// What callers see of it.
    pub fn list(&self) -> WorkflowList {
        let listed = self.0.iter().map(|it| Rc::clone(it) as Rc<dyn Listed>);
        WorkflowList(listed.collect())
    }
}
