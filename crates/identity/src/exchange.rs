//! A code, exchanged at the token endpoint (RFC 6749 section 4.1.3).

use serde::Deserialize;

use super::client_authentication::ClientProof;
use super::discovery::{IDP_DOCUMENT_BYTES, IDP_TIMEOUT};
use super::document::DocumentError;
use super::login::LoginError;
use super::provider::Provider;
use onbehalf_fetch::{Fetch, HttpRequest, Method};

/// What is exchanged.
pub(super) struct Exchange<'a> {
    /// The token endpoint.
    pub endpoint: String,
    /// The code.
    pub code: &'a str,
    /// The proof that this browser began (RFC 7636).
    pub code_verifier: &'a str,
    /// Where the browser came back to.
    pub redirect_uri: &'a str,
    /// Who asks.
    pub client: ClientProof,
}

/// What comes back, as far as it is looked at.
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    pub id_token: Option<String>,
    pub access_token: Option<String>,
}

impl Exchange<'_> {
    /// Sends it.
    pub(super) async fn send(
        self,
        fetch: &dyn Fetch,
        provider: Provider,
    ) -> Result<TokenAnswer, LoginError> {
        let response = fetch
            .send(self.into_request(provider))
            .await
            .map_err(|_| DocumentError::Unreachable)?;
        match response.status {
            200 => {}
            400..=499 => return Err(LoginError::Refused),
            _ => return Err(DocumentError::Unreachable.into()),
        }
        let answer = serde_json::from_slice(&response.body);
        Ok(answer.map_err(|_| DocumentError::Malformed)?)
    }

    fn into_request(self, provider: Provider) -> HttpRequest {
        let mut members = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", self.code.to_owned()),
            ("code_verifier", self.code_verifier.to_owned()),
        ];
        members.extend(self.client.members);
        let (content_type, body) = if provider == Provider::Workos {
            // "Authenticate with code" takes JSON, and no redirect address.
            let members: serde_json::Map<_, _> = members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            let body = serde_json::Value::Object(members).to_string();
            ("application/json", body)
        } else {
            members.push(("redirect_uri", self.redirect_uri.to_owned()));
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(members)
                .finish();
            ("application/x-www-form-urlencoded", body)
        };
        let mut headers = vec![
            ("content-type".to_owned(), content_type.to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        headers.extend(
            self.client
                .authorization
                .map(|value| ("authorization".to_owned(), value)),
        );
        HttpRequest {
            method: Method::Post,
            url: self.endpoint,
            headers,
            body: body.into_bytes(),
            timeout: IDP_TIMEOUT,
            max_response_bytes: IDP_DOCUMENT_BYTES,
        }
    }
}
