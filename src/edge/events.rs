//! A run's events as they happen: server-sent events over a polled journal.

use std::rc::Rc;
use std::time::Duration;

use futures::stream;
use worker::{Headers, Response};

use super::clock::EdgeClock;
use onbehalf_clock::Clock;
use onbehalf_http::{Api, Subscription, events};

/// Pause between two looks at the journal.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// Looks of one connection: about four minutes. A client that wants more reconnects with
/// `Last-Event-ID`, as event sources do by themselves.
const LOOKS: u32 = 500;

struct Watch {
    api: Rc<Api>,
    subscription: Subscription,
    looks: u32,
    over: bool,
}

/// Streams a run's events until it ends.
///
/// # Errors
/// When the platform itself fails.
pub fn stream(api: Rc<Api>, subscription: Subscription) -> worker::Result<Response> {
    let watch = Watch {
        api,
        subscription,
        looks: 0,
        over: false,
    };
    let headers = Headers::new();
    for (name, value) in &watch.api.event_stream().headers {
        headers.append(name, value)?;
    }
    let chunks = stream::unfold(watch, |mut watch| async move {
        if watch.over || watch.looks >= LOOKS {
            return None;
        }
        let text = watch.look().await;
        Some((Ok::<_, worker::Error>(text.into_bytes()), watch))
    });
    Ok(Response::from_stream(chunks)?.with_headers(headers))
}

impl Watch {
    /// The next piece of the stream; a comment where nothing has happened, so that a connection
    /// that broke is noticed.
    async fn look(&mut self) -> String {
        if self.looks > 0 {
            EdgeClock.sleep(LOOK_AGAIN).await;
        }
        self.looks += 1;
        let of = &self.subscription;
        let backend = &self.api.backend;
        let Ok(found) = backend.run_events(&of.asker, &of.run_id, of.after).await else {
            return ": unavailable\n\n".to_owned();
        };
        let entries = found.unwrap_or_default();
        let Some(last) = entries.last() else {
            return ": waiting\n\n".to_owned();
        };
        self.subscription.after = last.seq;
        self.over = events::is_last(last);
        // More may be there than one page holds.
        self.looks = 0;
        events::server_sent(&entries)
    }
}
