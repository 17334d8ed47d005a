//! Signing keys of four kinds, and what they sign.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use rand::{CryptoRng, RngCore, SeedableRng as _};
use rsa::RsaPrivateKey;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use sha2::Sha256;

const RSA_BITS: usize = 2048;

/// What keys are made from.
pub type Seed = [u8; 32];

struct RsaKey {
    kid: String,
    alg: &'static str,
    key: RsaPrivateKey,
}

/// Which kinds of keys a provider signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Every kind there is.
    All,
    /// RS256 alone, as most providers.
    Rs256,
}

/// The keys.
pub struct Keys {
    rsa: Vec<RsaKey>,
    kinds: Kinds,
    ec: p256::ecdsa::SigningKey,
    ed: ed25519_dalek::SigningKey,
    rotations: u32,
    /// Published as they are, beside our own.
    foreign: Vec<Value>,
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa_key(random: &mut (impl RngCore + CryptoRng)) -> Result<RsaPrivateKey, String> {
    RsaPrivateKey::new(random, RSA_BITS).map_err(|error| error.to_string())
}

impl Keys {
    /// The keys of a seed. A sandbox that comes back under the same address must have the same keys
    /// under the same names, as any provider has.
    ///
    /// # Errors
    /// When the RSA key cannot be made.
    pub fn of_seed(seed: Seed, kinds: Kinds) -> Result<Self, String> {
        let mut random = rand::rngs::StdRng::from_seed(seed);
        let mut key = |kid: &str, alg| -> Result<RsaKey, String> {
            Ok(RsaKey {
                kid: kid.to_owned(),
                alg,
                key: rsa_key(&mut random)?,
            })
        };
        let mut rsa = vec![key("rs256-1", "RS256")?];
        if kinds == Kinds::All {
            rsa.push(key("ps256-1", "PS256")?);
        }
        Ok(Self {
            rsa,
            kinds,
            ec: p256::ecdsa::SigningKey::random(&mut random),
            ed: ed25519_dalek::SigningKey::generate(&mut random),
            rotations: 1,
            foreign: Vec::new(),
        })
    }

    /// A new default key; the old one stays unless `drop_old`.
    ///
    /// # Errors
    /// When the RSA key cannot be made.
    pub fn rotate(&mut self, drop_old: bool) -> Result<String, String> {
        if drop_old {
            self.rsa.retain(|key| key.alg != "RS256");
        }
        self.rotations += 1;
        let kid = format!("rs256-{}", self.rotations);
        self.rsa.insert(
            0,
            RsaKey {
                kid: kid.clone(),
                alg: "RS256",
                key: rsa_key(&mut rand::thread_rng())?,
            },
        );
        Ok(kid)
    }

    /// The JWK Set.
    pub fn jwks(&self) -> Value {
        let mut keys: Vec<Value> = self
            .rsa
            .iter()
            .map(|it| {
                json!({ "kty": "RSA", "kid": it.kid, "alg": it.alg, "use": "sig",
                    "n": encode(it.key.n().to_bytes_be()), "e": encode(it.key.e().to_bytes_be()) })
            })
            .collect();
        if self.kinds == Kinds::All {
            let point = self.ec.verifying_key().to_encoded_point(false);
            keys.push(
                json!({ "kty": "EC", "kid": "es256-1", "alg": "ES256", "use": "sig",
                "crv": "P-256", "x": point.x().map(encode), "y": point.y().map(encode) }),
            );
            keys.push(
                json!({ "kty": "OKP", "kid": "eddsa-1", "alg": "EdDSA", "use": "sig",
                "crv": "Ed25519", "x": encode(self.ed.verifying_key().as_bytes()) }),
            );
        }
        keys.extend(self.foreign.iter().cloned());
        json!({ "keys": keys })
    }

    /// Publishes these JWKs beside our own, in place of those published before: keys whose private
    /// half somebody else has, to sign with as they like, and keys that are no good.
    pub fn publish(&mut self, foreign: Vec<Value>) {
        self.foreign = foreign;
    }

    /// Signs with the key of this algorithm or name, filling in `alg` and `kid`.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn sign(&self, header: &Value, claims: &Value, key: &str) -> Result<String, String> {
        let (alg, kid) = self.named(key)?;
        let mut header = header.clone();
        header["alg"] = alg.into();
        header["kid"] = kid.into();
        self.sign_exactly(&header.to_string(), &claims.to_string(), key)
    }

    /// Signs with the default key under a name that is in no key set.
    ///
    /// # Errors
    /// When there is no default key.
    pub fn sign_unpublished(&self, header: &Value, claims: &Value) -> Result<String, String> {
        let mut header = header.clone();
        header["alg"] = "RS256".into();
        header["kid"] = "of-no-set".into();
        self.sign_exactly(&header.to_string(), &claims.to_string(), "RS256")
    }

    /// Signs exactly this header and these claims, whatever they say.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn sign_exactly(&self, header: &str, claims: &str, key: &str) -> Result<String, String> {
        let (alg, kid) = self.named(key)?;
        let message = format!("{}.{}", encode(header), encode(claims));
        let bytes = message.as_bytes();
        let mut random = rand::thread_rng();
        let rsa = || {
            self.rsa
                .iter()
                .find(|it| it.kid == kid)
                .map(|it| it.key.clone())
        };
        let signature = match (alg.as_str(), rsa()) {
            ("RS256", Some(key)) => rsa::pkcs1v15::SigningKey::<Sha256>::new(key)
                .sign_with_rng(&mut random, bytes)
                .to_vec(),
            ("PS256", Some(key)) => rsa::pss::SigningKey::<Sha256>::new(key)
                .sign_with_rng(&mut random, bytes)
                .to_vec(),
            ("ES256", _) => {
                let signature: p256::ecdsa::Signature = self.ec.sign(bytes);
                signature.to_vec()
            }
            _ => self.ed.sign(bytes).to_vec(),
        };
        Ok(format!("{message}.{}", encode(signature)))
    }

    /// Algorithm and `kid` of the key of this algorithm or name.
    fn named(&self, key: &str) -> Result<(String, String), String> {
        let rsa = self.rsa.iter().find(|it| it.kid == key || it.alg == key);
        match (key, rsa, self.kinds) {
            (_, Some(found), _) => Ok((found.alg.to_owned(), found.kid.clone())),
            ("ES256" | "es256-1", None, Kinds::All) => Ok(("ES256".into(), "es256-1".into())),
            ("EdDSA" | "eddsa-1", None, Kinds::All) => Ok(("EdDSA".into(), "eddsa-1".into())),
            _ => Err(format!("there is no key {key}")),
        }
    }
}
