//! Step 2: who is in onboarding, of the customers that the user owns.
//!
//! A portal belongs to a company, and a token sees all of it; a run works on the customers of the
//! person it acts for, and ends with a typed result when HubSpot does not know that person. Which
//! portal it is decides with whom the run shares an allowance, and who else may flag its customers.
//!
//! HubSpot is the source of the list, so the run insists on it more than on the others: an outage
//! is left to the engine's attempts. Should the connection be dead and the run not wait for it,
//! the list stays empty and the summary says why.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::onboarding::customers::{Customer, Lead, group};
use crate::onboarding::{
    CustomerScope, OnboardingHealth, OnboardingResult, OnboardingState, OwnerMissing,
};
use onbehalf_acting::{ConnectorError, Failure, FailureKind, Read, Reader, Worth};
use onbehalf_clock::{DAY_MS, Timestamp};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, FlowOf, Step, StepContext, StepError, StepResult};
use onbehalf_identity::RequestContext;
use onbehalf_runs::portal::PortalKey;
use onbehalf_runs::{AccountKey, ConnectorName};
use onbehalf_tools::{
    self as tools, ContactsInput, HubspotContacts, HubspotFindOwner, HubspotPortal, NoInput,
    OwnerInput, Portal,
};

use super::preflight::Verified;

/// The step's id.
pub(super) const CONTACTS: &str = "onboarding-contacts";
/// HubSpot's own bound for one page.
const PAGE_SIZE: u32 = 100;
/// 2,000 contacts: ten times what a customer success team looks after, and what keeps each of the
/// run's checkpoints below a megabyte.
const MAX_PAGES: usize = 20;

/// Step 2.
pub struct Contacts;

/// Who is in onboarding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The portal they are in; absent in runs of the first release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<PortalKey>,
    /// As HubSpot describes it, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described: Option<Portal>,
    /// The moment that all days of this run are counted against.
    pub now: Timestamp,
    /// HubSpot's id of the owner whose customers these are; absent where all of the portal's are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// In the order of their keys.
    pub customers: Vec<Customer>,
    /// What failed.
    pub connector_errors: Vec<ConnectorError>,
}

/// One page, as kept.
#[derive(Serialize, Deserialize)]
struct Page {
    leads: Vec<Lead>,
    next: Option<String>,
}

/// What HubSpot said of the portal, as kept.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum KeptPortal {
    /// All of it.
    Described(Portal),
    /// Its number, all that was kept before results linked to tasks.
    Number(String),
}

impl KeptPortal {
    fn portal_id(&self) -> &str {
        match self {
            Self::Described(portal) => &portal.portal_id,
            Self::Number(id) => id,
        }
    }
}

#[async_trait(?Send)]
impl Step<OnboardingHealth> for Contacts {
    type Input = Verified;
    type Output = Found;

    fn id(&self) -> &'static str {
        CONTACTS
    }

    fn requires(&self, _: &RequestContext, state: &OnboardingState) -> Result<(), String> {
        state.verified()
    }

    async fn run(
        &self,
        _: Verified,
        cx: &StepContext<OnboardingHealth>,
    ) -> StepResult<OnboardingHealth, Found> {
        let settings = &cx.services().settings;
        let now: Timestamp = cx.memo("now", || async { Ok(cx.now()) }).await?;
        let window = i64::from(settings.window_days) * DAY_MS;
        let entered_after = Timestamp::from_millis(now.millis().saturating_sub(window));
        let reader = Reader::new(cx, Worth::Everything);
        let mut leads = Vec::new();
        let mut connector_errors = Vec::new();
        let owner_id = match whose(&reader, cx).await? {
            Whose::Everybodys => None,
            Whose::Of(owner_id) => Some(owner_id),
            Whose::Nobodys(reason) => {
                return Ok(Flow::Exit(OnboardingResult::OwnerNotFound { reason }));
            }
            Whose::Later(failure) => return reader.wait(vec![(Connector::HUBSPOT, failure)]),
            Whose::Unread(failure) => return Ok(unread(now, &failure)),
        };
        // By a reader of its own: what it meets says nothing of the calls that matter.
        let aside = Reader::new(cx, Worth::Aside);
        let (portal, described) = match portal(&aside, cx).await? {
            Asked::Portal(portal, described) => (Some(portal), described),
            Asked::Later(failure) => return aside.wait(vec![(Connector::HUBSPOT, failure)]),
            Asked::Unread(failure) => return Ok(unread(now, &failure)),
        };
        let mut after = None;
        for page in 0.. {
            if page == MAX_PAGES {
                let more =
                    Failure::own(FailureKind::Truncated, "only the first contacts were read");
                ConnectorError::note(&mut connector_errors, Connector::HUBSPOT, self.id(), &more);
                break;
            }
            let input = ContactsInput {
                lifecycle_stage: settings.lifecycle_stage.clone(),
                entered_after: Some(entered_after),
                owned_by: owner_id.clone(),
                limit: PAGE_SIZE,
                after: after.take(),
            };
            let read = reader
                .keep(&format!("page-{page}"), || async {
                    let page = reader.call::<HubspotContacts>(&input).await?;
                    Ok(Page {
                        leads: page.contacts.into_iter().filter_map(lead).collect(),
                        next: page.next,
                    })
                })
                .await?;
            match read {
                Read::Done(page) => {
                    leads.extend(page.leads);
                    after = page.next;
                }
                Read::Failed(failure) => ConnectorError::note(
                    &mut connector_errors,
                    Connector::HUBSPOT,
                    self.id(),
                    &failure,
                ),
                Read::Later(failure) => return reader.wait(vec![(Connector::HUBSPOT, failure)]),
            }
            if after.is_none() {
                break;
            }
        }
        // The search compares by the moment it runs; the window is the run's.
        leads.retain(|lead| lead.entered >= entered_after);
        Ok(Flow::Next(Found {
            portal,
            described,
            now,
            owner_id,
            customers: group(leads, settings.customer_key, now),
            connector_errors,
        }))
    }
}

/// What is found where HubSpot cannot be read.
fn unread(now: Timestamp, failure: &Failure) -> FlowOf<OnboardingHealth, Found> {
    let mut connector_errors = Vec::new();
    ConnectorError::note(&mut connector_errors, Connector::HUBSPOT, CONTACTS, failure);
    Flow::Next(Found {
        portal: None,
        described: None,
        now,
        owner_id: None,
        customers: Vec::new(),
        connector_errors,
    })
}

/// What asking for the portal came to.
enum Asked {
    /// It is this one, and HubSpot says this of it.
    Portal(PortalKey, Option<Portal>),
    /// Not known yet.
    Later(Failure),
    /// HubSpot cannot be read at all.
    Unread(Failure),
}

/// The portal, as HubSpot says it; as it was known before where HubSpot does not say it (the tool may
/// take a scope that nobody gave), and the account itself where nobody ever has. A failure that may
/// pass is waited for: two runs that name one portal differently would not see each other's flags.
async fn portal(
    reader: &Reader<'_, OnboardingHealth>,
    cx: &StepContext<OnboardingHealth>,
) -> Result<Asked, StepError> {
    let account = AccountKey::from(&cx.context().scalekit_identifier);
    let app = ConnectorName::new(Connector::HUBSPOT.name());
    let portals = &cx.services().portals;
    let read = reader
        .keep("portal", || async {
            let portal = reader.call::<HubspotPortal>(&NoInput {}).await?;
            Ok(KeptPortal::Described(portal))
        })
        .await?;
    Ok(match read {
        Read::Later(failure) => Asked::Later(failure),
        Read::Done(kept) => {
            let id = kept.portal_id();
            // Unnoted, others learn it from their own first run.
            let noted = portals.note(&account, &app, id).await;
            let key = noted.unwrap_or_else(|_| PortalKey::of_portal(&app, id));
            let described = match kept {
                KeptPortal::Described(portal) => Some(portal),
                KeptPortal::Number(_) => None,
            };
            Asked::Portal(key, described)
        }
        // Nothing of it can be read now, and what is read a moment later would be claimed elsewhere.
        Read::Failed(failure) if failure.is_dead_connection() => Asked::Unread(failure),
        Read::Failed(_) => {
            let known = || async { Ok(portals.of_anew(&account, &app).await) };
            Asked::Portal(cx.memo("known-portal", known).await?, None)
        }
    })
}

/// Whose customers a run works on.
enum Whose {
    /// All of the portal's.
    Everybodys,
    /// Those of this owner.
    Of(String),
    /// Nobody in HubSpot is this user.
    Nobodys(OwnerMissing),
    /// Not known yet.
    Later(Failure),
    /// HubSpot would not say.
    Unread(Failure),
}

/// Finds out who the user is in HubSpot, by the address that their identity provider has verified.
async fn whose(
    reader: &Reader<'_, OnboardingHealth>,
    cx: &StepContext<OnboardingHealth>,
) -> Result<Whose, StepError> {
    if cx.services().settings.customers == CustomerScope::Portal {
        return Ok(Whose::Everybodys);
    }
    let Some(address) = cx.context().email.clone() else {
        return Ok(Whose::Nobodys(OwnerMissing::NoAddress));
    };
    let input = OwnerInput { address };
    let read = reader
        .keep("owner", || async {
            let found = reader.call::<HubspotFindOwner>(&input).await?;
            Ok(found.owner_id)
        })
        .await?;
    Ok(match read {
        Read::Done(Some(owner_id)) => Whose::Of(owner_id),
        Read::Done(None) => Whose::Nobodys(OwnerMissing::NoOwner),
        Read::Later(failure) => Whose::Later(failure),
        Read::Failed(failure) => Whose::Unread(failure),
    })
}

/// A contact without an address or without a date cannot be matched or placed in the window.
fn lead(contact: tools::Contact) -> Option<Lead> {
    let names = [contact.first_name, contact.last_name];
    let names: Vec<_> = names.into_iter().flatten().collect();
    Some(Lead {
        id: contact.id,
        email: contact.email?,
        person: names.join(" ").trim().to_owned(),
        company: contact.company.unwrap_or_default(),
        company_id: contact.company_id,
        entered: contact.entered_stage_at?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_portal_that_was_kept_by_its_number_alone_still_reads() {
        let read = |kept| serde_json::from_value::<KeptPortal>(kept).expect("it reads");
        let number = read(json!("62515"));
        assert!(matches!(number, KeptPortal::Number(_)));
        assert_eq!(number.portal_id(), "62515");
        let described = read(json!({"portal_id": "62515", "ui_domain": "app.hubspot.com"}));
        assert!(matches!(described, KeptPortal::Described(_)));
        assert_eq!(described.portal_id(), "62515");
    }
}
