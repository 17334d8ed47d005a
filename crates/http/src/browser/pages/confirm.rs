//! The page before an app is connected: who, what, and instead of what.

use maud::html;

use super::{page, policy};
use crate::browser::app::App;
use crate::wire::message::ApiResponse;
use onbehalf_clock::Timestamp;
use onbehalf_connector::ConnectorKind;

/// Who is signed in, for people to recognise themselves.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn<'a> {
    /// Their name at the provider.
    pub user: &'a str,
    /// The organization they signed in to.
    pub organization: Option<&'a str>,
    /// Who vouches for them.
    pub provider: &'a str,
}

/// What becomes of the account that is connected now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// There is none.
    Nothing,
    /// One that works.
    Active {
        /// When it was last used, where that is known.
        last_used_at: Option<Timestamp>,
    },
    /// One that no longer works.
    Dead,
    /// It could not be looked up.
    Unknown,
}

/// What a person confirms.
#[derive(Clone, Copy, Debug)]
pub struct Confirmation<'a> {
    /// Who they are.
    pub signed_in: SignedIn<'a>,
    /// The app.
    pub app: &'a App,
    /// What is there now.
    pub replaced: Replaced,
    /// Whether the whole organization uses the account.
    pub shared: bool,
    /// Whether this service and the apps are reached over `https`.
    pub secure: bool,
}

impl Confirmation<'_> {
    /// The page, whose form begins the flow.
    pub fn page(&self) -> ApiResponse {
        let app = self.app.label.as_str();
        let path = self.app.path();
        let SignedIn {
            user,
            organization,
            provider,
        } = self.signed_in;
        let content = html! {
            section.card {
                h1 { "Connect " (app) }
                p.lead {
                    @match self.app.kind {
                        ConnectorKind::Oauth => {
                            "You will be sent to " (app) " to allow access. "
                        }
                        ConnectorKind::ApiKey => {
                            "You will be sent to a page that asks for your key to " (app) ". The "
                            "account is connected as soon as you have entered it; close that page "
                            "then. "
                        }
                    }
                    @if self.shared {
                        "The account you choose there is then used for everybody in your "
                        "organization."
                    } @else {
                        "What you allow there is then done as you, and for you alone."
                    }
                }
                dl.facts {
                    dt { "Signed in as" }
                    dd { (user) " (" (provider) ")" }
                    @if let Some(organization) = organization {
                        dt { "Organization" }
                        dd { (organization) }
                    }
                    dt { "Connected now" }
                    dd { (self.replaced_words()) }
                }
                form method="post" action=(path) {
                    button.button type="submit" { "Continue to " (app) }
                }
                p { "Not you, or not what you meant to do? Close this page; nothing has happened." }
            }
        };
        let response = page(200, &format!("Connect {app}"), &content);
        response.replacing("content-security-policy", &policy(self.form_targets()))
    }

    /// Chromium holds every redirect after a form to `form-action`, and a consent leads to the
    /// app's own host, which nobody can name beforehand.
    fn form_targets(&self) -> &'static str {
        if self.secure {
            "'self' https:"
        } else {
            "'self' https: http:"
        }
    }

    fn replaced_words(&self) -> String {
        let app = self.app.label.as_str();
        match self.replaced {
            Replaced::Nothing => format!("No {app} account."),
            Replaced::Active { last_used_at: None } => {
                format!("A {app} account. If you go on, another takes its place.")
            }
            Replaced::Active {
                last_used_at: Some(at),
            } => {
                let day = at.date();
                format!(
                    "A {app} account, last used on {day}. If you go on, another takes its place."
                )
            }
            Replaced::Dead => format!("A {app} account that no longer works. It will be replaced."),
            Replaced::Unknown => "This could not be looked up just now.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_connector::Connector;

    fn shown(replaced: Replaced, shared: bool) -> ApiResponse {
        let signed_in = SignedIn {
            user: "<alice>",
            organization: Some("org_1"),
            provider: "Okta",
        };
        let app = App {
            connector: Connector::HUBSPOT,
            label: "HubSpot".into(),
            kind: ConnectorKind::Oauth,
        };
        Confirmation {
            signed_in,
            app: &app,
            replaced,
            shared,
            secure: true,
        }
        .page()
    }

    #[test]
    fn it_says_who_what_and_instead_of_what() {
        let last_used_at = Some(Timestamp::from_millis(1_795_420_800_000));
        let response = shown(Replaced::Active { last_used_at }, false);
        let text = String::from_utf8_lossy(&response.body).into_owned();
        for part in [
            "&lt;alice&gt; (Okta)",
            "org_1",
            "Continue to HubSpot",
            "last used on 2026-11-23",
            "action=\"/connect/hubspot\"",
            "for you alone",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let shared = shown(Replaced::Nothing, true);
        assert!(String::from_utf8_lossy(&shared.body).contains("everybody in your organization"));
    }

    #[test]
    fn its_form_may_lead_to_consent_pages_and_over_https_only() {
        let response = shown(Replaced::Unknown, false);
        let policies: Vec<_> = response
            .headers
            .iter()
            .filter(|(name, _)| name == "content-security-policy")
            .collect();
        assert_eq!(policies.len(), 1);
        assert!(policies[0].1.contains("form-action 'self' https:;"));
        assert!(policies[0].1.contains("default-src 'none'"));
    }
}
