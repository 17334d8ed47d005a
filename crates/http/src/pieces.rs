//! An answer that goes on after its head: which kind it is, and its next piece.
//!
//! Owns the one door that the platform pulls pieces through. How often what is watched is looked at,
//! and when it has ended, is for each kind to say.

use crate::api::watch::RunWatch;
use crate::mcp::CallWatch;
use crate::service::Api;

/// What more pieces come from.
#[derive(Debug, PartialEq)]
pub enum Watch {
    /// What happens to a run.
    Run(Box<RunWatch>),
    /// The use of a tool by a client of the Model Context Protocol.
    Mcp(Box<CallWatch>),
}

impl Api {
    /// The next piece of a stream; `None` when it has ended.
    pub async fn next_piece(&self, watch: &mut Watch) -> Option<String> {
        match watch {
            Watch::Run(watch) => self.next_of_run(watch).await,
            Watch::Mcp(watch) => self.next_of_call(watch).await,
        }
    }
}
