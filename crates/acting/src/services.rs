//! What the steps of a workflow act through.

use std::rc::Rc;

use onbehalf_connector::{Connector, Scalekit};
use onbehalf_runs::portal::{FlagClaims, Portals};
use onbehalf_tools::Registry;

/// What whoever hosts workflows lends to each of their runs.
#[derive(Clone)]
pub struct Means {
    /// The connected apps.
    pub scalekit: Rc<Scalekit>,
    /// What the runs of one portal agree on before any of them writes.
    pub claims: Rc<dyn FlagClaims>,
    /// Which portal an account is connected to.
    pub portals: Portals,
    /// The tools that callers may name.
    pub tools: Rc<Registry>,
    /// The host's own address, such as `https://agent.example.com`.
    pub public_url: String,
}

/// What the steps of one workflow act through; `S` is what an operator can tune about it.
pub struct Services<S> {
    /// The connected apps.
    pub scalekit: Rc<Scalekit>,
    /// What the runs of one portal agree on before any of them writes.
    pub claims: Rc<dyn FlagClaims>,
    /// Which portal an account is connected to.
    pub portals: Portals,
    /// The operator's settings.
    pub settings: S,
    /// The host's own address, such as `https://agent.example.com`.
    pub public_url: String,
}

impl<S> Services<S> {
    /// The host's means, under these settings.
    pub fn new(means: Means, settings: S) -> Self {
        Self {
            scalekit: means.scalekit,
            claims: means.claims,
            portals: means.portals,
            settings,
            public_url: means.public_url,
        }
    }

    /// Where a person makes this connection. It is the host's own route, so it never expires; the
    /// provider's short-lived link is made on the click.
    pub fn connect_url(&self, connector: Connector) -> String {
        let base = self.public_url.trim_end_matches('/');
        format!("{base}/connect/{connector}")
    }
}

/// Services through which connected apps are reached.
pub trait Connected {
    /// The connected apps.
    fn scalekit(&self) -> &Scalekit;
    /// Which portal an account is connected to.
    fn portals(&self) -> &Portals;
}

impl<S> Connected for Services<S> {
    fn scalekit(&self) -> &Scalekit {
        &self.scalekit
    }

    fn portals(&self) -> &Portals {
        &self.portals
    }
}
