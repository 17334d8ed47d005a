//! Where the Scalekit environment is and how this Worker signs in to it.

use onbehalf_fetch::Secret;
use url::{Host, Url};

use super::connectors::{ConnectorConfig, Connectors};
use super::name::Connector;

/// One Scalekit environment and its client credentials.
#[derive(Clone, Debug)]
pub struct ScalekitConfig {
    environment_url: String,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    connectors: Connectors,
}

/// A configuration that cannot work. Never shows the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not an absolute `https` URL (or `http` on this machine).
    #[error("the Scalekit environment URL must be an absolute https URL (http only on loopback)")]
    EnvironmentUrl,
    /// The client id or secret is empty.
    #[error("the Scalekit client id and secret must not be empty")]
    EmptyCredential,
}

impl ScalekitConfig {
    /// Checks and keeps the three values.
    ///
    /// # Errors
    /// [`ConfigError`] when the URL would send credentials in the clear, or a value is empty.
    pub fn new(
        environment_url: &str,
        client_id: &str,
        client_secret: Secret,
    ) -> Result<Self, ConfigError> {
        let url = Url::parse(environment_url.trim()).map_err(|_| ConfigError::EnvironmentUrl)?;
        let extra = url.query().is_some() || url.fragment().is_some();
        if !is_https_or_loopback(&url) || extra {
            return Err(ConfigError::EnvironmentUrl);
        }
        if client_id.trim().is_empty() || client_secret.expose().is_empty() {
            return Err(ConfigError::EmptyCredential);
        }
        Ok(Self {
            environment_url: url.as_str().trim_end_matches('/').to_owned(),
            client_id: client_id.trim().to_owned(),
            client_secret,
            connectors: Connectors::default(),
        })
    }

    /// The same environment, with these connectors.
    #[must_use]
    pub fn with_connectors(self, connectors: Connectors) -> Self {
        Self { connectors, ..self }
    }

    /// What this connector's connection is called.
    pub(super) fn connection(&self, connector: Connector) -> ConnectorConfig {
        self.connectors.of(connector)
    }

    /// All connectors.
    pub fn connectors(&self) -> &Connectors {
        &self.connectors
    }

    /// The absolute URL of `path`, which starts with a slash.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.environment_url)
    }
}

/// `https`, or `http` to this very machine (the sandbox); no user name or password inside.
pub(super) fn is_https_or_loopback(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    let plain = url.username().is_empty() && url.password().is_none();
    plain && (url.scheme() == "https" || (url.scheme() == "http" && loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> Result<ScalekitConfig, ConfigError> {
        ScalekitConfig::new(url, "skc_1", Secret::new("s"))
    }

    #[test]
    fn a_trailing_slash_does_not_double() {
        let config = config("https://acme.scalekit.cloud/").expect("config");
        assert_eq!(
            config.url("/oauth/token"),
            "https://acme.scalekit.cloud/oauth/token"
        );
    }

    #[test]
    fn credentials_never_travel_in_the_clear() {
        assert!(config("http://127.0.0.1:9000").is_ok());
        assert!(config("http://[::1]:9000").is_ok());
        for bad in [
            "http://acme.test",
            "acme.test",
            "ftp://x",
            "https://u:p@acme.test",
            "",
        ] {
            assert_eq!(
                config(bad).err(),
                Some(ConfigError::EnvironmentUrl),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_empty_secret_is_refused() {
        let result = ScalekitConfig::new("https://acme.test", "id", Secret::new(""));
        assert_eq!(result.err(), Some(ConfigError::EmptyCredential));
    }
}
