//! A turn: the run of a question.

use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::input::{MadeCall, TurnEnd, TurnInput, TurnResult};
use super::kept::KeptAnswer;
use super::latest;
use super::limits::{Over, Taken, TurnLimits};
use super::pieces::{CallAt, Ending, Piece, STEP, answer_name, decision_name};
use super::shown::shown;
use super::spec::Agent;
use super::thread;
use super::write::TurnWrite;
use super::{calls, catalogue};
use crate::lent::{Lent, LentModel};
use crate::tool_call::CallServices;
use crate::{Acts, Connected, Need, write_policy};
use onbehalf_connector::Scalekit;
use onbehalf_engine::{
    Definition, Flow, Outcome, Step, StepContext, StepError, StepPolicy, StepResult, SuspendReason,
    Workflow, workflow,
};
use onbehalf_identity::RequestContext;
use onbehalf_models::{EndReason, Limits, Message, ModelFailure, Request, ToolOffer};
use onbehalf_runs::hosted::{AgentCard, Hosted, OwnTool, Plans};
use onbehalf_runs::portal::Portals;
use onbehalf_runs::run::EarlierRuns;
use onbehalf_runs::thread::Threads;
use onbehalf_runs::{ApprovalMode, Decided, RunReason};

/// How long one answer may take. Long answers stream for a minute or two.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(180);
/// Names what was said before, as a turn has read it.
const HISTORY: &str = "history";

/// A turn of this agent.
pub struct Turn<A>(PhantomData<A>);

/// What a turn acts through.
pub struct TurnServices {
    /// The apps, the tools and the policy.
    pub(super) call: CallServices,
    model: Option<LentModel>,
    offers: Rc<Vec<ToolOffer>>,
    limits: TurnLimits,
    threads: Rc<dyn Threads>,
    pub(super) runs: Rc<dyn EarlierRuns>,
    pub(super) accounts_are_shared: bool,
}

impl Connected for TurnServices {
    fn scalekit(&self) -> &Scalekit {
        self.call.scalekit()
    }

    fn portals(&self) -> &Portals {
        self.call.portals()
    }
}

/// What its steps share: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnState {}

impl<A: Agent> Definition for Turn<A> {
    const ID: &'static str = A::ID;
    const VERSION: u32 = 1;
    type Input = TurnInput;
    type State = TurnState;
    type Context = RequestContext;
    type Result = TurnResult;
    type Services = TurnServices;
    type Reason = RunReason;

    fn outcome(result: &TurnResult) -> Outcome {
        match result.end {
            TurnEnd::Answered => Outcome::Done,
            end => Outcome::Failed {
                reason: end.name().to_owned(),
            },
        }
    }

    fn counts(result: &TurnResult) -> Vec<(&'static str, u64)> {
        vec![
            ("answers", u64::from(result.steps)),
            ("tokens", result.tokens),
            (
                "calls",
                u64::try_from(result.calls.len()).unwrap_or(u64::MAX),
            ),
        ]
    }
}

impl<A: Agent> Acts for Turn<A> {
    const NEEDS: &'static [Need] = A::NEEDS;

    /// Each turn says so in its input.
    fn waits_for_connections(_: &TurnState) -> bool {
        true
    }
}

impl<A: Agent> Hosted<Lent> for Turn<A> {
    const TITLE: &'static str = A::TITLE;
    const DESCRIPTION: &'static str = A::DESCRIPTION;
    const SCHEDULE: Option<&'static str> = None;
    const AGENT: Option<fn(&TurnLimits) -> AgentCard> = Some(|limits| {
        let spec = A::spec();
        AgentCard {
            opening: A::OPENING,
            tools: spec.tools,
            catalogue: spec.catalogue,
            own_tools: own_tools(spec.runs),
            limits: limits.card(),
        }
    });
    const SETTINGS_KEY: &'static str = A::SETTINGS_KEY;
    type Settings = TurnLimits;
    const PLANS: Option<Plans<TurnInput, TurnLimits>> = Some(Plans {
        asked: |input| &mut input.approval,
        // What the policy asks for depends on the call.
        demanded: |_| ApprovalMode::None,
    });
    const USES: &'static [Need] = A::NEEDS;

    fn settings(text: Option<&str>) -> Result<TurnLimits, String> {
        A::spec().limits.tuned(text)
    }

    fn services(lent: Lent, limits: TurnLimits) -> TurnServices {
        TurnServices {
            call: CallServices::new(lent.means, lent.policy),
            model: lent.models.of(A::spec().model),
            offers: lent.offers,
            limits,
            threads: lent.threads,
            runs: lent.runs,
            accounts_are_shared: lent.accounts_are_shared,
        }
    }

    fn chain() -> Workflow<Self> {
        workflow::<Self>()
            .then(Ask(PhantomData))
            .writes::<TurnWrite>()
            .build()
    }
}

/// The tools that ask no app.
fn own_tools(runs: &[&'static str]) -> Vec<OwnTool> {
    let tool = |workflow: &&'static str| OwnTool {
        id: latest::name_of(workflow),
        description: latest::description(workflow),
    };
    runs.iter().map(tool).collect()
}

/// The whole turn, as one step: what it has come to is kept piece by piece, and a resume, a crash or a
/// deployment goes on behind the last piece.
pub struct Ask<A>(PhantomData<A>);

/// A turn on its way.
#[derive(Default)]
struct Way {
    taken: Taken,
    steps: u32,
    text: String,
    calls: Vec<MadeCall>,
    pieces: Vec<Piece>,
}

impl Way {
    fn ended(&mut self, end: TurnEnd, home: &str) -> TurnResult {
        TurnResult {
            end,
            text: shown(&self.text, home),
            calls: std::mem::take(&mut self.calls),
            steps: self.steps,
            tokens: self.taken.tokens,
            failure: None,
        }
    }
}

#[async_trait(?Send)]
impl<A: Agent> Step<Turn<A>> for Ask<A> {
    type Input = TurnInput;
    type Output = TurnResult;

    fn id(&self) -> &'static str {
        STEP
    }

    fn policy(&self) -> StepPolicy {
        write_policy()
    }

    async fn run(
        &self,
        input: TurnInput,
        cx: &StepContext<Turn<A>>,
    ) -> StepResult<Turn<A>, TurnResult> {
        let mut way = Way::default();
        let result = match go::<A>(&mut way, &input, cx).await? {
            Came::Waits(reason) => return Ok(Flow::Suspend(reason)),
            Came::To(result) => result,
        };
        if let Some(turn) = &input.thread {
            way.pieces.push(Piece::Ended(Ending::of(&result)));
            let kept = thread::kept(&result.text, &way.pieces)?;
            thread::kept_in(cx.services().threads.keep(turn, kept).await)?;
        }
        Ok(Flow::Next(result))
    }
}

/// What a turn has come to.
enum Came {
    /// Its end.
    To(TurnResult),
    /// Nothing yet: it waits.
    Waits(SuspendReason<RunReason>),
}

/// Goes the way of a turn as far as it leads now.
async fn go<A: Agent>(
    way: &mut Way,
    input: &TurnInput,
    cx: &StepContext<Turn<A>>,
) -> Result<Came, StepError> {
    let services = cx.services();
    let home = services.call.usual.public_url.as_str();
    let Some(model) = &services.model else {
        return Ok(Came::To(way.ended(TurnEnd::NoModel, home)));
    };
    let mut request = first_request::<A>(input, cx).await?;
    for step in 0..services.limits.steps {
        if let Some(over) = services.limits.over(way.taken) {
            return Ok(Came::To(way.ended(end_of(over), home)));
        }
        let kept = match answer(step, model, &request, cx).await? {
            Ok(kept) => kept,
            Err(failure) => {
                let failed = way.ended(TurnEnd::ModelFailed, home);
                return Ok(Came::To(TurnResult {
                    failure: Some(failure.name().to_owned()),
                    ..failed
                }));
            }
        };
        let KeptAnswer { answer, millis } = kept;
        way.steps = step + 1;
        way.text.clone_from(&answer.text);
        way.pieces.push(Piece::answer(step, &answer, home));
        way.taken.tokens = way.taken.tokens.saturating_add(answer.usage.total());
        way.taken.millis = way.taken.millis.saturating_add(millis);
        let cost = model.prices.cost(answer.usage);
        way.taken.cost = way.taken.cost.saturating_add(cost);
        let end = match answer.end {
            EndReason::Calls => None,
            EndReason::Stop => Some(TurnEnd::Answered),
            EndReason::Length => Some(TurnEnd::CutOff),
            EndReason::Withheld => Some(TurnEnd::Withheld),
        };
        if let Some(end) = end {
            return Ok(Came::To(way.ended(end, home)));
        }
        let made = match calls::make::<A>(step, &answer.calls, input, cx).await? {
            calls::Came::Waits(reason) => return Ok(Came::Waits(reason)),
            calls::Came::Results(made) => made,
        };
        let decided = cx.kept::<Decided>(&decision_name(step))?;
        way.pieces.extend(decided.as_ref().map(Piece::decided));
        let mut results = Vec::new();
        for (index, (result, kept)) in made.into_iter().enumerate() {
            way.pieces
                .push(Piece::result(CallAt { step, index }, &kept));
            way.calls.push(kept.made);
            results.push(result);
        }
        request.messages.push(Message::Model {
            text: answer.text,
            calls: answer.calls,
        });
        request.messages.push(Message::Results(results));
    }
    Ok(Came::To(way.ended(TurnEnd::TooManySteps, home)))
}

const fn end_of(over: Over) -> TurnEnd {
    match over {
        Over::Tokens => TurnEnd::TooManyTokens,
        Over::Time => TurnEnd::OutOfTime,
        Over::Money => TurnEnd::OutOfMoney,
    }
}

async fn first_request<A: Agent>(
    input: &TurnInput,
    cx: &StepContext<Turn<A>>,
) -> Result<Request, StepError> {
    let services = cx.services();
    let spec = A::spec();
    let before = match &input.thread {
        // What was said is read once: later attempts see the same, whatever was said or deleted since.
        Some(turn) => {
            let read = || async { thread::read(services.threads.history(turn).await) };
            cx.memo(HISTORY, read).await?
        }
        None => Vec::new(),
    };
    let message = input.message.as_deref().unwrap_or(A::OPENING);
    let offers = services.offers.iter();
    let opened = catalogue::offers(cx).await;
    Ok(Request {
        instructions: spec.instructions.to_owned(),
        messages: thread::conversation(before, message, cx.context()),
        tools: offers
            .filter(|it| spec.tools.contains(&it.name.as_str()))
            .cloned()
            .chain(latest::offers(spec.runs))
            .chain(opened)
            .collect(),
        limits: Limits {
            max_tokens: services.limits.answer_tokens,
            timeout: ANSWER_TIMEOUT,
        },
    })
}

/// The model's answer of this number: the one that is kept, or a new one, which is kept before anything
/// follows from it.
async fn answer<A: Agent>(
    step: u32,
    model: &LentModel,
    request: &Request,
    cx: &StepContext<Turn<A>>,
) -> Result<Result<KeptAnswer, ModelFailure>, StepError> {
    let name = answer_name(step);
    if let Some(kept) = cx.kept(&name)? {
        return Ok(Ok(kept));
    }
    cx.checkpoint()?;
    let began = cx.now();
    match model.model.answer(request, &mut |_| {}).await {
        Ok(answer) => {
            let millis = cx.now().since(began).as_millis();
            let kept = KeptAnswer {
                answer,
                millis: u64::try_from(millis).unwrap_or(u64::MAX),
            };
            Ok(Ok(cx.memo(&name, || async { Ok(kept) }).await?))
        }
        Err(failure) if failure.may_pass() => Err(StepError::Retry {
            message: failure.to_string(),
            after: failure.retry_after().map(Duration::from_secs),
        }),
        Err(failure) => Ok(Err(failure)),
    }
}
