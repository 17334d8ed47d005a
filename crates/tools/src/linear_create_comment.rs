//! `linear-create-comment`: says it where the work is done.
//!
//! With an id chosen by the caller (a UUID v4) a second try cannot write a second comment: Linear
//! refuses it, and that refusal is this tool's `already_exists`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallFailure, CallKind, Connector};

use super::input::InputError;
use super::json::text;
use super::linear_graphql::field;
use super::tool::{OutputError, Tool};

const MAX_BODY_CHARS: usize = 65_536;
const MAX_ID_CHARS: usize = 64;
const MUTATION: &str = "mutation Comment($input: CommentCreateInput!) { \
    commentCreate(input: $input) { success comment { id } } }";

crate::tool_input! {
    /// The comment.
    pub struct CommentInput {
        /// Linear's id of the issue.
        pub issue_id: String,
        /// Markdown.
        pub body: String,
        /// A UUID v4 for the comment, so that it cannot be written twice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub comment_id: Option<String>,
    }
}

/// The comment is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CommentWritten {
    /// Whether by this call.
    pub result: CommentResult,
    /// Linear's id of it; absent when neither side named one.
    pub comment_id: Option<String>,
}

/// Who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommentResult {
    /// This call.
    Created,
    /// An earlier call with the same id.
    AlreadyExists,
}

/// See the module.
pub struct LinearCreateComment;

impl Tool for LinearCreateComment {
    const ID: &'static str = "linear-create-comment";
    const DESCRIPTION: &'static str = "Adds a comment to a Linear issue.";
    const CONNECTOR: Connector = Connector::LINEAR;
    const SCALEKIT_NAME: &'static str = "linear_comment_create";
    const KIND: CallKind = CallKind::Write;
    type Input = CommentInput;
    type Output = CommentWritten;

    /// `linear_comment_create` takes no id; the mutation does.
    fn scalekit_name(input: &CommentInput) -> &'static str {
        if input.comment_id.is_some() {
            "linear_graphql_query"
        } else {
            Self::SCALEKIT_NAME
        }
    }

    fn params(input: &CommentInput) -> Result<Value, InputError> {
        InputError::text("issue_id", &input.issue_id, MAX_ID_CHARS)?;
        InputError::text("body", &input.body, MAX_BODY_CHARS)?;
        let Some(id) = &input.comment_id else {
            return Ok(json!({"issueId": input.issue_id, "body": input.body}));
        };
        if !is_uuid_v4(id) {
            return Err(InputError::new("comment_id", "must be a UUID v4"));
        }
        let comment = json!({"id": id, "issueId": input.issue_id, "body": input.body});
        Ok(json!({"query": MUTATION, "variables": {"input": comment}}))
    }

    fn output(
        data: &Value,
        input: &CommentInput,
        _: Timestamp,
    ) -> Result<CommentWritten, OutputError> {
        let result = match field(data, "commentCreate", Self::KIND) {
            // Without an id of ours the tool may answer with the bare comment.
            Err(OutputError::Malformed(_)) if input.comment_id.is_none() => data,
            other => other?,
        };
        if result.get("success").and_then(Value::as_bool) == Some(false) {
            return Err(OutputError::Malformed("success"));
        }
        let comment = result.get("comment").unwrap_or(result);
        let id = text(comment, "id").ok_or(OutputError::Malformed("comment id"))?;
        Ok(CommentWritten {
            result: CommentResult::Created,
            comment_id: Some(id),
        })
    }

    /// A refusal because the id is taken means that an earlier try has landed.
    fn settled(failure: CallFailure, input: &CommentInput) -> Result<CommentWritten, CallFailure> {
        let says_so = |message: &str| {
            let message = message.to_ascii_lowercase();
            let words = ["already exists", "conflict on insert"];
            words.iter().any(|word| message.contains(word))
        };
        let taken = match &failure {
            CallFailure::Upstream { code, message } => code == "CONFLICT" || says_so(message),
            // The same words, where they come as a refusal of Scalekit's.
            CallFailure::InvalidInput { violations } => {
                violations.iter().any(|it| says_so(&it.description))
            }
            _ => false,
        };
        match &input.comment_id {
            Some(id) if taken => Ok(CommentWritten {
                result: CommentResult::AlreadyExists,
                comment_id: Some(id.clone()),
            }),
            _ => Err(failure),
        }
    }
}

/// RFC 9562: 8-4-4-4-12 hexadecimal digits, version 4, variant 10.
fn is_uuid_v4(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => *byte == b'4',
            19 => b"89abAB".contains(byte),
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{outcome_of, outcome_of_answer, success_of};
    use onbehalf_connector::testkit::status;

    const ID: &str = "2f0a8f5e-6f3c-4b1e-9d2a-0c1b2a3d4e5f";

    fn input(id: Option<&str>) -> CommentInput {
        CommentInput {
            issue_id: "i1".into(),
            body: "Stalled".into(),
            comment_id: id.map(Into::into),
        }
    }

    #[tokio::test]
    async fn with_an_id_the_mutation_is_sent() {
        let answer = json!({"data": {"commentCreate": {"success": true, "comment": {"id": ID}}}});
        let (sent, output) = success_of::<LinearCreateComment>(&input(Some(ID)), &answer).await;
        assert_eq!(sent["tool_name"], "linear_graphql_query");
        let expected = json!({"id": ID, "issueId": "i1", "body": "Stalled"});
        assert_eq!(sent["params"]["variables"]["input"], expected);
        assert_eq!(output.result, CommentResult::Created);
    }

    #[tokio::test]
    async fn without_one_the_plain_tool_is_used() {
        let comment = json!({"id": "c9"});
        for answer in [
            json!({"commentCreate": {"success": true, "comment": comment}}),
            json!({"comment": comment}),
            comment.clone(),
        ] {
            let (sent, output) = success_of::<LinearCreateComment>(&input(None), &answer).await;
            assert_eq!(sent["tool_name"], "linear_comment_create");
            assert_eq!(sent["params"], json!({"issueId": "i1", "body": "Stalled"}));
            assert_eq!(output.comment_id.as_deref(), Some("c9"));
        }
    }

    #[tokio::test]
    async fn a_taken_id_is_the_comment_from_before() {
        let error =
            json!({"message": "Entity already exists", "extensions": {"code": "INVALID_INPUT"}});
        let in_a_200 = json!({"errors": [error], "data": null});
        let outcome = outcome_of::<LinearCreateComment>(&input(Some(ID)), &in_a_200).await;
        let expected = CommentWritten {
            result: CommentResult::AlreadyExists,
            comment_id: Some(ID.to_owned()),
        };
        assert_eq!(outcome.success(), Some(expected.clone()));
        let as_tool_error = json!({"code": 3, "details": [{"error_code": "TOOL_ERROR",
            "tool_error_info": {"tool_error_code": "INVALID_INPUT",
                                "tool_error_message": "comment already exists"}}]});
        let answer = status(400, &as_tool_error);
        let outcome = outcome_of_answer::<LinearCreateComment>(&input(Some(ID)), answer).await;
        assert_eq!(outcome.success(), Some(expected));
    }

    #[tokio::test]
    async fn an_unclear_answer_stays_open() {
        for answer in [
            json!({"data": {"commentCreate": {"success": false}}}),
            json!({"data": {}}),
            json!({}),
            json!({"errors": [{"message": "Internal error"}]}),
        ] {
            let outcome = outcome_of::<LinearCreateComment>(&input(Some(ID)), &answer).await;
            assert!(outcome.is_outcome_unknown(), "{answer}");
        }
    }

    #[test]
    fn only_a_uuid_v4_is_taken_for_an_id() {
        assert!(is_uuid_v4(ID));
        for bad in [
            "",
            "x",
            &ID.replace("4b1e", "1b1e"),
            &ID.replace("9d2a", "cd2a"),
            &ID[1..],
        ] {
            let refused = LinearCreateComment::params(&input(Some(bad)));
            assert_eq!(refused.expect_err(bad).field, "comment_id");
        }
    }
}
