//! Whose a task is and whom it is about, as writes of their own.
//!
//! HubSpot's tool that creates a task takes neither an owner nor an association. Each is an effect of
//! its own after the task, so that a crash between them leaves no task that nobody sees: the next
//! attempt finds the task in the journal and goes on with what is missing. Made twice, each changes
//! nothing.

use std::time::Duration;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::OnboardingServices;
use super::plan::TaskLinks;
use crate::acting::{Failure, Manner, acting, look_again, permit, result};
use onbehalf_connector::{AlwaysPermit, Connector};
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{
    self as tools, AssignInput, AssociateInput, HubspotAssignTask, HubspotAssociateTask,
    HubspotTaskLinks, RecordKind, TaskLinksInput,
};

/// One thing that a task is given after it was created.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkTask {
    task_id: String,
    link: Link,
    manner: Manner,
}

/// What it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Link {
    /// A contact that it is about.
    Contact(String),
    /// A company that it is about.
    Company(String),
    /// Whose it is.
    Owner(String),
}

/// It has been given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkReceipt {}

impl Link {
    /// What a task with these links is given, in order: its owner last, so that whoever is told of a
    /// task finds it complete.
    pub fn all(links: &TaskLinks) -> Vec<Self> {
        let contact = links.contact.clone().map(Self::Contact);
        let company = links.company.clone().map(Self::Company);
        let owner = links.owner.clone().map(Self::Owner);
        [contact, company, owner].into_iter().flatten().collect()
    }

    /// Names the write beside the task's own item.
    pub fn item(&self, customer: &str) -> String {
        let what = match self {
            Self::Contact(_) => "task-contact",
            Self::Company(_) => "task-company",
            Self::Owner(_) => "task-owner",
        };
        format!("{what}:{customer}")
    }
}

impl LinkTask {
    /// What this task is to be given.
    pub(super) fn planned(task_id: &str, link: Link, manner: Manner) -> Self {
        Self {
            task_id: task_id.to_owned(),
            link,
            manner,
        }
    }
}

#[async_trait(?Send)]
impl Effect for LinkTask {
    const KIND: &'static str = "hubspot-link-task";
    type Services = OnboardingServices;
    type Context = RequestContext;
    type Receipt = LinkReceipt;
    type Failure = Failure;

    async fn perform(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
        may_send: &Permit,
    ) -> Performed<LinkReceipt, Failure> {
        if let Some(known) = self.manner.known(Connector::HUBSPOT) {
            return known;
        }
        let acting = match acting(context, key) {
            Ok(acting) => acting,
            Err(failure) => return self.manner.refused(failure),
        };
        let (scalekit, may_send) = (&services.scalekit, &permit(may_send));
        let task_id = self.task_id.clone();
        let record = match &self.link {
            Link::Contact(id) => (RecordKind::Contact, id),
            Link::Company(id) => (RecordKind::Company, id),
            Link::Owner(owner) => {
                let input = AssignInput {
                    task_id,
                    owner_id: owner.clone(),
                };
                let sent = tools::run::<HubspotAssignTask>(scalekit, &acting, &input, may_send);
                let done = |_| LinkReceipt {};
                return self.manner.performed(Connector::HUBSPOT, sent.await, done);
            }
        };
        let input = AssociateInput {
            task_id,
            kind: record.0,
            record_id: record.1.clone(),
        };
        let sent = tools::run::<HubspotAssociateTask>(scalekit, &acting, &input, may_send);
        let done = |_| LinkReceipt {};
        self.manner.performed(Connector::HUBSPOT, sent.await, done)
    }

    async fn find(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<LinkReceipt> {
        let Ok(acting) = acting(context, key) else {
            return Found::Unknown(None);
        };
        let input = TaskLinksInput {
            task_id: self.task_id.clone(),
        };
        let looked =
            tools::run::<HubspotTaskLinks>(&services.scalekit, &acting, &input, &AlwaysPermit);
        let links = match result(looked.await) {
            Ok(links) => links,
            Err(failure) => {
                self.manner.circuit.note(Connector::HUBSPOT, &failure);
                return Found::Unknown(look_again(&failure));
            }
        };
        let there = match &self.link {
            Link::Contact(id) => links.contacts.contains(id),
            Link::Company(id) => links.companies.contains(id),
            Link::Owner(owner) => links.owner_id.as_ref() == Some(owner),
        };
        if there {
            Found::Landed(LinkReceipt {})
        } else {
            Found::Absent
        }
    }

    fn visible_after(&self, _: &OnboardingServices) -> Duration {
        // The record itself is read, not an index.
        Duration::ZERO
    }
}
