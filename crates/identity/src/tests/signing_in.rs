//! The same person by API token and by browser, at each provider as its documentation has it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use onbehalf_clock::testkit::LeapingClock;
use onbehalf_clock::{Clock, Random, Timestamp};
use onbehalf_fetch::{Fetch, FetchError, HttpRequest, HttpResponse, Method};
use onbehalf_sandbox::server::Sandbox;
use onbehalf_sandbox::service::{Reply, Request};
use onbehalf_sandbox::world::Manners;
use serde_json::{Value, json};
use url::Url;

use super::kit::NativeVerifier;
use crate::{
    Authenticator, DirectDocuments, IdentityCaches, IdentityConfig, IdentityScope, Login,
    LoginError, PendingLogin, Principal, TokenError, bridge,
};

const REDIRECT: &str = "https://onbehalf.example/auth/callback";

/// The sandbox without a socket, and what was asked of it.
struct World {
    sandbox: Arc<Sandbox>,
    asked: RefCell<Vec<String>>,
}

impl World {
    async fn ask(
        &self,
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        body: &str,
    ) -> Reply {
        let request = Request::new(method, url, headers, body.as_bytes().to_vec());
        self.sandbox.answer(request).await
    }

    async fn control(&self, path: &str, body: &Value) -> String {
        let url = format!("/_sandbox/{path}");
        let method = if body.is_null() { "GET" } else { "POST" };
        let reply = self.ask(method, &url, Vec::new(), &body.to_string()).await;
        let text = String::from_utf8(reply.body).expect("text");
        assert_eq!(reply.status, 200, "{path}: {text}");
        text
    }
}

#[async_trait(?Send)]
impl Fetch for World {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        self.asked.borrow_mut().push(request.url.clone());
        let method = if request.method == Method::Get {
            "GET"
        } else {
            "POST"
        };
        let body = String::from_utf8(request.body).expect("text");
        let reply = self.ask(method, &request.url, request.headers, &body).await;
        Ok(HttpResponse {
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
        })
    }
}

/// Every value is new.
struct Counting(Cell<u8>);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.set(self.0.get() + 1);
        buffer.fill(self.0.get());
    }
}

/// A world; making its keys takes a moment.
fn sandbox() -> Arc<Sandbox> {
    Sandbox::new("http://localhost:1".into(), [7; 32], Manners::strict()).expect("a sandbox")
}

/// A deployment that trusts one of the sandbox's providers.
struct Deployment {
    world: Rc<World>,
    provider: &'static str,
    secret: String,
    scope: IdentityScope,
    config: Rc<IdentityConfig>,
    login: Login,
}

impl Deployment {
    /// With the provider's own entry, and `more` in it.
    fn within(
        sandbox: &Arc<Sandbox>,
        provider: &'static str,
        scope: IdentityScope,
        more: Value,
    ) -> Self {
        let description = sandbox.description();
        let mut entry = description["providers"][provider]["entry"].clone();
        for (name, value) in more.as_object().into_iter().flatten() {
            entry[name] = value.clone();
        }
        let config = IdentityConfig::from_json(&json!([entry]).to_string());
        let config = Rc::new(config.expect("a configuration"));
        config.check_scope(scope).expect("fit for the scope");
        let world = Rc::new(World {
            sandbox: Arc::clone(sandbox),
            asked: RefCell::default(),
        });
        let now = std::time::UNIX_EPOCH.elapsed().expect("now").as_millis();
        let clock: Rc<dyn Clock> = Rc::new(LeapingClock::at(Timestamp::from_millis(
            now.try_into().expect("now"),
        )));
        let fetch = Rc::clone(&world) as Rc<dyn Fetch>;
        let authenticator = Rc::new(Authenticator {
            config: Rc::clone(&config),
            caches: Rc::new(IdentityCaches::default()),
            shared: Rc::new(DirectDocuments::new(Rc::clone(&fetch), Rc::clone(&clock))),
            verifier: Rc::new(NativeVerifier::default()),
            clock,
        });
        let secret = description["providers"][provider]["client_secret"].as_str();
        Self {
            provider,
            secret: secret.expect("a secret").to_owned(),
            scope,
            config,
            login: Login {
                authenticator,
                fetch,
                random: Rc::new(Counting(Cell::new(0))),
                scope,
            },
            world,
        }
    }

    fn issuer(&self) -> &str {
        self.config.issuers()[0].id()
    }

    async fn seed(&self, user: &str) {
        let seed = json!({ "user": user, "customers": 0, "connectors": [] });
        self.world.control("seed", &seed).await;
    }

    async fn set_up(&self, settings: Value) {
        let path = format!("idp/settings?provider={}", self.provider);
        self.world.control(&path, &settings).await;
    }

    async fn by_api(&self, user: &str) -> Principal {
        let user: String = url::form_urlencoded::byte_serialize(user.as_bytes()).collect();
        let path = format!("token/{user}?provider={}", self.provider);
        let token = self.world.control(&path, &Value::Null).await;
        let header = format!("Bearer {token}");
        let authenticator = &self.login.authenticator;
        authenticator
            .authenticate(Some(&header))
            .await
            .expect("accepted")
    }

    /// As far as the provider's answer: what it says in the address.
    async fn answer(&self, user: &str) -> (PendingLogin, Vec<(String, String)>) {
        let begun = self
            .login
            .begin(self.issuer(), REDIRECT)
            .await
            .expect("begun");
        let url = Url::parse(&begun.url).expect("a URL");
        let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        form.push(("user".into(), user.to_owned()));
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let reply = self.world.ask("POST", url.path(), Vec::new(), &body).await;
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let location = reply.headers.iter().find(|(name, _)| name == "location");
        let (_, location) = location.unwrap_or_else(|| panic!("no answer: {text}"));
        let location = Url::parse(location).expect("a URL");
        (begun.pending, location.query_pairs().into_owned().collect())
    }

    async fn by_browser(&self, user: &str) -> Result<Principal, LoginError> {
        let (pending, answer) = self.answer(user).await;
        let get = |name: &str| {
            answer
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, it)| it.as_str())
        };
        assert_eq!(get("state"), Some(pending.state.as_str()));
        pending.check_issuer(get("iss"))?;
        let code = get("code").ok_or(LoginError::Refused)?;
        let secret = Some(self.secret.as_str());
        self.login.finish(&pending, code, REDIRECT, secret).await
    }

    fn identifier(&self, principal: &Principal) -> String {
        let context = bridge(principal, &self.config, self.scope).expect("an identifier");
        context.scalekit_identifier.as_str().to_owned()
    }
}

/// Somebody, as each provider names its users.
const USERS: [(&str, &str); 6] = [
    ("oidc", "amy"),
    ("okta", "00uamy"),
    ("auth0", "auth0|amy"),
    ("clerk", "user_amy"),
    ("workos", "user_01amy"),
    ("workos-older", "user_01amy"),
];

#[tokio::test]
async fn one_person_has_one_identifier_by_api_and_by_browser() {
    let sandbox = sandbox();
    for (provider, user) in USERS {
        let deployment = Deployment::within(&sandbox, provider, IdentityScope::User, Value::Null);
        deployment.seed(user).await;
        let by_api = deployment.by_api(user).await;
        let by_browser = deployment.by_browser(user).await;
        let by_browser = by_browser.unwrap_or_else(|error| panic!("{provider}: {error}"));
        let identifier = deployment.identifier(&by_api);
        assert_eq!(identifier, format!("user_{user}"), "{provider}");
        assert_eq!(deployment.identifier(&by_browser), identifier, "{provider}");
    }
}

#[tokio::test]
async fn so_has_one_organization() {
    let sandbox = sandbox();
    for (provider, user, more) in [
        ("oidc", "amy", Value::Null),
        ("auth0", "auth0|amy", json!({ "organization": "org_acme" })),
        ("clerk", "user_amy", Value::Null),
        ("workos", "user_01amy", Value::Null),
        ("workos-older", "user_01amy", Value::Null),
    ] {
        let deployment = Deployment::within(&sandbox, provider, IdentityScope::Org, more);
        deployment.seed(user).await;
        for principal in [
            deployment.by_api(user).await,
            deployment.by_browser(user).await.expect(provider),
        ] {
            assert_eq!(
                deployment.identifier(&principal),
                "org_org_acme",
                "{provider}"
            );
            assert_eq!(principal.user_id(), user, "{provider}");
        }
    }
}

#[tokio::test]
async fn an_organization_that_auth0_asks_people_for_needs_no_naming() {
    let more = json!({ "organization": "prompt" });
    let deployment = Deployment::within(&sandbox(), "auth0", IdentityScope::Org, more);
    deployment.seed("auth0|amy").await;
    let settings =
        json!({ "organization_prompt": true, "client_authentication": "client_secret_post" });
    deployment.set_up(settings).await;
    let principal = deployment.by_browser("auth0|amy").await.expect("signed in");
    assert_eq!(principal.org_id(), Some("org_acme"));
}

#[tokio::test]
async fn nobody_signs_in_to_an_organization_they_are_not_in() {
    let more = json!({ "organization": "org_globex" });
    let deployment = Deployment::within(&sandbox(), "auth0", IdentityScope::Org, more);
    deployment.seed("auth0|amy").await;
    let refused = deployment.by_browser("auth0|amy").await;
    assert_eq!(refused.err(), Some(LoginError::Refused));
}

/// Okta's login can be given to the next person.
#[tokio::test]
async fn who_gets_somebodys_login_at_okta_is_not_them() {
    let deployment = Deployment::within(&sandbox(), "okta", IdentityScope::User, Value::Null);
    deployment.seed("00uamy").await;
    let principal = deployment.by_api("00uamy").await;
    assert_eq!(principal.user_id(), "00uamy");
}

/// What a document leaves open is played both ways.
#[tokio::test]
async fn a_client_proves_itself_as_the_provider_takes_it() {
    let sandbox = sandbox();
    for (provider, user, registered, said) in [
        ("okta", "00uamy", "client_secret_basic", Value::Null),
        ("oidc", "amy", "client_secret_basic", Value::Null),
        (
            "okta",
            "00uamy",
            "client_secret_post",
            json!({ "client_authentication": "client_secret_post" }),
        ),
        ("auth0", "auth0|amy", "client_secret_post", Value::Null),
        (
            "auth0",
            "auth0|amy",
            "client_secret_basic",
            json!({ "client_authentication": "client_secret_basic" }),
        ),
    ] {
        let deployment = Deployment::within(&sandbox, provider, IdentityScope::User, said);
        deployment.seed(user).await;
        deployment
            .set_up(json!({ "client_authentication": registered }))
            .await;
        let signed_in = deployment.by_browser(user).await;
        assert!(
            signed_in.is_ok(),
            "{provider}, {registered}: {:?}",
            signed_in.err()
        );
    }
}

#[tokio::test]
async fn an_issuer_names_itself_where_it_promised_to() {
    let sandbox = sandbox();
    for (how, accepted) in [
        ("absent", true),
        ("promised", true),
        ("unannounced", true),
        ("withheld", false),
    ] {
        let deployment = Deployment::within(&sandbox, "okta", IdentityScope::User, Value::Null);
        deployment.seed("00uamy").await;
        deployment.set_up(json!({ "iss_parameter": how })).await;
        let signed_in = deployment.by_browser("00uamy").await;
        let mixed_up = signed_in.err() == Some(LoginError::MixedUp);
        assert_eq!(mixed_up, !accepted, "{how}");
    }
}

#[tokio::test]
async fn metadata_is_fetched_once_for_many_sign_ins() {
    let deployment = Deployment::within(&sandbox(), "okta", IdentityScope::User, Value::Null);
    deployment.seed("00uamy").await;
    for _ in 0..20 {
        deployment.answer("00uamy").await;
    }
    deployment.by_browser("00uamy").await.expect("signed in");
    let asked = deployment.world.asked.borrow();
    let of = |what: &str| asked.iter().filter(|url| url.contains(what)).count();
    assert_eq!((of("openid-configuration"), of("/v1/token")), (1, 1));
}

/// Tokens of the org server are Okta's own, and its issuer is another.
#[tokio::test]
async fn a_token_of_oktas_org_server_is_refused() {
    let deployment = Deployment::within(&sandbox(), "okta", IdentityScope::User, Value::Null);
    deployment.seed("00uamy").await;
    let token = deployment
        .world
        .control("token/00uamy?provider=okta-org", &Value::Null)
        .await;
    let header = format!("Bearer {token}");
    let refused = deployment
        .login
        .authenticator
        .authenticate(Some(&header))
        .await;
    assert_eq!(refused.err(), Some(TokenError::Issuer.into()));
}

/// An OAuth application's access token is for its userinfo, not for an API.
#[tokio::test]
async fn what_clerk_gives_an_oauth_application_is_no_session() {
    let deployment = Deployment::within(&sandbox(), "clerk", IdentityScope::User, Value::Null);
    deployment.seed("user_amy").await;
    let claims = json!({ "iss": deployment.issuer(), "sub": "user_amy", "iat": 1, "exp": 2,
        "client_id": "SbxClerkOAuthApp", "azp": "https://app.onbehalf.example" });
    let order = json!({ "header": { "alg": "RS256", "kid": "rs256-1" }, "key": "RS256",
        "claims": with_times(claims) });
    let token = deployment
        .world
        .control("idp/sign?provider=clerk", &order)
        .await;
    let header = format!("Bearer {token}");
    let refused = deployment
        .login
        .authenticator
        .authenticate(Some(&header))
        .await;
    assert_eq!(refused.err(), Some(TokenError::NoSession.into()));
}

fn with_times(mut claims: Value) -> Value {
    let now = std::time::UNIX_EPOCH.elapsed().expect("now").as_secs();
    claims["iat"] = now.into();
    claims["exp"] = (now + 60).into();
    claims
}
