//! The messages of the lists of tools.

use prost_types::Struct;
use serde_json::Value;

use super::json::{structure, text};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListTools {
    #[prost(uint32, tag = "2")]
    page_size: u32,
    #[prost(string, tag = "3")]
    page_token: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListAvailableTools {
    #[prost(string, tag = "1")]
    identifier: String,
    #[prost(uint32, tag = "2")]
    page_size: u32,
    #[prost(string, tag = "3")]
    page_token: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListScopedTools {
    #[prost(string, tag = "1")]
    identifier: String,
    #[prost(message, optional, tag = "2")]
    filter: Option<ScopedFilter>,
    #[prost(uint32, tag = "3")]
    page_size: u32,
    #[prost(string, tag = "4")]
    page_token: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ScopedFilter {
    #[prost(string, repeated, tag = "1")]
    providers: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    tool_names: Vec<String>,
    #[prost(string, repeated, tag = "3")]
    connection_names: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Tool {
    #[prost(string, tag = "2")]
    provider: String,
    #[prost(message, optional, tag = "3")]
    definition: Option<Struct>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ScopedTool {
    #[prost(message, optional, tag = "1")]
    tool: Option<Tool>,
    #[prost(string, tag = "2")]
    identifier: String,
    #[prost(string, tag = "3")]
    connected_account_id: String,
}

/// Answer of `ListTools`, where names alone have the number that others give the tools.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListedTools {
    #[prost(string, tag = "1")]
    next_page_token: String,
    #[prost(uint32, tag = "2")]
    total_size: u32,
    #[prost(message, repeated, tag = "5")]
    tools: Vec<Tool>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AvailableTools {
    #[prost(string, tag = "1")]
    next_page_token: String,
    #[prost(uint32, tag = "2")]
    total_size: u32,
    #[prost(message, repeated, tag = "4")]
    tools: Vec<Tool>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ScopedTools {
    #[prost(string, tag = "1")]
    next_page_token: String,
    #[prost(uint32, tag = "2")]
    total_size: u32,
    #[prost(message, repeated, tag = "5")]
    tools: Vec<ScopedTool>,
}

/// A query of a call, as REST takes it.
type Query = Vec<(&'static str, String)>;

fn page(size: u32, token: &str) -> Query {
    let size = (size > 0).then(|| ("page_size", size.to_string()));
    let token = (!token.is_empty()).then(|| ("page_token", token.to_owned()));
    size.into_iter().chain(token).collect()
}

impl ListTools {
    pub fn query(&self) -> Query {
        page(self.page_size, &self.page_token)
    }
}

impl ListAvailableTools {
    pub fn query(&self) -> Query {
        let mut query = page(self.page_size, &self.page_token);
        query.push(("identifier", self.identifier.clone()));
        query
    }
}

impl ListScopedTools {
    pub fn query(&self) -> Query {
        let mut query = page(self.page_size, &self.page_token);
        query.push(("identifier", self.identifier.clone()));
        // A filter that asks for nothing is one all the same, which REST has no word for.
        if self.filter.is_some() {
            query.push(("filter", String::new()));
        }
        let filter = self.filter.clone().unwrap_or_default();
        for (name, values) in [
            ("filter.providers", filter.providers),
            ("filter.tool_names", filter.tool_names),
            ("filter.connection_names", filter.connection_names),
        ] {
            query.extend(values.into_iter().map(|value| (name, value)));
        }
        query
    }
}

impl From<&Value> for Tool {
    fn from(it: &Value) -> Self {
        Self {
            provider: text(it, "provider"),
            definition: it.get("definition").and_then(structure),
        }
    }
}

impl From<&Value> for ScopedTool {
    fn from(it: &Value) -> Self {
        Self {
            tool: it.get("tool").map(Tool::from),
            identifier: text(it, "identifier"),
            connected_account_id: text(it, "connected_account_id"),
        }
    }
}

fn listed<T: for<'a> From<&'a Value>>(body: &Value) -> (String, u32, Vec<T>) {
    let tools = body.get("tools").and_then(Value::as_array);
    let total = body.get("total_size").and_then(Value::as_u64);
    (
        text(body, "next_page_token"),
        total.and_then(|it| u32::try_from(it).ok()).unwrap_or(0),
        tools.into_iter().flatten().map(T::from).collect(),
    )
}

/// The three lists differ in what they list, and the generated messages share no trait.
macro_rules! read_as_list {
    ($($message:ident),+) => {$(
        impl From<&Value> for $message {
            fn from(body: &Value) -> Self {
                let (next_page_token, total_size, tools) = listed(body);
                Self {
                    next_page_token,
                    total_size,
                    tools,
                }
            }
        }
    )+};
}

read_as_list!(ListedTools, AvailableTools, ScopedTools);
