//! Who may see a run, and as whom they act on it.
//!
//! To everybody else a run that exists and one that does not are the same.

use crate::approval_mode::ApprovalMode;
use crate::contract::{Asker, Tenant};
use crate::names::OwnerKey;

/// What access to a run depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The principal it is sealed to.
    pub owner: OwnerKey,
    /// The organization it was started in; `None` where that can no longer be read.
    pub tenant: Option<Tenant>,
    /// The approval it waits for; [`ApprovalMode::None`] when it waits for none.
    pub waits_for: ApprovalMode,
    /// The approver whose decision it took last.
    pub decided_by: Option<OwnerKey>,
}

/// As whom somebody is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// The principal it is sealed to.
    Owner,
    /// Somebody who approves for others.
    Approver(OwnerKey),
}

/// Lets the owner in; an approver of the owner's organization while the run waits for approval,
/// and later to a run they decided.
pub fn admit(run: &Sealed, asker: &Asker) -> Option<Admitted> {
    if run.owner == asker.owner {
        return Some(Admitted::Owner);
    }
    // People of no organization have no colleagues.
    let tenant = asker.approves.as_ref().filter(|it| it.org_id.is_some())?;
    let decided = run.decided_by.as_ref() == Some(&asker.owner);
    let waits = run.waits_for > ApprovalMode::None;
    let theirs = run.tenant.as_ref() == Some(tenant);
    (theirs && (waits || decided)).then(|| Admitted::Approver(asker.owner.clone()))
}

/// Whether somebody who was let in may decide what the run waits for: under four eyes, its owner may
/// not, not even to reject. Cancelling is theirs all the same.
pub fn may_decide(run: &Sealed, by: &Admitted) -> bool {
    match by {
        Admitted::Owner => run.waits_for < ApprovalMode::FourEyes,
        Admitted::Approver(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(org: Option<&str>) -> Tenant {
        Tenant {
            issuer: "https://idp.test".into(),
            org_id: org.map(str::to_owned),
        }
    }

    fn asker(owner: &str, approves: Option<Tenant>) -> Asker {
        Asker {
            owner: OwnerKey::new(owner),
            approves,
        }
    }

    fn run(org: Option<&str>) -> Sealed {
        Sealed {
            owner: OwnerKey::new("alice"),
            tenant: Some(tenant(org)),
            waits_for: ApprovalMode::Required,
            decided_by: None,
        }
    }

    #[test]
    fn the_owner_always_and_a_stranger_never() {
        let run = run(Some("acme"));
        assert_eq!(admit(&run, &asker("alice", None)), Some(Admitted::Owner));
        assert_eq!(admit(&run, &asker("bob", None)), None);
    }

    #[test]
    fn an_approver_while_there_is_something_to_decide() {
        let carol = asker("carol", Some(tenant(Some("acme"))));
        let as_carol = Some(Admitted::Approver(OwnerKey::new("carol")));
        let mut run = run(Some("acme"));
        assert_eq!(admit(&run, &carol), as_carol);
        run.waits_for = ApprovalMode::None;
        assert_eq!(admit(&run, &carol), None);
        run.decided_by = Some(OwnerKey::new("carol"));
        assert_eq!(admit(&run, &carol), as_carol);
    }

    #[test]
    fn under_four_eyes_an_approver_decides_and_the_owner_does_not() {
        let approver = Admitted::Approver(OwnerKey::new("carol"));
        let mut run = run(Some("acme"));
        assert!(may_decide(&run, &Admitted::Owner) && may_decide(&run, &approver));
        run.waits_for = ApprovalMode::FourEyes;
        assert!(!may_decide(&run, &Admitted::Owner) && may_decide(&run, &approver));
        // A key that is both is the owner's.
        let alice = asker("alice", Some(tenant(Some("acme"))));
        assert_eq!(admit(&run, &alice), Some(Admitted::Owner));
    }

    #[test]
    fn an_approver_of_another_organization_or_of_none_is_a_stranger() {
        let elsewhere = asker("carol", Some(tenant(Some("globex"))));
        assert_eq!(admit(&run(Some("acme")), &elsewhere), None);
        let nowhere = asker("carol", Some(tenant(None)));
        assert_eq!(admit(&run(None), &nowhere), None);
    }
}
