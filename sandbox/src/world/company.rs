//! The apps of a company: one of each, for all who work there.

use super::apps::Apps;
use super::hubspot::{Hubspot, Owner};
use super::linear::Linear;
use super::manners::Manners;
use super::random::Dice;
use super::seed::{Portfolio, populate};
use super::slack::Slack;
use super::time::DAY;
use super::users::CsmSeed;
use super::zendesk::Zendesk;

/// Onboarding customers of a shared portal that nobody owns, and those of somebody who has left.
const UNOWNED: usize = 6;
const ORPHANED: usize = 5;

/// Who shares a company's apps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompanyKey {
    /// One user, with apps of their own.
    Of(String),
    /// Everybody of this portal.
    Shared(String),
}

impl CompanyKey {
    /// The key as one text.
    pub fn text(&self) -> String {
        match self {
            Self::Of(sub) => format!("of {sub}"),
            Self::Shared(portal) => format!("shared {portal}"),
        }
    }
}

/// A company's apps.
#[derive(Clone, Debug)]
pub struct Company {
    /// Their HubSpot.
    pub hubspot: Hubspot,
    /// Their Zendesk.
    pub zendesk: Zendesk,
    /// Their Linear.
    pub linear: Linear,
    /// Their Slack.
    pub slack: Slack,
    /// What else they use, once somebody has used it.
    others: Option<Box<Apps>>,
    /// What it is called, and since when it is there.
    name: String,
    since_ms: i64,
    /// Customers it knows: each has a name of its own.
    customers: usize,
}

impl Company {
    /// A company as it is before anybody works there.
    pub fn new(key: &CompanyKey, manners: &Manners, now_ms: i64) -> Self {
        let text = key.text();
        let (name, linear, zendesk) = match key {
            CompanyKey::Of(sub) => ("acme", format!("linear of {sub}"), format!("of-{sub}")),
            CompanyKey::Shared(portal) => {
                (portal.as_str(), format!("linear {text}"), portal.clone())
            }
        };
        let mut company = Self {
            hubspot: Hubspot::new(&text),
            zendesk: Zendesk::new(&zendesk),
            linear: Linear::new(name, &linear),
            slack: Slack::new(name, &text),
            others: None,
            name: name.to_owned(),
            since_ms: now_ms,
            customers: 0,
        };
        if let CompanyKey::Shared(_) = key {
            company.leave_behind(&text, manners, now_ms);
        }
        company
    }

    /// What everybody sees and nobody is to touch: customers without an owner, and those of an owner
    /// who has left.
    fn leave_behind(&mut self, key: &str, manners: &Manners, now_ms: i64) {
        let since = now_ms - 700 * DAY;
        let left = Owner::new("Sam Rivera", "sam.rivera@acme.example", since, true);
        let left = self.hubspot.add_owner(left);
        let mut dice = Dice::of(&format!("left behind {key}"));
        for (owner, count) in [(None, UNOWNED), (Some(left.as_str()), ORPHANED)] {
            let portfolio = Portfolio {
                count,
                first: self.customers,
                owner,
                date: manners.customer_date,
                company: None,
                duplicates: true,
            };
            self.take_on(&mut dice, &portfolio, now_ms);
        }
    }

    /// Somebody begins to work there, with customers of theirs.
    pub fn hire(&mut self, key: &CompanyKey, csm: &CsmSeed, manners: &Manners, now_ms: i64) {
        let since = now_ms - 400 * DAY;
        let owner = Owner::new(&csm.name, &csm.email(), since, false);
        let owner = self.hubspot.add_owner(owner);
        self.slack.add_person(&csm.name, &csm.email());
        let mut dice = Dice::of(csm.like.as_ref().unwrap_or(&csm.sub));
        let portfolio = Portfolio {
            count: csm.customers,
            first: self.customers,
            owner: Some(&owner),
            date: manners.customer_date,
            company: csm.company.as_deref(),
            duplicates: matches!(key, CompanyKey::Shared(_)),
        };
        self.take_on(&mut dice, &portfolio, now_ms);
    }

    fn take_on(&mut self, dice: &mut Dice, portfolio: &Portfolio<'_>, now_ms: i64) {
        self.next_names(portfolio.companies());
        populate(dice, portfolio, now_ms, self);
    }

    /// Names for so many companies more: where they begin.
    pub(super) fn next_names(&mut self, count: usize) -> usize {
        let first = self.customers;
        self.customers += count;
        first
    }

    /// The apps beyond the first four. Most companies of a crowded world never use them.
    pub fn apps(&mut self) -> &mut Apps {
        let (name, since_ms) = (&self.name, self.since_ms);
        let fresh = || Box::new(Apps::new(name, since_ms));
        self.others.get_or_insert_with(fresh)
    }

    /// An id that what a tool makes is to have, and nothing else has; `None` for tools that make
    /// nothing, or nothing with an id of its own.
    pub fn promise(&mut self, tool: &str, now_ms: i64) -> Option<String> {
        match tool {
            "hubspot_task_create" => Some(self.hubspot.spend_task_id()),
            "linear_comment_create" | "linear_graphql_query" => Some(self.linear.spend_id()),
            "slack_send_message" => Some(self.slack.spend_ts(now_ms)),
            tool => self.apps().promise(tool),
        }
    }
}
