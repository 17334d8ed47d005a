//! An organization's Linear: issues, comments, and the GraphQL in front of them.
//!
//! A real subset: the queries, filters and the mutation that a client of onboarding needs, with
//! Linear's limits. Everything else is refused as Linear refuses it.

mod comments;
mod filter;
mod graphql;
mod page;
mod refused;
mod select;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::random::Dice;
use super::time::iso;
use super::tool::{Actor, Answer, Outcome, Params, ToolFailure};
pub use comments::Comment;
use page::{Page, connection, page};
pub use refused::{RATE, in_one, rate_limited, within};

/// Tools that are simulated.
pub const TOOLS: [&str; 8] = [
    "linear_comment_create",
    "linear_comment_delete",
    "linear_comment_get",
    "linear_comments_list",
    "linear_graphql_query",
    "linear_issue_get",
    "linear_issues_list",
    "linear_viewer_get",
];

/// An issue to be added.
#[derive(Clone, Debug)]
pub struct NewIssue {
    /// Title.
    pub title: String,
    /// State type: `backlog`, `unstarted`, `started`, `completed`, `canceled` or `duplicate`.
    pub state: &'static str,
    /// When it was made.
    pub created_ms: i64,
    /// When it was last touched.
    pub updated_ms: i64,
    /// `YYYY-MM-DD`.
    pub due_date: Option<String>,
    /// Names of labels.
    pub labels: Vec<String>,
    /// Name of the project.
    pub project: Option<String>,
}

/// An issue.
#[derive(Clone, Debug)]
pub struct Issue {
    /// UUID.
    pub id: String,
    /// `ONB-12`.
    pub identifier: String,
    issue: NewIssue,
}

/// An organization's Linear.
#[derive(Clone, Debug)]
pub struct Linear {
    organization: String,
    organization_id: String,
    issues: Vec<Issue>,
    comments: Vec<Comment>,
    by_label: BTreeMap<String, Vec<usize>>,
    by_id: BTreeMap<String, usize>,
    dice: Dice,
}

pub(super) type Failure = ToolFailure;

pub(super) fn refusal(code: &str, message: impl Into<String>) -> Failure {
    ToolFailure::new(400, code, message)
}

impl Linear {
    /// An empty workspace; ids come from the seed.
    pub fn new(organization: &str, seed: &str) -> Self {
        Self {
            organization: organization.to_owned(),
            organization_id: Dice::of(&format!("organization {seed}")).uuid(),
            issues: Vec::new(),
            comments: Vec::new(),
            by_label: BTreeMap::new(),
            by_id: BTreeMap::new(),
            dice: Dice::of(seed),
        }
    }

    /// Adds an issue.
    pub fn add_issue(&mut self, issue: NewIssue) {
        let index = self.issues.len();
        for label in &issue.labels {
            self.by_label.entry(label.clone()).or_default().push(index);
        }
        let id = self.dice.uuid();
        self.by_id.insert(id.clone(), index);
        self.issues.push(Issue {
            id,
            identifier: format!("ONB-{}", index + 1),
            issue,
        });
    }

    /// Issues that are still to be done.
    pub(super) fn open_issues_mut(&mut self) -> impl Iterator<Item = &mut NewIssue> {
        let open = ["backlog", "unstarted", "started"];
        let issues = self.issues.iter_mut().map(|issue| &mut issue.issue);
        issues.filter(move |issue| open.contains(&issue.state))
    }

    /// Issues somebody commented on, with their comments, latest first.
    pub fn commented(&self) -> Vec<(&Issue, Vec<&Comment>)> {
        let mut order: Vec<usize> = self.comments.iter().rev().map(|it| it.issue).collect();
        let mut seen = std::collections::BTreeSet::new();
        order.retain(|index| seen.insert(*index));
        order
            .into_iter()
            .map(|index| {
                let of = self.comments.iter().filter(|it| it.issue == index);
                (&self.issues[index], of.collect())
            })
            .collect()
    }

    /// All issues, in the order they were added.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter()
    }

    /// How many issues there are.
    pub fn issue_count(&self) -> usize {
        self.issues.len()
    }

    /// Whether this call only reads.
    pub fn is_read(tool: &str, params: &Params) -> bool {
        match tool {
            "linear_graphql_query" => {
                let query = params
                    .get("query")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                !query.trim_start().starts_with("mutation")
            }
            _ => {
                !(tool.ends_with("_create")
                    || tool.ends_with("_update")
                    || tool.ends_with("_delete"))
            }
        }
    }

    /// Answers a tool call; `None` for tools that are not simulated.
    pub fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Outcome {
        let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(match tool {
            "linear_graphql_query" => {
                let variables = params
                    .get("variables")
                    .cloned()
                    .unwrap_or_else(|| json!({}));
                graphql::execute(self, text("query"), &variables, actor)
            }
            "linear_comment_create" => self
                .create_comment(None, text("issueId"), text("body"), actor)
                .map(|(id, comment)| {
                    let made = json!({ "success": true, "comment": comment });
                    Answer::wrote(id, json!({ "data": { "commentCreate": made } }))
                }),
            "linear_comment_delete" => {
                let id = text("commentId");
                self.delete_comment(id, actor)
                    .map(|it| Answer::wrote(id, json!({ "data": { "commentDelete": it } })))
            }
            "linear_comment_get" => self
                .comment(text("commentId"))
                .map(|it| Answer::read(json!({ "data": { "comment": self.comment_json(it) } }))),
            "linear_viewer_get" => Ok(Answer::read(
                json!({ "data": { "viewer": self.viewer(actor) } }),
            )),
            "linear_comments_list" => self.issue(text("issueId")).and_then(|index| {
                let page = page(params.get("first"), params.get("after"))?;
                let comments = self.comments_json(index, page);
                Ok(Answer::read(
                    json!({ "data": { "issue": { "comments": comments } } }),
                ))
            }),
            "linear_issues_list" => self.list(params),
            "linear_issue_get" => self
                .issue(text("issueId"))
                .map(|index| Answer::read(json!({ "data": { "issue": self.issue_json(index) } }))),
            _ => return None,
        })
    }

    /// The person behind a token, and the organization it is for.
    fn viewer(&self, actor: &Actor) -> Value {
        let mut viewer = person(&actor.name, &actor.email);
        viewer["email"] = actor.email.as_str().into();
        viewer["organization"] = json!({ "__typename": "Organization", "id": self.organization_id,
            "name": self.organization, "urlKey": self.organization });
        viewer["teams"] = connection(Vec::new(), Page::default());
        viewer
    }

    fn list(&self, params: &Params) -> Result<Answer, ToolFailure> {
        let mut filter = serde_json::Map::new();
        if let Some(labels) = params.get("labels") {
            filter.insert("labels".into(), json!({ "name": { "in": labels } }));
        }
        if let Some(project) = params.get("project") {
            filter.insert("project".into(), json!({ "name": { "eq": project } }));
        }
        if let Some(state) = params.get("state") {
            filter.insert("state".into(), json!({ "type": { "eq": state } }));
        }
        let page = page(params.get("first"), params.get("after"))?;
        let issues = self.issues_json(&Value::Object(filter), page)?;
        Ok(Answer::read(json!({ "data": { "issues": issues } })))
    }

    fn issue(&self, id: &str) -> Result<usize, Failure> {
        let by_identifier = || self.issues.iter().position(|issue| issue.identifier == id);
        self.by_id
            .get(id)
            .copied()
            .or_else(by_identifier)
            .ok_or_else(|| {
                refusal(
                    "INPUT_ERROR",
                    "Entity not found: Issue - Could not find referenced Issue.",
                )
            })
    }

    fn issues_json(&self, filter: &Value, page: Page) -> Result<Value, Failure> {
        let found = filter::matching(self, filter)?;
        let shown = found.iter().skip(page.after).take(page.first);
        let nodes: Vec<Value> = shown.map(|index| self.issue_json(*index)).collect();
        Ok(page.wrap(nodes, found.len()))
    }

    fn issue_json(&self, index: usize) -> Value {
        let Issue {
            id,
            identifier,
            issue,
        } = &self.issues[index];
        let at = |ms: i64, states: &[&str]| states.contains(&issue.state).then(|| iso(ms));
        let labels = issue
            .labels
            .iter()
            .map(|name| json!({ "id": name, "name": name }));
        json!({ "__typename": "Issue", "id": id, "identifier": identifier, "title": issue.title,
            "description": null, "priority": 0, "estimate": null, "assignee": null,
            "url": issue_page(identifier, &issue.title),
            "createdAt": iso(issue.created_ms), "updatedAt": iso(issue.updated_ms),
            "startedAt": at(issue.created_ms, &["started", "completed"]),
            "completedAt": at(issue.updated_ms, &["completed"]),
            "canceledAt": at(issue.updated_ms, &["canceled"]),
            "dueDate": issue.due_date,
            "state": { "id": issue.state, "name": issue.state, "type": issue.state },
            "labels": connection(labels.collect(), Page::default()),
            "project": issue.project.as_ref().map(|name| json!({ "id": name, "name": name })),
            "comments": self.comments_json(index, Page::default()) })
    }
}

/// The address of an issue's page: its name, and the words of its title.
fn issue_page(identifier: &str, title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let title = words.join("-").to_ascii_lowercase();
    format!("https://linear.app/acme/issue/{identifier}/{title}")
}

/// A person as others see them.
fn person(name: &str, email: &str) -> Value {
    let id = Dice::of(&format!("person {email}")).uuid();
    json!({ "__typename": "User", "id": id, "name": name, "displayName": name })
}

impl Issue {
    /// Its title.
    pub fn title(&self) -> &str {
        &self.issue.title
    }
}
