//! Telling Scalekit which trace a call belongs to (W3C Trace Context, section 3.2).

use std::fmt::Write;

use onbehalf_clock::Random;

/// Sampled: whoever asked for a trace wants to see it whole.
const FLAGS: &str = "01";

/// A `traceparent` header for one call of this trace, with a span of its own.
pub(super) fn traceparent(trace_id: &str, random: &dyn Random) -> String {
    let mut span = [0_u8; 8];
    random.fill(&mut span);
    // A span of zeros is invalid; the last bit keeps even such a draw legal.
    span[7] |= 1;
    let mut header = format!("00-{trace_id}-");
    for byte in span {
        // Writing to a String cannot fail.
        let _ = write!(header, "{byte:02x}");
    }
    header.push('-');
    header.push_str(FLAGS);
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_clock::testkit::Always;

    #[test]
    fn the_header_is_well_formed_even_for_an_unlucky_draw() {
        assert_eq!(
            traceparent("4bf92f3577b34da6a3ce929d0e0e4736", &Always(0)),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01"
        );
    }
}
