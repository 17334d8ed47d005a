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
        let fields = call.fields();
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, it)| (*name, it.as_str()))
            .collect();
        if call.went_well() {
            info("upstream", &fields);
        } else {
            warn("upstream", &fields);
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
