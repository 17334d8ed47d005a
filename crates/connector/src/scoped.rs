//! The tools that Scalekit has for one user: those of the apps they have connected.
//!
//! Owns the question, its pages and their bounds. What of an answer is fit to be offered, and what a
//! tool may be asked for, is for `onbehalf_tools`.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

use onbehalf_fetch::Method;

use super::failure::CallFailure;
use super::mapping::{Asked, unreadable};
use super::name::Connector;
use super::permit::{AlwaysPermit, CallKind};
use super::transport::{Call, Scalekit, TIMEOUT};

/// Connections named in one question. Scalekit states no limit here; this is the one of its list of
/// accounts.
const NAMES_PER_CALL: usize = 20;
/// Largest page; Scalekit's own examples ask for it.
const PAGE_SIZE: usize = 100;
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
        for group in connectors.chunks(NAMES_PER_CALL) {
            cut_off |= self.gather(identifier, group, trace_id, &mut found).await?;
        }
        Ok(ScopedTools {
            tools: found.into_values().collect(),
            cut_off,
        })
    }

    /// Reads all pages of one question; answers whether there are more of them.
    async fn gather(
        &self,
        identifier: &str,
        group: &[Connector],
        trace_id: Option<&str>,
        found: &mut BTreeMap<String, ScopedTool>,
    ) -> Result<bool, CallFailure> {
        let mut page_token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = self.tool_page(identifier, group, page_token.as_deref(), trace_id);
            let page = match page.await {
                Ok(page) => page,
                // Somebody who has connected nothing may be somebody whom Scalekit does not know.
                Err(CallFailure::UnknownTool) => return Ok(false),
                Err(failure) => return Err(failure),
            };
            let tools = match page.get("tools") {
                Some(Value::Array(tools)) => tools.as_slice(),
                // Protobuf's JSON may leave out an empty list.
                None | Some(Value::Null) if page.is_object() => &[],
                _ => return Err(unreadable(CallKind::Read)),
            };
            for tool in tools.iter().filter_map(|it| read(it, identifier)) {
                found.entry(tool.name.clone()).or_insert(tool);
            }
            let next = page.get("next_page_token").and_then(Value::as_str);
            match next.filter(|token| !token.is_empty()) {
                Some(token) => page_token = Some(token.to_owned()),
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn tool_page(
        &self,
        identifier: &str,
        group: &[Connector],
        page_token: Option<&str>,
        trace_id: Option<&str>,
    ) -> Result<Value, CallFailure> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("identifier", identifier);
        for connector in group {
            let configured = self.config().connection(*connector);
            query.append_pair("filter.connection_names", configured.name(connector));
        }
        query.append_pair("page_size", &PAGE_SIZE.to_string());
        if let Some(token) = page_token {
            query.append_pair("page_token", token);
        }
        let call = Call {
            asked: Asked::Catalogue,
            tool: None,
            kind: CallKind::Read,
            method: Method::Get,
            path: format!("/api/v1/tools/scoped?{}", query.finish()),
            body: None,
            timeout: TIMEOUT,
            identifier,
            lane: None,
            trace_id,
            permit: &AlwaysPermit,
        };
        self.call(&call).await
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
