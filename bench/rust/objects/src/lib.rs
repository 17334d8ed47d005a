//! A Durable Object in which the product's own engine, journal and token verification are measured
//! without the rest of the product around them.
//!
//! The product keeps its platform layer to itself, so the files of that layer are compiled into
//! this crate again, as they stand: what is measured is the product's source, not a copy of it.

mod counting;
#[allow(dead_code, reason = "more is in these files than is measured")]
mod edge;
mod object;
mod verify;
mod writes;
