//! The table of attacks on tokens: RFC 8725's list and what else has been seen in the field.

use serde_json::{Value, json};

use super::kit::*;
use crate::{AuthenticationError, TokenError};

async fn refused(token: &str) -> TokenError {
    match Stage::new().try_token(token).await {
        Err(AuthenticationError::Invalid(error)) => error,
        other => panic!("expected a refused token, got {other:?}"),
    }
}

async fn refused_claims(claims: &Value) -> TokenError {
    refused(&token(claims)).await
}

#[tokio::test]
async fn each_algorithm_is_accepted_with_its_own_key() {
    for (alg, kid) in [
        ("RS256", "rs"),
        ("PS256", "ps"),
        ("ES256", "es"),
        ("EdDSA", "ed"),
    ] {
        let token = sign(&json!({ "alg": alg, "kid": kid }), &claims());
        let principal = Stage::new().try_token(&token).await.expect(alg);
        assert_eq!(principal.user_id(), "alice");
        assert_eq!(principal.issuer(), ISSUER);
    }
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({ "alg": alg, "kid": "rs" }).to_string();
        let unsigned = format!("{}.{}.", encode(header), encode(claims().to_string()));
        assert_eq!(refused(&unsigned).await, TokenError::Algorithm);
    }
}

#[tokio::test]
async fn a_public_key_is_never_taken_for_a_secret() {
    use hmac::{Hmac, Mac};
    let header = json!({ "alg": "HS256", "kid": "rs" }).to_string();
    let message = format!("{}.{}", encode(header), encode(claims().to_string()));
    let public = rsa_jwk(&RSA, "rs", "RS256")["n"].to_string();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(public.as_bytes()).expect("a key");
    mac.update(message.as_bytes());
    let forged = format!("{message}.{}", encode(mac.finalize().into_bytes()));
    assert_eq!(refused(&forged).await, TokenError::Algorithm);
}

#[tokio::test]
async fn the_key_fixes_the_algorithm() {
    for (alg, kid) in [
        ("PS256", "rs"),
        ("RS256", "ps"),
        ("RS256", "es"),
        ("ES256", "ed"),
    ] {
        let token = sign(&json!({ "alg": alg, "kid": kid }), &claims());
        assert_eq!(refused(&token).await, TokenError::KeyAlgorithm);
    }
}

#[tokio::test]
async fn another_key_s_signature_is_refused() {
    let header = json!({ "alg": "RS256", "kid": "rs" }).to_string();
    let forged = sign_raw(&header, &claims().to_string(), "RS256", &OTHER_RSA);
    assert_eq!(refused(&forged).await, TokenError::Signature);
}

#[tokio::test]
async fn a_changed_claim_breaks_the_signature() {
    let signed = token(&claims());
    let mut parts = signed.split('.');
    let (header, _, signature) = (parts.next(), parts.next(), parts.next());
    let other = encode(with("sub", json!("mallory")).to_string());
    let forged = format!(
        "{}.{other}.{}",
        header.expect("one"),
        signature.expect("one")
    );
    assert_eq!(refused(&forged).await, TokenError::Signature);
}

#[tokio::test]
async fn the_audience_must_be_this_service() {
    for wrong in [
        json!("other"),
        Value::Null,
        json!(["other", "another"]),
        json!([]),
        json!("onbehalf "),
        json!("ONBEHALF"),
    ] {
        assert_eq!(
            refused_claims(&with("aud", wrong)).await,
            TokenError::Audience
        );
    }
    assert_eq!(
        refused_claims(&with("aud", json!(["onbehalf", 7]))).await,
        TokenError::Audience
    );
    let several = token(&with("aud", json!(["other", AUDIENCE])));
    assert!(Stage::new().try_token(&several).await.is_ok());
}

#[tokio::test]
async fn the_issuer_is_compared_byte_for_byte() {
    for wrong in [
        "https://evil.example",
        "https://idp.example/",
        "https://IDP.example",
        "https://idp.example ",
        "",
    ] {
        assert_eq!(
            refused_claims(&with("iss", json!(wrong))).await,
            TokenError::Issuer
        );
    }
    assert_eq!(
        refused_claims(&with("iss", Value::Null)).await,
        TokenError::Issuer
    );
}

#[tokio::test]
async fn times_are_checked_with_a_small_leeway() {
    assert_eq!(
        refused_claims(&with("exp", json!(NOW - 31))).await,
        TokenError::Expired
    );
    assert_eq!(
        refused_claims(&with("exp", Value::Null)).await,
        TokenError::NoExpiry
    );
    assert_eq!(
        refused_claims(&with("nbf", json!(NOW + 31))).await,
        TokenError::NotYetValid
    );
    assert_eq!(
        refused_claims(&with("iat", json!(NOW + 31))).await,
        TokenError::NotYetValid
    );
    let year = json!(NOW + 365 * 24 * 3600);
    assert_eq!(
        refused_claims(&with("exp", year)).await,
        TokenError::Lifetime
    );
    for (name, value) in [("exp", NOW - 20), ("nbf", NOW + 20), ("iat", NOW + 20)] {
        let token = token(&with(name, json!(value)));
        assert!(
            Stage::new().try_token(&token).await.is_ok(),
            "{name} within the leeway"
        );
    }
}

#[tokio::test]
async fn absurd_numbers_are_refused_without_a_panic() {
    for absurd in [
        json!(-1),
        json!(i64::MAX),
        json!(1e300),
        json!("soon"),
        json!({}),
    ] {
        for name in ["exp", "nbf", "iat"] {
            let error = Stage::new()
                .try_token(&token(&with(name, absurd.clone())))
                .await;
            if name == "exp" {
                assert!(error.is_err(), "{name} = {absurd}");
            }
        }
    }
}

#[tokio::test]
async fn headers_may_not_ask_for_extensions_or_bring_keys() {
    let own_key = rsa_jwk(&OTHER_RSA, "own", "RS256");
    for (name, value, error) in [
        ("crit", json!(["exp"]), TokenError::CriticalHeader),
        ("b64", json!(false), TokenError::CriticalHeader),
        (
            "jku",
            json!("https://evil.example/keys"),
            TokenError::EmbeddedKey,
        ),
        (
            "x5u",
            json!("https://evil.example/cert"),
            TokenError::EmbeddedKey,
        ),
        ("x5c", json!(["MII"]), TokenError::EmbeddedKey),
        ("jwk", own_key, TokenError::EmbeddedKey),
    ] {
        let mut header = json!({ "alg": "RS256", "kid": "rs" });
        header[name] = value;
        let stage = Stage::new();
        let signed = sign_raw(
            &header.to_string(),
            &claims().to_string(),
            "RS256",
            &OTHER_RSA,
        );
        assert_eq!(
            stage.try_token(&signed).await,
            Err(AuthenticationError::Invalid(error)),
            "{name}"
        );
        assert_eq!(
            stage.provider.key_set_fetches.get(),
            0,
            "{name} is refused unasked"
        );
    }
}

#[tokio::test]
async fn a_kid_is_a_name_and_nothing_else() {
    let long = "k".repeat(10_000);
    for kid in [
        "unknown",
        "../../etc/passwd",
        "rs' OR '1'='1",
        "",
        long.as_str(),
    ] {
        let token = sign(&json!({ "alg": "RS256", "kid": kid }), &claims());
        assert_eq!(refused(&token).await, TokenError::UnknownKey, "{kid:.20}");
    }
    let number = sign(&json!({ "alg": "RS256", "kid": 7 }), &claims());
    assert_eq!(refused(&number).await, TokenError::UnknownKey);
}

#[tokio::test]
async fn without_a_kid_only_a_set_of_one_key_is_clear() {
    let nameless = sign(&json!({ "alg": "ES256" }), &claims());
    assert!(
        Stage::new().try_token(&nameless).await.is_ok(),
        "one ES256 key"
    );
    let stage = Stage::new();
    let two = json!({ "keys": [rsa_jwk(&RSA, "a", "RS256"), rsa_jwk(&OTHER_RSA, "b", "RS256")] });
    *stage.provider.keys.borrow_mut() = two;
    let nameless = sign(&json!({ "alg": "RS256" }), &claims());
    let error = stage.try_token(&nameless).await;
    assert_eq!(
        error,
        Err(AuthenticationError::Invalid(TokenError::UnknownKey))
    );
}

#[tokio::test]
async fn keys_that_are_not_for_signatures_are_not_used() {
    let encryption = |mut key: Value| {
        key["use"] = json!("enc");
        key
    };
    let operations = |mut key: Value| {
        key["key_ops"] = json!(["encrypt"]);
        key
    };
    for key in [
        encryption(rsa_jwk(&RSA, "rs", "RS256")),
        operations(rsa_jwk(&RSA, "rs", "RS256")),
        rsa_jwk(&WEAK_RSA, "rs", "RS256"),
        rsa_jwk(&RSA, "rs", "RSA-OAEP"),
    ] {
        let stage = Stage::new();
        *stage.provider.keys.borrow_mut() = json!({ "keys": [key] });
        assert_eq!(
            stage.try_token(&token(&claims())).await,
            Err(AuthenticationError::Invalid(TokenError::UnknownKey))
        );
    }
}

#[tokio::test]
async fn two_keys_of_one_name_are_nobody_s() {
    let stage = Stage::new();
    *stage.provider.keys.borrow_mut() =
        json!({ "keys": [rsa_jwk(&OTHER_RSA, "rs", "RS256"), rsa_jwk(&RSA, "rs", "RS256")] });
    assert_eq!(
        stage.try_token(&token(&claims())).await,
        Err(AuthenticationError::Invalid(TokenError::UnknownKey))
    );
}

#[tokio::test]
async fn repeated_members_are_refused() {
    let header = r#"{"alg":"RS256","kid":"rs"}"#;
    let body = claims().to_string();
    let twice = body.replacen('{', r#"{"sub":"mallory","#, 1);
    let token = sign_raw(header, &twice, "RS256", &RSA);
    assert_eq!(refused(&token).await, TokenError::DuplicateMember);
    let token = sign_raw(
        r#"{"alg":"RS256","kid":"rs","kid":"ps"}"#,
        &body,
        "RS256",
        &RSA,
    );
    assert_eq!(refused(&token).await, TokenError::DuplicateMember);
}

#[tokio::test]
async fn a_token_for_something_else_is_not_an_access_token() {
    for typ in ["dpop+jwt", "logout+jwt", "secevent+jwt", "vc+jwt"] {
        let header = json!({ "alg": "RS256", "kid": "rs", "typ": typ });
        assert_eq!(
            refused(&sign(&header, &claims())).await,
            TokenError::Type,
            "{typ}"
        );
    }
    assert_eq!(
        refused_claims(&with("nonce", json!("n"))).await,
        TokenError::Type
    );
    assert_eq!(
        refused_claims(&with("at_hash", json!("h"))).await,
        TokenError::Type
    );
}

#[tokio::test]
async fn a_time_that_is_no_number_is_called_malformed() {
    for name in ["exp", "nbf", "iat"] {
        let error = refused_claims(&with(name, json!("soon"))).await;
        assert_eq!(error, TokenError::Malformed, "{name}");
    }
}

#[tokio::test]
async fn malformed_texts_are_refused() {
    let good = token(&claims());
    let mut texts = vec![
        "a".to_owned(),
        "a.b".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        format!("{good}.extra"),
        format!("{good}="),
        good.replace('.', ".="),
        "-".repeat(100),
    ];
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
    texts.push(sign_raw(
        r#"{"alg":"RS256","kid":"rs"}"#,
        &deep,
        "RS256",
        &RSA,
    ));
    for text in texts {
        assert_eq!(refused(&text).await, TokenError::Malformed, "{text:.40}");
    }
    assert_eq!(refused(&"a".repeat(1024 * 1024)).await, TokenError::TooLong);
    for header in [
        "Bearer a\0b",
        "Bearer a b",
        "Bearer ",
        "Bearer",
        "Bearer a, Bearer b",
    ] {
        let error = Stage::new().authenticator.authenticate(Some(header)).await;
        assert_eq!(
            error,
            Err(AuthenticationError::MalformedHeader),
            "{header:?}"
        );
    }
    let basic = Stage::new().authenticator;
    let error = basic.authenticate(Some("Basic YTpi")).await;
    assert_eq!(error, Err(AuthenticationError::OtherScheme));
}

#[tokio::test]
async fn a_subject_must_be_there_and_presentable() {
    let long = "s".repeat(10_000);
    for wrong in [
        json!(""),
        json!(7),
        json!(null),
        json!(long),
        json!("a\u{0}b"),
        json!("a\nb"),
    ] {
        assert_eq!(
            refused_claims(&with("sub", wrong)).await,
            TokenError::Subject
        );
    }
    for odd in ["auth0|5f7c8", "a/b", "аlice", "ali ce", "..", "%41"] {
        let principal = Stage::new()
            .try_token(&token(&with("sub", json!(odd))))
            .await;
        assert_eq!(principal.expect(odd).user_id(), odd);
    }
}

#[tokio::test]
async fn without_configuration_nobody_gets_in() {
    let stage = Stage::configured(&json!([]));
    assert_eq!(
        stage.try_token(&token(&claims())).await,
        Err(AuthenticationError::Invalid(TokenError::Issuer))
    );
    let missing = stage.authenticator.authenticate(None).await;
    assert_eq!(missing, Err(AuthenticationError::Missing));
}

#[tokio::test]
async fn an_error_never_echoes_the_token() {
    let secret = token(&with("sub", json!("canary-subject")));
    let broken = format!("{secret}x");
    let error = Stage::new()
        .try_token(&broken)
        .await
        .expect_err("a broken token");
    let said = format!("{error} {error:?} {:?}", error.challenge());
    assert!(
        !said.contains("canary") && !said.contains(&secret[..20]),
        "{said}"
    );
}
