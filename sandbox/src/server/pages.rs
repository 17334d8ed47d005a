//! What people see: who is there, what is in their apps, signing in, and giving consent.

use std::sync::Arc;

use maud::{DOCTYPE, Markup, html};

use super::{Sandbox, lock, problem, see_other};
use crate::service::{Reply, Request};
use crate::world::Csm;
use crate::world::time::iso;

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8883;--soft:#8882;--accent:#3b6ef6}
*{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:2rem 1.5rem}
h1{font-size:1.5rem;margin:.2rem 0 1rem}h2{font-size:1.1rem;margin:2rem 0 .6rem}
a{color:var(--accent)}small,.dim{opacity:.65}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem}
.card{border:1px solid var(--line);border-radius:12px;padding:1rem 1.2rem}
.two{display:grid;grid-template-columns:1fr 1fr;gap:2rem}@media(max-width:60rem){.two{grid-template-columns:1fr}}
.item{border:1px solid var(--line);border-radius:10px;padding:.7rem .9rem;margin:.6rem 0}
.item b{display:block}.tag{background:var(--soft);border-radius:6px;padding:.05rem .45rem;font-size:.8rem;margin-right:.3rem}
.HIGH{background:#e5484d33}.MEDIUM{background:#f5a62333}
pre{white-space:pre-wrap;font:inherit;margin:.4rem 0 0}
.narrow{max-width:26rem;margin:8vh auto}button{font:inherit;width:100%;padding:.7rem;border-radius:9px;border:1px solid var(--line);background:var(--soft);color:inherit;cursor:pointer;margin:.25rem 0;text-align:left}
button.primary{background:var(--accent);color:#fff;border-color:var(--accent);text-align:center;font-weight:600}button.plain{text-align:center}
";

fn page(title: &str, body: &Markup) -> Reply {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="icon" href="data:,";
                style { (maud::PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    Reply {
        status: 200,
        headers: vec![("content-type".into(), "text/html; charset=utf-8".into())],
        body: document.into_string().into_bytes(),
        ..Reply::default()
    }
}

impl Sandbox {
    pub(super) fn page(self: &Arc<Self>, request: &Request) -> Reply {
        if let Some(sub) = request.path.strip_prefix("/crm/") {
            let service = lock(&self.service);
            return match service.world.csm(sub) {
                Some(csm) => crm(csm),
                None => problem(404, "No such user", "nobody of this name is in this world"),
            };
        }
        if let Some(token) = request.path.strip_prefix("/magic/") {
            return self.consent(token, request);
        }
        let service = lock(&self.service);
        let csms: Vec<&Csm> = service.world.csms().take(60).collect();
        home(&csms)
    }

    fn consent(&self, token: &str, request: &Request) -> Reply {
        let now = self.now_ms();
        let mut service = lock(&self.service);
        let Some(link) = service.consent(token, now).cloned() else {
            let text = "This link was used or has expired. Go back to where you came from and ask for a new one.";
            return page(
                "Link no longer good",
                &html! { div.card.narrow { h1 { "Link no longer good" } p { (text) } } },
            );
        };
        if request.method != "POST" {
            return consent_page(&link.connector);
        }
        let allow = request
            .form()
            .iter()
            .any(|(name, value)| name == "decision" && value == "allow");
        match service.decide(token, allow, now) {
            Some((location, webhooks)) => Reply {
                webhooks,
                ..see_other(&location)
            },
            None => problem(410, "Gone", "the link is no longer good"),
        }
    }
}

fn home(csms: &[&Csm]) -> Reply {
    page(
        "Sandbox",
        &html! {
            h1 { "Sandbox" }
            p.dim { "Customer success managers of this world, and what is in their apps." }
            div.grid { @for csm in csms {
                div.card {
                    b { (csm.seed.name) } br;
                    small { (csm.seed.sub) " · " (csm.seed.org) }
                    p { (csm.seed.customers) " customers, " (csm.hubspot.tasks().count()) " tasks" br;
                        small { (csm.seed.connectors.join(", ")) } }
                    a href=(format!("/crm/{}", csm.seed.sub)) { "HubSpot tasks and Linear comments" }
                }
            } }
        },
    )
}

fn crm(csm: &Csm) -> Reply {
    let commented = csm.linear.commented();
    page(
        &format!("{}'s apps", csm.seed.name),
        &html! {
            a href="/" { "← everybody" }
            h1 { (csm.seed.name) "'s apps" }
            div.two {
                section {
                    h2 { "HubSpot tasks " span.dim { (csm.hubspot.tasks().count()) } }
                    @if csm.hubspot.tasks().next().is_none() { p.dim { "No tasks yet." } }
                    @for task in csm.hubspot.tasks() {
                        @let of = |name: &str| task.properties.get(name).cloned().unwrap_or_default();
                        div.item {
                            b { (of("hs_task_subject")) }
                            span class=(format!("tag {}", of("hs_task_priority"))) { (of("hs_task_priority")) }
                            span.tag { (of("hs_task_status").replace('_', " ").to_lowercase()) }
                            small { "due " (of("hs_timestamp").get(..10).unwrap_or_default()) " · created by " (of("hs_created_by_name")) }
                            details { summary { small { "evidence" } } pre { (plain(&of("hs_task_body"))) } }
                        }
                    }
                }
                section {
                    h2 { "Linear comments " span.dim { (commented.iter().map(|(_, of)| of.len()).sum::<usize>()) } }
                    @if commented.is_empty() { p.dim { "No comments yet." } }
                    @for (issue, comments) in &commented {
                        div.item {
                            b { (issue.title()) } small { (issue.identifier) }
                            @for comment in comments {
                                pre { (comment.body) }
                                small { "— " (comment.author) ", " (iso(comment.created_ms).get(..16).unwrap_or_default().replace('T', " ")) " UTC" }
                            }
                        }
                    }
                }
            }
        },
    )
}

/// HubSpot shows simple markup in a task's body; here its text is enough.
fn plain(body: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in body
        .replace("<br>", "\n")
        .replace("</li>", "\n")
        .replace("</p>", "\n")
        .chars()
    {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if inside => {}
            _ => text.push(c),
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

pub(super) fn sign_in(
    action: &str,
    people: &[(String, String)],
    hidden: &[(String, String)],
) -> Reply {
    page(
        "Sign in",
        &html! {
            div.card.narrow {
                h1 { "Sign in" }
                p.dim { "The sandbox's identity provider. Choose who you are." }
                form method="post" action=(action) {
                    @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
                    @for (sub, name) in people {
                        button type="submit" name="user" value=(sub) { b { (name) } " " span.dim { (sub) } }
                    }
                }
            }
        },
    )
}

fn consent_page(connector: &str) -> Reply {
    let app = match connector {
        "hubspot" => "HubSpot",
        "zendesk" => "Zendesk",
        "linear" => "Linear",
        other => other,
    };
    page(
        &format!("Connect {app}"),
        &html! {
            div.card.narrow {
                h1 { "Connect " (app) }
                p { "Onbehalf would like to read and write in your " (app) " account, as you." }
                form method="post" {
                    button.primary type="submit" name="decision" value="allow" { "Allow access" }
                    button.plain type="submit" name="decision" value="deny" { "Cancel" }
                }
            }
        },
    )
}
