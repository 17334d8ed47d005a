//! One document in the storage of its object, so that a restart does not ask its issuer again.
//!
//! Owns what is kept and what it is worth once it is read back. When the issuer is asked stands in
//! [`SharedDocument`].

use std::cell::OnceCell;
use std::rc::Rc;

use onbehalf_clock::{Clock, Timestamp};
use onbehalf_fetch::Fetch;
use onbehalf_sql::{Sql, SqlError, from_json, to_json};

use super::document::{DocumentError, DocumentSource, FetchedDocument};
use super::shared_document::SharedDocument;

/// The document, if there is one.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS key_set (
    id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL)";

/// One object's document.
#[derive(Default)]
pub struct KeptDocument {
    /// Read from storage with the first request.
    shared: OnceCell<Rc<SharedDocument>>,
}

impl KeptDocument {
    /// The document: kept, or fetched and kept from now on ([`SharedDocument::load`]).
    ///
    /// # Errors
    /// When storage fails. Why there is no document is an answer.
    pub async fn load(
        &self,
        sql: &dyn Sql,
        fetch: &dyn Fetch,
        clock: &dyn Clock,
        source: &DocumentSource,
        newer_than: Option<Timestamp>,
    ) -> Result<Result<FetchedDocument, DocumentError>, SqlError> {
        let shared = match self.shared.get() {
            Some(shared) => Rc::clone(shared),
            None => {
                let restored = Rc::new(SharedDocument::restore(kept(sql)?));
                Rc::clone(self.shared.get_or_init(|| restored))
            }
        };
        let loaded = shared.load(fetch, clock, source, newer_than).await;
        if let Ok(document) = &loaded {
            keep(sql, document)?;
        }
        Ok(loaded)
    }
}

fn kept(sql: &dyn Sql) -> Result<Option<FetchedDocument>, SqlError> {
    sql.run(TABLE, &[])?;
    let rows = sql.query("SELECT body FROM key_set", &[])?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    // One that an older release kept and this one cannot read is fetched anew.
    Ok(from_json(row.text(0)?, "a document").ok())
}

fn keep(sql: &dyn Sql, document: &FetchedDocument) -> Result<(), SqlError> {
    // What is kept already is not written again: this runs with every request.
    sql.run(
        "INSERT INTO key_set (id, body) VALUES (1, ?1)
         ON CONFLICT (id) DO UPDATE SET body = ?1 WHERE body <> ?1",
        &[to_json(document, "a document")?.into()],
    )
}
