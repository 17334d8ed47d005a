//! One seed after the other, and the shortest plan that still fails.
//!
//! Owns running, counting and shrinking; printing is the program's.

use onbehalf_clock::Timestamp;

use crate::checker::check;
use crate::plan::Plan;
use crate::simulate::{BEGIN_MS, simulate};
use crate::site::Tally;

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
pub fn run_plan(plan: &Plan, verbose: bool) -> Result<Tally, Finding> {
    let ended = simulate(plan, Timestamp::from_millis(BEGIN_MS), verbose);
    check(&ended);
    let violations = ended.shared.violations.take();
    if violations.is_empty() {
        return Ok(ended.shared.tally.get());
    }
    Err(Finding {
        plan: plan.clone(),
        violations,
    })
}

/// Carries out the plan of one seed.
///
/// # Errors
/// As `run_plan`.
pub fn run_seed(seed: u64, verbose: bool) -> Result<Tally, Finding> {
    run_plan(&Plan::draw(seed), verbose)
}

/// Carries out seeds `from..to` on `threads` threads, telling `progress` how many are done.
/// Answers the sum, and the finding of the lowest seed that each thread met, if any.
pub fn seeds(
    from: u64,
    to: u64,
    threads: u64,
    progress: impl Fn(u64) + Sync,
) -> (Tally, Vec<Finding>) {
    let done = std::sync::atomic::AtomicU64::new(0);
    let (done, progress) = (&done, &progress);
    let one = |thread: u64| {
        let mut tally = Tally::default();
        for seed in (from + thread..to).step_by(usize::try_from(threads).unwrap_or(1)) {
            match run_seed(seed, false) {
                Ok(more) => tally.add(&more),
                Err(finding) => return (tally, Some(finding)),
            }
            progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1);
        }
        (tally, None)
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let one = &one;
        let threads: Vec<_> = (0..threads)
            .map(|it| scope.spawn(move || one(it)))
            .collect();
        threads
            .into_iter()
            .map(|it| it.join().expect("no panic"))
            .collect()
    });
    let mut sum = Tally::default();
    let mut findings = Vec::new();
    for (tally, finding) in results {
        sum.add(&tally);
        findings.extend(finding);
    }
    findings.sort_by_key(|it| it.plan.seed);
    (sum, findings)
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
            Some(smaller) => best = smaller,
            None => return best,
        }
    }
}
