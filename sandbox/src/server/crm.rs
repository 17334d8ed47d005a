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
        h2 { "HubSpot tasks " span.dim { (queue.len()) } }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::faults::Rule;
    use crate::world::{Call, Manners, World};
    use serde_json::{Value, json};

    const NOW: i64 = 1_795_420_800_000;

    fn world() -> World {
        World::seeded(Manners::strict(), NOW)
    }

    fn call(world: &mut World, user: &str, tool: &str, params: &Value) -> Value {
        let call = Call {
            tool,
            identifier: &format!("user_{user}"),
            connection: None,
            params: params.as_object().expect("parameters"),
            run: "run",
        };
        let done = world.execute(&call, &Rule::default(), NOW);
        done.expect("a call that is served").data
    }

    fn shown(world: &World, user: &str) -> String {
        let csm = world.csm(user).expect("somebody");
        let reply = page(csm, world.company(csm).expect("their apps"));
        String::from_utf8(reply.body).expect("HTML")
    }

    #[test]
    fn a_task_is_in_its_owner_s_queue_and_names_its_contact() {
        let mut world = world();
        let task =
            json!({ "hs_task_subject": "Call them", "hs_timestamp": "2026-11-24T09:00:00Z" });
        let task = call(&mut world, "alice", "hubspot_task_create", &task)["id"].clone();
        assert!(shown(&world, "alice").contains("Nobody's tasks"));
        assert!(!shown(&world, "bob").contains("Call them"));
        let bob = json!({ "email": "bob@acme.example" });
        let bob =
            call(&mut world, "alice", "hubspot_owners_list", &bob)["results"][0]["id"].clone();
        let owner = json!({ "task_id": task, "properties": { "hubspot_owner_id": bob } });
        call(&mut world, "alice", "hubspot_task_update", &owner);
        let contact = json!({ "limit": 1, "properties": ["company"] });
        let contact =
            call(&mut world, "alice", "hubspot_contacts_search", &contact)["results"][0].clone();
        let about = json!({ "from_object_type": "tasks", "from_object_id": task,
            "to_object_type": "contacts", "to_object_id": contact["id"] });
        call(&mut world, "alice", "hubspot_association_create", &about);
        assert!(!shown(&world, "alice").contains("Call them"));
        let queue = shown(&world, "bob");
        let company = contact["properties"]["company"].as_str().expect("a name");
        assert!(queue.contains("Call them") && queue.contains(company));
        assert!(!queue.contains("Nobody's tasks"));
    }

    #[test]
    fn what_a_text_does_to_its_readers_is_seen() {
        let mut world = world();
        let issues = call(
            &mut world,
            "alice",
            "linear_issues_list",
            &json!({ "first": 1 }),
        );
        let comment = json!({ "issueId": issues["data"]["issues"]["nodes"][0]["id"],
            "body": "https://linear.app/acme/profiles/ceo <b>pay</b> https://evil.example" });
        call(&mut world, "alice", "linear_comment_create", &comment);
        let message = json!({ "channel": "#customer-success", "text": "<!channel> now" });
        call(&mut world, "alice", "slack_send_message", &message);
        let page = shown(&world, "bob");
        assert!(page.contains("<span class=\"mention\">@ceo</span>"));
        assert!(page.contains("href=\"https://evil.example\""));
        assert!(page.contains("&lt;b&gt;pay&lt;/b&gt;"));
        assert!(page.contains("<span class=\"mention\">@channel</span>"));
        assert!(!shown(&world, "dave").contains("evil.example"));
    }
}
