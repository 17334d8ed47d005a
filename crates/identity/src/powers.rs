//! What an operator lets some people do beyond what is their own.
//!
//! Owns the two powers and how they are given: to a person of an organization by name, or to
//! whoever has a role that their identity provider vouches for. Knows nothing of what a power is
//! needed for.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The powers of one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Powers {
    /// May decide what the runs of their organization's people ask. Nobody has it who acts in no
    /// organization.
    pub approves: bool,
    /// May change which accounts are connected for their organization, and write with them
    /// directly.
    pub keeps_accounts: bool,
}

/// A person who approves, as an operator writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approver {
    /// The organization whose runs they decide.
    pub organization: String,
    /// Their name in it, by the claim that names users.
    pub user: String,
}

/// Which claim says what people may do, and its values that count here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Roles {
    /// The claim: a text, or a list of texts.
    pub claim: String,
    /// Who has this approves.
    pub approver: Option<String>,
    /// Who has this keeps accounts.
    pub account_keeper: Option<String>,
}

impl Roles {
    /// What these claims, signed by the issuer, give. The claim is compared as it stands: a text
    /// with several roles in it is another text.
    pub(super) fn granted(&self, claims: &Map<String, Value>) -> Powers {
        let has = |role: &Option<String>| {
            role.as_deref()
                .is_some_and(|role| match claims.get(&self.claim) {
                    Some(Value::String(only)) => only == role,
                    Some(Value::Array(all)) => all.iter().any(|one| one == role),
                    _ => false,
                })
        };
        Powers {
            approves: has(&self.approver),
            keeps_accounts: has(&self.account_keeper),
        }
    }

    /// Whether every part says something.
    pub(super) fn is_whole(&self) -> bool {
        let filled = |role: &Option<String>| role.as_deref().is_none_or(|role| !role.is_empty());
        !self.claim.is_empty()
            && filled(&self.approver)
            && filled(&self.account_keeper)
            && (self.approver.is_some() || self.account_keeper.is_some())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn granted(claims: &Value) -> Powers {
        let roles = Roles {
            claim: "roles".into(),
            approver: Some("approver".into()),
            account_keeper: Some("keeper".into()),
        };
        roles.granted(claims.as_object().expect("claims"))
    }

    #[test]
    fn a_role_is_one_text_or_one_of_several() {
        let both = Powers {
            approves: true,
            keeps_accounts: true,
        };
        assert_eq!(
            granted(&json!({"roles": ["x", "approver", "keeper"]})),
            both
        );
        assert!(granted(&json!({"roles": "approver"})).approves);
        assert!(!granted(&json!({"roles": "approver"})).keeps_accounts);
    }

    #[test]
    fn nothing_else_is_a_role() {
        for claims in [
            json!({}),
            json!({"roles": null}),
            json!({"roles": true}),
            json!({"roles": "approver keeper"}),
            json!({"roles": "approvers"}),
            json!({"roles": "Approver"}),
            json!({"roles": [["approver"]]}),
            json!({"roles": {"approver": true}}),
            json!({"role": "approver"}),
        ] {
            assert_eq!(granted(&claims), Powers::default(), "{claims}");
        }
    }

    #[test]
    fn an_empty_role_is_nobodys() {
        let roles = |approver: Option<&str>, claim: &str| Roles {
            claim: claim.into(),
            approver: approver.map(str::to_owned),
            account_keeper: None,
        };
        assert!(roles(Some("a"), "roles").is_whole());
        for bad in [
            roles(Some(""), "roles"),
            roles(Some("a"), ""),
            roles(None, "r"),
        ] {
            assert!(!bad.is_whole(), "{bad:?}");
        }
    }
}
