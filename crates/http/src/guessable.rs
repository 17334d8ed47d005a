//! Whether a secret looks as if somebody thought of it.
//!
//! Owns the marks of text that was typed, repeated or counted. What passes is not proven random:
//! these are the mistakes that are made, each of which random text shows less than once in a
//! thousand secrets.

/// Characters that have to differ. Of 32 random hex digits, 14 do on average, and fewer than 9
/// hardly ever.
const DISTINCT: usize = 9;
/// Words people make secrets of, as they are compared: in lower case, with digits that stand for
/// letters read as those.
const WORDS: [&str; 18] = [
    "password",
    "passwort",
    "secret",
    "change",
    "default",
    "example",
    "sample",
    "dummy",
    "onbehalf",
    "session",
    "cookie",
    "letmein",
    "qwerty",
    "asdfgh",
    "correcthorse",
    "development",
    "production",
    "placeholder",
];

/// Why a secret can be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant's message is its description")]
pub enum Guessable {
    #[error("repeats itself")]
    Repeats,
    #[error("counts up or down")]
    Counts,
    #[error("has hardly any different characters")]
    FewCharacters,
    #[error("holds a word that secrets are often made of")]
    KnownWord,
    #[error("is made of words")]
    Words,
}

/// Looks for the marks.
///
/// # Errors
/// [`Guessable`] names the first that is found; nothing of the secret is in it.
pub(super) fn check(secret: &str) -> Result<(), Guessable> {
    let bytes = secret.as_bytes();
    let mut distinct = bytes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if repeats(bytes) {
        Err(Guessable::Repeats)
    } else if distinct.len() < DISTINCT {
        Err(Guessable::FewCharacters)
    } else if counts(bytes) {
        Err(Guessable::Counts)
    } else if known_word(secret) {
        Err(Guessable::KnownWord)
    } else if !bytes.iter().any(u8::is_ascii_digit) {
        // Random hex always has digits; of secrets in base64, one in 1,500 has none.
        Err(Guessable::Words)
    } else {
        Ok(())
    }
}

/// Whether it is a shorter text over and over, the last time perhaps cut off.
fn repeats(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2).any(|period| {
        bytes
            .iter()
            .zip(&bytes[period..])
            .all(|(one, later)| one == later)
    })
}

/// Whether most characters are the neighbours of those before them, as in `abcdef` or `98765`.
fn counts(bytes: &[u8]) -> bool {
    let steps = bytes.windows(2);
    let small = steps.filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    small * 2 > bytes.len()
}

fn known_word(secret: &str) -> bool {
    let read: String = secret
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '@' | '$'))
        .map(|c| match c.to_ascii_lowercase() {
            '0' => 'o',
            '1' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect();
    WORDS.iter().any(|word| read.contains(word))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type_is_refused() {
        for (secret, why) in [
            ("a".repeat(32), Guessable::Repeats),
            ("0123456789abcdef".repeat(2), Guessable::Repeats),
            (
                "k3yk3yk3yk3yk3yk3yk3yk3yk3yk3yk3y".into(),
                Guessable::Repeats,
            ),
            (
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab1".into(),
                Guessable::FewCharacters,
            ),
            (
                "0123456789abcdefghijklmnopqrstuvw".into(),
                Guessable::Counts,
            ),
            (
                "my-P@ssw0rd-for-the-worker-of-2026".into(),
                Guessable::KnownWord,
            ),
            (
                "change-me-please-before-going-live-1".into(),
                Guessable::KnownWord,
            ),
            (
                "tr0ub4dor and 3 onbehalf friends 77".into(),
                Guessable::KnownWord,
            ),
            (
                "battery staple horse lamp window tree".into(),
                Guessable::Words,
            ),
            (
                "BatteryStapleHorseLampWindowTreeDoor".into(),
                Guessable::Words,
            ),
        ] {
            assert_eq!(check(&secret), Err(why), "{secret}");
        }
    }

    /// As `openssl rand -hex 32`, `-hex 16` and `-base64 32` write them.
    #[test]
    fn what_a_generator_made_is_taken() {
        for secret in [
            "9f2c41d07be8653aa1c04e97d2b86f153c7a90e4418bd6f27e05a39cb81d64f2",
            "7d1f0c94be2a6358e07b41d9a35c82f6",
            "q3Zl8Xw0KfTjN2mYb7RrUe5VhGc1PsDoA9xIyBtLkM4=",
        ] {
            assert_eq!(check(secret), Ok(()), "{secret}");
        }
    }

    proptest! {
        /// Hex has the fewest characters, and so the hardest time.
        #[test]
        fn random_bytes_in_hex_are_taken(bytes in any::<[u8; 32]>()) {
            prop_assume!(bytes.iter().collect::<std::collections::BTreeSet<_>>().len() > 24);
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(check(&hex), Ok(()));
        }
    }
}
