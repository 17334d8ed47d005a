//! The name of the place where runs of one organization put up their plans.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::contract::Tenant;
use crate::hex::hex;
use crate::names::OwnerKey;

/// Names an organization's object; or a person's own, who acts in none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApprovalsKey(String);

impl ApprovalsKey {
    /// Where the runs that this owner starts in this organization are put up. A digest, because an
    /// object's name is read by whoever looks at the platform.
    pub fn of(tenant: &Tenant, owner: &OwnerKey) -> Self {
        let Some(org_id) = &tenant.org_id else {
            return Self(format!("person:{owner}"));
        };
        let mut digest = Sha256::new();
        // The length in front keeps (a, bc) and (ab, c) apart.
        digest.update((tenant.issuer.len() as u64).to_be_bytes());
        digest.update(tenant.issuer.as_bytes());
        digest.update(org_id.as_bytes());
        Self(format!("organization:{}", hex(&digest.finalize())))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(issuer: &str, org: Option<&str>, owner: &str) -> ApprovalsKey {
        let tenant = Tenant {
            issuer: issuer.into(),
            org_id: org.map(str::to_owned),
        };
        ApprovalsKey::of(&tenant, &OwnerKey::new(owner))
    }

    #[test]
    fn colleagues_share_one_and_nobody_else_does() {
        let acme = key("https://idp.test", Some("acme"), "p_alice");
        assert_eq!(acme, key("https://idp.test", Some("acme"), "p_bob"));
        for other in [
            key("https://idp.test", Some("globex"), "p_alice"),
            key("https://idp.testa", Some("cme"), "p_alice"),
            key("https://idp.test", None, "p_alice"),
        ] {
            assert_ne!(acme, other);
        }
        let alone = key("https://idp.test", None, "p_alice");
        assert_ne!(alone, key("https://idp.test", None, "p_bob"));
    }
}
