//! A Durable Object in which the product's own engine, journal and token verification are measured
//! without the rest of the product around them.
//!
//! The product keeps its platform layer to itself, so the files of that layer are compiled into
//! this crate again, as they stand: what is measured is the product's source, not a copy of it.

// Files of the platform layer name the other layers from the root of their crate.
pub(crate) use onbehalf::{identity, ports, time, workflow};

mod counting;
#[allow(dead_code, reason = "more is in these files than is measured")]
mod edge;
mod object;
mod verify;
mod writes;
