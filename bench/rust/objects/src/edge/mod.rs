//! The product's platform layer, as far as it is measured here.

#[path = "../../../../../src/edge/clock.rs"]
pub mod clock;
#[path = "../../../../../src/edge/log.rs"]
pub mod log;
#[path = "../../../../../src/edge/shelf.rs"]
pub mod shelf;
#[path = "../../../../../src/edge/sql.rs"]
pub mod sql;
#[path = "../../../../../src/edge/web_crypto.rs"]
pub mod web_crypto;
