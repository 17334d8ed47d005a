//! The identity provider's endpoints.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Sandbox, lock, pages, problem, see_other, wall_ms};
use crate::idp::{Authorization, CLIENT_ID, FlowError, TokenRequest};
use crate::service::{Reply, Request};

impl Sandbox {
    pub(super) fn idp_route(self: &Arc<Self>, request: &Request) -> Reply {
        let endpoint = match request.path.as_str() {
            "/idp/.well-known/openid-configuration" => "discovery",
            "/idp/jwks" => "jwks",
            "/idp/authorize" => "authorize",
            "/idp/token" => "idp_token",
            _ => return problem(404, "Not found", "there is no such endpoint"),
        };
        let fault = {
            let mut service = lock(&self.service);
            service.world.count(endpoint);
            service.world.faults.draw(endpoint, None, None)
        };
        if fault.break_before {
            return Reply::broken(&fault);
        }
        if let Some(garbage) = &fault.garbage {
            return Reply::garbage(garbage, &fault);
        }
        let mut reply = match (endpoint, fault.status) {
            (_, Some(status)) => problem(status, "Identity provider down", "a fault was asked for"),
            ("discovery", _) => Reply::json(200, &lock(&self.idp).metadata()),
            ("jwks", _) => {
                let mut reply = Reply::json(200, &lock(&self.idp).keys.jwks());
                reply
                    .headers
                    .push(("cache-control".into(), "max-age=300".into()));
                reply
            }
            ("authorize", _) => self.authorize(request),
            _ => self.exchange(request),
        };
        reply.delay_ms += fault.latency_ms.unwrap_or(0);
        reply
    }

    /// `GET` shows who one can be; `POST` is the choice.
    fn authorize(&self, request: &Request) -> Reply {
        let form = request.form();
        let given = |name: &str| {
            let posted = form
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone());
            posted.or_else(|| request.one(name).map(str::to_owned))
        };
        let redirect_uri = given("redirect_uri").unwrap_or_default();
        if given("client_id").as_deref() != Some(CLIENT_ID)
            || url::Url::parse(&redirect_uri).is_err()
        {
            return problem(
                400,
                "Not a client of ours",
                "client_id or redirect_uri is not known",
            );
        }
        if given("response_type").as_deref() != Some("code")
            || given("code_challenge_method").as_deref() != Some("S256")
        {
            return problem(
                400,
                "Not this way",
                "only the code flow with PKCE (S256) is offered",
            );
        }
        let chosen = given("user").and_then(|sub| self.person(&sub));
        let Some(person) = chosen else {
            let people: Vec<(String, String)> = lock(&self.service)
                .world
                .csms()
                .take(12)
                .map(|csm| (csm.seed.sub.clone(), csm.seed.name.clone()))
                .collect();
            return pages::sign_in(&people, &request.query);
        };
        let authorization = Authorization {
            redirect_uri: redirect_uri.clone(),
            challenge: given("code_challenge").unwrap_or_default(),
            nonce: given("nonce"),
        };
        let code = lock(&self.idp).authorize(authorization, person, wall_ms());
        let Ok(mut url) = url::Url::parse(&redirect_uri) else {
            return problem(400, "Not a client of ours", "redirect_uri is not a URL");
        };
        url.query_pairs_mut().append_pair("code", &code);
        if let Some(state) = given("state") {
            url.query_pairs_mut().append_pair("state", &state);
        }
        see_other(url.as_str())
    }

    fn exchange(&self, request: &Request) -> Reply {
        let form = request.form();
        let given = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let basic = request
            .header("authorization")
            .and_then(|header| header.strip_prefix("Basic "))
            .and_then(|pair| STANDARD.decode(pair).ok())
            .and_then(|pair| String::from_utf8(pair).ok());
        let (client_id, client_secret) =
            match basic.as_deref().and_then(|pair| pair.split_once(':')) {
                Some((id, secret)) => (id.to_owned(), secret.to_owned()),
                None => (given("client_id"), given("client_secret")),
            };
        let wanted = TokenRequest {
            code: given("code"),
            redirect_uri: given("redirect_uri"),
            verifier: given("code_verifier"),
            client_id,
            client_secret,
        };
        match lock(&self.idp).exchange(&wanted, wall_ms()) {
            Ok(tokens) => Reply::json(200, &tokens),
            Err(FlowError::InvalidClient) => {
                Reply::json(401, &json!({ "error": "invalid_client" }))
            }
            Err(FlowError::InvalidGrant) => Reply::json(400, &json!({ "error": "invalid_grant" })),
        }
    }
}
