//! Queries made with a customer's name and address: what is asked stays what was meant.

use onbehalf_tools::{IssuesInput, LinearIssues, TicketsInput, Tool, ZendeskTickets};

/// The text's lines as addresses, the text as an organization's name, a label and a project.
pub fn queries(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    tickets_of_people(&lines);
    tickets_of_organization(&text);
    issues(&lines);
}

fn tickets_of_people(addresses: &[String]) {
    let input = serde_json::json!({ "requesters": addresses });
    let Some(query) = zendesk(input) else {
        return;
    };
    let mut expected = vec!["type:ticket".to_owned(), "status<solved".to_owned()];
    expected.extend(addresses.iter().map(|it| format!("requester:{it}")));
    assert_eq!(terms(&query), expected);
    assert!(!query.contains(['"', '*', '\\', '(', ')']), "{query}");
}

fn tickets_of_organization(name: &str) {
    let Some(query) = zendesk(serde_json::json!({ "organization": name })) else {
        return;
    };
    let terms = terms(&query);
    assert_eq!(terms[..2], ["type:ticket", "status<solved"]);
    assert_eq!(terms.len(), 3, "{query}");
    let phrase = terms[2].strip_prefix("organization:\"");
    let phrase = phrase.and_then(|it| it.strip_suffix('"'));
    let phrase = phrase.expect("one phrase in quotes");
    assert!(!phrase.contains(['"', '*', '\\', ':', '<', '>']), "{query}");
    // Nothing is added to the name: what is left of it is there in its order.
    let mut letters = name.chars();
    assert!(
        phrase
            .chars()
            .all(|c| c == ' ' || letters.any(|other| other == c)),
        "{query}"
    );
}

/// The query for these tickets, unless they are refused.
fn zendesk(input: serde_json::Value) -> Option<String> {
    let input: TicketsInput = serde_json::from_value(input).expect("an input");
    let params = ZendeskTickets::params(&input).ok()?;
    Some(params["query"].as_str().expect("a query").to_owned())
}

/// The query's terms as Zendesk splits them: at white space outside quotes.
fn terms(query: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut quoted = false;
    for c in query.chars() {
        match c {
            c if c.is_whitespace() && !quoted => terms.push(String::new()),
            c => {
                quoted ^= c == '"';
                terms.last_mut().expect("never empty").push(c);
            }
        }
    }
    assert!(!quoted, "an open quote in {query}");
    terms
}

/// Names travel as variables; the document is the same whatever they are.
fn issues(names: &[String]) {
    let of = |names: &[String]| {
        let input = serde_json::json!({ "labels": names, "projects": names });
        let input: IssuesInput = serde_json::from_value(input).expect("an input");
        LinearIssues::params(&input).ok()
    };
    let Some(params) = of(names) else {
        return;
    };
    let plain = of(&["plain".to_owned()]).expect("a plain name is fine");
    assert_eq!(params["query"], plain["query"]);
    assert_eq!(
        params["variables"]["filter"]["labels"]["name"]["in"],
        serde_json::json!(names)
    );
    assert_eq!(params.as_object().map(serde_json::Map::len), Some(2));
}
