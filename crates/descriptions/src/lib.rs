//! What the Worker says of itself, as text that was written down when it was built.
//!
//! Owns the moment: with every build, so that it is never another's. Refuses to know what is
//! described, and how; that is `onbehalf_http::openapi`. What describes runs on the machine that
//! builds, and nothing of it is in here.
//!
//! ```
//! assert!(onbehalf_descriptions::DOCUMENT.contains(r#""openapi":"3.1"#));
//! ```

/// The registered tools, as `GET /api/tools` answers them.
pub const TOOLS: &str = include_str!(concat!(env!("OUT_DIR"), "/tools.json"));
/// The hosted workflows, as `GET /api/workflows` answers them.
pub const WORKFLOWS: &str = include_str!(concat!(env!("OUT_DIR"), "/workflows.json"));
/// The OpenAPI document.
pub const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
