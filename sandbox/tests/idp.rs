//! The identity provider: real keys, the code flow, and rotation.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onbehalf_sandbox::idp::{
    Authorization, CLIENT_ID, CLIENT_SECRET, Credentials, FlowError, Idp, Person, Provider,
    TokenRequest,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

const NOW: i64 = 1_795_420_800_000;

fn alice() -> Person {
    Person {
        sub: "alice".into(),
        name: "Alice Moreau".into(),
        org: "org_acme".into(),
        email: "alice@acme.example".into(),
    }
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

#[test]
fn each_algorithm_has_a_key_in_the_set() {
    let mut idp = Idp::new(Provider::Plain, "http://localhost", [7; 32]).expect("keys");
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let token = idp.access_token(&alice(), alg, 60, NOW).expect("a token");
        let header = part(&token, 0);
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&alg.into(), &"at+jwt".into())
        );
        let keys = idp.keys.jwks()["keys"].as_array().expect("keys").clone();
        assert!(
            keys.iter()
                .any(|key| key["kid"] == header["kid"] && key["alg"] == alg)
        );
    }
    assert!(idp.access_token(&alice(), "none", 60, NOW).is_err());
}

#[test]
fn rotation_adds_a_default_key_and_can_drop_the_old() {
    let mut idp = Idp::new(Provider::Plain, "http://localhost", [7; 32]).expect("keys");
    let old = part(
        &idp.access_token(&alice(), "RS256", 60, NOW)
            .expect("a token"),
        0,
    )["kid"]
        .clone();
    let new = idp.keys.rotate(false).expect("a key");
    let token = idp
        .access_token(&alice(), "RS256", 60, NOW)
        .expect("a token");
    assert_eq!(part(&token, 0)["kid"], new.as_str());
    let has = |idp: &Idp, kid: &Value| {
        idp.keys.jwks()["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .any(|key| key["kid"] == *kid)
    };
    assert!(has(&idp, &old));
    idp.keys.rotate(true).expect("a key");
    assert!(!has(&idp, &old) && !has(&idp, &new.into()));
}

#[test]
fn a_code_is_exchanged_once_with_its_proof() {
    let mut idp = Idp::new(Provider::Plain, "http://localhost", [7; 32]).expect("keys");
    let authorize = |idp: &mut Idp| {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(b"verifier"));
        let authorization = Authorization {
            redirect_uri: "https://app.example/cb".into(),
            challenge,
            nonce: Some("n".into()),
            scope: "openid".into(),
            ..Authorization::default()
        };
        idp.authorize(authorization, alice(), NOW).expect("a code")
    };
    let request = |code: String| TokenRequest {
        code,
        redirect_uri: Some("https://app.example/cb".into()),
        verifier: "verifier".into(),
        credentials: Credentials::in_body(CLIENT_ID, CLIENT_SECRET),
    };
    let good = request(authorize(&mut idp));
    let tokens = idp.exchange(&good, NOW).expect("tokens");
    let claims = part(tokens["id_token"].as_str().expect("a token"), 1);
    assert_eq!(
        (&claims["sub"], &claims["aud"], &claims["nonce"]),
        (&"alice".into(), &CLIENT_ID.into(), &"n".into())
    );
    assert_eq!(idp.exchange(&good, NOW), Err(FlowError::InvalidGrant));
    for wrong in [
        TokenRequest {
            verifier: "other".into(),
            ..request(authorize(&mut idp))
        },
        TokenRequest {
            redirect_uri: Some("https://evil.example".into()),
            ..request(authorize(&mut idp))
        },
    ] {
        assert_eq!(idp.exchange(&wrong, NOW), Err(FlowError::InvalidGrant));
    }
    let stranger = TokenRequest {
        credentials: Credentials::in_body(CLIENT_ID, "x"),
        ..request(authorize(&mut idp))
    };
    assert_eq!(idp.exchange(&stranger, NOW), Err(FlowError::InvalidClient));
    let late = request(authorize(&mut idp));
    assert_eq!(
        idp.exchange(&late, NOW + 60_000),
        Err(FlowError::InvalidGrant)
    );
}
