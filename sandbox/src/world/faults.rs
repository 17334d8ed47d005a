//! How the world misbehaves: a list of rules, each with what it applies to and what it does.
//!
//! `{"rules": [{"match": {"tool", "identifier", "endpoint"}, "latency_ms", "status", "service",
//! "rate", "times", "says", "retry_after", "lose_answer", "lose_writes", "break_before", "revoke",
//! "set_status", "search_lag_ms", "garbage", "land_after_ms", "never_lands", "twice"}]}`. Every member
//! is optional; an empty match applies to everything.
//! All rules that apply work together.
//!
//! When a call takes effect and what is answered are two things. `land_after_ms` lets it take effect
//! that much later, `never_lands` not at all, whatever is answered at once: with `status` an error,
//! with `break_before` or `lose_answer` nothing, and by itself the answer of a call that succeeded.

use serde::{Deserialize, Serialize};

use super::catalogue;
use super::random::Dice;

/// A rule.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// What it applies to.
    #[serde(rename = "match")]
    pub target: Target,
    /// Added to the answer's time.
    pub latency_ms: Option<u64>,
    /// Fails with this status: as the provider's error, or as Scalekit's own with `service`.
    pub status: Option<u16>,
    /// The failure is Scalekit's own.
    pub service: bool,
    /// Applies to this share of calls; all when absent.
    pub rate: Option<f64>,
    /// Applies this often, then never again.
    pub times: Option<u64>,
    /// Code and words of the failure, with a status: what a careless provider gives away.
    pub says: Option<String>,
    /// Seconds in `Retry-After`, with a status.
    pub retry_after: Option<u64>,
    /// The call takes effect, then the connection breaks.
    pub lose_answer: bool,
    /// The same, for calls that wrote something only.
    pub lose_writes: bool,
    /// The connection breaks before the call takes effect.
    pub break_before: bool,
    /// The account is revoked at the provider.
    pub revoke: bool,
    /// The account's status becomes this, with a webhook.
    pub set_status: Option<String>,
    /// New tasks are found by searching only after this time.
    pub search_lag_ms: Option<i64>,
    /// Answers `html`, `wrong_types`, `huge`, `deep`, `slow` or `redirect` instead.
    pub garbage: Option<String>,
    /// The call takes effect only after this time.
    pub land_after_ms: Option<i64>,
    /// The call never takes effect.
    pub never_lands: bool,
    /// Scalekit sends a write to the provider a second time, and answers with what that said.
    pub twice: bool,
}

/// When a call takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// As it is answered.
    Now,
    /// So much later.
    After(i64),
    /// Never.
    Never,
}

/// What a rule applies to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// This tool only.
    pub tool: Option<String>,
    /// This user only.
    pub identifier: Option<String>,
    /// This endpoint only: `execute_tool`, `list_accounts`, `tools`, `token`, `magic_link`, `verify`,
    /// `discovery`, `jwks`, `authorize`, `idp_token`, or `models`, where `latency_ms`, `status`,
    /// `break_before` and `lose_answer` count.
    pub endpoint: Option<String>,
}

/// The list as it is sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleList {
    /// All rules.
    pub rules: Vec<Rule>,
}

/// The rules in force.
#[derive(Clone, Debug)]
pub struct Faults {
    rules: Vec<Rule>,
    dice: Dice,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            dice: Dice::new(1),
        }
    }
}

impl Faults {
    /// Replaces all rules.
    pub fn set(&mut self, list: RuleList) {
        self.rules = list.rules;
    }

    /// Replaces all rules, unless one is for a tool that does not exist.
    ///
    /// # Errors
    /// Which one, and those there are.
    pub fn replace(&mut self, list: RuleList) -> Result<(), String> {
        let named = list.rules.iter().filter_map(|it| it.target.tool.as_ref());
        let mut unknown = named.filter(|tool| catalogue::connector_of(tool).is_none());
        if let Some(tool) = unknown.next() {
            let known: Vec<String> = catalogue::simulated().collect();
            return Err(format!(
                "there is no tool {tool}; there are {}",
                known.join(", ")
            ));
        }
        self.set(list);
        Ok(())
    }

    /// The rules in force.
    pub fn list(&self) -> RuleList {
        RuleList {
            rules: self.rules.clone(),
        }
    }

    /// Draws what happens to one call.
    pub fn draw(&mut self, endpoint: &str, tool: Option<&str>, identifier: Option<&str>) -> Rule {
        let mut drawn = Rule::default();
        for rule in &mut self.rules {
            let applies = |wanted: &Option<String>, own: Option<&str>| {
                wanted.is_none() || wanted.as_deref() == own
            };
            if !applies(&rule.target.endpoint, Some(endpoint))
                || !applies(&rule.target.tool, tool)
                || !applies(&rule.target.identifier, identifier)
                || rule.times == Some(0)
                || rule.rate.is_some_and(|rate| !self.dice.chance(rate))
            {
                continue;
            }
            if let Some(times) = &mut rule.times {
                *times -= 1;
            }
            drawn.take(rule);
        }
        drawn
    }
}

impl Rule {
    /// When the call takes effect.
    pub fn landing(&self) -> Landing {
        match self.land_after_ms {
            _ if self.never_lands => Landing::Never,
            Some(ms) => Landing::After(ms),
            None => Landing::Now,
        }
    }

    fn take(&mut self, other: &Self) {
        self.latency_ms = Some(self.latency_ms.unwrap_or(0) + other.latency_ms.unwrap_or(0));
        if self.status.is_none() {
            self.status = other.status;
            self.service = other.service;
            self.says.clone_from(&other.says);
            self.retry_after = other.retry_after;
        }
        self.lose_answer |= other.lose_answer;
        self.lose_writes |= other.lose_writes;
        self.break_before |= other.break_before;
        self.revoke |= other.revoke;
        self.set_status = self.set_status.take().or(other.set_status.clone());
        self.search_lag_ms = self.search_lag_ms.max(other.search_lag_ms);
        self.garbage = self.garbage.take().or(other.garbage.clone());
        self.land_after_ms = self.land_after_ms.or(other.land_after_ms);
        self.never_lands |= other.never_lands;
        self.twice |= other.twice;
    }
}
