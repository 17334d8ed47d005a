//! Turns of an agent and direct calls with a crash at every point: what was paid for and kept is not paid
//! for again, what was approved is written once, what was not is not written, and the threads hold the same.

use onbehalf_simulation::conversation::matrix::conversation_matrix;
use onbehalf_simulation::conversation::{
    DIRECT_CALLS, Line, READ_UNCONNECTED, READS, WRITE_UNCONNECTED, WRITES,
};

/// Fewer points than this are no whole turn.
const LEAST: usize = 100;

fn crash_everywhere(what: &str, lines: &'static [Line]) {
    let matrix = conversation_matrix(lines);
    let (passed, points) = (matrix.passed, matrix.points);
    println!("crash matrix of {what}: {passed} of {points} points");
    assert!(matrix.failures.is_empty(), "{:#?}", matrix.failures);
    assert!(points >= LEAST && passed == points, "{points} points");
}

#[test]
fn a_crash_in_a_turn_that_reads_changes_nothing() {
    crash_everywhere("a turn that reads", READS);
}

#[test]
fn a_crash_in_a_turn_with_an_approved_and_a_rejected_write_changes_nothing() {
    crash_everywhere("a turn that writes", WRITES);
}

#[test]
fn a_crash_in_a_turn_that_waits_for_a_connection_to_read_changes_nothing() {
    crash_everywhere("a turn whose read waits for a connection", READ_UNCONNECTED);
}

#[test]
fn a_crash_in_a_turn_that_waits_for_a_connection_to_write_changes_nothing() {
    crash_everywhere(
        "a turn whose write waits for a connection",
        WRITE_UNCONNECTED,
    );
}

#[test]
fn a_crash_in_a_direct_call_changes_nothing() {
    crash_everywhere("direct calls", DIRECT_CALLS);
}
