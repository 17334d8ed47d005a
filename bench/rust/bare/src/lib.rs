//! The smallest Rust Worker: what the platform, the `worker` crate and wasm cost before a program
//! does anything.

use worker::{Context, Env, Request, Response, event};

#[event(fetch)]
async fn fetch(_: Request, _: Env, _: Context) -> worker::Result<Response> {
    Response::ok("{\"status\":\"ok\"}")
}
