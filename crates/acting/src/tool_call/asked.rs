//! A call that a person is asked about.
//!
//! Owns what is approved, and whose approval that is. How it is put up is for whoever asks.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use onbehalf_connector::Connector;
use onbehalf_identity::RequestContext;
use onbehalf_runs::hex;
use onbehalf_tools::ErasedTool;

/// What is approved: this tool with these arguments, and nothing else.
#[derive(Serialize)]
pub(crate) struct Asked<'a> {
    pub(super) tool: &'a str,
    connector: Connector,
    pub(super) arguments: &'a Value,
}

impl<'a> Asked<'a> {
    /// A call of this tool.
    pub(crate) fn of(tool: &'a dyn ErasedTool, arguments: &'a Value) -> Self {
        Self {
            tool: tool.id(),
            connector: tool.connector(),
            arguments,
        }
    }
}

/// The digest that an approval names. Bound to the principal as well, so that the same words of two
/// people are two plans.
pub(crate) fn plan_hash(context: &RequestContext, about: &str, writes: &Value) -> String {
    let principal = [
        Some(&context.issuer),
        context.org_id.as_ref(),
        Some(&context.user_id),
    ];
    // JSON is written with its members in order.
    let text = json!([principal, about, writes]).to_string();
    hex(&Sha256::digest(text.as_bytes()))
}
