//! Drawing a plan from a seed.
//!
//! Owns how likely what is. Disturbances are drawn from what the world can do, each by itself;
//! nothing here knows what the engine expects of them.

use onbehalf_runs::Overlap;
use onbehalf_sandbox::world::random::Dice;

use crate::plan::{
    CallFault, Class, Command, Decides, Deployed, Disturbance, LONGEST_FLIGHT_MS, LetterFault,
    Moment, Outage, OutageOf, Person, Plan, Said, Trigger, User, What, WorldKind,
};

/// Disturbances a plan holds at most: few enough to see which of them mattered.
const MOST_DISTURBANCES: i64 = 8;
/// A wait of an answer that no client sees the end of.
const LONGEST_ANSWER_MS: i64 = 90_000;
/// HubSpot's search lags at most so far within the setting that every plan has.
const LAG_WITHIN_MS: i64 = 89_000;
/// And this far beyond it.
const LAG_BEYOND_MS: i64 = 300_000;
const MINUTE_MS: i64 = 60_000;
/// Longer than anything of a run has patience for.
const LONG_OUTAGE_MINUTES: i64 = 180;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Most requests travel no longer than this by themselves; what lands late leaves room for it.
const ROOM_MS: i64 = 1_500;

/// So few that runs of this size wait for their turn, and sometimes for more than that.
const TIGHT_RATES: &str = r#"{
    "hubspot": {"burst": 2, "perMinute": 12}, "hubspot.search": {"burst": 1, "perMinute": 40},
    "linear": {"burst": 2, "perMinute": 30}, "zendesk": {"burst": 1, "perMinute": 20}}"#;

/// As shipped.
pub const DEFAULTS: &str = "{}";
/// Everybody works on the whole portal.
const WHOLE_PORTAL: &str = r#"{"customers": "portal"}"#;
/// What a deployment may bring.
const OTHER_SETTINGS: [&str; 3] = [
    r#"{"reflag": "daily"}"#,
    r#"{"dueInHours": 48}"#,
    r#"{"reconcileAfterSeconds": 120, "stalledAfterDays": 3}"#,
];

impl Plan {
    /// The plan of a seed.
    pub fn draw(seed: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x51);
        let dice = &mut dice;
        let many = dice.chance(0.003);
        let world = *dice.pick(&[WorldKind::Strict, WorldKind::StrictKept]);
        let (users, people) = population(dice, many);
        let shares = users.iter().any(|it| it.shares_portal);
        let triggers = triggers(dice, &people);
        let cron_ms = if people.iter().any(|it| it.scheduled_until_ms.is_some()) {
            vec![10, 30, 50]
        } else {
            Vec::new()
        };
        let settings = match shares && dice.chance(0.5) {
            true => WHOLE_PORTAL,
            false => DEFAULTS,
        };
        let most = if many { 2 } else { MOST_DISTURBANCES };
        let mut disturbances: Vec<Disturbance> = (0..dice.between(1, most))
            .map(|_| disturbance(dice, triggers.len()))
            .collect();
        if dice.chance(0.2) {
            disturbances.extend(rare_pair(dice, triggers.len()));
        }
        if dice.chance(0.08) {
            disturbances.extend(deployment(dice, settings));
        }
        let search_lag_ms = match dice.chance(0.04) {
            true => dice.between(LAG_WITHIN_MS + 2_000, LAG_BEYOND_MS),
            false => dice.between(0, 1) * dice.between(0, LAG_WITHIN_MS),
        };
        let outage = dice.chance(0.04).then(|| {
            let from_ms = dice.between(0, 20_000);
            let minutes = match dice.chance(0.25) {
                true => dice.between(LONG_OUTAGE_MINUTES, 2 * LONG_OUTAGE_MINUTES),
                false => dice.between(1, 12),
            };
            Outage {
                of: *dice.pick(&[OutageOf::All, OutageOf::HubSpot]),
                from_ms,
                until_ms: from_ms + minutes * MINUTE_MS,
            }
        });
        Self {
            seed,
            users,
            people,
            triggers,
            disturbances,
            world,
            search_lag_ms,
            latency_ms: *dice.pick(&[0, 5, 80, 900]),
            budget: match many {
                true => *dice.pick(&[900, 40]),
                false => *dice.pick(&[900, 900, 40, 12, 9]),
            },
            rates: match many {
                true => None,
                false => *dice.pick(&[None, None, Some(TIGHT_RATES)]),
            },
            settings,
            retention_ms: *dice.pick(&[0, HOUR_MS, 30 * 24 * HOUR_MS]),
            skew_ms: *dice.pick(&[0, 0, 0, 1_500, 50_000]),
            outage,
            cron_ms: cron_ms.into_iter().map(|it| it * MINUTE_MS).collect(),
            conversation: &[],
        }
    }
}

fn population(dice: &mut Dice, many: bool) -> (Vec<User>, Vec<Person>) {
    let count = if many { 1 } else { number(dice, 1, 3) };
    let shares_portal = dice.chance(0.6);
    let users: Vec<User> = (0..count)
        .map(|_| User {
            customers: if many {
                number(dice, 300, 2_000)
            } else {
                number(dice, 2, 7)
            },
            shares_portal,
        })
        .collect();
    let twins = count > 1 && dice.chance(0.15);
    let people = (0..count)
        .map(|user| Person {
            user: if twins { 0 } else { user },
            suspends: dice.chance(0.6),
            asks: dice.chance(0.35),
            scheduled_until_ms: dice.chance(0.2).then_some(90 * MINUTE_MS),
            decides: *dice.pick(&[
                Decides::Yes,
                Decides::Yes,
                Decides::Yes,
                Decides::Partly,
                Decides::No,
                Decides::Mistyped,
            ]),
        })
        .collect();
    (users, people)
}

fn triggers(dice: &mut Dice, people: &[Person]) -> Vec<Trigger> {
    let mut triggers = Vec::new();
    for (person, plan) in people.iter().enumerate() {
        let scheduled = plan.scheduled_until_ms.is_some();
        if scheduled && dice.chance(0.5) {
            continue;
        }
        for _ in 0..if dice.chance(0.2) { 2 } else { 1 } {
            triggers.push(Trigger {
                person,
                at_ms: dice.between(0, 3) * 700,
                times: *dice.pick(&[1, 1, 1, 2, 3]),
                keyed: dice.chance(0.3),
                overlap: *dice.pick(&[
                    Overlap::Join,
                    Overlap::Join,
                    Overlap::Queue,
                    Overlap::Allow,
                ]),
            });
        }
    }
    triggers
}

fn number(dice: &mut Dice, low: i64, high: i64) -> usize {
    usize::try_from(dice.between(low, high)).unwrap_or(1)
}

fn nth(dice: &mut Dice, most: i64) -> u32 {
    u32::try_from(dice.between(1, most)).unwrap_or(1)
}

fn any_run(dice: &mut Dice, runs: usize) -> usize {
    number(dice, 0, i64::try_from(runs).unwrap_or(1).max(1) - 1)
}

fn disturbance(dice: &mut Dice, runs: usize) -> Disturbance {
    // How many commits and calls a run of this size makes, roughly.
    let (commit, call) = (Moment::Commit(nth(dice, 45)), Moment::Call(nth(dice, 24)));
    let (moment, what) = match dice.between(0, 99) {
        0..=8 => (commit, What::CrashBefore),
        9..=17 => (commit, What::CrashAfter),
        18..=21 => (call, What::CrashBefore),
        22..=27 => (call, What::CrashDuring),
        28..=33 => (call, What::CrashAfter),
        34..=35 => (commit, What::Fails),
        36..=37 => (commit, What::StoredButFails),
        38..=46 => (Moment::Letter(nth(dice, 90)), What::Letter(letter(dice))),
        47..=54 => statement(dice),
        55 => {
            let moment = match dice.chance(0.5) {
                true => Moment::Ring(nth(dice, 5)),
                false => Moment::OtherRing(nth(dice, 8)),
            };
            (moment, What::AlarmLost)
        }
        56 => {
            let after = dice.between(0, 12_000);
            (Moment::Ring(nth(dice, 5)), What::Aborted(after))
        }
        57..=77 => (call, What::Call(call_fault(dice))),
        _ => {
            let moment = match dice.between(0, 2) {
                0 => commit,
                1 => call,
                _ => Moment::Time(dice.between(0, 90_000)),
            };
            (moment, What::Command(command(dice)))
        }
    };
    Disturbance {
        run: any_run(dice, runs),
        moment,
        what,
    }
}

fn statement(dice: &mut Dice) -> (Moment, What) {
    // About as many as each class asks in a plan, its tables included.
    let (class, most) = *dice.pick(&[
        (Class::Principal, 160),
        (Class::Account, 120),
        (Class::Portal, 200),
        (Class::Schedule, 60),
        (Class::Approvals, 30),
    ]);
    (Moment::Statement(class, nth(dice, most)), What::ObjectDies)
}

fn letter(dice: &mut Dice) -> LetterFault {
    match dice.between(0, 4) {
        0 => LetterFault::Lost,
        1 => LetterFault::ReplyLost,
        2 => LetterFault::Slow(dice.between(1_000, 40_000)),
        3 => LetterFault::SenderDies,
        _ => LetterFault::ReceiverDies,
    }
}

/// Two things that are rare together by chance, and the hardest to get right: a request that
/// arrives long after its sender died, a look for a lost write whose answer comes late, a command
/// that storage refuses while a step is at work.
fn rare_pair(dice: &mut Dice, runs: usize) -> [Disturbance; 2] {
    let run = any_run(dice, runs);
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
    let call = 5 + nth(dice, 17);
    let long = dice.between(LONGEST_FLIGHT_MS / 2, LONGEST_FLIGHT_MS - ROOM_MS);
    let (first, second) = match dice.between(0, 3) {
        0 => {
            let slow = What::Call(CallFault::Slow(long));
            ((call, slow), (call, What::CrashDuring))
        }
        1 => {
            let late = What::Call(CallFault::SlowAnswer(long));
            (
                (call, What::Call(CallFault::Lost)),
                (call + nth(dice, 4), late),
            )
        }
        2 => {
            // It lands late, and the search that looks for it fails.
            let lands = What::Call(CallFault::Lands(long, said(dice)));
            let down = What::Call(CallFault::ProviderDown);
            ((call, lands), (call + nth(dice, 3), down))
        }
        _ => {
            let lands = What::Call(CallFault::Lands(long, said(dice)));
            ((call, lands), (call, What::CrashAfter))
        }
    };
    [first, second].map(|(call, what)| Disturbance {
        run,
        moment: Moment::Call(call),
        what,
    })
}

/// A deployment, and what follows it where it cannot stay.
fn deployment(dice: &mut Dice, settings: &str) -> Vec<Disturbance> {
    let at = dice.between(200, 60_000);
    let whole = settings.contains("portal");
    let brought = match dice.between(0, 5) {
        0 => Deployed::Broken,
        1 => Deployed::Unhosted,
        // Who works on whose customers is not changed from one minute to the next.
        _ if whole => Deployed::AsBefore,
        _ => Deployed::Settings(dice.pick::<&str>(&OTHER_SETTINGS)),
    };
    let deploy = |at: i64, deployed| Disturbance {
        run: 0,
        moment: Moment::Time(at),
        what: What::Command(Command::Deploy(deployed)),
    };
    let mut all = vec![deploy(at, brought)];
    if matches!(brought, Deployed::Broken | Deployed::Unhosted) {
        let mended = at + dice.between(1_000, 20 * MINUTE_MS);
        all.push(deploy(mended, Deployed::AsBefore));
    }
    all
}

fn said(dice: &mut Dice) -> Said {
    *dice.pick(&[
        Said::Reset,
        Said::Nothing,
        Said::Gateway(502),
        Said::Gateway(504),
        Said::Error,
    ])
}

fn call_fault(dice: &mut Dice) -> CallFault {
    match dice.between(0, 15) {
        0..=2 => CallFault::Lost,
        3 => CallFault::Broken,
        4 => CallFault::ServiceDown,
        5 => CallFault::ProviderDown,
        6 => CallFault::Limited(dice.bits() % 40),
        7 | 8 => CallFault::Slow(dice.between(100, LONGEST_FLIGHT_MS - ROOM_MS)),
        9 => CallFault::SlowAnswer(dice.between(100, LONGEST_ANSWER_MS)),
        10 => CallFault::TokensVoid,
        11 => CallFault::Revoked,
        _ => CallFault::Lands(dice.between(1, LONGEST_FLIGHT_MS - ROOM_MS), said(dice)),
    }
}

fn command(dice: &mut Dice) -> Command {
    match dice.between(0, 13) {
        0 => Command::Stranger,
        1 | 2 => Command::Resume {
            back: nth(dice, 3) - 1,
            fits: dice.chance(0.7),
        },
        3 | 4 => Command::ResumeTwice,
        5 | 6 => Command::Cancel,
        7 => Command::AlarmAgain,
        8 | 9 => Command::ConnectionDies(number(dice, 0, 2), dice.between(0, 40_000)),
        10 | 11 => Command::Replace(dice.between(10, 15_000)),
        _ => Command::Kill,
    }
}
