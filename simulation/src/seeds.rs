//! One seed after the other, and the shortest plan that still fails.
//!
//! Owns running, counting and shrinking; printing is the program's.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::checker::check;
use crate::plan::Plan;
use crate::simulate::{beginning, simulate};
use crate::tally::Tally;

/// A plan that broke a rule.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The plan.
    pub plan: Plan,
    /// The rules it broke.
    pub violations: Vec<String>,
}

/// Carries out one plan and judges it.
///
/// # Errors
/// The finding, when a rule was broken.
pub fn run_plan(plan: &Plan, verbose: bool) -> Result<Tally, Box<Finding>> {
    let ended = simulate(plan, beginning(plan), verbose);
    check(&ended);
    let violations = ended.shared.violations.take();
    if violations.is_empty() {
        return Ok(ended.shared.tally.take());
    }
    Err(Box::new(Finding {
        plan: plan.clone(),
        violations,
    }))
}

/// Carries out the plan of one seed.
///
/// # Errors
/// As `run_plan`.
pub fn run_seed(seed: u64, verbose: bool) -> Result<Tally, Box<Finding>> {
    run_plan(&Plan::draw(seed), verbose)
}

/// What many seeds came to so far.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// How many are done.
    pub done: u64,
    /// What was counted.
    pub tally: Tally,
    /// What broke a rule, the lowest seed first.
    pub findings: Vec<Finding>,
}

/// Which seeds, and how.
#[derive(Clone, Copy, Debug)]
pub struct Seeds {
    /// The first.
    pub from: u64,
    /// How many.
    pub count: u64,
    /// On so many threads.
    pub threads: u64,
    /// Whether seeds after one that breaks a rule are carried out, too.
    pub goes_on: bool,
}

impl Seeds {
    /// Carries them out, and shows what they came to after each.
    ///
    /// # Panics
    /// When a simulation panics, which is a defect of its own.
    pub fn run(self, progress: impl Fn(&Sum) + Sync) -> Sum {
        let next = AtomicU64::new(self.from);
        let sum = Mutex::new(Sum::default());
        let work = || {
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= self.from + self.count {
                    return;
                }
                let came_to = run_seed(seed, false);
                let mut sum = sum.lock().expect("no panic");
                if !self.goes_on && sum.findings.iter().any(|it| it.plan.seed < seed) {
                    return;
                }
                sum.done += 1;
                match came_to {
                    Ok(tally) => sum.tally.add(&tally),
                    Err(finding) => sum.findings.push(*finding),
                }
                sum.findings.sort_by_key(|it| it.plan.seed);
                progress(&sum);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(work);
            }
        });
        sum.into_inner().expect("no panic")
    }
}

/// Drops disturbances, and runs nobody disturbs, as long as the plan still breaks a rule.
pub fn shrink(finding: Finding) -> Finding {
    let mut best = finding;
    loop {
        let smaller = (0..best.plan.disturbances.len()).find_map(|index| {
            let mut plan = best.plan.clone();
            plan.disturbances.remove(index);
            run_plan(&plan, false).err()
        });
        match smaller {
            Some(smaller) => best = *smaller,
            None => return best,
        }
    }
}
