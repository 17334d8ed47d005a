//! The identity providers' endpoints.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Sandbox, lock, pages, problem, see_other, wall_ms};
use crate::idp::{Authorization, Credentials, Endpoint, FlowError, Provider, TokenRequest};
use crate::service::{Reply, Request};

impl Sandbox {
    pub(super) fn idp_route(self: &Arc<Self>, request: &Request) -> Reply {
        let Some((provider, endpoint)) = Provider::at(&request.path) else {
            return problem(404, "Not found", "there is no such endpoint");
        };
        let fault = {
            let counted = provider.counted(endpoint);
            let mut service = lock(&self.service);
            service.world.count(&counted);
            service.world.faults.draw(&counted, None, None)
        };
        if fault.break_before {
            return Reply::broken(&fault);
        }
        if let Some(garbage) = &fault.garbage {
            return Reply::garbage(garbage, &fault);
        }
        let mut reply = match (endpoint, fault.status) {
            (_, Some(status)) => problem(status, "Identity provider down", "a fault was asked for"),
            (Endpoint::Discovery, _) => self.published(provider, |idp| idp.metadata()),
            (Endpoint::Keys, _) => self.published(provider, |idp| idp.keys.jwks()),
            (Endpoint::Authorize, _) => self.authorize(provider, request),
            (Endpoint::Token, _) => self.exchange(provider, request),
        };
        reply.delay_ms += fault.latency_ms.unwrap_or(0);
        reply
    }

    /// A document that may be kept for five minutes.
    fn published(
        &self,
        provider: Provider,
        document: impl FnOnce(&crate::idp::Idp) -> Value,
    ) -> Reply {
        let mut reply = match lock(&self.idps).get(provider) {
            Ok(idp) => Reply::json(200, &document(idp)),
            Err(error) => return problem(500, "No keys", &error),
        };
        reply
            .headers
            .push(("cache-control".into(), "max-age=300".into()));
        reply
    }

    /// `GET` shows who one can be; `POST` is the choice.
    fn authorize(&self, provider: Provider, request: &Request) -> Reply {
        let form = request.form();
        let given = |name: &str| {
            let posted = form
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone());
            posted.or_else(|| request.one(name).map(str::to_owned))
        };
        let redirect_uri = given("redirect_uri").unwrap_or_default();
        let address = url::Url::parse(&redirect_uri);
        let known = match lock(&self.idps).get(provider) {
            Ok(idp) => idp.knows_redirect(&redirect_uri),
            Err(error) => return problem(500, "No keys", &error),
        };
        let (true, true, Ok(mut address)) = (
            known,
            given("client_id").as_deref() == Some(provider.client_id()),
            address,
        ) else {
            return problem(
                400,
                "Not a client of ours",
                "client_id or redirect_uri is not known",
            );
        };
        if given("response_type").as_deref() != Some("code")
            || given("code_challenge_method").as_deref() != Some("S256")
        {
            return problem(
                400,
                "Not this way",
                "only the code flow with PKCE (S256) is offered",
            );
        }
        let workos = matches!(provider, Provider::Workos | Provider::WorkosOlder);
        if workos && given("provider").as_deref() != Some("authkit") {
            return problem(
                400,
                "No connection selector",
                "one of provider, connection_id and organization_id is required",
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
            return pages::sign_in(&request.path, &people, &request.query);
        };
        let authorization = Authorization {
            redirect_uri,
            challenge: given("code_challenge").unwrap_or_default(),
            nonce: given("nonce"),
            scope: given("scope").unwrap_or_default(),
            audience: given("audience"),
            organization: given("organization"),
        };
        let mut idps = lock(&self.idps);
        let idp = match idps.get(provider) {
            Ok(idp) => idp,
            Err(error) => return problem(500, "No keys", &error),
        };
        match idp.authorize(authorization, person, wall_ms()) {
            Ok(code) => address.query_pairs_mut().append_pair("code", &code),
            Err(_) => address
                .query_pairs_mut()
                .append_pair("error", "access_denied")
                .append_pair("error_description", "the user is not a member"),
        };
        if let Some(state) = given("state") {
            address.query_pairs_mut().append_pair("state", &state);
        }
        if let Some(issuer) = idp.iss_of_answers() {
            address.query_pairs_mut().append_pair("iss", issuer);
        }
        see_other(address.as_str())
    }

    fn exchange(&self, provider: Provider, request: &Request) -> Reply {
        // WorkOS documents JSON here, everybody else a form.
        let workos = matches!(provider, Provider::Workos | Provider::WorkosOlder);
        let (form, body) = if workos {
            (Vec::new(), request.json())
        } else {
            (request.form(), Value::Null)
        };
        let given = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            let in_form = found.map(|(_, value)| value.clone());
            in_form.or_else(|| body.get(name)?.as_str().map(str::to_owned))
        };
        if given("grant_type").as_deref() != Some("authorization_code") {
            return refused(400, "unsupported_grant_type", "only authorization_code");
        }
        let wanted = TokenRequest {
            code: given("code").unwrap_or_default(),
            redirect_uri: given("redirect_uri"),
            verifier: given("code_verifier").unwrap_or_default(),
            credentials: Credentials::read(request.header("authorization"), given),
        };
        let mut idps = lock(&self.idps);
        let exchanged = match idps.get(provider) {
            Ok(idp) => idp.exchange(&wanted, wall_ms()),
            Err(error) => return problem(500, "No keys", &error),
        };
        match exchanged {
            Ok(tokens) => Reply::json(200, &tokens),
            Err(FlowError::InvalidClient) => refused(401, "invalid_client", "not that client"),
            Err(FlowError::MultipleCredentials) => refused(
                400,
                "invalid_request",
                "Cannot supply multiple client credentials.",
            ),
            Err(FlowError::InvalidGrant | FlowError::NotAMember) => {
                refused(400, "invalid_grant", "the code is not good")
            }
        }
    }
}

/// An error of a token endpoint (RFC 6749 section 5.2).
fn refused(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": error, "error_description": description }),
    )
}
