//! JSON Schema of types where they are described, and nothing of it in the Worker.
//!
//! The Worker hands out schemas that were written down when it was built, so what makes them would be
//! dead weight in it. Every crate knows this one under the name `schemars`:
//!
//! - natively, in tests and where the Worker is described, it is `schemars`;
//! - in wasm, deriving [`JsonSchema`] does nothing, and every type counts as described.
//!
//! ```
//! use onbehalf_schemas as schemars;
//! use schemars::JsonSchema;
//!
//! /// Something to greet.
//! #[derive(JsonSchema)]
//! struct Greeting {
//!     /// Whom.
//!     name: String,
//! }
//!
//! let schema = schemars::schema_for!(Greeting).to_value();
//! assert_eq!(schema["properties"]["name"]["description"], "Whom.");
//! ```
//!
//! Owns the difference between the two. What uses a schema generator is compiled natively alone.

#[cfg(not(target_arch = "wasm32"))]
pub use schemars::*;

#[cfg(target_arch = "wasm32")]
pub use onbehalf_schemas_absent::JsonSchema;

/// A type that is described where there is something to describe it with.
#[cfg(target_arch = "wasm32")]
pub trait JsonSchema {}

#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> JsonSchema for T {}
