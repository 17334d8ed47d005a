//! What the `IDENTITY_PROVIDERS` setting accepts, and what each provider's rules do.

use serde_json::{Value, json};

use super::kit::*;
use crate::{
    AuthenticationError, ConfigError, EntryProblem, IdentityConfig, IdentityScope, TokenError,
};

fn error(config: &Value) -> String {
    let parsed = IdentityConfig::from_json(&config.to_string());
    parsed.expect_err("a refused configuration").to_string()
}

#[test]
fn a_setting_that_would_leave_a_door_open_is_refused_in_words() {
    let oidc = |more: Value| {
        let mut entry = json!({ "provider": "oidc", "issuer": ISSUER, "audience": "x" });
        for (name, value) in more.as_object().expect("an object") {
            entry[name] = value.clone();
        }
        json!([entry])
    };
    for (config, says) in [
        (oidc(json!({ "audience": [] })), "audience is required"),
        (
            oidc(json!({ "audience": "" })),
            "audience must not be empty",
        ),
        (
            oidc(json!({ "issuer": "http://idp.example" })),
            "must be an https URL",
        ),
        (
            oidc(json!({ "issuer": "https://u:p@idp.example" })),
            "must be an https URL",
        ),
        (
            oidc(json!({ "jwks_uri": "ftp://idp.example/k" })),
            "jwks_uri must be an https URL",
        ),
        (oidc(json!({ "namespace": "a:b" })), "namespace takes"),
        (oidc(json!({ "audiance": "x" })), "unknown field"),
        (
            json!([{ "provider": "clerk", "issuer": ISSUER }]),
            "authorized_parties or audience",
        ),
        (
            json!([{ "provider": "auth0", "issuer": ISSUER, "audience": "x" }]),
            "end in a slash",
        ),
        (
            json!([{ "provider": "okta", "issuer": "https://d.okta.com", "audience": "x" }]),
            "org authorization server",
        ),
        (
            json!([{ "provider": "workos", "issuer": "https://api.workos.com/user_management/client_1" }]),
            "client_id",
        ),
        (
            json!([{ "provider": "workos", "client_id": "client_1",
                "issuer": "https://api.workos.com/user_management/client_2" }]),
            "end in the client id",
        ),
        (
            json!([
                { "provider": "oidc", "issuer": ISSUER, "audience": "x" },
                { "provider": "oidc", "issuer": ISSUER, "audience": "x", "namespace": "b" },
            ]),
            "there twice",
        ),
        (
            json!([
                { "provider": "oidc", "issuer": "https://a.example", "audience": "x" },
                { "provider": "oidc", "issuer": "https://b.example", "audience": "x" },
            ]),
            "namespace",
        ),
        (json!({}), "IDENTITY_PROVIDERS"),
    ] {
        let said = error(&config);
        assert!(said.contains(says), "{said:?} should say {says:?}");
    }
}

#[tokio::test]
async fn clerk_tokens_are_bound_by_their_authorized_party() {
    let stage = Stage::configured(&json!([{ "provider": "clerk", "issuer": ISSUER,
        "authorized_parties": ["https://app.example"] }]));
    let with_party = |party: Value| {
        let mut claims = with("aud", Value::Null);
        claims["azp"] = party;
        claims["sid"] = json!("sess_1");
        claims["o"] = json!({ "id": "org_1" });
        token(&claims)
    };
    let principal = stage
        .try_token(&with_party(json!("https://app.example")))
        .await;
    assert_eq!(principal.expect("accepted").org_id(), Some("org_1"));
    for wrong in [json!("https://evil.example"), json!(null), json!(7)] {
        assert_eq!(
            stage.try_token(&with_party(wrong)).await,
            Err(AuthenticationError::Invalid(TokenError::AuthorizedParty))
        );
    }
}

#[tokio::test]
async fn workos_tokens_without_audience_are_bound_by_their_issuer() {
    let issuer = format!("{ISSUER}/user_management/client_1");
    let stage = Stage::configured(&json!([{ "provider": "workos", "issuer": issuer,
        "client_id": "client_1", "audience": AUDIENCE }]));
    let with_audience = |audience: Value| {
        let mut claims = with("aud", audience);
        claims["iss"] = json!(issuer);
        token(&claims)
    };
    for accepted in [Value::Null, json!(AUDIENCE)] {
        assert!(stage.try_token(&with_audience(accepted)).await.is_ok());
    }
    assert_eq!(
        stage.try_token(&with_audience(json!("other"))).await,
        Err(AuthenticationError::Invalid(TokenError::Audience))
    );
}

#[tokio::test]
async fn several_issuers_work_at_once_and_never_for_each_other() {
    let config = json!([
        { "provider": "oidc", "issuer": ISSUER, "audience": AUDIENCE },
        { "provider": "oidc", "issuer": "https://two.example", "audience": "two",
          "jwks_uri": "https://two.example/keys", "namespace": "two" },
    ]);
    let stage = Stage::configured(&config);
    let mut second = with("iss", json!("https://two.example"));
    let crossed = token(&second);
    second["aud"] = json!("two");
    assert!(stage.try_token(&token(&claims())).await.is_ok());
    assert!(stage.try_token(&token(&second)).await.is_ok());
    assert_eq!(
        stage.try_token(&crossed).await,
        Err(AuthenticationError::Invalid(TokenError::Audience))
    );
}

fn problem(config: &Value) -> Option<EntryProblem> {
    match IdentityConfig::from_json(&config.to_string()).err()? {
        ConfigError::Entry { problem, .. } => Some(problem),
        ConfigError::Json(error) => panic!("{error}"),
    }
}

/// A provider whose tokens name a person in two ways is refused, with what to write instead.
#[test]
fn nobody_can_be_configured_to_be_two_people() {
    let okta = "https://acme.okta.com/oauth2/default";
    let microsoft = "https://login.microsoftonline.com/tenant/v2.0";
    for (entry, expected) in [
        (
            json!({ "provider": "okta", "issuer": okta, "audience": "x", "user_claim": "sub" }),
            Some(EntryProblem::OktaLogin),
        ),
        (
            json!({ "provider": "okta", "issuer": okta, "audience": "x", "user_claim": "uid" }),
            None,
        ),
        (
            json!({ "provider": "okta", "issuer": okta, "audience": "x", "user_claim": "employee" }),
            None,
        ),
        (
            json!({ "provider": "okta", "issuer": "https://acme.okta.com", "audience": "x" }),
            Some(EntryProblem::OktaOrgServer),
        ),
        (
            json!({ "provider": "oidc", "issuer": okta, "audience": "x" }),
            Some(EntryProblem::OktaUnnamed),
        ),
        (
            json!({ "provider": "oidc", "issuer": microsoft, "audience": "x", "client_id": "c" }),
            Some(EntryProblem::PairwiseSubject),
        ),
        (
            json!({ "provider": "oidc", "issuer": microsoft, "audience": "x", "client_id": "c",
                "user_claim": "oid" }),
            None,
        ),
        (
            json!({ "provider": "workos", "issuer": "https://api.workos.com",
                "client_id": "client_1" }),
            None,
        ),
        (
            json!({ "provider": "workos", "issuer": "https://api.workos.com" }),
            Some(EntryProblem::WorkosWithoutClient),
        ),
        (
            json!({ "provider": "workos", "issuer": "https://api.workos.com",
                "client_id": "client_1",
                "jwks_uri": "https://api.workos.com/sso/jwks/client_2" }),
            Some(EntryProblem::WorkosSharedKeys),
        ),
        (
            json!({ "provider": "oidc", "issuer": ISSUER, "audience": "x", "organization": "o" }),
            Some(EntryProblem::Organization),
        ),
        (
            json!({ "provider": "oidc", "issuer": ISSUER, "audience": "x", "takes_over": ISSUER }),
            Some(EntryProblem::TakesOverItself),
        ),
    ] {
        assert_eq!(problem(&json!([entry])), expected, "{entry}");
    }
}

/// Where accounts are organizations', a provider that would not name one is refused.
#[test]
fn the_scope_needs_what_the_provider_has_to_say() {
    let okta = json!({ "provider": "okta", "issuer": "https://acme.okta.com/oauth2/default",
        "audience": "x" });
    let auth0 = json!({ "provider": "auth0", "issuer": "https://acme.auth0.com/",
        "audience": "x", "client_id": "c" });
    let with = |entry: &Value, name: &str, value: &str| {
        let mut entry = entry.clone();
        entry[name] = value.into();
        entry
    };
    for (entry, expected) in [
        (okta.clone(), Some(EntryProblem::OktaOrganization)),
        (with(&okta, "org_claim", "company"), None),
        (auth0.clone(), Some(EntryProblem::Auth0Organization)),
        (with(&auth0, "organization", "org_1"), None),
        (with(&auth0, "organization", "prompt"), None),
    ] {
        let config = IdentityConfig::from_json(&json!([entry]).to_string()).expect("a config");
        assert_eq!(config.check_scope(IdentityScope::User), Ok(()), "{entry}");
        let refused = config.check_scope(IdentityScope::Org).err();
        let expected = expected.map(|problem| ConfigError::Entry { entry: 0, problem });
        assert_eq!(refused, expected, "{entry}");
    }
}

#[tokio::test]
async fn a_clerk_token_is_a_complete_session_of_the_user_for_this_service() {
    let stage = Stage::configured(&json!([{ "provider": "clerk", "issuer": ISSUER,
        "authorized_parties": ["https://app.example"] }]));
    let session = |name: &str, value: Value| {
        let mut claims = with("aud", Value::Null);
        claims["azp"] = json!("https://app.example");
        claims["sid"] = json!("sess_1");
        claims["sts"] = json!("active");
        if value.is_null() {
            claims.as_object_mut().expect("an object").remove(name);
        } else {
            claims[name] = value;
        }
        token(&claims)
    };
    for accepted in [session("sts", json!("active")), session("sts", Value::Null)] {
        assert!(stage.try_token(&accepted).await.is_ok());
    }
    for (name, value, expected) in [
        ("aud", json!("somebody-else"), TokenError::Audience),
        ("aud", json!(["somebody-else"]), TokenError::Audience),
        ("azp", Value::Null, TokenError::AuthorizedParty),
        ("sid", Value::Null, TokenError::NoSession),
        ("sid", json!(""), TokenError::NoSession),
        ("sts", json!("pending"), TokenError::PendingSession),
        ("sts", json!(1), TokenError::PendingSession),
        ("act", json!({ "sub": "user_2" }), TokenError::Impersonated),
    ] {
        assert_eq!(
            stage.try_token(&session(name, value.clone())).await,
            Err(AuthenticationError::Invalid(expected)),
            "{name}: {value}"
        );
    }
}

/// Where only an audience is configured, it binds, and a token without `azp` is as good.
#[tokio::test]
async fn a_clerk_token_may_be_bound_by_its_audience_alone() {
    let stage = Stage::configured(&json!([{ "provider": "clerk", "issuer": ISSUER,
        "audience": AUDIENCE }]));
    let mut claims = with("sid", json!("sess_1"));
    assert!(stage.try_token(&token(&claims)).await.is_ok());
    claims["aud"] = json!("another");
    assert_eq!(
        stage.try_token(&token(&claims)).await,
        Err(AuthenticationError::Invalid(TokenError::Audience))
    );
}

#[tokio::test]
async fn workos_tokens_of_impersonated_sessions_and_of_other_applications_are_refused() {
    let issuer = "https://api.workos.com";
    let stage = Stage::configured(&json!([{ "provider": "workos", "issuer": issuer,
        "client_id": "client_1" }]));
    let with_claim = |name: &str, value: Value| {
        let mut claims = with("aud", Value::Null);
        claims["iss"] = json!(issuer);
        claims[name] = value;
        token(&claims)
    };
    assert!(
        stage
            .try_token(&with_claim("sid", json!("s")))
            .await
            .is_ok()
    );
    for (name, value, expected) in [
        (
            "act",
            json!({ "sub": "admin@acme.example" }),
            TokenError::Impersonated,
        ),
        ("client_id", json!("client_2"), TokenError::AuthorizedParty),
    ] {
        assert_eq!(
            stage.try_token(&with_claim(name, value)).await,
            Err(AuthenticationError::Invalid(expected)),
            "{name}"
        );
    }
}
