//! A HubSpot portal: contacts and their companies, tasks, owners, and who belongs to whom.
//!
//! A token speaks for the portal, not for its person: whoever calls sees everything in it.

mod associations;
mod filter;
mod object;
mod owners;
mod search;
mod tasks;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::limits::Rate;
use super::manners::{CustomerDate, SearchLag};
use super::random::Dice;
use super::time::iso;
use super::tool::{Actor, Answer, Outcome, Params, ToolFailure};
use associations::Associations;
pub use associations::Kind;
use filter::{Groups, Properties};
pub use object::Object;
pub use owners::Owner;

/// Tools that are simulated.
pub const TOOLS: [&str; 11] = [
    "hubspot_account_details_get",
    "hubspot_association_create",
    "hubspot_contacts_search",
    "hubspot_owners_list",
    "hubspot_task_complete",
    "hubspot_task_create",
    "hubspot_task_delete",
    "hubspot_task_get",
    "hubspot_task_update",
    "hubspot_tasks_list",
    "hubspot_tasks_search",
];

/// Searches that a portal takes in a second.
const SEARCHES: Rate = Rate {
    calls: 5,
    window_ms: 1000,
};
/// Other calls that a portal takes from one app in ten seconds.
const CALLS: Rate = Rate {
    calls: 110,
    window_ms: 10_000,
};

/// First object ids.
const CONTACT_BASE: usize = 51_000;
const COMPANY_BASE: usize = 71_000;

/// A portal.
#[derive(Clone, Debug)]
pub struct Hubspot {
    portal_id: i64,
    contacts: Vec<Object>,
    contacts_by_owner: BTreeMap<String, Vec<usize>>,
    companies: Vec<Object>,
    tasks: BTreeMap<usize, Object>,
    tasks_made: usize,
    owners: Vec<Owner>,
    associations: Associations,
    dice: Dice,
}

/// How this portal's index lags.
#[derive(Clone, Copy, Debug)]
pub struct Lag {
    /// What it draws for a write.
    pub drawn: SearchLag,
    /// Tasks younger than this are not found in any case.
    pub at_least_ms: i64,
}

fn invalid(message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(400, "VALIDATION_ERROR", message)
}

fn not_found() -> ToolFailure {
    ToolFailure::new(404, "OBJECT_NOT_FOUND", "resource not found")
}

fn text<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    params.get(name).and_then(Value::as_str)
}

/// Somebody who is to be in the portal.
pub struct NewContact<'a> {
    /// Properties.
    pub values: &'a [(&'a str, &'a str)],
    /// The domain of the company it belongs to.
    pub domain: &'a str,
    /// Who owns it: an owner's id.
    pub owner: Option<&'a str>,
    /// When it became a customer.
    pub entered_ms: Option<i64>,
    /// When it was made.
    pub created_ms: i64,
    /// Which property tells when it became a customer.
    pub date: CustomerDate,
}

impl Hubspot {
    /// An empty portal; its numbers come from the seed.
    pub fn new(seed: &str) -> Self {
        let mut dice = Dice::of(&format!("portal {seed}"));
        Self {
            portal_id: dice.between(10_000_000, 99_999_999),
            contacts: Vec::new(),
            contacts_by_owner: BTreeMap::new(),
            companies: Vec::new(),
            tasks: BTreeMap::new(),
            tasks_made: 0,
            owners: Vec::new(),
            associations: Associations::default(),
            dice,
        }
    }

    /// Adds an owner, or finds the one of this address; answers the id.
    pub fn add_owner(&mut self, owner: Owner) -> String {
        let known = self.owners.iter().find(|it| it.email == owner.email);
        if let Some(known) = known {
            return known.id.clone();
        }
        let id = owner.id.clone();
        self.owners.push(owner);
        id
    }

    /// The owner of this address.
    pub fn owner(&self, email: &str) -> Option<&Owner> {
        self.owners.iter().find(|it| it.email == email)
    }

    /// Adds a contact, and its company where that is new; answers the contact's id.
    pub fn add_contact(&mut self, contact: &NewContact<'_>) -> String {
        let index = self.contacts.len();
        let mut properties: Properties = contact
            .values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if let Some(entered) = contact.entered_ms {
            if contact.date == CustomerDate::Both {
                properties.insert("hs_lifecyclestage_customer_date".into(), iso(entered));
            }
            properties.insert("hs_v2_date_entered_customer".into(), iso(entered));
        }
        if let Some(owner) = contact.owner {
            properties.insert("hubspot_owner_id".into(), owner.to_owned());
            let owned = self.contacts_by_owner.entry(owner.to_owned());
            owned.or_default().push(index);
        }
        let company = self.company(contact);
        properties.insert("associatedcompanyid".into(), company);
        let id = (CONTACT_BASE + index).to_string();
        let contact = Object::new(id.clone(), properties, contact.created_ms, 0);
        self.contacts.push(contact);
        id
    }

    fn company(&mut self, of: &NewContact<'_>) -> String {
        // Contacts of one company are added one after the other.
        if let Some(last) = self.companies.last()
            && last.value("domain") == of.domain
        {
            return last.id.clone();
        }
        let id = (COMPANY_BASE + self.companies.len()).to_string();
        let name = of.values.iter().find(|(name, _)| *name == "company");
        let properties: Properties = [
            ("domain", of.domain),
            ("name", name.map_or("", |(_, name)| name)),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let company = Object::new(id.clone(), properties, of.created_ms, 0);
        self.companies.push(company);
        id
    }

    /// Tasks that were not deleted, newest first.
    pub fn tasks(&self) -> impl Iterator<Item = &Object> {
        self.tasks.values().rev().filter(|task| !task.archived)
    }

    /// The contacts a task is about.
    pub fn contacts_of<'a>(&'a self, task: &Object) -> impl Iterator<Item = &'a Object> {
        let end = (Kind::Task, task.id.clone());
        let ids = self.associations.of(&end, Kind::Contact);
        ids.into_iter()
            .filter_map(|id| at(&self.contacts, CONTACT_BASE, id))
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// How many contacts there are.
    pub fn contact_count(&self) -> usize {
        self.contacts.len()
    }

    /// The rate a tool is counted by, and the kind of call it is counted as.
    pub fn rate(tool: &str) -> (&'static str, Rate) {
        if tool.ends_with("_search") {
            ("search", SEARCHES)
        } else {
            ("call", CALLS)
        }
    }

    /// Answers a tool call.
    pub fn call(&mut self, tool: &str, params: &Params, actor: &Actor, lag: Lag) -> Outcome {
        let drawn = match lag.drawn {
            SearchLag::Drawn if writes(tool) => draw_lag(&mut self.dice),
            _ => 0,
        };
        Some(match tool {
            "hubspot_account_details_get" => Ok(Answer::read(self.details())),
            "hubspot_association_create" => self.associate(params, actor),
            "hubspot_contacts_search" => self.search_contacts(params, actor.now_ms),
            "hubspot_owners_list" => owners::list(&self.owners, params),
            "hubspot_task_complete" => {
                let mut params = params.clone();
                params.insert("hs_task_status".into(), "COMPLETED".into());
                self.update_task(&params, actor, drawn)
            }
            "hubspot_task_create" => self.create_task(params, actor, drawn),
            "hubspot_task_delete" => self.delete_task(params, actor, drawn),
            "hubspot_task_get" => self.get_task(params),
            "hubspot_task_update" => self.update_task(params, actor, drawn),
            "hubspot_tasks_list" => {
                let archived = params.get("archived").and_then(Value::as_bool) == Some(true);
                let tasks = self.tasks.values().filter(|it| it.archived == archived);
                search::list(tasks, params, &search::TASK)
            }
            "hubspot_tasks_search" => {
                let old = |it: &&Object| it.created_ms + lag.at_least_ms <= actor.now_ms;
                Groups::parse(text(params, "filterGroups")).and_then(|groups| {
                    let tasks = self.tasks.values().filter(old);
                    search::search(tasks, &groups, params, actor.now_ms, &search::TASK)
                })
            }
            _ => return None,
        })
    }

    fn details(&self) -> Value {
        json!({ "portalId": self.portal_id, "accountType": "STANDARD", "timeZone": "UTC",
            "companyCurrency": "USD", "additionalCurrencies": [], "utcOffset": "+00:00",
            "utcOffsetMilliseconds": 0, "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1" })
    }

    fn search_contacts(&self, params: &Params, now_ms: i64) -> Result<Answer, ToolFailure> {
        let groups = Groups::parse(text(params, "filterGroups"))?;
        let usual = &search::CONTACT;
        match groups.only("hubspot_owner_id") {
            None => search::search(self.contacts.iter(), &groups, params, now_ms, usual),
            Some(mut owners) => {
                owners.sort();
                owners.dedup();
                let owned = owners
                    .iter()
                    .filter_map(|it| self.contacts_by_owner.get(it));
                let owned = owned.flatten().map(|index| &self.contacts[*index]);
                search::search(owned, &groups, params, now_ms, usual)
            }
        }
    }

    fn associate(&mut self, params: &Params, actor: &Actor) -> Result<Answer, ToolFailure> {
        let end = |side: &str| {
            let name = |what: &str| text(params, &format!("{side}_object_{what}"));
            let kind = Kind::named(name("type").unwrap_or_default())?;
            let id = name("id").unwrap_or_default();
            if !self.has(kind, id) {
                return Err(not_found());
            }
            Ok((kind, id.to_owned()))
        };
        let (from, to) = (end("from")?, end("to")?);
        let data = self.associations.add(&from, &to, actor.now_ms)?;
        Ok(Answer::wrote(format!("{}/{}", from.1, to.1), data))
    }

    fn has(&self, kind: Kind, id: &str) -> bool {
        match kind {
            Kind::Contact => at(&self.contacts, CONTACT_BASE, id).is_some(),
            Kind::Company => at(&self.companies, COMPANY_BASE, id).is_some(),
            Kind::Task => {
                let task = id.parse().ok().and_then(|id: usize| self.tasks.get(&id));
                task.is_some_and(|task| !task.archived)
            }
        }
    }
}

/// The record of this id, in a list whose ids count from `base`.
fn at<'a>(objects: &'a [Object], base: usize, id: &str) -> Option<&'a Object> {
    let index = id.parse::<usize>().ok()?.checked_sub(base)?;
    objects.get(index)
}

fn writes(tool: &str) -> bool {
    ["_create", "_update", "_complete", "_delete"]
        .iter()
        .any(|end| tool.ends_with(end))
}

/// Some seconds, and one time in twenty up to a minute.
fn draw_lag(dice: &mut Dice) -> i64 {
    if dice.chance(0.05) {
        dice.between(20_000, 60_000)
    } else {
        dice.between(1_000, 8_000)
    }
}
