//! The model's part: what it says for what it was asked, and what may be asked of it.
//!
//! Owns that no two of its answers are alike, as with a real model: each has a word of its own, so that an
//! answer that was paid for and one that is acted on can be told apart.

use onbehalf_engine::JournalStore;
use onbehalf_fetch::HttpRequest;
use onbehalf_sandbox::models::{Models, Script, ScriptedAnswer, ScriptedCall};
use onbehalf_sandbox::service::{Reply, Request};
use serde_json::{Value, json};

use super::lines::{AT_RISK, COMMENT, ONE_TASK, REJECTED, REMARK, REVIEW, TWO_TASKS, VISIT};
use super::{BASE_URL, MODEL};
use crate::shared::Shared;
use crate::site::Site;
use crate::wire::is_write;

/// Begins the word of an answer; its number and a dash follow.
pub(super) const WORD: &str = "answer-no-";
/// Where the tasks of this conversation are due.
const DUE: &str = "2026-12-01T09:00:00Z";
/// What each answer costs, either way.
const TOKENS: u64 = 10;
/// Tickets since here are looked at.
const SINCE: &str = "2026-11-01T00:00:00Z";

/// What was said by the model.
#[derive(Default)]
pub struct Talk {
    models: Models,
    completions: Vec<Completion>,
    /// Requests that were judged.
    pub(super) judged: usize,
    /// What the threads held in the end.
    pub(super) histories: Vec<Value>,
    /// Whether they were deleted.
    pub(super) forgotten: bool,
}

/// One whole answer, which was paid for.
struct Completion {
    site: usize,
    /// Which answer of the turn it is, counted from 0.
    step: usize,
    word: String,
}

impl Talk {
    /// Answers that were paid for.
    pub(super) fn paid(&self) -> usize {
        self.completions.len()
    }
}

/// A request, as far as it tells where in its turn the model is.
struct Place {
    question: String,
    step: usize,
    /// What was said by the model in this turn.
    said: Vec<String>,
    /// What the calls of its last answer came to.
    results: Vec<String>,
}

fn place(body: &[u8]) -> Place {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    let role = |it: &Value, role: &str| it["role"] == role;
    let text = |it: &Value| it["content"].as_str().unwrap_or_default().to_owned();
    let last = messages.iter().rposition(|it| role(it, "user"));
    let (before, turn) = messages.split_at(last.map_or(0, |at| at + 1));
    let said: Vec<_> = turn.iter().filter(|it| role(it, "assistant")).collect();
    let results = turn.iter().rev().take_while(|it| role(it, "tool"));
    let mut results: Vec<_> = results.map(text).collect();
    results.reverse();
    Place {
        question: before.last().map(text).unwrap_or_default(),
        step: said.len(),
        said: said.into_iter().map(text).collect(),
        results,
    }
}

/// Judges a request that leaves, to an app or to the model.
pub fn check_request(shared: &Shared, site: &Site, request: &HttpRequest) {
    if request.url.starts_with(BASE_URL) {
        check_question(shared, site, request);
    } else {
        check_write(shared, site, &request.body);
    }
}

/// What a person has to look at leaves after they have said something, and what they rejected never.
fn check_write(shared: &Shared, site: &Site, body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    let line = shared.plan.conversation.get(site.index);
    let Some(line) = line.filter(|_| is_write(&text)) else {
        return;
    };
    let verdicts = shared.verdicts.borrow();
    let looked_at = verdicts.iter().any(|it| it.site == site.index);
    if line.is_looked_at() && !looked_at || text.contains(REJECTED) {
        let run = &site.run_id;
        shared.violation(format!("{run}: nobody has approved {text}"));
    }
}

/// Judges a question to the model: what was paid for and is in the journal is not
/// asked for again, what the model is told it has said is what the journal has, and no account is named.
fn check_question(shared: &Shared, site: &Site, request: &HttpRequest) {
    let place = place(&request.body);
    let entries = site.store().entries_after(0, usize::MAX).expect("memory");
    let kept = serde_json::to_string(&entries).expect("a journal");
    let mut talk = shared.talk.borrow_mut();
    talk.judged += 1;
    let run = &site.run_id;
    for paid in &talk.completions {
        if (paid.site, paid.step) == (site.index, place.step) && kept.contains(&paid.word) {
            shared.violation(format!("{run}: {} was paid for and asked again", paid.word));
        }
    }
    for said in &place.said {
        let words = talk.completions.iter().map(|it| &it.word);
        let in_journal = words.filter(|it| said.contains(*it) && kept.contains(*it));
        if in_journal.count() != 1 {
            shared.violation(format!("{run}: the model was told it had said {said}"));
        }
    }
    let text = String::from_utf8_lossy(&request.body);
    for name in ["sim0", "sim1", "org_acme", "idp.test", "acme.example"] {
        if text.contains(name) {
            shared.violation(format!("{run}: the model was told of {name}"));
        }
    }
}

/// The model answers.
pub fn answer(shared: &Shared, site: &Site, request: &Request) -> Reply {
    let place = place(&request.body);
    let mut talk = shared.talk.borrow_mut();
    let word = format!("{WORD}{}-", talk.completions.len());
    let mut answer = scripted(&place);
    answer.text.push_str(&word);
    talk.models.seed(Script {
        model: MODEL.into(),
        answers: vec![answer],
    });
    let reply = talk.models.handle(request, shared.now().millis());
    if reply.status == 200 {
        talk.completions.push(Completion {
            site: site.index,
            step: place.step,
            word,
        });
    } else {
        let why = String::from_utf8_lossy(&reply.body).into_owned();
        shared.violation(format!("the model refused a request: {why}"));
    }
    reply
}

fn call(tool: &str, arguments: Value) -> ScriptedCall {
    ScriptedCall {
        id: None,
        tool: tool.into(),
        arguments,
    }
}

fn task(subject: &str) -> ScriptedCall {
    call(
        "hubspot-create-task",
        json!({ "subject": subject, "due": DUE }),
    )
}

fn scripted(place: &Place) -> ScriptedAnswer {
    let calls = match (place.question.as_str(), place.step) {
        (AT_RISK, 0) => vec![
            call("linear-list-open-issues", json!({ "first": 5 })),
            call("latest-onboarding-health", json!({})),
            call("zendesk-list-queue", json!({ "opened_after": SINCE })),
        ],
        (AT_RISK, 1) => vec![call("hubspot-list-due-tasks", json!({ "due_before": DUE }))],
        (TWO_TASKS, 0) => vec![task(REJECTED), task(VISIT)],
        (ONE_TASK, 0) => vec![task(REVIEW)],
        (COMMENT, 0) => vec![call("linear-list-open-issues", json!({ "first": 1 }))],
        (COMMENT, 1) => vec![call(
            "linear-create-comment",
            json!({ "issue_id": first_id(&place.results), "body": REMARK }),
        )],
        _ => Vec::new(),
    };
    ScriptedAnswer {
        text: format!("{} ", place.question),
        calls,
        // Counted by hand, so that they say how often it has answered and nothing else.
        input_tokens: Some(TOKENS),
        output_tokens: Some(TOKENS),
        ..ScriptedAnswer::default()
    }
}

/// The first id in what was read.
fn first_id(results: &[String]) -> String {
    let mut after = results
        .iter()
        .filter_map(|it| it.split_once(r#""id":""#)?.1.split_once('"'));
    after.next().map_or("none", |(id, _)| id).to_owned()
}
