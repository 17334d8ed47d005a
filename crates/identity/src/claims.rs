//! From a signed token to a principal: what the claims must say.
//!
//! Owns the checks after the signature. [`VerifiedClaims`] is made here and nowhere else.

use chrono::{DateTime, TimeDelta, Utc};
use jwt_compact::{TimeOptions, ValidationError};
use serde_json::{Map, Value};

use super::config::Issuer;
use super::error::TokenError;
use super::principal::{KeptClaims, Principal};
use super::provider::{Binding, Provider};
use super::token::UnverifiedToken;
use onbehalf_clock::Timestamp;

/// How far clocks may be apart.
const LEEWAY_SECONDS: i64 = 30;
/// Longest accepted lifetime of a token. Providers issue theirs for minutes to a day; a token for
/// longer is a mistake or a forgery in the making.
const LIFETIME_SECONDS: i64 = 24 * 3600;
/// Longest accepted subject (OpenID Connect Core section 2).
const SUBJECT_BYTES: usize = 255;

/// Values of one further claim that are kept, and the longest, in bytes. What is longer, or more, is not
/// cut but left out: part of a list is another list.
const CLAIM_VALUES: usize = 64;
const CLAIM_VALUE_BYTES: usize = 200;
/// Longest address (RFC 5321 section 4.5.3.1).
const EMAIL_BYTES: usize = 254;

/// What a token is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose<'a> {
    /// Calling the API.
    Access,
    /// Answering a sign-in that this service began, with this nonce.
    SignIn { client_id: &'a str, nonce: &'a str },
    /// Coming with such an answer, and saying more of the same user.
    Beside {
        client_id: &'a str,
        user_id: &'a str,
    },
}

/// The claims of a token whose signature, times and audience were checked.
pub struct VerifiedClaims {
    principal: Principal,
    expires_at: Timestamp,
}

impl VerifiedClaims {
    /// Who it speaks of.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// When it stops being good.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Checks the claims of a token whose signature is known to match.
    pub(super) fn of_signed(
        token: &UnverifiedToken<'_>,
        issuer: &Issuer,
        purpose: Purpose<'_>,
        now: Timestamp,
    ) -> Result<Self, TokenError> {
        check_type(token, purpose)?;
        let claims: jwt_compact::Claims<Map<String, Value>> = token.claims()?;
        if claims.custom.get("iss").and_then(Value::as_str) != Some(issuer.id()) {
            return Err(TokenError::Issuer);
        }
        let expires_at = check_times(&claims, now)?;
        let names = issuer.user_claims();
        let user_claim = match purpose {
            Purpose::Access => {
                if claims.custom.contains_key("nonce") || claims.custom.contains_key("at_hash") {
                    return Err(TokenError::Type);
                }
                check_audience(&claims.custom, issuer)?;
                check_session(&claims.custom, issuer.provider())?;
                names.access
            }
            Purpose::SignIn { client_id, nonce } => {
                check_sign_in(&claims.custom, client_id, nonce)?;
                names.id
            }
            Purpose::Beside { client_id, .. } => {
                if claims.custom.get("client_id").and_then(Value::as_str) != Some(client_id) {
                    return Err(TokenError::AuthorizedParty);
                }
                names.access
            }
        };
        let acted = claims.custom.get("act").is_some_and(|act| !act.is_null());
        if acted && issuer.provider().marks_impersonation() {
            return Err(TokenError::Impersonated);
        }
        let user_id = subject(&claims.custom, user_claim)?;
        if matches!(purpose, Purpose::Beside { user_id: expected, .. } if expected != user_id) {
            return Err(TokenError::Subject);
        }
        let org_id = organization(&claims.custom, issuer)?;
        Ok(Self {
            principal: Principal::verified(issuer.id().to_owned(), user_id, org_id)
                .with_granted(issuer.granted(&claims.custom))
                .with_email(verified_email(&claims.custom, issuer.email_claim()))
                .with_claims(kept(&claims.custom, issuer.kept_claims())),
            expires_at,
        })
    }
}

/// The address that the issuer has verified, or what the configured claim holds: whoever configures
/// one vouches for it. Anything else is no address, and never a reason to refuse a token.
fn verified_email(claims: &Map<String, Value>, configured: Option<&str>) -> Option<String> {
    let verified = match claims.get("email_verified") {
        Some(Value::Bool(verified)) => *verified,
        // As some providers write it.
        Some(Value::String(text)) => text == "true",
        _ => false,
    };
    let name = match configured {
        Some(name) => name,
        None if verified => "email",
        None => return None,
    };
    let address = claims.get(name)?.as_str()?.trim();
    let fits = address.len() <= EMAIL_BYTES
        && !address.contains(|c: char| c.is_control() || c.is_whitespace())
        && address
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    fits.then(|| address.to_owned())
}

/// The claims that the operator has named, as texts: a text, a number, a yes or no, or a list of them.
/// Anything else is not kept, and a rule about it fits nobody.
fn kept(claims: &Map<String, Value>, names: &[String]) -> KeptClaims {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let values = |value: &Value| match value {
        Value::Array(all) => all.iter().map(text).collect::<Option<Vec<_>>>(),
        one => Some(vec![text(one)?]),
    };
    let fits = |values: &Vec<String>| {
        let short = values.iter().all(|it| it.len() <= CLAIM_VALUE_BYTES);
        !values.is_empty() && values.len() <= CLAIM_VALUES && short
    };
    let found = names.iter().filter_map(|name| {
        let values = values(claims.get(name)?).filter(fits)?;
        Some((name.clone(), values))
    });
    found.collect()
}

/// An access token says `at+jwt` (RFC 9068 section 2.1), or `JWT`, or nothing; Okta and others
/// still write the latter two. Any other type is a token for something else.
fn check_type(token: &UnverifiedToken<'_>, purpose: Purpose<'_>) -> Result<(), TokenError> {
    let Some(name) = token.token_type() else {
        return Ok(());
    };
    let name = name.to_ascii_lowercase();
    let name = name.strip_prefix("application/").unwrap_or(&name);
    let accepted = match purpose {
        Purpose::Access | Purpose::Beside { .. } => matches!(name, "jwt" | "at+jwt"),
        Purpose::SignIn { .. } => name == "jwt",
    };
    if accepted {
        Ok(())
    } else {
        Err(TokenError::Type)
    }
}

fn check_times(
    claims: &jwt_compact::Claims<Map<String, Value>>,
    now: Timestamp,
) -> Result<Timestamp, TokenError> {
    let clock = DateTime::<Utc>::from_timestamp_millis(now.millis()).unwrap_or_default();
    let options = TimeOptions::new(TimeDelta::seconds(LEEWAY_SECONDS), || clock);
    claims
        .validate_expiration(&options)
        .map_err(|error| match error {
            ValidationError::Expired => TokenError::Expired,
            _ => TokenError::NoExpiry,
        })?;
    if claims.not_before.is_some() {
        claims
            .validate_maturity(&options)
            .map_err(|_| TokenError::NotYetValid)?;
    }
    let expires = claims.expiration.ok_or(TokenError::NoExpiry)?;
    let issued = claims.issued_at.unwrap_or(clock);
    if issued > clock + options.leeway {
        return Err(TokenError::NotYetValid);
    }
    if expires - issued > TimeDelta::seconds(LIFETIME_SECONDS) {
        return Err(TokenError::Lifetime);
    }
    Ok(Timestamp::from_millis(expires.timestamp_millis()))
}

/// The audiences a token names: a string or an array of strings (RFC 7519 section 4.1.3).
fn audiences(claims: &Map<String, Value>) -> Result<Option<Vec<&str>>, TokenError> {
    match claims.get("aud") {
        None => Ok(None),
        Some(Value::String(one)) => Ok(Some(vec![one])),
        Some(Value::Array(many)) => many
            .iter()
            .map(Value::as_str)
            .collect::<Option<Vec<_>>>()
            .map(Some)
            .ok_or(TokenError::Audience),
        Some(_) => Err(TokenError::Audience),
    }
}

fn check_audience(claims: &Map<String, Value>, issuer: &Issuer) -> Result<(), TokenError> {
    let named = audiences(claims)?;
    let ours = |named: &[&str]| {
        let ours = issuer.audiences();
        named.iter().any(|name| ours.iter().any(|our| our == name))
    };
    let audience_named = named.as_deref().is_some_and(ours);
    match issuer.provider().binding() {
        Binding::Audience if audience_named => Ok(()),
        Binding::AudienceOrIssuer if named.is_none() || audience_named => {
            // The keys are an environment's; another application of it is another party.
            let party = claims.get("client_id").filter(|party| !party.is_null());
            if party.is_some_and(|party| party.as_str() != issuer.client_id()) {
                return Err(TokenError::AuthorizedParty);
            }
            Ok(())
        }
        Binding::AuthorizedParty => {
            check_party(claims, issuer.authorized_parties())?;
            // Clerk puts `aud` into tokens only where a template says for whom they are.
            let expected = !issuer.audiences().is_empty() || named.is_some();
            if expected && !audience_named {
                return Err(TokenError::Audience);
            }
            Ok(())
        }
        _ => Err(TokenError::Audience),
    }
}

/// Where parties are configured, `azp` has to name one of them. Clerk leaves `azp` out when the
/// browser sent no origin ("Session tokens"); such a token could be for any page, and is refused.
fn check_party(claims: &Map<String, Value>, parties: &[String]) -> Result<(), TokenError> {
    let party = claims.get("azp").and_then(Value::as_str);
    if parties.is_empty() || parties.iter().any(|known| Some(known.as_str()) == party) {
        Ok(())
    } else {
        Err(TokenError::AuthorizedParty)
    }
}

/// A Clerk token for an API belongs to a session (`sid`), which its other kinds of tokens do not,
/// and one whose user has things left to do before they are signed in (`sts`, "pending") is none
/// yet.
fn check_session(claims: &Map<String, Value>, provider: Provider) -> Result<(), TokenError> {
    if provider != Provider::Clerk {
        return Ok(());
    }
    let session = claims.get("sid").and_then(Value::as_str);
    if session.is_none_or(str::is_empty) {
        return Err(TokenError::NoSession);
    }
    match claims.get("sts") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(status)) if status == "active" => Ok(()),
        Some(_) => Err(TokenError::PendingSession),
    }
}

/// OpenID Connect Core section 3.1.3.7: the client is the audience, the nonce is ours, and where
/// several audiences are named, the authorized party is the client.
fn check_sign_in(
    claims: &Map<String, Value>,
    client_id: &str,
    nonce: &str,
) -> Result<(), TokenError> {
    let named = audiences(claims)?.unwrap_or_default();
    if !named.contains(&client_id) {
        return Err(TokenError::Audience);
    }
    let party = claims.get("azp").and_then(Value::as_str);
    if party.is_some_and(|party| party != client_id) || (named.len() > 1 && party.is_none()) {
        return Err(TokenError::AuthorizedParty);
    }
    if claims.get("nonce").and_then(Value::as_str) != Some(nonce) {
        return Err(TokenError::Nonce);
    }
    Ok(())
}

fn subject(claims: &Map<String, Value>, claim: &str) -> Result<String, TokenError> {
    match claims.get(claim) {
        Some(Value::String(name)) if acceptable(name) => Ok(name.clone()),
        _ => Err(TokenError::Subject),
    }
}

fn organization(
    claims: &Map<String, Value>,
    issuer: &Issuer,
) -> Result<Option<String>, TokenError> {
    let named = claims.get(issuer.org_claim()).or_else(|| {
        // Clerk's session tokens of version 2 keep the organization in `o: {id}`.
        let clerk = issuer.provider() == Provider::Clerk;
        clerk.then(|| claims.get("o")?.get("id")).flatten()
    });
    match named {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) if acceptable(name) => Ok(Some(name.clone())),
        Some(_) => Err(TokenError::Organization),
    }
}

fn acceptable(name: &str) -> bool {
    !name.is_empty() && name.len() <= SUBJECT_BYTES && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn email(claims: &Value, configured: Option<&str>) -> Option<String> {
        verified_email(claims.as_object().expect("claims"), configured)
    }

    #[test]
    fn of_further_claims_only_plain_values_are_kept_and_only_those_that_are_named() {
        let claims = json!({"groups": ["sales", "admins"], "plan": "pro", "level": 7, "beta": true,
            "other": "x", "nested": {"a": 1}, "mixed": ["a", {}], "none": [], "long": "x".repeat(201)});
        let names = [
            "groups", "plan", "level", "beta", "nested", "mixed", "none", "long", "missing",
        ];
        let found = kept(
            claims.as_object().expect("claims"),
            &names.map(str::to_owned),
        );
        let expected = [
            ("beta", vec!["true"]),
            ("groups", vec!["sales", "admins"]),
            ("level", vec!["7"]),
            ("plan", vec!["pro"]),
        ];
        let found: Vec<_> = found
            .iter()
            .map(|(name, values)| (name.as_str(), values.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_an_address_that_somebody_vouches_for_counts() {
        let address = "ann@acme.test";
        for verified in [json!(true), json!("true")] {
            let claims = json!({"email": address, "email_verified": verified});
            assert_eq!(email(&claims, None).as_deref(), Some(address));
        }
        for claims in [
            json!({"email": address}),
            json!({"email": address, "email_verified": false}),
            json!({"email": "ann", "email_verified": true}),
            json!({"email": "a b@acme.test", "email_verified": true}),
            json!({"email": 7, "email_verified": true}),
            json!({}),
        ] {
            assert_eq!(email(&claims, None), None, "{claims}");
        }
        let login = json!({"sub": address});
        assert_eq!(email(&login, Some("sub")).as_deref(), Some(address));
        assert_eq!(email(&login, Some("upn")), None);
    }
}
