//! One public key, fit to verify signatures with one algorithm.
//!
//! Owns which JWKs are usable. The algorithm is a property of the key; a token can only agree or
//! be refused (RFC 8725 section 3.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::algorithm::Algorithm;

/// Smallest accepted RSA modulus (RFC 7518 section 3.3).
const RSA_BITS: usize = 2048;
/// Largest accepted RSA modulus: verification time grows with it and a key set comes from outside.
const RSA_BITS_MOST: usize = 8192;

/// A JWK as published (RFC 7517), as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// A usable public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    key_id: Option<String>,
    algorithm: Algorithm,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: String, e: String },
    P256 { x: String, y: String },
    Ed25519 { x: String },
}

impl PublicKey {
    /// The key, or `None` when it is not one to verify accepted signatures with.
    pub(super) fn from_jwk(jwk: Jwk) -> Option<Self> {
        let for_signatures = jwk.usage.as_deref().is_none_or(|usage| usage == "sig")
            && jwk
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !for_signatures {
            return None;
        }
        let (material, natural) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => (rsa(jwk.n?, jwk.e?)?, Algorithm::Rs256),
            ("EC", Some("P-256")) => {
                let (x, y) = (coordinate(jwk.x?)?, coordinate(jwk.y?)?);
                (Material::P256 { x, y }, Algorithm::Es256)
            }
            ("OKP", Some("Ed25519")) => {
                let x = coordinate(jwk.x?)?;
                (Material::Ed25519 { x }, Algorithm::EdDsa)
            }
            _ => return None,
        };
        // A key that does not say is used in the one way its type is mostly used.
        let algorithm = match jwk.alg.as_deref() {
            None => natural,
            Some(name) => Algorithm::named(name)?,
        };
        let fits = matches!(
            (&material, algorithm),
            (Material::Rsa { .. }, Algorithm::Rs256 | Algorithm::Ps256)
                | (Material::P256 { .. }, Algorithm::Es256)
                | (Material::Ed25519 { .. }, Algorithm::EdDsa)
        );
        fits.then_some(Self {
            key_id: jwk.kid,
            algorithm,
            material,
        })
    }

    /// Its `kid`.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The only algorithm it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public members alone, as WebCrypto's `importKey("jwk", …)` takes them.
    pub fn to_jwk_json(&self) -> Value {
        match &self.material {
            Material::Rsa { n, e } => json!({ "kty": "RSA", "n": n, "e": e }),
            Material::P256 { x, y } => json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }),
            Material::Ed25519 { x } => json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
        }
    }
}

fn rsa(n: String, e: String) -> Option<Material> {
    let modulus = URL_SAFE_NO_PAD.decode(&n).ok()?;
    let leading = modulus.iter().position(|byte| *byte != 0)?;
    let significant = &modulus[leading..];
    let bits = significant.len() * 8 - significant.first()?.leading_zeros() as usize;
    let exponent = URL_SAFE_NO_PAD.decode(&e).ok()?;
    let odd = exponent.last().is_some_and(|last| last % 2 == 1);
    let more_than_one = exponent.iter().any(|byte| *byte > 1) || exponent.len() > 1;
    ((RSA_BITS..=RSA_BITS_MOST).contains(&bits) && odd && more_than_one && exponent.len() <= 8)
        .then_some(Material::Rsa { n, e })
}

fn coordinate(text: String) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(&text).ok()?;
    (bytes.len() == 32).then_some(text)
}
