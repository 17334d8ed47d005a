//! The world itself: who is in it, everybody's apps, and what was done in them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::calls::Calls;
use super::company::{Company, CompanyKey};
use super::faults::Faults;
use super::landing::Pending;
use super::limits::Counters;
use super::manners::{Manners, Portals};
use super::users::{CsmSeed, seeded};
use super::vault::{Account, Vault};

/// One CSM, and where they work.
pub struct Csm {
    /// Who.
    pub seed: CsmSeed,
    /// Whose apps they use.
    pub company: CompanyKey,
}

/// A write that landed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerEntry {
    /// Whose account it went through.
    pub identifier: String,
    /// With which tool.
    pub tool: String,
    /// With which parameters.
    pub params: Value,
    /// What it made.
    pub id: String,
    /// When.
    pub at: String,
}

/// The world.
pub struct World {
    pub(super) csms: BTreeMap<String, Csm>,
    pub(super) companies: BTreeMap<CompanyKey, Company>,
    /// How strictly it behaves.
    pub manners: Manners,
    /// Connected accounts.
    pub vault: Vault,
    /// How it misbehaves.
    pub faults: Faults,
    /// Writes that landed, oldest first.
    pub ledger: Vec<LedgerEntry>,
    /// What was asked.
    pub calls: Calls,
    /// Calls that are on their way.
    pub(super) pending: Vec<Pending>,
    /// What the apps, and Scalekit itself, counted lately.
    pub counters: Counters,
}

impl World {
    /// A world of these manners with nobody in it.
    pub fn with(manners: Manners) -> Self {
        Self {
            csms: BTreeMap::new(),
            companies: BTreeMap::new(),
            manners,
            vault: Vault::default(),
            faults: Faults::default(),
            ledger: Vec::new(),
            calls: Calls::default(),
            pending: Vec::new(),
            counters: Counters::default(),
        }
    }

    /// The world of these manners as it begins at this time.
    pub fn seeded(manners: Manners, now_ms: i64) -> Self {
        let mut world = Self::with(manners);
        for seed in seeded() {
            world.add(seed, now_ms);
        }
        world
    }

    /// Adds a CSM, or makes one anew. In a portal that is shared everything stays, and they get
    /// further customers.
    pub fn add(&mut self, seed: CsmSeed, now_ms: i64) {
        let identifier = seed.identifier();
        for app in &seed.connectors {
            self.connect(&identifier, app, now_ms);
        }
        let key = self.company_key(&seed);
        if matches!(key, CompanyKey::Of(_)) {
            self.companies.remove(&key);
        }
        let manners = &self.manners;
        self.companies
            .entry(key.clone())
            .or_insert_with(|| Company::new(&key, manners, now_ms))
            .hire(&key, &seed, manners, now_ms);
        let csm = Csm { seed, company: key };
        self.csms.insert(identifier, csm);
    }

    /// Makes a user's account at an app active, through the workspace's connection to it.
    pub fn connect(&mut self, identifier: &str, app: &str, now_ms: i64) {
        let connections = &self.manners.connections;
        let named = connections.to_app(app);
        if let Some((name, connection)) =
            named.and_then(|name| Some((name, connections.get(name)?)))
        {
            let connection = (name, connection);
            self.vault.put(identifier, connection, "ACTIVE", now_ms);
        }
    }

    /// A user's account at an app, to change.
    pub fn account_mut(&mut self, identifier: &str, app: &str) -> Option<&mut Account> {
        let name = self.manners.connections.to_app(app)?;
        self.vault.get_mut(identifier, name)
    }

    fn company_key(&self, seed: &CsmSeed) -> CompanyKey {
        match (&seed.portal, self.manners.portals) {
            (Some(portal), _) => CompanyKey::Shared(portal.clone()),
            (None, Portals::Shared) => CompanyKey::Shared(seed.org.clone()),
            (None, Portals::Own) => CompanyKey::Of(seed.sub.clone()),
        }
    }

    /// A CSM by `sub`.
    pub fn csm(&self, sub: &str) -> Option<&Csm> {
        self.csms.get(&format!("user_{sub}"))
    }

    /// All CSMs.
    pub fn csms(&self) -> impl Iterator<Item = &Csm> {
        self.csms.values()
    }

    /// The apps a CSM uses.
    pub fn company(&self, csm: &Csm) -> Option<&Company> {
        self.companies.get(&csm.company)
    }

    /// The same, to change: by `sub` of whoever uses them.
    pub fn company_mut(&mut self, sub: &str) -> Option<&mut Company> {
        let key = &self.csms.get(&format!("user_{sub}"))?.company;
        self.companies.get_mut(key)
    }

    /// Counts one request.
    pub fn count(&mut self, endpoint: &str) {
        *self.calls.endpoints.entry(endpoint.to_owned()).or_default() += 1;
    }
}
