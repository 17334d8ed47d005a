//! Not asking again what has just said no.
//!
//! Owns the memory, for one attempt of one step, of connectors that refused for a reason that the
//! next call would meet too: a dead authorization, or a rate limit. Nothing of it is kept.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::failures::{Failure, FailureKind};
use onbehalf_connector::Connector;

/// Connectors that answered so that asking again at once is pointless.
#[derive(Debug, Default)]
pub struct Circuit {
    open: RefCell<BTreeMap<Connector, Failure>>,
}

impl Circuit {
    /// Takes note of a failure, if it is of the kind that the next call would meet too.
    pub fn note(&self, connector: Connector, failure: &Failure) {
        if matches!(
            failure.kind,
            FailureKind::AuthError | FailureKind::RateLimited
        ) {
            let mut open = self.open.borrow_mut();
            let known = open.entry(connector).or_insert_with(|| failure.clone());
            // A limit passes by itself; a dead connection met behind it must not be forgotten.
            if !known.is_auth() {
                known.clone_from(failure);
            }
        }
    }

    /// Why this connector is not asked now.
    pub fn failure(&self, connector: Connector) -> Option<Failure> {
        self.open.borrow().get(&connector).cloned()
    }

    /// Connectors whose authorization is dead, in their fixed order.
    pub fn dead(&self) -> Vec<(Connector, Failure)> {
        let open = self.open.borrow();
        let dead = open.iter().filter(|(_, failure)| failure.is_auth());
        dead.map(|(connector, failure)| (*connector, failure.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_connection_behind_a_rate_limit_is_remembered() {
        let circuit = Circuit::default();
        let limited = Failure::own(FailureKind::RateLimited, "slow down");
        let dead = Failure::own(FailureKind::AuthError, "withdrawn");
        circuit.note(Connector::HUBSPOT, &limited);
        assert!(circuit.dead().is_empty());
        circuit.note(Connector::HUBSPOT, &dead);
        circuit.note(Connector::HUBSPOT, &limited);
        assert_eq!(circuit.dead(), [(Connector::HUBSPOT, dead)]);
    }
}
