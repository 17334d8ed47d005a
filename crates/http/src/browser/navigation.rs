//! What a browser says about why it sends a request: for whom, and whether a person asked.
//!
//! Owns the reading of `Sec-Fetch-Site`, `Origin` and the prefetch hints. A request that carries
//! none of them comes from a program or an old browser, and is judged by its cookies alone.

use url::Url;

use crate::wire::message::ApiRequest;

/// Whether a page of the service at `own` sent the request, or no browser at all. `Sec-Fetch-Site`
/// comes first: under the pages' `no-referrer` policy a form's `Origin` is `null` (Fetch standard,
/// "append a request Origin header").
pub fn is_from(request: &ApiRequest, own: &Url) -> bool {
    match (request.header("sec-fetch-site"), request.header("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin == own.origin().ascii_serialization(),
        (None, None) => true,
    }
}

/// Whether a script of a page of the service at `own` sent the request: nobody else does with the
/// cookie, and a request that says nothing of where it is from is not taken for one. `same-site` is
/// another origin too: a sibling host, or another port of a developer's machine.
pub fn is_of_own_page(request: &ApiRequest, own: &Url) -> bool {
    match (request.header("sec-fetch-site"), request.header("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == own.origin().ascii_serialization(),
        (None, None) => false,
    }
}

/// Whether the browser asks ahead, for a page nobody has clicked on yet. `Sec-Purpose` is the
/// standard's header (Fetch, "prefetch"; `prerender` stands beside it); the others are older.
pub fn is_ahead(request: &ApiRequest) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .into_iter()
        .filter_map(|name| request.header(name))
        .any(|purpose| {
            let purpose = purpose.to_ascii_lowercase();
            ["prefetch", "prerender", "preview"]
                .iter()
                .any(|hint| purpose.contains(hint))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> ApiRequest {
        ApiRequest {
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..ApiRequest::default()
        }
    }

    /// A page's own requests are told from whatever else may come without a fault of the person's.
    #[test]
    fn another_site_is_told_from_this_one() {
        let own = Url::parse("https://onbehalf.test/").expect("url");
        let may_come_otherwise: [&[_]; 2] = [&[], &[("sec-fetch-site", "none")]];
        for (headers, ours) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("origin", "https://onbehalf.test")], true),
            (&[("origin", "https://onbehalf.test:8443")], false),
            (&[("origin", "https://evil.test")], false),
            (&[("origin", "null")], false),
            // A form of ours under `no-referrer`.
            (
                &[("sec-fetch-site", "same-origin"), ("origin", "null")],
                true,
            ),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://onbehalf.test"),
                ],
                false,
            ),
        ] {
            assert_eq!(is_from(&request(headers), &own), ours, "{headers:?}");
            let of_page = ours && !may_come_otherwise.contains(&headers);
            assert_eq!(
                is_of_own_page(&request(headers), &own),
                of_page,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn what_a_browser_asks_ahead_is_told_from_a_click() {
        for (name, value, ahead) in [
            ("sec-purpose", "prefetch", true),
            ("sec-purpose", "prefetch;prerender", true),
            ("purpose", "prefetch", true),
            ("x-moz", "prefetch", true),
            ("x-purpose", "preview", true),
            ("sec-purpose", "", false),
            ("accept", "prefetch", false),
        ] {
            assert_eq!(is_ahead(&request(&[(name, value)])), ahead, "{name}");
        }
    }
}
