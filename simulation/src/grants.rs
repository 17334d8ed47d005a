//! Which flags portals have given to which runs, and in which order, as their messages say.
//!
//! Owns the record that the rule of flags is judged by. Decides nothing, and knows nothing of how a
//! portal decides.

use onbehalf_clock::Timestamp;
use onbehalf_runs::portal::{ClaimFlags, Claimed, PortalMessage, PortalReply};
use onbehalf_runs::{Answer, Letter, RunId};

use crate::shared::Shared;

/// A portal has given a run a flag to set, for the first time or again.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Which run.
    pub run_id: RunId,
    /// Which flag, as it is claimed.
    pub subject: String,
    /// When.
    pub at: Timestamp,
}

/// What a message claims, if it does.
pub fn claim_of(letter: &Letter) -> Option<ClaimFlags> {
    let Letter::Portal(_, message) = letter else {
        return None;
    };
    match message.as_ref() {
        PortalMessage::ClaimFlags(claim) => Some(claim.clone()),
        _ => None,
    }
}

/// Notes what the portal has answered to a claim, whether or not the answer arrives.
pub fn note(shared: &Shared, claim: ClaimFlags, answer: &Answer) {
    let Answer::Portal(PortalReply::ClaimFlags(claimed)) = answer else {
        return;
    };
    let at = shared.now();
    let granted = |it: &Claimed| matches!(it, Claimed::Granted { .. });
    let pairs = claim.flags.into_iter().zip(claimed);
    let grants = pairs.filter(|(_, it)| granted(it)).map(|(flag, _)| Grant {
        run_id: claim.by.run_id.clone(),
        subject: flag.subject,
        at,
    });
    shared.grants.borrow_mut().extend(grants);
}
