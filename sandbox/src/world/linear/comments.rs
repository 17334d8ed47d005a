//! Comments: written, read, deleted.

use serde_json::{Value, json};

use super::page::{Page, connection};
use super::{Failure, Linear, issue_page, person, refusal};
use crate::world::time::iso;
use crate::world::tool::Actor;

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// UUID, chosen by the client or by Linear.
    pub id: String,
    /// Position of its issue.
    pub(super) issue: usize,
    /// Markdown.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// Their address.
    email: String,
    /// When.
    pub created_ms: i64,
}

impl Linear {
    pub(super) fn create_comment(
        &mut self,
        id: Option<&str>,
        issue: &str,
        body: &str,
        actor: &Actor,
    ) -> Result<(String, Value), Failure> {
        let issue = self.issue(issue)?;
        let not_valid = |what: &str| {
            let words = format!("Argument Validation Error: {what}");
            refusal("INPUT_ERROR", words)
        };
        if body.is_empty() {
            return Err(not_valid("body should not be empty"));
        }
        let id = match id.or(actor.promised.as_deref()) {
            Some(id) if !is_uuid(id) => return Err(not_valid("id must be a UUID")),
            Some(id) => id.to_owned(),
            None => self.spend_id(),
        };
        if self.comments.iter().any(|comment| comment.id == id) {
            let words = format!("Entity Comment with id {id} already exists.");
            return Err(refusal("INPUT_ERROR", "conflict on insert of Comment").presented(words));
        }
        let comment = Comment {
            id: id.clone(),
            issue,
            body: body.to_owned(),
            author: actor.name.clone(),
            email: actor.email.clone(),
            created_ms: actor.now_ms,
        };
        let json = self.comment_json(&comment);
        self.comments.push(comment);
        self.issues[issue].issue.updated_ms = actor.now_ms;
        Ok((id, json))
    }

    /// An id that nothing else gets.
    pub(in crate::world) fn spend_id(&mut self) -> String {
        self.dice.uuid()
    }

    pub(super) fn comment(&self, id: &str) -> Result<&Comment, Failure> {
        let found = self.comments.iter().find(|comment| comment.id == id);
        found.ok_or_else(|| refusal("INPUT_ERROR", "Entity not found: Comment"))
    }

    /// Deletes a comment; only its author may.
    pub(super) fn delete_comment(&mut self, id: &str, actor: &Actor) -> Result<Value, Failure> {
        if self.comment(id)?.email != actor.email {
            return Err(refusal(
                "FORBIDDEN",
                "You don't have permission to delete it",
            ));
        }
        self.comments.retain(|comment| comment.id != id);
        Ok(
            json!({ "__typename": "DeletePayload", "success": true, "lastSyncId": 1, "entityId": id }),
        )
    }

    pub(super) fn comment_json(&self, comment: &Comment) -> Value {
        let issue = &self.issues[comment.issue];
        json!({ "__typename": "Comment", "id": comment.id, "body": comment.body,
            "createdAt": iso(comment.created_ms), "updatedAt": iso(comment.created_ms),
            "url": format!("{}#comment-{}", issue_page(&issue.identifier, issue.title()), comment.id),
            "user": person(&comment.author, &comment.email),
            "issue": { "__typename": "Issue", "id": issue.id, "identifier": issue.identifier } })
    }

    pub(super) fn comments_json(&self, issue: usize, page: Page) -> Value {
        let of = self.comments.iter().rev().filter(|it| it.issue == issue);
        let all: Vec<Value> = of.map(|it| self.comment_json(it)).collect();
        connection(all, page)
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
