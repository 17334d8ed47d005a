//! The steps, one file each.

mod compose;
mod connections;
mod issues;
mod post;
mod reading;
mod tasks;
mod tickets;

pub use compose::Compose;
pub use connections::{Connections, Ready};
pub use issues::Issues;
pub use post::{Post, Rest};
pub use tasks::Tasks;
pub use tickets::Tickets;
