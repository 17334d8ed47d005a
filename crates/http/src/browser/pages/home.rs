//! The start page.

use maud::html;

use super::page;
use crate::browser::app::App;
use crate::wire::message::ApiResponse;
use onbehalf_runs::hosted::WorkflowList;

/// Says what this is. `signed_in` shows the way out.
pub fn home(apps: &[App], workflows: &WorkflowList, signed_in: bool) -> ApiResponse {
    let content = html! {
        section.card {
            h1 { "Agent workflows that act on your behalf" }
            p.lead {
                "This service works in your apps with your own permissions. What you have not "
                "connected, it cannot see."
            }
            dl.facts {
                @for workflow in workflows.iter() {
                    dt { (workflow.title()) }
                    dd { (workflow.description()) }
                }
            }
            h2 { "Connect your apps" }
            ul.choices {
                @for app in apps {
                    li {
                        a.button.quiet href=(app.path()) {
                            "Connect " (app.label)
                        }
                    }
                }
            }
        }
        section.card {
            h2 { "For developers" }
            ul.links {
                li { a href="/openapi.json" { "API description (OpenAPI 3.1)" } }
                li { a href="/health" { "Service health" } }
            }
        }
        @if signed_in {
            form method="post" action="/auth/logout" {
                button.button.quiet type="submit" { "Sign out" }
            }
        }
    };
    page(200, "Start", &content)
}
