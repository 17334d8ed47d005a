//! An answer that goes on: its pieces as they come.

use std::rc::Rc;

use futures::stream;
use worker::{Headers, Response};

use onbehalf_http::{Api, ApiResponse, Watch};

/// Streams the body as far as it is there, and then whatever the watch brings.
///
/// # Errors
/// When the platform itself fails.
pub fn stream(
    api: Rc<Api>,
    response: ApiResponse,
    watch: Watch,
    headers: Headers,
) -> worker::Result<Response> {
    let begun = (api, Some(response.body), watch);
    let pieces = stream::unfold(begun, |(api, first, mut watch)| async move {
        let piece = match first {
            Some(first) => first,
            None => api.next_piece(&mut watch).await?.into_bytes(),
        };
        Some((Ok::<_, worker::Error>(piece), (api, None, watch)))
    });
    let answer = Response::from_stream(pieces)?;
    Ok(answer.with_status(response.status).with_headers(headers))
}
