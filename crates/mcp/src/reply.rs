//! Answers, as the revision of their request has them.
//!
//! Owns what every result carries: the modern era wants to know of each what kind it is, who says it
//! and how long it is good; the legacy one wants none of that.

use serde_json::{Map, Value, json};

use crate::capabilities::Capabilities;
use crate::error::RpcError;
use crate::message::RequestId;
use crate::version::Version;

/// Who answers.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// Its name for programs.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What a model should know before it uses anything.
    pub instructions: &'static str,
    /// What it can do.
    pub capabilities: Capabilities,
}

impl Server {
    fn info(&self) -> Value {
        json!({ "name": self.name, "title": self.title, "version": self.version })
    }

    /// What the modern era is told of it.
    pub fn discovered(&self) -> Outcome {
        let versions: Vec<_> = Version::of_era(true).map(Version::name).collect();
        Outcome::of(json!({
            "supportedVersions": versions,
            "capabilities": self.capabilities.json(true),
            "instructions": self.instructions,
        }))
        .kept(Cache::public(3_600_000))
    }

    /// What a handshake answers.
    pub fn initialized(&self, agreed: Version) -> Outcome {
        Outcome::of(json!({
            "protocolVersion": agreed.name(),
            "capabilities": self.capabilities.json(false),
            "serverInfo": self.info(),
            "instructions": self.instructions,
        }))
    }
}

/// How long an answer is good, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    millis: u64,
    scope: &'static str,
}

impl Cache {
    /// The same for everybody.
    pub const fn public(millis: u64) -> Self {
        let scope = "public";
        Self { millis, scope }
    }

    /// For whoever asked.
    pub const fn private(millis: u64) -> Self {
        let scope = "private";
        Self { millis, scope }
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    kind: &'static str,
    members: Map<String, Value>,
    cache: Option<Cache>,
}

impl Outcome {
    /// The end of what was asked. What is no object is answered as an empty one.
    pub fn of(members: Value) -> Self {
        Self::of_kind("complete", members)
    }

    pub(crate) fn of_kind(kind: &'static str, members: Value) -> Self {
        let members = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self {
            kind,
            members,
            cache: None,
        }
    }

    /// That it may be kept.
    #[must_use]
    pub fn kept(self, cache: Cache) -> Self {
        let cache = Some(cache);
        Self { cache, ..self }
    }

    /// The members, without what an answer adds.
    pub fn into_members(self) -> Map<String, Value> {
        self.members
    }

    fn into_json(self, version: Version, server: &Server) -> Value {
        let mut all = self.members;
        if version.is_modern() {
            all.insert("resultType".to_owned(), self.kind.into());
            let meta = json!({ "io.modelcontextprotocol/serverInfo": server.info() });
            all.insert("_meta".to_owned(), meta);
            if let Some(cache) = self.cache {
                all.insert("ttlMs".to_owned(), cache.millis.into());
                all.insert("cacheScope".to_owned(), cache.scope.into());
            }
        }
        all.into()
    }
}

/// The message that answers a request.
pub fn answer(
    id: &RequestId,
    version: Version,
    server: &Server,
    outcome: Result<Outcome, RpcError>,
) -> Value {
    match outcome {
        Ok(outcome) => json!({
            "jsonrpc": "2.0", "id": id.json(), "result": outcome.into_json(version, server),
        }),
        Err(error) => error_message(Some(id), error),
    }
}

/// The message that answers what was no request, or one that is refused.
pub fn error_message(id: Option<&RequestId>, error: RpcError) -> Value {
    let mut message = json!({ "jsonrpc": "2.0", "error": error.into_json() });
    if let Some(id) = id {
        message["id"] = id.json();
    }
    message
}
