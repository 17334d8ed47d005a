//! The identity layer behind the routes' narrow trait.
//!
//! Owns only the translation: principals become callers, failures become the few kinds the routes
//! answer differently.

use std::collections::HashMap;
use std::rc::Rc;

use async_trait::async_trait;
use url::Url;

use crate::browser::login::LOGIN_CALLBACK;
use crate::sign_in::{AuthRefusal, Caller, LoginFailure, LoginProvider, SignIn};
use onbehalf_connector::Secret;
use onbehalf_identity::{
    AuthenticationError, Authenticator, BridgeError, IdentityScope, Issuer, Login, LoginError,
    Missed, NamespaceError, Namespaces, PendingLogin, Powers, Principal, Provider, bridge,
    principal_key,
};
use onbehalf_runs::OwnerKey;

/// Authenticator, sign-in and bridge together.
pub struct IdentityLayer {
    /// Verifies bearer tokens; knows the issuers.
    pub authenticator: Rc<Authenticator>,
    /// Signs people in with a browser.
    pub login: Login,
    /// Whose connected accounts are used.
    pub scope: IdentityScope,
    /// Client secrets for signing in, by issuer; public clients have none.
    pub client_secrets: HashMap<String, Secret>,
    /// Whose people the accounts under each namespace are.
    pub namespaces: Namespaces,
}

impl IdentityLayer {
    /// Whether the accounts this principal's issuer leads to are its own people's.
    async fn settle(&self, principal: &Principal) -> Result<(), NamespaceError> {
        match self.authenticator.config.issuer(principal.issuer()) {
            Some(issuer) => self.namespaces.settle(issuer).await,
            None => Err(BridgeError::UnknownIssuer.into()),
        }
    }
}

/// The path an issuer sends browsers back to.
fn callback(issuer: &Issuer) -> String {
    match issuer.namespace() {
        Some(namespace) => format!("{LOGIN_CALLBACK}/{namespace}"),
        None => LOGIN_CALLBACK.to_owned(),
    }
}

/// What an operator is told of a document that an issuer does not hand out.
fn in_words(missed: Missed) -> String {
    let why = missed.error.map(|error| format!(": {error}"));
    let why = why.unwrap_or_default();
    let document = missed.document;
    match missed.usable_until {
        Some(until) => {
            format!("The {document} cannot be renewed{why}; the last one is good until {until}")
        }
        None => format!("The {document} cannot be had{why}"),
    }
}

#[async_trait(?Send)]
impl SignIn for IdentityLayer {
    fn waits(&self) -> Vec<String> {
        let missed = self.authenticator.missed().into_iter();
        missed.map(in_words).collect()
    }

    fn issuers(&self) -> Vec<String> {
        let all = self.authenticator.config.issuers().iter();
        all.map(|issuer| issuer.id().to_owned()).collect()
    }

    async fn authenticate(&self, authorization: Option<&str>) -> Result<Caller, AuthRefusal> {
        let principal = self
            .authenticator
            .authenticate(authorization)
            .await
            .map_err(|error| refusal(&error))?;
        self.recognise(&principal).await
    }

    async fn recognise(&self, principal: &Principal) -> Result<Caller, AuthRefusal> {
        self.settle(principal).await.map_err(|error| match error {
            NamespaceError::Taken(error) => AuthRefusal::Unbridged(error),
            NamespaceError::Unavailable(_) => AuthRefusal::Unavailable,
        })?;
        self.caller(principal).map_err(AuthRefusal::Unbridged)
    }

    fn caller(&self, principal: &Principal) -> Result<Caller, BridgeError> {
        let config = &self.authenticator.config;
        let context = bridge(principal, config, self.scope)?;
        let issuer = config.issuer(principal.issuer());
        Ok(Caller {
            owner: OwnerKey::new(principal_key(principal, self.scope)),
            context,
            powers: issuer.map_or(Powers::default(), |it| it.powers(principal)),
            shares_accounts: self.scope == IdentityScope::Org,
        })
    }

    fn providers(&self) -> Vec<LoginProvider> {
        self.login
            .issuers()
            .map(|issuer| LoginProvider {
                issuer: issuer.id().to_owned(),
                title: title(issuer),
                callback: callback(issuer),
            })
            .collect()
    }

    async fn begin(
        &self,
        issuer: &str,
        redirect_uri: &str,
    ) -> Result<(Url, PendingLogin), LoginFailure> {
        let begun = self.login.begin(issuer, redirect_uri).await;
        let begun = begun.map_err(|error| failure(&error))?;
        let url = Url::parse(&begun.url).map_err(|_| LoginFailure::Unavailable)?;
        Ok((url, begun.pending))
    }

    async fn finish(
        &self,
        pending: &PendingLogin,
        code: &str,
        redirect_uri: &str,
    ) -> Result<Principal, LoginFailure> {
        let secret = self.client_secrets.get(&pending.issuer);
        let principal = self
            .login
            .finish(pending, code, redirect_uri, secret.map(Secret::expose))
            .await
            .map_err(|error| failure(&error))?;
        self.settle(&principal).await.map_err(|error| match error {
            NamespaceError::Taken(_) => LoginFailure::Refused,
            NamespaceError::Unavailable(_) => LoginFailure::Unavailable,
        })?;
        Ok(principal)
    }
}

/// The provider's own spelling; for any other issuer, its host.
fn title(issuer: &Issuer) -> String {
    match issuer.provider() {
        Provider::Okta => "Okta".to_owned(),
        Provider::Workos => "WorkOS".to_owned(),
        Provider::Clerk => "Clerk".to_owned(),
        Provider::Auth0 => "Auth0".to_owned(),
        Provider::Oidc => Url::parse(issuer.id())
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| issuer.id().to_owned()),
    }
}

fn refusal(error: &AuthenticationError) -> AuthRefusal {
    let message = error.to_string();
    let Some(challenge) = error.challenge() else {
        return AuthRefusal::Unavailable;
    };
    match error {
        AuthenticationError::MalformedHeader => AuthRefusal::Malformed { message, challenge },
        AuthenticationError::Missing
        | AuthenticationError::OtherScheme
        | AuthenticationError::Invalid(_) => AuthRefusal::Unauthenticated { message, challenge },
        AuthenticationError::KeysUnavailable(_) => AuthRefusal::Unavailable,
    }
}

fn failure(error: &LoginError) -> LoginFailure {
    match error {
        LoginError::Unavailable(_) | LoginError::Token(AuthenticationError::KeysUnavailable(_)) => {
            LoginFailure::Unavailable
        }
        LoginError::NotConfigured
        | LoginError::NoClientAuthentication
        | LoginError::Refused
        | LoginError::MixedUp
        | LoginError::Token(_) => LoginFailure::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::message::ApiResponse;
    use crate::wire::problem::Problem;
    use onbehalf_identity::{DocumentError, TokenError};

    fn answered(error: &AuthenticationError) -> ApiResponse {
        Problem::from(refusal(error)).into()
    }

    #[test]
    fn refusals_keep_their_challenge() {
        for nothing in [
            AuthenticationError::Missing,
            AuthenticationError::OtherScheme,
        ] {
            let response = answered(&nothing);
            assert_eq!(response.status, 401);
            assert_eq!(
                response.header("www-authenticate"),
                Some("Bearer realm=\"onbehalf\"")
            );
        }
        let expired = answered(&AuthenticationError::Invalid(TokenError::Expired));
        let challenge = expired.header("www-authenticate").expect("a challenge");
        assert!(expired.status == 401 && challenge.contains("error=\"invalid_token\""));
        assert_eq!(answered(&AuthenticationError::MalformedHeader).status, 400);
    }

    #[test]
    fn keys_that_cannot_be_read_are_not_the_callers_fault() {
        let response = answered(&AuthenticationError::KeysUnavailable(
            DocumentError::Unreachable,
        ));
        assert_eq!(response.status, 503);
        assert_eq!(response.header("retry-after"), Some("5"));
        assert_eq!(response.header("www-authenticate"), None);
        let error = LoginError::Token(DocumentError::Unreachable.into());
        assert_eq!(failure(&error), LoginFailure::Unavailable);
        assert_eq!(failure(&LoginError::Refused), LoginFailure::Refused);
    }
}
