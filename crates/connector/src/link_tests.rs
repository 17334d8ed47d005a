//! Magic links and who came back.

use super::*;
use crate::testkit::{Kit, kit, ok, status};
use onbehalf_fetch::FetchError;

async fn link(kit: &Kit) -> Result<MagicLink, CallFailure> {
    let back = "https://app.test/connect/callback";
    kit.scalekit
        .magic_link("user_alice", Connector::ZENDESK, "s1", back)
        .await
}

#[tokio::test]
async fn a_link_is_minted_with_state_and_return_address() {
    let kit = kit();
    let expiry = "2026-11-23T08:10:00Z";
    kit.script.then(ok(
        &json!({"link": "https://acme.scalekit.test/l/1", "expiry": expiry}),
    ));
    let minted = link(&kit).await.expect("a link");
    assert_eq!(minted.link.as_str(), "https://acme.scalekit.test/l/1");
    assert_eq!(minted.expiry, Timestamp::parse(expiry));
    assert!(!format!("{minted:?}").contains("/l/1"));
    assert_eq!(
        kit.script.sent(0),
        json!({
            "connector": "zendesk", "identifier": "user_alice", "state": "s1",
            "user_verify_url": "https://app.test/connect/callback"
        })
    );
}

#[tokio::test]
async fn a_browser_is_never_sent_to_an_unsafe_link() {
    for bad in [
        "javascript:alert(1)",
        "http://evil.test/",
        "/relative",
        "",
        "data:text/html,x",
    ] {
        let kit = kit();
        kit.script.then(ok(&json!({ "link": bad })));
        assert!(
            matches!(link(&kit).await, Err(CallFailure::Upstream { .. })),
            "{bad}"
        );
    }
    let kit = kit();
    kit.script
        .then(ok(&json!({"link": "http://127.0.0.1:9000/l"})));
    assert!(link(&kit).await.is_ok());
}

#[tokio::test]
async fn verification_tells_the_wrong_user_from_a_used_request() {
    let kit = kit();
    let verify = || kit.scalekit.verify_user("req_1", "user_alice");
    kit.script.then(ok(
        &json!({"post_user_verify_redirect_url": "https://x.test/ok"}),
    ));
    let next = verify()
        .await
        .expect("verified")
        .post_user_verify_redirect_url;
    assert_eq!(next.map(String::from).as_deref(), Some("https://x.test/ok"));
    let sent = json!({"auth_request_id": "req_1", "identifier": "user_alice"});
    assert_eq!(kit.script.sent(0), sent);
    kit.script.then(status(403, &json!({"code": 7})));
    assert_eq!(verify().await, Err(VerifyFailure::WrongUser));
    kit.script.then(status(404, &json!({"code": 5})));
    assert_eq!(verify().await, Err(VerifyFailure::UnknownOrUsed));
    kit.script.then(Err(FetchError::Timeout));
    assert_eq!(verify().await, Err(CallFailure::OutcomeUnknown.into()));
    kit.script.then(ok(
        &json!({"post_user_verify_redirect_url": "javascript:1"}),
    ));
    assert_eq!(
        verify().await,
        Ok(Verified {
            post_user_verify_redirect_url: None
        })
    );
    assert_eq!(kit.script.count(), 5, "each was sent once");
}
