//! Fuzz targets of the identity layer: tokens, claims, key sets.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::claims::{Purpose, VerifiedClaims};
use super::config::IdentityConfig;
use super::key_set::KeySet;
use super::token::{TOKEN_BYTES, UnverifiedToken};
use onbehalf_clock::Timestamp;

const ISSUER: &str = "https://idp.example";
/// 2026-11-23T08:00:00Z, in seconds.
const NOW: i64 = 1_795_420_800;

static CONFIG: LazyLock<IdentityConfig> = LazyLock::new(|| {
    let json = serde_json::json!([
        { "provider": "oidc", "issuer": ISSUER, "audience": "onbehalf", "client_id": "client" }
    ]);
    IdentityConfig::from_json(&json.to_string()).expect("a configuration")
});

/// Text as it comes in a header.
pub fn token(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(parsed) = UnverifiedToken::parse(text) {
        assert!(text.len() <= TOKEN_BYTES && text.bytes().filter(|it| *it == b'.').count() == 2);
        believe(&parsed, text);
    }
}

/// A header and claims with a `~` between them, as somebody who can sign would write them.
pub fn claims(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'~');
    let (header, claims) = bytes.split_at(at.unwrap_or(bytes.len()));
    let claims = claims.get(1..).unwrap_or_default();
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let text = format!("{}.{}.AAAA", encode(header), encode(claims));
    if let Ok(parsed) = UnverifiedToken::parse(&text) {
        believe(&parsed, &text);
    }
}

/// The checks after a good signature, and what must be true of whatever passes them, read from the
/// claims in another way.
fn believe(token: &UnverifiedToken<'_>, text: &str) {
    let issuer = CONFIG.issuer(ISSUER).expect("the issuer");
    let sign_in = Purpose::SignIn {
        client_id: "client",
        nonce: "n",
    };
    let now = Timestamp::from_millis(NOW * 1000);
    for purpose in [Purpose::Access, sign_in] {
        let Ok(verified) = VerifiedClaims::of_signed(token, issuer, purpose, now) else {
            continue;
        };
        let payload = text.split('.').nth(1).unwrap_or_default();
        let payload = URL_SAFE_NO_PAD.decode(payload).expect("it was decoded");
        let claims: Value = serde_json::from_slice(&payload).expect("it was read");
        let audience = match purpose {
            Purpose::Access => "onbehalf",
            Purpose::SignIn { .. } | Purpose::Beside { .. } => "client",
        };
        let names_us = match &claims["aud"] {
            Value::String(one) => one == audience,
            Value::Array(many) => many.iter().any(|it| it == audience),
            _ => false,
        };
        assert!(names_us, "{claims}");
        assert_eq!(claims["iss"], ISSUER);
        assert_eq!(claims.get("nonce").is_some(), purpose != Purpose::Access);
        let user = verified.principal().user_id();
        assert_eq!(claims["sub"], user);
        assert!((1..=255).contains(&user.len()) && !user.chars().any(char::is_control));
        let seconds = |name: &str| claims[name].as_f64();
        assert!(
            seconds("exp").is_some_and(|at| at > NOW as f64 - 31.0),
            "{claims}"
        );
        assert!(
            seconds("nbf").is_none_or(|at| at < NOW as f64 + 32.0),
            "{claims}"
        );
        let begin = seconds("iat").unwrap_or(NOW as f64);
        assert!(
            seconds("exp").is_some_and(|at| at - begin < 86_402.0),
            "{claims}"
        );
    }
}

/// A key set as it was published.
pub fn key_set(bytes: &[u8]) {
    let Ok(keys) = KeySet::parse(bytes) else {
        return;
    };
    for algorithm in ["RS256", "PS256", "ES256", "EdDSA"] {
        let algorithm = Algorithm::named(algorithm).expect("an accepted algorithm");
        for kid in [None, Some("a"), Some("b"), Some("")] {
            let Ok(key) = keys.find(kid, algorithm) else {
                continue;
            };
            assert_eq!(key.algorithm(), algorithm);
            let jwk = key.to_jwk_json();
            let bytes = |name: &str| {
                let text = jwk[name].as_str().expect("a member");
                URL_SAFE_NO_PAD.decode(text).expect("base64url")
            };
            match jwk["kty"].as_str() {
                Some("RSA") => assert!(bytes("n").len() >= 256 && bytes("e") != [1]),
                _ => assert_eq!(bytes("x").len(), 32),
            }
            assert!(jwk.get("d").is_none() && jwk.get("k").is_none(), "{jwk}");
        }
    }
}
