//! Onbehalf: agent workflows at the edge that act on each user's behalf.
//!
//! This crate is the Worker: the doors, and what touches the platform. What it does is decided in
//! the crates below it, each of which compiles and is tested natively: who is calling
//! ([`onbehalf_identity`]), doing things as that user ([`onbehalf_connector`], [`onbehalf_tools`]),
//! surviving ([`onbehalf_engine`]), what callers may ask for ([`onbehalf_runs`],
//! [`onbehalf_http`]), and the business rules ([`onbehalf_agents`]).

pub mod descriptions;
#[cfg(target_arch = "wasm32")]
mod edge;
pub mod rules;
pub mod settings;

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

/// The README's blocks of code, compiled and run as they stand there.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
