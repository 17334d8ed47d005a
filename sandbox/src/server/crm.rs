//! What a CSM sees in their apps: their queue of tasks, comments on issues, and messages.

use maud::{Markup, html};

use super::{markup, pages};
use crate::service::Reply;
use crate::world::Csm;
use crate::world::company::Company;
use crate::world::hubspot::{Hubspot, Object};
use crate::world::time::iso;

pub(super) fn page(csm: &Csm, company: &Company) -> Reply {
    pages::page(
        &format!("{}'s apps", csm.seed.name),
        &html! {
            a href="/" { "← everybody" }
            h1 { (csm.seed.name) "'s apps" }
            div.two {
                section { (tasks(csm, &company.hubspot)) }
                section { (comments(company)) (messages(csm, company)) }
            }
        },
    )
}

/// The tasks that are theirs, and those that they made and that are nobody's.
fn tasks(csm: &Csm, hubspot: &Hubspot) -> Markup {
    let email = csm.seed.email();
    let owner = hubspot.owner(&email).map_or("", |owner| owner.id.as_str());
    let assigned = |task: &&Object| task.value("hubspot_owner_id") == owner;
    let unassigned = |task: &&Object| {
        task.value("hubspot_owner_id").is_empty()
            && task.value("hs_created_by_name") == csm.seed.name
    };
    let queue: Vec<&Object> = hubspot.tasks().filter(assigned).collect();
    let nobody: Vec<&Object> = hubspot.tasks().filter(unassigned).collect();
    html! {
        h2 { "HubSpot tasks " span.dim { (queue.len() + nobody.len()) } }
        @if queue.is_empty() && nobody.is_empty() { p.dim { "No tasks yet." } }
        @for item in queue { (task(hubspot, item)) }
        @if !nobody.is_empty() {
            h2 { "Nobody's tasks " span.dim { (nobody.len()) } }
            p.dim { "They are in no queue: no one is told of them." }
            @for item in nobody { (task(hubspot, item)) }
        }
    }
}

fn task(hubspot: &Hubspot, task: &Object) -> Markup {
    let priority = task.value("hs_task_priority");
    let due = task.value("hs_timestamp").get(..10).unwrap_or_default();
    html! {
        div.item {
            b { (task.value("hs_task_subject")) }
            span class=(format!("tag {priority}")) { (priority) }
            span.tag { (task.value("hs_task_status").replace('_', " ").to_lowercase()) }
            @for contact in hubspot.contacts_of(task) {
                span.tag { (contact.value("firstname")) " " (contact.value("lastname")) ", " (contact.value("company")) }
            }
            small { "due " (due) " · created by " (task.value("hs_created_by_name")) }
            details { summary { small { "evidence" } }
                pre { (markup::shown(&markup::hubspot(task.value("hs_task_body")))) } }
        }
    }
}

fn comments(company: &Company) -> Markup {
    let commented = company.linear.commented();
    html! {
        h2 { "Linear comments " span.dim { (commented.iter().map(|(_, of)| of.len()).sum::<usize>()) } }
        @if commented.is_empty() { p.dim { "No comments yet." } }
        @for (issue, comments) in &commented {
            div.item {
                b { (issue.title()) } small { (issue.identifier) }
                @for comment in comments {
                    pre { (markup::shown(&markup::linear(&comment.body))) }
                    small { "— " (comment.author) ", " (iso(comment.created_ms).get(..16).unwrap_or_default().replace('T', " ")) " UTC" }
                }
            }
        }
    }
}

fn messages(csm: &Csm, company: &Company) -> Markup {
    let slack = &company.slack;
    html! {
        @for (channel, messages) in slack.seen_by(&csm.seed.email()) {
            h2 { "Slack " (channel) " " span.dim { (messages.len()) } }
            @for message in messages {
                div.item {
                    b { (slack.name_of(&message.user).unwrap_or(&message.user)) }
                    pre { (markup::shown(&markup::slack(&message.text, |id| slack.name_of(id)))) }
                }
            }
        }
    }
}
