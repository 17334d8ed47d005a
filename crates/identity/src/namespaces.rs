//! Whose people the accounts under a namespace are.
//!
//! Owns the rule that an issuer never comes into another's accounts by configuration alone: an
//! identifier names namespace and user, not the issuer, so that a namespace given to another
//! issuer would hand its accounts to whoever has the same names there.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::bridge::BridgeError;
use super::config::Issuer;
use super::memory::{MemoryUnavailable, NamespaceClaim, SignInMemory};

/// Why an issuer's people cannot be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamespaceError {
    /// The accounts are another issuer's people's.
    #[error(transparent)]
    Taken(#[from] BridgeError),
    /// It cannot be said at the moment.
    #[error(transparent)]
    Unavailable(#[from] MemoryUnavailable),
}

/// The namespaces as this isolate knows them; a copy knows what the others know.
#[derive(Clone)]
pub struct Namespaces {
    memory: Rc<dyn SignInMemory>,
    /// Issuers whose claim held. An isolate sees one configuration, and no claim is ever lost to
    /// another issuer but by a new one.
    settled: Rc<RefCell<BTreeSet<String>>>,
}

impl Namespaces {
    /// Remembered in `memory`.
    pub fn new(memory: Rc<dyn SignInMemory>) -> Self {
        Self {
            memory,
            settled: Rc::default(),
        }
    }

    /// Whether the accounts under this issuer's namespace are its own people's.
    ///
    /// # Errors
    /// [`NamespaceError`].
    pub async fn settle(&self, issuer: &Issuer) -> Result<(), NamespaceError> {
        if self.is_settled(issuer) {
            return Ok(());
        }
        let claim = NamespaceClaim::of(issuer);
        let holder = self.memory.claim_namespace(&claim).await?;
        if holder != issuer.id() {
            self.memory.report_taken(&claim, &holder);
            return Err(BridgeError::NamespaceTaken.into());
        }
        self.settled.borrow_mut().insert(issuer.id().to_owned());
        Ok(())
    }

    /// Whether that is known already, without asking.
    pub fn is_settled(&self, issuer: &Issuer) -> bool {
        self.settled.borrow().contains(issuer.id())
    }
}
