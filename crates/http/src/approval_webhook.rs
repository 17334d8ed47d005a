//! Tells the operator's own systems that a plan waits for a decision: one signed POST.
//!
//! Signed as Standard Webhooks has it, as the webhooks are that come in. Owns the body, which holds
//! names, counts and times and nothing of a customer. When it is sent again is for whoever keeps it.

use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_connector::webhook::WebhookSecrets;
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, Method};
use onbehalf_runs::Undelivered;
use onbehalf_runs::approvals::Notice;
use serde_json::json;
use url::Url;

/// How long an answer is waited for: less than the call of an object may take.
const TIMEOUT: Duration = Duration::from_secs(8);
/// What is read of an answer. Nothing of it is used; whoever answers more is not waited for.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The `type` of the event.
const EVENT: &str = "approval.waiting";

/// Where the operator wants to be told, and the keys it is signed with.
#[derive(Clone, Debug)]
pub struct ApprovalWebhook {
    url: Url,
    secrets: WebhookSecrets,
}

impl ApprovalWebhook {
    /// Reads the address: https, or http on this machine, without a name or a password in it.
    ///
    /// # Errors
    /// Says what an address must be.
    pub fn url(text: &str) -> Result<Url, &'static str> {
        let url = Url::parse(text.trim()).map_err(|_| "must be an absolute URL")?;
        let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let plain =
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if plain && (url.scheme() == "https" || (url.scheme() == "http" && loopback)) {
            Ok(url)
        } else {
            Err("must be an https address without a user, a password and a fragment")
        }
    }

    /// Tells this address, signed with these.
    pub fn new(url: Url, secrets: WebhookSecrets) -> Self {
        Self { url, secrets }
    }

    /// Sends an announcement. The id is the same each time it is sent; time and signature are of
    /// their own.
    ///
    /// # Errors
    /// [`Undelivered`] for every answer but 2xx, and for none.
    pub async fn deliver(
        &self,
        fetch: &dyn Fetch,
        now: Timestamp,
        notice: &Notice,
    ) -> Result<(), Undelivered> {
        let body = body(notice);
        let id = notice.id.as_str();
        let header = |name: &str, value: String| (name.to_owned(), value);
        let request = HttpRequest {
            method: Method::Post,
            url: self.url.to_string(),
            headers: vec![
                header("content-type", "application/json".to_owned()),
                header("webhook-id", id.to_owned()),
                header("webhook-timestamp", now.seconds().to_string()),
                header("webhook-signature", self.secrets.sign(id, now, &body)),
            ],
            body,
            timeout: TIMEOUT,
            max_response_bytes: MAX_ANSWER_BYTES,
        };
        match fetch.send(request).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(_) | Err(FetchError::TooLarge) => Err(Undelivered::Failed),
            Err(FetchError::Timeout) => Err(Undelivered::TimedOut),
            Err(FetchError::Connection) => Err(Undelivered::Unreachable),
        }
    }
}

/// Sends an announcement to where the operator wants it. Where that is nowhere, as it may be by the
/// time an announcement is sent, nobody is to be told.
///
/// # Errors
/// As [`ApprovalWebhook::deliver`].
pub async fn announce(
    webhook: Option<&ApprovalWebhook>,
    fetch: &dyn Fetch,
    now: Timestamp,
    notice: &Notice,
) -> Result<(), Undelivered> {
    match webhook {
        Some(webhook) => webhook.deliver(fetch, now, notice).await,
        None => Ok(()),
    }
}

/// The event, byte for byte the same each time it is sent.
fn body(notice: &Notice) -> Vec<u8> {
    let event = json!({
        "type": EVENT,
        "timestamp": notice.at,
        "data": {
            "workflow": notice.workflow,
            "runId": notice.run_id,
            "owner": notice.owner,
            "expiresAt": notice.expires_at,
            "writes": notice.writes,
            "waiting": notice.waiting,
        },
    });
    event.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use async_trait::async_trait;
    use onbehalf_connector::Connectors;
    use onbehalf_connector::webhook::{WebhookHeaders, verify};
    use onbehalf_fetch::HttpResponse;
    use onbehalf_runs::{EventId, OwnerKey, RunId, WorkflowId};

    use super::*;

    const SECRETS: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZg== whsec_ZmVkY2JhOTg3NjU0MzIxMA==";

    /// Answers with these statuses and keeps what it was sent.
    struct Receiver {
        answers: RefCell<VecDeque<Result<u16, FetchError>>>,
        taken: RefCell<Vec<HttpRequest>>,
    }

    #[async_trait(?Send)]
    impl Fetch for Receiver {
        async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
            self.taken.borrow_mut().push(request);
            let answer = self.answers.borrow_mut().pop_front().unwrap_or(Ok(204));
            answer.map(|status| HttpResponse {
                status,
                headers: Vec::new(),
                body: Vec::new(),
            })
        }
    }

    fn receiver(answers: &[Result<u16, FetchError>]) -> Receiver {
        Receiver {
            answers: RefCell::new(answers.iter().copied().collect()),
            taken: RefCell::default(),
        }
    }

    fn webhook() -> ApprovalWebhook {
        let url = ApprovalWebhook::url("https://hooks.acme.test/approvals?team=1").expect("a URL");
        ApprovalWebhook::new(url, WebhookSecrets::parse(SECRETS).expect("keys"))
    }

    fn notice() -> Notice {
        Notice {
            id: EventId::new("approval_run_1_2"),
            at: Timestamp::from_millis(1_000),
            run_id: RunId::stored("run_1"),
            workflow: WorkflowId::new("onboarding-health"),
            owner: OwnerKey::new("p_x"),
            expires_at: Some(Timestamp::from_millis(9_000)),
            writes: 3,
            waiting: 2,
        }
    }

    /// Signed as we ask of others: the very code that takes webhooks in takes ours.
    #[tokio::test]
    async fn what_is_sent_is_signed_with_each_key_and_the_same_each_time() {
        let receiver = receiver(&[Ok(500)]);
        let times = [
            Timestamp::from_millis(10_500),
            Timestamp::from_millis(99_000),
        ];
        let first = webhook().deliver(&receiver, times[0], &notice()).await;
        assert_eq!(first, Err(Undelivered::Failed));
        let second = webhook().deliver(&receiver, times[1], &notice()).await;
        assert_eq!(second, Ok(()));
        let taken = receiver.taken.borrow();
        assert_eq!(taken[0].body, taken[1].body);
        for (request, now) in taken.iter().zip(times) {
            let value = |name: &str| {
                let found = request.headers.iter().find(|(known, _)| known == name);
                found.map(|(_, value)| value.as_str())
            };
            assert_eq!(value("webhook-id"), Some("approval_run_1_2"));
            for key in SECRETS.split(' ') {
                let headers = WebhookHeaders {
                    id: value("webhook-id"),
                    timestamp: value("webhook-timestamp"),
                    signature: value("webhook-signature"),
                };
                let key = WebhookSecrets::parse(key).expect("a key");
                let verified = verify(&key, &Connectors::default(), headers, &request.body, now);
                assert!(verified.is_ok(), "{verified:?}");
            }
        }
    }

    #[tokio::test]
    async fn only_2xx_is_an_answer() {
        for (answer, told) in [
            (Ok(200), Ok(())),
            (Ok(302), Err(Undelivered::Failed)),
            (Ok(410), Err(Undelivered::Failed)),
            (Err(FetchError::Timeout), Err(Undelivered::TimedOut)),
            (Err(FetchError::Connection), Err(Undelivered::Unreachable)),
        ] {
            let receiver = receiver(&[answer]);
            let now = Timestamp::from_millis(0);
            assert_eq!(webhook().deliver(&receiver, now, &notice()).await, told);
        }
    }

    #[tokio::test]
    async fn an_announcement_that_nobody_wants_any_more_is_done_with() {
        let receiver = receiver(&[Err(FetchError::Connection)]);
        let now = Timestamp::from_millis(0);
        assert_eq!(announce(None, &receiver, now, &notice()).await, Ok(()));
        assert!(receiver.taken.borrow().is_empty());
        let wanted = announce(Some(&webhook()), &receiver, now, &notice()).await;
        assert_eq!(wanted, Err(Undelivered::Unreachable));
    }

    #[test]
    fn nothing_but_names_counts_and_times_leaves() {
        let event: serde_json::Value = serde_json::from_slice(&body(&notice())).expect("json");
        assert_eq!(
            event,
            json!({
                "type": "approval.waiting",
                "timestamp": "1970-01-01T00:00:01.000Z",
                "data": {
                    "workflow": "onboarding-health",
                    "runId": "run_1",
                    "owner": "p_x",
                    "expiresAt": "1970-01-01T00:00:09.000Z",
                    "writes": 3,
                    "waiting": 2,
                },
            })
        );
    }

    #[test]
    fn only_https_or_this_machine_is_told() {
        for good in [
            "https://a.test/x?y=z",
            "http://127.0.0.1:9/x",
            "http://localhost/",
        ] {
            assert!(ApprovalWebhook::url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.test",
            "https://u:p@a.test",
            "https://a.test/#x",
            "/x",
            "ftp://a.test",
        ] {
            assert!(ApprovalWebhook::url(bad).is_err(), "{bad}");
        }
    }
}
