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
use crate::acting::{Failure, Manner};
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{
    AssignInput, AssociateInput, HubspotAssignTask, HubspotAssociateTask, HubspotTaskLinks,
    RecordKind, TaskLinksInput,
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
        let (scalekit, task_id) = (&services.scalekit, self.task_id.clone());
        let done = |_| LinkReceipt {};
        let (kind, id) = match &self.link {
            Link::Contact(id) => (RecordKind::Contact, id),
            Link::Company(id) => (RecordKind::Company, id),
            Link::Owner(owner) => {
                let input = AssignInput {
                    task_id,
                    owner_id: owner.clone(),
                };
                let sent = self
                    .manner
                    .send::<HubspotAssignTask, _>(scalekit, context, key, may_send, &input, done);
                return sent.await;
            }
        };
        let input = AssociateInput {
            task_id,
            kind,
            record_id: id.clone(),
        };
        let sent = self
            .manner
            .send::<HubspotAssociateTask, _>(scalekit, context, key, may_send, &input, done);
        sent.await
    }

    async fn find(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<LinkReceipt> {
        let input = TaskLinksInput {
            task_id: self.task_id.clone(),
        };
        let scalekit = &services.scalekit;
        let looked = self
            .manner
            .look::<HubspotTaskLinks>(scalekit, context, key, &input);
        let links = match looked.await {
            Ok(links) => links,
            Err(again) => return Found::Unknown(again),
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
