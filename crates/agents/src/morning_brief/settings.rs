//! What an operator can tune without touching code: the `MORNING_BRIEF` variable.
//!
//! ```
//! use onbehalf_agents::morning_brief::BriefSettings;
//!
//! let settings = BriefSettings::from_json(Some(r#"{"lookBackHours": 72}"#))?;
//! assert_eq!((settings.look_back_hours, settings.channel), (72, None));
//! assert!(BriefSettings::from_json(Some(r##"{"channel": "#general"}"##)).is_err());
//! # Ok::<(), String>(())
//! ```

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::section::MOST_LINES;

/// Longest id of a conversation; Slack's have about a dozen characters.
const LONGEST_CHANNEL: usize = 64;
/// A week: whoever was away longer reads the apps themselves.
const LONGEST_LOOK_BACK_HOURS: u32 = 7 * 24;

/// The rules of the morning brief.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BriefSettings {
    /// Slack's id of the conversation the message goes to, such as `C0123ABCD`. Left out, it goes
    /// to the conversation that each user has with themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// A ticket that was opened within so many hours is new. 1 to 168, default 24.
    pub look_back_hours: u32,
    /// An issue that is worked on and was not touched for so many days is stalled. 1 to 90,
    /// default 5.
    pub stalled_after_days: u32,
    /// Lines shown of each kind of news; more are counted. 1 to 20, default 5.
    pub lines: u32,
    /// What happens on a day without news. Default `say_nothing`.
    pub when_quiet: WhenQuiet,
}

/// What happens on a day without news.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenQuiet {
    /// No message.
    #[default]
    SayNothing,
    /// A message that says so.
    SaySo,
}

impl Default for BriefSettings {
    fn default() -> Self {
        Self {
            channel: None,
            look_back_hours: 24,
            stalled_after_days: 5,
            lines: 5,
            when_quiet: WhenQuiet::default(),
        }
    }
}

impl BriefSettings {
    /// Reads the variable; absent or blank means all defaults.
    ///
    /// # Errors
    /// Says which field is unknown, of the wrong type or out of range.
    pub fn from_json(text: Option<&str>) -> Result<Self, String> {
        let settings: Self = match text.map(str::trim).filter(|text| !text.is_empty()) {
            // As an object first: serde would take a list for a struct, field by field.
            Some(text) => serde_json::from_slice::<serde_json::Map<_, _>>(text.as_bytes())
                .and_then(|fields| serde_json::from_value(fields.into()))
                .map_err(|error| error.to_string())?,
            None => Self::default(),
        };
        settings.validate()?;
        Ok(settings)
    }

    fn validate(&self) -> Result<(), String> {
        let id = |text: &str| {
            (1..=LONGEST_CHANNEL).contains(&text.len())
                && text
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        if self.channel.as_deref().is_some_and(|it| !id(it)) {
            // Slack's history is asked for by id alone, so that a name would do for half of it.
            return Err("channel must be a conversation's id, such as C0123ABCD".into());
        }
        let most_lines = u32::try_from(MOST_LINES).unwrap_or(u32::MAX);
        within(
            "lookBackHours",
            self.look_back_hours,
            1..=LONGEST_LOOK_BACK_HOURS,
        )?;
        within("stalledAfterDays", self.stalled_after_days, 1..=90)?;
        within("lines", self.lines, 1..=most_lines)
    }
}

fn within(name: &str, value: u32, allowed: RangeInclusive<u32>) -> Result<(), String> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let (least, most) = (allowed.start(), allowed.end());
    Err(format!("{name} must be from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_is_the_defaults() {
        for text in [None, Some(""), Some(" {} ")] {
            assert_eq!(BriefSettings::from_json(text), Ok(BriefSettings::default()));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            (r#"{"lookBackHours": 0}"#, "lookBackHours"),
            (r#"{"stalledAfterDays": 91}"#, "stalledAfterDays"),
            (r#"{"lines": 21}"#, "lines"),
            (r#"{"channel": ""}"#, "channel"),
            (r#"{"channel": "c1"}"#, "channel"),
            (r#"{"whenQuiet": "loud"}"#, "loud"),
            (r#"{"surprise": 1}"#, "surprise"),
            ("[]", "map"),
        ] {
            let error = BriefSettings::from_json(Some(text)).expect_err(text);
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
