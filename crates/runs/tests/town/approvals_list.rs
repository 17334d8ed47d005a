//! What waits for a decision: found by those who may decide, announced until it was heard, and never
//! put up again once it was decided.

use std::cell::Cell;
use std::rc::Rc;

use onbehalf_runs::approvals::{ApprovalPage, ApprovalsKey, ListApprovals, PutUp, TakeDown};
use onbehalf_runs::town::{Calm, Faults, Passage};
use onbehalf_runs::{
    ApprovalMode, Asker, Backend, Letter, RunId, Tenant, Undelivered, WorkflowId, ask,
};

use crate::common::*;

fn acme() -> Tenant {
    Tenant::of(&context("alice"))
}

fn key() -> ApprovalsKey {
    ApprovalsKey::of(&acme(), &owner("alice"))
}

fn plan(run: &str, of: &str, number: u32, mode: ApprovalMode) -> PutUp {
    PutUp {
        run_id: RunId::stored(run),
        workflow: workflow(),
        owner: owner(of),
        number,
        mode,
        writes: 3,
        since: at("2026-11-25T12:00:00Z"),
        expires_at: None,
    }
}

impl Place {
    async fn put_up(&self, plan: PutUp) {
        ask(&self.post(), key(), plan).await.expect("put up");
    }

    async fn take_down(&self, run: &str, number: u32) {
        let run_id = RunId::stored(run);
        let it = TakeDown { run_id, number };
        ask(&self.post(), key(), it).await.expect("taken down");
    }

    async fn page(&self, name: &str, approves: bool, after: Option<u64>) -> ApprovalPage {
        let asker = Asker {
            owner: owner(name),
            approves: approves.then(acme),
        };
        let page = self.api.approvals(&acme(), &asker, 2, after).await;
        page.expect("a page")
    }

    /// The runs that wait for somebody.
    async fn waits_for(&self, name: &str, approves: bool) -> Vec<String> {
        let (mut runs, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(name, approves, after).await;
            runs.extend(page.approvals.into_iter().map(|it| it.run_id.to_string()));
            match page.next {
                Some(next) => after = Some(next),
                None => return runs,
            }
        }
    }

    fn announced(&self) -> Vec<(String, u32)> {
        let notices = self.town.notices().into_iter();
        notices.map(|it| (it.id.to_string(), it.waiting)).collect()
    }
}

#[tokio::test]
async fn an_approver_finds_the_plans_of_others_and_everybody_their_own() {
    let place = place();
    for (run, of, mode) in [
        ("run_a", "alice", ApprovalMode::Required),
        ("run_b", "bob", ApprovalMode::FourEyes),
        ("run_c", "carol", ApprovalMode::Required),
        ("run_d", "carol", ApprovalMode::FourEyes),
        ("run_e", "alice", ApprovalMode::FourEyes),
    ] {
        place.put_up(plan(run, of, 1, mode)).await;
    }
    // Carol approves: all but the one of her own that somebody else must decide.
    assert_eq!(
        place.waits_for("carol", true).await,
        ["run_a", "run_b", "run_c", "run_e"]
    );
    assert_eq!(place.waits_for("alice", false).await, ["run_a"]);
    assert_eq!(place.waits_for("bob", false).await, Vec::<String>::new());
    assert_eq!(place.waits_for("dave", false).await, Vec::<String>::new());
    // Since then it was configured that somebody else decides every plan.
    place.rules.demanded.set(ApprovalMode::FourEyes);
    assert_eq!(place.waits_for("alice", false).await, Vec::<String>::new());
}

/// Whoever approves for another organization approves nothing here.
#[tokio::test]
async fn an_approver_of_another_organization_finds_nothing() {
    let place = place();
    place
        .put_up(plan("run_a", "alice", 1, ApprovalMode::Required))
        .await;
    let globex = Tenant {
        org_id: Some("globex".into()),
        ..acme()
    };
    let asker = |tenant: &Tenant| Asker {
        owner: owner("mallory"),
        approves: Some(tenant.clone()),
    };
    for (asked, approves) in [(&globex, &globex), (&acme(), &globex)] {
        let page = place.api.approvals(asked, &asker(approves), 10, None).await;
        assert_eq!(page.expect("a page").approvals, []);
    }
}

#[tokio::test]
async fn whoever_acts_in_no_organization_finds_their_own() {
    let place = place();
    let nowhere = Tenant {
        org_id: None,
        ..acme()
    };
    let own = ApprovalsKey::of(&nowhere, &owner("alice"));
    let plan = plan("run_a", "alice", 1, ApprovalMode::Required);
    ask(&place.post(), own, plan).await.expect("put up");
    let found = async |name: &str| {
        let asker = Asker {
            owner: owner(name),
            approves: Some(nowhere.clone()),
        };
        let page = place.api.approvals(&nowhere, &asker, 10, None).await;
        page.expect("a page").approvals.len()
    };
    assert_eq!((found("alice").await, found("bob").await), (1, 0));
}

#[tokio::test]
async fn what_was_decided_is_never_put_up_again_whatever_order_the_news_come_in() {
    let place = place();
    let first = || plan("run_a", "alice", 1, ApprovalMode::Required);
    place.take_down("run_a", 1).await;
    place.put_up(first()).await;
    assert_eq!(place.waits_for("alice", false).await, Vec::<String>::new());
    // The same run waits again, and a late word about its first wait takes nothing down.
    place
        .put_up(plan("run_a", "alice", 2, ApprovalMode::Required))
        .await;
    place.take_down("run_a", 1).await;
    place.put_up(first()).await;
    assert_eq!(
        place.page("alice", false, None).await.approvals[0].number,
        2
    );
    place.take_down("run_a", 2).await;
    assert_eq!(place.waits_for("alice", false).await, Vec::<String>::new());
}

#[tokio::test]
async fn each_plan_is_announced_once_however_often_its_run_says_that_it_waits() {
    let place = place();
    for _ in 0..3 {
        place
            .put_up(plan("run_a", "alice", 1, ApprovalMode::Required))
            .await;
        place.town.run_for(hours(1)).await;
    }
    place
        .put_up(plan("run_b", "bob", 4, ApprovalMode::Required))
        .await;
    assert_eq!(
        place.announced(),
        [
            ("approval_run_a_1".into(), 1),
            ("approval_run_b_4".into(), 2)
        ]
    );
    place.rules.announces.set(false);
    place
        .put_up(plan("run_c", "bob", 1, ApprovalMode::Required))
        .await;
    assert_eq!(place.announced().len(), 2);
}

/// The operator's system answers nothing but errors.
#[derive(Default)]
struct NobodyListens(Cell<u32>);

impl Faults for NobodyListens {
    fn passage(&self, letter: &Letter) -> Passage {
        match letter {
            Letter::Notice(_) => {
                self.0.set(self.0.get() + 1);
                Passage::Lost(Undelivered::Failed)
            }
            _ => Passage::Through,
        }
    }
}

#[tokio::test]
async fn an_announcement_is_repeated_ever_more_seldom_until_it_is_heard_or_the_plan_is_decided() {
    let place = place();
    let deaf = Rc::new(NobodyListens::default());
    place.town.beset_by(deaf.clone());
    place
        .put_up(plan("run_a", "alice", 1, ApprovalMode::Required))
        .await;
    place
        .put_up(plan("run_b", "alice", 1, ApprovalMode::Required))
        .await;
    assert_eq!(place.page("alice", false, None).await.late, None);
    place.town.run_for(hours(2)).await;
    let tries = deaf.0.get() / 2;
    assert!((10..30).contains(&tries), "{tries} tries in two hours");
    let late = place.page("alice", false, None).await.late;
    assert_eq!(late.map(|it| it.count), Some(2));
    place.take_down("run_b", 1).await;
    place.town.beset_by(Rc::new(Calm));
    place.town.run_for(hours(1)).await;
    assert_eq!(place.announced(), [("approval_run_a_1".into(), 1)]);
    assert_eq!(place.page("alice", false, None).await.late, None);
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let place = place();
    for number in 0..5 {
        let run = format!("run_{number}");
        place
            .put_up(plan(&run, "alice", 1, ApprovalMode::Required))
            .await;
    }
    let list = ListApprovals {
        owner: owner("alice"),
        approves: false,
        limit: 2,
        after: None,
    };
    let page = ask(&place.post(), key(), list).await.expect("a page");
    assert_eq!((page.approvals.len(), page.next), (2, Some(2)));
    assert_eq!(place.waits_for("alice", false).await.len(), 5);
    let other = WorkflowId::new("other");
    assert!(
        page.approvals
            .iter()
            .all(|it| it.own && it.workflow != other)
    );
}
