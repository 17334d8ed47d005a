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

use onbehalf_connector::{CallKind, Connector};
use onbehalf_identity::RequestContext;

/// Longest pattern. No tool's name comes near it.
const LONGEST_PATTERN: usize = 64;
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
}

impl AskedBy {
    /// Whether a model chose what is written.
    const fn is_a_model(self) -> bool {
        match self {
            Self::Api => false,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimName {
    /// Who vouches for them.
    Iss,
    /// The issuer's name for them.
    Sub,
    /// The organization they act in.
    OrgId,
    /// Their address, where the issuer has verified one.
    Email,
}

impl ClaimName {
    fn of(self, context: &RequestContext) -> Option<&str> {
        match self {
            Self::Iss => Some(&context.issuer),
            Self::Sub => Some(&context.user_id),
            Self::OrgId => context.org_id.as_deref(),
            Self::Email => context.email.as_deref(),
        }
    }
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
    tools: Option<Pattern>,
    connector: Option<Connector>,
    by: Option<AskedBy>,
    #[serde(default)]
    claim: BTreeMap<ClaimName, String>,
    decide: Decide,
}

/// A tool's id, in which `*` stands for any text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Pattern(String);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_*".contains(&byte);
        if (1..=LONGEST_PATTERN).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text));
        }
        Err(format!(
            "tools must be 1 to {LONGEST_PATTERN} lower-case letters, digits, `-`, `_` and `*`"
        ))
    }
}

impl Pattern {
    fn fits(&self, id: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = id.strip_prefix(first) else {
            return false;
        };
        let Some(last) = parts.next_back() else {
            return rest.is_empty();
        };
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl Rule {
    fn fits(&self, question: &Question<'_>) -> bool {
        // What is read cannot be looked at before it is read, so nobody is asked about it.
        let about_writes = self.decide == Decide::Ask;
        let claimed = |(name, value): (&ClaimName, &String)| {
            name.of(question.context) == Some(value.as_str())
        };
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

    /// What happens to a call: what the first rule says that fits.
    pub fn decide(&self, question: &Question<'_>) -> Decide {
        let first = self.rules.iter().find(|rule| rule.fits(question));
        first.map_or_else(|| by_default(question), |rule| rule.decide)
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

    const EVERYBODY: [AskedBy; 3] = [AskedBy::Api, AskedBy::Mcp, AskedBy::Agent];

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
    fn what_is_wrong_is_refused_when_it_is_read() {
        for wrong in [
            r#"[]"#,
            r#"{"rules": [{}]}"#,
            r#"{"rules": [{"decide": "perhaps"}]}"#,
            r#"{"rules": [{"decide": "deny", "tool": "x"}]}"#,
            r#"{"rules": [{"decide": "deny", "by": "run"}]}"#,
            r#"{"rules": [{"decide": "deny", "tools": ""}]}"#,
            r#"{"rules": [{"decide": "deny", "tools": "Hub Spot"}]}"#,
            r#"{"rules": [{"decide": "deny", "claim": {"groups": "x"}}]}"#,
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

    /// The plainest reading of a pattern, letter by letter.
    fn slowly(pattern: &[u8], id: &[u8]) -> bool {
        match (pattern, id) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=id.len()).any(|at| slowly(rest, &id[at..])),
            ([one, rest @ ..], [letter, letters @ ..]) => one == letter && slowly(rest, letters),
            _ => false,
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
                tools: tools.map(|it| Pattern::try_from(it).expect("a pattern")),
                connector,
                by,
                claim: claim.map(|it| (ClaimName::OrgId, it)).into_iter().collect(),
                decide,
            }
        })
    }

    proptest! {
        #[test]
        fn a_pattern_fits_what_it_says_letter_by_letter(
            pattern in "[ab*]{1,8}", id in "[ab]{0,10}",
        ) {
            let fits = Pattern::try_from(pattern.clone()).expect("a pattern").fits(&id);
            prop_assert_eq!(fits, slowly(pattern.as_bytes(), id.as_bytes()), "{} {}", pattern, id);
        }

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
