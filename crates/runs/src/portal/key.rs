//! The name of what several users share.

use serde::{Deserialize, Serialize};

use crate::names::{AccountKey, ConnectorName};

/// Names a portal of an app; or, where nothing says which portal it is, an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PortalKey(String);

impl PortalKey {
    /// The portal an app names, like HubSpot's portal number.
    pub fn of_portal(app: &ConnectorName, portal: &str) -> Self {
        Self(format!("portal:{}:{app}:{portal}", app.as_str().len()))
    }

    /// The portal that an app names by an address its own user may have typed, as a Zendesk with a
    /// key is: shared within the user's organization and no further, so that nobody uses up, or
    /// holds up, what is allowed to strangers by naming their portal.
    pub fn within_organization(portal: &str, issuer: &str, organization: &str) -> String {
        // The length in front keeps (a, bc) and (ab, c) apart.
        format!(
            "{}:{portal}:{}:{issuer}:{organization}",
            portal.len(),
            issuer.len()
        )
    }

    /// One account's own, for as long as its portal is not known.
    pub fn of_account(account: &AccountKey) -> Self {
        Self(format!("account:{account}"))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_portals_share_a_key() {
        let of = |app: &str, portal: &str| PortalKey::of_portal(&ConnectorName::new(app), portal);
        assert_ne!(of("a", "b:c"), of("a:b", "c"));
        let within = PortalKey::within_organization;
        assert_ne!(within("a", "b:c", "d"), within("a", "b", "c:d"));
        assert_ne!(within("a:1:b", "c", "d"), within("a", "b:1:c", "d"));
        let account = AccountKey::new("portal:1:a:b");
        assert_ne!(PortalKey::of_account(&account), of("a", "b"));
    }
}
