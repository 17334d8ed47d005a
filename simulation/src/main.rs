//! `simulate --seeds N [--from S]`, `simulate --seed S`, `simulate --matrix`.
//!
//! Owns the command line and what is printed.

use std::process::ExitCode;
use std::time::Instant;

use onbehalf_simulation::matrix::crash_matrix;
use onbehalf_simulation::{Finding, run_seed, seeds, shrink};

const USAGE: &str = "Usage: simulate --seeds N [--from S] | --seed S | --matrix";
/// A line of progress after so many seeds.
const PROGRESS: u64 = 5_000;

enum Asked {
    Seeds { from: u64, count: u64 },
    Seed(u64),
    Matrix,
}

fn asked() -> Result<Asked, lexopt::Error> {
    use lexopt::prelude::*;
    let (mut from, mut count) = (0, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seeds") => count = Some(parser.value()?.parse()?),
            Long("from") => from = parser.value()?.parse()?,
            Long("seed") => return Ok(Asked::Seed(parser.value()?.parse()?)),
            Long("matrix") => return Ok(Asked::Matrix),
            _ => return Err(argument.unexpected()),
        }
    }
    match count {
        Some(count) => Ok(Asked::Seeds { from, count }),
        None => Err("name --seeds, --seed or --matrix".into()),
    }
}

fn main() -> ExitCode {
    match asked() {
        Err(error) => {
            eprintln!("{error}. {USAGE}");
            ExitCode::FAILURE
        }
        Ok(Asked::Seeds { from, count }) => many(from, count),
        Ok(Asked::Seed(seed)) => one(seed),
        Ok(Asked::Matrix) => matrix(),
    }
}

fn many(from: u64, count: u64) -> ExitCode {
    let threads = std::thread::available_parallelism().map_or(1, |it| it.get() as u64);
    let begun = Instant::now();
    let (tally, findings) = seeds(from, from + count, threads, |done| {
        if done % PROGRESS == 0 {
            println!(
                "{done} of {count} seeds, {:.0} s",
                begun.elapsed().as_secs_f64()
            );
        }
    });
    let Some(finding) = findings.into_iter().next() else {
        println!(
            "{count} seeds in {:.1} s: {} runs, {} crashes, {} storage failures, {} call faults, {} resumes, {} cancels, \
             {} writes landed, {} results compared, 0 violations",
            begun.elapsed().as_secs_f64(),
            tally.runs,
            tally.crashes,
            tally.storage_failures,
            tally.faults,
            tally.resumes,
            tally.cancels,
            tally.writes,
            tally.compared,
        );
        return ExitCode::SUCCESS;
    };
    show(&finding);
    ExitCode::FAILURE
}

fn one(seed: u64) -> ExitCode {
    match run_seed(seed, true) {
        Ok(tally) => {
            println!("seed {seed}: {tally:?}, 0 violations");
            ExitCode::SUCCESS
        }
        Err(finding) => {
            show(&finding);
            ExitCode::FAILURE
        }
    }
}

fn show(finding: &Finding) {
    println!("seed {} breaks a rule:", finding.plan.seed);
    for violation in &finding.violations {
        println!("  {violation}");
    }
    let shortest = shrink(finding.clone());
    println!("The shortest that still does:");
    println!(
        "  lag {} ms, latency {} ms, budget {}",
        shortest.plan.search_lag_ms, shortest.plan.latency_ms, shortest.plan.budget
    );
    for (index, run) in shortest.plan.runs.iter().enumerate() {
        println!("  run {index}: {run:?}");
    }
    for disturbance in &shortest.plan.disturbances {
        println!("  {disturbance:?}");
    }
    for violation in &shortest.violations {
        println!("  => {violation}");
    }
    println!("Replay: npm run simulate -- --seed {}", finding.plan.seed);
}

fn matrix() -> ExitCode {
    let matrix = crash_matrix();
    println!(
        "crash matrix: {} of {} points",
        matrix.passed, matrix.points
    );
    for failure in &matrix.failures {
        println!("  {failure}");
    }
    if matrix.failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
