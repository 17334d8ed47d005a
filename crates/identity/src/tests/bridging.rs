//! The bridge: two people never share an identifier.

use proptest::prelude::*;
use serde_json::json;

use crate::{
    BridgeError, IDENTIFIER_CHARS, IdentityConfig, IdentityScope, Principal, bridge, principal_key,
};

fn config() -> IdentityConfig {
    let json = json!([
        { "provider": "oidc", "issuer": "https://a.example", "audience": "x",
          "long_identifiers": "digest" },
        { "provider": "oidc", "issuer": "https://b.example", "audience": "x", "namespace": "b",
          "long_identifiers": "digest" },
        { "provider": "oidc", "issuer": "https://c.example", "audience": "x", "namespace": "b-c",
          "long_identifiers": "digest" },
    ]);
    IdentityConfig::from_json(&json.to_string()).expect("a configuration")
}

fn principal(issuer: usize, user: &str, org: &str) -> Principal {
    let issuers = [
        "https://a.example",
        "https://b.example",
        "https://c.example",
    ];
    Principal::verified(issuers[issuer].into(), user.into(), Some(org.into()))
}

fn identifier(principal: &Principal, scope: IdentityScope) -> String {
    let context = bridge(principal, &config(), scope).expect("an identifier");
    context.scalekit_identifier.as_str().to_owned()
}

/// What a run holds is the organization's, where accounts are.
#[test]
fn somebody_in_two_organizations_is_two_principals_where_accounts_are_organizations() {
    let (acme, globex) = (
        principal(0, "alice", "acme"),
        principal(0, "alice", "globex"),
    );
    let key = |of, scope| principal_key(of, scope);
    assert_ne!(
        key(&acme, IdentityScope::Org),
        key(&globex, IdentityScope::Org)
    );
    assert_eq!(
        key(&acme, IdentityScope::User),
        key(&globex, IdentityScope::User)
    );
    let colleague = principal(0, "bob", "acme");
    assert_ne!(
        key(&acme, IdentityScope::Org),
        key(&colleague, IdentityScope::Org)
    );
}

#[test]
fn plain_names_are_written_plainly() {
    assert_eq!(
        identifier(&principal(0, "alice", "acme"), IdentityScope::User),
        "user_alice"
    );
    assert_eq!(
        identifier(&principal(0, "alice", "acme"), IdentityScope::Org),
        "org_acme"
    );
    assert_eq!(
        identifier(&principal(1, "alice", "acme"), IdentityScope::User),
        "user_b:alice"
    );
    assert_eq!(
        identifier(&principal(0, "b:alice", "x"), IdentityScope::User),
        "user_b%3Aalice"
    );
    assert_eq!(
        identifier(&principal(0, "auth0|5f/7", "x"), IdentityScope::User),
        "user_auth0|5f%2F7"
    );
}

#[test]
fn organization_scope_without_organization_is_an_error() {
    let alone = Principal::verified("https://a.example".into(), "alice".into(), None);
    assert!(bridge(&alone, &config(), IdentityScope::Org).is_err());
}

#[test]
fn an_identifier_longer_than_scalekit_takes_is_refused_or_stands_for_itself_by_a_digest() {
    let refusing = json!([{ "provider": "oidc", "issuer": "https://a.example", "audience": "x" }]);
    let refusing = IdentityConfig::from_json(&refusing.to_string()).expect("a configuration");
    let scope = IdentityScope::User;
    let longest = "u".repeat(IDENTIFIER_CHARS - "user_".len());
    let fits = principal(0, &longest, "o");
    assert_eq!(identifier(&fits, scope), format!("user_{longest}"));
    assert!(bridge(&fits, &refusing, scope).is_ok());

    let long = principal(0, &format!("{longest}u"), "o");
    assert_eq!(
        bridge(&long, &refusing, scope).err(),
        Some(BridgeError::TooLong)
    );
    let digest = identifier(&long, scope);
    assert!(
        digest.starts_with("user_~") && digest.len() <= IDENTIFIER_CHARS,
        "{digest}"
    );
    // Nobody can be given the name that a digest stands for: the mark is written otherwise.
    let imitating = principal(0, &digest["user_".len()..], "o");
    assert!(identifier(&imitating, scope).starts_with("user_%7E"));
    // The same name under another namespace, and as an organization, is another.
    let elsewhere = identifier(&principal(1, &format!("{longest}u"), "o"), scope);
    let organization = identifier(
        &principal(0, "u", &format!("{longest}uu")),
        IdentityScope::Org,
    );
    assert_ne!(digest, elsewhere);
    assert!(organization.starts_with("org_~"));
}

proptest! {
    #[test]
    fn different_people_have_different_identifiers_and_keys(
        one in (0..3_usize, ".{1,90}"),
        other in (0..3_usize, ".{1,90}"),
    ) {
        let (first, second) = (principal(one.0, &one.1, "o"), principal(other.0, &other.1, "o"));
        let same_person = one == other;
        let scope = IdentityScope::User;
        prop_assert_eq!(identifier(&first, scope) == identifier(&second, scope), same_person);
        prop_assert_eq!(principal_key(&first, scope) == principal_key(&second, scope), same_person);
        prop_assert_ne!(identifier(&first, scope), identifier(&second, IdentityScope::Org));
    }

    #[test]
    fn an_identifier_is_printable_ascii_without_surprises(user in "\\PC{1,60}") {
        let identifier = identifier(&principal(2, &user, "o"), IdentityScope::User);
        prop_assert!(identifier.len() <= IDENTIFIER_CHARS);
        prop_assert!(identifier.bytes().all(|b| b.is_ascii_graphic() && !b"/?#&+\"'\\ ".contains(&b)));
    }
}
