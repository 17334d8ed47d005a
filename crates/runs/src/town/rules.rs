//! A deployment whose rules a test can change.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use onbehalf_identity::RequestContext;

use crate::names::{OwnerKey, WorkflowId};
use crate::rules::{NotBridged, Rules};
use crate::schedule::Cron;

/// Hosts every workflow, daily at eight.
pub struct TownRules {
    /// Over how long starts are spread.
    pub spread: Cell<Duration>,
    /// How long an enrolment lives.
    pub lifetime: Cell<Duration>,
    /// Issuers nobody is let in from any more.
    pub distrusted: RefCell<BTreeSet<String>>,
}

impl Default for TownRules {
    fn default() -> Self {
        Self {
            spread: Cell::new(Duration::from_secs(15 * 60)),
            lifetime: Cell::new(Duration::from_secs(90 * 24 * 3600)),
            distrusted: RefCell::default(),
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
