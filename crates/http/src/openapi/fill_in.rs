//! What a deployment adds to the document of its build: where it is reached, how its cookie is
//! called, which apps can be connected.
//!
//! Owns these three places. Everything else in the document is the same for all deployments.

use serde_json::{Value, json};
use url::Url;

use crate::browser::cookie::{Cookie, is_secure};
use onbehalf_connector::Connectors;

/// The parameter that names an app, wherever a path has it.
pub(super) const CONNECTOR: &str = "connector";

/// The document of the service at `public_url`, where these apps can be connected.
///
/// # Errors
/// When `document` is not JSON.
pub fn fill_in(
    document: &str,
    public_url: &Url,
    connectors: &Connectors,
) -> Result<Value, serde_json::Error> {
    let mut document: Value = serde_json::from_slice(document.as_bytes())?;
    document["servers"] = json!([{ "url": public_url.as_str().trim_end_matches('/') }]);
    let cookie = Cookie::Session.name(is_secure(public_url));
    document["components"]["securitySchemes"]["session"]["name"] = cookie.into();
    let names: Vec<_> = connectors.all().map(String::from).collect();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, operation) in paths.flat_map(|(_, path)| path.as_object_mut().into_iter().flatten()) {
        let parameters = operation.get_mut("parameters");
        let parameters = parameters.and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            if parameter["in"] == "path" && parameter["name"] == CONNECTOR {
                parameter["schema"]["enum"] = json!(names);
            }
        }
    }
    Ok(document)
}
