//! The five steps, one file each.

mod actions;
mod claims;
mod contacts;
mod contract;
mod open_flags;
mod preflight;
mod signals;
mod summary;
mod writes;

pub use actions::Actions;
pub use contacts::Contacts;
pub use preflight::Preflight;
pub use signals::SignalsAndScores;
pub use summary::SummaryStep;
