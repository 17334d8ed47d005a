//! Lengths and forms that Scalekit's interface states.
//!
//! The numbers are those of the descriptors that its SDK (Node, 2.11.0) carries.

use super::error::invalid;
use super::message::Reply;
use crate::world::catalogue::Violation;
use crate::world::manners::Lengths;

/// Longest `identifier` where accounts are listed, removed, and linked.
pub(super) const IDENTIFIER: usize = 100;
/// Longest `identifier` where a user is verified.
pub(super) const VERIFIED_IDENTIFIER: usize = 200;
/// Longest `state`.
pub(super) const STATE: usize = 512;
/// Longest `user_verify_url`.
pub(super) const URL: usize = 2048;
/// Longest `auth_request_id`.
pub(super) const AUTH_REQUEST_ID: usize = 1000;
/// Longest `agent_run_id`.
pub(super) const AGENT_RUN_ID: usize = 255;
/// Longest `page_token`.
pub(super) const PAGE_TOKEN: usize = 100;
/// Longest name of a connection.
const CONNECTION: usize = 400;
/// A `page_size` has to be below this.
const PAGE_SIZE: usize = 100;
/// Largest `page_size` where connections are listed, as the reference of Scalekit's SDK for Python
/// says it.
const CONNECTIONS_PAGE: usize = 30;

/// What is wrong with a request so far.
pub(super) struct Checks {
    lengths: Lengths,
    violations: Vec<Violation>,
}

impl Checks {
    /// Checks as strict as this.
    pub fn of(lengths: Lengths) -> Self {
        Self {
            lengths,
            violations: Vec::new(),
        }
    }

    fn demand(&mut self, holds: bool, field: &str, description: impl FnOnce() -> String) {
        if self.lengths == Lengths::Enforced && !holds {
            self.violations.push(Violation {
                field: field.to_owned(),
                description: description(),
            });
        }
    }

    /// A field that has to be there.
    pub fn present(&mut self, field: &str, is_there: bool) {
        self.demand(is_there, field, || "value is required".to_owned());
    }

    /// A text of at most so many characters.
    pub fn longest(&mut self, field: &str, text: &str, most: usize) {
        let holds = text.chars().count() <= most;
        self.demand(holds, field, || {
            format!("value length must be at most {most} characters")
        });
    }

    /// The name of a connection.
    pub fn connection(&mut self, field: &str, name: &str) {
        self.longest(field, name, CONNECTION);
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_: -".contains(c);
        self.demand(name.chars().all(allowed), field, || {
            "value does not match regex pattern `^[a-zA-Z0-9_: -]*$`".to_owned()
        });
    }

    /// An address of the web, or none.
    pub fn url(&mut self, field: &str, url: &str) {
        self.longest(field, url, URL);
        let holds = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
        self.demand(holds, field, || {
            "value does not match regex pattern `^$|^https?://`".to_owned()
        });
    }

    /// The size of a page.
    pub fn page_size(&mut self, size: usize) {
        self.demand(size < PAGE_SIZE, "page_size", || {
            format!("value must be less than {PAGE_SIZE}")
        });
    }

    /// The size of a page of connections.
    pub fn connections_page_size(&mut self, size: usize) {
        self.demand(size <= CONNECTIONS_PAGE, "page_size", || {
            format!("value must be at most {CONNECTIONS_PAGE}")
        });
    }

    /// The refusal of what is wrong; `None` when nothing is.
    pub fn refusal(self) -> Option<Reply> {
        (!self.violations.is_empty()).then(|| invalid(&self.violations))
    }
}
