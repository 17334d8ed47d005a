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

impl Matrix {
    /// Crashes at every point of what went well, once each. `carry_out` does the same with a crash in it,
    /// and says in what it went otherwise; violations are counted here.
    pub(crate) fn crash_everywhere(
        &mut self,
        quiet: &Ended,
        mut carry_out: impl FnMut(Disturbance) -> (Ended, Vec<String>),
    ) {
        for crash in points(quiet) {
            let name = format!("{crash:?}");
            let (ended, otherwise) = carry_out(crash);
            self.points += 1;
            let mut wrong = ended.shared.violations.take();
            if !ended.shared.pending.borrow().is_empty() {
                wrong.push("nothing was disturbed".into());
            }
            wrong.extend(otherwise);
            if wrong.is_empty() {
                self.passed += 1;
            } else {
                self.failures.push(format!("{name}: {}", wrong.join("; ")));
            }
        }
    }
}

/// Customers of the run: enough for tasks and comments, a few of each.
const CUSTOMERS: usize = 9;

/// A plan in which nobody does anything, and nothing disturbs it.
pub(crate) fn calm() -> Plan {
    Plan {
        seed: 0,
        users: Vec::new(),
        people: Vec::new(),
        triggers: Vec::new(),
        disturbances: Vec::new(),
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
        conversation: &[],
    }
}

fn plan(disturbances: Vec<Disturbance>) -> Plan {
    Plan {
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
        ..calm()
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

/// Every point of runs that went well, each with the run that it is a point of.
fn points(quiet: &Ended) -> Vec<Disturbance> {
    let shared = &quiet.shared;
    let mut points = Vec::new();
    let mut add = |run, moment, what| points.push(Disturbance { run, moment, what });
    for (run, site) in shared.sites.borrow().iter().enumerate() {
        for nth in 1..=site.commits.get() {
            for what in [What::CrashBefore, What::CrashAfter] {
                add(run, Moment::Commit(nth), what);
            }
        }
        for nth in 1..=site.calls.get() {
            for what in [What::CrashBefore, What::CrashDuring, What::CrashAfter] {
                add(run, Moment::Call(nth), what);
            }
        }
    }
    for nth in 1..=shared.letters.get() {
        for fault in [
            LetterFault::SenderDies,
            LetterFault::ReceiverDies,
            LetterFault::ReplyLost,
        ] {
            add(0, Moment::Letter(nth), What::Letter(fault));
        }
    }
    let statements = shared.statements.borrow();
    for class in [
        Class::Principal,
        Class::Account,
        Class::Portal,
        Class::Approvals,
        Class::Thread,
    ] {
        for nth in 1..=statements.get(&class).copied().unwrap_or(0) {
            add(0, Moment::Statement(class, nth), What::ObjectDies);
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
    matrix.crash_everywhere(&quiet, |crash| {
        let (ended, result) = carry_out(vec![crash]);
        let landed = ended.shared.tally.borrow().writes;
        let mut wrong = Vec::new();
        if landed != writes {
            wrong.push(format!("{landed} writes instead of {writes}"));
        }
        if result != expected {
            wrong.push(format!("another result: {result:?}"));
        }
        (ended, wrong)
    });
    matrix
}
