//! GitHub: one repository of the company, with its issues and their comments.
//!
//! Shapes and limits from GitHub's documentation: "REST API endpoints for issues", "… for issue
//! comments", "… for users", "Rate limits for the REST API".

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, bare_list, number, page_of, size, text};
use crate::world::time::{DAY, iso};
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

/// The one repository.
const REPOSITORY: &str = "onboarding";
/// Longest title and longest body, in characters.
const TITLE: usize = 256;
const BODY: usize = 65_536;
const PAGE: usize = 30;
const MOST: usize = 100;
const MINUTE: i64 = 60_000;

#[derive(Clone, Debug)]
struct Comment {
    id: u64,
    body: String,
    login: String,
    created_ms: i64,
}

#[derive(Clone, Debug)]
struct Issue {
    id: u64,
    number: u64,
    title: String,
    body: Option<String>,
    labels: Vec<String>,
    login: String,
    created_ms: i64,
    comments: Vec<Comment>,
}

#[derive(Clone, Debug)]
pub(super) struct GitHub {
    owner: String,
    issues: Vec<Issue>,
    ids: Numbers,
}

fn login(actor: &Actor) -> String {
    let before = actor.email.split('@').next().unwrap_or_default();
    before.replace('.', "-")
}

/// GitHub's errors name their status and nothing else.
fn refusal(status: u16, message: &str) -> ToolFailure {
    ToolFailure::new(status, &status.to_string(), message)
}

impl GitHub {
    pub(super) fn new(company: &str, now_ms: i64) -> Self {
        let mut github = Self {
            owner: company.replace('_', "-"),
            issues: Vec::new(),
            ids: Numbers::after(2_100_000_000),
        };
        for (age, title) in [
            (9, "Import of contacts stops at the thousandth"),
            (3, "Say in the guide where the key is entered"),
        ] {
            let id = github.ids.next();
            github.issues.push(Issue {
                id,
                number: github.next_number(),
                title: title.to_owned(),
                body: None,
                labels: vec!["onboarding".to_owned()],
                login: "octavia".to_owned(),
                created_ms: now_ms - age * DAY,
                comments: Vec::new(),
            });
        }
        github
    }

    fn next_number(&self) -> u64 {
        self.issues.last().map_or(1, |it| it.number + 1)
    }

    /// Everything else is somebody's whom the token does not reach: not there, as GitHub says it.
    fn repository(&self, params: &Params) -> Result<(), ToolFailure> {
        let named =
            |name, value: &str| text(params, name).is_some_and(|it| it.eq_ignore_ascii_case(value));
        if named("owner", &self.owner) && named("repo", REPOSITORY) {
            return Ok(());
        }
        Err(refusal(404, "Not Found"))
    }

    fn position(&self, params: &Params) -> Result<usize, ToolFailure> {
        let asked = number(params, "issue_number");
        let found = self.issues.iter().position(|it| Some(it.number) == asked);
        found.ok_or_else(|| refusal(404, "Not Found"))
    }

    fn address(&self) -> String {
        format!("github.com/repos/{}/{REPOSITORY}", self.owner)
    }

    fn shown(&self, issue: &Issue) -> Value {
        let page = format!(
            "https://github.com/{}/{REPOSITORY}/issues/{}",
            self.owner, issue.number
        );
        let labels: Vec<Value> = issue
            .labels
            .iter()
            .map(|name| json!({ "name": name }))
            .collect();
        json!({ "id": issue.id, "node_id": format!("I_{}", issue.id), "number": issue.number,
            "url": format!("https://api.{}/issues/{}", self.address(), issue.number),
            "html_url": page, "state": "open", "title": issue.title, "body": issue.body,
            "user": { "login": issue.login, "type": "User" }, "labels": labels,
            "assignee": null, "assignees": [], "milestone": null, "locked": false,
            "comments": issue.comments.len(), "created_at": iso(issue.created_ms),
            "updated_at": iso(issue.created_ms), "closed_at": null })
    }

    fn shown_comment(&self, issue: &Issue, comment: &Comment) -> Value {
        let id = comment.id;
        json!({ "id": id, "node_id": format!("IC_{id}"),
            "url": format!("https://api.{}/issues/comments/{id}", self.address()),
            "issue_url": format!("https://api.{}/issues/{}", self.address(), issue.number),
            "body": comment.body, "user": { "login": comment.login, "type": "User" },
            "created_at": iso(comment.created_ms), "updated_at": iso(comment.created_ms) })
    }

    fn create(&mut self, params: &Params, actor: &Actor) -> Said {
        let title = text(params, "title").unwrap_or_default().trim();
        let body = text(params, "body").map(str::to_owned);
        let long = body.as_ref().is_some_and(|it| it.chars().count() > BODY);
        if title.is_empty() || title.chars().count() > TITLE || long {
            return Err(refusal(422, "Validation Failed"));
        }
        let labels = params.get("labels").and_then(Value::as_array).cloned();
        let labels = labels.unwrap_or_default();
        let id = actor.promised.as_ref().and_then(|id| id.parse().ok());
        let issue = Issue {
            id: id.unwrap_or_else(|| self.ids.next()),
            number: self.next_number(),
            title: title.to_owned(),
            body,
            labels: labels
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            login: login(actor),
            created_ms: actor.now_ms,
            comments: Vec::new(),
        };
        let data = self.shown(&issue);
        let written = issue.id.to_string();
        self.issues.push(issue);
        Ok(Answer::wrote(written, data))
    }

    fn comment(&mut self, params: &Params, actor: &Actor) -> Said {
        let at = self.position(params)?;
        let body = text(params, "body").unwrap_or_default();
        if body.trim().is_empty() || body.chars().count() > BODY {
            return Err(refusal(422, "Validation Failed"));
        }
        let id = actor.promised.as_ref().and_then(|id| id.parse().ok());
        let comment = Comment {
            id: id.unwrap_or_else(|| self.ids.next()),
            body: body.to_owned(),
            login: login(actor),
            created_ms: actor.now_ms,
        };
        let data = self.shown_comment(&self.issues[at], &comment);
        let written = comment.id.to_string();
        self.issues[at].comments.push(comment);
        Ok(Answer::wrote(written, data))
    }
}

impl App for GitHub {
    const TOOLS: &'static [&'static str] = &[
        "github_issue_comment_create",
        "github_issue_comments_list",
        "github_issue_create",
        "github_issue_get",
        "github_issues_list",
        "github_user_get_authenticated",
    ];

    /// What makes content has a limit of its own, the secondary one: 80 in a minute.
    fn counted(tool: &str, _: &Params) -> Counted {
        if tool.ends_with("_create") {
            Counted::new(Whose::Person, "content", 80, MINUTE)
        } else {
            Counted::new(Whose::Person, "requests", 5000, 60 * MINUTE)
        }
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(403, "You have exceeded a secondary rate limit.").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        tool.ends_with("_create")
            .then(|| self.ids.next().to_string())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        if tool == "github_user_get_authenticated" {
            return Ok(Answer::read(
                json!({ "login": login(actor), "name": actor.name,
                "type": "User", "email": actor.email }),
            ));
        }
        self.repository(params)?;
        let (page, size) = (
            number(params, "page").unwrap_or(1),
            size(params, "per_page", PAGE, MOST),
        );
        match tool {
            "github_issue_create" => self.create(params, actor),
            "github_issue_comment_create" => self.comment(params, actor),
            "github_issue_get" => Ok(Answer::read(
                self.shown(&self.issues[self.position(params)?]),
            )),
            "github_issue_comments_list" => {
                let issue = &self.issues[self.position(params)?];
                let comments = page_of(&issue.comments, page, size);
                let shown = comments.iter().map(|it| self.shown_comment(issue, it));
                Ok(bare_list(shown.collect()))
            }
            _ => {
                // None of them is closed.
                let open = !matches!(text(params, "state"), Some("closed"));
                // The newest first, as where nothing else is asked for.
                let newest = self.issues.iter().rev().filter(|_| open).cloned();
                let newest: Vec<Issue> = newest.collect();
                let shown = page_of(&newest, page, size)
                    .iter()
                    .map(|it| self.shown(it))
                    .collect();
                Ok(bare_list(shown))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn an_issue_and_a_comment_are_made_and_listed() {
        let mut github = GitHub::new("org_acme", NOW);
        let place = json!({ "owner": "org-acme", "repo": "onboarding" });
        let with = |more: Value| {
            let mut all = place.clone();
            let members = more.as_object().cloned().unwrap_or_default();
            all.as_object_mut().expect("an object").extend(members);
            all
        };
        let made = taken(
            &mut github,
            "github_issue_create",
            &with(json!({ "title": "Two" })),
        );
        assert_eq!(
            (&made["title"], &made["state"]),
            (&json!("Two"), &json!("open"))
        );
        let listed = taken(
            &mut github,
            "github_issues_list",
            &with(json!({ "per_page": 1 })),
        );
        assert_eq!(listed["array"], json!([made]));
        let at = json!({ "issue_number": made["number"], "body": "Seen" });
        let comment = taken(
            &mut github,
            "github_issue_comment_create",
            &with(at.clone()),
        );
        let read = taken(&mut github, "github_issue_comments_list", &with(at));
        assert_eq!(read["array"], json!([comment]));
    }

    #[test]
    fn what_is_not_theirs_is_not_there_and_a_title_has_a_longest() {
        let mut github = GitHub::new("acme", NOW);
        let foreign = json!({ "owner": "globex", "repo": "onboarding", "title": "x" });
        assert_eq!(
            refused(&mut github, "github_issue_create", &foreign).status,
            404
        );
        let long = json!({ "owner": "acme", "repo": "onboarding", "title": "x".repeat(257) });
        assert_eq!(
            refused(&mut github, "github_issue_create", &long).status,
            422
        );
    }
}
