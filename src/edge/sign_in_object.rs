//! What is remembered of sign-ins for all isolates: what was used up, and whose a namespace is.
//!
//! Values used up are spread over objects by the first character of their digests; each namespace
//! has an object of its own. Holds digests, times and issuers, and nobody's name.

use async_trait::async_trait;
use serde::Deserialize;
use worker::{DurableObject, Env, Request, Response, SqlStorage, State, durable_object};

use super::binding::{received, reply};
use super::clock::EdgeClock;
use super::messages::{ClaimNamespace, IsSpent, SignInMessage, Spend, call};
use super::sql::{execute, integer, query};
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_engine::StoreError;
use onbehalf_identity::{MemoryUnavailable, NamespaceClaim, OneTime, SignInMemory};

const SCHEMA: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS spent (digest TEXT PRIMARY KEY, until INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS holder (
        id INTEGER PRIMARY KEY CHECK (id = 1), issuer TEXT NOT NULL)",
];

/// A shard of what was used up, or a namespace.
#[durable_object]
pub struct SignInObject {
    state: State,
}

#[derive(Deserialize)]
struct Count {
    count: u32,
}

#[derive(Deserialize)]
struct Holder {
    issuer: String,
}

impl DurableObject for SignInObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        const CLASS: &str = "sign_in";
        let message = received::<SignInMessage>(request).await?;
        for statement in SCHEMA {
            if let Err(error) = execute(&self.sql(), statement, Vec::new()) {
                return reply::<(), _>(CLASS, Err(error));
            }
        }
        match message {
            SignInMessage::Spend(spend) => reply(CLASS, self.spend(&spend)),
            SignInMessage::IsSpent(IsSpent { value }) => reply(CLASS, self.is_spent(&value)),
            SignInMessage::ClaimNamespace(ClaimNamespace(claim)) => {
                reply(CLASS, self.claim(&claim))
            }
        }
    }
}

impl SignInObject {
    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }

    fn spend(&self, spend: &Spend) -> Result<bool, StoreError> {
        let spent = self.is_spent(&spend.value)?;
        // What is over anyway needs no remembering.
        execute(
            &self.sql(),
            "DELETE FROM spent WHERE until < ?1",
            vec![integer(EdgeClock.now().millis())],
        )?;
        execute(
            &self.sql(),
            "INSERT INTO spent (digest, until) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING",
            vec![spend.value.as_str().into(), integer(spend.until.millis())],
        )?;
        Ok(!spent)
    }

    fn is_spent(&self, value: &OneTime) -> Result<bool, StoreError> {
        let counted: Vec<Count> = query(
            &self.sql(),
            "SELECT count(*) AS count FROM spent WHERE digest = ?1",
            vec![value.as_str().into()],
        )?;
        Ok(counted.first().is_some_and(|it| it.count > 0))
    }

    fn claim(&self, claim: &NamespaceClaim) -> Result<String, StoreError> {
        let kept: Vec<Holder> = query(&self.sql(), "SELECT issuer FROM holder", Vec::new())?;
        let so_far = kept.first().map(|it| it.issuer.as_str());
        let holder = claim.holder(so_far).to_owned();
        execute(
            &self.sql(),
            "INSERT INTO holder (id, issuer) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET issuer = ?1 WHERE issuer <> ?1",
            vec![holder.as_str().into()],
        )?;
        Ok(holder)
    }
}

/// The memory as an isolate sees it.
pub struct EdgeSignInMemory {
    env: Env,
}

impl EdgeSignInMemory {
    /// Reaches the objects bound in `env`.
    pub fn new(env: Env) -> Self {
        Self { env }
    }
}

/// The object that remembers a value: one of 64.
fn shard_of(value: &OneTime) -> String {
    let first: String = value.as_str().chars().take(1).collect();
    format!("spent {first}")
}

#[async_trait(?Send)]
impl SignInMemory for EdgeSignInMemory {
    async fn spend(&self, value: &OneTime, until: Timestamp) -> Result<bool, MemoryUnavailable> {
        let spend = Spend {
            value: value.clone(),
            until,
        };
        let spent = call(&self.env, &shard_of(value), spend).await;
        spent.map_err(|_| MemoryUnavailable)
    }

    async fn is_spent(&self, value: &OneTime) -> Result<bool, MemoryUnavailable> {
        let asked = IsSpent {
            value: value.clone(),
        };
        let spent = call(&self.env, &shard_of(value), asked).await;
        spent.map_err(|_| MemoryUnavailable)
    }

    async fn claim_namespace(&self, claim: &NamespaceClaim) -> Result<String, MemoryUnavailable> {
        let name = format!("namespace {}", claim.namespace);
        let holder = call(&self.env, &name, ClaimNamespace(claim.clone())).await;
        let holder = holder.map_err(|_| MemoryUnavailable)?;
        if holder != claim.issuer {
            let fields = [
                ("namespace", claim.namespace.as_str()),
                ("holder", holder.as_str()),
            ];
            super::log::warn("namespace_taken", &fields);
        }
        Ok(holder)
    }
}
