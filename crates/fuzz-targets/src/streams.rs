//! Answers of language models: any bytes may come, cut anywhere.

use onbehalf_models::{Answer, Decoder, Dialect, Gathered, Part, StreamFault};

/// A stream in these pieces: its parts, and the answer or why there is none.
fn heard(
    dialect: Dialect,
    stream: &[u8],
    piece: usize,
) -> (Vec<Part>, Result<Answer, StreamFault>) {
    let mut parts = Vec::new();
    let mut gathered = Gathered::default();
    let mut hear = |part: Part| {
        gathered.take(&part)?;
        parts.push(part);
        Ok(())
    };
    let mut decoder = Decoder::new(dialect);
    let mut pieces = stream.chunks(piece);
    let fed = pieces.try_for_each(|piece| decoder.feed(piece, &mut hear));
    let ended = fed.and_then(|()| decoder.finish(&mut hear));
    let answer = ended.and_then(|()| gathered.answer().ok_or(StreamFault::Broken));
    (parts, answer)
}

/// The first byte says how the rest is cut. In every dialect, what is heard is the same however a stream is
/// cut, and an answer is read again as it is kept.
pub fn model_streams(bytes: &[u8]) {
    let Some((cut, stream)) = bytes.split_first() else {
        return;
    };
    let piece = usize::from(*cut).max(1);
    for dialect in Dialect::ALL {
        let whole = heard(dialect, stream, stream.len().max(1));
        assert_eq!(heard(dialect, stream, piece), whole, "{dialect:?}");
        if let Ok(answer) = whole.1 {
            let kept = serde_json::to_string(&answer).expect("an answer can be kept");
            let again: Answer = serde_json::from_str(&kept).expect("an answer can be read again");
            assert_eq!(again, answer);
        }
    }
}
