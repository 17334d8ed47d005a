//! Reading settings one by one and noting what is wrong with each.

use std::fmt;

use super::Environment;

/// A setting that is missing or cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingProblem {
    /// The setting's name.
    pub name: String,
    /// What is wrong with it; `None` when it is missing.
    reason: Option<String>,
}

impl SettingProblem {
    /// What everybody may know: the name, and whether it is there.
    pub fn public(&self) -> String {
        match self.reason {
            None => format!("{} is missing", self.name),
            Some(_) => format!("{} cannot be used; the log says why", self.name),
        }
    }
}

/// For the log: the reason too, without what it quotes.
impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            None => write!(f, "{} is missing", self.name),
            Some(reason) => write!(f, "{}: {reason}", self.name),
        }
    }
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misconfigured(pub Vec<SettingProblem>);

impl Misconfigured {
    /// A single problem.
    pub fn because(name: &str, reason: &impl fmt::Display) -> Self {
        Self(vec![SettingProblem {
            name: name.to_owned(),
            reason: Some(reason.to_string()),
        }])
    }

    /// What everybody may know of each problem.
    pub fn public(&self) -> Vec<String> {
        self.0.iter().map(SettingProblem::public).collect()
    }
}

impl fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&problems.join("; "))
    }
}

/// Reads the environment, noting each problem.
pub(super) struct Reader<'a, E> {
    environment: &'a E,
    problems: Vec<SettingProblem>,
}

impl<'a, E: Environment> Reader<'a, E> {
    pub(super) fn new(environment: &'a E) -> Self {
        Self {
            environment,
            problems: Vec::new(),
        }
    }

    /// A setting that has to be there. A blank one is not.
    pub(super) fn required<T, R: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, R>,
    ) -> Option<T> {
        if self.text(name).is_none() {
            self.note_missing(name);
        }
        self.optional(name, parse)
    }

    /// A setting that may be left out, or left blank.
    pub(super) fn optional<T, R: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, R>,
    ) -> Option<T> {
        match parse(&self.text(name)?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.note_wrong(name, &reason);
                None
            }
        }
    }

    /// Whether there is a setting of this name that is not blank.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// Whether the deployment has a binding of this name.
    pub(super) fn is_bound(&self, name: &str) -> bool {
        self.environment.has_binding(name)
    }

    fn text(&self, name: &str) -> Option<String> {
        let text = self.environment.text(name)?;
        (!text.trim().is_empty()).then_some(text)
    }

    pub(super) fn note_missing(&mut self, name: &str) {
        self.problems.push(SettingProblem {
            name: name.to_owned(),
            reason: None,
        });
    }

    pub(super) fn note_wrong(&mut self, name: &str, reason: &impl fmt::Display) {
        let reason = without_quotations(&reason.to_string());
        let prefix = format!("{name}: ");
        self.problems.push(SettingProblem {
            name: name.to_owned(),
            reason: Some(reason.strip_prefix(&prefix).unwrap_or(&reason).to_owned()),
        });
    }

    pub(super) fn finish(self) -> Vec<SettingProblem> {
        self.problems
    }
}

/// A reason without what stands in double quotes, up to the last of them: a JSON parser quotes the
/// text it met there, and that may be a secret in the wrong place.
fn without_quotations(reason: &str) -> String {
    match (reason.find('"'), reason.rfind('"')) {
        (Some(from), Some(to)) => format!("{}…{}", &reason[..from], &reason[to + 1..]),
        _ => reason.to_owned(),
    }
}
