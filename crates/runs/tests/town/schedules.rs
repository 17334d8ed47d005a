//! The daily run: two independent ways to it, each tick once, and nobody kept waiting by others.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_runs::principal::PrincipalMessage;
use onbehalf_runs::schedule::{Shard, sweep};
use onbehalf_runs::town::{Address, Calm, Faults, Passage};
use onbehalf_runs::{
    Backend, Letter, Overlap, OwnerKey, RunId, Start, StartRun, StateHash, TakenAttempt, Tenant,
    Undelivered, WorkflowId,
};

use crate::common::*;

const EIGHT: &str = "2026-11-26T08:00:00Z";

fn people(count: u32) -> Vec<String> {
    (0..count).map(|number| format!("user{number}")).collect()
}

impl Place {
    async fn enrol_all(&self, people: &[String]) {
        for name in people {
            assert!(self.enrol(name).await.enabled);
        }
    }

    async fn sweep_at(&self, at: Timestamp) -> usize {
        self.town.run_until(at).await;
        sweep(&self.post(), at).await
    }

    /// The cron rings three times an hour.
    async fn cron_until(&self, from: Timestamp, until: Timestamp) {
        let mut at = from;
        while at <= until {
            self.sweep_at(at).await;
            at = at.plus(minutes(20));
        }
        self.town.run_until(until).await;
    }

    fn lose_alarms_of(&self, people: &[String]) {
        for name in people {
            self.town.lose_alarm(&Address::Principal(owner(name)));
        }
    }

    fn have_one_run_each(&self, people: &[String]) {
        for name in people {
            assert_eq!(self.begun(name).len(), 1, "{name}");
        }
    }
}

#[tokio::test]
async fn the_schedules_of_several_workflows_are_one_answer_in_the_order_that_was_asked() {
    let place = place();
    place.enrol("alice").await;
    place.enrol("bob").await;
    let of = ["morning-brief", "onboarding-health", "not-hosted-any-more"].map(WorkflowId::new);
    let all = place.api.schedules(&owner("alice"), of.to_vec()).await;
    let all = all.expect("an answer");
    let mut each = Vec::new();
    for workflow in &of {
        let one = place.api.schedule(&owner("alice"), workflow).await;
        each.push(one.expect("an answer"));
    }
    assert_eq!(all, each);
    assert_eq!(
        all.iter().map(|it| it.enabled).collect::<Vec<_>>(),
        [false, true, false]
    );
}

#[tokio::test]
async fn everybody_is_started_once_and_not_all_at_once() {
    let place = place();
    let people = people(60);
    place.enrol_all(&people).await;
    place
        .town
        .run_until(at(EIGHT).minus(Duration::from_secs(1)))
        .await;
    assert!(place.runs.all().is_empty());
    place.town.run_until(at(EIGHT).plus(minutes(5))).await;
    let early = place.runs.all().len();
    assert!((5..40).contains(&early), "{early}");
    place.town.run_until(at(EIGHT).plus(minutes(16))).await;
    place.have_one_run_each(&people);
    // Sweeps, however often, start nobody twice, not even whose run has ended.
    for name in &people {
        let run = place.begun(name).remove(0);
        place.end(name, &run).await;
    }
    place
        .cron_until(at(EIGHT), at("2026-11-26T20:00:00Z"))
        .await;
    place.have_one_run_each(&people);
    let schedule = place.schedule("user7").await;
    let run = place.begun("user7").remove(0);
    assert_eq!(schedule.last_run_id, Some(run.clone()));
    assert_eq!(schedule.ticks.len(), 1);
    assert_eq!(schedule.ticks[0].at, at(EIGHT));
    assert_eq!(schedule.ticks[0].run_id, Some(run));
}

#[tokio::test]
async fn lost_alarms_are_made_up_for_by_the_sweep() {
    let place = place();
    let people = people(40);
    place.enrol_all(&people).await;
    place.lose_alarms_of(&people);
    place
        .cron_until(at(EIGHT), at("2026-11-26T09:00:00Z"))
        .await;
    place.have_one_run_each(&people);
}

#[tokio::test]
async fn missed_crons_are_made_up_for_by_the_alarms_and_by_the_next_cron() {
    let place = place();
    let people = people(40);
    place.enrol_all(&people).await;
    place.lose_alarms_of(&people[..20]);
    // The cron is missed at 08:00 and 08:20.
    let late = at("2026-11-26T08:40:00Z");
    place.cron_until(late, late.plus(minutes(20))).await;
    place.have_one_run_each(&people);
}

#[tokio::test]
async fn a_sweep_in_the_middle_of_a_sweep_is_not_lost() {
    let place = place();
    let people = people(10);
    place.enrol_all(&people).await;
    place.lose_alarms_of(&people);
    let early = at(EIGHT).plus(minutes(1));
    place.town.run_until(early).await;
    let post = place.post();
    // Two rings without an alarm in between: the first has batches to do when the second comes.
    sweep(&post, early).await;
    place.town.pass(minutes(30));
    sweep(&post, early.plus(minutes(30))).await;
    place.town.run_for(minutes(5)).await;
    place.have_one_run_each(&people);
}

/// One shard, or some principals, cannot be reached.
struct Away {
    shard: Option<Shard>,
    principals: BTreeSet<OwnerKey>,
    starts_asked: Cell<u32>,
}

impl Away {
    fn nobody() -> Self {
        Self {
            shard: None,
            principals: BTreeSet::new(),
            starts_asked: Cell::new(0),
        }
    }
}

impl Faults for Away {
    fn passage(&self, letter: &Letter) -> Passage {
        let away = match letter {
            Letter::Schedule(shard, _) => self.shard == Some(*shard),
            Letter::Principal(owner, message) => {
                if matches!(message.as_ref(), PrincipalMessage::StartForTick(_)) {
                    self.starts_asked.set(self.starts_asked.get() + 1);
                }
                self.principals.contains(owner)
            }
            _ => false,
        };
        if away {
            Passage::Lost(Undelivered::TimedOut)
        } else {
            Passage::Through
        }
    }
}

#[tokio::test]
async fn a_dead_shard_costs_nobody_their_day() {
    let place = place();
    let people = people(40);
    place.enrol_all(&people).await;
    let shard = Shard::of(&owner(&people[0]));
    let of_shard: Vec<String> = people
        .iter()
        .filter(|name| Shard::of(&owner(name)) == shard)
        .cloned()
        .collect();
    place.town.beset_by(Rc::new(Away {
        shard: Some(shard),
        ..Away::nobody()
    }));
    assert_eq!(place.sweep_at(at(EIGHT)).await, 1);
    place.town.run_until(at(EIGHT).plus(minutes(20))).await;
    place.have_one_run_each(&people);
    // On a day when their alarms are lost as well, the shard's return is enough.
    for name in &people {
        for run in place.begun(name) {
            place.end(name, &run).await;
            place.runs.prune(&run);
        }
    }
    let next_day = at("2026-11-27T08:00:00Z");
    place.town.run_until(next_day.minus(minutes(1))).await;
    place.lose_alarms_of(&of_shard);
    place.sweep_at(next_day).await;
    place.sweep_at(next_day.plus(minutes(20))).await;
    place.town.beset_by(Rc::new(Calm));
    place
        .cron_until(next_day.plus(minutes(40)), next_day.plus(hours(1)))
        .await;
    place.have_one_run_each(&people);
}

#[tokio::test]
async fn one_who_cannot_be_reached_delays_nobody_and_is_started_within_the_hour() {
    let place = place();
    let people = people(40);
    place.enrol_all(&people).await;
    place.lose_alarms_of(&people);
    let away = Rc::new(Away {
        principals: [owner("user3")].into(),
        ..Away::nobody()
    });
    place.town.beset_by(away.clone());
    let swept = at(EIGHT).plus(minutes(20));
    place.cron_until(swept, swept).await;
    for name in &people {
        assert_eq!(
            place.begun(name).len(),
            usize::from(name != "user3"),
            "{name}"
        );
    }
    assert!(away.starts_asked.get() >= 40);
    place.town.beset_by(Rc::new(Calm));
    place
        .cron_until(swept.plus(minutes(20)), swept.plus(minutes(40)))
        .await;
    place.have_one_run_each(&people);
}

#[tokio::test]
async fn the_tick_joins_the_run_that_is_open() {
    let place = place();
    place.enrol("alice").await;
    let open = place.started(request("alice")).await;
    place
        .cron_until(at(EIGHT), at("2026-11-26T10:00:00Z"))
        .await;
    assert_eq!(place.begun("alice"), std::slice::from_ref(&open));
    let tick = place.schedule("alice").await.ticks.remove(0);
    assert_eq!((tick.run_id, tick.joined), (Some(open), true));
}

async fn fill_up(place: &Place, name: &str) -> Vec<RunId> {
    let mut runs = Vec::new();
    for _ in 0..100 {
        let other = StartRun {
            workflow: onbehalf_runs::WorkflowId::new("another"),
            overlap: Overlap::Allow,
            ..request(name)
        };
        runs.push(place.started(other).await);
    }
    runs
}

#[tokio::test]
async fn too_many_runs_is_not_a_start_and_is_said_and_tried_again() {
    let place = place();
    place.enrol("alice").await;
    let full = fill_up(&place, "alice").await;
    place
        .cron_until(at(EIGHT), at("2026-11-26T09:00:00Z"))
        .await;
    let tick = place.schedule("alice").await.ticks.remove(0);
    assert_eq!(tick.run_id, None);
    assert_eq!(
        tick.problem.as_deref(),
        Some("too many runs have not ended")
    );
    place.end("alice", &full[0]).await;
    place.town.run_for(minutes(11)).await;
    let tick = place.schedule("alice").await.ticks.remove(0);
    assert!(tick.run_id.is_some());
    assert_eq!(tick.problem, None);
}

#[tokio::test]
async fn whoever_enrols_after_the_tick_waits_for_the_next() {
    let place = place();
    let noon = at("2026-11-26T12:00:00Z");
    place.town.run_until(noon).await;
    place.enrol("alice").await;
    place.cron_until(noon, at("2026-11-27T07:40:00Z")).await;
    assert!(place.begun("alice").is_empty());
    place
        .cron_until(at("2026-11-27T08:00:00Z"), at("2026-11-27T08:40:00Z"))
        .await;
    assert_eq!(place.begun("alice").len(), 1);
    // Switching it on again changes nothing of that.
    let since = place.schedule("alice").await.enabled_at;
    assert_eq!(place.enrol("alice").await.enabled_at, since);
}

#[tokio::test]
async fn whoever_switches_it_off_is_not_started_even_if_the_shard_was_away() {
    let place = place();
    place.enrol("alice").await;
    let shard = Some(Shard::of(&owner("alice")));
    place.town.beset_by(Rc::new(Away {
        shard,
        ..Away::nobody()
    }));
    let off = place.set_schedule("alice", None).await;
    assert!(!off.expect("a schedule").enabled);
    place.town.beset_by(Rc::new(Calm));
    place
        .cron_until(at(EIGHT), at("2026-11-26T09:00:00Z"))
        .await;
    assert!(place.begun("alice").is_empty());
    let address = Address::Schedule(Shard::of(&owner("alice")));
    let left = place.town.query(&address, "SELECT 1 FROM enrolments", &[]);
    assert_eq!(left, Ok(Vec::new()));
}

#[tokio::test]
async fn a_user_who_would_not_be_let_in_today_is_not_started_and_it_is_said() {
    let place = place();
    place.enrol("alice").await;
    let issuer = "https://idp.test".to_owned();
    place.rules.distrusted.borrow_mut().insert(issuer.clone());
    place
        .cron_until(at(EIGHT), at("2026-11-26T09:00:00Z"))
        .await;
    assert!(place.begun("alice").is_empty());
    let schedule = place.schedule("alice").await;
    assert!(schedule.enabled);
    let problem = schedule.ticks[0].problem.clone().expect("said");
    assert!(problem.contains("no longer configured"), "{problem}");
    // A mistake in the settings, mended within the day, costs nobody the day.
    place.rules.distrusted.borrow_mut().clear();
    place.town.run_for(minutes(11)).await;
    assert_eq!(place.begun("alice").len(), 1);
}

#[tokio::test]
async fn a_schedule_ends_when_its_user_is_not_seen_for_long() {
    let place = place();
    place.rules.lifetime.set(hours(10 * 24));
    place.enrol("alice").await;
    place.enrol("bob").await;
    place.enrol("carol").await;
    for day in 1..=12 {
        place.town.run_until(at(EIGHT).plus(hours(24 * day))).await;
        place.town.run_for(hours(1)).await;
        for name in ["alice", "bob", "carol"] {
            for run in place.begun(name) {
                place.end(name, &run).await;
                place.runs.prune(&run);
            }
        }
        // Bob looks at his runs now and then.
        if day % 4 == 0 {
            place.list("bob").await;
        }
        // Somebody comes with an old address of Carol's, which anybody can.
        let old = StateHash::new("old");
        let taken = place.api.take_connect(&owner("carol"), &old).await;
        assert_eq!(taken, Ok(TakenAttempt::Unknown));
    }
    assert!(!place.schedule("carol").await.enabled);
    let ended = place.schedule("alice").await;
    assert!(!ended.enabled);
    assert!(ended.ended_because.is_some_and(|it| it.contains("10 days")));
    assert!(place.schedule("bob").await.enabled);
    assert!(place.enrol("alice").await.ended_because.is_none());
}

#[tokio::test]
async fn an_operator_sees_and_ends_the_schedules_of_their_organization_only() {
    let place = place();
    place.enrol("alice").await;
    place.enrol("bob").await;
    let tenant = |org: Option<&str>| Tenant {
        issuer: "https://idp.test".into(),
        org_id: org.map(str::to_owned),
    };
    let enrolled = |org| {
        let (tenant, api) = (tenant(org), &place.api);
        async move { api.enrolled(&tenant).await.expect("a list") }
    };
    let listed = enrolled(Some("acme")).await;
    let names: BTreeSet<_> = listed.iter().map(|it| it.user_id.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["alice", "bob"]));
    assert_eq!(enrolled(Some("globex")).await, []);
    assert_eq!(enrolled(None).await, []);
    let withdraw = |org| {
        let (tenant, api) = (tenant(org), &place.api);
        async move {
            let (owner, workflow) = (owner("alice"), workflow());
            let done = api.withdraw_schedule(&tenant, &owner, &workflow);
            done.await.expect("an answer")
        }
    };
    assert!(!withdraw(Some("globex")).await);
    assert!(!withdraw(None).await);
    assert!(withdraw(Some("acme")).await);
    assert!(!withdraw(Some("acme")).await);
    let stranger = owner("stranger");
    let (acme, workflow) = (tenant(Some("acme")), workflow());
    let done = place.api.withdraw_schedule(&acme, &stranger, &workflow);
    assert_eq!(done.await, Ok(false));
    let nobody = Address::Principal(stranger);
    assert!(!place.town.has(&nobody), "no object is woken for a guess");
    let schedule = place.schedule("alice").await;
    assert!(!schedule.enabled && schedule.ended_because.is_some());
    assert_eq!(enrolled(Some("acme")).await.len(), 1);
}

#[tokio::test]
async fn a_tick_starts_a_trace_of_its_own() {
    let place = place();
    let mut on = on("alice");
    on.context.trace_id = Some("4bf92f3577b34da6a3ce929d0e0e4736".into());
    let set = place.set_schedule("alice", Some(on.clone()));
    set.await.expect("on");
    place.town.run_until(at(EIGHT).plus(minutes(20))).await;
    let run = place.begun("alice").remove(0);
    let started = place.runs.get(&run).expect("begun").started;
    assert_ne!(started.trace_id, on.context.trace_id);
    assert!(started.trace_id.is_some());
    let start = place.start(request("alice")).await;
    assert_eq!(start, Start::Joined { run_id: run });
}
