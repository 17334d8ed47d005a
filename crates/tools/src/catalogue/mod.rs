//! Tools that nobody here has written: Scalekit's catalogue, as far as the settings open it.
//!
//! ```text
//!  settings ─▶ which connectors and names ─┐
//!  Scalekit ─▶ this user's own tools ──────┴▶ Offered ─▶ a tool like any other
//!                (kept a while)                 │
//!                    identity taken out, what is read or written decided, arguments checked
//! ```
//!
//! Owns what is opened, what of a stranger's description is passed on, and how a call of such a tool is
//! sent and found again. Refuses to know who may call it (the policy), how a write happens once (the
//! engine), and what the apps mean by their parameters.
//!
//! Nothing that Scalekit lists is believed to be harmless: names, descriptions and schemas may come from
//! whoever runs a connector. They are bounded, parameters that ask for an identity are taken out, and a
//! tool that cannot be called without one is not offered.

mod cache;
mod kind;
mod lookup;
mod offered;
mod parameters;
mod settings;
mod tool;

use std::rc::Rc;

use onbehalf_connector::{CallFailure, Scalekit};

use crate::context::ToolContext;
use cache::Cache;
pub use offered::Offered;
pub use settings::{CatalogueSettings, TOOL_CATALOGUE};
pub use tool::CatalogueTool;

/// What is opened of the catalogue, and what users were offered lately.
pub struct Catalogue {
    settings: Rc<CatalogueSettings>,
    cache: Cache,
}

impl Catalogue {
    /// The catalogue as far as these settings open it.
    pub fn new(settings: CatalogueSettings) -> Self {
        Self {
            cache: Cache::new(settings.kept_for()),
            settings: Rc::new(settings),
        }
    }

    /// Whether nothing is open: nobody is asked about anything then.
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty()
    }

    /// What this user is offered: asked of Scalekit, or remembered for a while.
    ///
    /// # Errors
    /// The failed question.
    pub async fn offered(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
    ) -> Result<Rc<Offered>, CallFailure> {
        if self.is_empty() {
            return Ok(Rc::default());
        }
        let identifier = context.scalekit_identifier();
        match self.cache.get(identifier, scalekit.clock().now()) {
            Some(kept) => Ok(kept),
            None => self.ask(scalekit, context).await,
        }
    }

    async fn ask(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
    ) -> Result<Rc<Offered>, CallFailure> {
        let identifier = context.scalekit_identifier();
        let connectors = self.settings.connectors();
        let asked = scalekit.scoped_tools(identifier, &connectors, context.trace_id());
        let listed = asked.await?;
        let offered = Rc::new(Offered::of(listed, &self.settings));
        let now = scalekit.clock().now();
        self.cache.put(identifier, Rc::clone(&offered), now);
        Ok(offered)
    }

    /// The tool of this name, if this user may be offered it. One that they have no account for is
    /// answered too: using it says that an account is missing.
    ///
    /// # Errors
    /// The failed question.
    pub async fn find(
        &self,
        scalekit: &Scalekit,
        context: &ToolContext,
        name: &str,
    ) -> Result<Option<Rc<CatalogueTool>>, CallFailure> {
        let Some(declared) = self.declared(name) else {
            return Ok(None);
        };
        let mut offered = self.offered(scalekit, context).await?;
        if offered.get(name).is_none() {
            // What was connected a moment ago is not missed because of what is remembered.
            let identifier = context.scalekit_identifier();
            if self.cache.is_stale(identifier, scalekit.clock().now()) {
                offered = self.ask(scalekit, context).await?;
            }
        }
        if let Some(tool) = offered.get(name) {
            return Ok(Some(tool));
        }
        let connected = offered.has_any_of(declared.its_connector());
        Ok((!connected).then(|| Rc::new(declared)))
    }

    /// The tool of this name as the settings alone know it: what a run needs to send it and to look for
    /// it, long after anybody was offered it.
    pub fn declared(&self, name: &str) -> Option<CatalogueTool> {
        CatalogueTool::declared(name, &self.settings)
    }

    /// Forgets what a user was offered, because they have connected something.
    pub fn forget(&self, identifier: &str) {
        self.cache.forget(identifier);
    }
}

#[cfg(test)]
mod tests;
