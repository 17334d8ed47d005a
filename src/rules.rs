//! What this deployment says about starts: what is hosted, when it runs by itself, and whether a
//! user who was let in once still would be.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use onbehalf_identity::{
    IdentityConfig, IdentityScope, Namespaces, Principal, RequestContext, bridge, principal_key,
};
use onbehalf_runs::hosted::WorkflowList;
use onbehalf_runs::schedule::Cron;
use onbehalf_runs::tool_call::{Decide, ToolPolicy};
use onbehalf_runs::{ApprovalMode, NoPlan, NotBridged, OwnerKey, Rules, WorkflowId};

use crate::settings::{Misconfigured, Settings};
use onbehalf_agents::workflows;

/// The rules of this deployment, as far as its settings can be read.
pub struct DeploymentRules {
    hosted: WorkflowList,
    namespaces: Namespaces,
    settings: Result<Read, String>,
}

struct Read {
    identity: IdentityConfig,
    scope: IdentityScope,
    spread: Duration,
    lifetime: Duration,
    /// What each workflow's settings demand.
    demanded: BTreeMap<&'static str, ApprovalMode>,
    /// Who may have what written.
    policy: ToolPolicy,
    /// Whether a webhook for approvals is configured.
    announces: bool,
}

impl DeploymentRules {
    /// The rules these settings make. Wrong ones start nothing by themselves, and say so where a
    /// schedule is read; they end no schedule.
    pub fn of(settings: Result<Settings, Misconfigured>, namespaces: Namespaces) -> Self {
        let hosted = workflows().list();
        let settings = match settings {
            Ok(settings) => Ok(Read {
                demanded: settings.demanded(&hosted),
                announces: settings.approval_webhook.is_some(),
                policy: settings.tool_policy,
                identity: settings.identity,
                scope: settings.scope,
                spread: settings.schedule_spread,
                lifetime: settings.schedule_lifetime,
            }),
            Err(_) => Err("the settings of this service are wrong".to_owned()),
        };
        Self {
            hosted,
            namespaces,
            settings,
        }
    }

    /// Finds out whose people the accounts are that each issuer leads to. Asked before anything is
    /// started that nobody is there to ask for; of an issuer this finds nothing out about, nobody
    /// is started.
    pub async fn settle_namespaces(&self) {
        let issuers = self.settings.iter().flat_map(|it| it.identity.issuers());
        // What it came to is seen where somebody is bridged.
        join_all(issuers.map(|issuer| self.namespaces.settle(issuer))).await;
    }
}

impl Rules for DeploymentRules {
    fn version(&self, workflow: &WorkflowId) -> Option<u32> {
        Some(self.hosted.get(workflow.as_str())?.version())
    }

    fn cron(&self, workflow: &WorkflowId) -> Option<Cron> {
        let expression = self.hosted.get(workflow.as_str())?.schedule()?;
        Cron::parse(expression).ok()
    }

    fn spread(&self) -> Duration {
        let read = self.settings.as_ref();
        read.map_or(Duration::ZERO, |it| it.spread)
    }

    fn decided(&self, workflow: &WorkflowId, context: &RequestContext) -> Decide {
        let writes = self.hosted.get(workflow.as_str()).map(|it| it.writes());
        match (&self.settings, writes) {
            (Ok(read), Some(writes)) => read.policy.decide_run(writes, context),
            // Wrong settings close every door; what has begun behind them is not for them to end.
            _ => Decide::Allow,
        }
    }

    fn demanded(&self, workflow: &WorkflowId) -> ApprovalMode {
        let read = self.settings.as_ref().ok();
        let demanded = read.and_then(|it| it.demanded.get(workflow.as_str()));
        demanded.copied().unwrap_or_default()
    }

    fn runs_dry(&self, workflow: &WorkflowId, input: &Value) -> bool {
        let hosted = self.hosted.get(workflow.as_str());
        hosted.is_some_and(|it| it.runs_dry(input))
    }

    fn asking(
        &self,
        workflow: &WorkflowId,
        input: Value,
        least: ApprovalMode,
    ) -> Result<(Value, ApprovalMode), NoPlan> {
        let hosted = self.hosted.get(workflow.as_str()).ok_or(NoPlan)?;
        hosted.asking(input, least.max(self.demanded(workflow)))
    }

    fn announces_approvals(&self) -> bool {
        self.settings.as_ref().is_ok_and(|it| it.announces)
    }

    fn enrolment_lifetime(&self) -> Duration {
        let read = self.settings.as_ref();
        read.map_or(Duration::MAX, |it| it.lifetime)
    }

    fn bridged(
        &self,
        owner: &OwnerKey,
        enrolled: &RequestContext,
    ) -> Result<RequestContext, NotBridged> {
        let read = self.settings.as_ref();
        let read = read.map_err(|why| NotBridged(why.clone()))?;
        let issuer = read.identity.issuer(&enrolled.issuer);
        if issuer.is_some_and(|it| !self.namespaces.is_settled(it)) {
            let why = "whose people the accounts under this issuer's namespace are is not settled";
            return Err(NotBridged(why.to_owned()));
        }
        let principal = Principal::verified(
            enrolled.issuer.clone(),
            enrolled.user_id.clone(),
            enrolled.org_id.clone(),
        );
        let bridged = bridge(&principal, &read.identity, read.scope)
            .map_err(|error| NotBridged(error.to_string()))?;
        if *owner != principal_key(&principal, read.scope).as_str() {
            let why = "accounts belong to somebody else under today's IDENTITY_SCOPE";
            return Err(NotBridged(why.to_owned()));
        }
        Ok(bridged)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use async_trait::async_trait;
    use futures::FutureExt as _;
    use onbehalf_clock::Timestamp;
    use onbehalf_identity::{MemoryUnavailable, NamespaceClaim, OneTime, SignInMemory};

    use super::*;

    const ISSUER: &str = "https://idp.acme.test";

    /// What is remembered of namespaces: all are held by this issuer, if by any.
    struct Held(Option<&'static str>);

    #[async_trait(?Send)]
    impl SignInMemory for Held {
        async fn spend(&self, _: &OneTime, _: Timestamp) -> Result<bool, MemoryUnavailable> {
            Err(MemoryUnavailable)
        }

        async fn is_spent(&self, _: &OneTime) -> Result<bool, MemoryUnavailable> {
            Err(MemoryUnavailable)
        }

        async fn claim_namespace(
            &self,
            claim: &NamespaceClaim,
        ) -> Result<String, MemoryUnavailable> {
            Ok(claim.holder(self.0).to_owned())
        }

        fn report_taken(&self, _: &NamespaceClaim, _: &str) {}
    }

    fn rules(issuer: &str, scope: IdentityScope) -> DeploymentRules {
        let rules = unsettled(issuer, scope, Held(None));
        rules.settle_namespaces().now_or_never().expect("at once");
        rules
    }

    fn unsettled(issuer: &str, scope: IdentityScope, held: Held) -> DeploymentRules {
        let json = format!(r#"[{{"provider":"oidc","issuer":"{issuer}","audience":"onbehalf"}}]"#);
        let read = Read {
            identity: IdentityConfig::from_json(&json).expect("an issuer"),
            scope,
            spread: Duration::ZERO,
            lifetime: Duration::MAX,
            demanded: BTreeMap::new(),
            policy: ToolPolicy::default(),
            announces: false,
        };
        DeploymentRules {
            hosted: workflows().list(),
            namespaces: Namespaces::new(Rc::new(held)),
            settings: Ok(read),
        }
    }

    /// A user as they were let in under these rules.
    fn enrolled(rules: &DeploymentRules) -> (OwnerKey, RequestContext) {
        let Ok(read) = &rules.settings else {
            panic!("good settings")
        };
        let org = Some("acme".to_owned());
        let alice = Principal::verified(ISSUER.into(), "alice".into(), org);
        let context = bridge(&alice, &read.identity, read.scope).expect("bridged");
        (OwnerKey::new(principal_key(&alice, read.scope)), context)
    }

    #[test]
    fn who_would_be_let_in_today_is_started_as_themselves() {
        let rules = rules(ISSUER, IdentityScope::User);
        let (owner, context) = enrolled(&rules);
        assert_eq!(rules.bridged(&owner, &context), Ok(context));
    }

    #[test]
    fn nobody_is_started_whose_issuer_is_gone() {
        let (owner, context) = enrolled(&rules(ISSUER, IdentityScope::User));
        let today = rules("https://idp.other.test", IdentityScope::User);
        assert!(today.bridged(&owner, &context).is_err());
    }

    #[test]
    fn nobody_is_started_in_the_accounts_of_another_issuers_people() {
        let (owner, context) = enrolled(&rules(ISSUER, IdentityScope::User));
        for (held, starts) in [
            (None, true),
            (Some(ISSUER), true),
            (Some("https://idp.other.test"), false),
        ] {
            let today = unsettled(ISSUER, IdentityScope::User, Held(held));
            let not_asked = today.bridged(&owner, &context);
            assert!(not_asked.is_err(), "not before it is known");
            today.settle_namespaces().now_or_never().expect("at once");
            assert_eq!(today.bridged(&owner, &context).is_ok(), starts, "{held:?}");
        }
    }

    #[test]
    fn nobody_is_started_under_another_scope() {
        let (owner, context) = enrolled(&rules(ISSUER, IdentityScope::User));
        let today = rules(ISSUER, IdentityScope::Org);
        assert!(today.bridged(&owner, &context).is_err());
    }

    #[test]
    fn what_settings_demand_is_in_the_input_of_every_run() {
        let mut rules = rules(ISSUER, IdentityScope::User);
        let Ok(read) = &mut rules.settings else {
            panic!("good settings")
        };
        read.demanded = [("onboarding-health", ApprovalMode::FourEyes)].into();
        let asking =
            |workflow, input, least| rules.asking(&WorkflowId::new(workflow), input, least);
        for asked in ["none", "required"] {
            let input = serde_json::json!({ "approval": asked });
            let (input, mode) =
                asking("onboarding-health", input, ApprovalMode::None).expect("it puts plans up");
            assert_eq!(
                (input["approval"].as_str(), mode),
                (Some("four_eyes"), ApprovalMode::FourEyes)
            );
        }
        let brief = |least| asking("morning-brief", serde_json::json!({}), least);
        assert_eq!(brief(ApprovalMode::Required), Err(NoPlan));
        assert_eq!(
            brief(ApprovalMode::None),
            Ok((serde_json::json!({}), ApprovalMode::None))
        );
        assert_eq!(
            asking("other", serde_json::json!({}), ApprovalMode::None),
            Err(NoPlan)
        );
    }

    #[test]
    fn a_policy_about_runs_is_about_those_that_write_with_its_tools() {
        let mut rules = rules(ISSUER, IdentityScope::User);
        let (_, context) = enrolled(&rules);
        let Ok(read) = &mut rules.settings else {
            panic!("good settings")
        };
        let about = r#"{"rules": [{"by": "run", "tools": "linear-*", "decide": "deny"}]}"#;
        read.policy = ToolPolicy::from_json(Some(about)).expect("a policy");
        let decided = |workflow| rules.decided(&WorkflowId::new(workflow), &context);
        assert_eq!(decided("onboarding-health"), Decide::Deny);
        assert_eq!(
            decided("morning-brief"),
            Decide::Allow,
            "it writes in Slack alone"
        );
        assert_eq!(
            decided("tool-call"),
            Decide::Allow,
            "each call is decided about by itself"
        );
    }

    #[test]
    fn wrong_settings_start_nobody_and_end_no_schedule() {
        let (owner, context) = enrolled(&rules(ISSUER, IdentityScope::User));
        let wrong = DeploymentRules {
            settings: Err("wrong".to_owned()),
            ..rules(ISSUER, IdentityScope::User)
        };
        assert!(wrong.bridged(&owner, &context).is_err());
        assert_eq!(wrong.enrolment_lifetime(), Duration::MAX);
    }
}
