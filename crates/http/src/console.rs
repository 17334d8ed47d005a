//! The console: a site of its own that was built beside the Worker, and is a client of the API.
//!
//! Owns which file answers which path, and what browsers are told of it. Which views there are the
//! console knows: a path that is no file is answered with its one page, which reads the path itself.
//! Files that are there, but for the page, the platform answers without asking here (`wrangler.toml`).

use async_trait::async_trait;

use crate::browser::pages;
use crate::service::{Api, Handled};
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::request_headers::wants_page;
use onbehalf_runs::BackendError;

/// Where the console begins.
pub const PATH: &str = "/console";
/// Its one page, as it was built.
const PAGE: &str = "/console/index.html";
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

/// The file that a path below [`PATH`] stands for: the page, unless its last part is the name of a
/// file that lies beside the page. Views have no dot there: one is named by workflow and run.
fn file_of(path: &str) -> &str {
    let name = path.strip_prefix(PATH).and_then(|it| it.strip_prefix('/'));
    let is_file = name.is_some_and(|name| name.contains('.') && !name.contains('/'));
    match is_file || path.starts_with(ASSETS) {
        true => path,
        false => PAGE,
    }
}

impl Api {
    /// Answers whatever is asked for below [`PATH`].
    pub(super) async fn console(&self, request: &ApiRequest) -> Handled {
        let path = file_of(&request.path);
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
    fn a_path_is_a_file_or_the_page() {
        for view in [
            "/console",
            "/console/",
            "/console/runs",
            "/console/runs/onboarding-health/run_1",
            "/console/tools/v1.2/x",
            "/console/a/icon.svg",
        ] {
            assert_eq!(file_of(view), PAGE, "{view}");
        }
        for file in [
            "/console/icon.svg",
            "/console/worker.js",
            "/console/assets/console-1.js",
            "/console/assets/none",
            "/console/..",
        ] {
            assert_eq!(file_of(file), file);
        }
    }
}
