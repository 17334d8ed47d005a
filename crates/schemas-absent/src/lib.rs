//! The derive that stands in for the one of `schemars` in the Worker, where nothing is described.
//!
//! Owns a macro that leaves no code. A crate of its own, because a crate of macros holds nothing else.

use proc_macro::TokenStream;

/// Takes what the derive of `schemars` takes, and writes nothing.
#[proc_macro_derive(JsonSchema, attributes(schemars))]
pub fn json_schema(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
