use std::collections::BTreeSet;

use schemars::schema_for;
use serde_json::{Value, json};

use super::*;

/// Findings as they are written, each with what is said of it. The console's own test reads them, too.
const SAID: &str = include_str!("../../tests/findings.json");

fn said() -> Vec<Value> {
    serde_json::from_str(SAID).expect("a list")
}

#[test]
fn each_finding_is_read_said_and_written_as_it_always_was() {
    for one in said() {
        let finding: Finding = serde_json::from_value(one["finding"].clone()).expect("a finding");
        assert_eq!(json!(finding.to_string()), one["en"]);
        assert_eq!(json!(finding), one["finding"]);
    }
}

#[test]
fn no_kind_is_left_out() {
    let schema = serde_json::to_value(schema_for!(Finding)).expect("json");
    let kinds = schema["oneOf"].as_array().expect("variants").iter();
    let kinds: BTreeSet<_> = kinds
        .map(|kind| kind["properties"]["kind"]["const"].clone().to_string())
        .collect();
    let said = said();
    let said = said.iter().map(|one| one["finding"]["kind"].to_string());
    assert_eq!(said.collect::<BTreeSet<_>>(), kinds);
}
