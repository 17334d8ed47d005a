//! The crash matrix of a conversation or of direct calls: one crash at every commit, call, message and
//! statement.
//!
//! Owns what has to be the same as without a crash: the threads, the results, the writes. An answer of the
//! model that was lost on its way may be asked for again; at most that one.

use std::rc::Rc;

use onbehalf_clock::Timestamp;
use onbehalf_engine::{EffectOutcome, JournalStore, Record};
use serde_json::{Value, json};

use super::answers::WORD;
use super::lines::{Line, REJECTED};
use crate::checker::{nobody_could_look, result, run};
use crate::matrix::{Matrix, calm};
use crate::plan::{Decides, Disturbance, Person, Plan, User};
use crate::shared::Shared;
use crate::simulate::{Ended, beginning, simulate};
use crate::site::Site;

/// Long enough that no run is pruned before the end, and short enough that there is one.
const KEPT_MS: i64 = 24 * 3_600_000;

fn plan(lines: &'static [Line], disturbances: Vec<Disturbance>) -> Plan {
    let user = User {
        customers: 3,
        shares_portal: false,
    };
    let person = |user, decides| Person {
        user,
        suspends: true,
        asks: true,
        scheduled_until_ms: None,
        decides,
    };
    Plan {
        users: vec![user.clone(), user],
        people: vec![person(0, Decides::Partly), person(1, Decides::Yes)],
        disturbances,
        settings: "",
        retention_ms: KEPT_MS,
        conversation: lines,
        ..calm()
    }
}

/// What names a plan or a write, and when that was made, which a look does not tell.
const NAMES: [&str; 4] = ["hash", "task_id", "comment_id", "created_at"];

/// What a conversation came to.
#[derive(PartialEq)]
struct Came {
    threads: Vec<Value>,
    results: Vec<Option<Value>>,
    paid: usize,
    /// Writes that nobody can tell the end of, over a connection that stayed dead.
    unknown: usize,
}

impl Came {
    /// Whether whoever asked was told that the end of a write is not known.
    fn says_unknown(&self) -> bool {
        let told = json!([self.threads, self.results]).to_string();
        told.contains("outcome_unknown")
    }
}

fn carry_out(lines: &'static [Line], disturbances: Vec<Disturbance>) -> (Ended, Came) {
    let plan = plan(lines, disturbances);
    let ended = simulate(&plan, beginning(&plan), false);
    let sites = ended.shared.sites.borrow().clone();
    for site in &sites {
        run(&ended, site);
    }
    if sites.len() != lines.len() {
        let found = format!("{} runs of {} lines", sites.len(), lines.len());
        ended.shared.violation(found);
    }
    let unknown = unknown_writes(&ended.shared, &sites, lines);
    check_writes(&ended, lines, unknown);
    let results = sites.iter().map(|site| result(site, &site.head()?));
    let results = results.map(|it| it.map(alike)).collect();
    let talk = ended.shared.talk.borrow();
    if !talk.forgotten || talk.judged < talk.paid() {
        ended
            .shared
            .violation("the conversation came to no end".into());
    }
    let came = Came {
        threads: talk.histories.iter().cloned().map(alike).collect(),
        results,
        paid: talk.paid(),
        unknown,
    };
    drop(talk);
    (ended, came)
}

/// Writes that ended as unknown: a crash left them open, and the connection that they went over stayed dead
/// for as long as a look for them is tried. Anywhere else there is no such end.
fn unknown_writes(shared: &Shared, sites: &[Rc<Site>], lines: &[Line]) -> usize {
    let mut unknown = 0;
    for (site, line) in sites.iter().zip(lines) {
        let entries = site.journal().entries_after(0, usize::MAX);
        for entry in entries.expect("memory") {
            let Record::Outcome {
                outcome: EffectOutcome::UnknownOutcome,
                ..
            } = entry.record
            else {
                continue;
            };
            unknown += 1;
            let user = shared.plan.people[line.person].user;
            let dead = |app| nobody_could_look(shared, user, app, entry.at);
            if !line.dies.is_some_and(dead) {
                let found = format!("{}: a write could be looked up", site.run_id);
                shared.violation(found);
            }
        }
    }
    unknown
}

/// Every write is in the world once, what was rejected is not, and there is no other. One whose end is not
/// known may be there.
fn check_writes(ended: &Ended, lines: &[Line], unknown: usize) {
    let shared = &ended.shared;
    let service = shared.service.borrow();
    let ledger = &service.world.ledger;
    let written = |what: &str| {
        let texts = ledger.iter().map(|it| it.params.to_string());
        texts.filter(|it| it.contains(what)).count()
    };
    let lands: Vec<_> = lines.iter().flat_map(|it| it.lands).collect();
    for what in &lands {
        let least = usize::from(unknown == 0);
        if !(least..=1).contains(&written(what)) {
            shared.violation(format!("{what}: written {} times", written(what)));
        }
    }
    let whole = (lands.len().saturating_sub(unknown)..=lands.len()).contains(&ledger.len());
    if written(REJECTED) != 0 || !whole {
        shared.violation(format!(
            "{} writes, {REJECTED}: {}",
            ledger.len(),
            written(REJECTED)
        ));
    }
}

/// Without times, without the numbers of the model's answers, and without the names that are given to runs
/// and to what they write, which no two executions share.
fn alike(value: Value) -> Value {
    match value {
        Value::String(text) if Timestamp::parse(&text).is_some() => "a time".into(),
        // What a tool gave stands there as a text.
        Value::String(text) => match serde_json::from_str::<Value>(&text) {
            Ok(told @ Value::Object(_)) => alike(told),
            _ => unnumbered(&text).into(),
        },
        Value::Array(items) => items.into_iter().map(alike).collect(),
        Value::Object(members) => {
            // A write that was found again is told of as the app lists it.
            let named = |name: &str| NAMES.contains(&name);
            let members = members.into_iter().map(|(name, value)| match named(&name) {
                true => (name, "a name".into()),
                false => (name, alike(value)),
            });
            Value::Object(members.collect())
        }
        other => other,
    }
}

fn unnumbered(text: &str) -> String {
    let mut parts = text.split(WORD);
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        all.push_str(WORD);
        all.push_str(part.trim_start_matches(|it: char| it.is_ascii_digit()));
    }
    all
}

/// Crashes everywhere in a conversation, once each.
pub fn conversation_matrix(lines: &'static [Line]) -> Matrix {
    let (quiet, expected) = carry_out(lines, Vec::new());
    let mut matrix = Matrix {
        failures: quiet.shared.violations.take(),
        ..Matrix::default()
    };
    if !matrix.failures.is_empty() {
        return matrix;
    }
    matrix.crash_everywhere(&quiet, |crash| {
        let (ended, came) = carry_out(lines, vec![crash]);
        let mut wrong = Vec::new();
        if came.unknown > 0 {
            if !came.says_unknown() {
                wrong.push("nobody was told that a write's end is not known".into());
            }
        } else {
            if came.threads != expected.threads {
                wrong.push(format!("other threads: {:?}", came.threads));
            }
            if came.results != expected.results {
                wrong.push(format!("other results: {:?}", came.results));
            }
        }
        if came.paid > expected.paid + 1 {
            let (paid, usual) = (came.paid, expected.paid);
            wrong.push(format!("{paid} answers instead of {usual}"));
        }
        (ended, wrong)
    });
    matrix
}
