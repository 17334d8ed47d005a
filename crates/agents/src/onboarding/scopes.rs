//! What the workflow's calls need a user to grant, for whoever asks them to connect.

use onbehalf_connector::Connector;

/// The scopes each app needs, as the app names them.
const NEEDED: [(Connector, &[&str]); 3] = [
    // Tasks are covered by the scopes of contacts (HubSpot, "Scopes").
    (
        Connector::Hubspot,
        &["crm.objects.contacts.read", "crm.objects.contacts.write"],
    ),
    // Zendesk, "Using OAuth authentication: scopes".
    (Connector::Zendesk, &["read"]),
    // Linear, "OAuth 2.0 authentication: scopes".
    (Connector::Linear, &["read", "comments:create"]),
];

/// The scopes the workflow needs of a connector.
pub(crate) fn needed(connector: Connector) -> Vec<String> {
    let found = NEEDED.iter().find(|(known, _)| *known == connector);
    let scopes = found.map_or(&[][..], |(_, scopes)| scopes);
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}
