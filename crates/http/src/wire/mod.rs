//! How requests are read and answers are written, whoever asks and whatever for.
//!
//! Owns requests and responses as plain values, headers, queries, JSON bodies and problem details,
//! each with its limits. Refuses to know what any of it is asked for.

pub mod json_body;
pub mod message;
pub mod problem;
pub mod query;
pub mod request_headers;
