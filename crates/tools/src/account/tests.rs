//! What the apps say of an account, and what is shown of it.

use serde_json::json;

use super::*;
use crate::testkit::alice;
use onbehalf_connector::AuthReason;
use onbehalf_connector::testkit::{Answer, executed, kit, ok, status};

/// What was sent, and what came of it.
async fn asked(app: Connector, answer: Answer) -> (Value, Result<Option<AppAccount>, CallFailure>) {
    let kit = kit();
    kit.script.then(answer);
    let account = app_account(&kit.scalekit, &alice(), app).await;
    (kit.script.sent(0), account)
}

async fn told(app: Connector, data: &Value) -> AppAccount {
    let (_, account) = asked(app, executed(data)).await;
    account.expect("an answer").expect("an account")
}

/// The code of the failure that an answer nobody can read is.
async fn unreadable(app: Connector, data: &Value) -> String {
    match asked(app, executed(data)).await.1 {
        Err(CallFailure::Upstream { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_app_is_asked_once_as_the_user_and_for_nothing_more() {
    for (app, tool, params) in [
        (Connector::HUBSPOT, "hubspot_account_details_get", json!({})),
        (Connector::LINEAR, "linear_viewer_get", json!({})),
        (Connector::SLACK, "slack_auth_test", json!({})),
        (
            Connector::ZENDESK,
            "zendesk_groups_list",
            json!({"page": 1, "per_page": 1}),
        ),
    ] {
        let (sent, _) = asked(app, executed(&json!({}))).await;
        let expected = json!({"tool_name": tool, "identifier": "user_alice",
            "connector": app.name(), "params": params});
        assert_eq!(sent, expected);
    }
}

#[tokio::test]
async fn linear_says_the_organization_and_the_person_or_the_person_alone() {
    let organization = json!({"id": "o1", "name": "Acme", "urlKey": "acme"});
    let viewer = json!({"id": "u1", "name": "Alice", "email": "alice@acme.test",
        "organization": organization});
    for data in [
        json!({"data": {"viewer": viewer}}),
        json!({"viewer": viewer}),
    ] {
        let account = told(Connector::LINEAR, &data).await;
        assert_eq!(
            json!(account),
            json!({"name": "Acme", "user": "Alice", "url": "https://linear.app/acme/"})
        );
    }
    let alone = json!({"data": {"viewer": {"email": "alice@acme.test"}}});
    let account = told(Connector::LINEAR, &alone).await;
    assert_eq!(json!(account), json!({"name": "alice@acme.test"}));
    let nobody = json!({"data": {"viewer": {"id": "u1"}}});
    assert!(!unreadable(Connector::LINEAR, &nobody).await.is_empty());
}

#[tokio::test]
async fn a_portal_goes_by_its_name_where_hubspot_says_it_and_by_its_number_otherwise() {
    let mut details = json!({"portalId": 62515, "uiDomain": "app-eu1.hubspot.com"});
    let url = "https://app-eu1.hubspot.com/contacts/62515/";
    let account = told(Connector::HUBSPOT, &details).await;
    assert_eq!(json!(account), json!({"name": "Hub 62515", "url": url}));
    details["portalName"] = json!("Acme");
    let account = told(Connector::HUBSPOT, &details).await;
    assert_eq!(json!(account), json!({"name": "Acme", "url": url}));
}

#[tokio::test]
async fn an_address_that_leads_elsewhere_is_none_and_a_name_stays_on_its_line() {
    let name = format!("Ac\u{202e}me\n{}", "x".repeat(LONGEST_NAME));
    let hostile = json!({"ok": true, "team": name, "user": " ", "url": "https://evil.example/"});
    let account = told(Connector::SLACK, &hostile).await;
    assert_eq!((account.user, account.url), (None, None));
    assert!(account.name.starts_with("Acmexx"), "{}", account.name);
    assert_eq!(account.name.chars().count(), LONGEST_NAME);
    let elsewhere = json!({"groups": [{"url": "https://desk.evil.example/api/v2/groups/1.json"}]});
    let account = told(Connector::ZENDESK, &elsewhere).await;
    assert_eq!(json!(account), json!({"name": "desk.evil.example"}));
    let nothing = json!({"groups": [{"id": 1, "name": "Support"}]});
    let (_, account) = asked(Connector::ZENDESK, executed(&nothing)).await;
    assert_eq!(account, Ok(None), "as Zendesk's own example has it");
    let none = json!({"count": 0});
    assert!(!unreadable(Connector::ZENDESK, &none).await.is_empty());
}

#[tokio::test]
async fn what_the_app_no_longer_takes_is_a_typed_failure() {
    let refused = json!({"ok": false, "error": "token_revoked"});
    let (_, account) = asked(Connector::SLACK, executed(&refused)).await;
    let revoked = CallFailure::AuthError {
        connector: Connector::SLACK,
        reason: AuthReason::AccountRevoked,
    };
    assert_eq!(account, Err(revoked));
}

#[tokio::test]
async fn where_no_tool_says_it_nothing_is_told() {
    let kit = kit();
    let other = Connector::named("github");
    let account = app_account(&kit.scalekit, &alice(), other).await;
    assert_eq!((account, kit.script.count()), (Ok(None), 0));
    // A connection that is there, of a kind whose tools are others.
    kit.script.then(status(404, &json!({"code": 5})));
    let own = json!({"connector": "zendesk", "identifier": "user_alice", "status": "ACTIVE"});
    kit.script.then(ok(&json!({"connected_accounts": [own]})));
    let account = app_account(&kit.scalekit, &alice(), Connector::ZENDESK).await;
    assert_eq!(account, Ok(None));
}

#[test]
fn what_was_kept_reads_back() {
    let account = AppAccount {
        name: "acme.zendesk.com".into(),
        user: None,
        url: AppPage::of(Connector::ZENDESK, "https://acme.zendesk.com/"),
    };
    let read = serde_json::from_value::<AppAccount>(json!(account)).expect("an account");
    assert!(read.url.is_some() && read == account);
}

#[test]
fn a_tool_says_who_somebody_is_under_whatever_prefix() {
    for (app, tool) in [
        (Connector::SLACK, "slack_auth_test"),
        (Connector::SLACK, "slackbot_auth_test"),
        (Connector::LINEAR, "linear_viewer_get"),
        (Connector::named("crm"), "hubspot_account_details_get"),
    ] {
        assert!(says_who(app, tool), "{tool}");
    }
    for (app, tool) in [
        (Connector::SLACK, "slack_send_message"),
        (Connector::named("github"), "github_auth_test"),
        (Connector::ZENDESK, "zendesk_groups_list"),
    ] {
        assert!(!says_who(app, tool), "{tool}");
    }
}

/// A tool of the registry is offered to models, in `GET /api/tools` and over the Model Context
/// Protocol.
#[test]
fn none_of_it_is_ever_a_tool_on_offer() {
    use crate::{HubspotPortal, LinearIssues, Registry, RegistryError, SlackWhoami};
    let refused = |added: Result<Registry, RegistryError>| added.err();
    let new = Registry::default;
    for (added, id) in [
        (new().with::<HubspotAccount>(), "hubspot-account"),
        (new().with::<LinearAccount>(), "linear-account"),
        (new().with::<SlackAccount>(), "slack-account"),
        (new().with::<SlackWhoami>(), "slack-whoami"),
        (new().with::<HubspotPortal>(), "hubspot-portal"),
    ] {
        assert_eq!(refused(added), Some(RegistryError::SaysWho(id)));
    }
    assert_eq!(refused(new().with::<LinearIssues>()), None);
    let standard = Registry::standard().expect("the standard tools");
    assert!(standard.get(ZendeskAccount::ID).is_err());
}
