//! How often what was asked: what a test looks at to see that nothing was asked in vain.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// How often what was asked.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Calls {
    /// By endpoint.
    pub endpoints: BTreeMap<String, u64>,
    /// By tool.
    pub tools: BTreeMap<String, u64>,
    /// By identifier.
    pub by_identifier: BTreeMap<String, u64>,
    /// Traces that calls belonged to (W3C Trace Context), the first so many.
    pub traces: BTreeSet<String>,
}

/// Traces that are remembered.
const TRACES: usize = 1000;

impl Calls {
    /// Notes the trace of a `traceparent` header.
    pub fn note_trace(&mut self, header: &str) {
        let trace = header.split('-').nth(1);
        if let Some(trace) = trace.filter(|_| self.traces.len() < TRACES) {
            self.traces.insert(trace.to_owned());
        }
    }
}
