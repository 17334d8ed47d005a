//! Webhooks: is it really from Scalekit, and what does it say? And a signature for those we send.
//!
//! Signatures follow Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` with the raw body.
//! Refuses to know which deliveries were seen before: the id is handed out for that.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

use onbehalf_clock::Timestamp;

use super::accounts::ConnectionStatus;
use super::connectors::Connectors;
use super::name::Connector;

/// How far the sender's clock may be from ours, either way, in milliseconds: five minutes, as the
/// scheme recommends.
pub const TOLERANCE_MS: i64 = 5 * 60 * 1000;
/// Signatures looked at in one header; a rotation needs two.
const MAX_SIGNATURES: usize = 8;
const MAX_ID_BYTES: usize = 256;
/// A shorter key could be guessed.
const MIN_KEY_BYTES: usize = 16;

/// The signing keys: one, or two while they are being rotated.
#[derive(Clone)]
pub struct WebhookSecrets(Vec<Vec<u8>>);

impl std::fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookSecrets({} redacted)", self.0.len())
    }
}

/// Secrets that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("webhook secrets must be one or two of the form whsec_<base64>, separated by a comma")]
pub struct InvalidWebhookSecrets;

impl WebhookSecrets {
    /// Reads `whsec_…` or `whsec_…,whsec_…`; a space separates as well.
    ///
    /// # Errors
    /// [`InvalidWebhookSecrets`] for none, more than two, or one that is not a key.
    pub fn parse(text: &str) -> Result<Self, InvalidWebhookSecrets> {
        let separates = |c: char| c == ',' || c.is_whitespace();
        let secrets = text.split(separates).filter(|secret| !secret.is_empty());
        let keys = secrets.map(|secret| {
            let encoded = secret.strip_prefix("whsec_")?;
            STANDARD
                .decode(encoded)
                .ok()
                .filter(|key| key.len() >= MIN_KEY_BYTES)
        });
        let keys: Option<Vec<_>> = keys.collect();
        keys.filter(|keys| (1..=2).contains(&keys.len()))
            .map(Self)
            .ok_or(InvalidWebhookSecrets)
    }

    /// The value of `webhook-signature` for a delivery of our own: one signature for each key, so that
    /// whoever takes it can change theirs at leisure.
    pub fn sign(&self, id: &str, sent_at: Timestamp, body: &[u8]) -> String {
        let seconds = sent_at.seconds().to_string();
        let content: [&[u8]; 5] = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
        let signatures = self.0.iter().filter_map(|key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
            content.iter().for_each(|part| mac.update(part));
            Some(format!(
                "v1,{}",
                STANDARD.encode(mac.finalize().into_bytes())
            ))
        });
        signatures.collect::<Vec<_>>().join(" ")
    }

    fn signed(&self, content: &[&[u8]], signature: &[u8]) -> bool {
        // Every key is tried and compared in constant time.
        self.0.iter().fold(false, |found, key| {
            let mac = Hmac::<Sha256>::new_from_slice(key).map(|mut mac| {
                content.iter().for_each(|part| mac.update(part));
                mac.verify_slice(signature).is_ok()
            });
            found | mac.unwrap_or(false)
        })
    }
}

/// The three headers, as received.
#[derive(Clone, Copy, Debug)]
pub struct WebhookHeaders<'a> {
    /// `webhook-id`
    pub id: Option<&'a str>,
    /// `webhook-timestamp`, seconds since the epoch
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`, `v1,<base64>` separated by spaces
    pub signature: Option<&'a str>,
}

/// Why a delivery was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// A header is missing or malformed.
    #[error("the webhook headers are missing or malformed")]
    Headers,
    /// The timestamp is more than five minutes away: a replay, or a wrong clock.
    #[error("the webhook timestamp is outside the tolerance")]
    Stale,
    /// No signature matches.
    #[error("the webhook signature does not match")]
    Signature,
    /// Signed, but not an event of the contract.
    #[error("the webhook body is not an event")]
    Body,
}

/// A delivery that is really Scalekit's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// `webhook-id`: the same for every redelivery.
    pub id: String,
    /// When it happened, if the event says so.
    pub occurred_at: Option<Timestamp>,
    /// What happened.
    pub event: WebhookEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookEvent {
    /// To a connected account.
    Account(AccountEvent),
    /// An event type this version does not know: accepted, to be ignored.
    Other,
}

/// What happened to which connected account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    /// What happened.
    pub change: AccountChange,
    /// Whose account: the identifier it was connected under.
    pub identifier: String,
    /// Which app; `None` for one this project does not use.
    pub connector: Option<Connector>,
    /// The status now.
    pub status: ConnectionStatus,
}

/// The events about connected accounts in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// `connected_account.created`
    Created,
    /// `connected_account.updated`
    Updated,
    /// `connected_account.status_updated`
    StatusUpdated {
        /// The status before.
        old_status: ConnectionStatus,
    },
    /// `connected_account.deleted`
    Deleted,
    /// `connected_account.magic_link_generated`
    MagicLinkGenerated,
    /// `connected_account.oauth_tokens_fetched`
    OauthTokensFetched,
    /// `connected_account.token_refresh_succeeded`
    TokenRefreshSucceeded,
    /// `connected_account.token_refresh_failed`
    TokenRefreshFailed,
    /// `connected_account.oauth_succeeded`
    OauthSucceeded,
}

/// Checks the signature over the raw body, then reads the event.
///
/// # Errors
/// [`WebhookError`]; nothing of the body is looked at before the signature holds.
pub fn verify(
    secrets: &WebhookSecrets,
    names: &Connectors,
    headers: WebhookHeaders<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<Webhook, WebhookError> {
    let (Some(id), Some(timestamp), Some(signatures)) =
        (headers.id, headers.timestamp, headers.signature)
    else {
        return Err(WebhookError::Headers);
    };
    // A dot in the id could shift the borders of what was signed.
    let plain = id.bytes().all(|b| b.is_ascii_graphic() && b != b'.');
    if id.is_empty() || id.len() > MAX_ID_BYTES || !plain {
        return Err(WebhookError::Headers);
    }
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    let sent: i64 = timestamp
        .parse()
        .ok()
        .filter(|_| digits)
        .ok_or(WebhookError::Headers)?;
    let distance = sent.saturating_mul(1000).saturating_sub(now.millis());
    if distance.saturating_abs() > TOLERANCE_MS {
        return Err(WebhookError::Stale);
    }
    let content: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    let matched = signatures
        .split(' ')
        .take(MAX_SIGNATURES)
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .any(|signature| secrets.signed(&content, &signature));
    if !matched {
        return Err(WebhookError::Signature);
    }
    read(id, names, body).ok_or(WebhookError::Body)
}

fn read(id: &str, names: &Connectors, body: &[u8]) -> Option<Webhook> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let data = body.get("data");
    let text = |key| data.and_then(|data| data.get(key)).and_then(Value::as_str);
    let change = match body.get("type")?.as_str()? {
        "connected_account.created" => Some(AccountChange::Created),
        "connected_account.updated" => Some(AccountChange::Updated),
        "connected_account.status_updated" => Some(AccountChange::StatusUpdated {
            old_status: ConnectionStatus::read(text("old_status")?),
        }),
        "connected_account.deleted" => Some(AccountChange::Deleted),
        "connected_account.magic_link_generated" => Some(AccountChange::MagicLinkGenerated),
        "connected_account.oauth_tokens_fetched" => Some(AccountChange::OauthTokensFetched),
        "connected_account.token_refresh_succeeded" => Some(AccountChange::TokenRefreshSucceeded),
        "connected_account.token_refresh_failed" => Some(AccountChange::TokenRefreshFailed),
        "connected_account.oauth_succeeded" => Some(AccountChange::OauthSucceeded),
        _ => None,
    };
    let event = match change {
        Some(change) => WebhookEvent::Account(AccountEvent {
            change,
            identifier: text("identifier")?.to_owned(),
            connector: connector(names, text("connection_name"), text("provider")),
            status: ConnectionStatus::read(text("status")?),
        }),
        None => WebhookEvent::Other,
    };
    let occurred_at = body
        .get("occurred_at")
        .and_then(Value::as_str)
        .and_then(Timestamp::parse);
    Some(Webhook {
        id: id.to_owned(),
        occurred_at,
        event,
    })
}

/// The connection's name where the event has it; most have only the provider (`HUBSPOT`).
fn connector(
    names: &Connectors,
    connection_name: Option<&str>,
    provider: Option<&str>,
) -> Option<Connector> {
    match connection_name.filter(|name| !name.is_empty()) {
        Some(name) => names.connector(name),
        None => names.of_provider(&provider?.to_ascii_lowercase()),
    }
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
