//! The console's page and files.

use crate::StoredFile;
use crate::testkit::{Bench, bench, browser_request, json_of};
use crate::wire::problem::ProblemType;

fn built() -> Bench {
    let bench = bench();
    for (path, content_type) in [
        ("/console/index.html", "text/html; charset=utf-8"),
        ("/console/home.en.html", "text/html; charset=utf-8"),
        ("/console/home.de.html", "text/html; charset=utf-8"),
        ("/console/page.en.html", "text/html; charset=utf-8"),
        ("/console/page.de.html", "text/html; charset=utf-8"),
        ("/console/worker.js", "text/javascript"),
    ] {
        let file = StoredFile {
            content_type: content_type.to_owned(),
            body: path.as_bytes().to_vec(),
        };
        bench.files.0.borrow_mut().insert(path.to_owned(), file);
    }
    bench
}

#[tokio::test]
async fn every_view_is_the_page_and_every_file_itself() {
    let bench = built();
    for (path, file) in [
        ("/console", "/console/index.html"),
        ("/console/", "/console/index.html"),
        (
            "/console/runs/onboarding-health/run_1",
            "/console/index.html",
        ),
        ("/console/worker.js", "/console/worker.js"),
    ] {
        let answer = bench.visit(path, &[]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.body, file.as_bytes(), "{path}");
        let policy = answer.header("content-security-policy").expect("a policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            Some("same-origin")
        );
        let mut head = browser_request("GET", path, &[]);
        head.method = "HEAD".to_owned();
        let head = bench.api.handle(head).await;
        assert_eq!((head.status, &head.headers), (200, &answer.headers));
        assert!(head.body.is_empty());
    }
}

#[tokio::test]
async fn somebody_with_a_session_is_sent_the_view_that_they_come_to() {
    let bench = built();
    let session = [bench.session("alice")];
    for (path, language, file) in [
        ("/console", "en-GB", "/console/home.en.html"),
        ("/console/", "de-AT,de;q=0.9", "/console/home.de.html"),
        ("/console/runs", "fr", "/console/page.en.html"),
        (
            "/console/runs/onboarding-health/run_1",
            "de",
            "/console/page.de.html",
        ),
        ("/console/worker.js", "de", "/console/worker.js"),
    ] {
        let mut request = browser_request("GET", path, &session);
        let named = ("accept-language".to_owned(), language.to_owned());
        request.headers.push(named);
        let answer = bench.api.handle(request).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, file.as_bytes().to_vec()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_the_page() {
    let bench = built();
    for path in ["/console/none.svg", "/console/assets/console-old.js"] {
        let answer = bench.visit(path, &[]).await;
        assert_eq!(json_of(&answer)["type"], ProblemType::NotFound.urn());
    }
}

#[tokio::test]
async fn it_is_looked_at_and_nothing_else() {
    let bench = built();
    let answer = bench.ask("POST", "/console/runs", "").await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[tokio::test]
async fn where_none_was_built_there_is_none() {
    assert_eq!(bench().visit("/console", &[]).await.status, 404);
}
