//! Zendesk's search language, as far as tickets go.
//!
//! Several values of one keyword are OR-ed, different keywords AND-ed, a minus negates.

use super::time::{self, DAY};
use super::tool::ToolFailure;
use super::zendesk::{Ticket, User};

/// Longest accepted query.
const QUERY_CHARS: usize = 4096;
const STATUSES: [&str; 6] = ["new", "open", "pending", "hold", "solved", "closed"];

struct Term {
    negated: bool,
    keyword: String,
    operator: String,
    value: String,
}

/// A parsed query.
pub(super) struct Query {
    terms: Vec<Term>,
    now_ms: i64,
}

impl Query {
    pub fn parse(text: &str, now_ms: i64) -> Result<Self, ToolFailure> {
        if text.chars().count() > QUERY_CHARS {
            return Err(ToolFailure::new(
                400,
                "InvalidSearchRequest",
                "the query is too long",
            ));
        }
        let terms = words(text).iter().map(|word| Term::parse(word)).collect();
        Ok(Self { terms, now_ms })
    }

    /// The addresses one of which has to be the requester's; `None` where others may do.
    pub fn requesters(&self) -> Option<Vec<&str>> {
        let named =
            |term: &&Term| term.keyword == "requester" && term.operator == ":" && !term.negated;
        let all: Vec<&str> = self
            .terms
            .iter()
            .filter(named)
            .map(|it| it.value.as_str())
            .collect();
        (!all.is_empty() && !all.iter().any(|it| it.contains('*'))).then_some(all)
    }

    pub fn accepts(&self, ticket: &Ticket, requester: &User) -> bool {
        let holds = |term: &Term| term.holds(ticket, requester, self.now_ms);
        self.terms.iter().all(|term| {
            if term.negated {
                return !holds(term);
            }
            let mut alike = self.terms.iter().filter(|other| {
                !other.negated && other.keyword == term.keyword && other.operator == term.operator
            });
            if term.keyword.is_empty() || term.operator != ":" {
                holds(term)
            } else {
                alike.any(holds)
            }
        })
    }
}

/// Splits at spaces outside quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                words.last_mut().expect("never empty").push(c);
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().expect("never empty").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

impl Term {
    fn parse(word: &str) -> Self {
        let (negated, word) = match word.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        let at = word.find([':', '<', '>']);
        let (keyword, rest) = at.map_or(("", word), |at| word.split_at(at));
        let operator = ["<=", ">=", ":", "<", ">"]
            .into_iter()
            .find(|operator| rest.starts_with(operator))
            .unwrap_or_default();
        Self {
            negated,
            keyword: keyword.to_lowercase(),
            operator: operator.to_owned(),
            value: rest[operator.len()..].to_lowercase(),
        }
    }

    /// Compares a time with a date, a time, or a span before now (`4hours`).
    fn moment(&self, own: Option<i64>, now_ms: i64) -> bool {
        let span = |(word, ms): &(&str, i64)| {
            let count = self.value.strip_suffix(word)?.parse::<i64>().ok()?;
            Some(now_ms.saturating_sub(count.saturating_mul(*ms)))
        };
        let wanted = SPANS.iter().find_map(span);
        let wanted = wanted.or_else(|| time::parse(&self.value.to_uppercase()));
        match (own, wanted) {
            // A day is a day long.
            (Some(own), Some(wanted)) if self.operator == ":" && self.value.len() == 10 => {
                (wanted..wanted + DAY).contains(&own)
            }
            (Some(own), Some(wanted)) => compare(&self.operator, own, wanted),
            (None, _) => self.operator == ":" && self.value == "none",
            (Some(_), None) => false,
        }
    }

    fn holds(&self, ticket: &Ticket, requester: &User, now_ms: i64) -> bool {
        match self.keyword.as_str() {
            "" => ticket.subject.to_lowercase().contains(&self.value),
            "type" => self.value == "ticket",
            "order_by" | "sort" => true,
            "status" => {
                let rank = |name: &str| STATUSES.iter().position(|status| *status == name);
                match (rank(ticket.status), rank(&self.value)) {
                    (Some(own), Some(wanted)) => compare(&self.operator, own, wanted),
                    _ => false,
                }
            }
            "requester" => matches(&requester.email.to_lowercase(), &self.value),
            "organization" => requester.organization.to_lowercase() == self.value,
            "subject" => ticket.subject.to_lowercase().contains(&self.value),
            "ticket_type" => self.value == ticket.kind,
            "assignee" => self.value == "none",
            "created" => self.moment(Some(ticket.created_ms), now_ms),
            "updated" => self.moment(Some(ticket.updated_ms), now_ms),
            "due_date" => self.moment(ticket.due_ms, now_ms),
            _ => false,
        }
    }
}

/// Spans of time by the words for them.
const SPANS: [(&str, i64); 6] = [
    ("minutes", 60_000),
    ("hours", 3_600_000),
    ("days", DAY),
    ("weeks", 7 * DAY),
    ("months", 30 * DAY),
    ("years", 365 * DAY),
];

fn compare<T: Ord>(operator: &str, own: T, wanted: T) -> bool {
    match operator {
        "<" => own < wanted,
        "<=" => own <= wanted,
        ">" => own > wanted,
        ">=" => own >= wanted,
        _ => own == wanted,
    }
}

fn matches(own: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(end), None) => own.ends_with(end),
        (None, Some(start)) => own.starts_with(start),
        _ => own == pattern,
    }
}
