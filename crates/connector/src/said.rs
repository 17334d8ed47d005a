//! What a connected app's own error says, whatever status it arrived with.
//!
//! Scalekit passes an app's refusal on under the app's status or as a 500, so the status alone
//! proves nothing about a write. Owns the words of the apps, each from the app's documentation: the
//! names of their errors, and the ways in which a whole answer stands inside a message. Knows
//! nothing of Scalekit's envelope and of what is done about an error.

use serde_json::Value;

use super::failure::AuthReason;

/// An error of a connected app, by what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The user's credential does not permit the call; nothing was done.
    Auth(AuthReason),
    /// Too many requests; nothing was done.
    RateLimited,
    /// The app looked at the request and did not take it; nothing was done.
    Refused,
    /// The app is away; whether anything was done is open.
    Away,
}

/// Longest message that is looked through, in bytes; an app's error is far shorter.
const LONGEST_MESSAGE: usize = 16 * 1024;

/// Error names of the apps, in capitals and with underscores for spaces.
///
/// HubSpot, "Error handling": `category` and `errorType`. Linear, "Rate limiting" and the error
/// types of its public SDK. Zendesk, "Requests: status codes and errors". Salesforce, "Status codes and
/// error responses". Microsoft Graph, "Error responses and resource types". Google, "Gmail API: resolve
/// errors" and "BigQuery: error messages". Vercel, "Errors".
const CODES: [(&str, Said); 70] = [
    ("TOKEN_EXPIRED", Said::Auth(AuthReason::TokenExpired)),
    (
        "EXPIRED_AUTHENTICATION",
        Said::Auth(AuthReason::TokenExpired),
    ),
    (
        "INVALID_AUTHENTICATION",
        Said::Auth(AuthReason::TokenExpired),
    ),
    ("AUTHENTICATION_ERROR", Said::Auth(AuthReason::TokenExpired)),
    ("UNAUTHENTICATED", Said::Auth(AuthReason::TokenExpired)),
    ("INVALID_TOKEN", Said::Auth(AuthReason::TokenExpired)),
    ("ACCOUNT_REVOKED", Said::Auth(AuthReason::AccountRevoked)),
    ("TOKEN_REVOKED", Said::Auth(AuthReason::AccountRevoked)),
    (
        "SCOPE_INSUFFICIENT",
        Said::Auth(AuthReason::ScopeInsufficient),
    ),
    ("MISSING_SCOPES", Said::Auth(AuthReason::ScopeInsufficient)),
    (
        "INSUFFICIENT_SCOPE",
        Said::Auth(AuthReason::ScopeInsufficient),
    ),
    ("FORBIDDEN", Said::Auth(AuthReason::ScopeInsufficient)),
    ("RATELIMITED", Said::RateLimited),
    ("RATE_LIMITED", Said::RateLimited),
    ("RATE_LIMIT", Said::RateLimited),
    ("RATE_LIMITS", Said::RateLimited),
    ("TOO_MANY_REQUESTS", Said::RateLimited),
    ("APIRATELIMITEXCEEDED", Said::RateLimited),
    ("VALIDATION_ERROR", Said::Refused),
    ("BAD_REQUEST", Said::Refused),
    ("OBJECT_NOT_FOUND", Said::Refused),
    ("RESOURCE_NOT_FOUND", Said::Refused),
    ("PROPERTY_DOESNT_EXIST", Said::Refused),
    ("OBJECT_ALREADY_EXISTS", Said::Refused),
    ("CONFLICT", Said::Refused),
    ("INVALID_INPUT", Said::Refused),
    ("INPUT_ERROR", Said::Refused),
    ("BAD_USER_INPUT", Said::Refused),
    ("USER_ERROR", Said::Refused),
    ("GRAPHQL_VALIDATION_FAILED", Said::Refused),
    ("GRAPHQL_PARSE_FAILED", Said::Refused),
    ("GRAPHQL_ERROR", Said::Refused),
    ("ENTITY_NOT_FOUND", Said::Refused),
    ("FEATURE_NOT_ACCESSIBLE", Said::Refused),
    ("USAGE_LIMIT_EXCEEDED", Said::Refused),
    ("RECORDINVALID", Said::Refused),
    ("RECORDNOTFOUND", Said::Refused),
    ("INVALIDENDPOINT", Said::Refused),
    ("UNPROCESSABLEENTITY", Said::Refused),
    ("INVALID_SESSION_ID", Said::Auth(AuthReason::TokenExpired)),
    (
        "INVALIDAUTHENTICATIONTOKEN",
        Said::Auth(AuthReason::TokenExpired),
    ),
    ("RATELIMITEXCEEDED", Said::RateLimited),
    ("USERRATELIMITEXCEEDED", Said::RateLimited),
    ("REQUEST_LIMIT_EXCEEDED", Said::RateLimited),
    ("APPLICATIONTHROTTLED", Said::RateLimited),
    ("TOOMANYREQUESTS", Said::RateLimited),
    ("NOT_FOUND", Said::Refused),
    ("NOTFOUND", Said::Refused),
    ("BADREQUEST", Said::Refused),
    ("INVALIDARGUMENT", Said::Refused),
    ("INVALIDQUERY", Said::Refused),
    ("MALFORMED_QUERY", Said::Refused),
    ("INVALID_FIELD", Said::Refused),
    ("INVALID_TYPE", Said::Refused),
    ("REQUIRED_FIELD_MISSING", Said::Refused),
    ("STRING_TOO_LONG", Said::Refused),
    ("DUPLICATES_DETECTED", Said::Refused),
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Said::Refused),
    ("ERRORITEMNOTFOUND", Said::Refused),
    ("ERRORINVALIDRECIPIENTS", Said::Refused),
    ("ERRORPROPERTYVALIDATIONFAILURE", Said::Refused),
    ("ERRORINVALIDURLQUERYFILTER", Said::Refused),
    ("REQUESTENTITYTOOLARGE", Said::Refused),
    ("ENV_CONFLICT", Said::Refused),
    ("SERVICE_UNAVAILABLE", Said::Away),
    ("BAD_GATEWAY", Said::Away),
    ("GATEWAY_TIMEOUT", Said::Away),
    ("LOCK_TIMEOUT", Said::Away),
    ("INTERNAL_ERROR", Said::Away),
    ("INTERNAL_SERVER_ERROR", Said::Away),
];

/// Sentences that stand for an error where no name does. HubSpot's and Linear's own.
const SENTENCES: [(&str, Said); 7] = [
    ("property values were not valid", Said::Refused),
    ("invalid input json", Said::Refused),
    ("conflict on insert", Said::Refused),
    ("rate limit exceeded", Said::RateLimited),
    ("you have reached your", Said::RateLimited),
    ("too many requests", Said::RateLimited),
    ("ratelimited", Said::RateLimited),
];

/// Where the apps name an error in their answers, the most telling first.
const NAMED_AT: [&str; 12] = [
    "/errors/0/extensions/code",
    "/errors/0/extensions/type",
    "/errors/0/code",
    "/category",
    "/errorType",
    "/extensions/code",
    "/error/code",
    "/error",
    "/code",
    "/statusCode",
    "/status_code",
    "/status",
];

impl Said {
    /// What this name or number of an error says, if it is known.
    pub fn by_code(code: &str) -> Option<Self> {
        let name = code.trim().replace([' ', '-'], "_").to_ascii_uppercase();
        if let Ok(status) = name.parse() {
            return Self::by_status(status);
        }
        let known = CODES.iter().find(|(known, _)| *known == name);
        known.map(|(_, said)| *said)
    }

    /// Whether this code says no more than that something was wrong.
    pub(super) fn is_general(code: &str) -> bool {
        code.parse::<u16>().is_ok()
            || code.eq_ignore_ascii_case("BAD_REQUEST")
            || Self::by_code(code).is_none()
    }

    /// What the app's own status says.
    pub fn by_status(status: u16) -> Option<Self> {
        match status {
            401 => Some(Self::Auth(AuthReason::TokenExpired)),
            403 => Some(Self::Auth(AuthReason::ScopeInsufficient)),
            429 => Some(Self::RateLimited),
            // Timeouts on the way; the request may have been taken all the same.
            408 | 425 | 499 => None,
            400..=499 => Some(Self::Refused),
            502..=504 => Some(Self::Away),
            _ => None,
        }
    }

    /// What a message says, by the answer of the app that it quotes or by the words around a
    /// status. Looked at only where no code is known: a message may repeat what was sent.
    pub fn by_message(message: &str) -> Option<Self> {
        if message.len() > LONGEST_MESSAGE {
            return None;
        }
        quoted(message)
            .or_else(|| status_in(message))
            .or_else(|| sentence(message))
    }
}

/// The app's JSON answer, quoted anywhere in the message.
fn quoted(message: &str) -> Option<Said> {
    let start = message.find('{')?;
    let answer = serde_json::Deserializer::from_slice(message.get(start..)?.as_bytes())
        .into_iter::<Value>()
        .next()?
        .ok()?;
    NAMED_AT.iter().find_map(|at| match answer.pointer(at)? {
        Value::String(code) => Said::by_code(code),
        Value::Number(number) => Said::by_status(u16::try_from(number.as_u64()?).ok()?),
        _ => None,
    })
}

/// A status named as one: `HTTP 400`, `status code: 422`, `404 Not Found`.
fn status_in(message: &str) -> Option<Said> {
    let lower = message.to_ascii_lowercase();
    let words: Vec<_> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.iter().enumerate().find_map(|(at, word)| {
        let status = word.parse::<u16>().ok().filter(|_| word.len() == 3)?;
        // `HTTP/1.1 400` puts two numbers in between.
        let before = &words[at.saturating_sub(3)..at];
        let announced = before
            .last()
            .is_some_and(|it| matches!(*it, "http" | "status" | "statuscode" | "code" | "error"))
            || before.contains(&"http");
        let explained = words
            .get(at + 1)
            .is_some_and(|it| reason(status) == Some(it));
        (announced || explained).then(|| Said::by_status(status))?
    })
}

/// The first word of a status's reason phrase (RFC 9110, section 15.5).
fn reason(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "bad",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not",
        409 => "conflict",
        422 => "unprocessable",
        429 => "too",
        502 => "bad",
        503 => "service",
        504 => "gateway",
        _ => return None,
    })
}

fn sentence(message: &str) -> Option<Said> {
    let lower = message.to_ascii_lowercase();
    let known = SENTENCES.iter().find(|(words, _)| lower.contains(words));
    known.map(|(_, said)| *said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_error_is_known_by_any_of_its_spellings() {
        for (code, said) in [
            ("VALIDATION_ERROR", Said::Refused),
            ("input error", Said::Refused),
            ("RecordInvalid", Said::Refused),
            ("422", Said::Refused),
            ("ratelimited", Said::RateLimited),
            ("429", Said::RateLimited),
            ("MISSING_SCOPES", Said::Auth(AuthReason::ScopeInsufficient)),
            ("401", Said::Auth(AuthReason::TokenExpired)),
            ("503", Said::Away),
            ("notFound", Said::Refused),
            ("MALFORMED_QUERY", Said::Refused),
            ("ErrorInvalidRecipients", Said::Refused),
            ("rateLimitExceeded", Said::RateLimited),
            // A 503 may arrive as 500 under such a name: a question may be asked again.
            ("INTERNAL_SERVER_ERROR", Said::Away),
        ] {
            assert_eq!(Said::by_code(code), Some(said), "{code}");
        }
        for code in ["", "500", "408", "x", "99999999"] {
            assert_eq!(Said::by_code(code), None, "{code}");
        }
    }

    #[test]
    fn an_answer_quoted_in_a_message_is_read() {
        for (message, said) in [
            (
                r#"hubspot: {"status":"error","message":"no","category":"VALIDATION_ERROR"} (1 try)"#,
                Said::Refused,
            ),
            (
                r#"{"errors":[{"extensions":{"code":"RATELIMITED"}}]}"#,
                Said::RateLimited,
            ),
            (r#"request failed: {"statusCode":404}"#, Said::Refused),
            ("request failed with status code 400", Said::Refused),
            ("HTTP/1.1 403", Said::Auth(AuthReason::ScopeInsufficient)),
            ("upstream said: 429 Too Many Requests", Said::RateLimited),
            ("You have reached your secondly limit.", Said::RateLimited),
            ("Property values were not valid: [..]", Said::Refused),
        ] {
            assert_eq!(Said::by_message(message), Some(said), "{message}");
        }
    }

    #[test]
    fn a_number_that_is_no_status_says_nothing() {
        for message in [
            "Acme 404 is unknown to us",
            "400 customers",
            "internal error, status code 500",
            "timed out (408 Request Timeout)",
            "{not json",
            "",
        ] {
            assert_eq!(Said::by_message(message), None, "{message}");
        }
    }

    proptest! {
        #[test]
        fn any_message_is_read_to_its_end(message in ".{0,200}") {
            let _ = Said::by_message(&message);
            let _ = Said::by_code(&message);
        }
    }
}
