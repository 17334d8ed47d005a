//! What an older release has stored is still read.

use onbehalf_engine::RunStatus;
use onbehalf_runs::principal::FindRun;
use onbehalf_runs::schedule::{Shard, sweep};
use onbehalf_runs::town::Address;
use onbehalf_runs::{AccountKey, Backend as _, ConnectorName, EventId, RunId, Start, Value, ask};

use crate::common::*;

/// The tables as the first release made them.
const OLD_PRINCIPAL: [&str; 6] = [
    "CREATE TABLE runs (
        position INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE,
        workflow TEXT NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL,
        ended_at INTEGER, trigger_name TEXT NOT NULL, unconfirmed TEXT)",
    "CREATE INDEX open_runs ON runs (position) WHERE ended_at IS NULL",
    "CREATE INDEX unconfirmed_runs ON runs (position) WHERE unconfirmed IS NOT NULL",
    "CREATE TABLE idempotency_keys (
        key TEXT PRIMARY KEY, input TEXT NOT NULL, run_id TEXT NOT NULL, at INTEGER NOT NULL)",
    "CREATE TABLE schedule (id INTEGER PRIMARY KEY CHECK (id = 1), enabled_at INTEGER)",
    "CREATE TABLE connect_attempts (
        state_hash TEXT PRIMARY KEY, connector TEXT NOT NULL, browser_hash TEXT NOT NULL,
        expires_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0)",
];
const OLD_SHARD: [&str; 3] = [
    "CREATE TABLE enrolled (owner TEXT PRIMARY KEY, context TEXT NOT NULL)",
    "CREATE TABLE ticks (
        at INTEGER PRIMARY KEY, after_owner TEXT NOT NULL, done INTEGER NOT NULL)",
    "CREATE TABLE batch_failures (
        at INTEGER NOT NULL, after_owner TEXT NOT NULL, tries INTEGER NOT NULL,
        PRIMARY KEY (at, after_owner))",
];
const OLD_ACCOUNT: [&str; 4] = [
    "CREATE TABLE waiting (
        run_id TEXT NOT NULL, number INTEGER NOT NULL, connector TEXT NOT NULL, event TEXT,
        PRIMARY KEY (run_id, number, connector))",
    "CREATE TABLE events (event TEXT PRIMARY KEY, at INTEGER NOT NULL)",
    "CREATE TABLE made (connector TEXT PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL)",
    "CREATE TABLE allowances (lane TEXT PRIMARY KEY, used_until INTEGER NOT NULL)",
];

const OLD_RUN: &str = "run_0123456789abcdefghjkmnpqrs";

impl Place {
    fn store(&self, address: &Address, statement: &str, values: &[Value]) {
        self.town
            .query(address, statement, values)
            .expect(statement);
    }

    fn old(&self, address: &Address, tables: &[&str]) {
        for table in tables {
            self.store(address, table, &[]);
        }
    }
}

fn alice() -> Address {
    Address::Principal(owner("alice"))
}

#[tokio::test]
async fn an_index_its_keys_and_a_start_that_was_not_confirmed() {
    let place = place();
    place.old(&alice(), &OLD_PRINCIPAL);
    let now = place.town.now();
    let started = serde_json::json!({
        "run_id": OLD_RUN, "workflow": "onboarding-health", "version": 1, "owner": "p_alice",
        "context": context("alice"), "input": {},
    });
    place.store(
        &alice(),
        "INSERT INTO runs (run_id, workflow, status, started_at, trigger_name, unconfirmed)
         VALUES (?, 'onboarding-health', 'running', ?, 'request', ?)",
        &[OLD_RUN.into(), now.into(), started.to_string().into()],
    );
    place.store(
        &alice(),
        "INSERT INTO idempotency_keys (key, input, run_id, at) VALUES ('k', ?, ?, ?)",
        &[
            r#"["onboarding-health",{}]"#.into(),
            OLD_RUN.into(),
            now.into(),
        ],
    );
    let listed = place.list("alice").await.runs.remove(0);
    assert_eq!(
        (listed.run_id.as_str(), listed.status),
        (OLD_RUN, RunStatus::Running)
    );
    let known = place.start(keyed("alice", "k")).await;
    let run = RunId::stored(OLD_RUN);
    let expected = Start::Started {
        run_id: run.clone(),
        fresh: false,
    };
    assert_eq!(known, expected);
    // The alarm the older release has set.
    place.town.ring(&alice()).await;
    assert_eq!(place.begun("alice"), std::slice::from_ref(&run));
    let found = ask(&place.post(), owner("alice"), FindRun { run_id: run }).await;
    assert_eq!(found, Ok(Some(onbehalf_runs::principal::Found::Begun)));
}

#[tokio::test]
async fn an_enrolment_whose_identity_only_the_shard_knew() {
    let place = place();
    let shard = Address::Schedule(Shard::of(&owner("alice")));
    place.old(&shard, &OLD_SHARD);
    place.old(&alice(), &OLD_PRINCIPAL);
    let context = serde_json::to_string(&context("alice")).expect("JSON");
    place.store(
        &shard,
        "INSERT INTO enrolled (owner, context) VALUES ('p_alice', ?)",
        &[context.into()],
    );
    place.store(
        &alice(),
        "INSERT INTO schedule (id, enabled_at) VALUES (1, ?)",
        &[place.town.now().minus(hours(72)).into()],
    );
    // The older release has started this day's run already.
    place.store(
        &alice(),
        "INSERT INTO idempotency_keys (key, input, run_id, at) VALUES (?, '', ?, ?)",
        &[
            "\u{1}tick:2026-11-25".into(),
            OLD_RUN.into(),
            place.town.now().into(),
        ],
    );
    sweep(&place.post(), place.town.now()).await;
    place.town.run_for(minutes(1)).await;
    assert!(place.begun("alice").is_empty());
    assert!(place.schedule("alice").await.enabled);
    // From then on she has an alarm of her own.
    place.town.run_until(at("2026-11-26T08:16:00Z")).await;
    assert_eq!(place.begun("alice").len(), 1);
}

#[tokio::test]
async fn a_run_that_waits_and_one_that_was_not_told_yet() {
    let place = place();
    let one = place.started(request("alice")).await;
    let two = place.started(request("bob")).await;
    let account = AccountKey::new("user_alice");
    let address = Address::Account(account.clone());
    place.old(&address, &OLD_ACCOUNT);
    place.store(
        &address,
        "INSERT INTO waiting (run_id, number, connector, event)
         VALUES (?, 1, 'hubspot', 'wh_1'), (?, 1, 'linear', NULL)",
        &[one.as_str().into(), two.as_str().into()],
    );
    place.town.ring(&address).await;
    assert_eq!(place.runs.get(&one).expect("a run").connections.len(), 1);
    let (connector, event) = (ConnectorName::new("linear"), EventId::new("wh_2"));
    let made = place.api.connection_made(&account, &connector, &event);
    made.await.expect("noted");
    assert_eq!(place.runs.get(&two).expect("a run").connections.len(), 1);
}
