//! How much of an answer's body is read.
//!
//! Owns the bound. Reading itself is the platform's.

use crate::FetchError;

/// How the body of an answer is to be read, by what its headers say.
#[derive(Debug)]
pub enum Reading {
    /// In one piece: the headers bound it.
    Whole,
    /// Piece by piece: an encoded body may become any length, and one in chunks does not say.
    Pieces(BoundedBody),
}

impl Reading {
    /// What these headers, with names in lower case, allow where `limit` bytes are wanted at most.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`] where they announce more.
    pub fn of(headers: &[(String, String)], limit: usize) -> Result<Self, FetchError> {
        match announced(headers) {
            Some(length) if length > limit => Err(FetchError::TooLarge),
            Some(_) => Ok(Self::Whole),
            None => Ok(Self::Pieces(BoundedBody {
                limit,
                read: Vec::new(),
            })),
        }
    }
}

/// The length the body has for certain (RFC 9110 section 8.6).
fn announced(headers: &[(String, String)]) -> Option<usize> {
    let value = |wanted: &str| headers.iter().find(|(name, _)| name == wanted);
    if value("content-encoding").is_some() {
        return None;
    }
    value("content-length").and_then(|(_, length)| length.parse().ok())
}

/// A body as it comes in.
#[derive(Debug)]
pub struct BoundedBody {
    limit: usize,
    read: Vec<u8>,
}

impl BoundedBody {
    /// Takes the next piece.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`] where it is one too many; nothing more need be read.
    pub fn take(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        if piece.len() > self.limit.saturating_sub(self.read.len()) {
            return Err(FetchError::TooLarge);
        }
        self.read.extend_from_slice(piece);
        Ok(())
    }

    /// What was read.
    pub fn into_bytes(self) -> Vec<u8> {
        self.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 8;

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, it)| ((*name).into(), (*it).into()))
            .collect()
    }

    fn reading(pairs: &[(&str, &str)]) -> Result<Reading, FetchError> {
        Reading::of(&headers(pairs), LIMIT)
    }

    #[test]
    fn a_body_that_says_its_length_is_read_at_once_or_not_at_all() {
        let within = reading(&[("content-length", "8")]);
        assert!(matches!(within, Ok(Reading::Whole)));
        let beyond = reading(&[("content-length", "9")]);
        assert_eq!(beyond.err(), Some(FetchError::TooLarge));
    }

    #[test]
    fn a_length_that_is_no_bound_is_not_relied_on() {
        for pairs in [
            vec![],
            vec![("content-length", "4"), ("content-encoding", "gzip")],
            vec![("content-length", "-1")],
            vec![("content-length", "a few")],
        ] {
            assert!(
                matches!(reading(&pairs), Ok(Reading::Pieces(_))),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn pieces_are_taken_to_the_last_byte_of_the_bound_and_no_further() {
        let Ok(Reading::Pieces(mut body)) = reading(&[]) else {
            panic!("no length was said");
        };
        assert_eq!(body.take(b"12345"), Ok(()));
        assert_eq!(body.take(b"6789"), Err(FetchError::TooLarge));
        assert_eq!(body.take(b"678"), Ok(()));
        assert_eq!(body.take(b"9"), Err(FetchError::TooLarge));
        assert_eq!(body.into_bytes(), b"12345678");
    }
}
