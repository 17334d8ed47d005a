//! What this Worker says of itself, as it was written down when it was built.

use std::borrow::Cow;

use onbehalf_http::openapi::Descriptions;
use onbehalf_models::ToolOffer;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Its tools, its workflows and its API.
pub const DESCRIPTIONS: Descriptions = Descriptions {
    tools: Cow::Borrowed(written::TOOLS),
    workflows: Cow::Borrowed(written::WORKFLOWS),
    document: Cow::Borrowed(written::DOCUMENT),
};

#[cfg(feature = "described")]
use onbehalf_descriptions as written;

/// As they were written down before: a change is up sooner when nobody waits for them.
#[cfg(not(feature = "described"))]
mod written {
    pub const TOOLS: &str = include_str!(concat!(env!("ONBEHALF_DESCRIPTIONS"), "/tools.json"));
    pub const WORKFLOWS: &str =
        include_str!(concat!(env!("ONBEHALF_DESCRIPTIONS"), "/workflows.json"));
    pub const DOCUMENT: &str =
        include_str!(concat!(env!("ONBEHALF_DESCRIPTIONS"), "/openapi.json"));
}

#[derive(Deserialize)]
struct Tools {
    tools: Vec<Tool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tool {
    id: String,
    description: String,
    input_schema: Box<RawValue>,
}

/// What its tools take, as a model is told.
///
/// # Errors
/// When what was written down cannot be read: a defect of the build.
pub fn offers() -> Result<Vec<ToolOffer>, serde_json::Error> {
    let written: Tools = serde_json::from_str(&DESCRIPTIONS.tools)?;
    let offers = written.tools.into_iter().map(|tool| ToolOffer {
        name: tool.id,
        description: tool.description,
        input_schema: tool.input_schema,
    });
    Ok(offers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_tools::Registry;

    #[test]
    fn every_tool_of_this_service_is_offered_to_models_under_a_name_that_providers_take() {
        let tools = Registry::standard().expect("tools");
        let known: Vec<_> = tools.iter().map(|it| it.id()).collect();
        let offers = offers().expect("what was written down");
        let names: Vec<_> = offers.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, known);
        let plain = |it: u8| it.is_ascii_alphanumeric() || b"_-".contains(&it);
        for offer in &offers {
            assert!(offer.name.len() <= 64 && offer.name.bytes().all(plain));
            let schema: serde_json::Value =
                serde_json::from_str(offer.input_schema.get()).expect("a schema");
            assert_eq!(schema["type"], "object", "{}", offer.name);
        }
    }
}
