//! What the `IDENTITY_PROVIDERS` setting accepts, and what each provider's rules do.

use serde_json::{Value, json};

use super::kit::*;
use crate::{AuthenticationError, IdentityConfig, TokenError};

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
            json!([{ "provider": "workos", "issuer": ISSUER, "client_id": "client_1" }]),
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
