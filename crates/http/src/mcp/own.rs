//! The tools that are this service's own: a run of each workflow, looking at runs, helping one on,
//! and connecting an app.
//!
//! Owns their names, what they take and what they do. None of them decides about what waits for a
//! person's approval: whoever could be talked into a write could be talked into approving it.

use serde_json::{Value, json};

use super::Asking;
use super::calls::Begun;
use super::entry::Refused;
use super::shown::run_schema;
use crate::limits::Budget;
use crate::service::{Api, keepers_only};
use onbehalf_mcp::{Annotations, CallResult, Code, Outcome, RpcError, Tool, ToolCall};
use onbehalf_runs::hosted::Listed;
use onbehalf_runs::{CommandOutcome, ResumeRequest, RunId, RunView, WaitView};

const GET_RUN: &str = "get_run";
const ANSWER_RUN: &str = "answer_run";
const CONNECT_APP: &str = "connect_app";
const RUN: &str = "run_";

/// One of them.
pub(super) enum Own<'a> {
    /// Starts a run of this workflow.
    Run(&'a dyn Listed),
    GetRun,
    AnswerRun,
    ConnectApp,
}

/// The tool that starts runs of a workflow.
pub(super) fn run_tool(workflow: &dyn Listed) -> String {
    format!("{RUN}{}", workflow.id().replace('-', "_"))
}

impl<'a> Own<'a> {
    /// The one of this name.
    pub fn of(api: &'a Api, name: &str) -> Option<Self> {
        match name {
            GET_RUN => Some(Self::GetRun),
            ANSWER_RUN => Some(Self::AnswerRun),
            CONNECT_APP => Some(Self::ConnectApp),
            _ => {
                let mut workflows = api.workflows.offered();
                workflows.find(|it| run_tool(*it) == name).map(Self::Run)
            }
        }
    }
}

/// What is not about one workflow.
pub(super) fn tools(api: &Api) -> Vec<Tool> {
    let apps = api.apps();
    let apps: Vec<_> = apps.iter().map(|app| app.connector.name()).collect();
    let run_id = json!({ "type": "string", "description": "As a call or a run was named." });
    vec![
        tool(
            GET_RUN,
            "Look at a run",
            "Says where a run or a call of yours stands, what it waits for, and what came of it.",
            json!({ "runId": run_id }),
            Annotations {
                reads_only: true,
                destroys: false,
                is_idempotent: true,
                reaches_out: false,
            },
            run_schema(),
        ),
        tool(
            ANSWER_RUN,
            "Help a run on, or cancel it",
            "Tells a run or a call that waits that the app it waits for is connected, or cancels it. \
             What waits for approval is approved by a person, not by this tool.",
            json!({
                "runId": run_id,
                "answer": { "type": "string", "enum": ["connected", "cancel"] },
            }),
            Annotations {
                reads_only: false,
                destroys: true,
                is_idempotent: true,
                reaches_out: false,
            },
            run_schema(),
        ),
        tool(
            CONNECT_APP,
            "Connect an app",
            "Says whether an app is connected, and gives the page where the user connects it.",
            json!({ "app": { "type": "string", "enum": apps } }),
            Annotations {
                reads_only: true,
                destroys: false,
                is_idempotent: true,
                reaches_out: false,
            },
            json!({
                "type": "object",
                "properties": {
                    "app": { "type": "string" },
                    "connected": { "type": "boolean" },
                    "url": { "type": "string", "description": "To be opened by the user." },
                },
                "required": ["app", "connected", "url"],
            }),
        ),
    ]
}

fn tool(
    name: &str,
    title: &str,
    description: &str,
    properties: Value,
    annotations: Annotations,
    output: Value,
) -> Tool {
    let required: Vec<_> = properties
        .as_object()
        .map(|members| members.keys().cloned().collect())
        .unwrap_or_default();
    Tool {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        input: json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        }),
        output: Some(output),
        annotations,
    }
}

impl Api {
    /// Uses one of them.
    pub(super) async fn begin_own(
        &self,
        asking: &Asking,
        own: Own<'_>,
        call: &ToolCall,
        bound: String,
        waits: bool,
    ) -> Result<Begun, Refused> {
        let taken = match own {
            Own::Run(workflow) => return self.begin_run(asking, workflow, call, bound).await,
            Own::GetRun => Taken::of(&call.arguments, &["runId"]),
            Own::AnswerRun => Taken::of(&call.arguments, &["runId", "answer"]),
            Own::ConnectApp => Taken::of(&call.arguments, &["app"]),
        };
        let taken = match taken {
            Ok(taken) => taken,
            Err(why) => return Ok(Begun::Done(CallResult::failed(why).outcome())),
        };
        let done = match own {
            Own::Run(_) | Own::GetRun => self.get_run_as_tool(asking, &taken).await?,
            Own::AnswerRun => self.answer_run_as_tool(asking, &taken).await?,
            Own::ConnectApp => self.connect_as_tool(asking, &taken, &bound, waits).await?,
        };
        Ok(Begun::Done(done))
    }

    /// The caller's run of this name; nothing where there is none, or it is somebody else's.
    pub(super) async fn run_of(
        &self,
        asking: &Asking,
        name: &str,
    ) -> Result<Option<RunView>, Refused> {
        let Some(run_id) = RunId::parse(name) else {
            return Ok(None);
        };
        let found = self.backend.run(&asking.caller.asker(), &run_id).await;
        Ok(found.map_err(crate::Problem::from)?)
    }

    async fn get_run_as_tool(
        &self,
        asking: &Asking,
        taken: &Taken<'_>,
    ) -> Result<Outcome, Refused> {
        let Some(run) = self.run_of(asking, taken.get("runId")).await? else {
            return Ok(no_such_run());
        };
        Ok(self.looked_at(asking, &run))
    }

    /// A run, with what to do where it waits.
    fn looked_at(&self, asking: &Asking, run: &RunView) -> Outcome {
        let words = (!run.status.ended()).then(|| self.words_for(run));
        let structured = Some(self.shown_run(&asking.caller, run));
        CallResult {
            words,
            structured,
            is_error: false,
        }
        .outcome()
    }

    async fn answer_run_as_tool(
        &self,
        asking: &Asking,
        taken: &Taken<'_>,
    ) -> Result<Outcome, Refused> {
        let caller = &asking.caller;
        self.within(caller, Budget::Runs).await?;
        let Some(run) = self.run_of(asking, taken.get("runId")).await? else {
            return Ok(no_such_run());
        };
        let run_id = RunId::stored(run.run_id.clone());
        let suspension = run.suspension.as_ref();
        let command = match (taken.get("answer"), suspension.map(|it| &it.reason)) {
            ("cancel", _) => self.backend.cancel_run(&caller.owner, &run_id).await,
            ("connected", Some(WaitView::ConnectionRequired { missing })) => {
                let missing = missing.iter().map(|it| it.connector.to_string());
                let resume = ResumeRequest {
                    number: suspension.map(|it| it.number),
                    approval: None,
                    connected: Some(missing.collect()),
                };
                self.backend
                    .resume_run(&caller.asker(), &run_id, resume)
                    .await
            }
            ("connected", _) => {
                let words = "The run waits for no connection. ".to_owned() + &self.words_for(&run);
                return Ok(CallResult::failed(words).outcome());
            }
            _ => {
                // Deciding is for people, and they do it where they sign in.
                let words = "answer must be connected or cancel. What waits for approval is \
                             approved or rejected by a person, on the page of the run."
                    .to_owned();
                return Ok(CallResult::failed(words).outcome());
            }
        };
        match command.map_err(crate::Problem::from)? {
            CommandOutcome::Accepted | CommandOutcome::AlreadyResumed { .. } => {}
            CommandOutcome::NotFound => return Ok(no_such_run()),
            CommandOutcome::AnotherMustDecide => {
                let words = "Somebody else has to decide about this run.";
                return Ok(CallResult::failed(words).outcome());
            }
            CommandOutcome::WrongStatus { message, .. }
            | CommandOutcome::WrongPayload { message } => {
                return Ok(CallResult::failed(message).outcome());
            }
        }
        match self.run_of(asking, &run.run_id).await? {
            Some(run) => Ok(self.looked_at(asking, &run)),
            None => Ok(no_such_run()),
        }
    }

    async fn connect_as_tool(
        &self,
        asking: &Asking,
        taken: &Taken<'_>,
        bound: &str,
        waits: bool,
    ) -> Result<Outcome, Refused> {
        let caller = &asking.caller;
        self.within(caller, Budget::Calls).await?;
        if !caller.keeps_accounts() {
            return Err(keepers_only().into());
        }
        let Some(app) = self.app(taken.get("app")) else {
            return Err(RpcError::new(Code::InvalidParams, "Unknown app").into());
        };
        if waits {
            self.until_connected(asking, app.connector).await;
        }
        let identifier = caller.context.scalekit_identifier.as_str();
        let found = self.is_active(identifier, app.connector).await;
        let name = app.connector.name();
        let url = self.connect_url(app.connector);
        let label = &app.label;
        let result = |connected: bool, words: String| CallResult {
            words: Some(words),
            structured: Some(json!({ "app": name, "connected": connected, "url": url })),
            is_error: false,
        };
        match found {
            Ok(true) => {
                let words = format!("{label} is connected. To connect another account:\n{url}");
                Ok(result(true, words).outcome())
            }
            Ok(false) => self.not_connected(asking, bound, name, result(false, String::new())),
            Err(_) => {
                let words = "Whether it is connected cannot be looked up at the moment.";
                Ok(CallResult::failed(words).outcome())
            }
        }
    }
}

fn no_such_run() -> Outcome {
    CallResult::failed("You have no run of this name.").outcome()
}

/// What one of these tools is given: texts, each of them needed, and nothing else.
struct Taken<'a>(&'a Value);

impl<'a> Taken<'a> {
    fn of(arguments: &'a Value, names: &[&str]) -> Result<Self, String> {
        let given = arguments.as_object().into_iter().flatten();
        let unknown = given.filter(|(name, _)| !names.contains(&name.as_str()));
        let missing = names.iter().filter(|name| !arguments[**name].is_string());
        match (unknown.count(), missing.copied().collect::<Vec<_>>()) {
            (0, missing) if missing.is_empty() => Ok(Self(arguments)),
            (0, missing) => Err(format!("needs as texts: {}", missing.join(", "))),
            (_, _) => Err(format!("takes nothing but {}", names.join(", "))),
        }
    }

    fn get(&self, name: &str) -> &'a str {
        self.0[name].as_str().unwrap_or_default()
    }
}
