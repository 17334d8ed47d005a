//! The judgement: what runs claim against what the world has, and against a sequential reading of
//! their own journals.
//!
//! Owns every rule that must hold once a simulation has come to rest. Knows nothing of how the
//! engine works inside; the sandbox's ledger is the truth, and a journal is a claim.

mod journal;
mod ledger;
mod people;
mod result;
mod runs;
mod said;
mod writes;

use crate::simulate::Ended;

pub use result::{anonymous, result};
pub use runs::check as run;
pub use writes::nobody_could_look;

/// Judges a simulation at rest; what is wrong goes to the violations.
pub fn check(ended: &Ended) {
    let shared = &ended.shared;
    let mut ledger = ledger::read(shared);
    let sites = shared.sites.borrow().clone();
    for site in &sites {
        runs::check(ended, site);
        writes::check(shared, site, &mut ledger);
        result::check(shared, site);
    }
    for site in &sites {
        said::check(shared, site, &ledger);
    }
    ledger::check_claims(shared, &ledger);
    ledger::check_flags(shared, &ledger, &sites);
    people::check(ended, &sites);
    crate::allowance::check(shared);
}
