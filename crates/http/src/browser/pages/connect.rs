//! How connecting an app ended, in words.

use super::{Message, Tone};
use crate::browser::app::App;
use crate::wire::message::ApiResponse;

/// The ends a connect flow can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectEnd {
    /// The connection is active and waiting runs go on.
    Connected,
    /// The connection is active, but waiting runs could not be told.
    ConnectedRunsNotTold,
    /// Accounts are the organization's, and the person does not keep them.
    KeepersOnly,
    /// Another site asked to begin.
    ForeignSite,
    /// The flow belongs to somebody else than who is signed in.
    WrongUser,
    /// It was begun in another browser.
    OtherBrowser,
    /// It took too long.
    Expired,
    /// It was finished before.
    AlreadyUsed,
    /// The address lacks what Scalekit adds; the consent was not given.
    Incomplete,
    /// Scalekit does not answer.
    Unavailable,
    /// Something is wrong on our side.
    Failed,
}

impl ConnectEnd {
    /// Every end.
    #[cfg(test)]
    pub const ALL: [Self; 11] = [
        Self::Connected,
        Self::ConnectedRunsNotTold,
        Self::KeepersOnly,
        Self::ForeignSite,
        Self::WrongUser,
        Self::OtherBrowser,
        Self::Expired,
        Self::AlreadyUsed,
        Self::Incomplete,
        Self::Unavailable,
        Self::Failed,
    ];

    /// The HTTP status of the page.
    pub fn status(self) -> u16 {
        match self {
            Self::Connected | Self::ConnectedRunsNotTold => 200,
            Self::Incomplete => 400,
            Self::KeepersOnly | Self::ForeignSite | Self::WrongUser | Self::OtherBrowser => 403,
            Self::AlreadyUsed => 409,
            Self::Expired => 410,
            Self::Failed => 502,
            Self::Unavailable => 503,
        }
    }

    fn words(self) -> (Tone, &'static str, &'static str) {
        match self {
            Self::Connected => (
                Tone::Good,
                "Connected",
                "The app is connected to your account. Runs that waited for it are going on by \
                 themselves; you can close this page.",
            ),
            Self::ConnectedRunsNotTold => (
                Tone::Notice,
                "Connected, with one step left",
                "The app is connected to your account, but runs that wait for it could not be told \
                 just now. Connect once more to wake them.",
            ),
            Self::KeepersOnly => (
                Tone::Notice,
                "Not yours to connect",
                "Apps are connected for your whole organization here, by people who have the role \
                 for it. Ask one of them, or your administrator for the role.",
            ),
            Self::ForeignSite => (
                Tone::Bad,
                "Asked by another site",
                "Another web site asked to connect an app to your account, so nothing was begun. \
                 If it was your wish, start here.",
            ),
            Self::WrongUser => (
                Tone::Bad,
                "This link is not yours",
                "The connection was started for somebody else than the person signed in here, so \
                 nothing was connected, and the link is good for nobody any more. Start again from \
                 your own account.",
            ),
            Self::OtherBrowser => (
                Tone::Bad,
                "Started in another browser",
                "This connection was started in another browser, so nothing was connected, and the \
                 link is good for nobody any more. If you started it, start again here.",
            ),
            Self::Expired => (
                Tone::Notice,
                "That took too long",
                "The connection was not finished in time, so nothing was connected. Starting again \
                 takes a minute.",
            ),
            Self::AlreadyUsed => (
                Tone::Notice,
                "Already used",
                "This step was finished before. If the app does not show as connected, start \
                 again.",
            ),
            Self::Incomplete => (
                Tone::Notice,
                "Not finished",
                "The consent was not completed, so nothing was connected. You can start again at \
                 any time.",
            ),
            Self::Unavailable => (
                Tone::Notice,
                "Try again in a moment",
                "The service that keeps your connections does not answer right now, so nothing was \
                 connected.",
            ),
            Self::Failed => (
                Tone::Bad,
                "Something went wrong",
                "The app could not be connected, and the cause is on our side. Try again; if it \
                 stays like this, tell your administrator.",
            ),
        }
    }
}

/// The page of an end. `app` is known once the flow is recognised.
pub fn connect_end(end: ConnectEnd, app: Option<&App>) -> ApiResponse {
    let (tone, words, lead) = end.words();
    let title = match app {
        Some(app) => format!("{}: {words}", app.label),
        None => words.to_owned(),
    };
    let again = app.map_or("/".to_owned(), App::path);
    let action = match end {
        ConnectEnd::Connected => ("Go to the start page", "/"),
        ConnectEnd::ConnectedRunsNotTold => ("Connect once more", again.as_str()),
        _ => ("Try again", again.as_str()),
    };
    Message {
        status: end.status(),
        tone,
        title: &title,
        lead,
        action: Some(action),
    }
    .response()
}

/// The page for an app this service does not know.
pub fn unknown_connector() -> ApiResponse {
    Message {
        status: 404,
        tone: Tone::Notice,
        title: "Unknown app",
        lead: "This service does not know an app of that name. The start page lists those it does.",
        action: Some(("Go to the start page", "/")),
    }
    .response()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use onbehalf_connector::{Connector, ConnectorKind};

    use super::*;

    fn app(connector: Connector) -> App {
        App {
            connector,
            label: "App".into(),
            kind: ConnectorKind::Oauth,
        }
    }

    #[test]
    fn every_end_says_something_of_its_own_and_offers_a_step() {
        let mut seen = HashSet::new();
        for end in ConnectEnd::ALL {
            let response = connect_end(end, Some(&app(Connector::HUBSPOT)));
            assert_eq!(response.status, end.status());
            let body = String::from_utf8(response.body).expect("text");
            assert!(body.contains("class=\"button\""), "{end:?}");
            assert!(seen.insert(body), "{end:?}");
        }
    }

    #[test]
    fn trying_again_leads_to_the_same_app() {
        let text = |connector: Option<Connector>| {
            let response = connect_end(ConnectEnd::Expired, connector.map(app).as_ref());
            String::from_utf8(response.body).expect("text")
        };
        assert!(text(Some(Connector::ZENDESK)).contains("href=\"/connect/zendesk\""));
        assert!(!text(None).contains("/connect/"));
    }
}
