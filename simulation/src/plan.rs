//! What one seed does to the world: who runs what, and every disturbance, each on its own.
//!
//! Owns drawing a plan from a seed. A plan is plain data, so that disturbances can be dropped one
//! by one until only those that matter are left. Knows nothing of how they are carried out.

use onbehalf_sandbox::world::random::Dice;

/// A simulation, whole.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it was drawn from; also the seed of the scheduler's choices.
    pub seed: u64,
    /// The runs.
    pub runs: Vec<RunPlan>,
    /// What happens to them.
    pub disturbances: Vec<Disturbance>,
    /// How far HubSpot's search lags, in milliseconds.
    pub search_lag_ms: i64,
    /// Longest time a request or an answer is under way, in milliseconds.
    pub latency_ms: i64,
    /// Outbound calls one invocation may make.
    pub budget: u32,
    /// What the apps allow, as the setting of that name; `None` for the defaults.
    pub rates: Option<&'static str>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct RunPlan {
    /// Whose.
    pub user: usize,
    /// Customers of that user.
    pub customers: usize,
    /// Whether it waits for connections.
    pub suspends: bool,
    /// Whether it asks before it writes.
    pub asks: bool,
    /// When it is started, in milliseconds.
    pub start_ms: i64,
}

/// Something happens to a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Disturbance {
    /// Which run.
    pub run: usize,
    /// When.
    pub moment: Moment,
    /// What.
    pub what: What,
}

/// When something happens; counts are of the run, over all its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// At its nth commit.
    Commit(u32),
    /// At its nth outbound call.
    Call(u32),
    /// When it tells the outside for the nth time.
    Publish(u32),
    /// At this time, in milliseconds from the start.
    Time(i64),
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The process dies before the commit is stored or the request has left.
    CrashBefore,
    /// The process dies with the request under way.
    CrashDuring,
    /// The process dies once the commit is stored or the request has taken effect.
    CrashAfter,
    /// Storage, or whoever is told, fails.
    Fails,
    /// The call goes wrong.
    Call(CallFault),
    /// Somebody does something.
    Command(Command),
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// It takes effect, its answer is lost.
    Lost,
    /// The connection breaks first.
    Broken,
    /// Scalekit answers 503.
    ServiceDown,
    /// The app answers 500.
    ProviderDown,
    /// 429, come back in so many seconds.
    Limited(u64),
    /// It takes this long to arrive, in milliseconds, whether or not anybody still waits.
    Slow(i64),
    /// Its answer takes this long, in milliseconds.
    SlowAnswer(i64),
    /// All of our tokens are void before it arrives.
    TokensVoid,
    /// The user withdraws the authorization before it arrives.
    Revoked,
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Starts the run again, as somebody else.
    StartAgain,
    /// Resumes the suspension under way (or one so many before it) with a payload that fits, or
    /// with one that does not.
    Resume { back: u32, fits: bool },
    /// Two such resumes at once.
    ResumeTwice,
    /// A cancel.
    Cancel,
    /// The alarm rings although nobody set it.
    AlarmAgain,
    /// A connection was made that may or may not be awaited.
    ConnectionMade(usize),
    /// The process ends; nothing in memory is left.
    Kill,
}

/// Disturbances a plan holds at most. Well below the looks and attempts after which the workflow
/// may rightly give up, so that giving up is always a finding.
const MOST_DISTURBANCES: i64 = 7;
/// The longest a request is under way: what an effect's look for lost writes allows for.
pub const LONGEST_FLIGHT_MS: i64 = 59_000;
/// HubSpot's search lags at most so far; below the operator's `reconcileAfterSeconds`.
const LONGEST_LAG_MS: i64 = 29_000;

/// So few that runs of this size wait for their turn, and sometimes for more than that.
const TIGHT_RATES: &str = r#"{
    "hubspot": {"burst": 2, "perMinute": 12}, "hubspot.search": {"burst": 1, "perMinute": 40},
    "linear": {"burst": 2, "perMinute": 30}, "zendesk": {"burst": 1, "perMinute": 20}}"#;

impl Plan {
    /// The plan of a seed.
    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x51);
        let dice = &mut dice;
        let users = number(dice, 1, 2);
        let mut runs = Vec::new();
        for user in 0..users {
            let customers = number(dice, 2, 7);
            for _ in 0..if dice.chance(0.2) { 2 } else { 1 } {
                runs.push(RunPlan {
                    user,
                    customers,
                    suspends: dice.chance(0.6),
                    asks: dice.chance(0.25),
                    start_ms: dice.between(0, 3) * 700,
                });
            }
        }
        let mut disturbances: Vec<Disturbance> = (0..dice.between(1, MOST_DISTURBANCES))
            .map(|_| disturbance(dice, runs.len()))
            .collect();
        if dice.chance(0.2) {
            disturbances.extend(rare_pair(dice, runs.len()));
        }
        Self {
            seed,
            runs,
            disturbances,
            search_lag_ms: dice.between(0, 1) * dice.between(0, LONGEST_LAG_MS),
            latency_ms: *dice.pick(&[0, 5, 80, 900]),
            budget: *dice.pick(&[900, 900, 900, 7, 4]),
            rates: *dice.pick(&[None, None, Some(TIGHT_RATES)]),
        }
    }

    /// The undisturbed run of one user, alone and at once.
    pub fn quiet(run: &RunPlan) -> Self {
        Self {
            seed: 0,
            runs: vec![RunPlan {
                start_ms: 0,
                ..run.clone()
            }],
            disturbances: Vec::new(),
            search_lag_ms: 0,
            latency_ms: 0,
            budget: u32::MAX,
            rates: None,
        }
    }
}

fn number(dice: &mut Dice, low: i64, high: i64) -> usize {
    usize::try_from(dice.between(low, high)).unwrap_or(1)
}

fn nth(dice: &mut Dice, most: i64) -> u32 {
    u32::try_from(dice.between(1, most)).unwrap_or(1)
}

fn disturbance(dice: &mut Dice, runs: usize) -> Disturbance {
    // How many commits and calls a run of this size makes, roughly.
    let (commit, call) = (Moment::Commit(nth(dice, 45)), Moment::Call(nth(dice, 18)));
    let (moment, what) = match dice.between(0, 99) {
        0..=11 => (commit, What::CrashBefore),
        12..=23 => (commit, What::CrashAfter),
        24..=29 => (call, What::CrashBefore),
        30..=36 => (call, What::CrashDuring),
        37..=43 => (call, What::CrashAfter),
        44..=46 => (commit, What::Fails),
        47..=49 => (Moment::Publish(nth(dice, 4)), What::Fails),
        // While the run waits, if it does: that is when it has just said so.
        50..=53 => {
            let (back, fits) = (nth(dice, 3) - 1, dice.chance(0.8));
            let resume = Command::Resume { back, fits };
            (Moment::Publish(nth(dice, 4)), What::Command(resume))
        }
        54..=74 => (call, What::Call(call_fault(dice))),
        _ => {
            let time = Moment::Time(dice.between(0, 90_000));
            let moment = *dice.pick(&[commit, call, time]);
            (moment, What::Command(command(dice)))
        }
    };
    Disturbance {
        run: number(dice, 1, i64::try_from(runs).unwrap_or(1)) - 1,
        moment,
        what,
    }
}

/// Two things that are rare together by chance, and the hardest to get right: a request that
/// arrives long after its sender died, a look for a lost write whose answer comes late, a command
/// that storage refuses while a step is at work.
fn rare_pair(dice: &mut Dice, runs: usize) -> [Disturbance; 2] {
    let run = number(dice, 1, i64::try_from(runs).unwrap_or(1)) - 1;
    if dice.chance(0.3) {
        let commit = nth(dice, 40);
        let command = *dice.pick(&[Command::Cancel, Command::ResumeTwice]);
        return [
            (commit, What::Command(command)),
            (commit + nth(dice, 2), What::Fails),
        ]
        .map(|(commit, what)| Disturbance {
            run,
            moment: Moment::Commit(commit),
            what,
        });
    }
    // The writes are among a run's later calls.
    let call = 5 + nth(dice, 13);
    let long = dice.between(LONGEST_FLIGHT_MS / 2, LONGEST_FLIGHT_MS);
    let pair = if dice.chance(0.5) {
        let slow = What::Call(CallFault::Slow(long));
        [(call, slow), (call, What::CrashDuring)]
    } else {
        let late = What::Call(CallFault::SlowAnswer(long));
        [
            (call, What::Call(CallFault::Lost)),
            (call + nth(dice, 4), late),
        ]
    };
    pair.map(|(call, what)| Disturbance {
        run,
        moment: Moment::Call(call),
        what,
    })
}

fn call_fault(dice: &mut Dice) -> CallFault {
    match dice.between(0, 11) {
        0..=2 => CallFault::Lost,
        3 => CallFault::Broken,
        4 => CallFault::ServiceDown,
        5 => CallFault::ProviderDown,
        6 => CallFault::Limited(dice.bits() % 40),
        7 | 8 => CallFault::Slow(dice.between(100, LONGEST_FLIGHT_MS)),
        9 => CallFault::SlowAnswer(dice.between(100, 90_000)),
        10 => CallFault::TokensVoid,
        _ => CallFault::Revoked,
    }
}

fn command(dice: &mut Dice) -> Command {
    match dice.between(0, 9) {
        0 => Command::StartAgain,
        1 | 2 => Command::Resume {
            back: nth(dice, 3) - 1,
            fits: dice.chance(0.7),
        },
        3 | 4 => Command::ResumeTwice,
        5 | 6 => Command::Cancel,
        7 => Command::AlarmAgain,
        8 => Command::ConnectionMade(number(dice, 0, 2)),
        _ => Command::Kill,
    }
}
