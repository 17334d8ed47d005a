//! `linear-list-issues`: the onboarding work of customers, by label or by project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::app_page::AppPage;
use super::input::InputError;
use super::json::{moment, text};
use super::linear_graphql::{field, page};
use super::tool::{OutputError, Tool};

/// Linear's own bound for one page.
const MAX_FIRST: u32 = 250;
/// Labels read of one issue.
const LABELS: u32 = 10;
const MAX_NAMES: usize = 50;
const MAX_NAME_CHARS: usize = 255;

/// Linear refuses a query of more than 10,000 points. A property costs 0.1, an object 1, and a
/// connection its nodes times its `first`. In tenths of a point, for one issue of [`QUERY`]: the
/// issue and its ten properties, the state with two, the project with one, and the labels.
const ISSUE_TENTHS: u32 = (10 + 10) + (10 + 2) + (10 + 1) + (10 + LABELS * (10 + 1));
/// The largest page must stay within the limit, with a twentieth to spare for what Linear counts
/// differently.
const _: () = assert!(
    MAX_FIRST * ISSUE_TENTHS <= 95_000,
    "the query is too complex for Linear"
);

/// Values travel as variables; nothing is ever written into this text but [`LABELS`].
pub(super) const QUERY: &str = "query OnboardingIssues($first: Int!, $after: String, $filter: IssueFilter) { \
    issues(first: $first, after: $after, filter: $filter) { \
    nodes { id identifier title url dueDate createdAt updatedAt startedAt completedAt canceledAt \
    state { type name } labels(first: 10) { nodes { name } } project { name } } \
    pageInfo { hasNextPage endCursor } } }";

crate::tool_input! {
    /// Which issues: with one of some labels, or in one of some projects.
    pub struct IssuesInput {
        /// Names of labels.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub labels: Vec<String>,
        /// Names of projects.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub projects: Vec<String>,
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

impl IssuesInput {
    /// The first page of issues with one of these labels.
    pub fn labelled(labels: Vec<String>) -> Self {
        Self {
            labels,
            projects: vec![],
            first: MAX_FIRST,
            after: None,
        }
    }

    /// The first page of issues in one of these projects.
    pub fn in_projects(projects: Vec<String>) -> Self {
        Self {
            projects,
            ..Self::labelled(vec![])
        }
    }
}

/// One page of issues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Issues {
    /// In Linear's order.
    pub issues: Vec<Issue>,
    /// Cursor for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An issue in Linear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Linear's id, which comments are written by.
    pub id: String,
    /// What people call it, such as `ENG-12`.
    pub key: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Its page.
    #[serde(default, deserialize_with = "AppPage::kept")]
    pub url: Option<AppPage>,
    /// Where it stands.
    pub state: IssueState,
    /// The team's own name for where it stands.
    pub state_name: Option<String>,
    /// The day it is due, as midnight UTC.
    pub due: Option<Timestamp>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// When work on it began.
    pub started_at: Option<Timestamp>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// When it was cancelled.
    pub canceled_at: Option<Timestamp>,
    /// Names of its labels, at most ten.
    pub labels: Vec<String>,
    /// Name of its project.
    pub project: Option<String>,
}

/// The kinds of states Linear has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IssueState {
    /// Not triaged yet.
    Triage,
    /// In the backlog.
    Backlog,
    /// Planned.
    Unstarted,
    /// Being worked on.
    Started,
    /// Done.
    Completed,
    /// Given up.
    Canceled,
    /// Closed, because another issue stands for the same work.
    Duplicate,
    /// A kind this version does not know.
    Unknown,
}

/// See the module.
pub struct LinearIssues;

impl Tool for LinearIssues {
    const ID: &'static str = "linear-list-issues";
    const DESCRIPTION: &'static str = "Lists Linear issues with given labels or in given projects.";
    const CONNECTOR: Connector = Connector::LINEAR;
    const SCALEKIT_NAME: &'static str = "linear_graphql_query";
    const KIND: CallKind = CallKind::Read;
    type Input = IssuesInput;
    type Output = Issues;

    fn params(input: &IssuesInput) -> Result<Value, InputError> {
        InputError::within("first", input.first, MAX_FIRST)?;
        names("labels", &input.labels)?;
        names("projects", &input.projects)?;
        let filter = match (input.labels.as_slice(), input.projects.as_slice()) {
            ([], []) => return Err(InputError::new("labels", "name labels or projects")),
            (labels, []) => json!({"labels": {"name": {"in": labels}}}),
            ([], projects) => json!({"project": {"name": {"in": projects}}}),
            (labels, projects) => json!({
                "labels": {"name": {"in": labels}}, "project": {"name": {"in": projects}}
            }),
        };
        let variables = json!({"first": input.first, "after": input.after, "filter": filter});
        Ok(json!({"query": QUERY, "variables": variables}))
    }

    fn output(data: &Value, _: &IssuesInput, _: Timestamp) -> Result<Issues, OutputError> {
        let (nodes, next) = page(field(data, "issues", Self::KIND)?)?;
        let issues = nodes.iter().map(issue).collect::<Option<Vec<_>>>();
        Ok(Issues {
            issues: issues.ok_or(OutputError::Malformed("issue id"))?,
            next,
        })
    }
}

fn names(of: &str, names: &[String]) -> Result<(), InputError> {
    if names.len() > MAX_NAMES {
        return Err(InputError::new(of, format!("at most {MAX_NAMES} names")));
    }
    let mut names = names.iter().enumerate();
    names.try_for_each(|(i, name)| InputError::text(&format!("{of}[{i}]"), name, MAX_NAME_CHARS))
}

pub(super) fn issue(node: &Value) -> Option<Issue> {
    let part = |key| node.get(key).unwrap_or(&Value::Null);
    let labels = part("labels")
        .get("nodes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    Some(Issue {
        id: text(node, "id")?,
        key: text(node, "identifier"),
        title: text(node, "title"),
        url: text(node, "url").and_then(|url| AppPage::of(Connector::LINEAR, &url)),
        state: state(part("state")),
        state_name: text(part("state"), "name"),
        due: moment(node, "dueDate"),
        created_at: moment(node, "createdAt"),
        updated_at: moment(node, "updatedAt"),
        started_at: moment(node, "startedAt"),
        completed_at: moment(node, "completedAt"),
        canceled_at: moment(node, "canceledAt"),
        labels: labels.filter_map(|label| text(label, "name")).collect(),
        project: text(part("project"), "name"),
    })
}

fn state(state: &Value) -> IssueState {
    match state.get("type").and_then(Value::as_str) {
        Some("triage") => IssueState::Triage,
        Some("backlog") => IssueState::Backlog,
        Some("unstarted") => IssueState::Unstarted,
        Some("started") => IssueState::Started,
        Some("completed") => IssueState::Completed,
        Some("canceled") => IssueState::Canceled,
        Some("duplicate") => IssueState::Duplicate,
        _ => IssueState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolOutcome;
    use crate::testkit::{outcome_of, success_of};
    use proptest::prelude::*;

    #[tokio::test]
    async fn issues_are_read_from_either_wrapping() {
        let input = IssuesInput::labelled(vec!["Acme".into()]);
        let inside = json!({"issues": {
            "nodes": [{
                "id": "i1", "identifier": "ENG-12", "title": "SSO", "dueDate": "2026-11-20",
                "state": {"type": "started", "name": "Doing"}, "completedAt": null,
                "labels": {"nodes": [{"name": "Acme"}]}, "project": null
            }],
            "pageInfo": {"hasNextPage": true, "endCursor": "c1"}
        }});
        for answer in [json!({"data": inside}), inside.clone()] {
            let (sent, output) = success_of::<LinearIssues>(&input, &answer).await;
            assert_eq!(
                sent["params"]["variables"]["filter"],
                json!({"labels": {"name": {"in": ["Acme"]}}})
            );
            let issue = &output.issues[0];
            assert_eq!(
                (issue.state, issue.key.as_deref()),
                (IssueState::Started, Some("ENG-12"))
            );
            assert_eq!(issue.due, Timestamp::parse("2026-11-20"));
            assert_eq!(
                (issue.labels.len(), output.next.as_deref()),
                (1, Some("c1"))
            );
        }
    }

    #[test]
    fn an_issue_whose_page_is_elsewhere_has_none() {
        let of = |url: &str| issue(&json!({"id": "i1", "url": url})).and_then(|it| it.url);
        let own = "https://linear.app/acme/issue/ENG-12/sso";
        assert_eq!(of(own).as_ref().map(AppPage::as_str), Some(own));
        for elsewhere in ["javascript:alert(1)", "https://evil.example/issue/ENG-12"] {
            assert_eq!(of(elsewhere), None, "{elsewhere}");
        }
    }

    #[tokio::test]
    async fn a_graphql_error_is_an_outcome() {
        let error = json!({"errors": [{"extensions": {"code": "AUTHENTICATION_ERROR"}}]});
        let input = IssuesInput::in_projects(vec!["Acme".into()]);
        let outcome = outcome_of::<LinearIssues>(&input, &error).await;
        assert!(
            matches!(outcome, ToolOutcome::AuthError { .. }),
            "{outcome:?}"
        );
    }

    #[test]
    fn the_query_asks_for_as_many_labels_as_the_cost_assumes() {
        assert!(QUERY.contains(&format!("labels(first: {LABELS})")));
        let issue = QUERY.split("nodes {").nth(1).expect("nodes");
        let own = issue.split("state {").next().expect("properties");
        assert_eq!(own.split_whitespace().count(), 10);
    }

    proptest! {
        #[test]
        fn names_only_ever_travel_as_variables(name in "\\PC{1,40}") {
            if let Ok(params) = LinearIssues::params(&IssuesInput::labelled(vec![name.clone()])) {
                prop_assert_eq!(&params["query"], QUERY);
                prop_assert_eq!(&params["variables"]["filter"]["labels"]["name"]["in"][0], &name);
            }
        }
    }
}
