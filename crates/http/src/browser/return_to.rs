//! Where the browser goes after signing in: only to pages of this service.

use url::Url;

/// Pages a sign-in may lead back to. Everything else is refused, so that a link to this service
/// cannot be made into a link to anywhere (CWE-601).
const ALLOWED_PREFIXES: [&str; 4] = ["/connect/", "/approvals/", "/console/", "/console?"];
/// The one page that has nothing behind its name.
const CONSOLE: &str = "/console";
/// Where the browser goes when no allowed place was named.
const FALLBACK: &str = "/";
/// Longest target that is remembered: a connect callback with the longest parameters there are.
const MAX_BYTES: usize = 2048;

/// A path of this service, with query, that may be put into a `location` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnTo(String);

impl ReturnTo {
    /// The target if it is allowed, else the start page.
    pub fn parse(target: &str) -> Self {
        Self(if is_allowed(target) { target } else { FALLBACK }.to_owned())
    }

    /// The target as a path with query.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_allowed(target: &str) -> bool {
    // Visible ASCII without the backslash, which browsers read as a slash, and without the
    // fragment sign; what is left has one reading.
    let plain = target
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>'));
    plain
        && target.len() <= MAX_BYTES
        && (target == CONSOLE
            || ALLOWED_PREFIXES
                .iter()
                .any(|prefix| target.starts_with(prefix)))
        && stays_put(target)
}

/// Whether a browser, too, would read the target as this very path on this very host: dot segments
/// (also percent-encoded ones) would change it.
fn stays_put(target: &str) -> bool {
    // Any host will do; what counts is that it does not change.
    let Ok(base) = Url::parse("https://here.invalid/") else {
        return false;
    };
    base.join(target).is_ok_and(|joined| {
        joined.host_str() == base.host_str()
            && joined.scheme() == base.scheme()
            && joined.path() == target.split('?').next().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pages_of_this_service_are_returned_to() {
        for target in [
            "/console",
            "/console?status=failed",
            "/console/runs/onboarding-health/run_1",
            "/connect/hubspot",
            "/connect/callback?auth_request_id=a%2Bb&state=c",
        ] {
            assert_eq!(ReturnTo::parse(target).as_str(), target);
        }
    }

    #[test]
    fn everything_else_leads_to_the_start_page() {
        for target in [
            "",
            "/",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "https://evil.test/connect/hubspot",
            "javascript:alert(1)",
            "/auth/logout",
            "/api/connections",
            "/connect",
            "/consoles",
            "/console/../auth/logout",
            "/console/%2e%2e/auth/logout",
            "/connect/../auth/logout",
            "/connect/%2e%2e/auth/logout",
            "/connect/..",
            "/connect/\\..\\x",
            "/connect/\t//evil.test",
            "/connect/x\r\nset-cookie: a=b",
            " /connect/x",
            "/connect/x#fragment",
            "/connect/ünicode",
            "/CONNECT/x",
            "@evil.test/connect/",
        ] {
            assert_eq!(ReturnTo::parse(target).as_str(), "/", "{target}");
        }
        assert_eq!(
            ReturnTo::parse(&format!("/connect/{}", "x".repeat(2048))).as_str(),
            "/"
        );
    }

    proptest! {
        #[test]
        fn no_target_leaves_this_host(target in ".{0,60}") {
            let base = Url::parse("https://onbehalf.test/").expect("base");
            for prefix in ["", "/connect/", "/console", "/console/"] {
                let target = format!("{prefix}{target}");
                let joined = base.join(ReturnTo::parse(&target).as_str()).expect("a path");
                prop_assert_eq!(joined.origin(), base.origin());
                let path = joined.path();
                let ours = ["/connect/", "/approvals/", "/console/"];
                let stays = ours.iter().any(|it| path.starts_with(it));
                prop_assert!(stays || ["/", "/console"].contains(&path), "{}", path);
            }
        }
    }
}
