//! The tools that Scalekit has for one user: those of the apps they have connected.
//!
//! Owns the question, its pages and their bounds. What of an answer is fit to be offered, and what a
//! tool may be asked for, is for `onbehalf_tools`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::failure::CallFailure;
use super::mapping::Asked;
use super::name::Connector;
use super::pages::{About, Listing, NAMES_PER_CALL};
use super::transport::Scalekit;

const TOOLS: Listing = Listing {
    asked: Asked::Catalogue,
    path: "/api/v1/tools/scoped",
    names: "filter.connection_names",
    // Scalekit's own examples ask for it.
    page_size: 100,
    entries: "tools",
};
/// Pages of one question: an app has at most a few hundred tools. What stands behind them is left out.
const MAX_PAGES: usize = 40;

/// One tool, as Scalekit describes it. Nothing here was written by us, or by anybody we know.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopedTool {
    /// Its name in Scalekit's catalogue.
    pub name: String,
    /// What it does; empty where nothing is said.
    pub description: String,
    /// JSON Schema of its parameters.
    pub input_schema: Value,
}

/// The tools of one user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScopedTools {
    /// By name, each once.
    pub tools: Vec<ScopedTool>,
    /// Whether there are more than were looked at.
    pub cut_off: bool,
}

impl Scalekit {
    /// The tools that this user has by their accounts at these connectors.
    ///
    /// # Errors
    /// `Unavailable`, `RateLimited`, `Configuration`, or `Upstream` for an answer against contract.
    pub async fn scoped_tools(
        &self,
        identifier: &str,
        connectors: &[Connector],
        trace_id: Option<&str>,
    ) -> Result<ScopedTools, CallFailure> {
        let mut found = BTreeMap::new();
        let mut cut_off = false;
        let about = About {
            identifier,
            trace_id,
        };
        for group in connectors.chunks(NAMES_PER_CALL) {
            cut_off |= self.gather(about, group, &mut found).await?;
        }
        Ok(ScopedTools {
            tools: found.into_values().collect(),
            cut_off,
        })
    }

    /// Reads all pages of one question; answers whether there are more of them.
    async fn gather(
        &self,
        about: About<'_>,
        group: &[Connector],
        found: &mut BTreeMap<String, ScopedTool>,
    ) -> Result<bool, CallFailure> {
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = self.page(&TOOLS, about, group.iter().copied(), token.as_deref());
            let page = match page.await {
                Ok(page) => page,
                // Somebody who has connected nothing may be somebody whom Scalekit does not know.
                Err(CallFailure::UnknownTool) => return Ok(false),
                Err(failure) => return Err(failure),
            };
            for tool in page
                .entries
                .iter()
                .filter_map(|it| read(it, about.identifier))
            {
                found.entry(tool.name.clone()).or_insert(tool);
            }
            if page.next.is_none() {
                return Ok(false);
            }
            token = page.next;
        }
        Ok(true)
    }
}

/// One entry of the list. One that says it is somebody else's never counts, and one without a name or
/// a schema cannot be called.
fn read(entry: &Value, identifier: &str) -> Option<ScopedTool> {
    let whose = entry.get("identifier").and_then(Value::as_str);
    if whose.is_some_and(|other| other != identifier) {
        return None;
    }
    let definition = entry.get("tool")?.get("definition")?;
    let text = |key| definition.get(key).and_then(Value::as_str);
    Some(ScopedTool {
        name: text("name")?.to_owned(),
        description: text("description").unwrap_or_default().to_owned(),
        input_schema: definition
            .get("input_schema")
            .filter(|it| it.is_object())?
            .clone(),
    })
}

#[cfg(test)]
#[path = "scoped_tests.rs"]
mod tests;
