//! How often an identity provider is asked, and what happens when it does not answer.

use std::rc::Rc;

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::json;

use super::kit::*;
use crate::{
    AuthenticationError, FetchedKeySet, KeySetError, KeySetSource, SharedKeySetState,
    SharedKeySets, TokenError,
};
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;

/// The shared state behind the trait, as the edge puts an object behind it.
struct Shared {
    state: SharedKeySetState,
    provider: Rc<Provider>,
    clock: Rc<ManualClock>,
}

#[async_trait(?Send)]
impl SharedKeySets for Shared {
    async fn load(
        &self,
        source: &KeySetSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedKeySet, KeySetError> {
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
    let shared: Rc<dyn SharedKeySets> = Rc::new(Shared {
        state: SharedKeySetState::default(),
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
    stage.clock.advance(60);
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
        stage.clock.advance(31);
    }
}

#[tokio::test]
async fn a_rotated_key_is_found_without_a_failed_request() {
    let isolates = isolates(2);
    let stage = &isolates[0];
    for isolate in &isolates {
        isolate.try_token(&token(&claims())).await.expect("warm");
    }
    stage.clock.advance(60);
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
    stage.clock.advance(23 * 3600);
    stage.try_token(&later(23 * 3600)).await.expect("known key");
    stage.clock.advance(3 * 3600);
    let error = stage.try_token(&later(26 * 3600)).await;
    assert_eq!(
        error,
        Err(AuthenticationError::KeysUnavailable(
            KeySetError::Unreachable
        ))
    );
}

#[tokio::test]
async fn a_provider_that_was_down_at_first_is_asked_again() {
    let isolates = isolates(1);
    let stage = &isolates[0];
    stage.provider.down.set(true);
    assert!(stage.try_token(&token(&claims())).await.is_err());
    stage.provider.down.set(false);
    stage.clock.advance(10);
    stage
        .try_token(&token(&claims()))
        .await
        .expect("back again");
}

#[tokio::test]
async fn a_repeated_token_is_checked_once_and_not_beyond_its_time() {
    let stage = Stage::new();
    let token = token(&with("exp", json!(NOW + 20)));
    for _ in 0..10 {
        stage.try_token(&token).await.expect("accepted");
    }
    assert_eq!(stage.verifier.checks.get(), 1);
    stage.clock.advance(51);
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
            KeySetError::WrongIssuer
        ))
    );
}
