//! How many calls an app allows one user, and when the next one may leave.
//!
//! Owns the arithmetic and the numbers. Knows nothing of where the count is kept or of who waits.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::connectors::Connectors;
use super::name::{Connector, NoConnectorName};
use onbehalf_clock::Timestamp;

/// The most calls at once, or in a minute, a setting may allow; above every documented allowance.
const HIGHEST: u32 = 100_000;

/// A share of an app's allowance that the app counts by itself. Written as `hubspot.search`, or as
/// the connector's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Lane {
    /// HubSpot's search, which has an allowance of its own.
    HubspotSearch,
    /// Everything else of an app.
    App(Connector),
    /// Every call to Scalekit, of all users together.
    Environment,
}

const HUBSPOT_SEARCH: &str = "hubspot.search";
const SCALEKIT: &str = "scalekit";

impl Lane {
    /// The lane a tool of Scalekit's catalogue takes.
    pub fn of(connector: Connector, tool_name: &str) -> Self {
        if connector == Connector::HUBSPOT && tool_name.ends_with("_search") {
            Self::HubspotSearch
        } else {
            Self::App(connector)
        }
    }

    /// As settings and storage name it.
    pub fn name(&self) -> &str {
        match self {
            Self::HubspotSearch => HUBSPOT_SEARCH,
            Self::App(connector) => connector.name(),
            Self::Environment => SCALEKIT,
        }
    }
}

impl From<Lane> for String {
    fn from(lane: Lane) -> Self {
        lane.name().to_owned()
    }
}

impl TryFrom<String> for Lane {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            HUBSPOT_SEARCH => return Ok(Self::HubspotSearch),
            SCALEKIT => return Ok(Self::Environment),
            _ => {}
        }
        let connector = name.parse().map(Self::App);
        connector.map_err(|wrong: NoConnectorName| {
            format!("{wrong}; other lanes are {HUBSPOT_SEARCH} and {SCALEKIT}")
        })
    }
}

/// An allowance: so many calls at once, and then evenly so many a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rate {
    /// Calls that may leave at once after a pause. 1 to 100,000.
    pub burst: u32,
    /// Calls a minute after that. 1 to 100,000.
    pub per_minute: u32,
}

/// For an app without a row of its own: inside the smallest allowance an app of this kind is known
/// to give, one call a second.
const UNKNOWN_APP: Rate = Rate {
    burst: 10,
    per_minute: 50,
};

impl Rate {
    /// The time between two calls once the burst is used up, rounded up to whole milliseconds.
    fn interval(self) -> Duration {
        Duration::from_millis(u64::from(60_000_u32.div_ceil(self.per_minute.max(1))))
    }

    /// What one call of the burst costs against the future, summed up.
    fn slack(self) -> Duration {
        self.interval() * self.burst.saturating_sub(1)
    }
}

/// The allowance of every lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates(BTreeMap<Lane, Rate>);

impl Default for Rates {
    /// Inside what the apps document, the smallest plan assumed. In any window no more than the
    /// burst and the rate together can leave (the rate over two seconds more, because turns are
    /// leased that long), so it is their sum that stays inside.
    fn default() -> Self {
        let rate = |burst, per_minute| Rate { burst, per_minute };
        Self(BTreeMap::from([
            // Five searches a second and account (HubSpot, "CRM search: rate limits").
            (Lane::HubspotSearch, rate(3, 120)),
            // 110 calls in ten seconds for an app that users authorize (HubSpot, "Usage
            // guidelines").
            (Lane::App(Connector::HUBSPOT), rate(36, 360)),
            // 200 calls a minute on the Team plan (Zendesk, "Rate limits: Support API").
            (Lane::App(Connector::ZENDESK), rate(60, 120)),
            // 5,000 calls an hour and user for an app that users authorize (Linear, "Rate
            // limiting").
            (Lane::App(Connector::LINEAR), rate(200, 75)),
            // Scalekit documents a limit in requests a minute without its number. This is how fast
            // calls leave after it was met; as long as it is not, nobody counts them.
            (Lane::Environment, rate(10, 600)),
        ]))
    }
}

impl Rates {
    /// Reads the `PROVIDER_RATES` variable: lanes by name; those left out keep their default.
    ///
    /// # Errors
    /// Says which lane is unknown or which number out of range.
    pub fn from_json(text: Option<&str>) -> Result<Self, String> {
        let mut rates = Self::default();
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(rates);
        };
        let given: BTreeMap<Lane, Rate> =
            serde_json::from_slice(text.as_bytes()).map_err(|error| error.to_string())?;
        for (lane, rate) in given {
            let allowed = 1..=HIGHEST;
            if !allowed.contains(&rate.burst) || !allowed.contains(&rate.per_minute) {
                return Err(format!(
                    "{}: burst and perMinute must be from 1 to {HIGHEST}",
                    lane.name()
                ));
            }
            rates.0.insert(lane, rate);
        }
        Ok(rates)
    }

    /// A lane of a connector that is not among these: a name that was mistyped.
    pub fn stray(&self, connectors: &Connectors) -> Option<Lane> {
        let mut lanes = self.0.keys().copied();
        lanes.find(|lane| match lane {
            Lane::App(connector) => {
                let shipped = Self::default().0.contains_key(lane);
                !shipped && connectors.get(connector.name()).is_none()
            }
            Lane::HubspotSearch | Lane::Environment => false,
        })
    }

    /// The allowance of one lane.
    pub fn of(&self, lane: Lane) -> Rate {
        self.0.get(&lane).copied().unwrap_or(UNKNOWN_APP)
    }
}

/// Turns somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// As many as can leave at once, up to this; at least 1.
    pub turns: u32,
    /// How long the first of them is worth waiting for.
    pub longest_wait: Duration,
}

/// Turns somebody gets. A turn of the future is given out one at a time: whoever took several
/// would only push everybody else's away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// So many calls may leave now.
    AtOnce(u32),
    /// One call may leave after this wait.
    Later(Duration),
    /// The next turn is this far away, and was not taken.
    TooFar(Duration),
}

/// What one user has used of one lane: the generic cell rate algorithm, whose whole memory is one
/// point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used(Option<Timestamp>);

impl Used {
    /// From what [`Self::until`] gave.
    pub fn up_to(until: Timestamp) -> Self {
        Self(Some(until))
    }

    /// The point in time to remember: when nothing is used any more. `None` before the first call.
    pub fn until(self) -> Option<Timestamp> {
        self.0
    }

    /// Takes turns.
    pub fn take(&mut self, rate: Rate, now: Timestamp, wanted: Wanted) -> Given {
        let mut at_once = 0;
        while at_once < wanted.turns {
            let used = self.0.map_or(now, |until| until.max(now));
            let wait = used.minus(rate.slack()).since(now);
            let may_wait = at_once == 0 && wait <= wanted.longest_wait;
            if !wait.is_zero() && !may_wait {
                return if at_once == 0 {
                    Given::TooFar(wait)
                } else {
                    Given::AtOnce(at_once)
                };
            }
            self.0 = Some(used.plus(rate.interval()));
            if !wait.is_zero() {
                return Given::Later(wait);
            }
            at_once += 1;
        }
        Given::AtOnce(at_once)
    }

    /// Nothing leaves before `until`: the app itself has said so.
    pub fn hold(&mut self, rate: Rate, until: Timestamp) {
        let held = until.plus(rate.slack());
        self.0 = Some(self.0.map_or(held, |used| used.max(held)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn wanted(turns: u32, seconds: u64) -> Wanted {
        Wanted {
            turns,
            longest_wait: Duration::from_secs(seconds),
        }
    }

    proptest! {
        /// The promise the numbers above are chosen by.
        #[test]
        fn no_window_sees_more_than_the_burst_and_the_rate(
            burst in 1..20_u32,
            per_minute in 1..600_u32,
            asks in proptest::collection::vec((0..3_000_i64, 1..5_u32, 0..9_u64), 1..200),
            window in 1..120_000_i64,
        ) {
            let rate = Rate { burst, per_minute };
            let mut used = Used::default();
            let mut now = 0;
            let mut left = Vec::new();
            for (pause, turns, seconds) in asks {
                now += pause;
                match used.take(rate, at(now), wanted(turns, seconds)) {
                    Given::AtOnce(turns) => left.extend((0..turns).map(|_| now)),
                    Given::Later(wait) => left.push(at(now).plus(wait).millis()),
                    Given::TooFar(_) => {}
                }
            }
            let most = i64::from(burst) + window * i64::from(per_minute) / 60_000 + 1;
            for first in &left {
                let inside = left.iter().filter(|it| (*first..first + window).contains(it));
                prop_assert!(i64::try_from(inside.count()).unwrap_or(i64::MAX) <= most);
            }
        }

        #[test]
        fn a_hold_lets_nothing_through_early(
            burst in 1..20_u32,
            per_minute in 1..600_u32,
            before in 0..30_usize,
            hold in 1..60_000_i64,
        ) {
            let rate = Rate { burst, per_minute };
            let mut used = Used::default();
            for _ in 0..before {
                used.take(rate, at(0), wanted(1, 0));
            }
            used.hold(rate, at(hold));
            let held = Duration::from_millis(u64::try_from(hold).unwrap_or(0));
            let given = used.take(rate, at(0), wanted(9, 3600));
            prop_assert!(matches!(given, Given::Later(wait) if wait >= held), "{given:?}");
        }
    }

    #[test]
    fn a_rested_lane_lets_its_burst_through_at_once() {
        let rate = Rate {
            burst: 3,
            per_minute: 60,
        };
        let mut used = Used::default();
        let mut ask = |now, turns| used.take(rate, at(now), wanted(turns, 5));
        assert_eq!(ask(0, 5), Given::AtOnce(3));
        assert_eq!(ask(0, 5), Given::Later(Duration::from_secs(1)));
        assert_eq!(ask(0, 5), Given::Later(Duration::from_secs(2)));
        assert_eq!(ask(60_000, 2), Given::AtOnce(2));
    }

    #[test]
    fn a_turn_too_far_away_is_not_taken() {
        let rate = Rate {
            burst: 1,
            per_minute: 60,
        };
        let mut used = Used::default();
        let mut ask = |now| used.take(rate, at(now), wanted(9, 1));
        assert_eq!(ask(0), Given::AtOnce(1));
        assert_eq!(ask(0), Given::Later(Duration::from_secs(1)));
        for _ in 0..3 {
            assert_eq!(ask(0), Given::TooFar(Duration::from_secs(2)));
        }
        assert_eq!(ask(1_000), Given::Later(Duration::from_secs(1)));
    }

    #[test]
    fn settings_change_what_they_name() {
        let rates = Rates::from_json(Some(r#"{"hubspot.search":{"burst":4,"perMinute":9}}"#));
        let rates = rates.expect("good settings");
        let linear = Lane::App(Connector::LINEAR);
        assert_eq!(
            rates.of(Lane::HubspotSearch),
            Rate {
                burst: 4,
                per_minute: 9
            }
        );
        assert_eq!(rates.of(linear), Rates::default().of(linear));
        assert_eq!(Rates::from_json(Some(" ")), Ok(Rates::default()));
    }

    #[test]
    fn a_lane_of_no_connector_is_found() {
        let of = |name: &str| {
            let text = format!(r#"{{"{name}":{{"burst":4,"perMinute":9}}}}"#);
            let rates = Rates::from_json(Some(&text)).expect("good settings");
            rates.stray(&Connectors::default())
        };
        assert_eq!(of("hubspt"), Some(Lane::App(Connector::named("hubspt"))));
        assert_eq!(
            (of("slack"), of("linear"), of("scalekit")),
            (None, None, None)
        );
    }

    #[test]
    fn wrong_settings_are_refused() {
        for (text, about) in [
            (r#"{"Hubspot":{"burst":4,"perMinute":9}}"#, "hubspot.search"),
            (r#"{"hubspot":{"burst":0,"perMinute":9}}"#, "from 1 to"),
            (r#"{"hubspot":{"burst":4}}"#, "perMinute"),
            (
                r#"{"hubspot":{"burst":4,"perMinute":9,"perHour":1}}"#,
                "perHour",
            ),
            ("[]", "map"),
        ] {
            let error = Rates::from_json(Some(text)).expect_err("refused");
            assert!(error.contains(about), "{error}");
        }
    }
}
