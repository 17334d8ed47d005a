//! The line that marks a task as ours, so that yesterday's flag is found and not repeated.
//!
//! Owns the format of the line, its writing and its reading. HubSpot keeps it at the end of a
//! task's body; there is no storage of our own that could disagree with what a person sees there.
//!
//! ```text
//! Onbehalf reference: onbehalfflag c1f3870be274f6c49 e0011223344556677 critical 34
//!                     │            │                 │                 │        └ score
//!                     │            │                 │                 └ status
//!                     │            │                 └ the write itself (effect marker)
//!                     │            └ the customer (hash of its key)
//!                     └ one word that finds them all
//! ```

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::scoring::HealthStatus;

/// The word that a search for all flags looks for.
pub const FLAG_WORD: &str = "onbehalfflag";

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Sixteen hex digits made from the customer's key.
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
    /// The line as written.
    pub fn line(&self) -> String {
        let Self {
            customer,
            marker,
            status,
            score,
        } = self;
        let status = status.name();
        format!("Onbehalf reference: {FLAG_WORD} c{customer} e{marker} {status} {score}")
    }

    /// Reads the last line of this form in a task's body, which may hold anything else.
    pub fn find(body: &str) -> Option<Self> {
        let (_, after) = body.rsplit_once(FLAG_WORD)?;
        // HTML may follow directly on the last word.
        let mut words = after
            .split(|c: char| c.is_whitespace() || c == '<' || c == '&')
            .filter(|word| !word.is_empty());
        Some(Self {
            customer: hex_after('c', words.next()?)?,
            marker: hex_after('e', words.next()?)?,
            status: HealthStatus::from_name(words.next()?)?,
            score: words.next()?.parse().ok()?,
        })
    }
}

/// How the customer with this key is named in reference lines.
pub fn customer_token(key: &str) -> String {
    let digest = Sha256::digest(key.as_bytes());
    hex(&digest[..8])
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn hex_after(prefix: char, word: &str) -> Option<String> {
    let digits = word.strip_prefix(prefix)?;
    let fits = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| digits.to_owned())
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

    proptest! {
        #[test]
        fn any_other_text_is_no_flag(text in ".{0,60}") {
            prop_assert_eq!(Reference::find(&text), None);
            let _ = Reference::find(&format!("{FLAG_WORD}{text}"));
        }
    }
}
