//! The console: a site of its own that was built beside the Worker, and is a client of the API.
//!
//! Owns which file answers which path, and what browsers are told of it. Which views there are the
//! console knows: a path that is no file is answered with its page, which reads the path itself. Of
//! the page there are several, all of the same script: for somebody who is signed in, one shows at
//! once what stands around every view, in their language. Nothing of a person is in any of them, so
//! that a cookie need only be there; whether it is good the script hears from the API.
//! Files that are there, but for pages, the platform answers without asking here (`wrangler.toml`).

use async_trait::async_trait;

use crate::browser::cookie::{self, Cookie};
use crate::browser::pages;
use crate::service::{Api, Handled};
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::request_headers::wants_page;
use onbehalf_runs::BackendError;

/// Where the console begins.
pub const PATH: &str = "/console";
/// Its page for somebody who is not signed in.
const PAGE: &str = "/console/index.html";
/// In what language somebody has chosen to see it; set by its script.
const LANGUAGE_COOKIE: &str = "onbehalf-language";
/// Below this stand files whose names change with what is in them.
const ASSETS: &str = "/console/assets/";

/// What the console may load, and from where: itself alone. No script and no style stands in the
/// page, so none that was slipped in runs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                      manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; \
                      base-uri 'none'; form-action 'self'";

/// A file as the platform keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Its media type.
    pub content_type: String,
    /// All of it.
    pub body: Vec<u8>,
}

/// Files that were built beside the Worker.
#[async_trait(?Send)]
pub trait Files {
    /// The file under this path; `None` where there is none.
    async fn file(&self, path: &str) -> Result<Option<StoredFile>, BackendError>;
}

/// The languages that pages were built in. What the script shows is its own business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    English,
    German,
}

impl Language {
    /// The one of a tag (RFC 5646), whatever the region.
    fn of_tag(tag: &str) -> Option<Self> {
        match tag.trim().split(['-', ';']).next()? {
            "en" => Some(Self::English),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// What was chosen, or the first that the browser names (RFC 9110 section 12.5.4): browsers name
    /// the dearest first, as the script finds them.
    fn wanted(request: &ApiRequest) -> Self {
        let chosen = cookie::value_of(request, LANGUAGE_COOKIE).and_then(Self::of_tag);
        let named = request.header("accept-language").unwrap_or_default();
        chosen
            .or_else(|| named.split(',').find_map(Self::of_tag))
            .unwrap_or(Self::English)
    }
}

/// The file of the page that a view opens with.
fn page(path: &str, is_signed_in: bool, language: Language) -> &'static str {
    let is_home = path.trim_end_matches('/') == PATH;
    match (is_signed_in, is_home, language) {
        (false, ..) => PAGE,
        (true, true, Language::English) => "/console/home.en.html",
        (true, true, Language::German) => "/console/home.de.html",
        (true, false, Language::English) => "/console/page.en.html",
        (true, false, Language::German) => "/console/page.de.html",
    }
}

/// Whether a path names a file: its last part is the name of one that lies beside the page, or it is
/// an asset. Views have no dot there: one is named by workflow and run.
fn is_file(path: &str) -> bool {
    let name = path.strip_prefix(PATH).and_then(|it| it.strip_prefix('/'));
    let is_beside = name.is_some_and(|name| name.contains('.') && !name.contains('/'));
    is_beside || path.starts_with(ASSETS)
}

impl Api {
    /// Answers whatever is asked for below [`PATH`].
    pub(super) async fn console(&self, request: &ApiRequest) -> Handled {
        let path = match is_file(&request.path) {
            true => request.path.as_str(),
            false => {
                let session = Cookie::Session.of(request, self.settings.secure());
                page(&request.path, session.is_some(), Language::wanted(request))
            }
        };
        Ok(match self.files.file(path).await? {
            Some(file) => answer(file),
            None if wants_page(request) => pages::not_found(),
            None => return Err(crate::service::nothing_here()),
        })
    }
}

/// Asked for anew each time: what is in it names the files that go with it.
fn answer(file: StoredFile) -> ApiResponse {
    ApiResponse::new(200, &file.content_type, file.body)
        .replacing("content-security-policy", POLICY)
        .with("cross-origin-opener-policy", "same-origin")
        .with("permissions-policy", pages::PERMISSIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_file_or_a_view() {
        for view in [
            "/console",
            "/console/",
            "/console/runs",
            "/console/runs/onboarding-health/run_1",
            "/console/tools/v1.2/x",
            "/console/a/icon.svg",
        ] {
            assert!(!is_file(view), "{view}");
        }
        for file in [
            "/console/icon.svg",
            "/console/worker.js",
            "/console/assets/console-1.js",
            "/console/assets/none",
            "/console/..",
        ] {
            assert!(is_file(file), "{file}");
        }
    }

    #[test]
    fn a_language_is_the_one_that_was_chosen_or_the_first_that_is_known() {
        use Language::{English, German};
        for (cookie, accept, expected) in [
            (None, None, English),
            (None, Some("de-AT,de;q=0.9,en;q=0.8"), German),
            (None, Some("fr, de;q=0.5, en;q=0.4"), German),
            (None, Some("fr-CA, ja"), English),
            (None, Some("den, *"), English),
            (Some("en"), Some("de"), English),
            (Some("de"), Some("en"), German),
            (Some("zz"), Some("de"), German),
            (Some(""), None, English),
        ] {
            let cookie = cookie.map(|it| ("cookie", format!("a=b; {LANGUAGE_COOKIE}={it}")));
            let accept = accept.map(|it| ("accept-language", it.to_owned()));
            let headers = cookie.into_iter().chain(accept);
            let request = ApiRequest {
                headers: headers
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
                ..crate::testkit::browser_request("GET", PATH, &[])
            };
            assert_eq!(
                Language::wanted(&request),
                expected,
                "{:?}",
                request.headers
            );
        }
    }
}
