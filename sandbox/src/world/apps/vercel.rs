//! Vercel: one project of the company, with its environment variables.
//!
//! Shapes and limits from Vercel's documentation: "REST API: Projects", "Create one or more environment
//! variables" (a second one of a name for a target is refused), "Retrieve the environment variables of a
//! project", "Rate limits", "Errors".

use serde_json::{Value, json};

use super::{App, Counted, Numbers, Said, Whose, number, size, text};
use crate::world::time::DAY;
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const PAGE: usize = 20;
const MOST: usize = 100;
const MINUTE: i64 = 60_000;
const TARGETS: [&str; 3] = ["production", "preview", "development"];
/// Longest value, in bytes: 64 KB.
const VALUE: usize = 64 * 1024;

#[derive(Clone, Debug)]
struct Variable {
    id: String,
    key: String,
    kind: String,
    targets: Vec<String>,
    by: String,
    made_ms: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Vercel {
    project: String,
    made_ms: i64,
    variables: Vec<Variable>,
    ids: Numbers,
}

fn refusal(status: u16, code: &str, message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(status, code, message)
}

impl Variable {
    /// As it is listed. Its value is encrypted, and this world keeps none.
    fn shown(&self) -> Value {
        json!({ "id": self.id, "key": self.key, "value": "", "type": self.kind, "target": self.targets,
            "gitBranch": null, "createdBy": self.by, "updatedBy": null, "createdAt": self.made_ms,
            "updatedAt": self.made_ms, "decrypted": false })
    }
}

impl Vercel {
    pub(super) fn new(company: &str, now_ms: i64) -> Self {
        Self {
            project: format!("{}-portal", company.replace('_', "-")),
            made_ms: now_ms - 90 * DAY,
            variables: Vec::new(),
            ids: Numbers::after(0x00E5_0000),
        }
    }

    fn fresh(&mut self) -> String {
        format!("env{:013x}", self.ids.next())
    }

    fn id(&self) -> String {
        format!("prj_{}", self.project.replace('-', ""))
    }

    fn named(&self, params: &Params) -> Result<(), ToolFailure> {
        let name = text(params, "id_or_name").unwrap_or_default();
        if name == self.project || name == self.id() {
            return Ok(());
        }
        Err(refusal(404, "not_found", "Project not found."))
    }

    fn shown(&self) -> Value {
        json!({ "id": self.id(), "name": self.project, "framework": "nextjs", "nodeVersion": "22.x",
            "createdAt": self.made_ms, "updatedAt": self.made_ms, "live": false })
    }

    fn create(&mut self, params: &Params, actor: &Actor) -> Said {
        let key = text(params, "key").unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let value = text(params, "value").unwrap_or_default();
        if !key.chars().all(plain)
            || key.starts_with(|c: char| c.is_ascii_digit())
            || value.len() > VALUE
        {
            return Err(refusal(
                400,
                "bad_request",
                "Invalid request: `key` or `value` is not valid.",
            ));
        }
        let targets: Vec<String> = match text(params, "target") {
            None => TARGETS.map(str::to_owned).to_vec(),
            Some(list) => serde_json::from_str(list).map_err(|_| {
                refusal(
                    400,
                    "bad_request",
                    "Invalid request: `target` should be an array.",
                )
            })?,
        };
        if targets.iter().any(|it| !TARGETS.contains(&it.as_str())) {
            return Err(refusal(
                400,
                "bad_request",
                "Invalid request: `target` is not valid.",
            ));
        }
        let taken =
            |it: &Variable| it.key == key && it.targets.iter().any(|at| targets.contains(at));
        if self.variables.iter().any(taken) {
            let words = format!("A variable with the name `{key}` already exists for the target.");
            return Err(refusal(403, "ENV_CONFLICT", words));
        }
        let variable = Variable {
            id: actor.promised.clone().unwrap_or_else(|| self.fresh()),
            key: key.to_owned(),
            kind: text(params, "type").unwrap_or("plain").to_owned(),
            targets,
            by: actor.name.clone(),
            made_ms: actor.now_ms,
        };
        let data = json!({ "created": variable.shown(), "failed": [] });
        let answer = Answer::wrote(variable.id.clone(), data);
        self.variables.push(variable);
        Ok(answer)
    }
}

impl App for Vercel {
    const TOOLS: &'static [&'static str] = &[
        "vercel_env_var_create",
        "vercel_env_vars_list",
        "vercel_project_get",
        "vercel_projects_list",
        "vercel_user_get",
    ];

    fn counted(tool: &str, _: &Params) -> Counted {
        match tool {
            "vercel_env_var_create" => Counted::new(Whose::Company, "variables", 120, MINUTE),
            _ => Counted::new(Whose::Person, "requests", 500, MINUTE),
        }
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(429, "rate_limited", "Rate limit exceeded.").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        (tool == "vercel_env_var_create").then(|| self.fresh())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        match tool {
            "vercel_user_get" => Ok(Answer::read(json!({ "user": { "name": actor.name,
                "email": actor.email, "username": actor.email.split('@').next() } }))),
            "vercel_projects_list" => {
                let sought = text(params, "search").unwrap_or_default();
                let until = number(params, "from").and_then(|it| i64::try_from(it).ok());
                let within =
                    self.project.contains(sought) && until.is_none_or(|it| self.made_ms < it);
                let found: Vec<Value> = within.then(|| self.shown()).into_iter().collect();
                let shown = &found[..found.len().min(size(params, "limit", PAGE, MOST))];
                Ok(Answer::read(json!({ "projects": shown, "pagination": {
                    "count": shown.len(), "next": null, "prev": null } })))
            }
            _ => {
                self.named(params)?;
                match tool {
                    "vercel_env_var_create" => self.create(params, actor),
                    "vercel_project_get" => Ok(Answer::read(self.shown())),
                    _ => {
                        let all: Vec<Value> = self.variables.iter().map(Variable::shown).collect();
                        Ok(Answer::read(json!({ "envs": all })))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn a_variable_is_made_once_for_each_target() {
        let mut vercel = Vercel::new("acme", NOW);
        let variable = json!({ "id_or_name": "acme-portal", "key": "REGION", "value": "fra1",
            "target": "[\"preview\"]" });
        let made = taken(&mut vercel, "vercel_env_var_create", &variable)["created"].clone();
        let listed = taken(
            &mut vercel,
            "vercel_env_vars_list",
            &json!({ "id_or_name": "acme-portal" }),
        );
        assert_eq!(listed["envs"], json!([made]));
        assert_eq!(
            refused(&mut vercel, "vercel_env_var_create", &variable).code,
            "ENV_CONFLICT"
        );
        let elsewhere = json!({ "id_or_name": "acme-portal", "key": "REGION", "value": "fra1",
            "target": "[\"production\"]" });
        taken(&mut vercel, "vercel_env_var_create", &elsewhere);
    }

    #[test]
    fn another_project_is_not_found() {
        let mut vercel = Vercel::new("acme", NOW);
        let foreign = json!({ "id_or_name": "globex-portal", "key": "A", "value": "b" });
        assert_eq!(
            refused(&mut vercel, "vercel_env_var_create", &foreign).code,
            "not_found"
        );
        let found = taken(
            &mut vercel,
            "vercel_projects_list",
            &json!({ "search": "acme" }),
        );
        assert_eq!(found["pagination"]["count"], 1);
    }
}
