//! Which issuers are trusted, from the `IDENTITY_PROVIDERS` setting.
//!
//! Owns the checks that close what the setting leaves open. No issuer, no entry: every token is
//! refused.

use serde_json::{Map, Value};
use url::Url;

use super::bridge::IdentityScope;
use super::client_authentication::ClientAuthentication;
use super::config_error::{AddressProblem, ConfigError, EntryProblem};
use super::document::DocumentSource;
use super::entry::{Audience, Entry, LongIdentifiers};
use super::powers::{Approver, Powers};
use super::principal::Principal;
use super::provider::{Binding, FixedEndpoints, Provider, UserClaims};

/// What `organization` says where the provider itself asks people for theirs.
const PROMPT: &str = "prompt";
/// Hosts under which Okta runs its tenants.
const OKTA_HOSTS: [&str; 3] = [".okta.com", ".oktapreview.com", ".okta-emea.com"];
/// Hosts of Microsoft's issuers, whose `sub` is pairwise.
const MICROSOFT_HOSTS: [&str; 2] = ["login.microsoftonline.com", "sts.windows.net"];

/// Most further claims that are kept of a token, and their longest name, in bytes.
const MOST_CLAIMS: usize = 8;
const LONGEST_CLAIM_NAME: usize = 100;

/// The trusted issuers.
#[derive(Clone, Debug, Default)]
pub struct IdentityConfig {
    issuers: Vec<Issuer>,
}

/// One trusted issuer.
#[derive(Clone, Debug)]
pub struct Issuer {
    entry: Entry,
    audiences: Vec<String>,
    keys: DocumentSource,
}

impl IdentityConfig {
    /// Reads the setting: a JSON array, an object for each issuer.
    ///
    /// # Errors
    /// [`ConfigError`] names the first entry that cannot be used.
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let entries: Vec<Entry> = serde_json::from_slice(text.as_bytes())
            .map_err(|error| ConfigError::Json(error.to_string()))?;
        let mut issuers = Vec::with_capacity(entries.len());
        for (entry, written) in entries.into_iter().enumerate() {
            let issuer = Issuer::new(written);
            issuers.push(issuer.map_err(|problem| ConfigError::Entry { entry, problem })?);
        }
        let config = Self { issuers };
        config.check_distinct()?;
        Ok(config)
    }

    fn check_distinct(&self) -> Result<(), ConfigError> {
        for (entry, issuer) in self.issuers.iter().enumerate() {
            for other in &self.issuers[..entry] {
                let problem = if other.id() == issuer.id() {
                    EntryProblem::IssuerTwice
                } else if other.namespace() == issuer.namespace() {
                    EntryProblem::NamespaceShared
                } else {
                    continue;
                };
                return Err(ConfigError::Entry { entry, problem });
            }
        }
        Ok(())
    }

    /// Checks that everybody's tokens will say what this scope needs.
    ///
    /// # Errors
    /// [`ConfigError`] names the first entry under which they would not.
    pub fn check_scope(&self, scope: IdentityScope) -> Result<(), ConfigError> {
        for (entry, issuer) in self.issuers.iter().enumerate() {
            issuer
                .check_scope(scope)
                .map_err(|problem| ConfigError::Entry { entry, problem })?;
        }
        Ok(())
    }

    /// The issuer of exactly this name (RFC 7519 section 4.1.1: compared as a string).
    pub fn issuer(&self, name: &str) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.id() == name)
    }

    /// All of them.
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }
}

impl Issuer {
    fn new(entry: Entry) -> Result<Self, EntryProblem> {
        let url = https(&entry.issuer).map_err(|problem| EntryProblem::Address {
            member: "issuer",
            problem,
        })?;
        let client_id = entry.client_id.as_deref();
        entry.provider.check_issuer(&entry.issuer, client_id)?;
        let audiences = match entry.audience.clone() {
            Audience::One(audience) => vec![audience],
            Audience::Many(audiences) => audiences,
        };
        if audiences.iter().any(String::is_empty) {
            return Err(EntryProblem::EmptyAudience);
        }
        match entry.provider.binding() {
            Binding::Audience if audiences.is_empty() => return Err(EntryProblem::NoAudience),
            Binding::AuthorizedParty
                if entry.authorized_parties.is_empty() && audiences.is_empty() =>
            {
                return Err(EntryProblem::NoAuthorizedParty);
            }
            _ => {}
        }
        check_claims(&entry, &url)?;
        check_names(&entry)?;
        let fixed = entry.provider.key_set_url(&entry.issuer, client_id);
        let jwks_uri = entry.jwks_uri.clone().or(fixed);
        if let Some(uri) = &jwks_uri {
            https(uri).map_err(|problem| EntryProblem::Address {
                member: "jwks_uri",
                problem,
            })?;
            let bound = client_id.is_some_and(|id| uri.ends_with(&format!("/{id}")));
            if entry.provider.shares_issuer(&entry.issuer) && !bound {
                return Err(EntryProblem::WorkosSharedKeys);
            }
        }
        let keys = match jwks_uri {
            Some(uri) => DocumentSource::KeySetAt(uri),
            None => DocumentSource::KeySetOf(entry.issuer.clone()),
        };
        Ok(Self {
            entry,
            audiences,
            keys,
        })
    }

    fn check_scope(&self, scope: IdentityScope) -> Result<(), EntryProblem> {
        let Entry {
            provider,
            client_id,
            organization,
            org_claim,
            ..
        } = &self.entry;
        match (scope, provider) {
            (IdentityScope::Org, Provider::Okta) if org_claim.is_none() => {
                Err(EntryProblem::OktaOrganization)
            }
            (IdentityScope::Org, Provider::Auth0)
                if client_id.is_some() && organization.is_none() =>
            {
                Err(EntryProblem::Auth0Organization)
            }
            _ => Ok(()),
        }
    }

    /// Its name, as in `iss`.
    pub fn id(&self) -> &str {
        &self.entry.issuer
    }

    /// What kind of provider it is.
    pub fn provider(&self) -> Provider {
        self.entry.provider
    }

    /// Audiences this service answers to.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Parties a token may have been made for.
    pub fn authorized_parties(&self) -> &[String] {
        &self.entry.authorized_parties
    }

    /// What stands in front of its users' names.
    pub fn namespace(&self) -> Option<&str> {
        self.entry.namespace.as_deref()
    }

    /// The issuer whose people's accounts pass on to this one's, because an operator says so.
    pub fn takes_over(&self) -> Option<&str> {
        self.entry.takes_over.as_deref()
    }

    /// The client this service signs users in with; `None` where it does not.
    pub fn client_id(&self) -> Option<&str> {
        self.entry.client_id.as_deref()
    }

    /// How that client proves itself, where it does not follow from the provider's metadata.
    pub(super) fn client_authentication(&self) -> Option<ClientAuthentication> {
        let said = self.entry.client_authentication;
        said.or(self.entry.provider.client_authentication())
    }

    /// Where people sign in, when there is no metadata that says so.
    pub(super) fn endpoints(&self) -> Option<FixedEndpoints> {
        self.entry.provider.endpoints(self.id(), self.client_id()?)
    }

    /// The organization that people sign in to, where there is one for all.
    pub(super) fn organization(&self) -> Option<&str> {
        let said = self.entry.organization.as_deref();
        said.filter(|organization| *organization != PROMPT)
    }

    /// Where its keys are.
    pub fn keys(&self) -> &DocumentSource {
        &self.keys
    }

    /// What a principal of this issuer may do beyond what is their own: by name, as it is
    /// configured now, and by the roles they came with.
    pub fn powers(&self, principal: &Principal) -> Powers {
        let named = principal.org_id().is_some_and(|organization| {
            self.entry
                .approvers
                .iter()
                .any(|it| it.organization == organization && it.user == principal.user_id())
        });
        // A session keeps what its token was worth when it began: no longer than a role is one.
        let granted = principal.granted();
        let roles = self.entry.roles.as_ref();
        let approver = roles.is_some_and(|it| it.approver.is_some());
        Powers {
            approves: named || (approver && granted.approves && principal.org_id().is_some()),
            keeps_accounts: self.has_keepers() && granted.keeps_accounts,
        }
    }

    /// Whether some role makes an account keeper.
    pub fn has_keepers(&self) -> bool {
        let roles = self.entry.roles.as_ref();
        roles.is_some_and(|it| it.account_keeper.is_some())
    }

    /// What roles in signed claims give.
    pub(super) fn granted(&self, claims: &Map<String, Value>) -> Powers {
        let roles = self.entry.roles.as_ref();
        roles.map_or(Powers::default(), |roles| roles.granted(claims))
    }

    /// The claims that name the user.
    pub(super) fn user_claims(&self) -> UserClaims<'_> {
        match self.entry.user_claim.as_deref() {
            // Okta reserves `uid` for access tokens; whoever writes it means the user.
            Some("uid") if self.entry.provider == Provider::Okta => {
                self.entry.provider.user_claims()
            }
            Some(claim) => UserClaims {
                access: claim,
                id: claim,
            },
            None => self.entry.provider.user_claims(),
        }
    }

    /// The claim that holds the user's address, where it is not `email` with `email_verified`.
    pub fn email_claim(&self) -> Option<&str> {
        self.entry.email_claim.as_deref()
    }

    /// Further claims that are kept of a token.
    pub fn kept_claims(&self) -> &[String] {
        &self.entry.claims
    }

    /// The claim that names the organization; Clerk's newer tokens keep it in `o.id`.
    pub fn org_claim(&self) -> &str {
        self.entry.org_claim.as_deref().unwrap_or("org_id")
    }

    /// What becomes of identifiers longer than Scalekit takes.
    pub fn long_identifiers(&self) -> LongIdentifiers {
        self.entry.long_identifiers
    }
}

/// That one person has one name by API and by browser.
fn check_claims(entry: &Entry, issuer: &Url) -> Result<(), EntryProblem> {
    for (name, claim) in [
        ("user_claim", &entry.user_claim),
        ("org_claim", &entry.org_claim),
    ] {
        if claim.as_ref().is_some_and(String::is_empty) {
            return Err(EntryProblem::EmptyClaim(name));
        }
    }
    let by_subject = entry.user_claim.as_deref().is_none_or(|it| it == "sub");
    let host = issuer.host_str().unwrap_or_default();
    match entry.provider {
        Provider::Okta if entry.user_claim.as_deref() == Some("sub") => {
            Err(EntryProblem::OktaLogin)
        }
        Provider::Oidc if by_subject && OKTA_HOSTS.iter().any(|it| host.ends_with(it)) => {
            Err(EntryProblem::OktaUnnamed)
        }
        Provider::Oidc
            if by_subject && entry.client_id.is_some() && MICROSOFT_HOSTS.contains(&host) =>
        {
            Err(EntryProblem::PairwiseSubject)
        }
        _ => Ok(()),
    }
}

fn check_names(entry: &Entry) -> Result<(), EntryProblem> {
    let unnamed = |it: &Approver| it.organization.is_empty() || it.user.is_empty();
    if entry.approvers.iter().any(unnamed) {
        return Err(EntryProblem::EmptyApprover);
    }
    let kept = |name: &String| !name.is_empty() && name.len() <= LONGEST_CLAIM_NAME;
    if entry.claims.len() > MOST_CLAIMS || !entry.claims.iter().all(kept) {
        return Err(EntryProblem::Claims);
    }
    if entry.roles.as_ref().is_some_and(|it| !it.is_whole()) {
        return Err(EntryProblem::EmptyRole);
    }
    if let Some(namespace) = &entry.namespace {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if namespace.is_empty() || namespace.len() > 32 || !namespace.chars().all(plain) {
            return Err(EntryProblem::Namespace);
        }
    }
    if let Some(organization) = &entry.organization
        && (entry.provider != Provider::Auth0 || organization.is_empty())
    {
        return Err(EntryProblem::Organization);
    }
    if entry.takes_over.as_ref() == Some(&entry.issuer) {
        return Err(EntryProblem::TakesOverItself);
    }
    Ok(())
}

/// HTTPS, or HTTP to this very machine (where there is nobody in between).
pub(super) fn https(text: &str) -> Result<Url, AddressProblem> {
    let url = Url::parse(text).map_err(|_| AddressProblem::NotAbsolute)?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if plain && (url.scheme() == "https" || (url.scheme() == "http" && loopback)) {
        Ok(url)
    } else {
        Err(AddressProblem::NotHttps)
    }
}
