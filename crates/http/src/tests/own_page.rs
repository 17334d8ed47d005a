//! When the session of a browser counts for the API, and when it does not.

use std::time::Duration;

use crate::ApiResponse;
use crate::browser::own_page::FORGERY_TOKEN;
use crate::browser::session::SESSION_LIFETIME;
use crate::operation::{Operation, Who};
use crate::routes::ROUTES;
use crate::testkit::{Bench, bench, browser_request, json_of};
use crate::wire::problem::ProblemType;

const SCHEDULE: &str = "/api/workflows/onboarding-health/schedule";

/// What a request comes with beside its cookie.
type Headers<'a> = &'a [(&'a str, &'a str)];

/// What a browser says of a page of ours.
const OWN_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

async fn ask(
    bench: &Bench,
    (method, path): (&str, &str),
    cookies: &[String],
    headers: Headers<'_>,
) -> ApiResponse {
    let mut request = browser_request(method, path, cookies);
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    request.headers.extend(headers);
    bench.api.handle(request).await
}

async fn session(bench: &Bench, cookies: &[String], headers: Headers<'_>) -> ApiResponse {
    ask(bench, ("GET", "/auth/session"), cookies, headers).await
}

/// The token that a page of ours reads.
async fn token_of(bench: &Bench, cookie: &String) -> String {
    let answer = session(bench, std::slice::from_ref(cookie), &[OWN_PAGE]).await;
    assert_eq!(answer.status, 200);
    let token = json_of(&answer)["forgeryToken"].clone();
    token.as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_page_of_ours_learns_who_is_signed_in() {
    let bench = bench();
    let answer = session(&bench, &[bench.session("operator-acme")], &[OWN_PAGE]).await;
    let body = json_of(&answer);
    assert_eq!(body["user"]["name"], "operator-acme");
    assert_eq!(body["user"]["organization"], "acme");
    assert_eq!(
        (&body["operator"], &body["keepsAccounts"]),
        (&true.into(), &true.into())
    );
    assert!(body["endsAt"].as_str().is_some_and(|it| it.ends_with('Z')));
    let member = session(&bench, &[bench.session("member-acme")], &[OWN_PAGE]).await;
    let body = json_of(&member);
    assert_eq!(
        (&body["operator"], &body["keepsAccounts"]),
        (&false.into(), &false.into())
    );
}

/// Every combination of what a request may come with: it is somebody's exactly where all of it is
/// as a page of ours sends it, and anybody else's is answered like nobody's, to the byte.
#[tokio::test]
async fn a_session_counts_with_all_of_it_and_with_nothing_less() {
    let bench = bench();
    let own = bench.session("alice");
    let bob = bench.session_with("bob", "another");
    let changed = own.replace('.', "A.");
    let token = token_of(&bench, &own).await;
    let of_bob = token_of(&bench, &bob).await;
    let nobody = ask(&bench, ("GET", SCHEDULE), &[], &[]).await;
    assert_eq!(nobody.status, 401);
    assert_eq!(
        nobody.header("www-authenticate"),
        Some("Bearer realm=\"onbehalf\"")
    );

    // Each with the one token that goes with it, if any does.
    let cookies = [
        (vec![own.clone()], Some(&token)),
        (vec![bob], Some(&of_bob)),
        (vec![], None),
        (vec![changed], None),
        // Two of the name are none; one of a name that only a sibling could set is another.
        (vec![own.clone(), own.clone()], None),
        (vec![own.replace("__Host-", "")], None),
    ];
    let sites = [
        (Some("same-origin"), Some(true)),
        (Some("same-site"), Some(false)),
        (Some("cross-site"), Some(false)),
        // Typed into the bar, or a bookmark: nobody's script.
        (Some("none"), Some(false)),
        (Some("same-origin, cross-site"), Some(false)),
        (Some(""), Some(false)),
        (None, None),
    ];
    let origins = [
        (None, false),
        (Some("https://onbehalf.test"), true),
        (Some("https://onbehalf.test:8443"), false),
        (Some("http://onbehalf.test"), false),
        (Some("https://console.onbehalf.test"), false),
        (Some("https://evil.test"), false),
        (Some("null"), false),
    ];
    let swapped = token.to_uppercase();
    let tokens = [
        None,
        Some(token.as_str()),
        Some(of_bob.as_str()),
        Some(""),
        Some("."),
        Some(swapped.as_str()),
    ];
    let mut let_in = 0;
    for (cookies, theirs) in &cookies {
        for (site, says_own) in sites {
            for (origin, is_own) in origins {
                for shown in tokens {
                    let headers: Vec<_> = [
                        ("sec-fetch-site", site),
                        ("origin", origin),
                        (FORGERY_TOKEN, shown),
                    ]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?)))
                    .collect();
                    let answer = ask(&bench, ("GET", SCHEDULE), cookies, &headers).await;
                    let shows_theirs = theirs.is_some() && theirs.map(String::as_str) == shown;
                    let good = shows_theirs && says_own.unwrap_or(is_own);
                    if good {
                        assert_eq!(answer.status, 200, "{headers:?}");
                        let_in += 1;
                    } else {
                        assert!(answer == nobody, "{} {headers:?}", cookies.len());
                    }
                }
            }
        }
    }
    // Two people; whatever the origin where the browser says so itself, and one where it does not.
    assert_eq!(let_in, 2 * 8);
}

#[tokio::test]
async fn a_page_of_another_origin_learns_nothing_of_the_session() {
    let bench = bench();
    let cookies = [bench.session("alice")];
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.test")],
        &[("origin", "https://onbehalf.test:8443")],
    ] {
        let answer = session(&bench, &cookies, headers).await;
        assert_eq!(answer.status, 401, "{headers:?}");
        let kind = json_of(&answer)["type"].clone();
        assert_eq!(kind, ProblemType::Unauthenticated.urn());
    }
}

/// Both ways lead to the same caller, and the same rules.
#[tokio::test]
async fn every_operation_of_the_api_takes_it_and_nothing_else_does() {
    let bench = bench();
    let cookie = bench.session("alice");
    let token = token_of(&bench, &cookie).await;
    let cookies = std::slice::from_ref(&cookie);
    let headers = [OWN_PAGE, (FORGERY_TOKEN, token.as_str())];
    let programs = ["/api/", crate::mcp::PATH];
    let is_for_programs = |path: &str| programs.iter().any(|it| path.starts_with(it));
    for route in ROUTES.iter().filter(|route| is_for_programs(route.path)) {
        let path = route.path.replace("{workflow}", "onboarding-health");
        // What no operation has is refused once it is known who asks, and not before.
        let asked = (route.method, &*format!("{path}?user=bob"));
        let status = ask(&bench, asked, cookies, &headers).await.status;
        match (route.path, route.operation) {
            (crate::mcp::PATH, _) => assert_eq!(status, 401),
            (path, Operation::Api(it)) if it.who() == Who::Operators => {
                assert_eq!(status, 403, "{path}: alice operates for nobody");
            }
            (path, _) => assert_eq!(status, 400, "{path}"),
        }
    }
}

/// A request with both is judged by the token it shows: also one with a token that is not good.
#[tokio::test]
async fn a_bearer_token_comes_first() {
    let bench = bench();
    let cookie = bench.session("alice");
    let token = token_of(&bench, &cookie).await;
    for (authorization, status) in [("Bearer bob", 200), ("Basic YTpi", 401), ("", 401)] {
        let headers = [
            OWN_PAGE,
            (FORGERY_TOKEN, token.as_str()),
            ("authorization", authorization),
        ];
        let cookies = std::slice::from_ref(&cookie);
        let answer = ask(&bench, ("PUT", SCHEDULE), cookies, &headers).await;
        assert_eq!(answer.status, status, "{authorization}");
    }
    let scheduled = bench.platform.scheduled.borrow();
    let user = scheduled.as_ref().map(|it| it.user_id.as_str());
    assert_eq!(user, Some("bob"));
}

#[tokio::test]
async fn a_session_that_has_ended_is_nobodys() {
    let bench = bench();
    let cookie = bench.session("alice");
    let cookies = std::slice::from_ref(&cookie);
    let token = token_of(&bench, &cookie).await;
    let headers = [OWN_PAGE, (FORGERY_TOKEN, token.as_str())];
    let status = async || {
        let asked = ask(&bench, ("GET", SCHEDULE), cookies, &headers).await;
        (
            asked.status,
            session(&bench, cookies, &headers).await.status,
        )
    };
    assert_eq!(status().await, (200, 200));
    // Whether it has ended cannot be said: nothing is done, and nobody is sent to sign in again.
    bench.memory.gone.set(true);
    assert_eq!(status().await, (503, 503));
    bench.memory.gone.set(false);
    bench.submit("/auth/logout", cookies).await;
    assert_eq!(status().await, (401, 401));

    let later = bench.session_with("alice", "later");
    let token = token_of(&bench, &later).await;
    bench
        .scalekit
        .clock
        .pass(SESSION_LIFETIME - Duration::from_secs(1));
    let headers = [OWN_PAGE, (FORGERY_TOKEN, token.as_str())];
    let cookies = std::slice::from_ref(&later);
    assert_eq!(
        ask(&bench, ("GET", SCHEDULE), cookies, &headers)
            .await
            .status,
        200
    );
    bench.scalekit.clock.pass(Duration::from_secs(1));
    assert_eq!(
        ask(&bench, ("GET", SCHEDULE), cookies, &headers)
            .await
            .status,
        401
    );
}

/// Rules of the operator may be about claims: a session acts with those of the token it began with,
/// or not at all.
#[tokio::test]
async fn a_session_acts_with_the_claims_of_its_token() {
    let bench = bench();
    let cookie = bench.session_of(&["few".to_owned()]);
    let token = token_of(&bench, &cookie).await;
    let headers = [OWN_PAGE, (FORGERY_TOKEN, token.as_str())];
    let answer = ask(&bench, ("PUT", SCHEDULE), &[cookie], &headers).await;
    assert_eq!(answer.status, 200);
    let claims = bench
        .platform
        .scheduled
        .borrow()
        .clone()
        .expect("switched on")
        .claims;
    assert_eq!(claims["groups"], ["few"]);

    let many: Vec<_> = (0..64).map(|number| format!("{number:0>200}")).collect();
    let cookie = bench.session_of(&many);
    let answer = session(&bench, &[cookie], &[OWN_PAGE]).await;
    assert_eq!(answer.status, 403);
}
