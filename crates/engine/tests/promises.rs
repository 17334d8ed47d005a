//! The promises where they are hardest: time, crashes, damage, wrong settings, shared state.

mod common;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use common::{HALF, morning};
use futures::FutureExt;
use onbehalf_clock::Clock;
use onbehalf_clock::testkit::HandClock;
use onbehalf_engine::memory::MemoryStore;
use onbehalf_engine::{
    Definition, Effect, EffectKey, EffectOutcome, End, Engine, Flow, Found, Head, Host,
    JournalStore, NoReason, Outcome, Parallel, Performed, Permit, PublishError, Reason, Record,
    ResumedBy, RunFailure, RunLog, RunStatus, Runner, Settled, Started, Step, StepContext,
    StepError, StepPolicy, StepResult, SuspendReason, TroubleKind, Workflow, workflow,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a step does in one attempt.
#[derive(Clone, Copy, Debug)]
enum Act {
    Fail,
    Hang,
    Yield,
    Ask,
    AskDaily,
    Limited(u64),
    Go,
}

#[derive(Default)]
struct World {
    store: RefCell<Option<Rc<MemoryStore>>>,
    acts: RefCell<VecDeque<Act>>,
    attempts: Cell<u32>,
    /// What sending letters comes to; landed when nothing is left.
    sent: RefCell<VecDeque<Performed<u32, String>>>,
    sends: Cell<u32>,
    /// Whether the intent was on record when the letter left.
    intents: Cell<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
enum Question {
    MayI,
    /// The same, and looked at again after a day though nobody answers.
    MayIDaily,
}

impl Reason for Question {
    type Answer = bool;

    fn name(&self) -> &'static str {
        "may_i"
    }

    fn accept(&self, answer: bool) -> Result<bool, String> {
        Ok(answer)
    }

    fn look_again_after(&self, _: u32) -> Option<Duration> {
        (*self == Self::MayIDaily).then_some(A_DAY)
    }
}

struct Plain;

impl Definition for Plain {
    const ID: &'static str = "plain";
    const VERSION: u32 = 1;
    type Input = ();
    type State = Vec<String>;
    type Context = ();
    type Result = Vec<String>;
    type Services = World;
    type Reason = Question;

    fn outcome(result: &Vec<String>) -> Outcome {
        match result.as_slice() {
            [] => Outcome::Failed {
                reason: "nothing".into(),
            },
            _ => Outcome::Partial {
                missing: vec!["linear".into()],
            },
        }
    }

    fn counts(result: &Vec<String>) -> Vec<(&'static str, u64)> {
        vec![("seen", result.len() as u64)]
    }
}

/// How long the scripted step is tried.
const PATIENCE: Duration = Duration::from_secs(1_000);
const A_DAY: Duration = Duration::from_secs(86_400);

/// Does what the script says, an act an attempt, for so long; goes on when nothing is left of it.
struct Scripted(Duration);

#[async_trait(?Send)]
impl Step<Plain> for Scripted {
    type Input = ();
    type Output = ();

    fn id(&self) -> &'static str {
        "scripted"
    }

    fn policy(&self) -> StepPolicy {
        StepPolicy {
            patience: self.0,
            ..StepPolicy::default()
        }
    }

    async fn run(&self, (): (), cx: &StepContext<Plain>) -> StepResult<Plain, ()> {
        let world = cx.services();
        world.attempts.set(world.attempts.get() + 1);
        let act = world.acts.borrow_mut().pop_front().unwrap_or(Act::Go);
        match act {
            Act::Fail => Err(StepError::retry("not now")),
            Act::Hang => std::future::pending().await,
            Act::Yield => Err(StepError::Interrupted(onbehalf_engine::Interrupt::Yield)),
            Act::Ask if cx.answer().is_none() => Ok(Flow::Suspend(Question::MayI.into())),
            Act::AskDaily if cx.answer().is_none() => Ok(Flow::Suspend(Question::MayIDaily.into())),
            Act::Limited(seconds) => Ok(Flow::Suspend(SuspendReason::RateLimited {
                until: cx.now().plus(Duration::from_secs(seconds)),
            })),
            Act::Ask | Act::AskDaily | Act::Go => Ok(Flow::Next(())),
        }
    }
}

/// Writes its name into the shared state, and fails or hangs as the script says.
struct Notes(&'static str, bool);

#[async_trait(?Send)]
impl Step<Plain> for Notes {
    type Input = ();
    type Output = ();

    fn id(&self) -> &'static str {
        self.0
    }

    async fn run(&self, (): (), cx: &StepContext<Plain>) -> StepResult<Plain, ()> {
        cx.update_state(|seen| seen.push(self.0.to_owned()));
        if self.1 {
            return Scripted(PATIENCE).run((), cx).await;
        }
        Ok(Flow::Next(()))
    }
}

#[derive(Serialize, Deserialize)]
struct Letter;

#[async_trait(?Send)]
impl Effect for Letter {
    const KIND: &'static str = "letter";
    type Services = World;
    type Context = ();
    type Receipt = u32;
    type Failure = String;

    async fn perform(
        &self,
        world: &World,
        (): &(),
        key: &EffectKey,
        permit: &Permit,
    ) -> Performed<u32, String> {
        let open = |world: &World| {
            let store = world.store.borrow();
            let history = store.as_ref().map(|store| store.effect(key));
            history.is_some_and(|it| it.is_ok_and(|it| it.open.is_some()))
        };
        // Whatever is awaited before, nothing says that the letter has left.
        assert!(!open(world), "an intent before the permit was asked");
        if !permit.granted() {
            return Performed::NotSent;
        }
        world.sends.set(world.sends.get() + 1);
        world
            .intents
            .set(world.intents.get() + u32::from(open(world)));
        let scripted = world.sent.borrow_mut().pop_front();
        scripted.unwrap_or(Performed::Landed(1))
    }

    async fn find(&self, _: &World, (): &(), _: &EffectKey) -> Found<u32> {
        Found::Absent
    }

    fn visible_after(&self, _: &World) -> Duration {
        Duration::from_secs(30)
    }
}

struct Post;

#[async_trait(?Send)]
impl Step<Plain> for Post {
    type Input = ();
    type Output = ();

    fn id(&self) -> &'static str {
        "post"
    }

    fn policy(&self) -> StepPolicy {
        Scripted(PATIENCE).policy()
    }

    async fn run(&self, (): (), cx: &StepContext<Plain>) -> StepResult<Plain, ()> {
        let end = match cx.effect("one", &Letter).await? {
            Settled::Landed(_) => "landed".to_owned(),
            Settled::Refused(why) => format!("refused: {why}"),
            Settled::Expired(why) => format!("expired: {why:?}"),
            Settled::UnknownOutcome => "unknown".to_owned(),
            Settled::Deferred(_, until) => {
                return Ok(Flow::Suspend(SuspendReason::RateLimited { until }));
            }
            Settled::Pending(until) => {
                return Ok(Flow::Suspend(SuspendReason::Retrying { until }));
            }
        };
        cx.update_state(|seen| seen.push(end));
        Ok(Flow::Next(()))
    }
}

/// Hands out the shared state.
struct Tell;

#[async_trait(?Send)]
impl Step<Plain> for Tell {
    type Input = ();
    type Output = Vec<String>;

    fn id(&self) -> &'static str {
        "tell"
    }

    async fn run(&self, (): (), cx: &StepContext<Plain>) -> StepResult<Plain, Vec<String>> {
        Ok(Flow::Next(cx.state().clone()))
    }
}

/// Turns the pair of a parallel step into nothing.
struct Both;

#[async_trait(?Send)]
impl Step<Plain> for Both {
    type Input = ((), ());
    type Output = ();

    fn id(&self) -> &'static str {
        "both"
    }

    async fn run(&self, _: ((), ()), _: &StepContext<Plain>) -> StepResult<Plain, ()> {
        Ok(Flow::Next(()))
    }
}

fn scripted() -> Workflow<Plain> {
    workflow::<Plain>()
        .then(Scripted(PATIENCE))
        .then(Tell)
        .build()
}

fn posting() -> Workflow<Plain> {
    let chain = workflow::<Plain>().then(Post).then(Tell);
    chain.writes::<Letter>().build()
}

fn side_by_side() -> Workflow<Plain> {
    let parts = Parallel::new("parts", Notes("left", false), Notes("right", true));
    workflow::<Plain>()
        .then(parts)
        .then(Both)
        .then(Tell)
        .build()
}

#[derive(Default)]
struct Index {
    deaf: Cell<bool>,
    told: RefCell<Vec<Head>>,
}

#[async_trait(?Send)]
impl Host for Index {
    async fn publish(&self, head: &Head) -> Result<(), PublishError> {
        if self.deaf.get() {
            return Err(PublishError("away".into()));
        }
        self.told.borrow_mut().push(head.clone());
        Ok(())
    }
}

/// One run over storage that outlives its processes.
struct Stage {
    chain: fn() -> Workflow<Plain>,
    store: Rc<MemoryStore>,
    clock: Rc<HandClock>,
    world: Rc<World>,
    index: Rc<Index>,
    wrong: RefCell<Option<String>>,
}

impl Stage {
    async fn start(chain: fn() -> Workflow<Plain>, acts: &[Act]) -> Self {
        let store = Rc::new(MemoryStore::default());
        let world = World {
            store: RefCell::new(Some(Rc::clone(&store))),
            acts: RefCell::new(acts.iter().copied().collect()),
            ..World::default()
        };
        let stage = Self {
            chain,
            store,
            clock: morning(),
            world: Rc::new(world),
            index: Rc::default(),
            wrong: RefCell::default(),
        };
        let started = Started {
            run_id: "run_1".into(),
            workflow: Plain::ID.into(),
            version: 1,
            owner: "p_1".into(),
            context: json!(null),
            input: json!(null),
            trace_id: None,
        };
        stage.open().start(started).await.expect("started");
        stage
    }

    /// A runner as a fresh process would make it.
    fn open(&self) -> Runner<Question> {
        let clock: Rc<dyn Clock> = self.clock.clone();
        let log = RunLog::open(self.store.clone(), Rc::clone(&clock)).expect("a journal");
        let wrong = self.wrong.borrow().clone();
        let engine = Engine {
            workflow: Rc::new((self.chain)()),
            services: wrong.map_or_else(|| Ok(Rc::clone(&self.world)), Err),
            clock,
            random: Rc::new(HALF),
            host: self.index.clone(),
            spent: Rc::new(|| false),
        };
        Runner::new(engine, Rc::new(log))
    }

    /// Lets the alarm ring, in a fresh process. A process that hangs dies.
    async fn ring(&self) -> bool {
        let Some(at) = self.store.take_alarm() else {
            return false;
        };
        self.clock.move_to(at);
        let runner = self.open();
        match runner.advance().now_or_never() {
            Some(done) => done.expect("storage"),
            // The platform rings the alarm of a handler that died again.
            None => {
                self.store.take_alarm();
                let again = self.clock.now().plus(Duration::from_secs(2));
                self.store.restore_alarm(again);
            }
        }
        true
    }

    /// Until nothing more happens by itself; how often an alarm rang.
    async fn rest(&self) -> usize {
        for rings in 0..20_000 {
            if !self.ring().await {
                return rings;
            }
        }
        panic!("it goes round in circles: {:?}", self.head());
    }

    fn head(&self) -> Head {
        self.store.head().expect("storage").expect("a run")
    }

    fn end(&self) -> Option<End> {
        self.open().log().end().expect("storage")
    }

    fn since_start(&self) -> Duration {
        self.clock.now().since(self.head().started_at)
    }
}

fn seen(all: &[&str]) -> Option<End> {
    Some(End::Completed(json!(all)))
}

#[tokio::test]
async fn a_step_is_tried_until_its_time_is_over_and_no_longer() {
    let stage = Stage::start(scripted, &[Act::Fail; 5_000]).await;
    stage.rest().await;
    let Some(End::Failed(RunFailure::OutOfTime { step, message })) = stage.end() else {
        panic!("{:?}", stage.end());
    };
    assert_eq!((step.as_str(), message.as_str()), ("scripted", "not now"));
    assert!(stage.since_start() >= PATIENCE);
    assert!(stage.since_start() < PATIENCE + Duration::from_secs(5));
    let attempts = stage.world.attempts.get();
    assert!((8..40).contains(&attempts), "{attempts} attempts pace");
}

#[tokio::test]
async fn yields_spend_nothing() {
    let acts: Vec<Act> = (0..300).map(|_| Act::Limited(0)).collect();
    let stage = Stage::start(scripted, &acts).await;
    stage.rest().await;
    assert_eq!(stage.head().status, RunStatus::Completed);
    assert_eq!(stage.world.attempts.get(), 301);
}

#[tokio::test]
async fn what_people_take_their_time_over_is_not_on_the_steps() {
    let stage = Stage::start(scripted, &[Act::Fail, Act::Ask, Act::Fail, Act::Go]).await;
    stage.rest().await;
    let later = stage.clock.now().plus(PATIENCE * 10);
    stage.clock.move_to(later);
    let runner = stage.open();
    runner
        .resume(None, ResumedBy::Owner, true)
        .await
        .expect("resumed");
    stage.rest().await;
    assert_eq!(stage.head().status, RunStatus::Completed);
}

#[tokio::test]
async fn what_an_app_asks_for_is_on_the_steps() {
    let stage = Stage::start(scripted, &[Act::Limited(2_000), Act::Fail]).await;
    stage.rest().await;
    assert!(matches!(
        stage.end(),
        Some(End::Failed(RunFailure::OutOfTime { .. }))
    ));
}

#[tokio::test]
async fn a_step_that_kills_its_process_is_stopped() {
    let stage = Stage::start(scripted, &[Act::Hang; 5_000]).await;
    stage.rest().await;
    let end = stage.end();
    assert!(
        matches!(&end, Some(End::Failed(RunFailure::Crashed { step, .. })) if step == "scripted"),
        "{end:?}"
    );
    assert!(stage.world.attempts.get() < 30);
}

#[tokio::test]
async fn crashes_spend_no_attempts() {
    let mut acts = vec![Act::Hang; 15];
    acts.push(Act::Fail);
    acts.extend([Act::Hang; 15]);
    acts.push(Act::Limited(1));
    acts.extend([Act::Hang; 5]);
    let stage = Stage::start(
        || workflow::<Plain>().then(Scripted(A_DAY)).then(Tell).build(),
        &acts,
    )
    .await;
    stage.rest().await;
    assert_eq!(stage.head().status, RunStatus::Completed);
}

#[tokio::test]
async fn a_step_that_can_do_nothing_in_a_whole_invocation_backs_off() {
    let stage = Stage::start(scripted, &[Act::Yield; 5_000]).await;
    let rings = stage.rest().await;
    assert!(matches!(
        stage.end(),
        Some(End::Failed(RunFailure::OutOfTime { .. }))
    ));
    assert!(rings < 50, "{rings} alarms");
}

#[tokio::test]
async fn what_a_finished_part_wrote_to_the_shared_state_outlives_the_other_parts_failure() {
    for acts in [
        &[Act::Fail][..],
        &[Act::Hang],
        &[Act::Ask],
        &[Act::Limited(1), Act::Fail, Act::Hang, Act::Ask],
    ] {
        let stage = Stage::start(side_by_side, acts).await;
        stage.rest().await;
        if stage.head().status == RunStatus::Suspended {
            let runner = stage.open();
            let resumed = runner.resume(None, ResumedBy::Owner, true).await;
            resumed.expect("resumed");
            stage.rest().await;
        }
        assert_eq!(stage.end(), seen(&["left", "right"]), "{acts:?}");
    }
}

#[tokio::test]
async fn wrong_settings_are_shown_waited_out_and_no_failure_of_storage() {
    let stage = Stage::start(scripted, &[]).await;
    stage.wrong.replace(Some("ONBOARDING: no number".into()));
    for _ in 0..5 {
        assert!(stage.ring().await);
    }
    let trouble = stage.head().trouble.expect("trouble");
    assert_eq!((trouble.kind, trouble.tries), (TroubleKind::Settings, 5));
    assert!(trouble.message.contains("ONBOARDING"));
    stage.wrong.replace(None);
    stage.rest().await;
    assert_eq!(stage.end(), seen(&[]));
    assert_eq!(stage.head().trouble, None);
}

#[tokio::test]
async fn settings_that_nobody_mends_end_the_run_with_their_name() {
    let stage = Stage::start(scripted, &[]).await;
    stage.wrong.replace(Some("ONBOARDING: no number".into()));
    let rings = stage.rest().await;
    assert!(rings < 40, "{rings} alarms");
    let Some(End::Failed(RunFailure::Misconfigured { message })) = stage.end() else {
        panic!("{:?}", stage.end());
    };
    assert!(message.contains("ONBOARDING"));
}

#[tokio::test]
async fn a_run_with_wrong_settings_can_be_cancelled() {
    let stage = Stage::start(scripted, &[]).await;
    stage.wrong.replace(Some("ONBOARDING: no number".into()));
    stage.open().cancel("p_1").await.expect("cancelled");
    stage.rest().await;
    assert_eq!(stage.end(), Some(End::Cancelled));
}

#[tokio::test]
async fn a_head_that_cannot_be_read_is_folded_anew() {
    let stage = Stage::start(scripted, &[Act::Fail, Act::Ask]).await;
    stage.rest().await;
    let before = stage.head();
    stage.store.damage_head();
    let runner = stage.open();
    let after = runner.log().head().map(|head| head.clone());
    let after = after.expect("a head");
    assert_eq!(after.suspension, before.suspension);
    runner
        .resume(None, ResumedBy::Owner, true)
        .await
        .expect("resumed");
    stage.rest().await;
    assert_eq!(stage.head().status, RunStatus::Completed);
}

#[tokio::test]
async fn what_cannot_be_read_ends_as_a_failed_run() {
    for head_too in [false, true] {
        let stage = Stage::start(
            || {
                workflow::<Plain>()
                    .then(Notes("first", false))
                    .then(Scripted(PATIENCE))
                    .then(Tell)
                    .build()
            },
            &[Act::Fail],
        )
        .await;
        assert!(stage.ring().await);
        let input = usize::try_from(stage.head().input_seq).expect("a row");
        stage.store.damage_row(input);
        if head_too {
            stage.store.damage_head();
        }
        stage.rest().await;
        let end = stage.end();
        assert!(
            matches!(end, Some(End::Failed(RunFailure::Unreadable { .. }))),
            "{end:?}"
        );
        assert_eq!(
            stage.index.told.borrow().last().map(|head| head.status),
            Some(RunStatus::Failed)
        );
    }
}

#[tokio::test]
async fn an_index_that_does_not_answer_is_told_less_and_less_often() {
    let stage = Stage::start(scripted, &[]).await;
    stage.index.deaf.set(true);
    let from = stage.clock.now();
    let mut rings = 0;
    while stage.clock.now().since(from) < Duration::from_secs(24 * 3600) {
        assert!(stage.ring().await, "it is told until it has taken note");
        rings += 1;
    }
    assert!(rings < 400, "{rings} alarms a day");
    assert_eq!(
        stage.head().trouble.map(|it| it.kind),
        Some(TroubleKind::Outside)
    );
    stage.index.deaf.set(false);
    stage.rest().await;
    assert_eq!(stage.head().trouble, None);
}

#[tokio::test]
async fn what_a_run_amounts_to_is_recorded_and_told() {
    for (chain, outcome) in [
        (
            scripted as fn() -> Workflow<Plain>,
            Outcome::Failed {
                reason: "nothing".into(),
            },
        ),
        (
            side_by_side,
            Outcome::Partial {
                missing: vec!["linear".into()],
            },
        ),
    ] {
        let stage = Stage::start(chain, &[]).await;
        stage.rest().await;
        let told = stage.index.told.borrow();
        let told = told.last().expect("told");
        assert_eq!(told.status, RunStatus::Completed);
        assert_eq!(told.outcome, Some(outcome));
        assert!(told.counts.contains_key("seen"));
    }
}

#[tokio::test]
async fn the_intent_is_on_record_in_the_turn_in_which_the_write_leaves() {
    let stage = Stage::start(posting, &[]).await;
    stage.rest().await;
    assert_eq!(stage.end(), seen(&["landed"]));
    assert_eq!((stage.world.sends.get(), stage.world.intents.get()), (1, 1));
}

#[tokio::test]
async fn a_write_whose_intent_is_not_stored_does_not_leave() {
    let stage = Stage::start(posting, &[]).await;
    let at = stage.store.take_alarm().expect("an alarm");
    stage.clock.move_to(at);
    // The row of the step's beginning is the first; the next commit is the intent's.
    let runner = stage.open();
    let advancing = runner.advance();
    stage.store.refuse_after(1);
    assert!(advancing.await.is_err());
    assert_eq!(stage.world.sends.get(), 0);
    stage.store.restore_alarm(stage.clock.now());
    stage.rest().await;
    assert_eq!(stage.end(), seen(&["landed"]));
    assert_eq!(stage.world.sends.get(), 1);
}

#[tokio::test]
async fn a_limit_that_never_ends_refuses_nothing_before_the_deadline() {
    let limited = Performed::Deferred("slow down".to_owned(), Some(Duration::from_secs(1)));
    let stage = Stage::start(posting, &[]).await;
    stage
        .world
        .sent
        .replace(std::iter::repeat_n(limited, 5_000).collect());
    stage.rest().await;
    assert_eq!(stage.end(), seen(&["expired: Some(\"slow down\")"]));
    assert!(stage.since_start() >= PATIENCE);
    assert!(stage.world.sends.get() < 30);
}

#[tokio::test]
async fn the_app_alone_refuses() {
    let stage = Stage::start(posting, &[]).await;
    let refused = Performed::Refused("no".to_owned());
    stage.world.sent.replace([refused].into());
    stage.rest().await;
    assert_eq!(stage.end(), seen(&["refused: no"]));
}

#[tokio::test]
async fn a_cancelled_run_with_a_write_under_way_always_has_an_alarm() {
    let stage = Stage::start(posting, &[]).await;
    stage.world.sent.replace([Performed::Unknown].into());
    assert!(stage.ring().await);
    for _ in 0..9 {
        stage.open().cancel("p_1").await.expect("acknowledged");
        assert!(stage.store.alarm().is_some());
        assert!(stage.ring().await);
        assert!(
            stage.store.alarm().is_some() || stage.head().status == RunStatus::Cancelled,
            "{:?}",
            stage.head()
        );
    }
    stage.rest().await;
    assert_eq!(stage.end(), Some(End::Cancelled));
    let rows = stage.store.entries_after(0, usize::MAX).expect("rows");
    let outcomes = rows.iter().filter_map(|entry| match &entry.record {
        Record::Outcome { outcome, .. } => Some(outcome.clone()),
        _ => None,
    });
    assert_eq!(
        outcomes.collect::<Vec<_>>(),
        [onbehalf_engine::EffectOutcome::Abandoned],
        "it was looked for when a look could tell"
    );
}

/// A workflow that waits for nothing but time says so by its type.
#[test]
fn a_workflow_may_wait_for_nothing() {
    fn is_a_reason<R: Reason>() {}
    is_a_reason::<NoReason>();
}

/// Posts as its second step.
fn posting_later() -> Workflow<Plain> {
    let chain = workflow::<Plain>().then(Scripted(PATIENCE)).then(Post);
    chain.then(Tell).writes::<Letter>().build()
}

/// Knows nothing of letters.
fn not_posting() -> Workflow<Plain> {
    workflow::<Plain>().then(Tell).build()
}

/// The kinds of rows from the one on with which a run begins to fail.
async fn failing_with(changed: fn() -> Workflow<Plain>) -> (Stage, Vec<&'static str>) {
    let mut stage = Stage::start(posting_later, &[]).await;
    let unanswered = VecDeque::from([Performed::Unknown]);
    stage.world.sent.replace(unanswered);
    assert!(stage.ring().await);
    assert_eq!(stage.world.sends.get(), 1);
    stage.chain = changed;
    stage.rest().await;
    let rows = stage.store.entries_after(0, usize::MAX).expect("rows");
    let kinds = rows.iter().map(|it| it.record.kind());
    let kinds = kinds.skip_while(|kind| *kind != "failing").collect();
    (stage, kinds)
}

#[tokio::test]
async fn a_run_fails_once_it_is_known_what_became_of_its_writes() {
    let (stage, kinds) = failing_with(posting).await;
    assert_eq!(kinds.first(), Some(&"failing"));
    assert_eq!(kinds[kinds.len() - 2..], ["outcome", "failed"]);
    assert_eq!(stage.world.sends.get(), 1, "nothing is sent any more");
    let key = EffectKey::from_journal("run_1/post/one");
    let history = stage.store.effect(&key).expect("rows");
    assert_eq!(history.outcome, Some(EffectOutcome::Abandoned));
    // It may land, and be invisible, for so long.
    assert!(stage.since_start() >= Duration::from_secs(65 + 30));
}

#[tokio::test]
async fn a_run_whose_writes_nobody_knows_any_more_says_so_as_it_fails() {
    let (stage, kinds) = failing_with(not_posting).await;
    assert_eq!(kinds, ["failing", "outcome", "failed"]);
    let key = EffectKey::from_journal("run_1/post/one");
    let history = stage.store.effect(&key).expect("rows");
    assert_eq!(history.outcome, Some(EffectOutcome::UnknownOutcome));
}

#[tokio::test]
async fn a_wait_that_nobody_was_told_of_is_told_by_whoever_looks_though_its_alarm_is_lost() {
    let stage = Stage::start(scripted, &[Act::AskDaily]).await;
    stage.index.deaf.set(true);
    assert!(stage.ring().await);
    assert_eq!(stage.head().status, RunStatus::Suspended);
    assert!(stage.store.take_alarm().is_some(), "to tell of it again");
    stage.index.deaf.set(false);
    stage
        .clock
        .move_to(stage.clock.now().plus(Duration::from_secs(700)));
    stage.open().look_after().await.expect("storage");
    assert!(stage.ring().await, "an alarm was set");
    let told = stage.index.told.borrow();
    assert_eq!(told.last().map(|it| it.status), Some(RunStatus::Suspended));
}

#[tokio::test]
async fn an_alarm_that_rings_during_another_rings_again() {
    let stage = Stage::start(scripted, &[Act::Hang]).await;
    assert!(stage.store.take_alarm().is_some());
    let runner = stage.open();
    let mut first = Box::pin(runner.advance());
    assert!(futures::poll!(&mut first).is_pending());
    assert!(stage.store.take_alarm().is_some(), "should the process die");
    runner.advance().await.expect("storage");
    // The first may have set the very alarm that has just rung as the last thing it did.
    assert!(stage.store.alarm().is_some());
}
