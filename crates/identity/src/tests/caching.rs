//! How often an identity provider is asked, and what happens when it does not answer.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::json;

use super::kit::*;
use crate::{
    AuthenticationError, DocumentError, DocumentSource, FetchedDocument, SharedDocument,
    SharedDocuments, TokenError, USED_AT_MOST,
};
use onbehalf_clock::testkit::LeapingClock;
use onbehalf_clock::{Clock, Timestamp};

/// The shared state behind the trait, as the edge puts an object behind it.
struct Shared {
    state: SharedDocument,
    provider: Rc<Provider>,
    clock: Rc<LeapingClock>,
}

#[async_trait(?Send)]
impl SharedDocuments for Shared {
    async fn load(
        &self,
        source: &DocumentSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedDocument, DocumentError> {
        let clock: &dyn Clock = self.clock.as_ref();
        self.state
            .load(self.provider.as_ref(), clock, source, newer_than)
            .await
    }
}

/// Several isolates over one shared cache.
fn isolates(count: usize) -> Vec<Stage> {
    let config = json!([{ "provider": "oidc", "issuer": ISSUER, "audience": AUDIENCE }]);
    let first = Stage::new();
    let shared: Rc<dyn SharedDocuments> = Rc::new(Shared {
        state: SharedDocument::default(),
        provider: Rc::clone(&first.provider),
        clock: Rc::clone(&first.clock),
    });
    (0..count)
        .map(|_| {
            Stage::over(
                &config,
                Rc::clone(&first.provider),
                Rc::clone(&first.clock),
                Rc::clone(&shared),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_thousand_verifications_in_several_isolates_cost_one_fetch() {
    let isolates = isolates(4);
    let tokens: Vec<String> = (0..1000).map(|n| token(&with("jti", json!(n)))).collect();
    let all = tokens
        .iter()
        .enumerate()
        .map(|(n, token)| isolates[n % isolates.len()].try_token(token));
    for principal in join_all(all).await {
        assert_eq!(principal.expect("accepted").user_id(), "alice");
    }
    assert_eq!(isolates[0].provider.key_set_fetches.get(), 1);
}

#[tokio::test]
async fn a_flood_of_unknown_kids_costs_one_fetch_a_cooldown() {
    let isolates = isolates(3);
    let stage = &isolates[0];
    stage.try_token(&token(&claims())).await.expect("warm");
    stage.clock.pass(Duration::from_secs(60));
    let flood = |from: u32| {
        (from..from + 200)
            .map(|n| {
                sign(
                    &json!({ "alg": "RS256", "kid": format!("k{n}") }),
                    &claims(),
                )
            })
            .collect::<Vec<_>>()
    };
    for from in [0, 200] {
        let before = stage.provider.key_set_fetches.get();
        let tokens = flood(from);
        for (n, token) in tokens.iter().enumerate() {
            let error = isolates[n % 3].try_token(token).await;
            assert_eq!(
                error,
                Err(AuthenticationError::Invalid(TokenError::UnknownKey))
            );
        }
        assert_eq!(stage.provider.key_set_fetches.get() - before, 1);
        stage.clock.pass(Duration::from_secs(31));
    }
}

#[tokio::test]
async fn a_rotated_key_is_found_without_a_failed_request() {
    let isolates = isolates(2);
    let stage = &isolates[0];
    for isolate in &isolates {
        isolate.try_token(&token(&claims())).await.expect("warm");
    }
    stage.clock.pass(Duration::from_secs(60));
    *stage.provider.keys.borrow_mut() =
        json!({ "keys": [rsa_jwk(&RSA, "rs", "RS256"), rsa_jwk(&OTHER_RSA, "new", "RS256")] });
    let header = json!({ "alg": "RS256", "kid": "new" }).to_string();
    let rotated = sign_raw(&header, &claims().to_string(), "RS256", &OTHER_RSA);
    let old = token(&with("jti", json!("old")));
    for isolate in &isolates {
        isolate.try_token(&rotated).await.expect("the new key");
        isolate.try_token(&old).await.expect("the old key");
    }
    assert_eq!(stage.provider.key_set_fetches.get(), 2);
}

#[tokio::test]
async fn a_silent_provider_fails_no_token_whose_key_is_known_for_a_day() {
    let isolates = isolates(1);
    let stage = &isolates[0];
    stage.try_token(&token(&claims())).await.expect("warm");
    stage.provider.down.set(true);
    let later = |seconds: i64| {
        let mut claims = with("iat", json!(NOW + seconds));
        claims["exp"] = json!(NOW + seconds + 600);
        token(&claims)
    };
    stage.clock.pass(Duration::from_secs(23 * 3600));
    stage.try_token(&later(23 * 3600)).await.expect("known key");
    let missed = stage.authenticator.missed();
    assert_eq!(missed.len(), 1, "{missed:?}");
    assert!(missed[0].usable_until.is_some(), "the old one still counts");
    stage.clock.pass(Duration::from_secs(3 * 3600));
    let error = stage.try_token(&later(26 * 3600)).await;
    assert_eq!(
        error,
        Err(AuthenticationError::KeysUnavailable(
            DocumentError::Unreachable
        ))
    );
}

#[tokio::test]
async fn a_provider_that_was_down_at_first_is_asked_again() {
    let isolates = isolates(1);
    let stage = &isolates[0];
    stage.provider.down.set(true);
    assert!(stage.try_token(&token(&claims())).await.is_err());
    let missed = stage.authenticator.missed();
    assert!(missed.iter().any(|it| it.usable_until.is_none()));
    stage.provider.down.set(false);
    stage.clock.pass(Duration::from_secs(10));
    stage
        .try_token(&token(&claims()))
        .await
        .expect("back again");
    assert_eq!(stage.authenticator.missed(), []);
}

#[tokio::test]
async fn a_repeated_token_is_checked_once_and_not_beyond_its_time() {
    let stage = Stage::new();
    let token = token(&with("exp", json!(NOW + 20)));
    for _ in 0..10 {
        stage.try_token(&token).await.expect("accepted");
    }
    assert_eq!(stage.verifier.checks.get(), 1);
    stage.clock.pass(Duration::from_secs(51));
    assert_eq!(
        stage.try_token(&token).await,
        Err(AuthenticationError::Invalid(TokenError::Expired))
    );
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_believed() {
    let stage = Stage::new();
    *stage.provider.metadata_issuer.borrow_mut() = "https://evil.example".into();
    assert_eq!(
        stage.try_token(&token(&claims())).await,
        Err(AuthenticationError::KeysUnavailable(
            DocumentError::WrongIssuer
        ))
    );
}

/// Whoever asks goes away in the middle: nobody else may pay for it.
#[tokio::test]
async fn a_fetch_whose_request_is_cancelled_does_not_spend_the_cooldown() {
    let isolates = isolates(2);
    let stage = &isolates[0];
    for isolate in &isolates {
        isolate.try_token(&token(&claims())).await.expect("warm");
    }
    stage.clock.pass(Duration::from_secs(60));
    *stage.provider.keys.borrow_mut() =
        json!({ "keys": [rsa_jwk(&RSA, "rs", "RS256"), rsa_jwk(&OTHER_RSA, "new", "RS256")] });
    let header = json!({ "alg": "RS256", "kid": "new" }).to_string();
    let rotated = sign_raw(&header, &claims().to_string(), "RS256", &OTHER_RSA);
    {
        let mut cancelled = Box::pin(stage.try_token(&rotated));
        assert!(futures::poll!(&mut cancelled).is_pending());
        assert_eq!(stage.provider.asked.get(), 3, "the fetch is under way");
    }
    for isolate in &isolates {
        isolate.try_token(&rotated).await.expect("the new key");
    }
}

/// Going away is free, so that it must not be a way to have the issuer asked again and again.
#[tokio::test]
async fn cancelling_again_and_again_costs_the_issuer_a_few_fetches_at_most() {
    let isolates = isolates(1);
    let stage = &isolates[0];
    stage.try_token(&token(&claims())).await.expect("warm");
    stage.clock.pass(Duration::from_secs(60));
    let before = stage.provider.asked.get();
    for n in 0..100 {
        let header = json!({ "alg": "RS256", "kid": format!("k{n}") });
        let unknown = sign(&header, &claims());
        let mut cancelled = Box::pin(stage.try_token(&unknown));
        let _ = futures::poll!(&mut cancelled);
    }
    let asked = stage.provider.asked.get() - before;
    assert!((1..=6).contains(&asked), "{asked}");
    stage
        .try_token(&token(&with("jti", json!("after"))))
        .await
        .expect("a known key");
}

/// A setting that names another place finds nothing that was kept from the old one.
#[tokio::test]
async fn a_changed_jwks_uri_counts_at_once() {
    let first = Stage::new();
    let documents = Rc::new(ByName {
        states: RefCell::default(),
        provider: Rc::clone(&first.provider),
        clock: Rc::clone(&first.clock),
    });
    let deployed = |uri: &str| {
        let config = json!([{ "provider": "oidc", "issuer": ISSUER, "audience": AUDIENCE,
            "jwks_uri": uri }]);
        let shared = Rc::clone(&documents) as Rc<dyn SharedDocuments>;
        Stage::over(
            &config,
            Rc::clone(&first.provider),
            Rc::clone(&first.clock),
            shared,
        )
    };
    let old = deployed("https://idp.example/old");
    old.try_token(&token(&claims())).await.expect("accepted");
    *first.provider.keys.borrow_mut() = json!({ "keys": [rsa_jwk(&OTHER_RSA, "rs", "RS256")] });
    let new = deployed("https://idp.example/new");
    assert_eq!(
        new.try_token(&token(&claims())).await,
        Err(AuthenticationError::Invalid(TokenError::Signature))
    );
}

/// Documents by name, as the edge keeps an object for each.
struct ByName {
    states: RefCell<BTreeMap<String, Rc<SharedDocument>>>,
    provider: Rc<Provider>,
    clock: Rc<LeapingClock>,
}

#[async_trait(?Send)]
impl SharedDocuments for ByName {
    async fn load(
        &self,
        source: &DocumentSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedDocument, DocumentError> {
        let state = Rc::clone(self.states.borrow_mut().entry(source.name()).or_default());
        let clock: &dyn Clock = self.clock.as_ref();
        state
            .load(self.provider.as_ref(), clock, source, newer_than)
            .await
    }
}

/// However long the issuer lets a set be kept, and whoever does not answer: a key that was
/// withdrawn is honoured for as long as the code says, to the second.
#[tokio::test]
async fn no_key_outlives_the_stated_time() {
    for max_age in ["max-age=600", "max-age=31536000", "max-age=0"] {
        let isolates = isolates(1);
        let stage = &isolates[0];
        *stage.provider.cache_control.borrow_mut() = max_age.into();
        let at = |seconds: i64| {
            let mut claims = with("iat", json!(NOW + seconds));
            claims["exp"] = json!(NOW + seconds + 600);
            token(&claims)
        };
        stage.try_token(&at(0)).await.expect("warm");
        stage.provider.down.set(true);
        let longest = i64::try_from(USED_AT_MOST.as_secs()).expect("seconds");
        stage.clock.pass(USED_AT_MOST - Duration::from_secs(1));
        stage.try_token(&at(longest)).await.expect(max_age);
        stage.clock.pass(Duration::from_secs(61));
        assert_eq!(
            stage.try_token(&at(longest + 1)).await,
            Err(AuthenticationError::KeysUnavailable(
                DocumentError::Unreachable
            )),
            "{max_age}"
        );
    }
}
