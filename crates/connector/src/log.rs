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

impl CallLine<'_> {
    /// Whether it came back as whoever looks after the service hopes for.
    pub fn went_well(&self) -> bool {
        self.status.is_some_and(|status| status < 400)
    }

    /// What the line holds, by name. What there is none of is left out.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("call", Some(self.call.to_owned())),
            ("tool", self.tool.map(str::to_owned)),
            ("status", self.status.map(|status| status.to_string())),
            ("error", self.broken.map(|error| error.to_string())),
            ("ms", Some(self.latency.as_millis().to_string())),
            ("trace", self.trace_id.map(str::to_owned)),
        ];
        let fields = fields.into_iter();
        fields.filter_map(|(name, it)| Some((name, it?))).collect()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: CallLine<'_> = CallLine {
        call: "execute_tool",
        tool: Some("hubspot_task_create"),
        status: None,
        broken: None,
        latency: Duration::from_millis(1_250),
        trace_id: None,
    };

    #[test]
    fn no_answer_and_a_refusal_are_worth_a_look() {
        for (status, well) in [
            (200, true),
            (302, true),
            (400, false),
            (429, false),
            (500, false),
        ] {
            let line = CallLine {
                status: Some(status),
                ..LINE
            };
            assert_eq!(line.went_well(), well, "{status}");
        }
        assert!(!LINE.went_well());
    }

    #[test]
    fn a_line_holds_what_there_is() {
        let broken = CallLine {
            broken: Some(FetchError::Timeout),
            trace_id: Some("0af7651916cd43dd8448eb211c80319c"),
            ..LINE
        };
        let names = broken.fields().into_iter().map(|(name, _)| name);
        assert_eq!(
            names.collect::<Vec<_>>(),
            ["call", "tool", "error", "ms", "trace"]
        );
        assert!(LINE.fields().contains(&("ms", "1250".to_owned())));
    }
}
