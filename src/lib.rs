//! Onbehalf: agent workflows at the edge that act on each user's behalf.
//!
//! Four layers, one job each: [`identity`] answers who is calling, [`connector`] does things as
//! that user, [`workflow`] makes it survive, [`onboarding`] holds the business rules. All of them
//! compile and test natively; [`ports`] names the few things they need from the outside world, and
//! `edge` provides them on Cloudflare.

// The macro that forbids identities in tool inputs names this crate from inside it too.
extern crate self as onbehalf;

pub mod connector;
#[cfg(target_arch = "wasm32")]
mod edge;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod http;
pub mod identity;
pub mod onboarding;
pub mod ports;
mod refusal;
pub mod settings;
pub mod time;
pub mod tools;
pub mod workflow;

/// The doors: what the platform calls.
#[cfg(target_arch = "wasm32")]
mod doors {
    use worker::{Context, Env, Request, Response, ScheduleContext, ScheduledEvent, event};

    #[event(start)]
    fn start() {
        console_error_panic_hook::set_once();
    }

    #[event(fetch)]
    async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
        crate::edge::fetch(request, &env).await
    }

    #[event(scheduled)]
    async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
        crate::edge::scheduled(event.schedule(), &env).await;
    }
}
