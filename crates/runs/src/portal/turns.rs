//! The allowance that all users of a portal share, as the connector layer asks for it.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;

use onbehalf_connector::{Connector, Given, Lane, SharedAllowance, Wanted};

use super::{HoldLane, PortalKey, Portals, TakeTurns};
use crate::letter::{Carrier, ask};
use crate::names::{AccountKey, ConnectorName};

/// Turns counted by the object of the portal; by that of the account where no portal is known.
pub struct SharedTurns {
    carrier: Rc<dyn Carrier>,
    portals: Portals,
}

impl SharedTurns {
    /// Asks through this carrier.
    pub fn new(carrier: Rc<dyn Carrier>, portals: Portals) -> Self {
        Self { carrier, portals }
    }

    /// Whose allowance it is. HubSpot counts by portal and Zendesk by account, whoever of its users
    /// calls; Linear counts by person.
    async fn counted_by(&self, identifier: &str, lane: Lane) -> PortalKey {
        let account = AccountKey::new(identifier);
        let app = match lane {
            Lane::HubspotSearch | Lane::App(Connector::HUBSPOT) => Connector::HUBSPOT,
            Lane::App(Connector::ZENDESK) => Connector::ZENDESK,
            _ => return PortalKey::of_account(&account),
        };
        let app = ConnectorName::new(app.name());
        self.portals.of(&account, &app).await
    }
}

#[async_trait(?Send)]
impl SharedAllowance for SharedTurns {
    async fn take(&self, identifier: &str, lane: Lane, wanted: Wanted) -> Option<Given> {
        let portal = self.counted_by(identifier, lane).await;
        let take = TakeTurns { lane, wanted };
        ask(self.carrier.as_ref(), portal, take).await.ok()
    }

    async fn hold(&self, identifier: &str, lane: Lane, pause: Duration) {
        let portal = self.counted_by(identifier, lane).await;
        // Unheard, the other runs learn it from the app itself.
        let _ = ask(self.carrier.as_ref(), portal, HoldLane { lane, pause }).await;
    }
}
