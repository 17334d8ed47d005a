//! The connectors this project knows, by the name their connection has in Scalekit.
//!
//! To add one, add one row to the table below; parsing, printing, serde and JSON Schema follow.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! connectors {
    ($($variant:ident, $name:literal, $title:literal;)+) => {
        /// A connected app, named as its connection is named in Scalekit.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub enum Connector {
            $(
                #[doc = concat!($title, ", `", $name, "` on the wire.")]
                #[serde(rename = $name)]
                $variant,
            )+
        }

        impl Connector {
            /// Every connector, in the order of the table.
            pub const ALL: &'static [Connector] = &[$(Connector::$variant),+];

            /// The connection's name in Scalekit, e.g. `hubspot`.
            pub const fn name(self) -> &'static str {
                match self { $(Connector::$variant => $name),+ }
            }

            /// The product's own spelling, for people.
            pub const fn title(self) -> &'static str {
                match self { $(Connector::$variant => $title),+ }
            }
        }
    };
}

connectors! {
    Hubspot, "hubspot", "HubSpot";
    Zendesk, "zendesk", "Zendesk";
    Linear, "linear", "Linear";
}

/// A name that is not in the table. Lists the ones that are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown connector; known connectors: {}", known())]
pub struct UnknownConnector;

fn known() -> String {
    let names: Vec<_> = Connector::ALL.iter().map(|c| c.name()).collect();
    names.join(", ")
}

impl FromStr for Connector {
    type Err = UnknownConnector;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|connector| connector.name() == text)
            .ok_or(UnknownConnector)
    }
}

impl fmt::Display for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_in_text_and_in_json() {
        for connector in Connector::ALL {
            assert_eq!(connector.to_string().parse(), Ok(*connector));
            let json = serde_json::to_value(connector).expect("json");
            assert_eq!(json, connector.name());
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        let error = "Hubspot".parse::<Connector>().expect_err("case matters");
        assert_eq!(
            error.to_string(),
            "unknown connector; known connectors: hubspot, zendesk, linear"
        );
    }
}
