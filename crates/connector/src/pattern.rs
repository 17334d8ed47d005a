//! Which tools are meant: a name in which `*` stands for any text.
//!
//! ```
//! use onbehalf_connector::ToolPattern;
//!
//! let issues = ToolPattern::try_from("github_issue*".to_owned())?;
//! assert!(issues.fits("github_issues_list") && !issues.fits("github_repo_get"));
//! # Ok::<(), String>(())
//! ```

use serde::Deserialize;

/// Longest pattern, in bytes. No tool's name comes near it.
const LONGEST: usize = 64;

/// A tool's name, in which `*` stands for any text, also for none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ToolPattern(String);

impl TryFrom<String> for ToolPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_*".contains(&byte);
        if (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text));
        }
        Err(format!(
            "tools are named by 1 to {LONGEST} letters, digits, `-`, `_` and `*`"
        ))
    }
}

impl ToolPattern {
    /// Whether a tool of this name is meant.
    pub fn fits(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_no_tool_is_called_is_no_pattern() {
        for wrong in ["", "Hub Spot", "hubspot.*", "é", &"x".repeat(LONGEST + 1)] {
            assert!(ToolPattern::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    /// The plainest reading of a pattern, letter by letter.
    fn slowly(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=name.len()).any(|at| slowly(rest, &name[at..])),
            ([one, rest @ ..], [letter, letters @ ..]) => one == letter && slowly(rest, letters),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_pattern_fits_what_it_says_letter_by_letter(
            pattern in "[ab*]{1,8}", name in "[ab]{0,10}",
        ) {
            let fits = ToolPattern::try_from(pattern.clone()).expect("a pattern").fits(&name);
            prop_assert_eq!(fits, slowly(pattern.as_bytes(), name.as_bytes()), "{} {}", pattern, name);
        }
    }
}
