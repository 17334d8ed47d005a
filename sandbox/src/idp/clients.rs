//! How a client proves at the token endpoint who it is, and what each provider refuses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::settings::ClientAuthentication;
use super::{FlowError, Provider, Settings};

/// What a token request says of its client.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// Client and secret of an `Authorization: Basic` header.
    pub basic: Option<(String, String)>,
    /// `client_id` of the body.
    pub client_id: Option<String>,
    /// `client_secret` of the body.
    pub client_secret: Option<String>,
}

impl Credentials {
    /// In the body (RFC 6749 section 2.3.1).
    pub fn in_body(client_id: &str, client_secret: &str) -> Self {
        Self {
            basic: None,
            client_id: Some(client_id.to_owned()),
            client_secret: Some(client_secret.to_owned()),
        }
    }

    /// Those of a header and of what a body gives.
    pub fn read(authorization: Option<&str>, given: impl Fn(&str) -> Option<String>) -> Self {
        let pair = authorization
            .and_then(|header| header.strip_prefix("Basic "))
            .and_then(|pair| STANDARD.decode(pair).ok())
            .and_then(|pair| String::from_utf8(pair).ok());
        let decoded = |text: &str| {
            // Both halves are form-encoded before they are put together.
            let pair = url::form_urlencoded::parse(text.as_bytes()).next();
            pair.map(|(name, _)| name.into_owned()).unwrap_or_default()
        };
        Self {
            basic: pair
                .as_deref()
                .and_then(|pair| pair.split_once(':'))
                .map(|(id, secret)| (decoded(id), decoded(secret))),
            client_id: given("client_id"),
            client_secret: given("client_secret"),
        }
    }

    /// The ways in which they prove something.
    fn methods(&self) -> Vec<ClientAuthentication> {
        let basic = self.basic.is_some();
        let post = self.client_secret.is_some();
        [
            (basic, ClientAuthentication::ClientSecretBasic),
            (post, ClientAuthentication::ClientSecretPost),
        ]
        .into_iter()
        .filter_map(|(used, method)| used.then_some(method))
        .collect()
    }
}

/// The methods a provider's metadata lists.
pub fn listed(provider: Provider) -> &'static [&'static str] {
    match provider {
        Provider::Okta | Provider::OktaOrg => &[
            "client_secret_basic",
            "client_secret_post",
            "client_secret_jwt",
            "private_key_jwt",
            "none",
        ],
        Provider::Auth0 => &[
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
        ],
        Provider::Clerk => &["client_secret_basic", "none", "client_secret_post"],
        _ => &["client_secret_basic", "client_secret_post"],
    }
}

/// Whether the client is who it says.
pub fn authenticate(
    provider: Provider,
    settings: &Settings,
    credentials: &Credentials,
) -> Result<(), FlowError> {
    let methods = credentials.methods();
    // Okta counts a `client_id` in the body as credentials of their own.
    let okta = matches!(provider, Provider::Okta | Provider::OktaOrg);
    let twice = okta && credentials.basic.is_some() && credentials.client_id.is_some();
    if methods.len() > 1 || twice {
        return Err(FlowError::MultipleCredentials);
    }
    let workos = matches!(provider, Provider::Workos | Provider::WorkosOlder);
    let registered = match settings.client_authentication {
        _ if workos => Some(ClientAuthentication::ClientSecretPost),
        other => other,
    };
    if registered.is_some_and(|method| methods != [method]) {
        return Err(FlowError::InvalidClient);
    }
    let (id, secret) = match &credentials.basic {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (
            credentials.client_id.as_ref(),
            credentials.client_secret.as_ref(),
        ),
    };
    let known = id.is_some_and(|id| id == provider.client_id())
        && secret.is_some_and(|secret| secret == provider.client_secret());
    if known {
        Ok(())
    } else {
        Err(FlowError::InvalidClient)
    }
}
