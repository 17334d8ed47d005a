//! The crash matrix: one crash before and one after every commit and every call of a whole run.
//!
//! Owns enumerating the points. Rules are the checker's; here, the result must be the very one of
//! the run without a crash.

use onbehalf_clock::Timestamp;

use crate::checker::{anonymous, check, result};
use crate::plan::{Disturbance, Moment, Plan, RunPlan, What};
use crate::simulate::{BEGIN_MS, Ended, simulate};

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
    let run = RunPlan {
        user: 0,
        customers: CUSTOMERS,
        suspends: true,
        asks: true,
        start_ms: 0,
    };
    Plan {
        disturbances,
        search_lag_ms: 20_000,
        latency_ms: 5,
        ..Plan::quiet(&run)
    }
}

fn carry_out(disturbances: Vec<Disturbance>) -> (Ended, Option<serde_json::Value>) {
    let ended = simulate(&plan(disturbances), Timestamp::from_millis(BEGIN_MS), false);
    check(&ended);
    let site = &ended.sites[0];
    let result = site.head().and_then(|head| result(site, &head));
    let result = result.map(anonymous);
    (ended, result)
}

/// Crashes everywhere, once each.
pub fn crash_matrix() -> Matrix {
    let (quiet, expected) = carry_out(Vec::new());
    let site = &quiet.sites[0];
    let writes = quiet.shared.tally.get().writes;
    let mut matrix = Matrix::default();
    if writes < 4 || expected.is_none() {
        matrix
            .failures
            .push(format!("the run itself: {writes} writes, {expected:?}"));
    }
    let before_and_after = [What::CrashBefore, What::CrashAfter];
    let commits = (1..=site.commits.get()).flat_map(|nth| {
        let moment = Moment::Commit(nth);
        before_and_after
            .iter()
            .map(move |what| (moment, what.clone()))
    });
    let all = [What::CrashBefore, What::CrashDuring, What::CrashAfter];
    let calls = (1..=site.calls.get()).flat_map(|nth| {
        let moment = Moment::Call(nth);
        all.iter().map(move |what| (moment, what.clone()))
    });
    for (moment, what) in commits.chain(calls) {
        let name = format!("{what:?} {moment:?}");
        let crash = Disturbance {
            run: 0,
            moment,
            what,
        };
        let (ended, result) = carry_out(vec![crash]);
        matrix.points += 1;
        let tally = ended.shared.tally.get();
        let mut wrong = ended.shared.violations.take();
        if tally.crashes != 1 {
            wrong.push(format!("{} crashes", tally.crashes));
        }
        if tally.writes != writes {
            wrong.push(format!("{} writes instead of {writes}", tally.writes));
        }
        if result != expected {
            wrong.push(format!("another result: {result:?}"));
        }
        if wrong.is_empty() {
            matrix.passed += 1;
        } else {
            matrix
                .failures
                .push(format!("{name}: {}", wrong.join("; ")));
        }
    }
    matrix
}
