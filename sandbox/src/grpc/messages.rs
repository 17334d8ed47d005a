//! The messages of the calls that are translated, with the fields that mean something here.
//!
//! Names and numbers are those of the descriptors in Scalekit's SDK (Node, 2.11.0).

use prost_types::{Struct, Timestamp};
use serde_json::{Map, Value};

use super::json::{moment, object, structure, text};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ExecuteTool {
    #[prost(string, tag = "1")]
    tool_name: String,
    #[prost(string, optional, tag = "2")]
    identifier: Option<String>,
    #[prost(message, optional, tag = "3")]
    params: Option<Struct>,
    #[prost(string, optional, tag = "5")]
    connector: Option<String>,
    #[prost(string, optional, tag = "8")]
    agent_run_id: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Executed {
    #[prost(message, optional, tag = "1")]
    data: Option<Struct>,
    #[prost(string, tag = "2")]
    execution_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ListAccounts {
    #[prost(string, optional, tag = "3")]
    connector: Option<String>,
    #[prost(string, optional, tag = "4")]
    identifier: Option<String>,
    #[prost(uint32, tag = "6")]
    page_size: u32,
    #[prost(string, tag = "7")]
    page_token: String,
    #[prost(string, repeated, tag = "9")]
    connection_names: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Listed {
    #[prost(message, repeated, tag = "1")]
    connected_accounts: Vec<Account>,
    #[prost(uint32, tag = "2")]
    total_size: u32,
    #[prost(string, tag = "3")]
    next_page_token: String,
    #[prost(string, tag = "4")]
    prev_page_token: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Account {
    #[prost(string, tag = "1")]
    identifier: String,
    #[prost(string, tag = "2")]
    provider: String,
    #[prost(int32, tag = "3")]
    status: i32,
    #[prost(int32, tag = "4")]
    authorization_type: i32,
    #[prost(message, optional, tag = "5")]
    authorization_details: Option<Authorization>,
    #[prost(message, optional, tag = "7")]
    updated_at: Option<Timestamp>,
    #[prost(string, tag = "8")]
    connector: String,
    #[prost(string, tag = "10")]
    id: String,
    #[prost(string, tag = "11")]
    connection_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Authorization {
    #[prost(message, optional, tag = "1")]
    oauth_token: Option<OauthToken>,
    #[prost(message, optional, tag = "2")]
    static_auth: Option<StaticAuth>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OauthToken {
    #[prost(string, tag = "1")]
    access_token: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct StaticAuth {
    #[prost(message, optional, tag = "1")]
    details: Option<Struct>,
}

/// An account, to look at or to remove.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct OneAccount {
    #[prost(string, optional, tag = "3")]
    connector: Option<String>,
    #[prost(string, optional, tag = "4")]
    identifier: Option<String>,
    #[prost(string, optional, tag = "5")]
    id: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct CreateAccount {
    #[prost(string, optional, tag = "3")]
    connector: Option<String>,
    #[prost(string, optional, tag = "4")]
    identifier: Option<String>,
}

/// Answers of one account.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ShownAccount {
    #[prost(message, optional, tag = "1")]
    connected_account: Option<Account>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MagicLink {
    #[prost(string, optional, tag = "3")]
    connector: Option<String>,
    #[prost(string, optional, tag = "4")]
    identifier: Option<String>,
    #[prost(string, optional, tag = "7")]
    state: Option<String>,
    #[prost(string, optional, tag = "8")]
    user_verify_url: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Made {
    #[prost(string, tag = "1")]
    link: String,
    #[prost(message, optional, tag = "2")]
    expiry: Option<Timestamp>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Verify {
    #[prost(string, tag = "1")]
    auth_request_id: String,
    #[prost(string, tag = "2")]
    identifier: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Verified {
    #[prost(string, tag = "1")]
    post_user_verify_redirect_url: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Empty {}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ErrorInfo {
    #[prost(string, tag = "1")]
    pub error_code: String,
    #[prost(message, optional, tag = "8")]
    pub validation_error_info: Option<ValidationErrorInfo>,
    #[prost(message, optional, tag = "9")]
    pub tool_error_info: Option<ToolErrorInfo>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ValidationErrorInfo {
    #[prost(message, repeated, tag = "1")]
    pub field_violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct FieldViolation {
    #[prost(string, tag = "1")]
    pub field: String,
    #[prost(string, tag = "2")]
    pub description: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ToolErrorInfo {
    #[prost(string, tag = "1")]
    pub execution_id: String,
    #[prost(string, tag = "2")]
    pub tool_error_message: String,
    #[prost(string, tag = "3")]
    pub tool_error_code: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<AnyInfo>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct AnyInfo {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// Values of `ConnectorStatus`, by their numbers.
const STATUSES: [&str; 6] = [
    "CONNECTION_STATUS_UNSPECIFIED",
    "ACTIVE",
    "EXPIRED",
    "PENDING_AUTH",
    "PENDING_VERIFICATION",
    "DISCONNECTED",
];
/// Values of `ConnectorType` that are used, by their numbers.
const TYPES: [&str; 3] = ["CONNECTION_TYPE_UNSPECIFIED", "OAUTH", "API_KEY"];

fn number(values: &[&str], name: &str) -> i32 {
    let found = values.iter().position(|it| *it == name);
    found.and_then(|at| i32::try_from(at).ok()).unwrap_or(0)
}

/// The members that are there.
fn members<const N: usize>(all: [(&str, &Option<String>); N]) -> Map<String, Value> {
    all.into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.as_deref()?.into())))
        .collect()
}

impl ExecuteTool {
    pub fn json(&self) -> Value {
        let mut json = members([
            ("identifier", &self.identifier),
            ("connector", &self.connector),
            ("agent_run_id", &self.agent_run_id),
        ]);
        json.insert("tool_name".into(), self.tool_name.as_str().into());
        let params = self.params.as_ref().map(object).unwrap_or_default();
        json.insert("params".into(), params.into());
        json.into()
    }
}

impl From<&Value> for Executed {
    fn from(body: &Value) -> Self {
        Self {
            data: body.get("data").and_then(structure),
            execution_id: text(body, "execution_id"),
        }
    }
}

impl ListAccounts {
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let named = [
            ("connector", &self.connector),
            ("identifier", &self.identifier),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.clone()?)));
        let names = self.connection_names.iter();
        let names = names.map(|name| ("connection_names", name.clone()));
        let size = (self.page_size > 0).then(|| ("page_size", self.page_size.to_string()));
        let token = (!self.page_token.is_empty()).then(|| ("page_token", self.page_token.clone()));
        named.chain(names).chain(size).chain(token).collect()
    }
}

impl From<&Value> for Account {
    fn from(it: &Value) -> Self {
        Self {
            identifier: text(it, "identifier"),
            provider: text(it, "provider"),
            status: number(&STATUSES, &text(it, "status")),
            authorization_type: number(&TYPES, &text(it, "authorization_type")),
            authorization_details: it.get("authorization_details").map(Authorization::from),
            updated_at: moment(it, "updated_at"),
            connector: text(it, "connector"),
            id: text(it, "id"),
            connection_id: text(it, "connection_id"),
        }
    }
}

impl From<&Value> for Authorization {
    fn from(it: &Value) -> Self {
        Self {
            oauth_token: it.get("oauth_token").map(|token| OauthToken {
                access_token: text(token, "access_token"),
            }),
            static_auth: it.get("static_auth").map(|auth| StaticAuth {
                details: auth.get("details").and_then(structure),
            }),
        }
    }
}

impl From<&Value> for ShownAccount {
    fn from(body: &Value) -> Self {
        Self {
            connected_account: body.get("connected_account").map(Account::from),
        }
    }
}

impl From<&Value> for Listed {
    fn from(body: &Value) -> Self {
        let accounts = body.get("connected_accounts").and_then(Value::as_array);
        let total = body.get("total_size").and_then(Value::as_u64);
        Self {
            connected_accounts: accounts.into_iter().flatten().map(Account::from).collect(),
            total_size: total.and_then(|it| u32::try_from(it).ok()).unwrap_or(0),
            next_page_token: text(body, "next_page_token"),
            prev_page_token: text(body, "prev_page_token"),
        }
    }
}

impl MagicLink {
    pub fn json(&self) -> Value {
        members([
            ("connector", &self.connector),
            ("identifier", &self.identifier),
            ("state", &self.state),
            ("user_verify_url", &self.user_verify_url),
        ])
        .into()
    }
}

impl From<&Value> for Made {
    fn from(body: &Value) -> Self {
        Self {
            link: text(body, "link"),
            expiry: moment(body, "expiry"),
        }
    }
}

impl Verify {
    pub fn json(&self) -> Value {
        serde_json::json!({ "auth_request_id": self.auth_request_id, "identifier": self.identifier })
    }
}

impl From<&Value> for Verified {
    fn from(body: &Value) -> Self {
        Self {
            post_user_verify_redirect_url: text(body, "post_user_verify_redirect_url"),
        }
    }
}

impl OneAccount {
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let named = [
            ("connector", &self.connector),
            ("identifier", &self.identifier),
            ("id", &self.id),
        ];
        let named = named.into_iter();
        named
            .filter_map(|(name, value)| Some((name, value.clone()?)))
            .collect()
    }

    pub fn json(&self) -> Value {
        members([
            ("connector", &self.connector),
            ("identifier", &self.identifier),
            ("id", &self.id),
        ])
        .into()
    }
}

impl CreateAccount {
    pub fn json(&self) -> Value {
        members([
            ("connector", &self.connector),
            ("identifier", &self.identifier),
        ])
        .into()
    }
}
