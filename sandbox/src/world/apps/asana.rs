//! Asana: one workspace of the company with a project, its tasks and their comments.
//!
//! Shapes and limits from Asana's documentation: "Tasks", "Stories", "Search tasks in a workspace" (what
//! was just written may not be found for a minute), "Input/output options", "Rate limits".

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, text};
use crate::world::time::{DAY, date, iso, parse};
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const MINUTE: i64 = 60_000;
/// How long a search does not know what was just written.
const SEARCH_LAG: i64 = 10_000;
/// Most that a list answers without pages.
const MOST: usize = 1000;

#[derive(Clone, Debug)]
struct Story {
    gid: String,
    text: String,
    by: String,
    made_ms: i64,
}

#[derive(Clone, Debug)]
struct Task {
    gid: String,
    name: String,
    notes: String,
    assignee: Option<String>,
    due_on: Option<String>,
    made_ms: i64,
    stories: Vec<Story>,
}

#[derive(Clone, Debug)]
pub(super) struct Asana {
    workspace: String,
    project: String,
    name: String,
    tasks: Vec<Task>,
    ids: Numbers,
}

/// Asana's errors are sentences; the status says of what kind.
fn refusal(status: u16, message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(status, &status.to_string(), message)
}

fn unknown(what: &str, gid: &str) -> ToolFailure {
    refusal(404, format!("{what}: Unknown object: {gid}"))
}

impl Task {
    fn compact(&self) -> Value {
        json!({ "gid": self.gid, "name": self.name, "resource_type": "task",
            "resource_subtype": "default_task" })
    }

    /// What a list shows of it: more than the least only where that is asked for.
    fn shown(&self, params: &Params) -> Value {
        let mut shown = self.compact();
        let full = self.full();
        for field in text(params, "opt_fields")
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
        {
            if let Some(value) = full.get(field) {
                shown[field] = value.clone();
            }
        }
        shown
    }

    fn full(&self) -> Value {
        let mut shown = self.compact();
        let assignee = self.assignee.as_ref();
        let assignee = assignee.map(|name| json!({ "name": name, "resource_type": "user" }));
        let more = json!({ "notes": self.notes, "completed": false, "completed_at": null,
            "assignee": assignee, "due_on": self.due_on, "due_at": null, "start_on": null,
            "created_at": iso(self.made_ms), "modified_at": iso(self.made_ms), "followers": [],
            "tags": [], "parent": null, "num_likes": 0,
            "permalink_url": format!("https://app.asana.com/0/0/{}", self.gid) });
        if let (Some(shown), Some(more)) = (shown.as_object_mut(), more.as_object()) {
            shown.extend(more.clone());
        }
        shown
    }
}

impl Story {
    fn shown(&self) -> Value {
        json!({ "gid": self.gid, "resource_type": "story", "resource_subtype": "comment_added",
            "type": "comment", "text": self.text, "created_at": iso(self.made_ms),
            "created_by": { "name": self.by, "resource_type": "user" } })
    }
}

impl Asana {
    pub(super) fn new(company: &str, now_ms: i64) -> Self {
        let mut ids = Numbers::after(1_209_000_000_000_000);
        let mut fresh = || ids.next().to_string();
        let (workspace, project) = (fresh(), fresh());
        let task = Task {
            gid: fresh(),
            name: "Collect the customer's logins".to_owned(),
            notes: String::new(),
            assignee: None,
            due_on: Some(date(now_ms + 3 * DAY)),
            made_ms: now_ms - 4 * DAY,
            stories: Vec::new(),
        };
        Self {
            workspace,
            project,
            name: company.to_owned(),
            tasks: vec![task],
            ids,
        }
    }

    fn position(&self, params: &Params) -> Result<usize, ToolFailure> {
        let gid = text(params, "task_gid").unwrap_or_default();
        let found = self.tasks.iter().position(|it| it.gid == gid);
        found.ok_or_else(|| unknown("task", gid))
    }

    fn workspace(&self, params: &Params) -> Result<(), ToolFailure> {
        match text(params, "workspace_gid") {
            Some(gid) if gid != self.workspace => Err(unknown("workspace", gid)),
            _ => Ok(()),
        }
    }

    fn create(&mut self, params: &Params, actor: &Actor) -> Said {
        self.workspace(params)?;
        let projects = text(params, "projects");
        if let Some(stray) = projects.filter(|gid| *gid != self.project) {
            return Err(unknown("projects", stray));
        }
        if projects.is_none() && text(params, "workspace_gid").is_none() {
            return Err(refusal(
                400,
                "You should specify one of workspace, parent, projects",
            ));
        }
        if text(params, "due_on").is_some_and(|day| day.len() != 10 || parse(day).is_none()) {
            return Err(refusal(400, "due_on: Not a valid date format"));
        }
        let assigned = text(params, "assignee").map(|_| actor.name.clone());
        let task = Task {
            gid: actor
                .promised
                .clone()
                .unwrap_or_else(|| self.ids.next().to_string()),
            name: text(params, "name").unwrap_or_default().to_owned(),
            notes: text(params, "notes").unwrap_or_default().to_owned(),
            assignee: assigned,
            due_on: text(params, "due_on").map(str::to_owned),
            made_ms: actor.now_ms,
            stories: Vec::new(),
        };
        let answer = Answer::wrote(task.gid.clone(), json!({ "data": task.full() }));
        self.tasks.push(task);
        Ok(answer)
    }

    fn comment(&mut self, params: &Params, actor: &Actor) -> Said {
        let at = self.position(params)?;
        let story = Story {
            gid: actor
                .promised
                .clone()
                .unwrap_or_else(|| self.ids.next().to_string()),
            text: text(params, "text").unwrap_or_default().to_owned(),
            by: actor.name.clone(),
            made_ms: actor.now_ms,
        };
        let answer = Answer::wrote(story.gid.clone(), json!({ "data": story.shown() }));
        self.tasks[at].stories.push(story);
        Ok(answer)
    }

    fn listed<'a>(&self, tasks: impl Iterator<Item = &'a Task>, params: &Params) -> Answer {
        let shown: Vec<Value> = tasks.take(MOST).map(|it| it.shown(params)).collect();
        Answer::read(json!({ "data": shown, "next_page": null }))
    }
}

impl App for Asana {
    const TOOLS: &'static [&'static str] = &[
        "asana_me_get",
        "asana_project_tasks_list",
        "asana_projects_list",
        "asana_story_create",
        "asana_task_create",
        "asana_task_get",
        "asana_task_search",
        "asana_task_stories_list",
        "asana_workspaces_list",
    ];

    /// 1,500 a minute for a paid workspace; searches 60.
    fn counted(tool: &str, _: &Params) -> Counted {
        match tool {
            "asana_task_search" => Counted::new(Whose::Person, "search", 60, MINUTE),
            _ => Counted::new(Whose::Person, "requests", 1500, MINUTE),
        }
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(429, "You have made too many requests recently.").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        tool.ends_with("_create")
            .then(|| self.ids.next().to_string())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        let named = |gid: &str, name: &str, kind: &str| json!({ "gid": gid, "name": name, "resource_type": kind });
        match tool {
            "asana_me_get" => Ok(Answer::read(json!({ "data": { "name": actor.name,
                "email": actor.email, "resource_type": "user",
                "workspaces": [named(&self.workspace, &self.name, "workspace")] } }))),
            "asana_workspaces_list" => {
                let all = [named(&self.workspace, &self.name, "workspace")];
                Ok(Answer::read(json!({ "data": all, "next_page": null })))
            }
            "asana_projects_list" => {
                self.workspace(params)?;
                let all = [named(&self.project, "Onboarding", "project")];
                Ok(Answer::read(json!({ "data": all, "next_page": null })))
            }
            "asana_project_tasks_list" => {
                let gid = text(params, "project_gid").unwrap_or_default();
                if gid != self.project {
                    return Err(unknown("project", gid));
                }
                Ok(self.listed(self.tasks.iter(), params))
            }
            "asana_task_search" => {
                self.workspace(params)?;
                let words = text(params, "text").unwrap_or_default().to_lowercase();
                let found = self.tasks.iter().filter(|it| {
                    let known = it.made_ms + SEARCH_LAG <= actor.now_ms;
                    known
                        && format!("{} {}", it.name, it.notes)
                            .to_lowercase()
                            .contains(&words)
                });
                Ok(self.listed(found, params))
            }
            "asana_task_get" => {
                let task = &self.tasks[self.position(params)?];
                Ok(Answer::read(json!({ "data": task.full() })))
            }
            "asana_task_stories_list" => {
                let task = &self.tasks[self.position(params)?];
                let shown: Vec<Value> = task.stories.iter().map(Story::shown).collect();
                Ok(Answer::read(json!({ "data": shown, "next_page": null })))
            }
            "asana_story_create" => self.comment(params, actor),
            _ => self.create(params, actor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    fn places(asana: &mut Asana) -> (Value, Value) {
        let workspace = taken(asana, "asana_workspaces_list", &json!({}))["data"][0]["gid"].clone();
        let project = taken(asana, "asana_projects_list", &json!({}))["data"][0]["gid"].clone();
        (workspace, project)
    }

    #[test]
    fn a_task_is_made_and_listed_at_once_but_searched_for_in_vain_for_a_while() {
        let mut asana = Asana::new("acme", NOW);
        let (workspace, project) = places(&mut asana);
        let task = json!({ "name": "Call", "notes": "call-e1", "projects": project });
        let made = taken(&mut asana, "asana_task_create", &task)["data"].clone();
        let list = json!({ "project_gid": project, "opt_fields": "notes" });
        let listed = taken(&mut asana, "asana_project_tasks_list", &list);
        assert_eq!(listed["data"][1]["notes"], "call-e1");
        assert!(
            listed["data"][1].get("due_on").is_none(),
            "nobody asked for it"
        );
        let search = json!({ "workspace_gid": workspace, "text": "call-e1" });
        assert_eq!(
            taken(&mut asana, "asana_task_search", &search)["data"],
            json!([])
        );
        let story = json!({ "task_gid": made["gid"], "text": "On it" });
        let told = taken(&mut asana, "asana_story_create", &story)["data"].clone();
        assert_eq!(
            taken(&mut asana, "asana_task_stories_list", &story)["data"],
            json!([told])
        );
    }

    #[test]
    fn a_task_needs_a_place_and_a_day_that_is_one() {
        let mut asana = Asana::new("acme", NOW);
        assert_eq!(
            refused(&mut asana, "asana_task_create", &json!({ "name": "x" })).status,
            400
        );
        let (_, project) = places(&mut asana);
        let task = json!({ "name": "x", "projects": project, "due_on": "tomorrow" });
        assert_eq!(refused(&mut asana, "asana_task_create", &task).status, 400);
    }
}
