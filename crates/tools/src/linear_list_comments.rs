//! `linear-list-comments`: was this comment written already?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallKind, Connector};

use super::input::InputError;
use super::json::{moment, text};
use super::linear_graphql::{field, page};
use super::tool::{OutputError, Tool};

/// Linear's own bound for one page.
const MAX_FIRST: u32 = 250;
const MAX_ID_CHARS: usize = 64;

crate::tool_input! {
    /// Whose comments.
    pub struct CommentsInput {
        /// Linear's id of the issue.
        pub issue_id: String,
        /// How many at most, 1 to 250.
        #[serde(default = "hundred")]
        pub first: u32,
        /// Cursor of the page before (`next`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after: Option<String>,
    }
}

fn hundred() -> u32 {
    100
}

impl CommentsInput {
    /// The first page of an issue's comments.
    pub fn of(issue_id: impl Into<String>) -> Self {
        Self {
            issue_id: issue_id.into(),
            first: hundred(),
            after: None,
        }
    }
}

/// One page of comments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comments {
    /// In Linear's order.
    pub comments: Vec<Comment>,
    /// Cursor for `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A comment on an issue. Who wrote it is left out on purpose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// Linear's id, or the one its writer chose.
    pub id: String,
    /// Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: Option<Timestamp>,
}

/// See the module.
pub struct LinearListComments;

impl Tool for LinearListComments {
    const ID: &'static str = "linear-list-comments";
    const DESCRIPTION: &'static str = "Lists the comments on a Linear issue.";
    const CONNECTOR: Connector = Connector::LINEAR;
    const SCALEKIT_NAME: &'static str = "linear_comments_list";
    const KIND: CallKind = CallKind::Read;
    type Input = CommentsInput;
    type Output = Comments;

    fn params(input: &CommentsInput) -> Result<Value, InputError> {
        InputError::text("issue_id", &input.issue_id, MAX_ID_CHARS)?;
        InputError::within("first", input.first, MAX_FIRST)?;
        let mut params = json!({"issueId": input.issue_id, "first": input.first});
        if let Some(after) = &input.after {
            params["after"] = json!(after);
        }
        Ok(params)
    }

    fn output(data: &Value, _: &CommentsInput, _: Timestamp) -> Result<Comments, OutputError> {
        // The contract does not say whether the comments stand in their issue.
        let comments = match field(data, "issue", Self::KIND) {
            Ok(issue) => issue
                .get("comments")
                .ok_or(OutputError::Malformed("comments"))?,
            Err(OutputError::Malformed(_)) => field(data, "comments", Self::KIND)?,
            Err(failed) => return Err(failed),
        };
        let (nodes, next) = page(comments)?;
        let comments = nodes.iter().map(comment).collect::<Option<Vec<_>>>();
        Ok(Comments {
            comments: comments.ok_or(OutputError::Malformed("comment id"))?,
            next,
        })
    }
}

fn comment(node: &Value) -> Option<Comment> {
    Some(Comment {
        id: text(node, "id")?,
        body: text(node, "body").unwrap_or_default(),
        created_at: moment(node, "createdAt"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::success_of;

    #[tokio::test]
    async fn comments_are_read_wherever_they_stand() {
        let comments = json!({"nodes": [{"id": "c1", "body": "ref-1", "user": {"id": "u"}}],
                              "pageInfo": {"hasNextPage": false, "endCursor": "c1"}});
        for answer in [
            json!({"data": {"issue": {"comments": comments}}}),
            json!({"issue": {"comments": comments}}),
            json!({"comments": comments}),
            json!({"data": {"comments": comments}}),
        ] {
            let (sent, output) =
                success_of::<LinearListComments>(&CommentsInput::of("i1"), &answer).await;
            assert_eq!(sent["params"], json!({"issueId": "i1", "first": 100}));
            assert_eq!(
                (output.comments[0].body.as_str(), output.next),
                ("ref-1", None)
            );
        }
    }
}
