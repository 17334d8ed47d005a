//! What a client keeps for the server between an answer that asks for more and the same request again.
//!
//! Owns what is in it and when it is over. That nobody has changed it, and whose and which request's
//! it is, is for whoever seals it.

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestState {
    /// The run that was begun for the request; empty where none was.
    pub run: String,
    /// When it is over, in milliseconds since the epoch.
    pub until: i64,
}

impl RequestState {
    /// As bytes.
    pub fn write(&self) -> Vec<u8> {
        format!("{}:{}", self.until, self.run).into_bytes()
    }

    /// From bytes that this wrote, while it is not over.
    pub fn read(bytes: &[u8], now: i64) -> Option<Self> {
        let (until, run) = std::str::from_utf8(bytes).ok()?.split_once(':')?;
        let until = until.parse().ok()?;
        let run = run.to_owned();
        (now < until).then_some(Self { run, until })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_read_as_it_was_written_until_it_is_over(run in "[a-z0-9_:]{0,20}", until: i64, now: i64) {
            let state = RequestState { run, until };
            let read = RequestState::read(&state.write(), now);
            prop_assert_eq!(read, (now < until).then_some(state));
        }

        #[test]
        fn nothing_else_makes_it_panic(bytes: Vec<u8>) {
            let _ = RequestState::read(&bytes, 0);
        }
    }
}
