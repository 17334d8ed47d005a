//! What the identity layer promises, with real keys and real signatures.

mod attacks;
mod bridging;
mod caching;
mod configuring;
mod kept;
mod kit;
mod namespaces;
mod signing_in;
