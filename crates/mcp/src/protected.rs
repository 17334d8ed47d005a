//! How a client without a token finds where to get one: RFC 9728, and the challenge that leads there.

use serde_json::{Value, json};

/// What a client is told of the resource that it wants to use.
#[derive(Clone, Copy, Debug)]
pub struct ProtectedResource<'a> {
    /// Its address, which a token has to be made for.
    pub resource: &'a str,
    /// Who makes tokens for it.
    pub issuers: &'a [String],
    /// What to ask them for.
    pub scope: &'a str,
    /// Its name for people.
    pub name: &'a str,
}

impl ProtectedResource<'_> {
    /// The document.
    pub fn json(&self) -> Value {
        let scopes: Vec<_> = self.scope.split(' ').collect();
        json!({
            "resource": self.resource,
            "authorization_servers": self.issuers,
            "scopes_supported": scopes,
            "bearer_methods_supported": ["header"],
            "resource_name": self.name,
        })
    }
}

/// A `WWW-Authenticate` challenge (RFC 6750 section 3) that also says where the document is, and what
/// to ask for. `begun` is one that says why, or nothing.
pub fn challenge(begun: Option<&str>, metadata: &str, scope: &str) -> String {
    let more = format!("resource_metadata=\"{metadata}\", scope=\"{scope}\"");
    match begun {
        Some(begun) => format!("{begun}, {more}"),
        None => format!("Bearer error=\"insufficient_scope\", {more}"),
    }
}
