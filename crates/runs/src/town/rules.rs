//! A deployment whose rules a test can change.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use onbehalf_identity::RequestContext;

use crate::approval_mode::ApprovalMode;
use crate::names::{OwnerKey, WorkflowId};
use crate::rules::{NoPlan, NotBridged, Rules};
use crate::schedule::Cron;
use crate::tool_call::Decide;

/// Hosts every workflow, daily at eight.
pub struct TownRules {
    /// Over how long starts are spread.
    pub spread: Cell<Duration>,
    /// How long an enrolment lives.
    pub lifetime: Cell<Duration>,
    /// Issuers nobody is let in from any more.
    pub distrusted: RefCell<BTreeSet<String>>,
    /// The approval that every run has to ask for.
    pub demanded: Cell<ApprovalMode>,
    /// What the policy says of every run.
    pub decided: Cell<Decide>,
    /// Whether the operator is told of what waits for a decision.
    pub announces: Cell<bool>,
}

impl Default for TownRules {
    fn default() -> Self {
        Self {
            spread: Cell::new(Duration::from_secs(15 * 60)),
            lifetime: Cell::new(Duration::from_secs(90 * 24 * 3600)),
            distrusted: RefCell::default(),
            demanded: Cell::default(),
            decided: Cell::new(Decide::Allow),
            announces: Cell::new(true),
        }
    }
}

impl Rules for TownRules {
    fn version(&self, _: &WorkflowId) -> Option<u32> {
        Some(1)
    }

    fn cron(&self, _: &WorkflowId) -> Option<Cron> {
        Some(Cron::daily(8))
    }

    fn spread(&self) -> Duration {
        self.spread.get()
    }

    fn decided(&self, _: &WorkflowId, _: &RequestContext) -> Decide {
        self.decided.get()
    }

    fn demanded(&self, _: &WorkflowId) -> ApprovalMode {
        self.demanded.get()
    }

    /// As the workflows that ship say it.
    fn runs_dry(&self, _: &WorkflowId, input: &Value) -> bool {
        input.get("dryRun") == Some(&Value::Bool(true))
    }

    /// An input keeps what it asks for under `approval`, as those of the workflows that ship do.
    fn asking(
        &self,
        _: &WorkflowId,
        mut input: Value,
        least: ApprovalMode,
    ) -> Result<(Value, ApprovalMode), NoPlan> {
        let asked = input.get("approval").and_then(Value::as_str);
        let asked = asked.and_then(ApprovalMode::named).unwrap_or_default();
        let asked = asked.max(least).max(self.demanded.get());
        if asked > ApprovalMode::None {
            input["approval"] = asked.name().into();
        }
        Ok((input, asked))
    }

    fn announces_approvals(&self) -> bool {
        self.announces.get()
    }

    fn enrolment_lifetime(&self) -> Duration {
        self.lifetime.get()
    }

    fn bridged(
        &self,
        _: &OwnerKey,
        enrolled: &RequestContext,
    ) -> Result<RequestContext, NotBridged> {
        if self.distrusted.borrow().contains(&enrolled.issuer) {
            return Err(NotBridged("the issuer is no longer configured".into()));
        }
        Ok(enrolled.clone())
    }
}
