//! Fuzz targets of the routes: what browsers and callers hand back, and where they want to go.

use std::sync::LazyLock;

use url::Url;

use crate::api::cursor::CursorScope;
use crate::browser::connect_state::ConnectState;
use crate::browser::return_to::ReturnTo;
use crate::browser::session::{LoginCookie, Session};
use crate::routes;
use crate::seal::{Purpose, Seal};
use crate::wire::json_body;
use crate::wire::message::ApiRequest;
use crate::wire::query::Query;
use crate::wire::request_headers::{idempotency_key, last_event_id, trace_id};
use onbehalf_clock::Timestamp;

static SEAL: LazyLock<Seal> =
    LazyLock::new(|| Seal::new("7d1f0c94be2a6358e07b41d9a35c82f6").expect("long enough"));

const PURPOSES: [Purpose; 5] = [
    Purpose::Session,
    Purpose::Login,
    Purpose::Cursor,
    Purpose::Connect,
    Purpose::ForgeryToken,
];

/// Cursors and cookies: text nobody sealed opens nowhere; what is sealed opens where it was sealed
/// for and nowhere else.
pub fn sealed(bytes: &[u8]) {
    let now = Timestamp::from_millis(1_795_420_800_000);
    let scope = CursorScope {
        owner: "p",
        workflow: "w",
        filter: onbehalf_runs::RunFilter::default(),
    };
    let text = String::from_utf8_lossy(bytes);
    for purpose in PURPOSES {
        assert_eq!(SEAL.open(purpose, &[], &text), None);
    }
    assert!(Session::read(&SEAL, &text, now).is_none());
    assert!(LoginCookie::read(&SEAL, &text, now).is_none());
    assert!(scope.read(&SEAL, &text).is_err());
    assert_eq!(ConnectState::read(&SEAL, &text), None);

    // Sealed by us, whatever is in it: read or not, but without a panic.
    for purpose in PURPOSES {
        let made = SEAL.seal(purpose, &["p", &text], bytes);
        let opened = SEAL.open(purpose, &["p", &text], &made);
        assert!(opened.is_none_or(|it| it == bytes));
        for other in PURPOSES.into_iter().filter(|other| *other != purpose) {
            assert_eq!(SEAL.open(other, &["p", &text], &made), None);
        }
        assert_eq!(SEAL.open(purpose, &["p"], &made), None);
    }
    let _ = Session::read(&SEAL, &SEAL.seal(Purpose::Session, &[], bytes), now);
    let _ = LoginCookie::read(&SEAL, &SEAL.seal(Purpose::Login, &[], bytes), now);
    let _ = ConnectState::read(&SEAL, &SEAL.seal(Purpose::Connect, &[], bytes));
}

/// Paths, queries, headers and bodies, and the places a sign-in may lead to.
pub fn targets_of_browsers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let request = ApiRequest {
        query: text.clone().into_owned(),
        headers: ["traceparent", "idempotency-key", "last-event-id", "cookie"]
            .map(|name| (name.to_owned(), text.clone().into_owned()))
            .into_iter()
            .chain([("content-type".to_owned(), "application/json".to_owned())])
            .collect(),
        body: bytes.to_vec(),
        ..ApiRequest::default()
    };
    let query = Query::lenient(&request);
    for return_to in [&*text, query.get("return_to").unwrap_or_default()] {
        stays_here(ReturnTo::parse(return_to).as_str());
    }
    let _ = Query::strict(&request, &["state"]);
    let _ = routes::find("GET", &text);
    let _ = last_event_id(&request);
    if let Some(trace) = trace_id(&request) {
        assert!(trace.len() == 32 && trace.bytes().all(|it| it.is_ascii_hexdigit()));
    }
    if let Ok(Some(key)) = idempotency_key(&request) {
        assert!(
            (1..=255).contains(&key.as_str().len())
                && key.as_str().bytes().all(|it| it.is_ascii_graphic())
        );
    }
    let body = json_body::optional::<onbehalf_runs::ResumeRequest>(&request);
    assert!(body.is_err() || bytes.is_empty() || text.trim_start().starts_with(['{', 'n']));
}

/// As a browser reads it.
fn stays_here(location: &str) {
    let here = Url::parse("https://onbehalf.example/auth/callback").expect("an address");
    let there = here.join(location).expect("an address");
    assert_eq!(there.origin(), here.origin(), "{location}");
    let path = there.path();
    let ours = ["/connect/", "/approvals/", "/console/"];
    let stays = ours.iter().any(|it| path.starts_with(it)) || ["/", "/console"].contains(&path);
    assert!(stays, "{location}");
    assert!(
        location.bytes().all(|it| it.is_ascii_graphic()),
        "{location}"
    );
}
