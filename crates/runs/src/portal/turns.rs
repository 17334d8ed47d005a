//! The allowance that all runs of a user share, as the connector layer asks for it.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use onbehalf_connector::{Given, Lane, SharedAllowance, Wanted};

use super::{HoldLane, PortalKey, TakeTurns};
use crate::letter::{Carrier, ask};
use crate::names::AccountKey;

/// Turns counted by the object of the account.
pub struct SharedTurns {
    carrier: Rc<dyn Carrier>,
}

impl SharedTurns {
    /// Asks through this carrier.
    pub fn new(carrier: Rc<dyn Carrier>) -> Self {
        Self { carrier }
    }
}

#[async_trait(?Send)]
impl SharedAllowance for SharedTurns {
    async fn take(&self, identifier: &str, lane: Lane, wanted: Wanted) -> Option<Given> {
        let portal = PortalKey::of_account(&AccountKey::new(identifier));
        let take = TakeTurns { lane, wanted };
        ask(self.carrier.as_ref(), portal, take).await.ok()
    }

    async fn hold(&self, identifier: &str, lane: Lane, pause: Duration) {
        let portal = PortalKey::of_account(&AccountKey::new(identifier));
        // Unheard, the other runs learn it from the app itself.
        let _ = ask(self.carrier.as_ref(), portal, HoldLane { lane, pause }).await;
    }
}
