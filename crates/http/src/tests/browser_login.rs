//! Signing in with a browser, and what an attacker may try with it.

use std::time::Duration;

use crate::ApiResponse;
use crate::browser::session::{LOGIN_LIFETIME, SESSION_LIFETIME};
use crate::sign_in::LoginFailure;
use crate::testkit::{
    Bench, bench, bench_at, browser_request, cookie_of, location_parameter, provider,
};

const LOGIN: &str = "__Host-onbehalf_login";
const SESSION: &str = "__Host-onbehalf_session";

/// Begins a sign-in; gives the login cookie and the state.
async fn begin(bench: &Bench, return_to: &str) -> (String, String) {
    let response = bench
        .visit(&format!("/auth/login?return_to={return_to}"), &[])
        .await;
    assert_eq!(response.status, 302);
    let state = location_parameter(&response, "state").expect("a state");
    (cookie_of(&response, LOGIN).expect("a cookie"), state)
}

async fn come_back(bench: &Bench, cookie: &str, state: &str) -> ApiResponse {
    let target = format!("/auth/callback?code=alice&state={state}");
    bench.visit(&target, &[cookie.to_owned()]).await
}

#[tokio::test]
async fn signing_in_leads_back_with_a_session() {
    let bench = bench();
    let (cookie, state) = begin(&bench, "/connect/hubspot").await;
    let response = come_back(&bench, &cookie, &state).await;
    assert_eq!(response.status, 302);
    assert_eq!(response.header("location"), Some("/connect/hubspot"));
    assert_eq!(cookie_of(&response, LOGIN), Some(format!("{LOGIN}=")));
    let set = response.header("set-cookie").expect("a session");
    assert!(set.starts_with(SESSION));
    assert!(set.ends_with("; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure"));
    let session = cookie_of(&response, SESSION).expect("a session");
    let request = browser_request("GET", "/", std::slice::from_ref(&session));
    let caller = bench.api.browser_caller(&request).await.expect("signed in");
    assert_eq!(caller.context.user_id, "alice");
    bench.scalekit.clock.pass(SESSION_LIFETIME);
    assert!(bench.api.browser_caller(&request).await.is_none());
}

#[tokio::test]
async fn no_sign_in_leads_elsewhere() {
    let bench = bench();
    for target in [
        "https://evil.test",
        "//evil.test",
        "/%5Cevil.test",
        "/auth/logout",
    ] {
        let (cookie, state) = begin(&bench, target).await;
        let response = come_back(&bench, &cookie, &state).await;
        assert_eq!(response.header("location"), Some("/"), "{target}");
    }
}

#[tokio::test]
async fn an_answer_to_another_attempt_is_refused() {
    let bench = bench();
    let (cookie, _) = begin(&bench, "/").await;
    let (_, others) = begin(&bench, "/").await;
    for state in [others.as_str(), "", "x"] {
        let response = come_back(&bench, &cookie, state).await;
        assert_eq!(response.status, 400);
        assert_eq!(cookie_of(&response, SESSION), None);
    }
    let (cookie, state) = begin(&bench, "/").await;
    assert_eq!(come_back(&bench, "a=b", &state).await.status, 400);
    let changed = cookie.replace('.', "A.");
    assert_eq!(come_back(&bench, &changed, &state).await.status, 400);
    bench
        .scalekit
        .clock
        .pass(LOGIN_LIFETIME + Duration::from_secs(1));
    assert_eq!(come_back(&bench, &cookie, &state).await.status, 400);
}

#[tokio::test]
async fn a_refusal_is_told_and_ends_the_attempt() {
    let bench = bench();
    let (cookie, state) = begin(&bench, "/").await;
    let target = format!("/auth/callback?error=access_denied&state={state}");
    let response = bench.visit(&target, std::slice::from_ref(&cookie)).await;
    assert_eq!(response.status, 403);
    assert_eq!(cookie_of(&response, LOGIN), Some(format!("{LOGIN}=")));
    for (failure, status) in [
        (LoginFailure::Unavailable, 503),
        (LoginFailure::Refused, 403),
    ] {
        bench.people.refuse.set(Some(failure));
        let (cookie, state) = begin(&bench, "/").await;
        let response = come_back(&bench, &cookie, &state).await;
        assert_eq!(response.status, status);
        assert_eq!(cookie_of(&response, SESSION), None);
    }
}

#[tokio::test]
async fn a_code_of_absurd_length_is_not_passed_on() {
    let bench = bench();
    for (length, status) in [(4096, 302), (4097, 403)] {
        let (cookie, state) = begin(&bench, "/").await;
        let code = "x".repeat(length);
        let target = format!("/auth/callback?code={code}&state={state}");
        let response = bench.visit(&target, &[cookie]).await;
        assert_eq!(response.status, status, "{length}");
    }
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_refused() {
    let bench = bench();
    for (iss, status) in [("https://evil.test", 403), ("https://okta.test", 302)] {
        let (cookie, state) = begin(&bench, "/").await;
        let target = format!("/auth/callback?code=alice&state={state}&iss={iss}");
        assert_eq!(
            bench.visit(&target, &[cookie]).await.status,
            status,
            "{iss}"
        );
    }
}

#[tokio::test]
async fn nobody_is_sent_around_in_circles() {
    let bench = bench();
    let (cookie, state) = begin(&bench, "/connect/hubspot").await;
    let target = format!("/auth/callback?code=nobody&state={state}");
    let response = bench.visit(&target, &[cookie]).await;
    assert_eq!(
        (response.status, cookie_of(&response, SESSION)),
        (403, None)
    );
}

#[tokio::test]
async fn several_providers_are_a_choice_and_none_is_said() {
    let bench = bench();
    *bench.people.providers.borrow_mut() = vec![provider("okta"), provider("workos")];
    let response = bench
        .visit("/auth/login?return_to=/connect/linear", &[])
        .await;
    assert_eq!(response.status, 200);
    let body = String::from_utf8_lossy(&response.body).into_owned();
    assert!(body.contains("provider=https%3A%2F%2Fworkos.test&amp;return_to=%2Fconnect%2Flinear"));
    let chosen = bench
        .visit("/auth/login?provider=https://workos.test", &[])
        .await;
    assert_eq!(chosen.status, 302);
    assert_eq!(
        bench.visit("/auth/login?provider=evil", &[]).await.status,
        200
    );
    bench.people.providers.borrow_mut().clear();
    assert_eq!(bench.visit("/auth/login", &[]).await.status, 503);
}

#[tokio::test]
async fn signing_out_is_for_this_site_alone() {
    let bench = bench();
    let request = browser_request("POST", "/auth/logout", &[bench.session("alice")]);
    for (headers, status) in [
        (&[][..], 303),
        // What browsers send from our own page, whose policy is `no-referrer`.
        (
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            303,
        ),
        (&[("origin", "https://onbehalf.test")], 303),
        (&[("origin", "https://evil.test")], 403),
        (&[("origin", "null")], 403),
        (&[("sec-fetch-site", "cross-site"), ("origin", "null")], 403),
    ] {
        let mut request = request.clone();
        for (name, value) in headers {
            request.headers.push(((*name).into(), (*value).into()));
        }
        let response = bench.api.handle(request).await;
        assert_eq!(response.status, status, "{headers:?}");
        let cleared = cookie_of(&response, SESSION) == Some(format!("{SESSION}="));
        assert_eq!(cleared, status == 303, "{headers:?}");
    }
}

#[tokio::test]
async fn plain_http_cookies_are_for_a_developers_machine() {
    let bench = bench_at("http://localhost:8787/");
    let response = bench.visit("/auth/login", &[]).await;
    let cookie = response.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("onbehalf_login=") && !cookie.contains("Secure"));
    // A cookie of the secure name does not count there.
    let request = browser_request("GET", "/", &[bench.session("alice")]);
    assert!(bench.api.browser_caller(&request).await.is_none());
}

#[tokio::test]
async fn a_sign_in_is_good_once_however_often_its_cookie_is_sent() {
    let bench = bench();
    let (cookie, state) = begin(&bench, "/").await;
    let statuses = [302, 400, 400, 400];
    for status in statuses {
        assert_eq!(come_back(&bench, &cookie, &state).await.status, status);
    }
    assert_eq!(bench.people.redeemed.get(), 1, "one token request");
    // Also one that the provider refused.
    let (cookie, state) = begin(&bench, "/").await;
    let refused = format!("/auth/callback?error=access_denied&state={state}");
    assert_eq!(
        bench
            .visit(&refused, std::slice::from_ref(&cookie))
            .await
            .status,
        403
    );
    assert_eq!(come_back(&bench, &cookie, &state).await.status, 400);
    assert_eq!(bench.people.redeemed.get(), 1);
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_used_up_is_not_redeemed_and_stays_good() {
    let bench = bench();
    let (cookie, state) = begin(&bench, "/").await;
    bench.memory.gone.set(true);
    let response = come_back(&bench, &cookie, &state).await;
    assert_eq!((response.status, bench.people.redeemed.get()), (503, 0));
    assert_eq!(cookie_of(&response, LOGIN), None);
    bench.memory.gone.set(false);
    assert_eq!(come_back(&bench, &cookie, &state).await.status, 302);
}

#[tokio::test]
async fn an_answer_that_can_be_read_in_two_ways_is_refused() {
    let bench = bench();
    for twice in [
        "code=alice&code=mallory",
        "code=alice&iss=https://okta.test&iss=https://evil.test",
        "code=alice&iss=https://okta.test&iss=https://okta.test",
        "code=alice&error=a&error=b",
    ] {
        let (cookie, state) = begin(&bench, "/").await;
        let target = format!("/auth/callback?{twice}&state={state}");
        assert_eq!(bench.visit(&target, &[cookie]).await.status, 403, "{twice}");
    }
    assert_eq!(bench.people.redeemed.get(), 0);
}

/// RFC 9700 section 4.4: each provider has an address of its own, and names itself where it
/// promised to.
#[tokio::test]
async fn one_providers_answer_is_never_anothers() {
    let bench = bench();
    *bench.people.providers.borrow_mut() = vec![provider("okta"), provider("workos")];
    let at_workos = || async {
        let response = bench
            .visit("/auth/login?provider=https://workos.test", &[])
            .await;
        let to = location_parameter(&response, "redirect_uri");
        assert_eq!(
            to.as_deref(),
            Some("https://onbehalf.test/auth/callback/workos")
        );
        let state = location_parameter(&response, "state").expect("a state");
        (cookie_of(&response, LOGIN).expect("a cookie"), state)
    };
    for (path, iss, status) in [
        ("/auth/callback", "&iss=https://workos.test", 403),
        ("/auth/callback/okta", "&iss=https://workos.test", 403),
        ("/auth/callback/workos", "&iss=https://okta.test", 403),
        ("/auth/callback/workos", "", 403),
        ("/auth/callback/workos", "&iss=https://workos.test", 302),
    ] {
        let (cookie, state) = at_workos().await;
        let target = format!("{path}?code=alice&state={state}{iss}");
        let response = bench.visit(&target, std::slice::from_ref(&cookie)).await;
        assert_eq!(response.status, status, "{target}");
        // Whatever came of it, it was this attempt's one answer.
        let again =
            format!("/auth/callback/workos?code=alice&state={state}&iss=https://workos.test");
        assert_eq!(bench.visit(&again, &[cookie]).await.status, 400, "{target}");
    }
    assert_eq!(bench.people.redeemed.get(), 1);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_not_only_the_cookie() {
    let bench = bench();
    let sign_in = || async {
        let (cookie, state) = begin(&bench, "/").await;
        let response = come_back(&bench, &cookie, &state).await;
        cookie_of(&response, SESSION).expect("a session")
    };
    let (copied, other) = (sign_in().await, sign_in().await);
    let visit = |cookie: &String| browser_request("GET", "/", std::slice::from_ref(cookie));
    assert!(bench.api.browser_caller(&visit(&copied)).await.is_some());
    let out = browser_request("POST", "/auth/logout", std::slice::from_ref(&copied));
    bench.memory.gone.set(true);
    assert_eq!(bench.api.handle(out.clone()).await.status, 503, "not ended");
    bench.memory.gone.set(false);
    assert_eq!(bench.api.handle(out).await.status, 303);
    assert!(bench.api.browser_caller(&visit(&copied)).await.is_none());
    assert!(bench.api.browser_caller(&visit(&other)).await.is_some());
}

#[tokio::test]
async fn an_account_without_an_identifier_here_opens_no_session() {
    let bench = bench();
    let (cookie, state) = begin(&bench, "/").await;
    let target = format!("/auth/callback?code=long&state={state}");
    let response = bench.visit(&target, &[cookie]).await;
    assert_eq!(
        (response.status, cookie_of(&response, SESSION)),
        (403, None)
    );
}

/// The budget of pages is counted before anything is done for them.
#[tokio::test]
async fn who_is_over_the_budget_makes_nobody_ask_a_provider() {
    let bench = bench();
    let (cookie, state) = begin(&bench, "/").await;
    bench.counter.limit.set(0);
    assert_eq!(bench.visit("/auth/login", &[]).await.status, 429);
    assert_eq!(bench.people.begun.get(), 1);
    assert_eq!(come_back(&bench, &cookie, &state).await.status, 429);
    assert_eq!(bench.people.redeemed.get(), 0);
    bench.counter.limit.set(usize::MAX);
    assert_eq!(come_back(&bench, &cookie, &state).await.status, 302);
}
