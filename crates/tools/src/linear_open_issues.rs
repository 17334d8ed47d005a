//! `linear-list-open-issues`: the work that is planned or begun, whoever it is for.

use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::linear_graphql::{field, page};
use super::linear_issues::{Issues, QUERY, issue};
use super::tool::{OutputError, Tool};

/// Linear's own bound for one page.
const MAX_FIRST: u32 = 250;

crate::tool_input! {
    /// Which of the open issues.
    pub struct OpenIssuesInput {
        /// How many at most, 1 to 250.
        #[serde(default = "most")]
        pub first: u32,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

fn most() -> u32 {
    MAX_FIRST
}

impl Default for OpenIssuesInput {
    fn default() -> Self {
        Self {
            first: MAX_FIRST,
            after: None,
        }
    }
}

/// See the module.
pub struct LinearOpenIssues;

impl Tool for LinearOpenIssues {
    const ID: &'static str = "linear-list-open-issues";
    const DESCRIPTION: &'static str = "Lists Linear issues that are planned or begun.";
    const CONNECTOR: Connector = Connector::LINEAR;
    const SCALEKIT_NAME: &'static str = "linear_graphql_query";
    const KIND: CallKind = CallKind::Read;
    type Input = OpenIssuesInput;
    type Output = Issues;

    fn params(input: &OpenIssuesInput) -> Result<Value, InputError> {
        InputError::within("first", input.first, MAX_FIRST)?;
        let filter = json!({"state": {"type": {"in": ["unstarted", "started"]}}});
        let variables = json!({"first": input.first, "after": input.after, "filter": filter});
        Ok(json!({"query": QUERY, "variables": variables}))
    }

    fn output(data: &Value, _: &OpenIssuesInput, _: Timestamp) -> Result<Issues, OutputError> {
        let (nodes, next) = page(field(data, "issues", Self::KIND)?)?;
        let issues = nodes.iter().map(issue).collect::<Option<Vec<_>>>();
        Ok(Issues {
            issues: issues.ok_or(OutputError::Malformed("issue id"))?,
            next,
        })
    }
}
