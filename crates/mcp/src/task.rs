//! Tasks: what goes on after an answer, looked at by its name (extension
//! `io.modelcontextprotocol/tasks`).

use serde_json::{Value, json};

use crate::elicitation::UrlRequest;
use crate::reply::Outcome;

/// How soon a client should look again.
const POLL_MILLIS: u64 = 3_000;

/// Where a task stands.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskStatus {
    /// It goes on.
    Working,
    /// It waits for people who have to open these pages.
    InputRequired(Vec<UrlRequest>),
    /// It has ended, and this is what was asked for.
    Completed(Outcome),
    /// It was cancelled.
    Cancelled,
}

/// A task.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Its name.
    pub id: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// The same in plain words.
    pub words: Option<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

impl Task {
    /// The answer to a request that has become this task. It is kept before this is said.
    pub fn created(self) -> Outcome {
        // An answer that makes a task says where it stands and nothing that hangs on that.
        Outcome::of_kind("task", self.into_json(false))
    }

    /// The answer to a look.
    pub fn seen(self) -> Outcome {
        Outcome::of(self.into_json(true))
    }

    fn into_json(self, whole: bool) -> Value {
        let (status, member) = match self.status {
            TaskStatus::Working => ("working", None),
            TaskStatus::InputRequired(requests) => (
                "input_required",
                Some(("inputRequests", UrlRequest::by_name(&requests))),
            ),
            TaskStatus::Completed(outcome) => {
                let mut result = outcome.into_members();
                result.insert("resultType".to_owned(), "complete".into());
                ("completed", Some(("result", Value::Object(result))))
            }
            TaskStatus::Cancelled => ("cancelled", None),
        };
        let mut all = json!({
            "taskId": self.id,
            "status": status,
            "createdAt": self.created_at,
            "lastUpdatedAt": self.updated_at,
            "ttlMs": null,
            "pollIntervalMs": POLL_MILLIS,
        });
        if let Some(words) = self.words {
            all["statusMessage"] = words.into();
        }
        if let Some((name, value)) = member.filter(|_| whole) {
            all[name] = value;
        }
        all
    }
}
