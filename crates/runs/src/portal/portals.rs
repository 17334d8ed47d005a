//! Which portal an account is connected to, as far as anybody has said.
//!
//! Owns what one process remembers of that. Where the portal is not known, an account is its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::{Clock, Timestamp};

use super::PortalKey;
use crate::account::{NotePortal, PortalOf};
use crate::letter::{Carrier, Undelivered, ask};
use crate::names::{AccountKey, ConnectorName};

/// How long an answer is believed. A new connection may be to another portal; until that is seen,
/// two allowances count what is one, or one what is two.
const BELIEVED_FOR: Duration = Duration::from_secs(10 * 60);
/// Accounts one process remembers; beyond, it forgets them all.
const MOST_REMEMBERED: usize = 1024;

type Remembered = HashMap<(AccountKey, ConnectorName), (PortalKey, Timestamp)>;

/// The portals of all accounts.
#[derive(Clone)]
pub struct Portals {
    carrier: Rc<dyn Carrier>,
    clock: Rc<dyn Clock>,
    remembered: Rc<RefCell<Remembered>>,
}

impl Portals {
    /// Asks through this carrier.
    pub fn new(carrier: Rc<dyn Carrier>, clock: Rc<dyn Clock>) -> Self {
        Self {
            carrier,
            clock,
            remembered: Rc::default(),
        }
    }

    /// The portal whose users share what this account uses of an app.
    pub async fn of(&self, account: &AccountKey, app: &ConnectorName) -> PortalKey {
        let key = (account.clone(), app.clone());
        let now = self.clock.now();
        if let Some((portal, since)) = self.remembered.borrow().get(&key)
            && now < since.plus(BELIEVED_FOR)
        {
            return portal.clone();
        }
        self.of_anew(account, app).await
    }

    /// The same, without what this process remembers: another may have learned it since.
    pub async fn of_anew(&self, account: &AccountKey, app: &ConnectorName) -> PortalKey {
        let asked = PortalOf { app: app.clone() };
        let known = ask(self.carrier.as_ref(), account.clone(), asked).await;
        let alone = || PortalKey::of_account(account);
        let Ok(known) = known else {
            return alone();
        };
        let portal = known.unwrap_or_else(alone);
        let key = (account.clone(), app.clone());
        self.remember(key, portal.clone(), self.clock.now());
        portal
    }

    /// Notes what an answer has said in passing, where it is news.
    ///
    /// # Errors
    /// [`Undelivered`]: this process knows it all the same.
    pub async fn note_in_passing(
        &self,
        account: &AccountKey,
        app: &ConnectorName,
        portal: &str,
    ) -> Result<(), Undelivered> {
        if self.of(account, app).await != PortalKey::of_portal(app, portal) {
            self.note(account, app, portal).await?;
        }
        Ok(())
    }

    /// Notes what the app has said of its portal, for everybody.
    ///
    /// # Errors
    /// [`Undelivered`]: this process knows it all the same.
    pub async fn note(
        &self,
        account: &AccountKey,
        app: &ConnectorName,
        portal: &str,
    ) -> Result<PortalKey, Undelivered> {
        let key = PortalKey::of_portal(app, portal);
        let remembered = (account.clone(), app.clone());
        self.remember(remembered, key.clone(), self.clock.now());
        let note = NotePortal {
            app: app.clone(),
            portal: portal.to_owned(),
        };
        ask(self.carrier.as_ref(), account.clone(), note).await?;
        Ok(key)
    }

    fn remember(&self, of: (AccountKey, ConnectorName), portal: PortalKey, now: Timestamp) {
        let mut remembered = self.remembered.borrow_mut();
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(of, (portal, now));
    }
}
