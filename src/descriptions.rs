//! What this Worker says of itself, as it was written down when it was built (`build.rs`).

use std::borrow::Cow;

use onbehalf_http::openapi::Descriptions;

/// Its tools, its workflows and its API.
pub const DESCRIPTIONS: Descriptions = Descriptions {
    tools: Cow::Borrowed(include_str!(concat!(env!("OUT_DIR"), "/tools.json"))),
    workflows: Cow::Borrowed(include_str!(concat!(env!("OUT_DIR"), "/workflows.json"))),
    document: Cow::Borrowed(include_str!(concat!(env!("OUT_DIR"), "/openapi.json"))),
};
