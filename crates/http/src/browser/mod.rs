//! What people ask for with a browser: signing in, connecting an app, deciding about
//! what waits for approval, and the pages they see.
//!
//! Owns cookies, the session, when it counts for the API, and where a browser may be sent. Answers
//! pages and redirects; refuses to know bearer tokens.

pub(crate) mod app;
pub mod approval;
pub mod connect;
pub mod connect_state;
pub mod cookie;
pub mod login;
pub mod navigation;
pub mod own_page;
pub mod pages;
pub mod return_to;
pub mod session;
