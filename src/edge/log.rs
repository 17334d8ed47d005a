//! Structured logs: one JSON object a line.
//!
//! Owns the shape of a line. Callers hand in names, counts and typed reasons; request bodies,
//! headers and identifiers of users have no way in here except by being passed on purpose.

use onbehalf_connector::{CallLine, CallLog};
use onbehalf_runs::{Level, Note};
use serde_json::{Map, Value};

/// Something worth knowing.
pub fn info(event: &str, fields: &[(&str, &str)]) {
    worker::console_log!("{}", line("info", event, fields));
}

/// Something that went wrong and is being dealt with.
pub fn warn(event: &str, fields: &[(&str, &str)]) {
    worker::console_warn!("{}", line("warn", event, fields));
}

/// Something that somebody has to look at.
pub fn error(event: &str, fields: &[(&str, &str)]) {
    worker::console_error!("{}", line("error", event, fields));
}

/// Writes a line that was decided elsewhere.
pub fn say(note: &Note) {
    let fields = note.fields.iter();
    let fields: Vec<(&str, &str)> = fields.map(|(name, it)| (*name, it.as_str())).collect();
    match note.level {
        Level::Info => info(note.event, &fields),
        Level::Warning => warn(note.event, &fields),
        Level::Error => error(note.event, &fields),
    }
}

/// A line for each call to Scalekit.
pub struct Calls;

impl CallLog for Calls {
    fn note(&self, call: &CallLine<'_>) {
        let status = call.status.map(|status| status.to_string());
        let broken = call.broken.map(|error| error.to_string());
        let latency = call.latency.as_millis().to_string();
        let fields = [
            ("call", Some(call.call)),
            ("tool", call.tool),
            ("status", status.as_deref()),
            ("error", broken.as_deref()),
            ("ms", Some(latency.as_str())),
            ("trace", call.trace_id),
        ];
        let fields = fields.into_iter();
        let fields: Vec<_> = fields.filter_map(|(name, it)| Some((name, it?))).collect();
        match call.status {
            Some(status) if status < 400 => info("upstream", &fields),
            _ => warn("upstream", &fields),
        }
    }
}

fn line(level: &str, event: &str, fields: &[(&str, &str)]) -> Value {
    let mut line = Map::new();
    line.insert("level".into(), level.into());
    line.insert("event".into(), event.into());
    for (name, value) in fields {
        line.insert((*name).into(), (*value).into());
    }
    Value::Object(line)
}
