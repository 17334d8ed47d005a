//! Points in time as the project writes them: whole milliseconds, UTC, RFC 3339 on the wire.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time: milliseconds since the Unix epoch. Serialised as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Milliseconds in a day, for arithmetic on whole days.
pub const DAY_MS: i64 = 86_400_000;

/// The last millisecond RFC 3339 can write with a four-digit year (9999-12-31T23:59:59.999Z).
const LAST_MS: i64 = 253_402_300_799_999;
/// The first millisecond with a four-digit year (0000-01-01T00:00:00Z).
const FIRST_MS: i64 = -62_167_219_200_000;

impl Timestamp {
    /// From milliseconds since the epoch; clamped to the years 0000 to 9999, which RFC 3339 can
    /// write, so that formatting never fails.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(FIRST_MS, LAST_MS))
    }

    /// Milliseconds since the Unix epoch.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This point plus `duration`, saturating.
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This point minus `duration`, saturating.
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_sub(millis))
    }

    /// Time from `earlier` to this point; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole days from `earlier` to this point, rounded down; 0 when `earlier` is later.
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0.saturating_sub(earlier.0) / DAY_MS).max(0)
    }

    /// Reads RFC 3339, or a bare `YYYY-MM-DD` (Linear's due dates) as midnight UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
            let midnight = format!("{text}T00:00:00Z");
            (text.len() == 10).then(|| OffsetDateTime::parse(&midnight, &Rfc3339).ok())?
        })?;
        let millis = parsed.unix_timestamp_nanos() / 1_000_000;
        i64::try_from(millis).ok().map(Self::from_millis)
    }

    /// The calendar day in UTC, `YYYY-MM-DD`.
    pub fn date(self) -> String {
        let mut text = self.to_string();
        text.truncate(10);
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| fmt::Error)?;
        // Always three digits of milliseconds: equal instants are then equal texts, and texts sort.
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            moment.year(),
            u8::from(moment.month()),
            moment.day(),
            moment.hour(),
            moment.minute(),
            moment.second(),
            moment.millisecond()
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 date-time"))
    }
}

#[cfg(all(feature = "schema", not(target_arch = "wasm32")))]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_back_is_the_same_instant(millis in FIRST_MS..=LAST_MS) {
            let moment = Timestamp::from_millis(millis);
            prop_assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".{0,40}") {
            let _ = Timestamp::parse(&text);
        }
    }

    #[test]
    fn a_bare_date_is_midnight_utc() {
        let moment = Timestamp::parse("2026-11-23").expect("a date");
        assert_eq!(moment.to_string(), "2026-11-23T00:00:00.000Z");
        assert_eq!(moment.date(), "2026-11-23");
    }

    #[test]
    fn days_are_whole_and_never_negative() {
        let noon = Timestamp::parse("2026-11-23T12:00:00Z").expect("noon");
        let earlier = Timestamp::parse("2026-11-20T13:00:00Z").expect("earlier");
        assert_eq!(noon.days_since(earlier), 2);
        assert_eq!(earlier.days_since(noon), 0);
    }
}
