//! When a workflow runs by itself: once a day, on some days of the week, UTC.
//!
//! Owns the little of cron that a daily run needs. Everything finer is refused, because an
//! enrolment promises one run a day at most.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use onbehalf_clock::{DAY_MS, Timestamp};

const MINUTE_MS: i64 = 60_000;
/// 1 January 1970 was a Thursday; cron counts from Sunday.
const FIRST_WEEKDAY: i64 = 4;
const DAYS_OF_A_WEEK: i64 = 7;
const EVERY_DAY: u8 = 0b111_1111;

/// A daily time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron {
    minute: u8,
    hour: u8,
    /// A bit for each weekday, Sunday lowest.
    weekdays: u8,
}

/// Not a daily time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `MINUTE HOUR * * *` or `MINUTE HOUR * * WEEKDAYS`, like `0 8 * * 1-5`")]
pub struct NotDaily;

impl Cron {
    /// Every day at this hour, UTC.
    pub const fn daily(hour: u8) -> Self {
        Self {
            minute: 0,
            hour,
            weekdays: EVERY_DAY,
        }
    }

    /// Reads a cron expression.
    ///
    /// # Errors
    /// [`NotDaily`] for one that asks for anything else.
    pub fn parse(text: &str) -> Result<Self, NotDaily> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, "*", "*", weekdays] = fields.as_slice() else {
            return Err(NotDaily);
        };
        Ok(Self {
            minute: number(minute, 59)?,
            hour: number(hour, 23)?,
            weekdays: self::weekdays(weekdays)?,
        })
    }

    /// The latest tick at or before this time.
    pub fn latest(self, at: Timestamp) -> Timestamp {
        let today = at.millis().div_euclid(DAY_MS);
        let earlier = (0..=DAYS_OF_A_WEEK).map(|back| today - back);
        let tick = earlier
            .filter(|day| self.on(*day))
            .map(|day| self.of_day(day))
            .find(|tick| *tick <= at);
        // A week holds at least one of the days.
        tick.unwrap_or_else(|| Timestamp::from_millis(0))
    }

    /// The first tick after this time.
    pub fn next(self, after: Timestamp) -> Timestamp {
        let today = after.millis().div_euclid(DAY_MS);
        let later = (0..=DAYS_OF_A_WEEK).map(|ahead| today + ahead);
        let tick = later
            .filter(|day| self.on(*day))
            .map(|day| self.of_day(day))
            .find(|tick| *tick > after);
        tick.unwrap_or_else(|| after.plus(Duration::from_secs(24 * 3600)))
    }

    fn on(self, day: i64) -> bool {
        let weekday = (day + FIRST_WEEKDAY).rem_euclid(DAYS_OF_A_WEEK);
        self.weekdays & (1 << weekday) != 0
    }

    fn of_day(self, day: i64) -> Timestamp {
        let minutes = i64::from(self.hour) * 60 + i64::from(self.minute);
        Timestamp::from_millis(day * DAY_MS + minutes * MINUTE_MS)
    }
}

fn number(text: &str, most: u8) -> Result<u8, NotDaily> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| *number <= most && digits);
    number.ok_or(NotDaily)
}

/// `*`, a day, a list of days and ranges; 7 is Sunday too.
fn weekdays(text: &str) -> Result<u8, NotDaily> {
    if text == "*" {
        return Ok(EVERY_DAY);
    }
    let mut days = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first, 7)?, number(last, 7)?);
        if first > last {
            return Err(NotDaily);
        }
        for day in first..=last {
            days |= 1 << (day % 7);
        }
    }
    Ok(days)
}

impl std::fmt::Display for Cron {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} * * ", self.minute, self.hour)?;
        if self.weekdays == EVERY_DAY {
            return f.write_str("*");
        }
        let days = (0..7_u8).filter(|day| self.weekdays & (1 << day) != 0);
        let days: Vec<String> = days.map(|day| day.to_string()).collect();
        f.write_str(&days.join(","))
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.to_string()
    }
}

impl TryFrom<String> for Cron {
    type Error = NotDaily;

    fn try_from(text: String) -> Result<Self, NotDaily> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    #[test]
    fn a_daily_run_has_one_tick_a_day() {
        let cron = Cron::parse("0 8 * * *").expect("daily");
        assert_eq!(cron, Cron::daily(8));
        let eight = at("2026-11-25T08:00:00Z");
        assert_eq!(cron.latest(eight), eight);
        assert_eq!(cron.latest(at("2026-11-26T07:59:59Z")), eight);
        assert_eq!(cron.next(at("2026-11-25T07:59:59Z")), eight);
        assert_eq!(cron.next(eight), at("2026-11-26T08:00:00Z"));
    }

    #[test]
    fn working_days_leave_the_weekend_out() {
        let cron = Cron::parse("30 6 * * 1-5").expect("working days");
        // A Friday.
        let friday = at("2026-11-27T06:30:00Z");
        assert_eq!(cron.next(friday), at("2026-11-30T06:30:00Z"));
        assert_eq!(cron.latest(at("2026-11-29T23:00:00Z")), friday);
        assert_eq!(cron.to_string(), "30 6 * * 1,2,3,4,5");
        assert_eq!(Cron::parse("0 8 * * 7"), Cron::parse("0 8 * * 0"));
    }

    #[test]
    fn what_is_not_daily_is_refused() {
        for text in [
            "",
            "* * * * *",
            "0 * * * *",
            "*/5 8 * * *",
            "0 8 1 * *",
            "0 8 * 2 *",
            "60 8 * * *",
            "0 24 * * *",
            "0 8 * * 5-1",
            "0 8 * * 8",
            "0 8 * * MON",
            "0 8 * *",
            "0 8 * * * *",
            "+0 8 * * *",
        ] {
            assert_eq!(Cron::parse(text), Err(NotDaily), "{text}");
        }
    }

    proptest! {
        #[test]
        fn ticks_follow_each_other(
            minute in 0..60_u8, hour in 0..24_u8, weekdays in 1..128_u8, millis in 0..4_000_000_000_000_i64,
        ) {
            let cron = Cron { minute, hour, weekdays };
            let now = Timestamp::from_millis(millis);
            let (latest, next) = (cron.latest(now), cron.next(now));
            prop_assert!(latest <= now && now < next);
            prop_assert_eq!(cron.next(latest), next);
            prop_assert_eq!(cron.latest(next), next);
            prop_assert_eq!(Cron::parse(&cron.to_string()), Ok(cron));
        }
    }
}
