//! Connections that are waited for: every one wakes, whenever it was made, and each cause once.

use std::rc::Rc;

use onbehalf_runs::account::{AwaitConnections, Awaited};
use onbehalf_runs::town::{Calm, Faults, Passage};
use onbehalf_runs::{AccountKey, Backend, ConnectorName, EventId, Letter, RunId, Undelivered, ask};

use crate::common::*;

fn account() -> AccountKey {
    AccountKey::new("user_alice")
}

impl Place {
    async fn wait(&self, run: &RunId, number: u32, connectors: &[&str], seen_ago: u64) {
        let connectors = connectors.iter().map(|name| Awaited {
            connector: ConnectorName::new(*name),
            seen_dead_at: self
                .town
                .now()
                .minus(std::time::Duration::from_secs(seen_ago)),
        });
        let wait = AwaitConnections {
            run_id: run.clone(),
            number,
            connectors: connectors.collect(),
        };
        ask(&self.post(), account(), wait).await.expect("noted");
    }

    async fn connect(&self, connector: &str, event: &str) {
        let (connector, event) = (ConnectorName::new(connector), EventId::new(event));
        let account = account();
        let made = self.api.connection_made(&account, &connector, &event);
        made.await.expect("noted");
    }

    fn told(&self, run: &RunId) -> Vec<(u32, String, String)> {
        let run = self.runs.get(run).expect("a run");
        let made = run.connections.into_iter();
        made.map(|it| (it.number, it.connector.to_string(), it.event.to_string()))
            .collect()
    }
}

fn told(number: u32, connector: &str, event: &str) -> (u32, String, String) {
    (number, connector.to_owned(), event.to_owned())
}

#[tokio::test]
async fn a_connection_wakes_every_run_that_waits_for_it_once() {
    let place = place();
    let one = place.started(request("alice")).await;
    let two = place.started(request("bob")).await;
    place.wait(&one, 1, &["hubspot", "linear"], 1).await;
    place.wait(&two, 3, &["hubspot"], 1).await;
    place.connect("hubspot", "wh_1").await;
    place.connect("hubspot", "wh_1").await;
    assert_eq!(place.told(&one), [told(1, "hubspot", "wh_1")]);
    assert_eq!(place.told(&two), [told(3, "hubspot", "wh_1")]);
    place.connect("linear", "wh_2").await;
    assert_eq!(place.told(&one)[1..], [told(1, "linear", "wh_2")]);
    assert_eq!(place.told(&two).len(), 1);
}

/// Seen dead, then mended, then the run begins to wait: nobody would tell it any more.
#[tokio::test]
async fn a_connection_mended_before_the_run_waits_wakes_it_too() {
    let place = place();
    let run = place.started(request("alice")).await;
    place.town.pass(minutes(10));
    place.connect("hubspot", "wh_1").await;
    place.town.pass(minutes(5));
    place.wait(&run, 1, &["hubspot"], 6 * 60).await;
    assert_eq!(place.told(&run), [told(1, "hubspot", "wh_1")]);
}

#[tokio::test]
async fn a_connection_that_died_since_it_was_made_wakes_nobody() {
    let place = place();
    let run = place.started(request("alice")).await;
    place.connect("hubspot", "wh_1").await;
    place.town.pass(minutes(30));
    place.wait(&run, 1, &["hubspot"], 60).await;
    assert_eq!(place.told(&run), []);
}

/// Two clocks may be apart, so a cause a little older than what the run saw counts; but only once,
/// or a dead connection would wake its run for ever.
#[tokio::test]
async fn one_cause_wakes_a_run_once_however_often_it_waits() {
    let place = place();
    let run = place.started(request("alice")).await;
    place.connect("hubspot", "wh_1").await;
    place.wait(&run, 1, &["hubspot"], 0).await;
    place.wait(&run, 2, &["hubspot"], 0).await;
    assert_eq!(place.told(&run), [told(1, "hubspot", "wh_1")]);
    place.connect("hubspot", "wh_2").await;
    assert_eq!(place.told(&run)[1..], [told(2, "hubspot", "wh_2")]);
}

struct OneRunIsDeaf(RunId);

impl Faults for OneRunIsDeaf {
    fn passage(&self, letter: &Letter) -> Passage {
        match letter {
            Letter::Run(run, _) if *run == self.0 => Passage::Lost(Undelivered::TimedOut),
            _ => Passage::Through,
        }
    }
}

#[tokio::test]
async fn a_run_that_cannot_be_told_keeps_no_other_waiting_and_is_told_later() {
    let place = place();
    let deaf = place.started(request("alice")).await;
    let well = place.started(request("bob")).await;
    place.wait(&deaf, 1, &["hubspot"], 1).await;
    place.wait(&well, 1, &["hubspot"], 1).await;
    place.town.beset_by(Rc::new(OneRunIsDeaf(deaf.clone())));
    place.connect("hubspot", "wh_1").await;
    assert_eq!(place.told(&well).len(), 1);
    assert_eq!(place.told(&deaf), []);
    place.town.beset_by(Rc::new(Calm));
    place.town.run_for(minutes(1)).await;
    assert_eq!(place.told(&deaf), [told(1, "hubspot", "wh_1")]);
}
