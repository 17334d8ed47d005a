//! A document in the storage of its object, over real SQLite.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};

use super::kit::*;
use crate::{DocumentError, DocumentSource, FetchedDocument, KeptDocument, USED_AT_MOST};
use onbehalf_clock::testkit::LeapingClock;
use onbehalf_sql::testkit::Database;
use onbehalf_sql::{Sql as _, SqlError};

/// An object that is alive, what it is stored in, and the issuer.
struct Place {
    object: KeptDocument,
    sql: Database,
    provider: Rc<Provider>,
    clock: Rc<LeapingClock>,
}

impl Place {
    fn new() -> Self {
        let stage = Stage::new();
        Self {
            object: KeptDocument::default(),
            sql: Database::empty(),
            provider: stage.provider,
            clock: stage.clock,
        }
    }

    /// Nothing is left but what was stored.
    fn restart(&mut self) {
        self.object = KeptDocument::default();
    }

    async fn load(&self) -> Result<Result<FetchedDocument, DocumentError>, SqlError> {
        let source = DocumentSource::KeySetAt(format!("{ISSUER}/keys"));
        let (provider, clock) = (self.provider.as_ref(), self.clock.as_ref());
        self.object
            .load(&self.sql, provider, clock, &source, None)
            .await
    }

    async fn document(&self) -> FetchedDocument {
        let loaded = self.load().await.expect("storage");
        loaded.expect("a document")
    }

    fn asked(&self) -> u32 {
        self.provider.asked.get()
    }

    /// Rows written since the storage was opened.
    fn written(&self) -> i64 {
        let rows = self.sql.query("SELECT total_changes()", &[]);
        rows.expect("a row")[0].integer(0).expect("a count")
    }

    /// Stores what the first release would have.
    fn store(&self, body: &str) {
        for statement in [
            "CREATE TABLE key_set (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL)",
            "INSERT INTO key_set (id, body) VALUES (1, '{}')",
        ] {
            self.sql.run(statement, &[]).expect(statement);
        }
        self.sql
            .run("UPDATE key_set SET body = ?", &[body.into()])
            .expect("a row");
    }
}

#[tokio::test]
async fn a_restart_does_not_ask_the_issuer_again() {
    let mut place = Place::new();
    let first = place.document().await;
    for _ in 0..3 {
        place.restart();
        assert_eq!(place.document().await, first);
    }
    assert_eq!(place.asked(), 1);
}

#[tokio::test]
async fn a_document_that_is_kept_is_written_once() {
    let mut place = Place::new();
    place.document().await;
    let written = place.written();
    assert_eq!(written, 1);
    for _ in 0..3 {
        place.document().await;
        place.restart();
        place.document().await;
    }
    assert_eq!(place.written(), written);
    place.clock.pass(Duration::from_secs(601));
    place.document().await;
    assert_eq!((place.asked(), place.written()), (2, written + 1));
}

#[tokio::test]
async fn after_a_restart_an_issuer_that_does_not_answer_is_done_without_for_a_day_and_no_longer() {
    let mut place = Place::new();
    let kept = place.document().await;
    place.provider.down.set(true);
    let a_second = Duration::from_secs(1);
    place.clock.pass(USED_AT_MOST - a_second);
    place.restart();
    assert_eq!(place.document().await, kept);
    place.clock.pass(a_second);
    place.restart();
    let loaded = place.load().await.expect("storage");
    assert_eq!(loaded, Err(DocumentError::Unreachable));
    place.provider.down.set(false);
    place.restart();
    assert!(place.document().await.fetched_at > kept.fetched_at);
}

#[tokio::test]
async fn what_the_first_release_stored_is_still_read() {
    let place = Place::new();
    let json = json!({ "keys": [] }).to_string();
    let stored = json!({
        "json": json,
        "fetched_at": "2026-11-23T07:59:00.000Z",
        "fresh_until": "2026-11-23T08:09:00.000Z",
    });
    place.store(&stored.to_string());
    assert_eq!(place.document().await.json, json);
    assert_eq!(place.asked(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_fetched_anew_and_replaced() {
    let half = json!({ "json": "{}" }).to_string();
    for stored in ["", "{}", "no JSON", half.as_str()] {
        let mut place = Place::new();
        place.store(stored);
        let document = place.document().await;
        assert_eq!(place.asked(), 1, "{stored}");
        place.restart();
        assert_eq!(place.document().await, document);
        assert_eq!(place.asked(), 1, "{stored}");
        assert!(serde_json::from_str::<Value>(&document.json).is_ok());
    }
}

#[tokio::test]
async fn storage_that_fails_is_no_word_of_the_issuers() {
    let place = Place::new();
    place.document().await;
    place.sql.run("DROP TABLE key_set", &[]).expect("dropped");
    assert!(place.load().await.is_err());
}
