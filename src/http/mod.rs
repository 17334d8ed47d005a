//! The routes: what callers and browsers ask for, and what they are answered.

pub mod backend;
mod cookie;
mod cursor;
mod events;
mod json_body;
mod message;
mod problem;
mod query;
mod request_headers;
mod return_to;
mod routes;
mod seal;
