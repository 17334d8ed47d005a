//! The files that were uploaded beside the Worker: the console.
//!
//! Owns the binding. Which file answers what is decided in [`onbehalf_http`].

use async_trait::async_trait;
use worker::Env;

use super::body::whole;
use onbehalf_http::{Files, StoredFile};
use onbehalf_runs::BackendError;

/// The binding's name in `wrangler.toml`.
const BINDING: &str = "ASSETS";

/// The platform's store of files.
pub struct EdgeFiles {
    env: Env,
}

impl EdgeFiles {
    /// Reads what is bound in `env`.
    pub fn new(env: Env) -> Self {
        Self { env }
    }

    async fn read(&self, path: &str) -> worker::Result<Option<StoredFile>> {
        // The host is never resolved: the binding decides where the request goes.
        let url = format!("https://files{path}");
        let response = self.env.assets(BINDING)?.fetch(url, None).await?;
        if response.status_code() != 200 {
            return Ok(None);
        }
        let content_type = response.headers().get("content-type")?;
        Ok(Some(StoredFile {
            content_type: content_type.unwrap_or_default(),
            // Our own file, of the size that it was built with.
            body: whole(&response).await?,
        }))
    }
}

#[async_trait(?Send)]
impl Files for EdgeFiles {
    async fn file(&self, path: &str) -> Result<Option<StoredFile>, BackendError> {
        self.read(path).await.map_err(|error| {
            super::log::warn("file_unreadable", &[("error", &error.to_string())]);
            BackendError::Unavailable
        })
    }
}
