//! Jira: one project of the company's site, with its issues and their comments.
//!
//! Shapes and limits from Atlassian's documentation: "Jira Cloud REST API v3: Issues, Issue search,
//! Issue comments" (the search by `nextPageToken`, which wants a bounded query and lags behind what was
//! written), "Rate limiting".

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, after_cursor, size, text};
use crate::world::time::{DAY, iso};
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const PROJECT: &str = "ONB";
/// Longest summary, in characters; Jira says "less than 255".
const SUMMARY: usize = 254;
const PAGE: usize = 50;
const MOST: usize = 5000;
const MINUTE: i64 = 60_000;
/// How long the search does not know what was just written.
const SEARCH_LAG: i64 = 3000;

#[derive(Clone, Debug)]
struct Comment {
    id: String,
    body: String,
    author: String,
    made_ms: i64,
}

#[derive(Clone, Debug)]
struct Issue {
    id: String,
    number: usize,
    kind: String,
    summary: String,
    description: String,
    labels: Vec<String>,
    made_ms: i64,
    comments: Vec<Comment>,
}

#[derive(Clone, Debug)]
pub(super) struct Jira {
    site: String,
    issues: Vec<Issue>,
    ids: Numbers,
}

/// A refusal as Jira says it: sentences, and a status.
fn refusal(status: u16, message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(status, &status.to_string(), message)
}

/// A text as Jira keeps it: a document of paragraphs (Atlassian Document Format).
fn document(text: &str) -> Value {
    let paragraph = json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] });
    json!({ "type": "doc", "version": 1, "content": [paragraph] })
}

impl Issue {
    fn key(&self) -> String {
        format!("{PROJECT}-{}", self.number)
    }

    fn address(&self, site: &str) -> String {
        format!("https://{site}.atlassian.net/rest/api/3/issue/{}", self.id)
    }

    /// With these fields; all of them when none are named.
    fn shown(&self, site: &str, asked: &[String]) -> Value {
        let all = json!({ "summary": self.summary, "description": document(&self.description),
            "labels": self.labels, "created": iso(self.made_ms), "updated": iso(self.made_ms),
            "status": { "name": "To Do" }, "issuetype": { "name": self.kind },
            "project": { "key": PROJECT }, "priority": { "name": "Medium" }, "assignee": null });
        let everything =
            asked.is_empty() || asked.iter().any(|it| it == "*all" || it == "*navigable");
        let fields: serde_json::Map<String, Value> = all
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, _)| everything || asked.contains(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        json!({ "id": self.id, "key": self.key(), "self": self.address(site), "fields": fields })
    }
}

/// One condition of a query.
enum Condition {
    Project(String),
    Label(String),
    Holds(String),
}

impl Condition {
    fn fits(&self, issue: &Issue) -> bool {
        match self {
            Self::Project(key) => key.eq_ignore_ascii_case(PROJECT),
            Self::Label(label) => issue.labels.contains(label),
            Self::Holds(words) => {
                let text = format!("{} {}", issue.summary, issue.description).to_lowercase();
                text.contains(&words.to_lowercase())
            }
        }
    }
}

/// The conditions of a query. Of JQL, what names a project, a label or words, joined by AND, is played.
fn conditions(jql: &str) -> Result<Vec<Condition>, ToolFailure> {
    let lower = jql.to_lowercase();
    let end = lower.find("order by").unwrap_or(jql.len());
    let wrong = || refusal(400, "Error in the JQL Query");
    let query = jql.get(..end).unwrap_or_default().trim();
    if query.is_empty() {
        let words = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
        return Err(refusal(400, words));
    }
    let mut found = Vec::new();
    for part in query.replace(" and ", " AND ").split(" AND ") {
        let split = part.split_once('~').or_else(|| part.split_once('='));
        let (field, value) = split.ok_or_else(wrong)?;
        let value = value
            .trim()
            .trim_matches('"')
            .replace("\\\"", "\"")
            .trim_matches('"')
            .to_owned();
        found.push(match field.trim().to_lowercase().as_str() {
            "project" => Condition::Project(value),
            "labels" => Condition::Label(value),
            "summary" | "description" | "text" => Condition::Holds(value),
            _ => return Err(wrong()),
        });
    }
    Ok(found)
}

impl Jira {
    pub(super) fn new(company: &str, now_ms: i64) -> Self {
        let mut jira = Self {
            site: company.replace('_', "-"),
            issues: Vec::new(),
            ids: Numbers::after(10_000),
        };
        let id = jira.ids.next().to_string();
        jira.issues.push(Issue {
            id,
            number: 1,
            kind: "Task".to_owned(),
            summary: "Sign-in with the customer's directory".to_owned(),
            description: String::new(),
            labels: vec!["onboarding".to_owned()],
            made_ms: now_ms - 6 * DAY,
            comments: Vec::new(),
        });
        jira
    }

    fn position(&self, params: &Params) -> Result<usize, ToolFailure> {
        let named = text(params, "issueIdOrKey").unwrap_or_default();
        let found = self
            .issues
            .iter()
            .position(|it| it.id == named || it.key() == named);
        let words = "Issue does not exist or you do not have permission to see it.";
        found.ok_or_else(|| refusal(404, words))
    }

    fn search(&self, params: &Params, actor: &Actor) -> Said {
        let conditions = conditions(text(params, "jql").unwrap_or_default())?;
        let found: Vec<Issue> = self
            .issues
            .iter()
            .rev()
            .filter(|it| it.made_ms + SEARCH_LAG <= actor.now_ms)
            .filter(|it| conditions.iter().all(|condition| condition.fits(it)))
            .cloned()
            .collect();
        let from = text(params, "nextPageToken")
            .and_then(|it| it.parse().ok())
            .unwrap_or(0);
        let (page, next) = after_cursor(&found, from, size(params, "maxResults", PAGE, MOST));
        let asked: Vec<String> = text(params, "fields")
            // Where none are named, there is nothing but the id.
            .map_or_else(
                || vec!["id".to_owned()],
                |it| it.split(',').map(|it| it.trim().to_owned()).collect(),
            );
        let shown: Vec<Value> = page.iter().map(|it| it.shown(&self.site, &asked)).collect();
        let mut data = json!({ "issues": shown, "isLast": next.is_none() });
        if let Some(next) = next {
            data["nextPageToken"] = next.to_string().into();
        }
        Ok(Answer::read(data))
    }

    fn create(&mut self, params: &Params, actor: &Actor) -> Said {
        let summary = text(params, "summary").unwrap_or_default();
        if text(params, "project_key") != Some(PROJECT) {
            return Err(refusal(400, "project: valid project is required"));
        }
        if summary.trim().is_empty() || summary.chars().count() > SUMMARY {
            return Err(refusal(
                400,
                "summary: Summary must be less than 255 characters.",
            ));
        }
        let labels = params
            .get("labels")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let issue = Issue {
            id: actor
                .promised
                .clone()
                .unwrap_or_else(|| self.ids.next().to_string()),
            number: self.issues.last().map_or(1, |it| it.number + 1),
            kind: text(params, "issue_type").unwrap_or_default().to_owned(),
            summary: summary.to_owned(),
            description: text(params, "description").unwrap_or_default().to_owned(),
            labels: labels
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            made_ms: actor.now_ms,
            comments: Vec::new(),
        };
        let data = json!({ "id": issue.id, "key": issue.key(), "self": issue.address(&self.site) });
        let answer = Answer::wrote(issue.id.clone(), data);
        self.issues.push(issue);
        Ok(answer)
    }

    fn comment(&mut self, params: &Params, actor: &Actor) -> Said {
        let at = self.position(params)?;
        let comment = Comment {
            id: actor
                .promised
                .clone()
                .unwrap_or_else(|| self.ids.next().to_string()),
            body: text(params, "body").unwrap_or_default().to_owned(),
            author: actor.name.clone(),
            made_ms: actor.now_ms,
        };
        let answer = Answer::wrote(comment.id.clone(), shown_comment(&comment));
        self.issues[at].comments.push(comment);
        Ok(answer)
    }
}

fn shown_comment(comment: &Comment) -> Value {
    json!({ "id": comment.id, "author": { "displayName": comment.author, "active": true },
        "body": document(&comment.body), "created": iso(comment.made_ms),
        "updated": iso(comment.made_ms) })
}

impl App for Jira {
    const TOOLS: &'static [&'static str] = &[
        "jira_issue_comment_add",
        "jira_issue_comments_list",
        "jira_issue_create",
        "jira_issue_get",
        "jira_issues_search",
        "jira_myself_get",
    ];

    /// Atlassian states a burst for each site and no number for the rest.
    fn counted(_: &str, _: &Params) -> Counted {
        Counted::new(Whose::Company, "requests", 100, MINUTE / 60)
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(429, "Rate limit exceeded.").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        let makes = matches!(tool, "jira_issue_create" | "jira_issue_comment_add");
        makes.then(|| self.ids.next().to_string())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        match tool {
            "jira_myself_get" => Ok(Answer::read(
                json!({ "displayName": actor.name, "active": true,
                "accountType": "atlassian", "emailAddress": actor.email, "timeZone": "Etc/UTC" }),
            )),
            "jira_issues_search" => self.search(params, actor),
            "jira_issue_create" => self.create(params, actor),
            "jira_issue_comment_add" => self.comment(params, actor),
            "jira_issue_get" => {
                let asked = text(params, "fields").unwrap_or_default().split(',');
                let asked: Vec<String> = asked
                    .filter(|it| !it.is_empty())
                    .map(|it| it.trim().to_owned())
                    .collect();
                let issue = &self.issues[self.position(params)?];
                Ok(Answer::read(issue.shown(&self.site, &asked)))
            }
            _ => {
                let comments = &self.issues[self.position(params)?].comments;
                let start =
                    super::number(params, "startAt").and_then(|it| usize::try_from(it).ok());
                let start = start.unwrap_or(0);
                let (page, _) =
                    after_cursor(comments, start, size(params, "maxResults", MOST, MOST));
                let shown: Vec<Value> = page.iter().map(shown_comment).collect();
                Ok(Answer::read(json!({ "startAt": start, "maxResults": MOST,
                    "total": comments.len(), "comments": shown })))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn an_issue_is_made_read_and_commented_on_but_not_found_at_once() {
        let mut jira = Jira::new("acme", NOW);
        let issue = json!({ "project_key": "ONB", "issue_type": "Task", "summary": "Import", "description": "call-e1" });
        let made = taken(&mut jira, "jira_issue_create", &issue);
        assert_eq!(made["key"], "ONB-2");
        let read = taken(
            &mut jira,
            "jira_issue_get",
            &json!({ "issueIdOrKey": "ONB-2", "fields": "summary" }),
        );
        assert_eq!(read["fields"], json!({ "summary": "Import" }));
        let search =
            json!({ "jql": "project = ONB AND text ~ \"\\\"call-e1\\\"\" ORDER BY created" });
        assert_eq!(
            taken(&mut jira, "jira_issues_search", &search)["issues"],
            json!([])
        );
        let comment = json!({ "issueIdOrKey": "ONB-2", "body": "Begun" });
        let told = taken(&mut jira, "jira_issue_comment_add", &comment);
        assert_eq!(
            taken(&mut jira, "jira_issue_comments_list", &comment)["comments"],
            json!([told])
        );
    }

    #[test]
    fn a_search_is_bounded_and_a_summary_short() {
        let mut jira = Jira::new("acme", NOW);
        let all = json!({ "jql": "order by created" });
        assert!(
            refused(&mut jira, "jira_issues_search", &all)
                .message
                .starts_with("Unbounded")
        );
        let old = taken(
            &mut jira,
            "jira_issues_search",
            &json!({ "jql": "labels = onboarding", "fields": "summary" }),
        );
        assert_eq!(
            (old["issues"].as_array().map(Vec::len), &old["isLast"]),
            (Some(1), &json!(true))
        );
        let long =
            json!({ "project_key": "ONB", "issue_type": "Task", "summary": "x".repeat(255) });
        assert_eq!(refused(&mut jira, "jira_issue_create", &long).status, 400);
    }
}
