//! From contacts to customers.
//!
//! Owns what makes contacts one customer, the customer's name, and days in the stage. Knows
//! nothing of HubSpot: contacts come in as plain values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::free_mail::is_free_mail;
use super::settings::CustomerKey;
use onbehalf_clock::Timestamp;

/// A person at a customer, as far as the workflow needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// HubSpot's id.
    pub id: String,
    /// Lower-case address; how tickets are matched.
    pub email: String,
}

/// A contact with what is needed to group it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    /// HubSpot's id.
    pub id: String,
    /// As HubSpot holds it.
    pub email: String,
    /// First and last name, when known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub person: String,
    /// The company's name, when known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub company: String,
    /// HubSpot's id of the company it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<String>,
    /// When the contact entered the lifecycle stage.
    pub entered: Timestamp,
}

/// Contacts that are one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Identifies the customer across runs: a domain or an address, in lower case.
    pub key: String,
    /// Company or person, for people.
    pub name: String,
    /// In the order of HubSpot's ids.
    pub contacts: Vec<Contact>,
    /// The customer's own domain; absent at free mail services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// HubSpot's id of its company: of the first contact that belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_id: Option<String>,
    /// When the first of its contacts entered the stage.
    pub entered_stage_at: Timestamp,
    /// Whole days since then.
    pub days_in_stage: u32,
}

/// Longest name that is carried along, in characters; the rest of the journal is bounded by it.
const LONGEST_NAME: usize = 80;

/// Groups contacts into customers, in the order of their keys. Contacts without a usable address
/// cannot be matched to anything and are left out.
pub fn group(leads: Vec<Lead>, by: CustomerKey, now: Timestamp) -> Vec<Customer> {
    let mut groups: BTreeMap<String, Vec<Lead>> = BTreeMap::new();
    for mut lead in leads {
        lead.email = lead.email.trim().to_lowercase();
        if let Some(key) = key_of(&lead.email, by) {
            groups.entry(key).or_default().push(lead);
        }
    }
    groups
        .into_iter()
        .map(|(key, leads)| customer(key, leads, now))
        .collect()
}

fn customer(key: String, mut leads: Vec<Lead>, now: Timestamp) -> Customer {
    leads.sort_by(|a, b| a.id.cmp(&b.id));
    leads.dedup_by(|a, b| a.id == b.id);
    let entered = leads.iter().map(|lead| lead.entered).min().unwrap_or(now);
    let first = |pick: fn(&Lead) -> &String| {
        let found = leads.iter().map(pick).map(|text| text.trim());
        found.into_iter().find(|text| !text.is_empty())
    };
    let name = first(|lead| &lead.company)
        .or_else(|| first(|lead| &lead.person))
        .unwrap_or(&key);
    let name = name.chars().take(LONGEST_NAME).collect();
    let domain = leads
        .first()
        .and_then(|lead| domain_of(&lead.email))
        .filter(|domain| !is_free_mail(domain))
        .map(str::to_owned);
    let company_id = leads.iter().find_map(|lead| lead.company_id.clone());
    Customer {
        key,
        name,
        domain,
        company_id,
        entered_stage_at: entered,
        days_in_stage: u32::try_from(now.days_since(entered)).unwrap_or(u32::MAX),
        contacts: leads
            .into_iter()
            .map(|lead| Contact {
                id: lead.id,
                email: lead.email,
            })
            .collect(),
    }
}

fn key_of(email: &str, by: CustomerKey) -> Option<String> {
    let domain = domain_of(email)?;
    Some(match by {
        CustomerKey::Domain if !is_free_mail(domain) => domain.to_owned(),
        CustomerKey::Domain | CustomerKey::Email => email.to_owned(),
    })
}

/// The domain of an address that can be one: no white space, nothing that could change the meaning
/// of a search query it is put into.
fn domain_of(email: &str) -> Option<&str> {
    let unfit = |c: char| c.is_whitespace() || c.is_control() || "\"<>(),:;\\*".contains(c);
    let (local, domain) = email.rsplit_once('@')?;
    let fits = !local.is_empty() && !local.contains('@') && domain.contains('.');
    (fits && !email.contains(unfit)).then_some(domain)
}

#[cfg(test)]
pub(super) fn sample(domain: &str, name: &str) -> Customer {
    Customer {
        key: domain.to_owned(),
        name: name.to_owned(),
        contacts: vec![Contact {
            id: format!("c-{domain}"),
            email: format!("ann@{domain}"),
        }],
        domain: Some(domain.to_owned()),
        company_id: None,
        entered_stage_at: Timestamp::from_millis(0),
        days_in_stage: 12,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lead(id: &str, email: &str, company: &str, day: &str) -> Lead {
        Lead {
            id: id.into(),
            email: email.into(),
            person: "Ann Example".into(),
            company: company.into(),
            company_id: None,
            entered: Timestamp::parse(day).expect("a day"),
        }
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-23T08:00:00Z").expect("now")
    }

    #[test]
    fn people_of_one_domain_are_one_customer() {
        let leads = vec![
            lead("2", "Bob@Acme.test ", "Acme Ltd", "2026-11-20"),
            lead("1", "ann@acme.test", "", "2026-11-10"),
            lead("3", "carl@gmail.com", "", "2026-11-22"),
            lead("4", "dora@gmail.com", "", "2026-11-22"),
        ];
        let customers = group(leads, CustomerKey::Domain, now());
        let keys: Vec<_> = customers.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["acme.test", "carl@gmail.com", "dora@gmail.com"]);
        let acme = &customers[0];
        assert_eq!((acme.name.as_str(), acme.days_in_stage), ("Acme Ltd", 13));
        assert_eq!(acme.contacts[1].email, "bob@acme.test");
        assert_eq!(customers[1].name, "Ann Example");
        assert_eq!(customers[1].domain, None);
    }

    #[test]
    fn by_address_each_person_is_a_customer() {
        let leads = vec![
            lead("1", "ann@acme.test", "Acme", "2026-11-10"),
            lead("2", "bob@acme.test", "Acme", "2026-11-10"),
        ];
        let customers = group(leads, CustomerKey::Email, now());
        assert_eq!(customers.len(), 2);
        assert_eq!(customers[0].domain.as_deref(), Some("acme.test"));
    }

    #[test]
    fn an_address_that_could_bend_a_query_is_left_out() {
        for email in [
            "",
            "ann",
            "ann@",
            "@acme.test",
            "a b@acme.test",
            "ann@acme.test requester:*",
            "\"x\"@acme.test",
            "a@b@acme.test",
        ] {
            let leads = vec![lead("1", email, "Acme", "2026-11-10")];
            assert!(
                group(leads, CustomerKey::Domain, now()).is_empty(),
                "{email}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_order_of_contacts_does_not_matter(
            emails in proptest::collection::vec("[a-c]{1,2}@[a-c]\\.test", 0..12), turn in 0..12_usize,
        ) {
            let leads: Vec<_> = emails
                .iter()
                .enumerate()
                .map(|(index, email)| lead(&index.to_string(), email, "", "2026-11-10"))
                .collect();
            let mut turned = leads.clone();
            let by = turn.min(turned.len());
            turned.rotate_left(by);
            prop_assert_eq!(
                group(leads, CustomerKey::Domain, now()),
                group(turned, CustomerKey::Domain, now())
            );
        }
    }
}
