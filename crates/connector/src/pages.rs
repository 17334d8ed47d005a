//! Lists that Scalekit gives a page at a time, about one user and some of their connections.
//!
//! Owns how a page is asked for and read. How many pages are worth reading, and what one holds, is for
//! whoever asks.

use serde_json::Value;
use url::form_urlencoded;

use onbehalf_fetch::Method;

use super::failure::CallFailure;
use super::mapping::{Asked, unreadable};
use super::name::Connector;
use super::permit::{AlwaysPermit, CallKind};
use super::transport::{Call, Scalekit, TIMEOUT};

/// Connections named in one question: up to 20 in the list of accounts (docs/SCALEKIT.md). For tools
/// Scalekit states no limit.
pub(super) const NAMES_PER_CALL: usize = 20;

/// A list of Scalekit's.
pub(super) struct Listing {
    /// What failures are read as.
    pub asked: Asked,
    /// Its path.
    pub path: &'static str,
    /// The parameter that names connections.
    pub names: &'static str,
    /// How long a page may be.
    pub page_size: usize,
    /// Where the entries stand in a page.
    pub entries: &'static str,
}

/// A page that was read.
pub(super) struct Page {
    pub entries: Vec<Value>,
    /// What the next one is asked for with, if there is one.
    pub next: Option<String>,
}

/// Who is asked about, and in which trace.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub identifier: &'a str,
    pub trace_id: Option<&'a str>,
}

impl Scalekit {
    /// One page of a list.
    pub(super) async fn page(
        &self,
        listing: &Listing,
        about: About<'_>,
        connectors: impl Iterator<Item = Connector>,
        token: Option<&str>,
    ) -> Result<Page, CallFailure> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("identifier", about.identifier);
        for connector in connectors {
            let configured = self.config().connection(connector);
            query.append_pair(listing.names, configured.name(&connector));
        }
        query.append_pair("page_size", &listing.page_size.to_string());
        if let Some(token) = token {
            query.append_pair("page_token", token);
        }
        let call = Call {
            asked: listing.asked,
            tool: None,
            kind: CallKind::Read,
            method: Method::Get,
            path: format!("{}?{}", listing.path, query.finish()),
            body: None,
            timeout: TIMEOUT,
            identifier: about.identifier,
            lane: None,
            trace_id: about.trace_id,
            permit: &AlwaysPermit,
        };
        read(self.call(&call).await?, listing.entries)
    }
}

fn read(mut page: Value, entries: &str) -> Result<Page, CallFailure> {
    let entries = match page.get_mut(entries).map(Value::take) {
        Some(Value::Array(entries)) => entries,
        // Protobuf's JSON may leave out an empty list.
        None | Some(Value::Null) if page.is_object() => Vec::new(),
        _ => return Err(unreadable(CallKind::Read)),
    };
    let next = page.get("next_page_token").and_then(Value::as_str);
    let next = next.filter(|token| !token.is_empty()).map(str::to_owned);
    Ok(Page { entries, next })
}
