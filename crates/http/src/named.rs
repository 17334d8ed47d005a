//! What a path names, in the type that whoever asks for it needs.
//!
//! Owns the parameters that a template may have, and how the text of each is read: once, where the
//! route is matched. No handler sees a piece of a path. A run cannot be looked up without the
//! workflow that its path names, and a daily run only of a workflow that may have one.

use serde_json::Value;

use crate::api::runs::run_not_found;
use crate::browser::app::App;
use crate::chat::thread_not_found;
use crate::offer::tool_call_not_found;
use crate::service::{Api, nothing_here};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_connector::Connector;
use onbehalf_runs::hosted::Listed;
use onbehalf_runs::measured::Measured;
use onbehalf_runs::thread::ThreadId;
use onbehalf_runs::{OwnerKey, RunId, WorkflowId};

/// What one segment of a path can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// A workflow.
    Workflow,
    /// A run of it.
    Run,
    /// Whose daily run is meant.
    Owner,
    /// A tool.
    Tool,
    /// A direct write.
    Call,
    /// An agent.
    Agent,
    /// What somebody has said to it.
    Thread,
    /// An app.
    Connector,
    /// An identity provider. Nothing asks for it: a provider's whole address is compared with the
    /// one that it was told.
    Namespace,
}

impl Parameter {
    /// The parameter a part of a template stands for; `None` for a part that stands for itself.
    pub fn of(part: &str) -> Option<Self> {
        Some(match part {
            "{workflow}" => Self::Workflow,
            "{runId}" => Self::Run,
            "{owner}" => Self::Owner,
            "{id}" => Self::Tool,
            "{callId}" => Self::Call,
            "{agent}" => Self::Agent,
            "{thread}" => Self::Thread,
            "{connector}" => Self::Connector,
            "{namespace}" => Self::Namespace,
            _ => return None,
        })
    }
}

/// Most parameters in one template.
const MOST: usize = 2;

/// What a path names, not yet looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named<'a>([Option<(Parameter, &'a str)>; MOST]);

/// A run by its workflow and its name. Whether there is such a run is not known.
pub struct NamedRun<'a> {
    /// The workflow.
    pub workflow: &'a dyn Listed,
    /// The run.
    pub id: RunId,
}

/// A thread by its agent and its name. Whether there is one is not known.
pub struct NamedThread<'a> {
    /// The agent.
    pub agent: &'a dyn Listed,
    /// What its owner calls it.
    pub id: ThreadId,
}

/// A workflow that may run by itself.
pub struct Daily<'a>(&'a dyn Listed);

impl Daily<'_> {
    /// Its id.
    pub fn id(&self) -> WorkflowId {
        WorkflowId::new(self.0.id())
    }

    /// Whether its runs put a plan up that can be approved.
    pub fn puts_plans_up(&self) -> bool {
        self.0.puts_plans_up()
    }
}

/// A workflow whose results can be compared over runs.
pub struct Measuring<'a>(&'a dyn Listed, &'static str);

impl Measuring<'_> {
    /// Its id.
    pub fn id(&self) -> WorkflowId {
        WorkflowId::new(self.0.id())
    }

    /// What the values are, for people.
    pub fn title(&self) -> &'static str {
        self.1
    }

    /// What a result measures.
    pub fn of(&self, result: Value) -> Option<Vec<Measured>> {
        self.0.measured(result)
    }
}

impl<'a> Named<'a> {
    /// What `path` names by a template; `None` when they do not fit.
    pub fn by(template: &str, path: &'a str) -> Option<Self> {
        let mut found = Self::default();
        let mut places = found.0.iter_mut();
        let mut segments = path.split('/');
        for part in template.split('/') {
            let segment = segments.next()?;
            match Parameter::of(part) {
                Some(parameter) if !segment.is_empty() => {
                    *places.next()? = Some((parameter, segment));
                }
                None if part == segment => {}
                _ => return None,
            }
        }
        segments.next().is_none().then_some(found)
    }

    /// The text of a parameter. One that the template does not have is answered like a path that
    /// does not exist.
    fn text(&self, wanted: Parameter) -> Result<&'a str, Problem> {
        let mut named = self.0.iter().flatten();
        let found = named.find(|(parameter, _)| *parameter == wanted);
        found.map(|(_, text)| *text).ok_or_else(nothing_here)
    }

    /// Whose daily run is meant.
    ///
    /// # Errors
    /// 404.
    pub fn owner(&self) -> Result<OwnerKey, Problem> {
        self.text(Parameter::Owner).map(OwnerKey::new)
    }

    /// A run by its name alone, if it can be one.
    pub fn run_id(&self) -> Option<RunId> {
        RunId::parse(self.text(Parameter::Run).ok()?)
    }

    /// The workflow, of those that callers may start.
    ///
    /// # Errors
    /// 404, with those there are.
    pub fn workflow<'api>(&self, api: &'api Api) -> Result<&'api dyn Listed, Problem> {
        let workflow = self.hosted(api)?;
        match workflow.is_offered() {
            true => Ok(workflow),
            false => Err(workflow_not_found(api)),
        }
    }

    /// The workflow, also one that callers do not start by its name: its runs are theirs.
    fn hosted<'api>(&self, api: &'api Api) -> Result<&'api dyn Listed, Problem> {
        let id = self.text(Parameter::Workflow)?;
        let hosted = api.workflows.get(id);
        hosted.ok_or_else(|| workflow_not_found(api))
    }

    /// The workflow, if it may run by itself.
    ///
    /// # Errors
    /// 404.
    pub fn daily<'api>(&self, api: &'api Api) -> Result<Daily<'api>, Problem> {
        let workflow = self.workflow(api)?;
        match workflow.schedule() {
            Some(_) => Ok(Daily(workflow)),
            None => Err(nothing_here()),
        }
    }

    /// The workflow, if its results can be compared over runs.
    ///
    /// # Errors
    /// 404.
    pub fn measuring<'api>(&self, api: &'api Api) -> Result<Measuring<'api>, Problem> {
        let workflow = self.workflow(api)?;
        match workflow.measures() {
            Some(title) => Ok(Measuring(workflow, title)),
            None => Err(nothing_here()),
        }
    }

    /// The run. Whatever has not the form of a run's name was never one, and is answered like one
    /// that does not exist.
    ///
    /// # Errors
    /// 404.
    pub fn run<'api>(&self, api: &'api Api) -> Result<NamedRun<'api>, Problem> {
        let workflow = self.hosted(api)?;
        let id = RunId::parse(self.text(Parameter::Run)?).ok_or_else(run_not_found)?;
        Ok(NamedRun { workflow, id })
    }

    /// The thread.
    ///
    /// # Errors
    /// 404.
    pub fn thread<'api>(&self, api: &'api Api) -> Result<NamedThread<'api>, Problem> {
        let hosted = api.workflows.get(self.text(Parameter::Agent)?);
        let agent = hosted.filter(|it| it.is_offered() && api.card(*it).is_some());
        let agent = agent.ok_or_else(agent_not_found)?;
        let id = ThreadId::parse(self.text(Parameter::Thread)?).ok_or_else(thread_not_found)?;
        Ok(NamedThread { agent, id })
    }

    /// The name of a tool. Which tool that is depends on who asks.
    ///
    /// # Errors
    /// 404.
    pub fn tool(&self) -> Result<&'a str, Problem> {
        self.text(Parameter::Tool)
    }

    /// The direct write.
    ///
    /// # Errors
    /// 404.
    pub fn tool_call(&self) -> Result<RunId, Problem> {
        RunId::parse(self.text(Parameter::Call)?).ok_or_else(tool_call_not_found)
    }

    /// The connector.
    ///
    /// # Errors
    /// 400, with those there are.
    pub fn connector(&self, api: &Api) -> Result<Connector, Problem> {
        api.known_connector(self.text(Parameter::Connector)?)
    }

    /// The app, if it is one that is configured.
    pub fn app(&self, api: &Api) -> Option<App> {
        api.app(self.text(Parameter::Connector).ok()?)
    }
}

fn agent_not_found() -> Problem {
    let detail = "There is no such agent; GET /api/agents lists them.";
    Problem::new(ProblemType::AgentNotFound, detail)
}

fn workflow_not_found(api: &Api) -> Problem {
    let known: Vec<_> = api.workflows.offered().map(Listed::id).collect();
    let detail = "There is no such workflow; knownWorkflows lists them.";
    Problem::new(ProblemType::WorkflowNotFound, detail).with("knownWorkflows", known)
}
