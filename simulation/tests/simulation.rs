//! The simulation as a test: the crash matrix whole, and some thousand seeds.

use onbehalf_simulation::matrix::crash_matrix;
use onbehalf_simulation::{Seeds, shrink};

/// Seeds of one test run, about half a minute without optimisation.
const SEEDS: u64 = 300;
/// How many, for those who want more or fewer.
const SEEDS_VARIABLE: &str = "SIMULATION_SEEDS";
/// Two tests at once already fill the machines this is tested on.
const THREADS: u64 = 2;

#[test]
fn a_crash_at_any_commit_or_call_changes_nothing_in_the_outside_world() {
    let matrix = crash_matrix();
    println!(
        "crash matrix: {} of {} points",
        matrix.passed, matrix.points
    );
    assert!(matrix.failures.is_empty(), "{:#?}", matrix.failures);
    assert!(
        matrix.points > 50,
        "{} points are no whole run",
        matrix.points
    );
}

#[test]
fn no_seed_breaks_a_rule() {
    let wanted = std::env::var(SEEDS_VARIABLE).ok();
    let count = wanted.map_or(SEEDS, |text| text.parse().expect("a number of seeds"));
    let seeds = Seeds {
        from: 0,
        count,
        threads: THREADS,
        goes_on: false,
    };
    let sum = seeds.run(|_| {});
    if let Some(finding) = sum.findings.into_iter().next() {
        let seed = finding.plan.seed;
        panic!(
            "seed {seed} (npm run simulate -- --seed {seed}): {:#?}",
            shrink(finding)
        );
    }
    println!("{}", sum.tally.lines().join("\n"));
    assert_eq!(sum.done, count);
    // A simulation in which nothing happens proves nothing.
    assert!(sum.tally.crashes > count / 2 && sum.tally.writes > count);
}
