//! A connector's name: what tools, routes and journals call a connected app.
//!
//! Owns what can be such a name. Which connectors there are, and what each of them is called
//! elsewhere, is configuration ([`Connectors`](super::Connectors)): an app that nobody here has
//! thought of needs a line there and no code.
//!
//! ```
//! use onbehalf_connector::Connector;
//!
//! const NOTION: Connector = Connector::named("notion");
//! assert_eq!("notion".parse(), Ok(NOTION));
//! assert!("Notion!".parse::<Connector>().is_err());
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest name, in bytes. Short enough to be kept in place and handed around like a number.
const LONGEST: usize = 32;

/// The name of a connector: lower-case letters, digits, `-` and `_`, a letter first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Connector {
    /// Filled up with zeros, so that names compare as texts do.
    bytes: [u8; LONGEST],
    length: u8,
}

impl Connector {
    /// HubSpot.
    pub const HUBSPOT: Self = Self::named("hubspot");
    /// Linear.
    pub const LINEAR: Self = Self::named("linear");
    /// Slack.
    pub const SLACK: Self = Self::named("slack");
    /// Zendesk.
    pub const ZENDESK: Self = Self::named("zendesk");

    /// A name written in code: one that cannot be a name does not compile.
    ///
    /// # Panics
    /// Outside of a constant, for a text that cannot be a name; [`str::parse`] is for those.
    pub const fn named(name: &str) -> Self {
        match Self::read(name.as_bytes()) {
            Some(connector) => connector,
            None => panic!("a connector is named by lower-case letters, digits, `-` and `_`"),
        }
    }

    const fn read(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > LONGEST || !text[0].is_ascii_lowercase() {
            return None;
        }
        let mut bytes = [0; LONGEST];
        let mut at = 0;
        while at < text.len() {
            let byte = text[at];
            if !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
            {
                return None;
            }
            bytes[at] = byte;
            at += 1;
        }
        Some(Self {
            bytes,
            // At most LONGEST, which fits.
            length: text.len() as u8,
        })
    }

    /// The name as text.
    pub fn name(&self) -> &str {
        let name = self.bytes.get(..usize::from(self.length));
        // Nothing but ASCII gets in.
        name.and_then(|name| str::from_utf8(name).ok())
            .unwrap_or_default()
    }
}

/// A text that cannot be a connector's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a connector is named by at most {LONGEST} lower-case letters, digits, `-` and `_`")]
pub struct NoConnectorName;

impl FromStr for Connector {
    type Err = NoConnectorName;

    fn from_str(text: &str) -> Result<Self, NoConnectorName> {
        Self::read(text.as_bytes()).ok_or(NoConnectorName)
    }
}

impl TryFrom<String> for Connector {
    type Error = NoConnectorName;

    fn try_from(text: String) -> Result<Self, NoConnectorName> {
        text.parse()
    }
}

impl From<Connector> for String {
    fn from(connector: Connector) -> Self {
        connector.name().to_owned()
    }
}

impl fmt::Display for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl schemars::JsonSchema for Connector {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Connector".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A connected app, by the name it is configured under.",
            "pattern": "^[a-z][a-z0-9_-]{0,31}$",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_reads_back_in_text_and_in_json() {
        for connector in [Connector::HUBSPOT, Connector::named("a-1_b")] {
            assert_eq!(connector.to_string().parse(), Ok(connector));
            let json = serde_json::to_value(connector).expect("json");
            assert_eq!(json, connector.name());
            assert_eq!(
                serde_json::from_value::<Connector>(json).ok(),
                Some(connector)
            );
        }
    }

    #[test]
    fn what_cannot_stand_in_a_path_is_no_name() {
        let long = "x".repeat(LONGEST + 1);
        for bad in [
            "", "Hubspot", "hub spot", "hub/spot", "-x", "1x", "é", &long,
        ] {
            assert_eq!(bad.parse::<Connector>(), Err(NoConnectorName), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_compare_as_their_texts(one in "[a-z][a-z0-9_-]{0,31}", other in "[a-z]{1,4}") {
            let of = |text: &str| text.parse::<Connector>().expect("a name");
            prop_assert_eq!(of(&one).cmp(&of(&other)), one.cmp(&other));
            let first = of(&one);
            prop_assert_eq!(first.name(), one.as_str());
        }
    }
}
