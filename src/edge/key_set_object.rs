//! One document of an issuer, key set or metadata, shared by all isolates. Decodes, asks, sends; when
//! the issuer is asked and what is kept is [`KeptDocument`]'s.
//!
//! Named by what it is fetched from, so that a changed setting never meets what was kept from
//! another place.

use async_trait::async_trait;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::binding::{received, reply};
use super::clock::EdgeClock;
use super::fetch::{EdgeFetch, Subrequests};
use super::messages::{KeySetMessage, LoadDocument, call};
use super::sql::EdgeSql;
use onbehalf_clock::Timestamp;
use onbehalf_identity::{
    DocumentError, DocumentSource, FetchedDocument, KeptDocument, SharedDocuments,
};

/// One document's object.
#[durable_object]
pub struct KeySetObject {
    state: State,
    kept: KeptDocument,
}

impl DurableObject for KeySetObject {
    fn new(state: State, _env: Env) -> Self {
        Self {
            state,
            kept: KeptDocument::default(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let KeySetMessage::LoadDocument(LoadDocument { source, newer_than }) =
            received(request).await?;
        let sql = EdgeSql::of(&self.state);
        let fetch = EdgeFetch::new(Subrequests::default());
        let loaded = self
            .kept
            .load(&sql, &fetch, &EdgeClock, &source, newer_than);
        reply("key_set", loaded.await)
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
