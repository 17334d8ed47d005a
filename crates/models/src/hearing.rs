//! An answer as it came over the wire, heard to its end.

use onbehalf_clock::Timestamp;
use onbehalf_fetch::{FetchError, HttpResponse};

use crate::decoder::Decoder;
use crate::dialect::Dialect;
use crate::failure::{ModelFailure, StreamFault};
use crate::gathered::{Answer, Gathered};
use crate::model::Listener;
use crate::refused::refused;

/// The answer in it, or why there is none.
pub(crate) fn heard(
    dialect: Dialect,
    sent: Result<HttpResponse, FetchError>,
    now: Timestamp,
    listener: Listener<'_>,
) -> Result<Answer, ModelFailure> {
    let response = sent.map_err(ModelFailure::Unanswered)?;
    if !(200..300).contains(&response.status) {
        return Err(refused(&response, now));
    }
    let mut gathered = Gathered::default();
    let mut hear = |part| {
        gathered.take(&part)?;
        listener(&part);
        Ok(())
    };
    let mut decoder = Decoder::new(dialect);
    decoder.feed(&response.body, &mut hear)?;
    decoder.finish(&mut hear)?;
    let whole = gathered.answer();
    whole.ok_or(ModelFailure::Stream(StreamFault::Broken))
}
