//! Which field names speak of who is calling rather than of the task at hand.
//!
//! A tool's input is what a model is asked to supply. Identity travels in the
//! [`ToolContext`](super::ToolContext) instead, where no model sees or chooses it. The check is a
//! `const fn`, so that [`tool_input!`](crate::tool_input) can refuse at compile time.
//!
//! `subject` (a task's title) and `email` (a customer's address) are domain language and allowed;
//! `sub` is a claim and is not.

/// Refused as a whole name. Compared without case, `_` and `-`.
const WHOLE: [&str; 20] = [
    "user",
    "userid",
    "uid",
    "identifier",
    "sub",
    "principal",
    "caller",
    "token",
    "jwt",
    "session",
    "cookie",
    "org",
    "orgid",
    "organizationid",
    "tenant",
    "account",
    "connectedaccount",
    "accountid",
    "emailofuser",
    "auth",
];

/// Refused anywhere in a name.
const PART: [&str; 16] = [
    "scalekit",
    "userid",
    "useremail",
    "tenantid",
    "sessionid",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "authtoken",
    "apikey",
    "authorization",
    "bearer",
    "password",
    "secret",
    "credential",
    "connectedaccount",
];

/// Whether a field of this name would ask a model for identity or a credential.
///
/// A name outside ASCII counts as such too: it could be a look-alike.
pub const fn is_identity_like(name: &str) -> bool {
    let bytes = name.as_bytes();
    // A raw identifier is written `r#user`.
    let first = if bytes.len() > 2 && bytes[0] == b'r' && bytes[1] == b'#' {
        2
    } else {
        0
    };
    let mut i = 0;
    while i < bytes.len() {
        if !bytes[i].is_ascii() {
            return true;
        }
        i += 1;
    }
    let mut i = 0;
    while i < WHOLE.len() {
        if matches_at(bytes, first, WHOLE[i].as_bytes(), true) {
            return true;
        }
        i += 1;
    }
    let mut i = 0;
    while i < PART.len() {
        let mut start = first;
        while start < bytes.len() {
            if matches_at(bytes, start, PART[i].as_bytes(), false) {
                return true;
            }
            start += 1;
        }
        i += 1;
    }
    false
}

/// Whether `word` stands in `name` from `start`, skipping separators; to the end if `whole`.
const fn matches_at(name: &[u8], start: usize, word: &[u8], whole: bool) -> bool {
    let mut at = start;
    let mut matched = 0;
    while at < name.len() {
        let byte = name[at].to_ascii_lowercase();
        if byte == b'_' || byte == b'-' {
            at += 1;
            continue;
        }
        if matched == word.len() {
            return !whole;
        }
        if byte != word[matched] {
            return false;
        }
        matched += 1;
        at += 1;
    }
    matched == word.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn identity_is_refused_however_it_is_spelled() {
        for name in [
            "user",
            "userId",
            "user_id",
            "USER_ID",
            "_user_id_",
            "identifier",
            "scalekitIdentifier",
            "scalekit_identifier",
            "sub",
            "token",
            "access_token",
            "authorization",
            "session",
            "password",
            "secret",
            "client_secret",
            "org_id",
            "organization_id",
            "tenant",
            "tenant_id",
            "account_id",
            "connected_account",
            "connected_account_id",
            "email_of_user",
            "user_email",
            "usеr",
            "r#user",
        ] {
            assert!(is_identity_like(name), "{name}");
        }
    }

    #[test]
    fn domain_language_is_allowed() {
        for name in [
            "subject",
            "email",
            "requesters",
            "limit",
            "after",
            "issue_id",
            "organization",
            "contact_id",
            "lifecycle_stage",
            "marker",
            "page_token",
            "assignee",
            "body",
        ] {
            assert!(!is_identity_like(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn separators_and_case_never_help(index in 0usize..WHOLE.len(), upper: [bool; 24]) {
            let spelled: String = WHOLE[index]
                .chars()
                .zip(upper)
                .map(|(c, up)| if up { format!("_{}", c.to_ascii_uppercase()) } else { c.into() })
                .collect();
            prop_assert!(is_identity_like(&spelled));
        }
    }
}
