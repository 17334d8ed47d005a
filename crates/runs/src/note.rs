//! Lines for the log, before anybody has written them.

/// How much somebody should care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Something went wrong and is being dealt with.
    Warning,
    /// Somebody has to look.
    Error,
}

/// A line for the log: what happened, and names without identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: Level,
    /// What happened, in one word.
    pub event: &'static str,
    /// With what.
    pub fields: Vec<(&'static str, String)>,
}

impl Note {
    /// Something that went wrong and is being dealt with.
    pub fn warning(event: &'static str, fields: Vec<(&'static str, String)>) -> Self {
        let level = Level::Warning;
        Self {
            level,
            event,
            fields,
        }
    }
}
