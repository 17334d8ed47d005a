//! Who may make which call of a tool, and what a person must look at first: the `TOOL_POLICY`
//! variable.
//!
//! One pure function: a question in, a decision out. Rules are gone through in their order, and the
//! first that fits decides. Where none fits, reading is allowed, and so is a write that a program asks
//! for as its user; a write that a model asks for is put before a person, because what the model has
//! read may be what a stranger wrote into a ticket.
//!
//! ```
//! use onbehalf_runs::tool_call::ToolPolicy;
//!
//! let policy = ToolPolicy::from_json(Some(
//!     r#"{"rules": [{"tools": "slack-*", "by": "mcp", "decide": "deny"}]}"#,
//! ));
//! assert!(policy.is_ok());
//! assert!(ToolPolicy::from_json(Some(r#"{"rules": [{"decide": "perhaps"}]}"#)).is_err());
//! ```

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use onbehalf_connector::{CallKind, Connector, ToolPattern};
use onbehalf_identity::RequestContext;

/// Most rules: a list that a person can still read.
const MOST_RULES: usize = 200;

/// Through what a call is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskedBy {
    /// A program, over the API.
    Api,
    /// A client of the Model Context Protocol.
    Mcp,
    /// An agent that is hosted here.
    Agent,
    /// A run of a workflow, which has no call of its own for each of its writes: what is decided holds
    /// for the run, when it is started.
    Run,
}

impl AskedBy {
    /// Whether a model chose what is written.
    const fn is_a_model(self) -> bool {
        match self {
            Self::Api | Self::Run => false,
            Self::Mcp | Self::Agent => true,
        }
    }
}

/// What happens to a call. From the loosest to the strictest.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Decide {
    /// It is made.
    Allow,
    /// A person looks at it first.
    Ask,
    /// It is not made.
    Deny,
}

/// What is known of a user, by the names that tokens use: what the verification of a token keeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
pub enum ClaimName {
    /// Who vouches for them: `iss`.
    Issuer,
    /// The issuer's name for them: `sub`.
    Subject,
    /// The organization they act in: `org_id`.
    Organization,
    /// Their address, where the issuer has verified one: `email`.
    Email,
    /// A further claim that their issuer's entry names.
    Further(String),
}

impl From<String> for ClaimName {
    fn from(name: String) -> Self {
        match name.as_str() {
            "iss" => Self::Issuer,
            "sub" => Self::Subject,
            "org_id" => Self::Organization,
            "email" => Self::Email,
            _ => Self::Further(name),
        }
    }
}

impl ClaimName {
    /// Whether somebody's claim has this value; one that is a list has each of its values.
    fn is(&self, value: &str, context: &RequestContext) -> bool {
        match self {
            Self::Issuer => context.issuer == value,
            Self::Subject => context.user_id == value,
            Self::Organization => context.org_id.as_deref() == Some(value),
            Self::Email => context.email.as_deref() == Some(value),
            Self::Further(name) => {
                let values = context.claims.get(name);
                values.is_some_and(|values| values.iter().any(|it| it == value))
            }
        }
    }
}

/// A tool that the runs of a workflow write with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WritingTool {
    /// The tool's id.
    pub id: &'static str,
    /// Whose account it uses.
    pub connector: Connector,
}

/// A call that is to be decided about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The tool's id.
    pub tool: &'a str,
    /// Whose account it uses.
    pub connector: Connector,
    /// Whether it writes.
    pub kind: CallKind,
    /// Through what it is asked for.
    pub by: AskedBy,
    /// Whom it would act for.
    pub context: &'a RequestContext,
}

/// The rules of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ToolPolicy {
    rules: Vec<Rule>,
}

/// One rule. A condition that is left out always fits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    tools: Option<ToolPattern>,
    connector: Option<Connector>,
    by: Option<AskedBy>,
    #[serde(default)]
    claim: BTreeMap<ClaimName, String>,
    decide: Decide,
}

impl Rule {
    fn fits(&self, question: &Question<'_>) -> bool {
        // What is read cannot be looked at before it is read, so nobody is asked about it.
        let about_writes = self.decide == Decide::Ask;
        let claimed = |(name, value): (&ClaimName, &String)| name.is(value, question.context);
        (question.kind == CallKind::Write || !about_writes)
            && self.tools.as_ref().is_none_or(|it| it.fits(question.tool))
            && self.connector.is_none_or(|it| it == question.connector)
            && self.by.is_none_or(|it| it == question.by)
            && self.claim.iter().all(claimed)
    }
}

impl ToolPolicy {
    /// Reads the variable; absent or blank means no rules.
    ///
    /// # Errors
    /// Says what is unknown, of the wrong type or too much.
    pub fn from_json(text: Option<&str>) -> Result<Self, String> {
        let policy: Self = match text.map(str::trim).filter(|text| !text.is_empty()) {
            // As an object first: serde would take a list for a struct, field by field.
            Some(text) => serde_json::from_slice::<serde_json::Map<_, _>>(text.as_bytes())
                .and_then(|fields| serde_json::from_value(fields.into()))
                .map_err(|error| error.to_string())?,
            None => Self::default(),
        };
        if policy.rules.len() > MOST_RULES {
            return Err(format!("rules must be at most {MOST_RULES}"));
        }
        Ok(policy)
    }

    /// A claim that a rule is about and that no token is asked for, so that the rule would fit nobody.
    pub fn stray_claim(&self, is_kept: impl Fn(&str) -> bool) -> Option<&str> {
        let mut named = self.rules.iter().flat_map(|rule| rule.claim.keys());
        named.find_map(|name| match name {
            ClaimName::Further(name) if !is_kept(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// What happens to a call: what the first rule says that fits.
    pub fn decide(&self, question: &Question<'_>) -> Decide {
        let first = self.rules.iter().find(|rule| rule.fits(question));
        first.map_or_else(|| by_default(question), |rule| rule.decide)
    }
}

impl ToolPolicy {
    /// What happens to a run that writes with these tools as this user: the strictest that is said of
    /// any of them.
    pub fn decide_run(&self, writes: &[WritingTool], context: &RequestContext) -> Decide {
        let decided = writes.iter().map(|tool| {
            self.decide(&Question {
                tool: tool.id,
                connector: tool.connector,
                kind: CallKind::Write,
                by: AskedBy::Run,
                context,
            })
        });
        decided.max().unwrap_or(Decide::Allow)
    }
}

const fn by_default(question: &Question<'_>) -> Decide {
    match question.kind {
        CallKind::Write if question.by.is_a_model() => Decide::Ask,
        CallKind::Write | CallKind::Read => Decide::Allow,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const EVERYBODY: [AskedBy; 4] = [AskedBy::Api, AskedBy::Mcp, AskedBy::Agent, AskedBy::Run];

    fn context(org: Option<&str>) -> RequestContext {
        serde_json::from_value(json!({
            "user_id": "alice", "org_id": org, "scalekit_identifier": "user_alice",
            "issuer": "https://idp.test",
        }))
        .expect("a context")
    }

    fn policy(rules: &serde_json::Value) -> ToolPolicy {
        let text = json!({ "rules": rules }).to_string();
        ToolPolicy::from_json(Some(&text)).expect("a policy")
    }

    fn question(context: &RequestContext, kind: CallKind, by: AskedBy) -> Question<'_> {
        Question {
            tool: "hubspot-create-task",
            connector: Connector::HUBSPOT,
            kind,
            by,
            context,
        }
    }

    #[test]
    fn without_rules_only_what_a_model_writes_is_asked_about() {
        let (policy, context) = (ToolPolicy::default(), context(None));
        for by in EVERYBODY {
            let read = policy.decide(&question(&context, CallKind::Read, by));
            assert_eq!(read, Decide::Allow);
            let write = policy.decide(&question(&context, CallKind::Write, by));
            let asked = matches!(by, AskedBy::Mcp | AskedBy::Agent);
            assert_eq!(write == Decide::Ask, asked, "{by:?}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let policy = policy(&json!([
            {"claim": {"org_id": "acme"}, "tools": "hubspot-*", "decide": "allow"},
            {"connector": "hubspot", "by": "api", "decide": "ask"},
            {"decide": "deny"},
        ]));
        let (acme, nobody) = (context(Some("acme")), context(None));
        let decide = |context, kind, by| policy.decide(&question(context, kind, by));
        assert_eq!(decide(&acme, CallKind::Write, AskedBy::Mcp), Decide::Allow);
        assert_eq!(decide(&nobody, CallKind::Write, AskedBy::Api), Decide::Ask);
        assert_eq!(decide(&nobody, CallKind::Write, AskedBy::Mcp), Decide::Deny);
        // Nobody is asked about a read, so the rule that would ask does not fit it.
        assert_eq!(decide(&nobody, CallKind::Read, AskedBy::Api), Decide::Deny);
    }

    #[test]
    fn a_claim_that_a_user_does_not_have_fits_nothing() {
        let policy = policy(&json!([{"claim": {"email": ""}, "decide": "deny"}]));
        let context = context(None);
        let asked = question(&context, CallKind::Write, AskedBy::Api);
        assert_eq!(policy.decide(&asked), Decide::Allow);
    }

    #[test]
    fn a_run_is_held_to_the_strictest_that_is_said_of_its_tools() {
        let tool = |id, connector| WritingTool { id, connector };
        let writes = [
            tool("hubspot-create-task", Connector::HUBSPOT),
            tool("slack-send-message", Connector::SLACK),
        ];
        let asked = json!({"by": "run", "tools": "hubspot-*", "decide": "ask"});
        let denied = json!({"by": "run", "connector": "slack", "decide": "deny"});
        let context = context(None);
        for (rules, decided) in [
            (json!([]), Decide::Allow),
            (json!([{"by": "agent", "decide": "deny"}]), Decide::Allow),
            (json!([asked]), Decide::Ask),
            (json!([asked, denied]), Decide::Deny),
        ] {
            assert_eq!(
                policy(&rules).decide_run(&writes, &context),
                decided,
                "{rules}"
            );
        }
        assert_eq!(
            policy(&json!([denied])).decide_run(&[], &context),
            Decide::Allow
        );
    }

    #[test]
    fn a_claim_that_the_operator_has_named_fits_by_any_of_its_values() {
        let policy = policy(&json!([{"claim": {"groups": "admins"}, "decide": "deny"}]));
        let mut context = context(None);
        let asked = |context: &RequestContext| {
            policy.decide(&question(context, CallKind::Write, AskedBy::Api))
        };
        assert_eq!(asked(&context), Decide::Allow);
        let groups = vec!["sales".to_owned(), "admins".to_owned()];
        context.claims.insert("groups".to_owned(), groups);
        assert_eq!(asked(&context), Decide::Deny);
        assert_eq!(policy.stray_claim(|name| name == "groups"), None);
        assert_eq!(policy.stray_claim(|_| false), Some("groups"));
    }

    #[test]
    fn what_is_wrong_is_refused_when_it_is_read() {
        for wrong in [
            r#"[]"#,
            r#"{"rules": [{}]}"#,
            r#"{"rules": [{"decide": "perhaps"}]}"#,
            r#"{"rules": [{"decide": "deny", "tool": "x"}]}"#,
            r#"{"rules": [{"decide": "deny", "by": "walk"}]}"#,
            r#"{"rules": [{"decide": "deny", "tools": ""}]}"#,
            r#"{"rules": [{"decide": "deny", "tools": "Hub Spot"}]}"#,
            r#"{"rules": [{"decide": "deny", "claim": {"groups": ["x"]}}]}"#,
            r#"{"rules": {"decide": "deny"}}"#,
            r#"{"surprise": 1}"#,
            "rules",
        ] {
            assert!(ToolPolicy::from_json(Some(wrong)).is_err(), "{wrong}");
        }
        for nothing in [None, Some(""), Some(" {} "), Some(r#"{"rules": []}"#)] {
            assert_eq!(
                ToolPolicy::from_json(nothing),
                Ok(ToolPolicy::default()),
                "{nothing:?}"
            );
        }
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        let pattern = proptest::option::of("[ab*-]{1,4}");
        let connector = proptest::option::of(prop_oneof![
            Just(Connector::HUBSPOT),
            Just(Connector::SLACK)
        ]);
        let by = proptest::option::of(proptest::sample::select(EVERYBODY.to_vec()));
        let claim = proptest::option::of("acme|globex");
        let decide = proptest::sample::select(vec![Decide::Allow, Decide::Ask, Decide::Deny]);
        (pattern, connector, by, claim, decide).prop_map(|(tools, connector, by, claim, decide)| {
            Rule {
                tools: tools.map(|it| ToolPattern::try_from(it).expect("a pattern")),
                connector,
                by,
                claim: claim
                    .map(|it| (ClaimName::Organization, it))
                    .into_iter()
                    .collect(),
                decide,
            }
        })
    }

    proptest! {
        /// Rules behind one that fits change nothing, and one that fits nothing changes nothing.
        #[test]
        fn a_decision_is_that_of_the_first_rule_that_fits(
            rules in proptest::collection::vec(any_rule(), 0..6),
            tool in "[ab-]{1,4}", write: bool, org in proptest::option::of("acme|globex"),
            by in proptest::sample::select(EVERYBODY.to_vec()),
        ) {
            let context = context(org.as_deref());
            let kind = if write { CallKind::Write } else { CallKind::Read };
            let question = Question { tool: &tool, ..question(&context, kind, by) };
            let decided = ToolPolicy { rules: rules.clone() }.decide(&question);
            let alone = |rule: &Rule| ToolPolicy { rules: vec![rule.clone()] };
            let first = rules.iter().find(|rule| rule.fits(&question));
            match first {
                Some(rule) => {
                    prop_assert_eq!(decided, rule.decide);
                    prop_assert_eq!(alone(rule).decide(&question), decided);
                }
                None => prop_assert_eq!(decided, ToolPolicy::default().decide(&question)),
            }
            // A read is made or it is not.
            prop_assert!(write || decided != Decide::Ask);
        }
    }
}
