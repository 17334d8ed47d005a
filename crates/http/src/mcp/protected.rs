//! How a client without a token finds who gives it one, and what this endpoint is called.
//!
//! Owns the two documents of RFC 9728, one for the endpoint and one for the whole service, and what a
//! refusal of the endpoint says beside its reason.

use super::PATH;
use crate::service::Api;
use crate::wire::message::ApiResponse;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_mcp::{ProtectedResource, challenge};

/// Where the documents are (RFC 9728 section 3.1: a resource's path comes behind this).
pub const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";
/// What a client asks an issuer for: who the user is, and nothing that this service would do more for.
const SCOPE: &str = "openid";
const CHALLENGE: &str = "www-authenticate";

impl Api {
    /// The document of the resource at this path.
    pub(crate) fn protected_resource(&self, path: &str) -> ApiResponse {
        let document = ProtectedResource {
            resource: &self.settings.url(path),
            issuers: &self.sign_in.issuers(),
            scope: SCOPE,
            name: "Onbehalf",
        };
        ApiResponse::json(200, &document.json())
    }

    /// A refusal of the endpoint, with the way to a token that it would take.
    pub(crate) fn with_challenge(&self, problem: Problem) -> Problem {
        let metadata = self.settings.url(&format!("{METADATA_PATH}{PATH}"));
        match problem.kind() {
            ProblemType::Unauthenticated | ProblemType::MalformedCredentials => {
                let begun = problem.header_value(CHALLENGE).unwrap_or("Bearer");
                let told = challenge(Some(begun), &metadata, SCOPE);
                problem.replacing_header(CHALLENGE, told)
            }
            ProblemType::Forbidden => problem.header(CHALLENGE, challenge(None, &metadata, SCOPE)),
            _ => problem,
        }
    }
}
