//! Structured logs: one JSON object a line.
//!
//! Owns the shape of a line. Callers hand in names, counts and typed reasons; request bodies,
//! headers and identifiers of users have no way in here except by being passed on purpose.

use serde_json::{Map, Value};

/// Something worth knowing.
pub fn info(event: &str, fields: &[(&str, &str)]) {
    worker::console_log!("{}", line("info", event, fields));
}

/// Something that went wrong and is being dealt with.
pub fn warn(event: &str, fields: &[(&str, &str)]) {
    worker::console_warn!("{}", line("warn", event, fields));
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
