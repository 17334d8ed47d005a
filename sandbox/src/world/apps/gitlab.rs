//! GitLab: one project of the company, with its issues and their notes.
//!
//! Shapes and limits from GitLab's documentation: "Issues API", "Notes API", "Users API", "REST API"
//! (pagination), "Rate limits on issue and epic creation", "Rate limits on note creation".

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, bare_list, number, page_of, size, text};
use crate::world::time::{DAY, iso};
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

/// The project's number, and its name behind the company's.
const PROJECT: u64 = 4711;
const PATH: &str = "onboarding";
/// Longest title, in characters.
const TITLE: usize = 255;
const PAGE: usize = 20;
const MOST: usize = 100;
const MINUTE: i64 = 60_000;

#[derive(Clone, Debug)]
struct Note {
    id: u64,
    body: String,
    author: String,
    created_ms: i64,
}

#[derive(Clone, Debug)]
struct Issue {
    id: u64,
    iid: u64,
    title: String,
    description: Option<String>,
    labels: Vec<String>,
    author: String,
    created_ms: i64,
    notes: Vec<Note>,
}

#[derive(Clone, Debug)]
pub(super) struct GitLab {
    group: String,
    issues: Vec<Issue>,
    ids: Numbers,
}

fn username(actor: &Actor) -> String {
    actor.email.split('@').next().unwrap_or_default().to_owned()
}

/// GitLab's errors are a status and a sentence that begins with it.
fn refusal(status: u16, message: &str) -> ToolFailure {
    ToolFailure::new(status, &status.to_string(), message)
}

impl GitLab {
    pub(super) fn new(company: &str, now_ms: i64) -> Self {
        let mut gitlab = Self {
            group: company.replace('_', "-"),
            issues: Vec::new(),
            ids: Numbers::after(70_000_000),
        };
        let id = gitlab.ids.next();
        gitlab.issues.push(Issue {
            id,
            iid: 1,
            title: "Prepare the staging environment".to_owned(),
            description: None,
            labels: vec!["onboarding".to_owned()],
            author: "milo".to_owned(),
            created_ms: now_ms - 5 * DAY,
            notes: Vec::new(),
        });
        gitlab
    }

    fn project(&self, params: &Params) -> Result<(), ToolFailure> {
        let named = text(params, "id").unwrap_or_default();
        let path = format!("{}%2F{PATH}", self.group);
        if named == PROJECT.to_string() || named.eq_ignore_ascii_case(&path) {
            return Ok(());
        }
        Err(refusal(404, "404 Project Not Found"))
    }

    fn position(&self, params: &Params) -> Result<usize, ToolFailure> {
        let asked = number(params, "issue_iid");
        let found = self.issues.iter().position(|it| Some(it.iid) == asked);
        found.ok_or_else(|| refusal(404, "404 Not found"))
    }

    fn shown(&self, issue: &Issue) -> Value {
        let page = format!(
            "https://gitlab.com/{}/{PATH}/-/issues/{}",
            self.group, issue.iid
        );
        json!({ "id": issue.id, "iid": issue.iid, "project_id": PROJECT, "title": issue.title,
            "description": issue.description, "state": "opened", "labels": issue.labels,
            "author": { "username": issue.author }, "assignees": [], "milestone": null,
            "due_date": null, "web_url": page, "user_notes_count": issue.notes.len(),
            "created_at": iso(issue.created_ms), "updated_at": iso(issue.created_ms),
            "closed_at": null })
    }

    fn create(&mut self, params: &Params, actor: &Actor) -> Said {
        let title = text(params, "title").unwrap_or_default();
        if title.trim().is_empty() || title.chars().count() > TITLE {
            return Err(refusal(400, "400 Bad request - title is too long or blank"));
        }
        let labels = text(params, "labels").unwrap_or_default();
        let id = actor.promised.as_ref().and_then(|id| id.parse().ok());
        let issue = Issue {
            id: id.unwrap_or_else(|| self.ids.next()),
            iid: self.issues.last().map_or(1, |it| it.iid + 1),
            title: title.to_owned(),
            description: text(params, "description").map(str::to_owned),
            labels: labels
                .split(',')
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect(),
            author: username(actor),
            created_ms: actor.now_ms,
            notes: Vec::new(),
        };
        let answer = Answer::wrote(issue.id.to_string(), self.shown(&issue));
        self.issues.push(issue);
        Ok(answer)
    }

    fn note(&mut self, params: &Params, actor: &Actor) -> Said {
        let at = self.position(params)?;
        let id = actor.promised.as_ref().and_then(|id| id.parse().ok());
        let note = Note {
            id: id.unwrap_or_else(|| self.ids.next()),
            body: text(params, "body").unwrap_or_default().to_owned(),
            author: username(actor),
            created_ms: actor.now_ms,
        };
        if note.body.trim().is_empty() {
            return Err(refusal(400, "400 Bad request - Note can't be blank"));
        }
        let answer = Answer::wrote(note.id.to_string(), shown_note(&self.issues[at], &note));
        self.issues[at].notes.push(note);
        Ok(answer)
    }
}

fn shown_note(issue: &Issue, note: &Note) -> Value {
    json!({ "id": note.id, "body": note.body, "author": { "username": note.author },
        "created_at": iso(note.created_ms), "updated_at": iso(note.created_ms), "system": false,
        "noteable_id": issue.id, "noteable_type": "Issue", "project_id": PROJECT,
        "noteable_iid": issue.iid, "resolvable": false, "internal": false })
}

impl App for GitLab {
    const TOOLS: &'static [&'static str] = &[
        "gitlab_current_user_get",
        "gitlab_issue_create",
        "gitlab_issue_note_create",
        "gitlab_issue_notes_list",
        "gitlab_issues_list",
    ];

    fn counted(tool: &str, _: &Params) -> Counted {
        if tool.ends_with("_create") {
            Counted::new(Whose::Person, tool, 300, MINUTE)
        } else {
            Counted::new(Whose::Person, "requests", 2000, MINUTE)
        }
    }

    fn too_many(seconds: u64) -> ToolFailure {
        let words = "This endpoint has been requested too many times. Try again later.";
        refusal(429, words).after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        tool.ends_with("_create")
            .then(|| self.ids.next().to_string())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        if tool == "gitlab_current_user_get" {
            return Ok(Answer::read(
                json!({ "username": username(actor), "name": actor.name,
                "state": "active", "email": actor.email }),
            ));
        }
        self.project(params)?;
        let (page, size) = (
            number(params, "page").unwrap_or(1),
            size(params, "per_page", PAGE, MOST),
        );
        match tool {
            "gitlab_issue_create" => self.create(params, actor),
            "gitlab_issue_note_create" => self.note(params, actor),
            "gitlab_issue_notes_list" => {
                let issue = &self.issues[self.position(params)?];
                let newest: Vec<Note> = issue.notes.iter().rev().cloned().collect();
                let shown = page_of(&newest, page, size);
                Ok(bare_list(
                    shown.iter().map(|it| shown_note(issue, it)).collect(),
                ))
            }
            _ => {
                let open = text(params, "state") != Some("closed");
                let sought = text(params, "search").unwrap_or_default().to_lowercase();
                let holds = |issue: &&Issue| {
                    let description = issue.description.as_deref().unwrap_or_default();
                    open && format!("{} {description}", issue.title)
                        .to_lowercase()
                        .contains(&sought)
                };
                let newest: Vec<Issue> = self.issues.iter().rev().filter(holds).cloned().collect();
                let shown = page_of(&newest, page, size);
                Ok(bare_list(shown.iter().map(|it| self.shown(it)).collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn an_issue_is_made_found_and_noted_upon() {
        let mut gitlab = GitLab::new("acme", NOW);
        let issue = json!({ "id": "acme%2Fonboarding", "title": "Move the data", "description": "by call-e1" });
        let made = taken(&mut gitlab, "gitlab_issue_create", &issue);
        let search = json!({ "id": "4711", "search": "call-e1" });
        let found = taken(&mut gitlab, "gitlab_issues_list", &search);
        assert_eq!(found["array"], json!([made]));
        let note = json!({ "id": "4711", "issue_iid": made["iid"], "body": "Done" });
        let noted = taken(&mut gitlab, "gitlab_issue_note_create", &note);
        let read = taken(&mut gitlab, "gitlab_issue_notes_list", &note);
        assert_eq!(read["array"], json!([noted]));
    }

    #[test]
    fn what_is_not_there_is_refused_in_words() {
        let mut gitlab = GitLab::new("acme", NOW);
        let foreign = json!({ "id": "globex%2Fonboarding", "title": "x" });
        let refusal = refused(&mut gitlab, "gitlab_issue_create", &foreign);
        assert_eq!(
            (refusal.status, refusal.message.as_str()),
            (404, "404 Project Not Found")
        );
    }
}
