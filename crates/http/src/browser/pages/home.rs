//! The start page.

use maud::html;

use super::page;
use crate::wire::message::ApiResponse;
use onbehalf_connector::Connector;

/// Says what this is. `signed_in` shows the way out.
pub fn home(signed_in: bool) -> ApiResponse {
    let content = html! {
        section.card {
            h1 { "Agent workflows that act on your behalf" }
            p.lead {
                "This service runs the Onboarding Health workflow: it looks at your customers in "
                "HubSpot, Zendesk and Linear with your own permissions, and leaves tasks where "
                "somebody should act. What you have not connected, it cannot see."
            }
            h2 { "Connect your apps" }
            ul.choices {
                @for connector in Connector::ALL {
                    li {
                        a.button.quiet href=(format!("/connect/{}", connector.name())) {
                            "Connect " (connector.title())
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
