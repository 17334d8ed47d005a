//! How long an answer asks to be left alone.

use onbehalf_clock::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::HttpResponse;

/// A wait longer than this is taken for a mistake: a day, in seconds.
const MAX_RETRY_AFTER: u64 = 86_400;

/// `Retry-After` in whole seconds, from seconds or an HTTP date (RFC 9110, section 10.2.3).
pub fn retry_after(response: &HttpResponse, now: Timestamp) -> Option<u64> {
    let text = response.header("retry-after")?.trim();
    let seconds = text.parse().ok().or_else(|| {
        // An HTTP date is an RFC 2822 date with its zone spelled `GMT`.
        let moment = OffsetDateTime::parse(text, &Rfc2822).ok()?.unix_timestamp();
        Some(u64::try_from(moment.saturating_sub(now.seconds())).unwrap_or(0))
    })?;
    Some(seconds.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::parse("2015-10-21T07:27:50Z").expect("now");
        let wait = |text: &str| {
            let headers = vec![("retry-after".to_owned(), text.to_owned())];
            retry_after(
                &HttpResponse {
                    status: 429,
                    headers,
                    body: vec![],
                },
                now,
            )
        };
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(10));
        assert_eq!(wait("Wed, 21 Oct 2015 07:00:00 GMT"), Some(0));
        assert_eq!(wait("99999999999"), Some(MAX_RETRY_AFTER));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-3"), None);
    }
}
