//! Token verification as the product does it, over keys that are at hand.

use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_clock::Clock;
use onbehalf_clock::Timestamp;
use onbehalf_identity::{
    Authenticator, DocumentError, DocumentSource, FetchedDocument, IdentityCaches, IdentityConfig,
    SharedDocuments,
};
use serde::Deserialize;

use crate::edge::clock::EdgeClock;
use crate::edge::web_crypto::WebCrypto;

/// What to verify.
#[derive(Deserialize)]
pub struct Verification {
    /// The product's `IDENTITY_PROVIDERS`.
    providers: String,
    /// The issuer's JWK Set.
    keys: String,
    /// Bearer tokens.
    tokens: Vec<String>,
    /// How often all of them are verified.
    rounds: u32,
    /// Whether the isolate remembers the tokens it has verified.
    warm: bool,
}

/// A key set without a way to it.
struct AtHand(String);

#[async_trait(?Send)]
impl SharedDocuments for AtHand {
    async fn load(
        &self,
        _: &DocumentSource,
        _: Option<Timestamp>,
    ) -> Result<FetchedDocument, DocumentError> {
        let now = EdgeClock.now();
        Ok(FetchedDocument {
            json: self.0.clone(),
            fetched_at: now,
            fresh_until: now.plus(std::time::Duration::from_secs(3600)),
        })
    }
}

/// Verifies, and answers how many tokens were good.
pub async fn verify(order: Verification) -> Result<u32, String> {
    let config = IdentityConfig::from_json(&order.providers).map_err(|error| error.to_string())?;
    let headers: Vec<String> = order
        .tokens
        .iter()
        .map(|it| format!("Bearer {it}"))
        .collect();
    let mut authenticator = Authenticator {
        config: Rc::new(config),
        caches: Rc::default(),
        shared: Rc::new(AtHand(order.keys)),
        verifier: Rc::new(WebCrypto::default()),
        clock: Rc::new(EdgeClock),
    };
    let mut good = 0;
    for _ in 0..order.rounds {
        if !order.warm {
            authenticator.caches = Rc::new(IdentityCaches::default());
        }
        for header in &headers {
            let principal = authenticator.authenticate(Some(header)).await;
            principal.map_err(|error| error.to_string())?;
            good += 1;
        }
    }
    Ok(good)
}
