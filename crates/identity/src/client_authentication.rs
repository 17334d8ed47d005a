//! How this service proves to a token endpoint which client it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A way to prove it with a secret (OpenID Connect Core section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In the `Authorization` header.
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
}

/// What a token request carries of its client: members of the body, and a header.
#[derive(Default)]
pub(super) struct ClientProof {
    pub members: Vec<(&'static str, String)>,
    pub authorization: Option<String>,
}

impl ClientAuthentication {
    const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }

    /// The one to use at a provider that takes these; `None` where neither is among them. A
    /// provider that lists nothing takes `client_secret_basic` (OpenID Connect Discovery
    /// section 3).
    pub(super) fn among(supported: Option<&[String]>) -> Option<Self> {
        let Some(supported) = supported else {
            return Some(Self::ClientSecretBasic);
        };
        [Self::ClientSecretBasic, Self::ClientSecretPost]
            .into_iter()
            .find(|method| supported.iter().any(|it| it == method.name()))
    }

    /// The proof. Whoever authenticates in the header says nothing of the client in the body:
    /// Okta counts that as a second set of credentials and refuses both.
    pub(super) fn prove(self, client_id: &str, secret: &str) -> ClientProof {
        match self {
            Self::ClientSecretBasic => ClientProof {
                members: Vec::new(),
                authorization: Some(basic(client_id, secret)),
            },
            Self::ClientSecretPost => ClientProof {
                members: vec![
                    ("client_id", client_id.to_owned()),
                    ("client_secret", secret.to_owned()),
                ],
                authorization: None,
            },
        }
    }
}

impl ClientProof {
    /// Of a client without a secret: its name, and PKCE.
    pub(super) fn public(client_id: &str) -> Self {
        Self {
            members: vec![("client_id", client_id.to_owned())],
            authorization: None,
        }
    }
}

/// `client_secret_basic` (RFC 6749 section 2.3.1: both parts form-encoded first).
fn basic(client_id: &str, secret: &str) -> String {
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(secret));
    format!("Basic {}", STANDARD.encode(pair))
}
