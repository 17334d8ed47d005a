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
use onbehalf_acting::{Failure, Manner, mark};
use onbehalf_engine::{Effect, EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{
    AssignInput, AssociateInput, DryWrite, Findable, HubspotAssignTask, HubspotAssociateTask,
    RecordKind,
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

    /// As it is shown where it is not made, and the task neither.
    pub(super) fn dry(&self) -> DryWrite {
        let write = match self.input() {
            LinkInput::Assign(input) => DryWrite::with::<HubspotAssignTask>(&input),
            LinkInput::Associate(input) => DryWrite::with::<HubspotAssociateTask>(&input),
        };
        write.without("task_id")
    }

    fn input(&self) -> LinkInput {
        let task_id = self.task_id.clone();
        let (kind, record_id) = match &self.link {
            Link::Contact(id) => (RecordKind::Contact, id.clone()),
            Link::Company(id) => (RecordKind::Company, id.clone()),
            Link::Owner(owner) => {
                let owner_id = owner.clone();
                return LinkInput::Assign(AssignInput { task_id, owner_id });
            }
        };
        LinkInput::Associate(AssociateInput {
            task_id,
            kind,
            record_id,
        })
    }
}

/// What the tool that gives it takes.
enum LinkInput {
    Assign(AssignInput),
    Associate(AssociateInput),
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
        let scalekit = &services.scalekit;
        let done = |_| LinkReceipt {};
        match self.input() {
            LinkInput::Assign(input) => {
                let sent = self
                    .manner
                    .send::<HubspotAssignTask, _>(scalekit, context, key, may_send, &input, done);
                sent.await
            }
            LinkInput::Associate(input) => {
                let sent = self.manner.send::<HubspotAssociateTask, _>(
                    scalekit, context, key, may_send, &input, done,
                );
                sent.await
            }
        }
    }

    async fn find(
        &self,
        services: &OnboardingServices,
        context: &RequestContext,
        key: &EffectKey,
    ) -> Found<LinkReceipt> {
        let scalekit = &services.scalekit;
        let mark = mark(key, &services.public_url, None);
        let done = |_| LinkReceipt {};
        match self.input() {
            LinkInput::Assign(input) => {
                let found = self.manner.find_marked::<HubspotAssignTask, _>(
                    scalekit,
                    context,
                    key,
                    (&input, &mark),
                    done,
                );
                found.await
            }
            LinkInput::Associate(input) => {
                let found = self.manner.find_marked::<HubspotAssociateTask, _>(
                    scalekit,
                    context,
                    key,
                    (&input, &mark),
                    done,
                );
                found.await
            }
        }
    }

    fn visible_after(&self, _: &OnboardingServices) -> Duration {
        match self.link {
            Link::Contact(_) | Link::Company(_) => HubspotAssociateTask::VISIBLE_AFTER,
            Link::Owner(_) => HubspotAssignTask::VISIBLE_AFTER,
        }
    }
}
