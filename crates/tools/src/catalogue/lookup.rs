//! How a write of a catalogue tool is found again whose answer was lost: declared in the settings.
//!
//! The write carries a word of its own in one of its texts. The look asks one reading tool of the same
//! app, page for page, and whatever in its answer holds that word is the write. Owns the declaration and
//! the look. An app that cannot be asked like that has no declaration, and an unclear answer of it stays
//! unclear.
//!
//! ```json
//! {"mark": "body", "tool": "github_issues_list",
//!  "arguments": {"owner": "{owner}", "repo": "{repo}", "state": "all", "per_page": 100},
//!  "items": "/array", "full": 100, "visibleAfterSeconds": 10}
//! ```

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use onbehalf_connector::{
    AlwaysPermit, CallFailure, CallKind, Connector, Scalekit, ToolCall, unexplained,
};

use crate::context::ToolContext;
use crate::finding::{CallMark, Sought};
use crate::identity_names::is_identity_like;

/// Pages that are looked through.
const PAGES: usize = 10;
/// Longest time for which a write may not be visible, in seconds.
const LONGEST_LAG: u32 = 3600;
/// What stands before the word.
const LABEL: &str = "Reference: ";
/// Stands for the word in an argument.
const MARK: &str = "{mark}";

/// How one tool's writes are found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Lookup {
    /// The parameter of the write whose text carries the word.
    mark: String,
    /// The tool that is asked.
    pub tool: String,
    /// With what: `"{name}"` stands for the write's own argument of that name, `{mark}` in a text for
    /// the word.
    #[serde(default)]
    arguments: Map<String, Value>,
    /// Where in the answer the list stands (RFC 6901).
    items: String,
    /// How the next page is asked for; one page is all there is otherwise.
    next: Option<NextPage>,
    /// A page of so many may not be all there is.
    full: Option<usize>,
    /// How long a write that has landed may not be found.
    visible_after_seconds: u32,
}

/// How the next page is asked for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NextPage {
    /// The argument that names it.
    argument: String,
    /// Where in the answer that name stands (RFC 6901).
    at: String,
}

impl Lookup {
    /// # Errors
    /// What is wrong with the declaration.
    pub fn check(&self) -> Result<(), String> {
        let pointers = [Some(&self.items), self.next.as_ref().map(|it| &it.at)];
        let mut pointers = pointers.into_iter().flatten();
        if pointers.any(|it| !it.is_empty() && !it.starts_with('/')) {
            return Err("a place in an answer begins with `/`".to_owned());
        }
        if self.mark.is_empty() || is_identity_like(&self.mark) {
            return Err("mark must name a text parameter of the tool".to_owned());
        }
        if self.visible_after_seconds > LONGEST_LAG {
            return Err(format!("visibleAfterSeconds must be at most {LONGEST_LAG}"));
        }
        self.arguments.values().try_for_each(check_template)
    }

    /// How long a write that has landed may not be found.
    pub const fn visible_after(&self) -> Duration {
        Duration::from_secs(self.visible_after_seconds as u64)
    }

    /// The arguments with the word that the write is found by.
    pub fn marked(&self, mut arguments: Value, mark: &CallMark) -> Value {
        let Value::Object(members) = &mut arguments else {
            return arguments;
        };
        let reference = format!("{LABEL}{}", mark.word());
        let text = match members.get(&self.mark).and_then(Value::as_str) {
            Some(text) if !text.is_empty() => format!("{text}\n\n{reference}"),
            _ => reference,
        };
        members.insert(self.mark.clone(), text.into());
        arguments
    }

    /// Looks for the write that was sent with these arguments.
    ///
    /// # Errors
    /// The failed call: the look could not tell.
    pub async fn find(
        &self,
        (scalekit, context): (&Scalekit, &ToolContext),
        connector: Connector,
        sent: &Value,
        mark: &CallMark,
    ) -> Result<Sought<Value>, CallFailure> {
        let word = mark.word();
        let mut asked = self.asked(sent, &word);
        for _ in 0..PAGES {
            let call = ToolCall {
                tool_name: &self.tool,
                identifier: context.scalekit_identifier(),
                connector,
                params: Value::Object(asked.clone()),
                agent_run_id: context.agent_run_id(),
                trace_id: context.trace_id(),
                kind: CallKind::Read,
            };
            let answer = scalekit.execute(&call, &AlwaysPermit).await?.data;
            let page = self.read(answer.as_ref(), &word)?;
            match page {
                Page::Found(item) => return Ok(Sought::There(item)),
                Page::Last => return Ok(Sought::Absent),
                Page::Full => return Ok(Sought::TooMuch),
                Page::Next(argument, name) => asked.insert(argument, name),
            };
        }
        Ok(Sought::TooMuch)
    }

    fn asked(&self, sent: &Value, word: &str) -> Map<String, Value> {
        let filled = self
            .arguments
            .iter()
            .filter_map(|(name, template)| Some((name.clone(), fill(template, sent, word)?)));
        filled.collect()
    }

    /// What a page shows. An answer without the list says nothing about the write.
    fn read(&self, answer: Option<&Value>, word: &str) -> Result<Page, CallFailure> {
        let items = answer.and_then(|it| it.pointer(&self.items)?.as_array());
        let Some(items) = items else {
            return Err(CallFailure::Upstream {
                code: unexplained::MALFORMED_ANSWER.to_owned(),
                message: "the answer has no list where the settings say".to_owned(),
            });
        };
        if let Some(found) = items.iter().find(|item| item.to_string().contains(word)) {
            return Ok(Page::Found(found.clone()));
        }
        let next = self.next.as_ref().and_then(|next| {
            let name = answer?.pointer(&next.at)?.clone();
            let none = name.is_null() || name == "" || name == false;
            (!none).then(|| (next.argument.clone(), name))
        });
        Ok(match next {
            Some((argument, name)) => Page::Next(argument, name),
            None if self.full.is_some_and(|full| items.len() >= full) => Page::Full,
            None => Page::Last,
        })
    }
}

/// What one page of a look shows.
enum Page {
    Found(Value),
    Last,
    Full,
    Next(String, Value),
}

/// An argument of the write may be a whole argument of the look, and no part of a text: a search that is
/// put together from what somebody wrote could be made to find something else.
fn check_template(template: &Value) -> Result<(), String> {
    match template {
        Value::String(text) => {
            let rest = text.replace(MARK, "");
            if whole(text).is_some() || !rest.contains(['{', '}']) {
                Ok(())
            } else {
                Err("in a text, only {mark} may stand for something".to_owned())
            }
        }
        Value::Array(items) => items.iter().try_for_each(check_template),
        Value::Object(members) => members.values().try_for_each(check_template),
        _ => Ok(()),
    }
}

/// The argument that a whole text stands for.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix('{')?.strip_suffix('}')?;
    (text != MARK && !name.contains(['{', '}'])).then_some(name)
}

/// `None` for an argument that the write does not have.
fn fill(template: &Value, sent: &Value, word: &str) -> Option<Value> {
    Some(match template {
        Value::String(text) => match whole(text) {
            Some(name) => sent.get(name)?.clone(),
            None => text.replace(MARK, word).into(),
        },
        Value::Array(items) => items.iter().filter_map(|it| fill(it, sent, word)).collect(),
        Value::Object(members) => {
            let filled = members
                .iter()
                .filter_map(|(name, it)| Some((name.clone(), fill(it, sent, word)?)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testkit::alice;
    use onbehalf_connector::testkit::{Kit, executed, kit};

    fn lookup(more: Value) -> Lookup {
        let mut all = json!({"mark": "body", "tool": "github_issues_list", "items": "/array",
            "arguments": {"owner": "{owner}", "q": "in:body {mark}", "labels": ["{label}", "x"]},
            "visibleAfterSeconds": 10});
        let members = more.as_object().cloned().unwrap_or_default();
        all.as_object_mut().expect("an object").extend(members);
        serde_json::from_value(all).expect("a lookup")
    }

    fn mark() -> CallMark {
        CallMark {
            digits: "0123456789abcdef".to_owned(),
            uuid: String::new(),
            home: String::new(),
            since: None,
        }
    }

    async fn find(lookup: &Lookup, answers: &[Value]) -> (Kit, Result<Sought<Value>, CallFailure>) {
        let kit = kit();
        for answer in answers {
            kit.script.then(executed(answer));
        }
        let sent = json!({"owner": "acme", "body": "x"});
        let connector = Connector::named("github");
        let found = lookup
            .find((&kit.scalekit, &alice()), connector, &sent, &mark())
            .await;
        (kit, found)
    }

    #[test]
    fn the_word_stands_behind_what_was_written() {
        let word = mark().word();
        let lookup = lookup(json!({}));
        let marked = lookup.marked(json!({"title": "a", "body": "Hello"}), &mark());
        assert_eq!(
            marked,
            json!({"title": "a", "body": format!("Hello\n\nReference: {word}")})
        );
        let alone = lookup.marked(json!({"title": "a"}), &mark());
        assert_eq!(alone["body"], format!("Reference: {word}"));
    }

    #[tokio::test]
    async fn what_holds_the_word_is_the_write() {
        let ours = json!({"number": 2, "body": format!("Hello\n\nReference: {}", mark().word())});
        let other = json!({"number": 1, "body": "Hello"});
        let (kit, found) = find(&lookup(json!({})), &[json!({"array": [other, ours]})]).await;
        assert_eq!(found, Ok(Sought::There(ours)));
        let sent = kit.script.sent(0);
        assert_eq!(sent["tool_name"], "github_issues_list");
        let asked =
            json!({"owner": "acme", "q": format!("in:body {}", mark().word()), "labels": ["x"]});
        assert_eq!(
            sent["params"], asked,
            "what the write did not have is not asked for"
        );
    }

    #[tokio::test]
    async fn pages_are_gone_through_and_one_that_is_full_says_nothing() {
        let paged = lookup(json!({"next": {"argument": "cursor", "at": "/next"}}));
        let pages = [
            json!({"array": [{}], "next": "two"}),
            json!({"array": [], "next": null}),
        ];
        let (kit, found) = find(&paged, &pages).await;
        assert_eq!((found, kit.script.count()), (Ok(Sought::Absent), 2));
        assert_eq!(kit.script.sent(1)["params"]["cursor"], "two");
        let full = lookup(json!({"full": 2}));
        let (_, found) = find(&full, &[json!({"array": [{}, {}]})]).await;
        assert_eq!(found, Ok(Sought::TooMuch));
        let endless = vec![json!({"array": [], "next": "again"}); PAGES];
        assert_eq!(find(&paged, &endless).await.1, Ok(Sought::TooMuch));
    }

    #[tokio::test]
    async fn an_answer_without_the_list_says_nothing_about_the_write() {
        let (_, found) = find(&lookup(json!({})), &[json!({"items": []})]).await;
        assert!(matches!(found, Err(CallFailure::Upstream { .. })));
    }

    #[test]
    fn a_declaration_that_cannot_work_is_refused() {
        for wrong in [
            json!({"arguments": {"q": "repo:{owner} {mark}"}}),
            json!({"arguments": {"q": ["{owner}/{repo}"]}}),
            json!({"items": "array"}),
            json!({"mark": "user_id"}),
            json!({"mark": ""}),
            json!({"visibleAfterSeconds": 3601}),
            json!({"next": {"argument": "cursor", "at": "next"}}),
        ] {
            assert!(lookup(wrong.clone()).check().is_err(), "{wrong}");
        }
        assert_eq!(lookup(json!({})).check(), Ok(()));
    }
}
