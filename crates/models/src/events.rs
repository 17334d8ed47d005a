//! Server-sent events out of bytes, as the HTML standard has them ("Interpreting an event stream").
//!
//! Only `data` is kept: every dialect says in its JSON what an event is. An event that is not closed by
//! an empty line is none, so a stream that breaks off loses its last one.

use crate::failure::StreamFault;

/// Longest event. The longest honest ones hold a whole call with its arguments; the isolate has 128 MB.
const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// What may stand before the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Cuts a stream into events, however it arrives.
#[derive(Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    /// The last byte was a carriage return: a line feed right after it ends no line.
    after_return: bool,
    /// The first line has been read.
    begun: bool,
}

impl Events {
    /// Takes bytes; hands out the data of every event that is closed by them.
    ///
    /// # Errors
    /// When an event is too long, and whatever `event` answers.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        mut event: impl FnMut(&[u8]) -> Result<(), StreamFault>,
    ) -> Result<(), StreamFault> {
        for &byte in bytes {
            let ends_line = match byte {
                b'\n' if self.after_return => {
                    self.after_return = false;
                    continue;
                }
                b'\n' | b'\r' => true,
                _ => false,
            };
            self.after_return = byte == b'\r';
            if !ends_line {
                self.line.push(byte);
                let held = self.data.as_ref().map_or(0, Vec::len);
                if self.line.len() + held > MAX_EVENT_BYTES {
                    return Err(StreamFault::TooLarge("an event"));
                }
                continue;
            }
            if let Some(data) = self.end_line() {
                event(&data)?;
            }
        }
        Ok(())
    }

    /// Ends a line; answers the event's data if the line closes one.
    fn end_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.is_empty() {
            return self.data.take();
        }
        let value = match line.strip_prefix(b"data") {
            Some([]) => &[],
            Some([b':', b' ', value @ ..] | [b':', value @ ..]) => value,
            // A comment, or a field that says nothing here.
            _ => return None,
        };
        match &mut self.data {
            Some(data) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            None => self.data = Some(value.to_vec()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut found = Vec::new();
        let mut events = Events::default();
        for piece in pieces {
            let fed = events.feed(piece, |data| {
                found.push(String::from_utf8_lossy(data).into_owned());
                Ok(())
            });
            fed.expect("events of a usual size");
        }
        found
    }

    #[test]
    fn lines_end_as_they_like_wherever_they_are_cut() {
        let stream = b"\xef\xbb\xbfdata: a\r\n\r\n: a comment\nevent: ping\ndata:b\ndata\rdata: c\r\rid: 1\n\ndata: lost";
        let whole = events(&[stream]);
        assert_eq!(whole, ["a", "b\n\nc"]);
        for cut in 0..=stream.len() {
            let (before, after) = stream.split_at(cut);
            assert_eq!(events(&[before, after]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn an_endless_event_is_refused_in_one_line_or_in_many() {
        for line in [&b"data: x"[..], b"data: x\n"] {
            let mut events = Events::default();
            let mut fed = Ok(());
            for _ in 0..MAX_EVENT_BYTES {
                fed = events.feed(line, |_| Ok(()));
                if fed.is_err() {
                    break;
                }
            }
            assert_eq!(fed, Err(StreamFault::TooLarge("an event")));
        }
    }
}
