//! Keys, signatures, a clock that stands still and an identity provider that counts.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::LazyLock;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::Verifier as _;
use rsa::RsaPrivateKey;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    Authenticator, DirectDocuments, IdentityCaches, IdentityConfig, PublicKey, SharedDocuments,
    SignatureError, SignatureVerifier,
};
use onbehalf_clock::testkit::LeapingClock;
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse};

pub const ISSUER: &str = "https://idp.example";
pub const AUDIENCE: &str = "onbehalf";
/// 2026-11-23T08:00:00Z.
pub const NOW: i64 = 1_795_420_800;

/// RSA keys take a second each to make; they are made once.
pub static RSA: LazyLock<RsaPrivateKey> = LazyLock::new(|| rsa_key(2048));
pub static OTHER_RSA: LazyLock<RsaPrivateKey> = LazyLock::new(|| rsa_key(2048));
pub static WEAK_RSA: LazyLock<RsaPrivateKey> = LazyLock::new(|| rsa_key(1024));
static EC: LazyLock<p256::ecdsa::SigningKey> =
    LazyLock::new(|| p256::ecdsa::SigningKey::random(&mut rand::thread_rng()));
static ED: LazyLock<ed25519_dalek::SigningKey> =
    LazyLock::new(|| ed25519_dalek::SigningKey::from_bytes(&[7; 32]));

fn rsa_key(bits: usize) -> RsaPrivateKey {
    RsaPrivateKey::new(&mut rand::thread_rng(), bits).expect("an RSA key")
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn rsa_jwk(key: &RsaPrivateKey, kid: &str, alg: &str) -> Value {
    json!({ "kty": "RSA", "kid": kid, "alg": alg, "use": "sig",
        "n": encode(key.n().to_bytes_be()), "e": encode(key.e().to_bytes_be()) })
}

pub fn key_set() -> Value {
    let point = EC.verifying_key().to_encoded_point(false);
    let coordinate = |bytes: Option<&p256::FieldBytes>| encode(bytes.expect("a point"));
    json!({ "keys": [
        rsa_jwk(&RSA, "rs", "RS256"),
        rsa_jwk(&RSA, "ps", "PS256"),
        { "kty": "EC", "kid": "es", "alg": "ES256", "crv": "P-256",
          "x": coordinate(point.x()), "y": coordinate(point.y()) },
        { "kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": encode(ED.verifying_key().as_bytes()) },
    ] })
}

pub fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "alice", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 3600 })
}

pub fn signature(alg: &str, key: &RsaPrivateKey, message: &[u8]) -> Vec<u8> {
    let mut random = rand::thread_rng();
    match alg {
        "RS256" => rsa::pkcs1v15::SigningKey::<Sha256>::new(key.clone())
            .sign_with_rng(&mut random, message)
            .to_vec(),
        "PS256" => rsa::pss::SigningKey::<Sha256>::new(key.clone())
            .sign_with_rng(&mut random, message)
            .to_vec(),
        "ES256" => {
            let signature: p256::ecdsa::Signature =
                p256::ecdsa::signature::Signer::sign(&*EC, message);
            signature.to_vec()
        }
        _ => ED.sign(message).to_vec(),
    }
}

/// A token of exactly these parts.
pub fn sign_raw(header: &str, payload: &str, alg: &str, key: &RsaPrivateKey) -> String {
    let message = format!("{}.{}", encode(header), encode(payload));
    let signature = signature(alg, key, message.as_bytes());
    format!("{message}.{}", encode(signature))
}

/// A token with this header and these claims, signed as its header says.
pub fn sign(header: &Value, claims: &Value) -> String {
    let alg = header["alg"].as_str().unwrap_or("RS256").to_owned();
    sign_raw(&header.to_string(), &claims.to_string(), &alg, &RSA)
}

/// A token that is accepted, unless the claims say otherwise.
pub fn token(claims: &Value) -> String {
    sign(
        &json!({ "alg": "RS256", "kid": "rs", "typ": "at+jwt" }),
        claims,
    )
}

/// The claims with one of them set, or removed with `null`.
pub fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    if value.is_null() {
        claims.as_object_mut().expect("an object").remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// The arithmetic of WebCrypto, natively.
#[derive(Default)]
pub struct NativeVerifier {
    pub checks: Cell<u32>,
}

#[async_trait(?Send)]
impl SignatureVerifier for NativeVerifier {
    async fn verify(
        &self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureError> {
        use crate::Algorithm;
        self.checks.set(self.checks.get() + 1);
        let jwk = key.to_jwk_json();
        let member = |name: &str| {
            let text = jwk[name].as_str().unwrap_or_default();
            URL_SAFE_NO_PAD.decode(text).expect("base64url")
        };
        let rsa_key = || {
            let number = |name| rsa::BigUint::from_bytes_be(&member(name));
            rsa::RsaPublicKey::new(number("n"), number("e")).expect("an RSA key")
        };
        Ok(match key.algorithm() {
            Algorithm::Rs256 => rsa::pkcs1v15::Signature::try_from(signature).is_ok_and(|it| {
                rsa::signature::Verifier::verify(
                    &rsa::pkcs1v15::VerifyingKey::<Sha256>::new(rsa_key()),
                    message,
                    &it,
                )
                .is_ok()
            }),
            Algorithm::Ps256 => rsa::pss::Signature::try_from(signature).is_ok_and(|it| {
                rsa::signature::Verifier::verify(
                    &rsa::pss::VerifyingKey::<Sha256>::new(rsa_key()),
                    message,
                    &it,
                )
                .is_ok()
            }),
            Algorithm::Es256 => p256::ecdsa::Signature::from_slice(signature).is_ok_and(|it| {
                let (x, y) = (member("x"), member("y"));
                let point = p256::EncodedPoint::from_affine_coordinates(
                    p256::FieldBytes::from_slice(&x),
                    p256::FieldBytes::from_slice(&y),
                    false,
                );
                p256::ecdsa::VerifyingKey::from_encoded_point(&point)
                    .is_ok_and(|key| key.verify(message, &it).is_ok())
            }),
            Algorithm::EdDsa => ed25519_dalek::Signature::from_slice(signature).is_ok_and(|it| {
                let bytes: [u8; 32] = member("x").try_into().expect("32 bytes");
                ed25519_dalek::VerifyingKey::from_bytes(&bytes)
                    .is_ok_and(|key| key.verify_strict(message, &it).is_ok())
            }),
        })
    }
}

/// An identity provider that counts what it is asked.
pub struct Provider {
    pub keys: RefCell<Value>,
    pub metadata_issuer: RefCell<String>,
    pub key_set_fetches: Cell<u32>,
    /// Everything it was asked, answered or not.
    pub asked: Cell<u32>,
    pub cache_control: RefCell<String>,
    pub down: Cell<bool>,
}

#[async_trait(?Send)]
impl Fetch for Provider {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        self.asked.set(self.asked.get() + 1);
        // An answer takes a moment, in which other requests come in.
        tokio::task::yield_now().await;
        let body = if request.url.ends_with("/.well-known/openid-configuration") {
            json!({ "issuer": *self.metadata_issuer.borrow(), "jwks_uri": format!("{ISSUER}/keys") })
        } else {
            self.key_set_fetches.set(self.key_set_fetches.get() + 1);
            self.keys.borrow().clone()
        };
        if self.down.get() {
            return Err(FetchError::Connection);
        }
        Ok(HttpResponse {
            status: 200,
            headers: vec![("cache-control".into(), self.cache_control.borrow().clone())],
            body: body.to_string().into_bytes(),
        })
    }
}

/// Everything around one authenticator.
pub struct Stage {
    pub authenticator: Authenticator,
    pub provider: Rc<Provider>,
    pub clock: Rc<LeapingClock>,
    pub verifier: Rc<NativeVerifier>,
}

impl Stage {
    pub fn new() -> Self {
        Self::configured(&json!([{ "provider": "oidc", "issuer": ISSUER, "audience": AUDIENCE }]))
    }

    pub fn configured(config: &Value) -> Self {
        let provider = Rc::new(Provider {
            keys: RefCell::new(key_set()),
            metadata_issuer: RefCell::new(ISSUER.to_owned()),
            key_set_fetches: Cell::new(0),
            asked: Cell::new(0),
            cache_control: RefCell::new("max-age=600".into()),
            down: Cell::new(false),
        });
        let clock = Rc::new(LeapingClock::at(Timestamp::from_millis(NOW * 1000)));
        let fetch: Rc<dyn Fetch> = Rc::clone(&provider) as Rc<dyn Fetch>;
        let shared = Rc::new(DirectDocuments::new(
            fetch,
            Rc::clone(&clock) as Rc<dyn Clock>,
        ));
        Self::over(config, provider, clock, shared)
    }

    pub fn over(
        config: &Value,
        provider: Rc<Provider>,
        clock: Rc<LeapingClock>,
        shared: Rc<dyn SharedDocuments>,
    ) -> Self {
        let config = IdentityConfig::from_json(&config.to_string()).expect("a configuration");
        let verifier = Rc::new(NativeVerifier::default());
        Self {
            authenticator: Authenticator {
                config: Rc::new(config),
                caches: Rc::new(IdentityCaches::default()),
                shared,
                verifier: Rc::clone(&verifier) as Rc<dyn SignatureVerifier>,
                clock: Rc::clone(&clock) as Rc<dyn Clock>,
            },
            provider,
            clock,
            verifier,
        }
    }

    pub async fn try_token(
        &self,
        token: &str,
    ) -> Result<crate::Principal, crate::AuthenticationError> {
        let header = format!("Bearer {token}");
        self.authenticator.authenticate(Some(&header)).await
    }
}
