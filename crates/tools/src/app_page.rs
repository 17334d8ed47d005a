//! The address of a page at an app, fit to be shown to people as a link.
//!
//! Owns which hosts are an app's own. An app's answer is anybody's words until it was looked at: an
//! address in it counts only where it leads to the very app that gave it, without a query or a
//! fragment, which is where a token would travel. Any other is as good as none.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use onbehalf_connector::Connector;

/// Longer ones are no address of a record.
const LONGEST: usize = 512;
/// The apps whose pages are linked to.
const LINKED: [Connector; 4] = [
    Connector::HUBSPOT,
    Connector::LINEAR,
    Connector::SLACK,
    Connector::ZENDESK,
];

/// An address that leads to an app's own page by `https`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct AppPage(String);

impl AppPage {
    /// This address, if it is one of this app's.
    pub fn of(app: Connector, address: &str) -> Option<Self> {
        let (host, path) = address.strip_prefix("https://")?.split_once('/')?;
        let is_its = address.len() <= LONGEST && is_own(app, host) && path.chars().all(is_plain);
        is_its.then(|| Self(address.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what was kept. What is no app's address any more is none: it holds up nobody's run.
    pub fn kept<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        let kept = Option::<String>::deserialize(from)?;
        Ok(kept.and_then(|address| LINKED.iter().find_map(|app| Self::of(*app, &address))))
    }
}

/// Whether people see this app under this host. HubSpot's is `app.hubspot.com`, and `app-eu1`,
/// `app-na2` and the like for accounts that are kept elsewhere. Slack and Zendesk have one for each
/// account (`acme.slack.com`, `acme.enterprise.slack.com`, `acme.zendesk.com`).
fn is_own(app: Connector, host: &str) -> bool {
    let letters = |place: &str| {
        let mut bytes = place.bytes();
        !place.is_empty() && bytes.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    match app {
        Connector::LINEAR => host == "linear.app",
        Connector::HUBSPOT => match host.strip_suffix(".hubspot.com") {
            Some("app") => true,
            Some(name) => name.strip_prefix("app-").is_some_and(letters),
            None => false,
        },
        Connector::SLACK => host.strip_suffix(".slack.com").is_some_and(|name| {
            let of_enterprise = name.strip_suffix(".enterprise");
            is_label(of_enterprise.unwrap_or(name))
        }),
        Connector::ZENDESK => host.strip_suffix(".zendesk.com").is_some_and(is_label),
        _ => false,
    }
}

/// Whether it is one part of a host's name.
fn is_label(name: &str) -> bool {
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    !name.is_empty() && name.bytes().all(plain)
}

/// What a path is made of. Linear puts the title's words into it, in any alphabet.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || "-._~%/".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ISSUE: &str = "https://linear.app/acme/issue/ONB-12/über-import";

    #[derive(Deserialize)]
    struct Kept {
        #[serde(default, deserialize_with = "AppPage::kept")]
        page: Option<AppPage>,
    }

    fn kept(json: &str) -> Option<AppPage> {
        let kept: Kept = serde_json::from_str(json).expect("it reads");
        kept.page
    }

    #[test]
    fn an_address_counts_where_it_leads_to_the_app_that_gave_it() {
        for (app, address) in [
            (Connector::LINEAR, ISSUE),
            (
                Connector::HUBSPOT,
                "https://app.hubspot.com/contacts/62515/record/0-27/5013",
            ),
            (
                Connector::HUBSPOT,
                "https://app-eu1.hubspot.com/contacts/62515/record/0-27/5013",
            ),
            (Connector::SLACK, "https://acme-2.slack.com/"),
            (Connector::SLACK, "https://acme.enterprise.slack.com/"),
            (Connector::ZENDESK, "https://acme.zendesk.com/"),
        ] {
            let page = AppPage::of(app, address).expect(address);
            assert_eq!(page.as_str(), address);
        }
        assert_eq!(AppPage::of(Connector::HUBSPOT, ISSUE), None);
        assert_eq!(AppPage::of(Connector::ZENDESK, ISSUE), None);
    }

    #[test]
    fn whatever_leads_elsewhere_is_no_address() {
        for bad in [
            "",
            "javascript:alert(1)//linear.app/",
            "http://linear.app/acme/issue/ONB-1",
            "//linear.app/acme/issue/ONB-1",
            "https://linear.app",
            "https://linear.app.evil.example/acme",
            "https://evil.example/linear.app/",
            "https://linear.app@evil.example/acme",
            "https://linear.app:8443/acme",
            "https://linear.app\\@evil.example/acme",
            "https://LINEAR.app/acme",
            "https://linear.app/acme?to=https://evil.example",
            "https://linear.app/acme#token=1",
            "https://linear.app/acme issue",
            "https://linear.app/\u{202e}acme",
            "https://linear.app/\"><script>",
        ] {
            assert_eq!(AppPage::of(Connector::LINEAR, bad), None, "{bad}");
        }
        for host in [
            "hubspot.com",
            "evil.hubspot.com",
            "app-.hubspot.com",
            "app-eu1.evil.hubspot.com",
            "app.hubspot.com.evil.example",
            "myapp.hubspot.com",
        ] {
            let address = format!("https://{host}/contacts/1/record/0-27/2");
            assert_eq!(AppPage::of(Connector::HUBSPOT, &address), None, "{host}");
        }
        for (app, host) in [
            (Connector::SLACK, "slack.com"),
            (Connector::SLACK, ".slack.com"),
            (Connector::SLACK, "evil.acme.slack.com"),
            (Connector::SLACK, "acme.slack.com.evil.example"),
            (Connector::SLACK, "acme.zendesk.com"),
            (Connector::ZENDESK, "zendesk.com"),
            (Connector::ZENDESK, "evil@acme.zendesk.com"),
            (Connector::ZENDESK, "acme.zendesk.com:8443"),
            (Connector::ZENDESK, "evil.example/acme.zendesk.com"),
        ] {
            let address = format!("https://{host}/");
            assert_eq!(AppPage::of(app, &address), None, "{host}");
        }
        let long = format!("https://linear.app/{}", "a".repeat(LONGEST));
        assert_eq!(AppPage::of(Connector::LINEAR, &long), None);
    }

    #[test]
    fn what_was_kept_is_looked_at_again() {
        let page = AppPage::of(Connector::LINEAR, ISSUE);
        let json = serde_json::json!({ "page": page }).to_string();
        assert_eq!(kept(&json), page);
        for other in [
            "{}",
            r#"{"page":null}"#,
            r#"{"page":"https://evil.example/"}"#,
        ] {
            assert_eq!(kept(other), None, "{other}");
        }
    }

    proptest! {
        /// Judged by the rules browsers go by, which share nothing with the ones above.
        #[test]
        fn a_browser_would_go_to_the_app(rest in "[a-z@:\\\\/.?#%\u{e4}-]{0,40}") {
            for start in ["https://linear.app", "https://", "https://linear.app/"] {
                let address = format!("{start}{rest}");
                if let Some(page) = AppPage::of(Connector::LINEAR, &address) {
                    let url = url::Url::parse(page.as_str()).expect("an address");
                    prop_assert_eq!(url.scheme(), "https");
                    prop_assert_eq!(url.host_str(), Some("linear.app"));
                    prop_assert_eq!((url.port(), url.query(), url.fragment()), (None, None, None));
                    prop_assert!(url.username().is_empty() && url.password().is_none());
                }
            }
        }
    }
}
