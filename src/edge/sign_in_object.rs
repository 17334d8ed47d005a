//! What is remembered of sign-ins for all isolates. Decodes, asks, sends; what is kept, for how long
//! and what it means is [`SignIns`]'s.

use async_trait::async_trait;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use super::binding::{received, reply};
use super::clock::EdgeClock;
use super::messages::{ClaimNamespace, IsSpent, SignInMessage, Spend, call};
use super::sql::EdgeSql;
use onbehalf_clock::{Clock, Timestamp};
use onbehalf_identity::{MemoryUnavailable, NamespaceClaim, OneTime, SignInMemory, SignIns};

/// A shard of what was used up, or a namespace.
#[durable_object]
pub struct SignInObject {
    state: State,
}

impl DurableObject for SignInObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        const CLASS: &str = "sign_in";
        let message = received::<SignInMessage>(request).await?;
        let sql = EdgeSql::of(&self.state);
        let kept = SignIns::open(&sql, EdgeClock.now());
        match message {
            SignInMessage::Spend(Spend { value, until }) => {
                reply(CLASS, kept.and_then(|it| it.spend(&value, until)))
            }
            SignInMessage::IsSpent(IsSpent { value }) => {
                reply(CLASS, kept.and_then(|it| it.is_spent(&value)))
            }
            SignInMessage::ClaimNamespace(ClaimNamespace(claim)) => {
                reply(CLASS, kept.and_then(|it| it.claim(&claim)))
            }
        }
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

#[async_trait(?Send)]
impl SignInMemory for EdgeSignInMemory {
    async fn spend(&self, value: &OneTime, until: Timestamp) -> Result<bool, MemoryUnavailable> {
        let spend = Spend {
            value: value.clone(),
            until,
        };
        let spent = call(&self.env, &value.object(), spend).await;
        spent.map_err(|_| MemoryUnavailable)
    }

    async fn is_spent(&self, value: &OneTime) -> Result<bool, MemoryUnavailable> {
        let asked = IsSpent {
            value: value.clone(),
        };
        let spent = call(&self.env, &value.object(), asked).await;
        spent.map_err(|_| MemoryUnavailable)
    }

    async fn claim_namespace(&self, claim: &NamespaceClaim) -> Result<String, MemoryUnavailable> {
        let holder = call(&self.env, &claim.object(), ClaimNamespace(claim.clone())).await;
        holder.map_err(|_| MemoryUnavailable)
    }

    fn report_taken(&self, claim: &NamespaceClaim, holder: &str) {
        let fields = [("namespace", claim.namespace.as_str()), ("holder", holder)];
        super::log::warn("namespace_taken", &fields);
    }
}
