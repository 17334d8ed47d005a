//! Runs that share a HubSpot portal: whoever they are for, a customer is flagged once.
//!
//! Real table, engine, client, tools and claims; the sandbox's world, whose search does not know for
//! seconds, and sometimes for a minute, what was just written.

mod common;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use common::morning;
use common::office::{ORGANIZATION, Office, OfficeRun, Who};
use onbehalf_agents::onboarding::OnboardingHealth;
use onbehalf_clock::{Clock as _, DAY_MS};
use onbehalf_engine::RunStatus;
use onbehalf_runs::hosted::Workflows;
use onbehalf_runs::portal::{PortalKey, PortalMessage, Portals};
use onbehalf_runs::town::{Faults, Passage, Post};
use onbehalf_runs::{
    AccountKey, Approval, ConnectorName, Decision, Letter, RunAnswer, Undelivered,
};
use onbehalf_sandbox::world::users::{APPS, CsmSeed};
use onbehalf_sandbox::world::{Manners, World};
use serde_json::{Value, json};

const WORKFLOW: &str = "onboarding-health";
const ANN: Who<'static> = Who {
    user: "ann",
    identifier: "user_ann",
    organization: ORGANIZATION,
};
const BEN: Who<'static> = Who {
    user: "ben",
    identifier: "user_ben",
    organization: ORGANIZATION,
};

/// Ann and Ben look after all customers of one portal together.
fn shared() -> Office {
    let mut world = World::with(Manners::strict());
    for sub in ["ann", "ben"] {
        let seed = CsmSeed {
            portal: Some("acme".to_owned()),
            ..CsmSeed::new(sub, sub, "org_acme", &APPS, 25)
        };
        world.add(seed, morning().millis());
    }
    let office = Office::in_world(world, Workflows::default().with::<OnboardingHealth>());
    office.deploy(&json!({"customers": "portal"}));
    office
}

fn start(office: &Office, who: Who<'_>, id: &str) -> OfficeRun {
    office.start(WORKFLOW, who, id, &json!({}))
}

fn counts(run: &OfficeRun, of: &str) -> u64 {
    run.result()["counts"][of].as_u64().expect("a count")
}

fn how_often(texts: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    texts.fold(BTreeMap::new(), |mut all, text| {
        *all.entry(text).or_default() += 1;
        all
    })
}

/// Tasks by the customer that their subject begins with, and comments by issue.
fn written(office: &Office) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let tasks = office.apps.landed("hubspot_task_create").into_iter();
    let tasks = tasks.map(|it| {
        let subject = text(&it.params["hs_task_subject"]);
        subject.split(": ").next().unwrap_or_default().to_owned()
    });
    let comments = office.apps.landed("linear_graphql_query").into_iter();
    let comments = comments.map(|it| text(&it.params["variables"]["input"]["issueId"]));
    (how_often(tasks), how_often(comments))
}

/// Every flagged customer of a run has one task, and no issue more than one comment.
fn assert_flagged_once(office: &Office, run: &OfficeRun, when: &str) {
    let (tasks, comments) = written(office);
    let result = run.result();
    let flagged = result["flagged"].as_array().expect("flagged");
    assert!(flagged.len() > 5, "{when}: {result}");
    assert_eq!(tasks.len(), flagged.len(), "{when}: {tasks:?}");
    assert!(tasks.values().all(|often| *often == 1), "{when}: {tasks:?}");
    assert!(!comments.is_empty(), "{when}");
    assert!(
        comments.values().all(|often| *often == 1),
        "{when}: {comments:?}"
    );
}

/// Three triggers within fifty milliseconds; the later ones do not join.
fn three_at_once(office: &Office, who: [Who<'_>; 3]) -> [OfficeRun; 3] {
    let mut number = 0;
    let runs = who.map(|who| {
        number += 1;
        let run = start(office, who, &format!("run_{number}"));
        office.clock.pass(Duration::from_millis(20));
        run
    });
    let [first, second, third] = &runs;
    office.drive_all(&[first, second, third]);
    runs
}

#[test]
fn two_people_of_one_portal_and_three_runs_at_once_flag_each_customer_once() {
    let office = shared();
    let runs = three_at_once(&office, [ANN, BEN, ANN]);
    for run in &runs {
        assert_eq!(run.status(), RunStatus::Completed);
        assert_flagged_once(&office, run, "three runs of two people");
        assert_eq!(run.result()["outcome"], "done");
        // Whose run it was says nobody.
        let text = run.result().to_string();
        assert!(!text.contains("run_") && !text.contains("user_"), "{text}");
    }
    let made: u64 = runs.iter().map(|run| counts(run, "tasksCreated")).sum();
    let left: u64 = runs.iter().map(|run| counts(run, "alreadyFlagged")).sum();
    assert_eq!(left, 2 * made);
}

/// A moment later the connection may live again, and what is claimed under another name of the same
/// portal is seen by nobody.
#[test]
fn a_run_whose_connection_dies_as_it_asks_for_the_portal_claims_nothing_elsewhere() {
    let office = shared();
    let fault = [common::apps::Fault::Revoked];
    office.apps.fault("hubspot_account_details_get", &fault);
    let first = start(&office, ANN, "run_1");
    office.drive(&first);
    assert_eq!(counts(&first, "customers"), 0, "{}", first.result());
    let second = start(&office, ANN, "run_2");
    office.drive(&second);
    assert_flagged_once(&office, &second, "after a moment without a connection");
}

/// Whose allowance somebody's calls of an app are counted against.
fn counted_by(office: &Office, who: Who<'_>, app: &str) -> PortalKey {
    let portals = Portals::new(Rc::new(Post(Rc::clone(&office.town))), office.town.clock());
    let (account, app) = (AccountKey::new(who.identifier), ConnectorName::new(app));
    let asked = async { portals.of(&account, &app).await };
    office.clock.run(asked, || false).expect("nothing stops it")
}

#[test]
fn colleagues_share_what_their_portal_allows_once_each_has_had_a_run() {
    let office = shared();
    for app in ["hubspot", "zendesk"] {
        assert_ne!(counted_by(&office, ANN, app), counted_by(&office, BEN, app));
    }
    for who in [ANN, BEN] {
        office.drive(&start(&office, who, who.user));
    }
    for app in ["hubspot", "zendesk"] {
        assert_eq!(counted_by(&office, ANN, app), counted_by(&office, BEN, app));
    }
}

/// A Zendesk with a key is at an address that its user typed: what answers there could name any
/// account, and must not be able to use up what strangers are allowed.
#[test]
fn a_zendesk_account_is_shared_within_an_organization_and_no_further() {
    let office = shared();
    let elsewhere = Who {
        organization: Some("org_else"),
        ..BEN
    };
    let nowhere = Who {
        user: "carol",
        identifier: "user_ben",
        organization: None,
    };
    office.drive(&start(&office, nowhere, "nowhere"));
    let alone = PortalKey::of_account(&AccountKey::new(BEN.identifier));
    assert_eq!(counted_by(&office, BEN, "zendesk"), alone);
    for (who, name) in [(ANN, "here"), (elsewhere, "elsewhere")] {
        office.drive(&start(&office, who, name));
    }
    let of = |who| counted_by(&office, who, "zendesk");
    assert_ne!(of(ANN), of(BEN));
    assert_ne!(of(BEN), alone);
}

/// With `IDENTITY_SCOPE` `org`, people are several and their account is one.
#[test]
fn three_people_who_act_through_one_account_flag_each_customer_once() {
    let office = shared();
    let through = |user| Who {
        user,
        identifier: "user_ann",
        organization: ORGANIZATION,
    };
    let runs = three_at_once(&office, ["ann", "ben", "carol"].map(through));
    for run in &runs {
        assert_flagged_once(&office, run, "three people of one organization");
    }
}

#[test]
fn without_a_word_from_hubspot_about_its_portal_an_account_is_its_own() {
    let office = shared();
    office.apps.rules(&json!([
        { "match": { "tool": "hubspot_account_details_get" }, "status": 403 }]));
    let runs = three_at_once(&office, [ANN, ANN, ANN]);
    for run in &runs {
        assert_flagged_once(&office, run, "one person, portal unknown");
    }
}

/// A run that took its account for its portal would see none of the others' flags.
#[test]
fn a_hubspot_that_fails_to_say_which_portal_it_is_is_asked_again() {
    let office = shared();
    // Each of her runs meets it once; a colleague's run knows the portal all the while.
    office.apps.rules(&json!([{
        "match": { "tool": "hubspot_account_details_get", "identifier": "user_ann" },
        "status": 500, "times": 2 }]));
    let runs = three_at_once(&office, [ANN, BEN, ANN]);
    for run in &runs {
        assert_flagged_once(&office, run, "two people, portal told late to one");
    }
}

/// The outage is longer than a signal is waited for; a colleague's run meets none of it.
#[test]
fn an_outage_while_the_portal_is_asked_for_is_waited_for() {
    let office = shared();
    office.apps.rules(&json!([{
        "match": { "tool": "hubspot_account_details_get", "identifier": "user_ann" },
        "status": 503, "times": 12 }]));
    let runs = three_at_once(&office, [ANN, BEN, ANN]);
    for run in &runs {
        assert_flagged_once(&office, run, "two people, portal told late to one");
    }
}

/// What is asked of the portal's object goes astray, or its answer does, so many times.
struct NoWord {
    left: Cell<u32>,
    acted_on: bool,
}

impl Faults for NoWord {
    fn passage(&self, letter: &Letter) -> Passage {
        let is_about_flags = matches!(letter, Letter::Portal(_, message)
            if matches!(**message, PortalMessage::ClaimFlags(_) | PortalMessage::SettleFlags(_)));
        if !is_about_flags || self.left.get() == 0 {
            return Passage::Through;
        }
        self.left.set(self.left.get() - 1);
        if self.acted_on {
            Passage::AnswerLost(Undelivered::TimedOut)
        } else {
            Passage::Lost(Undelivered::Unreachable)
        }
    }
}

#[test]
fn nothing_is_written_before_the_claim_is_answered() {
    for acted_on in [false, true] {
        let office = shared();
        let left = Cell::new(3);
        office.town.beset_by(Rc::new(NoWord { left, acted_on }));
        let run = start(&office, ANN, "run_1");
        office.ring(&[&run]);
        assert_eq!(run.status(), RunStatus::Suspended, "{acted_on}");
        assert!(office.apps.landed("hubspot_task_create").is_empty());
        let other = start(&office, BEN, "run_2");
        office.drive_all(&[&run, &other]);
        for run in [&run, &other] {
            assert_flagged_once(&office, run, "after claims that went astray");
        }
    }
}

#[test]
fn a_portal_that_is_never_reached_costs_the_flags_and_says_so() {
    let office = shared();
    office.town.beset_by(Rc::new(NoWord {
        left: Cell::new(u32::MAX),
        acted_on: false,
    }));
    let run = start(&office, ANN, "run_1");
    office.drive(&run);
    assert_eq!(run.status(), RunStatus::Completed);
    assert_eq!(run.result()["outcome"], "partial");
    assert_eq!(counts(&run, "tasksCreated"), 0);
    assert!(office.apps.landed("hubspot_task_create").is_empty());
}

#[test]
fn what_a_cancelled_run_left_is_flagged_by_the_next_and_nothing_twice() {
    let office = shared();
    let cancelled = start(&office, ANN, "run_1");
    let some_landed = || office.apps.landed("hubspot_task_create").len() > 2;
    office.ring_and_cancel(&cancelled, some_landed);
    office.drive(&cancelled);
    assert_eq!(cancelled.status(), RunStatus::Cancelled);
    let before = office.apps.landed("hubspot_task_create").len();
    let next = start(&office, BEN, "run_2");
    office.drive(&next);
    assert_flagged_once(&office, &next, "after a cancelled run");
    let made = counts(&next, "tasksCreated");
    assert!(before > 0 && made > 0, "{before} before, {made} after");
}

#[test]
fn a_comment_beside_a_refused_task_is_not_made_again_the_next_day() {
    let office = shared();
    office
        .apps
        .rules(&json!([{ "match": { "tool": "hubspot_task_create" }, "status": 400 }]));
    let first = start(&office, ANN, "run_1");
    office.drive(&first);
    assert_eq!(counts(&first, "tasksCreated"), 0);
    let commented = done(&first, "add_comment");
    assert!(!commented.is_empty());
    office.apps.rules(&json!([]));
    let tomorrow = morning().millis() + DAY_MS;
    office.sleep_until(&onbehalf_clock::Timestamp::from_millis(tomorrow).to_string());
    let second = start(&office, BEN, "run_2");
    office.drive(&second);
    // The tasks are made up for.
    assert!(done(&second, "create_task").is_superset(&commented));
    assert!(done(&second, "add_comment").is_disjoint(&commented));
}

/// The customers for whom a run has made such writes.
fn done(run: &OfficeRun, kind: &str) -> BTreeSet<String> {
    let result = run.result();
    let actions = result["actions"].as_array().expect("actions").iter();
    let done = actions.filter(|it| it["kind"] == kind && it["status"] == "done");
    done.map(|it| it["customer"].as_str().expect("a customer").to_owned())
        .collect()
}

/// The run's plan, and the answer that approves these items of it and rejects all others.
fn approving(run: &OfficeRun, wanted: &[String]) -> RunAnswer {
    let reason = run.reason();
    let approved = wanted.iter().map(|item| (item.clone(), Decision::Approve));
    Approval {
        hash: reason["hash"].as_str().expect("a hash").to_owned(),
        decision: Decision::Reject,
        items: approved.collect(),
    }
    .into()
}

#[test]
fn what_was_approved_is_written_and_nothing_else_whatever_is_deployed_meanwhile() {
    let office = shared();
    let run = office.start(WORKFLOW, ANN, "run_1", &json!({"approval": "required"}));
    office.drive(&run);
    let actions = run.reason()["plan"]["actions"].clone();
    let actions = actions.as_array().expect("actions").iter();
    let tasks = actions.filter(|it| it["kind"] == "create_task");
    let two: Vec<_> = tasks.take(2).cloned().collect();
    let items: Vec<String> = two
        .iter()
        .map(|it| it["item"].as_str().expect("an item").to_owned())
        .collect();
    let approved = approving(&run, &items);
    let deploy = |drop: u32| {
        office.deploy(
            &json!({"customers": "portal", "reflag": "daily", "dueInHours": 700,
            "reflagDrop": drop, "scoring": {"atRiskBelow": 100}}),
        );
        office.pick_up(WORKFLOW, &run);
    };
    deploy(5);
    office
        .apps
        .rules(&json!([{ "match": { "tool": "hubspot_task_create" },
        "status": 429, "retry_after": 40, "times": 1 }]));
    office.resume(&run, approved);
    office.ring(&[&run]);
    assert_eq!(run.reason()["reason"], "rate_limited");
    deploy(6);
    office.drive(&run);
    assert_eq!(run.status(), RunStatus::Completed);
    let landed = office.apps.landed("hubspot_task_create");
    let mut named: Vec<_> = landed
        .iter()
        .map(|it| it.params["hs_task_subject"].to_string())
        .collect();
    named.sort();
    assert_eq!(named.len(), 2, "{named:?}");
    for action in &two {
        let name = action["name"].as_str().expect("a name");
        assert!(named.iter().any(|subject| subject.contains(name)), "{name}");
    }
    assert!(office.apps.landed("linear_graphql_query").is_empty());
    // The date that was looked at, not today's setting.
    let due = office.clock.now().plus(Duration::from_secs(25 * 3600));
    let late = |it: &Value| {
        it["hs_timestamp"]
            .as_str()
            .is_some_and(|at| at > due.to_string().as_str())
    };
    assert!(landed.iter().all(|it| !late(&it.params)), "{landed:?}");
}

/// A plan that was made under one policy, decided, and met by another.
#[test]
fn a_policy_that_is_deployed_after_the_approval_adds_no_write() {
    let office = shared();
    office.deploy(&json!({"customers": "portal", "reflag": "never_while_open"}));
    let before = start(&office, ANN, "run_1");
    office.drive(&before);
    let flagged = office.apps.landed("hubspot_task_create").len();
    let commented = office.apps.landed("linear_graphql_query").len();
    for task in office.apps.landed("hubspot_task_create").iter().take(2) {
        office.apps.complete(task);
    }
    let tomorrow = morning().millis() + DAY_MS;
    office.sleep_until(&onbehalf_clock::Timestamp::from_millis(tomorrow).to_string());
    let run = office.start(WORKFLOW, ANN, "run_2", &json!({"approval": "required"}));
    office.drive(&run);
    let actions = run.reason()["plan"]["actions"].clone();
    let actions = actions.as_array().expect("actions").iter();
    let items: Vec<String> = actions
        .filter(|it| it["kind"] == "create_task")
        .map(|it| it["item"].as_str().expect("an item").to_owned())
        .collect();
    // Those whose task was closed, and who came to be at risk since.
    assert!((2..flagged).contains(&items.len()), "{items:?}");
    office.apps.rules(&json!([
        { "match": { "tool": "hubspot_task_create" }, "status": 429, "retry_after": 40, "times": 1 }]));
    office.resume(&run, approving(&run, &items));
    office.ring(&[&run]);
    office.deploy(&json!({"customers": "portal", "reflag": "daily"}));
    office.pick_up(WORKFLOW, &run);
    office.drive(&run);
    assert_eq!(run.status(), RunStatus::Completed);
    let landed = office.apps.landed("hubspot_task_create").len();
    assert_eq!(landed, flagged + items.len());
    assert_eq!(office.apps.landed("linear_graphql_query").len(), commented);
}
