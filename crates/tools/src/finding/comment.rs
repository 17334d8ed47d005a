//! Finding a comment in Linear, by an id that was chosen before it was sent.

use std::time::Duration;

use async_trait::async_trait;

use super::{CallMark, Findable, Look, Sought};
use crate::linear_create_comment::{
    CommentInput, CommentResult, CommentWritten, LinearCreateComment,
};
use crate::linear_list_comments::{CommentsInput, LinearListComments};
use onbehalf_connector::CallFailure;

/// Pages of an issue's comments that are looked through, 250 each. An issue with more is not one
/// anybody reads; the look then cannot tell.
const COMMENT_PAGES: usize = 8;

#[async_trait(?Send)]
impl Findable for LinearCreateComment {
    // Linear reads its own writes.
    const VISIBLE_AFTER: Duration = Duration::ZERO;

    /// An id that the caller chose is as good as one of ours.
    fn marked(input: CommentInput, mark: &CallMark) -> CommentInput {
        let comment_id = input.comment_id.unwrap_or_else(|| mark.uuid.clone());
        CommentInput {
            comment_id: Some(comment_id),
            ..input
        }
    }

    async fn find(
        look: Look<'_>,
        sent: &CommentInput,
        _: &CallMark,
    ) -> Result<Sought<CommentWritten>, CallFailure> {
        let mut input = CommentsInput {
            first: 250,
            ..CommentsInput::of(&sent.issue_id)
        };
        for _ in 0..COMMENT_PAGES {
            let page = look.read::<LinearListComments>(&input).await?;
            let mut ids = page.comments.into_iter().map(|it| it.id);
            if let Some(id) = ids.find(|id| sent.comment_id.as_ref() == Some(id)) {
                return Ok(Sought::There(CommentWritten {
                    result: CommentResult::Created,
                    comment_id: Some(id),
                }));
            }
            match page.next {
                Some(next) => input.after = Some(next),
                None => return Ok(Sought::Absent),
            }
        }
        Ok(Sought::TooMuch)
    }
}
