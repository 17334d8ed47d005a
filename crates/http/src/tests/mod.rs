//! Whole requests through the routes, against a scripted platform.

mod accounts;
mod any_request;
mod approval_page;
mod approvals;
mod browser_login;
mod catalogue;
mod connect_flow;
mod connections_and_tools;
mod console;
mod headers;
mod limits;
mod mcp;
mod offer;
mod own_page;
mod runs;
mod threads;
mod tool_calls;
mod webhooks;
mod workflows;
