//! The reference that marks a task as ours, so that yesterday's flag is found and not repeated.
//!
//! Owns its form, its writing and its reading. HubSpot keeps it at the end of a task's body; there is
//! no storage of our own that could disagree with what a person sees there.
//!
//! ```text
//! Onbehalf reference: 1f3870be27-e0011223344556677-c34
//!     │               │          │                 └ status and score then: critical, 34
//!     │               │          └ the write itself (effect marker)
//!     │               └ the customer (hash of its key)
//!     └ the word that finds them all
//! ```

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::scoring::HealthStatus;
use onbehalf_runs::hex;

/// The word that a search for all flags looks for.
pub const FLAG_WORD: &str = "Onbehalf";
/// What stands in front of a reference.
const LABEL: &str = "Onbehalf reference: ";
/// The word that stood in front of one in the first release, whose tasks may still be open.
const FIRST_FORM: &str = "onbehalfflag";
/// Hexadecimal digits that name a customer: two of two thousand share them once in a million
/// portals.
const CUSTOMER_DIGITS: usize = 10;
/// Hexadecimal digits of an effect's marker.
const MARKER_DIGITS: usize = 16;

/// What a reference says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Hexadecimal digits made from the customer's key.
    pub customer: String,
    /// Marker of the effect that wrote it, sixteen hex digits.
    pub marker: String,
    /// The customer's status then.
    pub status: HealthStatus,
    /// The customer's score then.
    pub score: u32,
}

/// A flag whose task is still open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFlag {
    /// HubSpot's id of the task.
    pub task_id: String,
    /// What its reference line says.
    pub reference: Reference,
}

impl Reference {
    /// The one word that says all of it, and that finds this very task.
    pub fn word(&self) -> String {
        let Self {
            customer,
            marker,
            status,
            score,
        } = self;
        let status = match status {
            HealthStatus::Healthy => 'h',
            HealthStatus::AtRisk => 'a',
            HealthStatus::Critical => 'c',
        };
        format!("{customer}-e{marker}-{status}{score}")
    }

    /// The line as written.
    pub fn line(&self) -> String {
        format!("{LABEL}{}", self.word())
    }

    /// Reads the last reference in a task's body, which may hold anything else.
    pub fn find(body: &str) -> Option<Self> {
        if let Some((_, after)) = body.rsplit_once(FIRST_FORM) {
            return Self::first_form(after);
        }
        let (_, after) = body.rsplit_once(LABEL)?;
        let mut parts = words(after).next()?.split('-');
        let customer = hex_digits(parts.next()?, CUSTOMER_DIGITS)?;
        let marker = hex_digits(parts.next()?.strip_prefix('e')?, MARKER_DIGITS)?;
        let last = parts.next()?;
        let status = match last.get(..1)? {
            "h" => HealthStatus::Healthy,
            "a" => HealthStatus::AtRisk,
            "c" => HealthStatus::Critical,
            _ => return None,
        };
        Some(Self {
            customer,
            marker,
            status,
            score: last.get(1..)?.parse().ok()?,
        })
    }

    /// `c<customer> e<marker> <status> <score>`, the customer with sixteen digits.
    fn first_form(after: &str) -> Option<Self> {
        let mut words = words(after);
        let customer = hex_digits(words.next()?.strip_prefix('c')?, 16)?;
        Some(Self {
            customer: customer.get(..CUSTOMER_DIGITS)?.to_owned(),
            marker: hex_digits(words.next()?.strip_prefix('e')?, MARKER_DIGITS)?,
            status: HealthStatus::from_name(words.next()?)?,
            score: words.next()?.parse().ok()?,
        })
    }

    /// The customer's digits, also where a run of the first release kept more of them.
    pub fn customer(&self) -> &str {
        self.customer
            .get(..CUSTOMER_DIGITS)
            .unwrap_or(&self.customer)
    }
}

/// Words of a text in which HTML may follow directly on the last one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == '<' || c == '&')
        .filter(|word| !word.is_empty())
}

/// How the customer with this key is named in reference lines.
pub fn customer_token(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    hex(&digest[..CUSTOMER_DIGITS / 2])
}

fn hex_digits(word: &str, length: usize) -> Option<String> {
    let fits = word.len() == length && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reference(score: u32) -> Reference {
        Reference {
            customer: customer_token("acme.test"),
            marker: "0011223344556677".into(),
            status: HealthStatus::AtRisk,
            score,
        }
    }

    #[test]
    fn a_line_reads_back_from_within_html() {
        let wanted = reference(55);
        for body in [
            wanted.line(),
            format!("<p>Why</p><p>{}</p>", wanted.line()),
            format!("{}\n{}", reference(1).line(), wanted.line()),
            format!("x {}&nbsp;", wanted.line()),
        ] {
            assert_eq!(Reference::find(&body), Some(wanted.clone()), "{body}");
        }
    }

    #[test]
    fn a_flag_of_the_first_release_still_counts() {
        let mut wanted = reference(55);
        let line = format!(
            "Onbehalf reference: onbehalfflag c{}abcdef e{} at_risk 55",
            wanted.customer, wanted.marker
        );
        assert_eq!(
            Reference::find(&format!("<p>{line}</p>")),
            Some(wanted.clone())
        );
        wanted.customer.push_str("abcdef");
        assert_eq!(wanted.customer(), customer_token("acme.test"));
    }

    #[test]
    fn it_is_one_word() {
        let word = reference(55).word();
        assert!(
            word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
            "{word}"
        );
        assert!(word.len() < 36, "{word}");
    }

    proptest! {
        #[test]
        fn any_other_text_is_no_flag(text in ".{0,60}") {
            prop_assert_eq!(Reference::find(&text), None);
            let _ = Reference::find(&format!("{LABEL}{text}"));
            let _ = Reference::find(&format!("{FIRST_FORM}{text}"));
        }
    }
}
