//! One line for each request that leaves, for whoever looks after the service.
//!
//! Owns what such a line holds: names, numbers, and nothing of the request or its answer. Knows
//! nothing of where lines go.

use std::time::Duration;

use onbehalf_fetch::FetchError;

/// A request that was sent, and how it came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLine<'a> {
    /// `execute_tool` or `accounts`.
    pub call: &'static str,
    /// The tool's name as sent, for `execute_tool`.
    pub tool: Option<&'a str>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub broken: Option<FetchError>,
    /// From the first byte sent to the last one read.
    pub latency: Duration,
    /// The trace the request belongs to.
    pub trace_id: Option<&'a str>,
}

/// Where lines go.
pub trait CallLog {
    /// Takes one line; must not fail and must not wait.
    fn note(&self, line: &CallLine<'_>);
}

/// Nobody listens.
pub(super) struct NoLog;

impl CallLog for NoLog {
    fn note(&self, _: &CallLine<'_>) {}
}
