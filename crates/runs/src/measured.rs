//! What the results of a workflow's runs measure, run for run: how something that it looks at has
//! fared.
//!
//! Owns the values and how the measures of several runs are put together. What is measured is for
//! each workflow to say ([`crate::hosted::Hosted::MEASURES`]).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one run says of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Tells the thing from others, across runs.
    pub key: String,
    /// Its name, for people.
    pub name: String,
    /// The value.
    pub value: u32,
}

/// How a workflow measures what it looks at.
pub struct Measures<R> {
    /// What the values are, for people.
    pub title: &'static str,
    /// What a result measures; nothing where its run did not get that far.
    pub of: fn(&R) -> Option<Vec<Measured>>,
}

/// How one thing has fared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Series {
    /// Tells it from others.
    pub key: String,
    /// Its name, as the latest run has it.
    pub name: String,
    /// Its value in each of the runs, in their order; null where a run did not look at it.
    pub values: Vec<Option<u32>>,
}

/// The measures of runs, the oldest run first, as one series for each thing.
pub fn series(runs: &[Vec<Measured>]) -> Vec<Series> {
    let mut found: BTreeMap<&str, Series> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        for measured in run {
            let series = found.entry(&measured.key).or_insert_with(|| Series {
                key: measured.key.clone(),
                name: String::new(),
                values: vec![None; runs.len()],
            });
            series.name.clone_from(&measured.name);
            if let Some(value) = series.values.get_mut(at) {
                *value = Some(measured.value);
            }
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(key: &str, name: &str, value: u32) -> Measured {
        let (key, name) = (key.to_owned(), name.to_owned());
        Measured { key, name, value }
    }

    #[test]
    fn each_thing_has_a_value_for_each_run_that_looked_at_it() {
        let runs = [
            vec![measured("a", "Acme", 80), measured("b", "Bell", 40)],
            vec![],
            vec![measured("c", "Corp", 10), measured("a", "Acme Inc", 70)],
        ];
        let expected = [
            ("a", "Acme Inc", [Some(80), None, Some(70)]),
            ("b", "Bell", [Some(40), None, None]),
            ("c", "Corp", [None, None, Some(10)]),
        ];
        let found = series(&runs);
        assert_eq!(found.len(), expected.len());
        for (series, (key, name, values)) in found.iter().zip(expected) {
            assert_eq!((&*series.key, &*series.name), (key, name));
            assert_eq!(series.values, values);
        }
        assert_eq!(series(&[]), []);
    }
}
