//! Reading a response's body with one call of the platform.
//!
//! Owns what the `worker` crate does piece by piece: for a small answer, taking and giving back a
//! reader costs more than the exchange itself. Sets no bound, so the caller knows the length.

use worker::js_sys::Uint8Array;
use worker::wasm_bindgen::JsValue;
use worker::wasm_bindgen_futures::JsFuture;
use worker::{Response, ResponseBody, web_sys};

/// The whole body.
///
/// # Errors
/// When the connection breaks off.
pub async fn whole(response: &Response) -> Result<Vec<u8>, JsValue> {
    match response.body() {
        ResponseBody::Empty => Ok(Vec::new()),
        ResponseBody::Body(bytes) => Ok(bytes.clone()),
        ResponseBody::Stream(stream) => {
            // The crate keeps the stream and lets go of the response it came with.
            let carrier = web_sys::Response::new_with_opt_readable_stream(Some(stream))?;
            let buffer = JsFuture::from(carrier.array_buffer()?).await?;
            Ok(Uint8Array::new(&buffer).to_vec())
        }
    }
}
