//! One user's Linear: issues, comments, and the GraphQL in front of them.
//!
//! A real subset: the queries, filters and the mutation that a client of onboarding needs, with
//! Linear's limits. Everything else is refused as Linear refuses it.

mod filter;
mod graphql;
mod select;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::random::Dice;
use super::time::iso;
use super::tool::{Actor, Answer, Params, ToolFailure};

/// Largest page.
const PAGE_LIMIT: usize = 250;
/// Page size when none is asked for.
const PAGE_DEFAULT: usize = 50;

/// An issue to be added.
pub struct NewIssue {
    /// Title.
    pub title: String,
    /// State type: `backlog`, `unstarted`, `started`, `completed` or `canceled`.
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
pub struct Issue {
    /// UUID.
    pub id: String,
    /// `ONB-12`.
    pub identifier: String,
    issue: NewIssue,
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// UUID, chosen by the client or by Linear.
    pub id: String,
    /// Position of its issue.
    issue: usize,
    /// Markdown.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub created_ms: i64,
}

/// One user's Linear.
pub struct Linear {
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
    pub fn new(seed: &str) -> Self {
        Self {
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
    pub fn call(
        &mut self,
        tool: &str,
        params: &Params,
        actor: &Actor,
    ) -> Option<Result<Answer, ToolFailure>> {
        let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(match tool {
            "linear_graphql_query" => {
                let variables = params.get("variables").cloned().unwrap_or_else(|| json!({}));
                graphql::execute(self, text("query"), &variables, actor)
            }
            "linear_comment_create" => self
                .create_comment(None, text("issueId"), text("body"), actor)
                .map(|(id, comment)| Answer {
                    data: json!({ "data": { "commentCreate": { "success": true, "comment": comment } } }),
                    written: Some(id),
                }),
            "linear_comments_list" => self.issue(text("issueId")).and_then(|index| {
                let page = page(params.get("first"), params.get("after"))?;
                let comments = self.comments_json(index, page);
                Ok(Answer::read(json!({ "data": { "issue": { "comments": comments } } })))
            }),
            "linear_issues_list" => self.list(params),
            "linear_issue_get" => self.issue(text("issueId")).map(|index| {
                Answer::read(json!({ "data": { "issue": self.issue_json(index) } }))
            }),
            _ => return None,
        })
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

    fn create_comment(
        &mut self,
        id: Option<&str>,
        issue: &str,
        body: &str,
        actor: &Actor,
    ) -> Result<(String, Value), Failure> {
        let issue = self.issue(issue)?;
        if body.is_empty() {
            return Err(refusal(
                "INPUT_ERROR",
                "Argument Validation Error: body should not be empty",
            ));
        }
        let id = match id {
            Some(id) if !is_uuid(id) => {
                return Err(refusal(
                    "INPUT_ERROR",
                    "Argument Validation Error: id must be a UUID",
                ));
            }
            Some(id) => id.to_owned(),
            None => self.dice.uuid(),
        };
        if self.comments.iter().any(|comment| comment.id == id) {
            return Err(refusal(
                "INPUT_ERROR",
                "conflict on insert of Comment: entity with this id already exists",
            ));
        }
        self.comments.push(Comment {
            id: id.clone(),
            issue,
            body: body.to_owned(),
            author: actor.name.clone(),
            created_ms: actor.now_ms,
        });
        self.issues[issue].issue.updated_ms = actor.now_ms;
        let comment = self.comments.last().map(|it| self.comment_json(it));
        Ok((id, comment.unwrap_or_default()))
    }

    fn comment_json(&self, comment: &Comment) -> Value {
        let issue = &self.issues[comment.issue];
        json!({ "__typename": "Comment", "id": comment.id, "body": comment.body,
            "createdAt": iso(comment.created_ms), "updatedAt": iso(comment.created_ms),
            "url": format!("https://linear.example/acme/issue/{}#comment-{}", issue.identifier, comment.id),
            "user": { "__typename": "User", "id": comment.author, "name": comment.author },
            "issue": { "__typename": "Issue", "id": issue.id, "identifier": issue.identifier } })
    }

    fn comments_json(&self, issue: usize, page: Page) -> Value {
        let of = self.comments.iter().rev().filter(|it| it.issue == issue);
        let all: Vec<Value> = of.map(|it| self.comment_json(it)).collect();
        connection(all, page)
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
            "url": format!("https://linear.example/acme/issue/{identifier}"),
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

impl Issue {
    /// Its title.
    pub fn title(&self) -> &str {
        &self.issue.title
    }
}

fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => *byte == b'4',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A window into a list.
#[derive(Clone, Copy)]
pub(super) struct Page {
    first: usize,
    after: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            first: PAGE_DEFAULT,
            after: 0,
        }
    }
}

fn page(first: Option<&Value>, after: Option<&Value>) -> Result<Page, Failure> {
    let first = match first {
        None | Some(Value::Null) => PAGE_DEFAULT,
        Some(first) => first
            .as_u64()
            .and_then(|first| usize::try_from(first).ok())
            .filter(|first| (1..=PAGE_LIMIT).contains(first))
            .ok_or_else(|| {
                refusal(
                    "INPUT_ERROR",
                    format!("first must be between 1 and {PAGE_LIMIT}"),
                )
            })?,
    };
    let after = match after {
        None | Some(Value::Null) => 0,
        Some(after) => after
            .as_str()
            .and_then(|cursor| cursor.strip_prefix("cursor-"))
            .and_then(|cursor| cursor.parse().ok())
            .ok_or_else(|| refusal("INPUT_ERROR", "after is not a valid cursor"))?,
    };
    Ok(Page { first, after })
}

impl Page {
    /// Nodes already cut to this page, as a connection over `total`.
    fn wrap(self, nodes: Vec<Value>, total: usize) -> Value {
        let end = self.after + nodes.len();
        let cursor = |at: usize| format!("cursor-{at}");
        json!({ "nodes": nodes, "pageInfo": {
            "hasNextPage": end < total, "hasPreviousPage": self.after > 0,
            "startCursor": cursor(self.after), "endCursor": cursor(end) } })
    }
}

fn connection(all: Vec<Value>, page: Page) -> Value {
    let total = all.len();
    let nodes = all.into_iter().skip(page.after).take(page.first).collect();
    page.wrap(nodes, total)
}
