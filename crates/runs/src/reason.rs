//! What the runs of this product wait for: connections, and people who approve.
//!
//! Owns the rule that an approval covers exactly what was looked at. What an approval covers is
//! kept as data with the decision, item by item, so that a step can be held to it whatever has
//! changed since. Knows nothing of how a connection is made, or who may approve.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use onbehalf_clock::Timestamp;
use onbehalf_engine::Reason;

use crate::approval_mode::ApprovalMode;

/// When connections are looked at again though nobody has said that they were made: some are made
/// without a word to us (an API key that is typed in at Scalekit), and a word can be lost. Doubles
/// with each look in vain …
const FIRST_LOOK: Duration = Duration::from_secs(10 * 60);
/// … up to this: one call a quarter of a day, for as long as it takes.
const LONGEST_LOOK: Duration = Duration::from_secs(6 * 3600);
/// How long a plan stands. One that nobody has decided by then is put up again, which reminds those
/// who could.
const PLAN_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Why a run waits for somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum RunReason {
    /// Connections are missing or dead; a new connection of each of them resumes the run.
    ConnectionRequired {
        /// All of them at once.
        missing: Vec<MissingConnection>,
    },
    /// Somebody must approve what is about to be written.
    ApprovalRequired {
        /// Everything that is about to be done, for people.
        plan: Value,
        /// Hash of the plan; an approval names it, so it cannot approve something else.
        hash: String,
        /// Every write, as data. `None` in plans that were put up before items were kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items: Option<Vec<PlanItem>>,
        /// Who has to.
        #[serde(default = "ApprovalMode::before_modes")]
        mode: ApprovalMode,
    },
}

/// A connection a run cannot go on without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingConnection {
    /// The connector's name.
    pub connector: String,
    /// What is wrong with it: `not_connected`, `token_expired`, `account_revoked`,
    /// `scope_insufficient`, …
    pub reason: String,
    /// Scopes the work needs, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// When it was seen, which is before the run began to wait: a connection made in between is one
    /// that the run has not seen. Absent where only the run's beginning is known to be earlier.
    #[serde(default, rename = "seenAt", skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
}

/// One write of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanItem {
    /// Names it within the plan; what a decision about a single item names.
    pub item: String,
    /// Everything that decides what is written.
    pub write: Value,
}

impl PlanItem {
    /// An item that writes this.
    ///
    /// # Errors
    /// When the write has no JSON.
    pub fn new(item: impl Into<String>, write: &impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self {
            item: item.into(),
            write: serde_json::to_value(write)?,
        })
    }
}

/// What ends a wait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RunAnswer {
    /// All missing connections were made.
    Connected {
        /// Their names.
        connectors: Vec<String>,
    },
    /// A decision about the plan.
    Approval(Decided),
}

impl RunAnswer {
    /// The `kind` of a decision.
    pub(crate) const APPROVAL: &'static str = "approval";
}

/// A decision about a plan, whole or item by item, as somebody says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Hash of the plan that was looked at.
    pub hash: String,
    /// What happens to items not named in `items`.
    pub decision: Decision,
    /// Decisions that differ for single items, by item key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<String, Decision>,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Write it.
    Approve,
    /// Leave it.
    Reject,
}

/// A decision, with what it is about: the contract a step is held to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Hash of the plan that was looked at.
    pub hash: String,
    /// What happens to items not named in `items`.
    pub decision: Decision,
    /// Decisions that differ for single items, by item key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<String, Decision>,
    /// The plan's writes, as they were looked at. Filled in when the decision is accepted; nothing
    /// that a caller says gets here. `None` in decisions older than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<Vec<PlanItem>>,
}

impl From<Approval> for Decided {
    fn from(said: Approval) -> Self {
        Self {
            hash: said.hash,
            decision: said.decision,
            items: said.items,
            covers: None,
        }
    }
}

impl From<Approval> for RunAnswer {
    fn from(said: Approval) -> Self {
        Self::Approval(said.into())
    }
}

/// Where a write stands with a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Exactly this was approved.
    Approved,
    /// It was in the plan, and was rejected.
    Rejected,
    /// The plan did not have it, or had something else under its name: needs another approval.
    NotCovered,
}

impl Decided {
    /// Where this write stands. A decision covers a write only as it was looked at: the same item
    /// with another text, addressee or date is another write.
    pub fn standing(&self, item: &str, write: &impl Serialize) -> Standing {
        let covers = self.covers.as_deref().unwrap_or_default();
        let Some(covered) = covers.iter().find(|it| it.item == item) else {
            return Standing::NotCovered;
        };
        match self.for_item(item) {
            Decision::Reject => Standing::Rejected,
            Decision::Approve
                if serde_json::to_value(write).ok().as_ref() == Some(&covered.write) =>
            {
                Standing::Approved
            }
            Decision::Approve => Standing::NotCovered,
        }
    }

    /// The writes that were approved, as data: a step that writes from these writes what was
    /// looked at, whatever it would plan now. Nothing for a decision without its writes.
    ///
    /// # Errors
    /// When a write is of another release and can no longer be read.
    pub fn approved<W: DeserializeOwned>(&self) -> Result<Vec<(&str, W)>, serde_json::Error> {
        self.of::<W>(Decision::Approve)
    }

    /// The writes that were rejected, as data.
    ///
    /// # Errors
    /// When a write is of another release and can no longer be read.
    pub fn rejected<W: DeserializeOwned>(&self) -> Result<Vec<(&str, W)>, serde_json::Error> {
        self.of::<W>(Decision::Reject)
    }

    /// The decision for one item of the plan.
    pub fn for_item(&self, item: &str) -> Decision {
        self.items.get(item).copied().unwrap_or(self.decision)
    }

    fn of<W: DeserializeOwned>(
        &self,
        decision: Decision,
    ) -> Result<Vec<(&str, W)>, serde_json::Error> {
        let covers = self.covers.iter().flatten();
        let wanted = covers.filter(|it| self.for_item(&it.item) == decision);
        wanted
            .map(|it| Ok((it.item.as_str(), W::deserialize(&it.write)?)))
            .collect()
    }

    /// Takes the decision about a plan with this hash and these items, whole or not at all.
    fn about(self, hash: &str, items: Option<&[PlanItem]>) -> Result<Self, String> {
        if self.hash != hash {
            return Err("the plan has another hash; read the run again before approving".into());
        }
        let Some(there) = items else {
            if self.items.is_empty() {
                return Ok(self);
            }
            return Err(
                "this plan was put up before single items could be decided; decide it as a whole"
                    .into(),
            );
        };
        let unknown: Vec<&str> = self
            .items
            .keys()
            .filter(|item| !there.iter().any(|it| it.item == **item))
            .map(String::as_str)
            .collect();
        if !unknown.is_empty() {
            let there: Vec<&str> = there.iter().map(|it| it.item.as_str()).collect();
            return Err(format!(
                "the plan has no item {}; it has {}",
                unknown.join(", "),
                there.join(", ")
            ));
        }
        Ok(Self {
            covers: Some(there.to_vec()),
            ..self
        })
    }
}

impl Reason for RunReason {
    type Answer = RunAnswer;

    fn name(&self) -> &'static str {
        match self {
            Self::ConnectionRequired { .. } => "connection_required",
            Self::ApprovalRequired { .. } => "approval_required",
        }
    }

    fn accept(&self, answer: RunAnswer) -> Result<RunAnswer, String> {
        match (self, answer) {
            (Self::ConnectionRequired { .. }, connected @ RunAnswer::Connected { .. }) => {
                Ok(connected)
            }
            (Self::ApprovalRequired { hash, items, .. }, RunAnswer::Approval(said)) => {
                said.about(hash, items.as_deref()).map(RunAnswer::Approval)
            }
            _ => Err(format!(
                "a run that waits for {} does not accept this payload",
                self.name()
            )),
        }
    }

    fn parts(&self) -> Vec<String> {
        match self {
            Self::ConnectionRequired { missing } => {
                missing.iter().map(|it| it.connector.clone()).collect()
            }
            Self::ApprovalRequired { .. } => Vec::new(),
        }
    }

    fn once_came(&self, came: &[String]) -> Option<RunAnswer> {
        let Self::ConnectionRequired { missing } = self else {
            return None;
        };
        missing
            .iter()
            .all(|it| came.contains(&it.connector))
            .then(|| RunAnswer::Connected {
                connectors: came.to_vec(),
            })
    }

    fn look_again_after(&self, waits: u32) -> Option<Duration> {
        Some(match self {
            Self::ConnectionRequired { .. } => FIRST_LOOK
                .saturating_mul(1 << waits.min(16))
                .min(LONGEST_LOOK),
            Self::ApprovalRequired { .. } => PLAN_LIFETIME,
        })
    }

    fn without(&self, came: &[String]) -> Self {
        match self {
            Self::ConnectionRequired { missing } => Self::ConnectionRequired {
                missing: missing
                    .iter()
                    .filter(|it| !came.contains(&it.connector))
                    .cloned()
                    .collect(),
            },
            approval @ Self::ApprovalRequired { .. } => approval.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan() -> RunReason {
        let item = |item: &str, text: &str| PlanItem::new(item, &text).expect("json");
        RunReason::ApprovalRequired {
            plan: json!({"actions": 2}),
            hash: "h1".into(),
            items: Some(vec![
                item("task:acme.test", "call Acme"),
                item("task:beta.test", "call Beta"),
            ]),
            mode: ApprovalMode::Required,
        }
    }

    fn said(hash: &str, items: &[(&str, Decision)]) -> RunAnswer {
        let items = items.iter().map(|(item, it)| ((*item).to_owned(), *it));
        let decision = Decision::Approve;
        Approval {
            hash: hash.into(),
            decision,
            items: items.collect(),
        }
        .into()
    }

    fn decided(answer: Result<RunAnswer, String>) -> Decided {
        match answer {
            Ok(RunAnswer::Approval(decided)) => decided,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_decision_keeps_what_it_is_about() {
        let decided = decided(plan().accept(said("h1", &[("task:beta.test", Decision::Reject)])));
        let approved: Vec<(&str, String)> = decided.approved().expect("read");
        assert_eq!(approved, [("task:acme.test", "call Acme".to_owned())]);
        let rejected: Vec<(&str, String)> = decided.rejected().expect("read");
        assert_eq!(rejected, [("task:beta.test", "call Beta".to_owned())]);
    }

    #[test]
    fn only_what_was_looked_at_is_covered() {
        let decided = decided(plan().accept(said("h1", &[("task:beta.test", Decision::Reject)])));
        let standing = |item, text: &str| decided.standing(item, &text);
        assert_eq!(standing("task:acme.test", "call Acme"), Standing::Approved);
        assert_eq!(standing("task:acme.test", "sue Acme"), Standing::NotCovered);
        assert_eq!(standing("task:beta.test", "call Beta"), Standing::Rejected);
        assert_eq!(standing("task:gamma.test", "call"), Standing::NotCovered);
    }

    #[test]
    fn a_decision_about_an_item_that_is_not_there_is_refused_whole() {
        let mistyped = [("amber-energy.example", Decision::Reject)];
        let refused = plan().accept(said("h1", &mistyped)).expect_err("refused");
        assert!(
            refused.contains("no item amber-energy.example"),
            "{refused}"
        );
        for there in ["task:acme.test", "task:beta.test"] {
            assert!(refused.contains(there), "{refused}");
        }
    }

    #[test]
    fn a_decision_about_another_plan_is_refused() {
        assert!(plan().accept(said("h0", &[])).is_err());
    }

    #[test]
    fn what_a_caller_says_it_covers_counts_for_nothing() {
        let mut forged = decided(plan().accept(said("h1", &[])));
        forged.covers = Some(vec![PlanItem::new("task:x", &"pay me").expect("json")]);
        let kept = decided(plan().accept(RunAnswer::Approval(forged)));
        assert_eq!(kept.standing("task:x", &"pay me"), Standing::NotCovered);
    }

    #[test]
    fn a_plan_without_its_items_is_decided_as_a_whole_and_covers_nothing() {
        let old: RunReason = serde_json::from_value(
            json!({"reason": "approval_required", "plan": {}, "hash": "h1"}),
        )
        .expect("an old reason");
        assert!(
            old.accept(said("h1", &[("task:x", Decision::Reject)]))
                .is_err()
        );
        assert!(matches!(
            old,
            RunReason::ApprovalRequired {
                mode: ApprovalMode::Required,
                ..
            }
        ));
        let kept = decided(old.accept(said("h1", &[])));
        assert_eq!(kept.standing("task:x", &"anything"), Standing::NotCovered);
        let old = json!({"kind": "approval", "hash": "h1", "decision": "approve"});
        assert_eq!(
            serde_json::from_value::<RunAnswer>(old).ok(),
            Some(RunAnswer::Approval(kept))
        );
    }

    #[test]
    fn looks_for_connections_grow_apart_and_a_plan_has_its_time() {
        let connections = RunReason::ConnectionRequired {
            missing: Vec::new(),
        };
        let minutes = |waits| {
            connections
                .look_again_after(waits)
                .expect("a pause")
                .as_secs()
                / 60
        };
        let pauses: Vec<u64> = (0..7).map(minutes).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 360]);
        assert_eq!(minutes(u32::MAX), 360);
        assert_eq!(plan().look_again_after(3), Some(PLAN_LIFETIME));
    }

    #[test]
    fn connections_come_one_by_one() {
        let missing = |name: &str| MissingConnection {
            connector: name.into(),
            reason: "not_connected".into(),
            scopes: Vec::new(),
            seen_at: None,
        };
        let reason = RunReason::ConnectionRequired {
            missing: vec![missing("hubspot"), missing("linear")],
        };
        let came = ["linear".to_owned()];
        assert_eq!(reason.once_came(&came), None);
        assert_eq!(reason.without(&came).parts(), ["hubspot"]);
        let all = ["linear".to_owned(), "hubspot".to_owned()];
        assert!(reason.once_came(&all).is_some());
        assert!(reason.accept(said("h1", &[])).is_err());
    }
}
