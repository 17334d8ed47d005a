//! The crash matrix: one crash before and one after every commit and every call of a whole run, one
//! of each object before every statement it makes, and one at every message between two objects.
//!
//! Owns enumerating the points. Rules are the checker's; here, the result must be the very one of
//! the run without a crash.

use onbehalf_runs::Overlap;

use crate::checker::{anonymous, check, result};
use crate::draw::DEFAULTS;
use crate::plan::{
    Class, Decides, Disturbance, LetterFault, Moment, Person, Plan, Trigger, User, What, WorldKind,
};
use crate::simulate::{Ended, beginning, simulate};

/// What the matrix came to.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// Points crashed at.
    pub points: usize,
    /// Those that changed nothing in the outside world.
    pub passed: usize,
    /// What went wrong at the others.
    pub failures: Vec<String>,
}

/// Customers of the run: enough for tasks and comments, a few of each.
const CUSTOMERS: usize = 9;

fn plan(disturbances: Vec<Disturbance>) -> Plan {
    Plan {
        seed: 0,
        users: vec![User {
            customers: CUSTOMERS,
            shares_portal: true,
        }],
        people: vec![Person {
            user: 0,
            suspends: true,
            asks: true,
            scheduled_until_ms: None,
            decides: Decides::Yes,
        }],
        triggers: vec![Trigger {
            person: 0,
            at_ms: 0,
            times: 1,
            keyed: true,
            overlap: Overlap::Join,
        }],
        disturbances,
        world: WorldKind::Strict,
        search_lag_ms: 20_000,
        latency_ms: 5,
        budget: u32::MAX,
        rates: None,
        settings: DEFAULTS,
        retention_ms: 3_600_000,
        skew_ms: 0,
        outage: None,
        cron_ms: Vec::new(),
    }
}

fn carry_out(disturbances: Vec<Disturbance>) -> (Ended, Option<serde_json::Value>) {
    let plan = plan(disturbances);
    let ended = simulate(&plan, beginning(&plan), false);
    check(&ended);
    let result = {
        let sites = ended.shared.sites.borrow();
        sites.first().and_then(|site| result(site, &site.head()?))
    };
    (ended, result.map(anonymous))
}

/// Every point of a run that went well.
fn points(quiet: &Ended) -> Vec<(Moment, What)> {
    let shared = &quiet.shared;
    let sites = shared.sites.borrow();
    let (commits, calls) = sites
        .first()
        .map_or((0, 0), |it| (it.commits.get(), it.calls.get()));
    let mut points = Vec::new();
    for nth in 1..=commits {
        for what in [What::CrashBefore, What::CrashAfter] {
            points.push((Moment::Commit(nth), what));
        }
    }
    for nth in 1..=calls {
        for what in [What::CrashBefore, What::CrashDuring, What::CrashAfter] {
            points.push((Moment::Call(nth), what));
        }
    }
    for nth in 1..=shared.letters.get() {
        for fault in [
            LetterFault::SenderDies,
            LetterFault::ReceiverDies,
            LetterFault::ReplyLost,
        ] {
            points.push((Moment::Letter(nth), What::Letter(fault)));
        }
    }
    let statements = shared.statements.borrow();
    for class in [
        Class::Principal,
        Class::Account,
        Class::Portal,
        Class::Approvals,
    ] {
        for nth in 1..=statements.get(&class).copied().unwrap_or(0) {
            points.push((Moment::Statement(class, nth), What::ObjectDies));
        }
    }
    points
}

/// Crashes everywhere, once each.
pub fn crash_matrix() -> Matrix {
    let (quiet, expected) = carry_out(Vec::new());
    let writes = quiet.shared.tally.borrow().writes;
    let mut matrix = Matrix {
        failures: quiet.shared.violations.take(),
        ..Matrix::default()
    };
    if writes < 4 || expected.is_none() {
        let found = format!("the run itself: {writes} writes, {expected:?}");
        matrix.failures.push(found);
    }
    for (moment, what) in points(&quiet) {
        let name = format!("{what:?} {moment:?}");
        let crash = Disturbance {
            run: 0,
            moment,
            what,
        };
        let (ended, result) = carry_out(vec![crash]);
        matrix.points += 1;
        let landed = ended.shared.tally.borrow().writes;
        let mut wrong = ended.shared.violations.take();
        if !ended.shared.pending.borrow().is_empty() {
            wrong.push("nothing was disturbed".into());
        }
        if landed != writes {
            wrong.push(format!("{landed} writes instead of {writes}"));
        }
        if result != expected {
            wrong.push(format!("another result: {result:?}"));
        }
        if wrong.is_empty() {
            matrix.passed += 1;
        } else {
            let failure = format!("{name}: {}", wrong.join("; "));
            matrix.failures.push(failure);
        }
    }
    matrix
}
