//! Signature checks with the platform's WebCrypto.
//!
//! Owns how a key is imported: once for an isolate, because it costs as much as verifying.

use async_trait::async_trait;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use worker::js_sys::{Array, Object, Promise, Uint8Array};

use onbehalf_identity::{Algorithm, KeptKeys, PublicKey, SignatureError, SignatureVerifier};

/// Salt of RSASSA-PSS with SHA-256: as long as the digest (RFC 7518 section 3.5).
const PSS_SALT_BYTES: u32 = 32;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = importKey, catch)]
    fn import_key(
        format: &str,
        data: &JsValue,
        algorithm: &JsValue,
        extractable: bool,
        usages: &Array,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = verify, catch)]
    fn verify(
        algorithm: &JsValue,
        key: &JsValue,
        signature: &Uint8Array,
        data: &Uint8Array,
    ) -> Result<Promise, JsValue>;
}

/// WebCrypto behind the identity layer's trait.
#[derive(Default)]
pub struct WebCrypto {
    imported: KeptKeys<Imported>,
}

/// A key as WebCrypto holds it, and the parameters it is used with.
#[derive(Clone)]
struct Imported {
    key: JsValue,
    algorithm: JsValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    named_curve: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt_length: Option<u32>,
}

fn parameters(algorithm: Algorithm) -> Parameters {
    let (name, hash, named_curve, salt_length) = match algorithm {
        Algorithm::Rs256 => ("RSASSA-PKCS1-v1_5", Some("SHA-256"), None, None),
        Algorithm::Ps256 => ("RSA-PSS", Some("SHA-256"), None, Some(PSS_SALT_BYTES)),
        Algorithm::Es256 => ("ECDSA", Some("SHA-256"), Some("P-256"), None),
        Algorithm::EdDsa => ("Ed25519", None, None, None),
    };
    Parameters {
        name,
        hash,
        named_curve,
        salt_length,
    }
}

/// A value as a JavaScript object.
fn object<T: Serialize>(value: &T) -> Result<JsValue, JsValue> {
    let text = serde_json::to_string(value).map_err(|error| JsValue::from(error.to_string()))?;
    worker::js_sys::JSON::parse(&text)
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    wasm_bindgen_futures::JsFuture::from(promise?).await
}

impl WebCrypto {
    async fn import(&self, key: &PublicKey) -> Result<Imported, JsValue> {
        if let Some(imported) = self.imported.get(key) {
            return Ok(imported);
        }
        let jwk = object(&key.to_jwk_json())?;
        let algorithm = object(&parameters(key.algorithm()))?;
        let usages = Array::of1(&"verify".into());
        let imported = Imported {
            key: settled(import_key("jwk", &jwk, &algorithm, false, &usages)).await?,
            algorithm,
        };
        self.imported.keep(key.clone(), imported.clone());
        Ok(imported)
    }
}

fn failed(error: &JsValue) -> SignatureError {
    let message = error.dyn_ref::<Object>().map(Object::to_string);
    SignatureError(message.map_or_else(|| "WebCrypto refused".to_owned(), String::from))
}

#[async_trait(?Send)]
impl SignatureVerifier for WebCrypto {
    async fn verify(
        &self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureError> {
        let imported = self.import(key).await.map_err(|error| failed(&error))?;
        let verdict = settled(verify(
            &imported.algorithm,
            &imported.key,
            &Uint8Array::from(signature),
            &Uint8Array::from(message),
        ))
        .await
        .map_err(|error| failed(&error))?;
        Ok(verdict.as_bool() == Some(true))
    }
}
