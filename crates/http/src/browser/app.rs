//! A connected app, as pages speak of it.

use crate::service::Api;
use onbehalf_connector::{Connector, ConnectorKind};

/// One of the apps that are configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its connector.
    pub connector: Connector,
    /// Its name for people.
    pub label: String,
    /// How a user's account comes to be.
    pub kind: ConnectorKind,
}

impl App {
    /// The page where a person connects it.
    pub fn path(&self) -> String {
        format!("/connect/{}", self.connector)
    }
}

impl Api {
    /// The app that is configured under this name.
    pub(crate) fn app(&self, name: &str) -> Option<App> {
        self.scalekit
            .connectors()
            .get(name)
            .map(|it| self.app_of(it))
    }

    /// Every app.
    pub(crate) fn apps(&self) -> Vec<App> {
        let all = self.scalekit.connectors().all();
        all.map(|connector| self.app_of(connector)).collect()
    }

    fn app_of(&self, connector: Connector) -> App {
        let connectors = self.scalekit.connectors();
        App {
            connector,
            label: connectors.label(connector),
            kind: connectors.kind(connector),
        }
    }
}
