//! Cookies: reading them from a request, and writing them with the attributes all of ours share.

use std::time::Duration;

use url::Url;

use crate::wire::message::ApiRequest;

/// The cookies this service sets, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Who is signed in in this browser.
    Session,
    /// A sign-in under way.
    Login,
    /// A random value that tells one browser from another while connections are being made.
    Browser,
}

impl Cookie {
    /// The cookie's name. Over `https` it has the `__Host-` prefix: browsers then take it only
    /// from this very host, with `Secure` and for all paths (RFC 6265bis §4.1.3.2), so that no
    /// sibling host can plant one.
    pub fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-onbehalf_session",
            (Self::Session, false) => "onbehalf_session",
            (Self::Login, true) => "__Host-onbehalf_login",
            (Self::Login, false) => "onbehalf_login",
            (Self::Browser, true) => "__Host-onbehalf_browser",
            (Self::Browser, false) => "onbehalf_browser",
        }
    }

    /// The cookie's value in a request.
    pub fn of(self, request: &ApiRequest, secure: bool) -> Option<&str> {
        value_of(request, self.name(secure))
    }

    /// The `set-cookie` header that sets it. `SameSite=Lax`, not `Strict`: the browser comes back
    /// from the identity provider and from Scalekit with a top-level navigation.
    pub fn set(self, secure: bool, value: &str, lifetime: Duration) -> String {
        let name = self.name(secure);
        let seconds = lifetime.as_secs();
        let secure = if secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    /// The `set-cookie` header that removes it.
    pub fn clear(self, secure: bool) -> String {
        self.set(secure, "", Duration::ZERO)
    }
}

/// Whether cookies for this address can be `Secure`. Browsers take such cookies over `https` only;
/// plain `http` is for a developer's own machine.
pub fn is_secure(public_url: &Url) -> bool {
    public_url.scheme() == "https"
}

/// The value of the cookie of this name in a request. One that is sent twice has none. Around a name
/// only what RFC 6265 section 5.2 takes for white space is taken away: to a browser, a name that begins
/// with any other has no prefix, so that every sibling host may set it.
pub fn value_of<'a>(request: &'a ApiRequest, name: &str) -> Option<&'a str> {
    let mut values = request
        .headers
        .iter()
        .filter(|(header, _)| header == "cookie")
        .flat_map(|(_, line)| line.split(';'))
        .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(lines: &[&str]) -> ApiRequest {
        ApiRequest {
            headers: lines
                .iter()
                .map(|line| ("cookie".to_owned(), (*line).to_owned()))
                .collect(),
            ..ApiRequest::default()
        }
    }

    #[test]
    fn the_attributes_keep_scripts_and_other_hosts_away() {
        assert_eq!(
            Cookie::Session.set(true, "v", Duration::from_secs(60)),
            "__Host-onbehalf_session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            Cookie::Login.clear(false),
            "onbehalf_login=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let request = request(&["a=b; onbehalf_session=x=y;c", "d=e"]);
        assert_eq!(Cookie::Session.of(&request, false), Some("x=y"));
        assert_eq!(Cookie::Session.of(&request, true), None);
        assert_eq!(Cookie::Login.of(&request, false), None);
    }

    #[test]
    fn a_name_that_only_looks_like_ours_is_another() {
        for space in [
            "\u{2000}", "\u{a0}", "\u{85}", "\u{b}", "\u{c}", "\u{feff}", "\u{3000}",
        ] {
            let line = format!("a=b; {space}__Host-onbehalf_session=x");
            assert_eq!(
                Cookie::Session.of(&request(&[&line]), true),
                None,
                "{line:?}"
            );
        }
        for line in ["__Host-onbehalf_session =x", "__host-onbehalf_session=x"] {
            assert_eq!(Cookie::Session.of(&request(&[line]), true), None, "{line}");
        }
        let padded = request(&["a=b;\t __Host-onbehalf_session=x \t"]);
        assert_eq!(Cookie::Session.of(&padded, true), Some("x"));
    }

    #[test]
    fn two_of_the_same_name_count_as_none() {
        let request = request(&["onbehalf_session=a; onbehalf_session=b"]);
        assert_eq!(Cookie::Session.of(&request, false), None);
    }
}
