//! (being written)

mod backend;

pub use backend::*;
