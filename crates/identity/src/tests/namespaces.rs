//! A namespace keeps to the issuer that used it first, until an operator says otherwise.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_clock::Timestamp;
use serde_json::{Value, json};

use crate::{
    BridgeError, IdentityConfig, MemoryUnavailable, NamespaceClaim, NamespaceError, Namespaces,
    OneTime, SignInMemory,
};

/// What the platform keeps, as a map.
#[derive(Default)]
struct Kept {
    holders: RefCell<BTreeMap<String, String>>,
    gone: Cell<bool>,
    /// Namespaces and who holds them instead, as was reported.
    reported: RefCell<Vec<(String, String)>>,
}

#[async_trait(?Send)]
impl SignInMemory for Kept {
    async fn spend(&self, _: &OneTime, _: Timestamp) -> Result<bool, MemoryUnavailable> {
        Err(MemoryUnavailable)
    }

    async fn is_spent(&self, _: &OneTime) -> Result<bool, MemoryUnavailable> {
        Err(MemoryUnavailable)
    }

    async fn claim_namespace(&self, claim: &NamespaceClaim) -> Result<String, MemoryUnavailable> {
        if self.gone.get() {
            return Err(MemoryUnavailable);
        }
        let mut holders = self.holders.borrow_mut();
        let holder = claim.holder(holders.get(&claim.namespace).map(String::as_str));
        let holder = holder.to_owned();
        holders.insert(claim.namespace.clone(), holder.clone());
        Ok(holder)
    }

    fn report_taken(&self, claim: &NamespaceClaim, holder: &str) {
        let report = (claim.namespace.clone(), holder.to_owned());
        self.reported.borrow_mut().push(report);
    }
}

/// What a deployment with this entry decides about its issuer.
async fn settle(kept: &Rc<Kept>, entry: Value) -> Result<(), NamespaceError> {
    let config = IdentityConfig::from_json(&json!([entry]).to_string()).expect("configuration");
    let memory = Rc::clone(kept) as Rc<dyn SignInMemory>;
    let namespaces = Namespaces::new(memory);
    namespaces.settle(&config.issuers()[0]).await
}

fn entry(issuer: &str, more: Value) -> Value {
    let mut entry = json!({ "provider": "oidc", "issuer": issuer, "audience": "x" });
    for (name, value) in more.as_object().into_iter().flatten() {
        entry[name] = value.clone();
    }
    entry
}

const OLD: &str = "https://old.example";
const NEW: &str = "https://new.example";
const TAKEN: NamespaceError = NamespaceError::Taken(BridgeError::NamespaceTaken);

#[tokio::test]
async fn another_issuer_does_not_come_into_a_namespace_by_configuration_alone() {
    for namespace in [Value::Null, json!({ "namespace": "a" })] {
        let kept = Rc::new(Kept::default());
        assert_eq!(settle(&kept, entry(OLD, namespace.clone())).await, Ok(()));
        assert_eq!(settle(&kept, entry(OLD, namespace.clone())).await, Ok(()));
        assert_eq!(settle(&kept, entry(NEW, namespace)).await, Err(TAKEN));
        let elsewhere = json!({ "namespace": "b" });
        assert_eq!(settle(&kept, entry(NEW, elsewhere)).await, Ok(()));
    }
}

#[tokio::test]
async fn whoever_looks_after_the_service_is_told_who_holds_it() {
    let kept = Rc::new(Kept::default());
    assert_eq!(settle(&kept, entry(OLD, Value::Null)).await, Ok(()));
    assert_eq!(settle(&kept, entry(NEW, Value::Null)).await, Err(TAKEN));
    assert_eq!(*kept.reported.borrow(), [(String::new(), OLD.to_owned())]);
}

#[tokio::test]
async fn an_operator_can_say_that_accounts_pass_on() {
    let kept = Rc::new(Kept::default());
    assert_eq!(settle(&kept, entry(OLD, Value::Null)).await, Ok(()));
    let from_another = json!({ "takes_over": "https://third.example" });
    assert_eq!(settle(&kept, entry(NEW, from_another)).await, Err(TAKEN));
    let taking_over = json!({ "takes_over": OLD });
    assert_eq!(settle(&kept, entry(NEW, taking_over)).await, Ok(()));
    // They have: the word is not needed again, and the old issuer has lost them.
    assert_eq!(settle(&kept, entry(NEW, Value::Null)).await, Ok(()));
    assert_eq!(settle(&kept, entry(OLD, Value::Null)).await, Err(TAKEN));
}

#[tokio::test]
async fn what_cannot_be_looked_up_lets_nobody_in() {
    let kept = Rc::new(Kept::default());
    kept.gone.set(true);
    let unavailable = NamespaceError::Unavailable(MemoryUnavailable);
    assert_eq!(
        settle(&kept, entry(OLD, Value::Null)).await,
        Err(unavailable)
    );
}
