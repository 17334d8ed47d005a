//! What people see: who is there, what is in their apps, signing in, and giving consent.

use std::sync::Arc;

use maud::{DOCTYPE, Markup, html};

use super::{Sandbox, crm, lock, problem, see_other};
use crate::service::{Decision, Next, Reply, Request};
use crate::world::Csm;
use crate::world::company::Company;
use crate::world::connections::Kind;

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
.link{text-decoration:underline}.mention{background:#3b6ef633;border-radius:5px;padding:0 .25rem}
label{display:block;margin:.5rem 0}input:not([type=hidden]){font:inherit;width:100%;padding:.5rem;border-radius:8px;border:1px solid var(--line);background:transparent;color:inherit}
pre{white-space:pre-wrap;font:inherit;margin:.4rem 0 0}
.narrow{max-width:26rem;margin:8vh auto}button{font:inherit;width:100%;padding:.7rem;border-radius:9px;border:1px solid var(--line);background:var(--soft);color:inherit;cursor:pointer;margin:.25rem 0;text-align:left}
button.primary{background:var(--accent);color:#fff;border-color:var(--accent);text-align:center;font-weight:600}button.plain{text-align:center}
";

pub(super) fn page(title: &str, body: &Markup) -> Reply {
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
        if let Some(token) = request.path.strip_prefix("/magic/") {
            return self.consent(token, request);
        }
        let service = lock(&self.service);
        let world = &service.world;
        if let Some(sub) = request.path.strip_prefix("/crm/") {
            let found = world.csm(sub);
            return match found.and_then(|csm| Some((csm, world.company(csm)?))) {
                Some((csm, company)) => crm::page(csm, company),
                None => problem(404, "No such user", "nobody of this name is in this world"),
            };
        }
        let people = world.csms().take(60);
        let people: Vec<_> = people
            .filter_map(|csm| Some((csm, world.company(csm)?)))
            .collect();
        home(&people)
    }

    fn consent(&self, token: &str, request: &Request) -> Reply {
        let now = self.now_ms();
        let mut service = lock(&self.service);
        let connections = &service.world.manners.connections;
        let link = service.consent(token, now);
        let Some(connection) = link.and_then(|link| connections.get(&link.connector)) else {
            let text = "This link was used or has expired. Go back to where you came from and ask for a new one.";
            return notice("Link no longer good", text);
        };
        if request.method != "POST" {
            return consent_page(&connection.provider, connection.kind);
        }
        let form = request.form();
        let given = |wanted: &str| {
            let found = form.iter().find(|(name, _)| name == wanted);
            found.map_or("", |(_, value)| value.as_str())
        };
        let allow = given("decision") == "allow";
        let complete = ["domain", "username", "api_token"]
            .iter()
            .all(|name| !given(name).trim().is_empty());
        if allow && connection.kind == Kind::ApiKey && !complete {
            return consent_page(&connection.provider, connection.kind);
        }
        let Some(Decision { next, webhooks }) = service.decide(token, allow, now) else {
            return problem(410, "Gone", "the link is no longer good");
        };
        let reply = match next {
            Next::Redirect(location) => see_other(&location),
            Next::Connected => notice("Connected", "You can close this page."),
            Next::Denied => notice(
                "Not connected",
                "You did not allow access. You can close this page.",
            ),
            Next::NothingToVerify => notice(
                "Not connected",
                "failed_to_exchange: user_verify_url not configured for verification redirect",
            ),
        };
        Reply { webhooks, ..reply }
    }
}

fn home(people: &[(&Csm, &Company)]) -> Reply {
    page(
        "Sandbox",
        &html! {
            h1 { "Sandbox" }
            p.dim { "Customer success managers of this world, and what is in their apps." }
            div.grid { @for (csm, company) in people {
                div.card {
                    b { (csm.seed.name) } br;
                    small { (csm.seed.sub) " · " (csm.seed.org) }
                    p { (csm.seed.customers) " customers, " (company.hubspot.tasks().count()) " tasks" br;
                        small { (csm.seed.connectors.join(", ")) } }
                    a href=(format!("/crm/{}", csm.seed.sub)) { "Their apps" }
                }
            } }
        },
    )
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

fn consent_page(provider: &str, kind: Kind) -> Reply {
    let app = match provider {
        "hubspot" => "HubSpot",
        "zendesk" | "zendeskoauth" => "Zendesk",
        "linear" => "Linear",
        "slack" => "Slack",
        other => other,
    };
    let fields = match kind {
        Kind::Oauth => &[][..],
        Kind::ApiKey => &[
            ("domain", "Zendesk domain", "yourcompany.zendesk.com"),
            ("username", "E-mail address", "you@yourcompany.com"),
            ("api_token", "API token", ""),
        ],
    };
    page(
        &format!("Connect {app}"),
        &html! {
            div.card.narrow {
                h1 { "Connect " (app) }
                @match kind {
                    Kind::Oauth => p { "Onbehalf would like to read and write in your " (app) " account, as you." },
                    Kind::ApiKey => p { "Whoever has this key can read and write in " (app) " as its owner." },
                }
                form method="post" {
                    @for (name, label, hint) in fields {
                        label { (label) input name=(name) placeholder=(hint) autocomplete="off"; }
                    }
                    button.primary type="submit" name="decision" value="allow" { "Allow access" }
                    button.plain type="submit" name="decision" value="deny" { "Cancel" }
                }
            }
        },
    )
}

/// A page that only says something.
fn notice(title: &str, words: &str) -> Reply {
    page(
        title,
        &html! { div.card.narrow { h1 { (title) } p { (words) } } },
    )
}
