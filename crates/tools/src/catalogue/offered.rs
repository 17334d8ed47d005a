//! What one user is offered of the catalogue.
//!
//! Owns the bounds of it: how many tools, how much of their descriptions, how much in all. What is
//! beyond them is left out and counted.

use std::collections::BTreeMap;
use std::rc::Rc;

use onbehalf_connector::{Connector, ScopedTools};

use super::settings::CatalogueSettings;
use super::tool::CatalogueTool;

/// Most tools that one user is offered: far more than a model can choose from.
const MOST: usize = 500;
/// Most bytes of names, descriptions and schemas together, for one user.
const MOST_BYTES: usize = 1024 * 1024;

/// What one user is offered, in the order of the names.
#[derive(Default)]
pub struct Offered {
    tools: BTreeMap<String, Rc<CatalogueTool>>,
    bytes: usize,
    left_out: usize,
}

impl Offered {
    /// What of the listed tools the settings open and a model may be shown.
    pub(super) fn of(listed: ScopedTools, settings: &CatalogueSettings) -> Self {
        let mut offered = Self {
            // There are more, and nobody knows how many.
            left_out: usize::from(listed.cut_off),
            ..Self::default()
        };
        for tool in listed.tools {
            let Some(rule) = settings.rule(&tool.name) else {
                continue;
            };
            match CatalogueTool::offered(&tool, rule) {
                Some(tool) => offered.take(tool),
                None => offered.left_out += 1,
            }
        }
        offered
    }

    fn take(&mut self, tool: CatalogueTool) {
        let bytes = self.bytes + tool.bytes();
        if self.tools.len() >= MOST || bytes > MOST_BYTES {
            self.left_out += 1;
            return;
        }
        self.bytes = bytes;
        self.tools.insert(tool.name().to_owned(), Rc::new(tool));
    }

    /// The tools, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Rc<CatalogueTool>> {
        self.tools.values()
    }

    /// The tool of this name.
    pub fn get(&self, name: &str) -> Option<Rc<CatalogueTool>> {
        self.tools.get(name).cloned()
    }

    /// How many tools the settings open that are not offered: they need an identity or say whose it is,
    /// are described by something else than an object, or are beyond what is offered.
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// How much of an isolate's memory it takes, roughly.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether any of the tools uses an account at this connector.
    pub(super) fn has_any_of(&self, connector: Connector) -> bool {
        self.iter().any(|tool| tool.its_connector() == connector)
    }
}
