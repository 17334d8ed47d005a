//! What the engine promises, on a small workflow of its own: no apps, no HTTP.

mod common;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use common::{HALF, morning};
use onbehalf_clock::Clock;
use onbehalf_clock::testkit::HandClock;
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Branch, CommandError, Definition, End, Engine, Flow, ForEach, Head, Host, JournalStore,
    Parallel, PublishError, Reason, Record, Refusal, ResumedBy, RetryPolicy, RunFailure, RunLog,
    RunStatus, Runner, Sleep, Started, Step, StepContext, StepError, StepPolicy, StepResult,
    SuspendReason, Workflow, workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

struct Sums;

impl Definition for Sums {
    const ID: &'static str = "sums";
    const VERSION: u32 = 1;
    type Input = Vec<i64>;
    type State = Notes;
    type Context = String;
    type Result = String;
    type Services = World;
    type Reason = Errand;
}

/// What a step may wait for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
enum Errand {
    Signatures { of: Vec<String> },
}

impl Reason for Errand {
    type Answer = Vec<String>;

    fn name(&self) -> &'static str {
        "signatures"
    }

    fn accept(&self, signed: Vec<String>) -> Result<Vec<String>, String> {
        let Self::Signatures { of } = self;
        (signed == *of)
            .then_some(signed)
            .ok_or_else(|| format!("{of:?} must sign"))
    }

    fn parts(&self) -> Vec<String> {
        let Self::Signatures { of } = self;
        of.clone()
    }

    fn once_came(&self, signed: &[String]) -> Option<Vec<String>> {
        let Self::Signatures { of } = self;
        of.iter()
            .all(|name| signed.contains(name))
            .then(|| of.clone())
    }
}

fn ann() -> Vec<String> {
    vec!["ann".to_owned()]
}

/// Waits for signatures.
struct Sign(Vec<String>);

#[async_trait(?Send)]
impl Step<Sums> for Sign {
    type Input = Vec<i64>;
    type Output = String;

    fn id(&self) -> &'static str {
        "sign"
    }

    async fn run(&self, _: Vec<i64>, cx: &StepContext<Sums>) -> StepResult<Sums, String> {
        Ok(match cx.answer() {
            Some(signed) => Flow::Next(format!("signed by {}", signed.join(" and "))),
            None => Flow::Suspend(Errand::Signatures { of: self.0.clone() }.into()),
        })
    }
}

fn signed() -> Workflow<Sums> {
    workflow::<Sums>().then(Sign(ann())).build()
}

#[derive(Default, Serialize, Deserialize)]
struct Notes {
    seen: Vec<String>,
}

/// What the steps can see of the outside, and how often they looked.
#[derive(Default)]
struct World {
    doubled: Cell<u32>,
    summed: Cell<u32>,
    failing: Cell<u32>,
    waiting: Cell<bool>,
}

struct Double;

#[async_trait(?Send)]
impl Step<Sums> for Double {
    type Input = i64;
    type Output = i64;

    fn id(&self) -> &'static str {
        "double"
    }

    async fn run(&self, input: i64, cx: &StepContext<Sums>) -> StepResult<Sums, i64> {
        let world = cx.services();
        world.doubled.set(world.doubled.get() + 1);
        if input == 3 && world.waiting.get() {
            let until = cx.now().plus(Duration::from_secs(60));
            return Ok(Flow::Suspend(SuspendReason::RateLimited { until }));
        }
        Ok(Flow::Next(input * 2))
    }
}

fn patient() -> StepPolicy {
    let retry = RetryPolicy {
        first_pause: Duration::from_secs(10),
        longest_pause: Duration::from_secs(60),
    };
    StepPolicy {
        patience: Duration::from_secs(600),
        retry,
        ..StepPolicy::default()
    }
}

struct Sum;

#[async_trait(?Send)]
impl Step<Sums> for Sum {
    type Input = Vec<i64>;
    type Output = i64;

    fn id(&self) -> &'static str {
        "sum"
    }

    fn policy(&self) -> StepPolicy {
        patient()
    }

    async fn run(&self, input: Vec<i64>, cx: &StepContext<Sums>) -> StepResult<Sums, i64> {
        let world = cx.services();
        world.summed.set(world.summed.get() + 1);
        if world.failing.get() > 0 {
            world.failing.set(world.failing.get() - 1);
            return Err(StepError::retry("not now"));
        }
        cx.update_state(|notes| notes.seen.push("sum".into()));
        Ok(Flow::Next(input.iter().sum()))
    }
}

struct Count;

#[async_trait(?Send)]
impl Step<Sums> for Count {
    type Input = Vec<i64>;
    type Output = i64;

    fn id(&self) -> &'static str {
        "count"
    }

    fn policy(&self) -> StepPolicy {
        patient()
    }

    async fn run(&self, input: Vec<i64>, _: &StepContext<Sums>) -> StepResult<Sums, i64> {
        Ok(Flow::Next(i64::try_from(input.len()).unwrap_or(0)))
    }
}

struct Say(&'static str);

#[async_trait(?Send)]
impl Step<Sums> for Say {
    type Input = (i64, i64);
    type Output = String;

    fn id(&self) -> &'static str {
        self.0
    }

    fn requires(&self, context: &String, state: &Notes) -> Result<(), String> {
        (context == "alice" && state.seen.contains(&"sum".to_owned()))
            .then_some(())
            .ok_or_else(|| "nothing was summed for alice".to_owned())
    }

    async fn run(&self, input: (i64, i64), _: &StepContext<Sums>) -> StepResult<Sums, String> {
        Ok(Flow::Next(format!(
            "{}: {} of {}",
            self.0, input.0, input.1
        )))
    }
}

fn sums() -> Workflow<Sums> {
    workflow::<Sums>()
        .then(ForEach::new("double-all", 2, Double))
        .then(Parallel::new("tally", Sum, Count))
        .then(Sleep::new("rest", Duration::from_secs(3600)))
        .then(Branch::new(
            "say",
            |(sum, _): &(i64, i64), _: &Notes| *sum > 10,
            Say("much"),
            Say("little"),
        ))
        .build()
}

#[derive(Default)]
struct Told(RefCell<Vec<RunStatus>>);

#[async_trait(?Send)]
impl Host for Told {
    async fn publish(&self, head: &Head) -> Result<(), PublishError> {
        self.0.borrow_mut().push(head.status);
        Ok(())
    }
}

/// One run, over storage that outlives its runner.
struct Stage {
    store: Rc<MemoryStore>,
    clock: Rc<HandClock>,
    world: Rc<World>,
    told: Rc<Told>,
}

impl Stage {
    fn new() -> Self {
        Self {
            store: Rc::new(MemoryStore::default()),
            clock: morning(),
            world: Rc::new(World::default()),
            told: Rc::new(Told::default()),
        }
    }

    /// A runner as a fresh process would make it.
    fn open(&self) -> Runner<Errand> {
        self.open_with(sums())
    }

    fn open_with(&self, workflow: Workflow<Sums>) -> Runner<Errand> {
        let clock: Rc<dyn Clock> = Rc::clone(&self.clock) as Rc<dyn Clock>;
        let store: Rc<dyn JournalStore> = Rc::clone(&self.store) as Rc<dyn JournalStore>;
        let log = RunLog::open(store, Rc::clone(&clock)).expect("a readable journal");
        let engine = Engine {
            workflow: Rc::new(workflow),
            services: Ok(Rc::clone(&self.world)),
            clock,
            random: Rc::new(HALF),
            host: Rc::clone(&self.told) as Rc<dyn Host>,
            spent: Rc::new(|| false),
        };
        Runner::new(engine, Rc::new(log))
    }

    fn started(input: Value) -> Started {
        Started {
            run_id: "run_1".into(),
            workflow: Sums::ID.into(),
            version: Sums::VERSION,
            owner: "owner".into(),
            context: json!("alice"),
            input,
            trace_id: None,
        }
    }

    async fn start(&self, input: Value) {
        let started = Self::started(input);
        self.open().start(started).await.expect("started");
    }

    /// Lets time pass until the alarm, and answers it in a fresh process.
    async fn ring(&self) -> bool {
        let Some(at) = self.store.take_alarm() else {
            return false;
        };
        self.clock.move_to(at);
        self.open().advance().await.expect("advanced");
        true
    }

    /// As [`Self::ring`], with another chain than [`sums`].
    async fn ring_with(&self, workflow: Workflow<Sums>) -> bool {
        let Some(at) = self.store.take_alarm() else {
            return false;
        };
        self.clock.move_to(at);
        let done = self.open_with(workflow).advance().await;
        done.expect("advanced");
        true
    }

    fn head(&self) -> Head {
        self.store.head().expect("readable").expect("a run")
    }

    fn status(&self) -> RunStatus {
        self.head().status
    }

    fn end(&self) -> Option<End> {
        self.open().log().end().expect("readable")
    }

    /// The steps in the order they began, each with its attempts.
    fn steps(&self) -> Vec<(String, u32)> {
        let mut steps: Vec<(String, u32)> = Vec::new();
        for entry in self.store.entries_after(0, usize::MAX).expect("rows") {
            if let Record::StepStarted { step, attempt, .. } = entry.record {
                steps.retain(|(known, _)| *known != step);
                steps.push((step, attempt));
            }
        }
        steps
    }

    async fn until_ended(&self) -> Option<End> {
        while self.ring().await {}
        self.end()
    }
}

fn completed(result: &str) -> Option<End> {
    Some(End::Completed(json!(result)))
}

#[tokio::test]
async fn a_chain_of_parts_runs_to_its_result() {
    let stage = Stage::new();
    stage.start(json!([1, 2, 3])).await;
    let began = stage.clock.now();
    assert_eq!(stage.until_ended().await, completed("much: 12 of 3"));
    assert_eq!(
        stage.clock.now().since(began),
        Duration::from_secs(3600),
        "the rest was kept"
    );
    let steps = stage.steps();
    let ids: Vec<&str> = steps.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["double-all", "tally", "rest", "say"]);
    assert_eq!(
        *stage.told.0.borrow(),
        [RunStatus::Suspended, RunStatus::Completed]
    );
}

#[tokio::test]
async fn a_branch_is_chosen_by_its_input() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert_eq!(stage.until_ended().await, completed("little: 2 of 1"));
}

#[tokio::test]
async fn items_that_are_done_are_not_done_again_when_another_waits() {
    let stage = Stage::new();
    stage.world.waiting.set(true);
    stage.start(json!([1, 2, 3])).await;
    assert!(stage.ring().await);
    assert_eq!(stage.status(), RunStatus::Suspended);
    assert_eq!(stage.world.doubled.get(), 3);
    stage.world.waiting.set(false);
    stage.until_ended().await;
    assert_eq!(stage.status(), RunStatus::Completed);
    assert_eq!(
        stage.world.doubled.get(),
        4,
        "only the third was done again"
    );
}

#[tokio::test]
async fn failed_attempts_are_spaced() {
    let stage = Stage::new();
    stage.world.failing.set(2);
    stage.start(json!([1])).await;
    let began = stage.clock.now();
    assert!(stage.ring().await);
    assert_eq!(stage.status(), RunStatus::Running);
    stage.until_ended().await;
    assert_eq!(stage.status(), RunStatus::Completed);
    assert_eq!(stage.steps()[1], ("tally".to_owned(), 3));
    assert!(stage.clock.now().since(began) > Duration::from_secs(3600 + 14));
}

#[tokio::test]
async fn a_sleep_keeps_its_due_time_over_any_restart() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring().await);
    let due = stage.store.alarm().expect("an alarm");
    stage
        .clock
        .move_to(stage.clock.now().plus(Duration::from_secs(1_800)));
    stage.open().advance().await.expect("a ring too early");
    assert_eq!(stage.store.alarm(), Some(due));
    assert_eq!(stage.status(), RunStatus::Suspended);
}

fn approver(n: usize) -> ResumedBy {
    let principal = format!("p_{n}");
    ResumedBy::Approver { principal }
}

#[tokio::test]
async fn of_many_resumes_one_wins_and_the_others_learn_who() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring_with(signed()).await);
    let runner = stage.open_with(signed());
    let resumes = (0..50).map(|n| {
        let runner = &runner;
        async move { runner.resume(Some(1), approver(n), ann()).await }
    });
    let answers = futures::future::join_all(resumes).await;
    let won: Vec<usize> = (0..50).filter(|n| answers[*n].is_ok()).collect();
    assert_eq!(won.len(), 1);
    let winner = approver(won[0]);
    for answer in answers.into_iter().filter_map(Result::err) {
        let CommandError::Refused(Refusal::AlreadyResumed { by, .. }) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(by, winner);
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_the_reason_is_refused() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring_with(signed()).await);
    let runner = stage.open_with(signed());
    let by = || ResumedBy::Owner;
    for (number, answer) in [(1, vec!["bob".to_owned()]), (7, ann())] {
        let refused = runner.resume(Some(number), by(), answer).await;
        assert!(matches!(
            refused,
            Err(CommandError::Refused(Refusal::WrongPayload(_)))
        ));
    }
    assert_eq!(stage.status(), RunStatus::Suspended);
}

#[tokio::test]
async fn a_planned_pause_is_ended_by_nobody() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring().await);
    let refused = stage.open().resume(Some(1), ResumedBy::Owner, ann()).await;
    let Err(CommandError::Refused(Refusal::WrongPayload(text))) = refused else {
        panic!("{refused:?}");
    };
    assert!(text.contains("sleeping"), "{text}");
}

#[tokio::test]
async fn what_comes_in_parts_is_waited_for_until_all_have_come() {
    let both = || {
        let of = vec!["ann".to_owned(), "bob".to_owned()];
        workflow::<Sums>().then(Sign(of)).build()
    };
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring_with(both()).await);
    let runner = stage.open_with(both());
    for part in ["bob", "bob", "mallory"] {
        let by = ResumedBy::Connection { event: "e".into() };
        runner.part_came(1, part, by).await.expect("told");
        assert_eq!(stage.status(), RunStatus::Suspended);
    }
    let by = ResumedBy::Connection { event: "e".into() };
    runner.part_came(1, "ann", by).await.expect("told");
    while stage.ring_with(both()).await {}
    assert_eq!(stage.end(), completed("signed by ann and bob"));
}

#[tokio::test]
async fn time_does_not_hide_who_answered() {
    let chain = || {
        workflow::<Sums>()
            .then(Sleep::new("first-rest", Duration::from_secs(60)))
            .then(Sign(ann()))
            .then(Sleep::new("rest", Duration::from_secs(60)))
            .build()
    };
    let stage = Stage::new();
    stage.start(json!([1])).await;
    while stage.ring_with(chain()).await {}
    let runner = stage.open_with(chain());
    let number = stage.head().suspensions;
    runner
        .resume(None, approver(7), ann())
        .await
        .expect("resumed");
    while stage.ring_with(chain()).await {}
    assert_eq!(stage.status(), RunStatus::Completed);
    let head = stage.head();
    assert_eq!(head.resumed.map(|it| it.by), Some(ResumedBy::Time));
    let answered = head.answered.expect("an answer");
    assert_eq!((answered.number, answered.by), (number, approver(7)));
    let runner = stage.open();
    let again = runner.resume(Some(number), ResumedBy::Owner, ann());
    assert!(matches!(
        again.await,
        Err(CommandError::Refused(Refusal::AlreadyResumed { by, .. })) if by == approver(7)
    ));
}

#[tokio::test]
async fn a_cancelled_run_stays_cancelled() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring().await);
    stage.open().cancel("owner").await.expect("acknowledged");
    stage
        .open()
        .cancel("owner")
        .await
        .expect("acknowledged again");
    let refused = stage.open().resume(Some(1), ResumedBy::Owner, ann()).await;
    assert!(refused.is_err());
    assert_eq!(stage.until_ended().await, Some(End::Cancelled));
}

#[tokio::test]
async fn a_cancel_that_was_not_stored_is_acknowledged_to_nobody() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring().await);
    let runner = stage.open();
    stage.store.refuse_next();
    let asked = [runner.cancel("owner"), runner.cancel("owner")];
    for answer in futures::future::join_all(asked).await {
        assert!(
            matches!(answer, Err(CommandError::Storage(_))),
            "{answer:?}"
        );
    }
    let resumed = runner.resume(Some(1), ResumedBy::Owner, ann()).await;
    assert!(
        matches!(resumed, Err(CommandError::Storage(_))),
        "nothing is decided against what was not stored: {resumed:?}"
    );
    stage.until_ended().await;
    assert_eq!(stage.status(), RunStatus::Completed);
}

#[tokio::test]
async fn a_start_that_was_not_stored_is_acknowledged_to_nobody() {
    let stage = Stage::new();
    let runner = stage.open();
    stage.store.refuse_next();
    let asked = [(); 2].map(|()| runner.start(Stage::started(json!([1]))));
    for answer in futures::future::join_all(asked).await {
        assert!(answer.is_err());
    }
    stage.start(json!([1])).await;
    stage.until_ended().await;
    assert_eq!(stage.status(), RunStatus::Completed);
}

#[tokio::test]
async fn a_step_whose_requirement_is_not_met_does_not_run() {
    let stage = Stage::new();
    let started = Started {
        run_id: "run_1".into(),
        workflow: Sums::ID.into(),
        version: Sums::VERSION,
        owner: "owner".into(),
        context: json!("mallory"),
        input: json!([1]),
        trace_id: None,
    };
    stage.open().start(started).await.expect("started");
    let Some(End::Failed(failure)) = stage.until_ended().await else {
        panic!("{:?}", stage.end());
    };
    assert!(failure.to_string().contains("alice"), "{failure}");
}

#[tokio::test]
async fn a_deployment_that_keeps_the_steps_done_so_far_is_compatible() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring().await);
    let longer = || {
        workflow::<Sums>()
            .then(ForEach::new("double-all", 2, Double))
            .then(Parallel::new("tally", Sum, Count))
            .then(Sleep::new("rest", Duration::from_secs(3600)))
            .then(Sleep::new("another-rest", Duration::from_secs(60)))
            .then(Say("in-the-end"))
            .build()
    };
    while stage.ring_with(longer()).await {}
    assert_eq!(stage.end(), completed("in-the-end: 2 of 1"));
}

#[tokio::test]
async fn a_deployment_that_changes_the_steps_done_so_far_stops_the_run() {
    let stage = Stage::new();
    stage.start(json!([1])).await;
    assert!(stage.ring().await);
    let other = || {
        workflow::<Sums>()
            .then(Parallel::new("tally", Sum, Count))
            .then(Sleep::new("rest", Duration::from_secs(3600)))
            .then(Say("changed"))
            .build()
    };
    while stage.ring_with(other()).await {}
    assert!(matches!(
        stage.end(),
        Some(End::Failed(RunFailure::DefinitionChanged { .. }))
    ));
}

#[tokio::test]
async fn the_stored_head_is_the_journal_folded() {
    let stage = Stage::new();
    stage.world.failing.set(1);
    stage.start(json!([1, 2, 3])).await;
    stage.until_ended().await;
    let mut folded: Option<Head> = None;
    for entry in stage.store.entries_after(0, usize::MAX).expect("rows") {
        match (&entry.record, &mut folded) {
            (onbehalf_engine::Record::Started(started), head) => {
                *head = Some(Head::begin((**started).clone(), entry.at));
            }
            (record, Some(head)) => head.apply(entry.seq, entry.at, record),
            (_, None) => panic!("a journal begins with its start"),
        }
    }
    let mut stored = stage.store.head().expect("readable").expect("a head");
    let mut folded = folded.expect("a head");
    // Whether the outside knows is not part of the journal; records that leave the head as it is
    // stored leave its time too.
    stored.unpublished = folded.unpublished;
    folded.updated_at = stored.updated_at;
    assert_eq!(folded, stored);
}
