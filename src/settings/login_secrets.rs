//! The `OIDC_CLIENT_SECRET` setting: one secret, or one for each issuer.

use std::collections::HashMap;

use onbehalf_connector::Secret;
use onbehalf_identity::IdentityConfig;

/// Reads the setting. A single secret is for the single issuer people sign in with; where there
/// are several, each has to have its own, or one provider would be sent another's.
///
/// # Errors
/// In words, without anything of the setting.
pub(super) fn read(
    text: &str,
    identity: &IdentityConfig,
) -> Result<HashMap<String, Secret>, &'static str> {
    let clients: Vec<&str> = identity
        .issuers()
        .iter()
        .filter(|issuer| issuer.client_id().is_some())
        .map(|issuer| issuer.id())
        .collect();
    if text.trim_start().starts_with('{') {
        let secrets: HashMap<String, String> = serde_json::from_slice(text.as_bytes())
            .map_err(|_| "must be a secret, or a JSON object of secrets by issuer")?;
        if secrets
            .keys()
            .any(|issuer| !clients.contains(&issuer.as_str()))
        {
            return Err("has a secret for an issuer without client_id in IDENTITY_PROVIDERS");
        }
        let secrets = secrets.into_iter();
        return Ok(secrets
            .map(|(id, secret)| (id, Secret::new(secret)))
            .collect());
    }
    match clients.as_slice() {
        [issuer] => Ok(HashMap::from([((*issuer).to_owned(), Secret::new(text))])),
        [] => Err("is for signing in, but no issuer in IDENTITY_PROVIDERS has a client_id"),
        _ => Err(
            "must be a JSON object of secrets by issuer, because several issuers have a \
             client_id and none may be sent another's secret",
        ),
    }
}
