//! One issuer's key set, shared by all isolates.
//!
//! Named by issuer. Kept in storage, so that a restart does not ask the issuer again.

use std::cell::OnceCell;
use std::rc::Rc;

use async_trait::async_trait;
use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::binding::{call, reply};
use super::clock::EdgeClock;
use super::fetch::{EdgeFetch, Subrequests};
use super::messages::{KeySetMessage, LoadKeySet};
use super::sql::{execute, query};
use onbehalf_clock::Timestamp;
use onbehalf_engine::StoreError;
use onbehalf_identity::{
    FetchedKeySet, KeySetError, KeySetSource, SharedKeySetState, SharedKeySets,
};

/// One issuer's object.
#[durable_object]
pub struct KeySetObject {
    state: State,
    shared: OnceCell<Rc<SharedKeySetState>>,
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

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let KeySetMessage::LoadKeySet(load) = request.json().await?;
        reply("key_set", self.load(load).await)
    }
}

impl KeySetObject {
    async fn load(
        &self,
        load: LoadKeySet,
    ) -> Result<Result<FetchedKeySet, KeySetError>, StoreError> {
        let shared = match self.shared.get() {
            Some(shared) => Rc::clone(shared),
            None => {
                let restored = Rc::new(SharedKeySetState::restore(self.kept()?));
                Rc::clone(self.shared.get_or_init(|| restored))
            }
        };
        let fetch = EdgeFetch::new(Subrequests::default());
        let loaded = shared
            .load(&fetch, &EdgeClock, &load.source, load.newer_than)
            .await;
        if let Ok(set) = &loaded {
            self.keep(set)?;
        }
        Ok(loaded)
    }

    fn kept(&self) -> Result<Option<FetchedKeySet>, StoreError> {
        let sql = self.state.storage().sql();
        execute(
            &sql,
            "CREATE TABLE IF NOT EXISTS key_set (
                id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL)",
            Vec::new(),
        )?;
        let rows: Vec<Row> = query(&sql, "SELECT body FROM key_set", Vec::new())?;
        // A set kept by an older release that no longer reads is fetched anew.
        Ok(rows
            .first()
            .and_then(|row| serde_json::from_str(&row.body).ok()))
    }

    fn keep(&self, set: &FetchedKeySet) -> Result<(), StoreError> {
        let body = serde_json::to_string(set).map_err(|error| StoreError(error.to_string()))?;
        execute(
            &self.state.storage().sql(),
            "INSERT INTO key_set (id, body) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET body = ?1 WHERE body <> ?1",
            vec![body.into()],
        )
    }
}

/// The shared key sets as an isolate sees them.
pub struct EdgeKeySets {
    env: Env,
}

impl EdgeKeySets {
    /// Reaches the objects bound in `env`.
    pub fn new(env: Env) -> Self {
        Self { env }
    }
}

#[async_trait(?Send)]
impl SharedKeySets for EdgeKeySets {
    async fn load(
        &self,
        source: &KeySetSource,
        newer_than: Option<Timestamp>,
    ) -> Result<FetchedKeySet, KeySetError> {
        let load = LoadKeySet {
            source: source.clone(),
            newer_than,
        };
        call(&self.env, &source.issuer, load)
            .await
            .map_err(|_| KeySetError::Unreachable)?
    }
}
