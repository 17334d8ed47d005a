//! `simulate --seeds N [--from S] [--all] [--summary FILE]`, `simulate --seed S`,
//! `simulate --matrix`.
//!
//! Owns the command line and what is printed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use onbehalf_simulation::matrix::crash_matrix;
use onbehalf_simulation::{ALL_SEEN_AFTER, Finding, Seeds, Sum, run_seed, shrink};

const USAGE: &str =
    "Usage: simulate --seeds N [--from S] [--all] [--summary FILE] | --seed S | --matrix";
/// A line of progress, and the summary anew, after so many seeds.
const PROGRESS: u64 = 1_000;

enum Asked {
    Seeds(Many),
    Seed(u64),
    Matrix,
}

struct Many {
    from: u64,
    count: u64,
    /// Whether seeds after a finding are carried out, too.
    all: bool,
    /// Where the summary is kept.
    summary: Option<PathBuf>,
}

fn asked() -> Result<Asked, lexopt::Error> {
    use lexopt::prelude::*;
    let (mut from, mut count, mut all, mut summary) = (0, None, false, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seeds") => count = Some(parser.value()?.parse()?),
            Long("from") => from = parser.value()?.parse()?,
            Long("all") => all = true,
            Long("summary") => summary = Some(PathBuf::from(parser.value()?)),
            Long("seed") => return Ok(Asked::Seed(parser.value()?.parse()?)),
            Long("matrix") => return Ok(Asked::Matrix),
            _ => return Err(argument.unexpected()),
        }
    }
    match count {
        Some(count) => Ok(Asked::Seeds(Many {
            from,
            count,
            all,
            summary,
        })),
        None => Err("name --seeds, --seed or --matrix".into()),
    }
}

fn main() -> ExitCode {
    match asked() {
        Err(error) => {
            eprintln!("{error}. {USAGE}");
            ExitCode::FAILURE
        }
        Ok(Asked::Seeds(asked)) => many(&asked),
        Ok(Asked::Seed(seed)) => one(seed),
        Ok(Asked::Matrix) => matrix(),
    }
}

fn many(asked: &Many) -> ExitCode {
    let begun = Instant::now();
    let seeds = Seeds {
        from: asked.from,
        count: asked.count,
        threads: std::thread::available_parallelism().map_or(1, |it| it.get() as u64),
        goes_on: asked.all,
    };
    let sum = seeds.run(|sum| {
        if !sum.done.is_multiple_of(PROGRESS) {
            return;
        }
        println!(
            "{} of {} seeds, {:.0} s, {} findings",
            sum.done,
            asked.count,
            begun.elapsed().as_secs_f64(),
            sum.findings.len()
        );
        keep(asked.summary.as_deref(), sum, begun);
    });
    keep(asked.summary.as_deref(), &sum, begun);
    for line in report(&sum, begun) {
        println!("{line}");
    }
    if let Some(finding) = sum.findings.first() {
        show(finding);
        return ExitCode::FAILURE;
    }
    let idle = sum.tally.idle();
    if sum.done < ALL_SEEN_AFTER || idle.is_empty() {
        return ExitCode::SUCCESS;
    }
    for text in idle {
        println!("Never once in {} seeds: {text}", sum.done);
    }
    ExitCode::FAILURE
}

fn keep(summary: Option<&Path>, sum: &Sum, begun: Instant) {
    let Some(path) = summary else { return };
    let text = report(sum, begun).join("\n") + "\n";
    if let Err(error) = std::fs::write(path, text) {
        eprintln!("The summary is not kept: {error}");
    }
}

/// What was exercised, and what broke a rule.
fn report(sum: &Sum, begun: Instant) -> Vec<String> {
    let tally = &sum.tally;
    let mut lines = tally.lines();
    lines.push(format!(
        "{} seeds in {:.1} s: {} runs, {} crashes, {} writes landed, {} of them twice as the index \
         lagged beyond its setting, {} findings",
        sum.done,
        begun.elapsed().as_secs_f64(),
        tally.runs,
        tally.crashes,
        tally.writes,
        tally.allowed_duplicates,
        sum.findings.len(),
    ));
    for finding in &sum.findings {
        let first = finding.violations.first();
        let first = first.map(String::as_str).unwrap_or_default();
        lines.push(format!("seed {}: {first}", finding.plan.seed));
    }
    lines
}

fn one(seed: u64) -> ExitCode {
    match run_seed(seed, true) {
        Ok(tally) => {
            println!(
                "seed {seed}: {} runs, {} crashes, {} writes landed, 0 violations",
                tally.runs, tally.crashes, tally.writes
            );
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
    let plan = &shortest.plan;
    println!(
        "  {:?}, lag {} ms, latency {} ms, budget {}, retention {} ms, clocks {} ms apart, \
         outage {:?}, settings {}",
        plan.world,
        plan.search_lag_ms,
        plan.latency_ms,
        plan.budget,
        plan.retention_ms,
        plan.skew_ms,
        plan.outage,
        plan.settings,
    );
    for user in &plan.users {
        println!("  {user:?}");
    }
    for person in &plan.people {
        println!("  {person:?}");
    }
    for trigger in &plan.triggers {
        println!("  {trigger:?}");
    }
    for disturbance in &plan.disturbances {
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
