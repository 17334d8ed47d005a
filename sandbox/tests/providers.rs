//! Each provider by its documentation: claims, addresses, clients.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onbehalf_sandbox::idp::{
    Authorization, ClientAuthentication, Credentials, Endpoint, FlowError, Idp, IssParameter,
    Person, Provider, TokenRequest,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const BASE: &str = "http://localhost:1";
const NOW: i64 = 1_795_420_800_000;

fn idp(provider: Provider) -> Idp {
    Idp::new(provider, BASE, [7; 32]).expect("keys")
}

fn person(sub: &str) -> Person {
    Person {
        sub: sub.into(),
        name: "Alice Moreau".into(),
        org: "org_acme".into(),
        email: "alice@acme.example".into(),
    }
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn asked(scope: &str) -> Authorization {
    Authorization {
        redirect_uri: "https://app.example/cb".into(),
        challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(b"verifier")),
        nonce: Some("n".into()),
        scope: scope.into(),
        ..Authorization::default()
    }
}

fn basic(provider: Provider) -> Credentials {
    Credentials {
        basic: Some((provider.client_id().into(), provider.client_secret().into())),
        ..Credentials::default()
    }
}

fn in_body(provider: Provider) -> Credentials {
    Credentials::in_body(provider.client_id(), provider.client_secret())
}

/// A whole sign-in of this person.
fn sign_in(
    idp: &mut Idp,
    authorization: Authorization,
    sub: &str,
    credentials: Credentials,
) -> Result<Value, FlowError> {
    let code = idp.authorize(authorization, person(sub), NOW)?;
    let request = TokenRequest {
        code,
        redirect_uri: Some("https://app.example/cb".into()),
        verifier: "verifier".into(),
        credentials,
    };
    idp.exchange(&request, NOW)
}

fn claims_of(tokens: &Value, name: &str) -> Value {
    part(tokens[name].as_str().expect("a token"), 1)
}

#[test]
fn every_endpoint_is_found_again_and_is_nobody_elses() {
    for provider in Provider::ALL {
        for endpoint in [
            Endpoint::Discovery,
            Endpoint::Keys,
            Endpoint::Authorize,
            Endpoint::Token,
        ] {
            if let Some(path) = provider.path(endpoint) {
                assert_eq!(Provider::at(path), Some((provider, endpoint)), "{path}");
                assert!(Provider::owns(path), "{path}");
            }
        }
    }
}

#[test]
fn no_two_providers_sign_with_the_same_key() {
    let mut all = onbehalf_sandbox::idp::Providers::new(BASE.into(), [7; 32]);
    let mut moduli: Vec<String> = [Provider::Okta, Provider::Auth0]
        .into_iter()
        .map(|it| {
            let set = all.get(it).expect("a provider").keys.jwks();
            assert_eq!(set["keys"].as_array().expect("keys").len(), 1);
            set["keys"][0]["n"].as_str().expect("n").to_owned()
        })
        .collect();
    moduli.dedup();
    assert_eq!(moduli.len(), 2);
}

#[test]
fn okta_names_the_login_in_access_tokens_and_the_user_in_id_tokens() {
    let mut okta = idp(Provider::Okta);
    let token = okta
        .access_token(&person("00ualice"), "RS256", 60, NOW)
        .expect("a token");
    assert_eq!(part(&token, 0).get("typ"), None);
    let claims = part(&token, 1);
    assert_eq!(claims["sub"], "alice@acme.example");
    assert_eq!(claims["uid"], "00ualice");
    assert_eq!(claims["aud"], "api://default");
    let tokens = sign_in(
        &mut okta,
        asked("openid"),
        "00ualice",
        basic(Provider::Okta),
    );
    let id = claims_of(&tokens.expect("tokens"), "id_token");
    assert_eq!((&id["sub"], id.get("uid")), (&json!("00ualice"), None));
    assert_eq!(id["iss"], format!("{BASE}/okta/oauth2/default"));
}

#[test]
fn okta_takes_basic_or_the_body_and_never_both() {
    let mut okta = idp(Provider::Okta);
    let both = Credentials {
        client_id: Some(Provider::Okta.client_id().into()),
        ..basic(Provider::Okta)
    };
    let mut tried = |credentials| sign_in(&mut okta, asked("openid"), "00ualice", credentials);
    assert_eq!(tried(both), Err(FlowError::MultipleCredentials));
    assert!(tried(basic(Provider::Okta)).is_ok());
    assert!(tried(in_body(Provider::Okta)).is_ok());
}

#[test]
fn tokens_of_oktas_org_server_name_a_key_that_is_in_no_set() {
    let mut org = idp(Provider::OktaOrg);
    let token = org
        .access_token(&person("00ualice"), "RS256", 60, NOW)
        .expect("a token");
    let kid = part(&token, 0)["kid"].clone();
    let set = org.keys.jwks();
    assert!(
        set["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .all(|key| key["kid"] != kid)
    );
    assert_eq!(part(&token, 1)["aud"], format!("{BASE}/okta"));
    assert_eq!(
        org.metadata()["token_endpoint"],
        format!("{BASE}/okta/oauth2/v1/token")
    );
}

#[test]
fn auth0_gives_an_organization_to_who_asks_for_one_and_is_in_it() {
    let mut auth0 = idp(Provider::Auth0);
    let mut tried = |organization: Option<&str>| {
        let authorization = Authorization {
            organization: organization.map(str::to_owned),
            audience: Provider::Auth0.audience().map(str::to_owned),
            ..asked("openid")
        };
        sign_in(
            &mut auth0,
            authorization,
            "auth0|alice",
            in_body(Provider::Auth0),
        )
    };
    let without = tried(None).expect("tokens");
    assert_eq!(claims_of(&without, "id_token").get("org_id"), None);
    let with = tried(Some("org_acme")).expect("tokens");
    for token in ["id_token", "access_token"] {
        assert_eq!(claims_of(&with, token)["org_id"], "org_acme");
        assert_eq!(claims_of(&with, token)["sub"], "auth0|alice");
        assert_eq!(claims_of(&with, token)["iss"], format!("{BASE}/auth0/"));
    }
    let audiences = [
        Provider::Auth0.audience().map(str::to_owned),
        Some(format!("{BASE}/auth0/userinfo")),
    ];
    assert_eq!(claims_of(&with, "access_token")["aud"], json!(audiences));
    assert_eq!(tried(Some("org_globex")), Err(FlowError::NotAMember));
}

#[test]
fn auth0_without_an_audience_gives_an_opaque_access_token() {
    let mut auth0 = idp(Provider::Auth0);
    let tokens = sign_in(
        &mut auth0,
        asked("openid"),
        "auth0|alice",
        in_body(Provider::Auth0),
    );
    let tokens = tokens.expect("tokens");
    assert!(!tokens["access_token"].as_str().expect("text").contains('.'));
}

#[test]
fn a_client_registered_for_one_way_of_proving_itself_has_no_other() {
    let mut auth0 = idp(Provider::Auth0);
    let mut tried = |credentials| sign_in(&mut auth0, asked("openid"), "auth0|a", credentials);
    assert_eq!(tried(basic(Provider::Auth0)), Err(FlowError::InvalidClient));
    auth0.settings.client_authentication = Some(ClientAuthentication::ClientSecretBasic);
    let mut tried = |credentials| sign_in(&mut auth0, asked("openid"), "auth0|a", credentials);
    assert!(tried(basic(Provider::Auth0)).is_ok());
    assert_eq!(
        tried(in_body(Provider::Auth0)),
        Err(FlowError::InvalidClient)
    );
}

#[test]
fn clerk_has_session_tokens_for_apis_and_another_kind_for_oauth() {
    let mut clerk = idp(Provider::Clerk);
    let session = clerk
        .access_token(&person("user_alice"), "RS256", 60, NOW)
        .expect("a token");
    let claims = part(&session, 1);
    assert_eq!(claims.get("aud"), None);
    assert_eq!(claims["azp"], "https://app.onbehalf.example");
    assert_eq!(
        (&claims["sts"], &claims["o"]["id"]),
        (&json!("active"), &json!("org_acme"))
    );
    assert!(claims["sid"].is_string());

    let tokens = sign_in(
        &mut clerk,
        asked("openid"),
        "user_alice",
        basic(Provider::Clerk),
    );
    let tokens = tokens.expect("tokens");
    let oauth = claims_of(&tokens, "access_token");
    assert_eq!(
        (oauth.get("sid"), oauth.get("azp"), oauth.get("org_id")),
        (None, None, None)
    );
    assert_eq!(claims_of(&tokens, "id_token")["sub"], claims["sub"]);
    let scope = "openid user:org:read";
    let tokens = sign_in(
        &mut clerk,
        asked(scope),
        "user_alice",
        basic(Provider::Clerk),
    );
    let tokens = tokens.expect("tokens");
    assert_eq!(claims_of(&tokens, "access_token")["org_id"], "org_acme");
    assert_eq!(claims_of(&tokens, "id_token").get("org_id"), None);
}

#[test]
fn workos_answers_a_code_with_an_access_token_alone() {
    for provider in [Provider::Workos, Provider::WorkosOlder] {
        let mut workos = idp(provider);
        let tokens = sign_in(&mut workos, asked(""), "user_01alice", in_body(provider));
        let tokens = tokens.expect("tokens");
        assert_eq!(tokens.get("id_token"), None);
        let claims = claims_of(&tokens, "access_token");
        assert_eq!(claims["iss"], workos.issuer());
        assert_eq!(
            (&claims["sub"], claims.get("aud")),
            (&json!("user_01alice"), None)
        );
        assert_eq!(claims["org_id"], "org_acme");
        assert_eq!(
            sign_in(&mut workos, asked(""), "user_01alice", basic(provider)),
            Err(FlowError::InvalidClient)
        );
    }
    assert!(
        idp(Provider::Workos)
            .issuer()
            .ends_with(Provider::Workos.client_id())
    );
    assert!(!idp(Provider::WorkosOlder).issuer().contains("client_"));
}

#[test]
fn an_issuer_is_named_in_answers_as_the_tenant_is_set_up() {
    let mut okta = idp(Provider::Okta);
    let promise = "authorization_response_iss_parameter_supported";
    for (how, promised, named) in [
        (IssParameter::Absent, false, false),
        (IssParameter::Promised, true, true),
        (IssParameter::Unannounced, false, true),
        (IssParameter::Withheld, true, false),
    ] {
        okta.settings.iss_parameter = how;
        assert_eq!(okta.metadata().get(promise).is_some(), promised, "{how:?}");
        assert_eq!(okta.iss_of_answers().is_some(), named, "{how:?}");
    }
}
