//! One document of an issuer, key set or metadata, shared by all isolates.
//!
//! Named by what it is fetched from, so that a changed setting never meets what was kept from
//! another place. Kept in storage, so that a restart does not ask the issuer again.

use std::cell::OnceCell;
use std::rc::Rc;

use async_trait::async_trait;
use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::binding::{received, reply};
use super::clock::EdgeClock;
use super::fetch::{EdgeFetch, Subrequests};
use super::messages::{KeySetMessage, LoadDocument, call};
use super::sql::{execute, query};
use onbehalf_clock::Timestamp;
use onbehalf_engine::StoreError;
use onbehalf_identity::{
    DocumentError, DocumentSource, FetchedDocument, SharedDocument, SharedDocuments,
};

/// One document's object.
#[durable_object]
pub struct KeySetObject {
    state: State,
    shared: OnceCell<Rc<SharedDocument>>,
}

#[derive(Deserialize)]
struct Row {
    body: String,
}

impl DurableObject for KeySetObject {
    fn new(state: State, _env: Env) -> Self {
        Self {
            state,
            shared: OnceCell::new(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let KeySetMessage::LoadDocument(load) = received(request).await?;
        reply("key_set", self.load(load).await)
    }
}

impl KeySetObject {
    async fn load(
        &self,
        load: LoadDocument,
    ) -> Result<Result<FetchedDocument, DocumentError>, StoreError> {
        let shared = match self.shared.get() {
            Some(shared) => Rc::clone(shared),
            None => {
                let restored = Rc::new(SharedDocument::restore(self.kept()?));
                Rc::clone(self.shared.get_or_init(|| restored))
            }
        };
        let fetch = EdgeFetch::new(Subrequests::default());
        let loaded = shared
            .load(&fetch, &EdgeClock, &load.source, load.newer_than)
            .await;
        if let Ok(document) = &loaded {
            self.keep(document)?;
        }
        Ok(loaded)
    }

    fn kept(&self) -> Result<Option<FetchedDocument>, StoreError> {
        let sql = self.state.storage().sql();
        execute(
            &sql,
            "CREATE TABLE IF NOT EXISTS key_set (
                id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL)",
            Vec::new(),
        )?;
        let rows: Vec<Row> = query(&sql, "SELECT body FROM key_set", Vec::new())?;
        // A document kept by an older release that no longer reads is fetched anew.
        Ok(rows
            .first()
            .and_then(|row| serde_json::from_slice(row.body.as_bytes()).ok()))
    }

    fn keep(&self, document: &FetchedDocument) -> Result<(), StoreError> {
        let body =
            serde_json::to_string(document).map_err(|error| StoreError(error.to_string()))?;
        execute(
            &self.state.storage().sql(),
            "INSERT INTO key_set (id, body) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET body = ?1 WHERE body <> ?1",
            vec![body.into()],
        )
    }
}

/// The shared documents as an isolate sees them.
pub struct EdgeDocuments {
    env: Env,
}

impl EdgeDocuments {
    /// Reaches the objects bound in `env`.
    pub fn new(env: Env) -> Self {
        Self { env }
    }
}

#[async_trait(?Send)]
impl SharedDocuments for EdgeDocuments {
    async fn load(
        &self,
        source: &DocumentSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedDocument, DocumentError> {
        let load = LoadDocument {
            source: source.clone(),
            newer_than,
        };
        call(&self.env, &source.name(), load)
            .await
            .map_err(|_| DocumentError::Unreachable)?
    }
}
