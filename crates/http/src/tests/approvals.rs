//! What waits for the caller's decision, as it is asked for.

use crate::testkit::{api_request, bench, json_of};

const ALL: &str = "/api/approvals";

#[tokio::test]
async fn it_is_asked_for_as_the_caller_in_the_callers_organization() {
    let bench = bench();
    let mut request = api_request("GET", ALL, "");
    for (name, value) in &mut request.headers {
        if name == "authorization" {
            *value = "Bearer alice-acme".into();
        }
    }
    assert_eq!(bench.api.handle(request).await.status, 200);
    let asked = bench.platform.asked.borrow();
    let (tenant, asker, limit, after) = &asked[0];
    assert_eq!(tenant.org_id.as_deref(), Some("acme"));
    assert_eq!(asker.owner, "owner-of-alice-acme");
    assert_eq!((asker.approves.as_ref(), *limit, *after), (None, 20, None));
}

#[tokio::test]
async fn pages_follow_each_other_by_a_cursor_of_this_list_alone() {
    let bench = bench();
    bench.platform.next.set(Some(7));
    let first = json_of(&bench.ask("GET", &format!("{ALL}?limit=2"), "").await);
    let cursor = first["nextCursor"].as_str().expect("more").to_owned();
    let next = bench
        .ask("GET", &format!("{ALL}?cursor={cursor}"), "")
        .await;
    assert_eq!(next.status, 200);
    assert_eq!(bench.platform.asked.borrow()[1].3, Some(7));
    let runs = "/api/workflows/onboarding-health/runs";
    let of_another = json_of(&bench.ask("GET", runs, "").await);
    let other = of_another["nextCursor"].as_str().expect("more").to_owned();
    for (path, cursor) in [(ALL, &other), (runs, &cursor)] {
        let refused = bench
            .ask("GET", &format!("{path}?cursor={cursor}"), "")
            .await;
        assert_eq!(refused.status, 400, "{path}");
    }
    for bad in ["limit=0", "limit=101", "user=bob", "cursor="] {
        let refused = bench.ask("GET", &format!("{ALL}?{bad}"), "").await;
        assert_eq!(refused.status, 400, "{bad}");
    }
}
