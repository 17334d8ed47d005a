//! Why the `IDENTITY_PROVIDERS` setting cannot be used: the reason, and what to write instead.
//!
//! Every variant is a way in which somebody could get in who must not, or in which one person would
//! be two. Nothing of the setting is repeated but names of members and numbers of entries.

/// Why the setting cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is no JSON array of entries.
    #[error("IDENTITY_PROVIDERS: {0}")]
    Json(String),
    /// One entry is wrong.
    #[error("IDENTITY_PROVIDERS: entry {entry}: {problem}")]
    Entry {
        /// Counted from 0.
        entry: usize,
        /// What is wrong with it.
        problem: EntryProblem,
    },
}

/// What is wrong with one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message is its description")]
pub enum EntryProblem {
    #[error("{member} {problem}")]
    Address {
        member: &'static str,
        problem: AddressProblem,
    },
    #[error(
        "audience is required: without it any of the issuer's tokens, for whatever service, would \
         be accepted"
    )]
    NoAudience,
    #[error("audience must not be empty")]
    EmptyAudience,
    #[error("authorized_parties or audience is required")]
    NoAuthorizedParty,
    #[error("approvers must name an organization and a user of it each")]
    EmptyApprover,
    #[error("roles must name a claim and at least one role, none of them empty")]
    EmptyRole,
    #[error("claims takes up to 8 names of claims, each of 1 to 100 bytes")]
    Claims,
    #[error("namespace takes 1 to 32 of A-Z a-z 0-9 - _")]
    Namespace,
    #[error("the issuer is there twice")]
    IssuerTwice,
    #[error(
        "with several issuers, all but one need a namespace of their own, or two people of one \
         name would share accounts"
    )]
    NamespaceShared,
    #[error(
        "issuer is Okta's org authorization server, whose access tokens only Okta can validate; \
         use a custom one (https://{{domain}}/oauth2/{{id}})"
    )]
    OktaOrgServer,
    #[error(
        "user_claim \"sub\" is the login in Okta's access tokens and the user in its ID tokens: \
         one person would be two, and a login can be given to the next person; leave user_claim \
         out (uid of access tokens, sub of ID tokens) or name a claim that you add to both"
    )]
    OktaLogin,
    #[error(
        "the issuer is Okta's, whose tokens name a user in two ways; write \"provider\": \"okta\""
    )]
    OktaUnnamed,
    #[error(
        "Okta has no organizations of its own, and IDENTITY_SCOPE is org: name in org_claim a \
         claim that you add to access tokens and ID tokens"
    )]
    OktaOrganization,
    #[error(
        "Microsoft's sub differs from application to application, so that signing in and calling \
         the API would be two people; write \"user_claim\": \"oid\""
    )]
    PairwiseSubject,
    #[error("issuer must end in a slash, as Auth0 writes it")]
    Auth0Slash,
    #[error(
        "IDENTITY_SCOPE is org, and Auth0 names an organization only to who asks for one: write \
         \"organization\": \"org_…\", or \"organization\": \"prompt\" where the application is set \
         up to ask people for it"
    )]
    Auth0Organization,
    #[error("organization is for Auth0 and must be an organization's id, or \"prompt\"")]
    Organization,
    #[error("issuer needs client_id beside it: WorkOS keys belong to a client")]
    WorkosWithoutClient,
    #[error("issuer must end in the client id, which binds the tokens")]
    WorkosOtherClient,
    #[error(
        "jwks_uri must end in the client id: where WorkOS has one issuer for all its customers, \
         the client's own key set is all that binds a token"
    )]
    WorkosSharedKeys,
    #[error("{0} must not be empty")]
    EmptyClaim(&'static str),
    #[error("takes_over must name another issuer than this one")]
    TakesOverItself,
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message is its description")]
pub enum AddressProblem {
    #[error("is not an absolute URL")]
    NotAbsolute,
    #[error("must be an https URL without credentials and fragment")]
    NotHttps,
}
