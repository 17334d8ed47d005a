//! Which language model agents ask, and which one behind it.
//!
//! ```json
//! {"dialect": "chat-completions", "baseUrl": "https://models.example.com/v1", "model": "some-model",
//!  "centsPerMillion": {"input": 250, "output": 1000}}
//! ```

use std::rc::Rc;

use serde::Deserialize;
use url::Url;

use super::reader::Reader;
use super::{Environment, is_safe};
use onbehalf_agents::agent::LentModel;
use onbehalf_clock::Clock;
use onbehalf_connector::Secret;
use onbehalf_fetch::Fetch;
use onbehalf_models::{Dialect, Endpoint, Fallback, HttpModel, Model, ModelName, Prices};

/// The setting that names the model, and the one behind it; each has a key of its own.
const MODEL: [&str; 2] = ["MODEL", "MODEL_API_KEY"];
const FALLBACK: [&str; 2] = ["FALLBACK_MODEL", "FALLBACK_MODEL_API_KEY"];

/// One model, as it is configured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Configured {
    dialect: Dialect,
    base_url: String,
    model: ModelName,
    #[serde(default)]
    cents_per_million: Prices,
}

/// The models of a deployment.
pub struct ModelSettings {
    first: (Endpoint, Prices),
    second: Option<(Endpoint, Prices)>,
}

impl ModelSettings {
    /// Reads the four settings; none of them has to be there.
    pub(super) fn read(reader: &mut Reader<'_, impl Environment>) -> Option<Self> {
        let has_first = reader.is_set(MODEL[0]);
        let (first, second) = (one(reader, MODEL), one(reader, FALLBACK));
        if second.is_some() && !has_first {
            reader.note_missing(MODEL[0]);
        }
        Some(Self {
            first: first?,
            second,
        })
    }

    /// The model that is asked, over this way out.
    pub fn lend(&self, fetch: &Rc<dyn Fetch>, clock: &Rc<dyn Clock>) -> LentModel {
        let asked = |endpoint: &Endpoint| -> Rc<dyn Model> {
            let (fetch, clock) = (Rc::clone(fetch), Rc::clone(clock));
            Rc::new(HttpModel::new(endpoint.clone(), fetch, clock))
        };
        let (first, prices) = &self.first;
        let Some((second, others)) = &self.second else {
            return LentModel {
                model: asked(first),
                prices: *prices,
            };
        };
        LentModel {
            model: Rc::new(Fallback::new(asked(first), asked(second))),
            // An answer does not say whose it is: the dearer of the two is counted.
            prices: prices.dearer(*others),
        }
    }
}

fn one(
    reader: &mut Reader<'_, impl Environment>,
    [name, key]: [&str; 2],
) -> Option<(Endpoint, Prices)> {
    let configured = reader.optional(name, configured);
    let key = reader.optional(key, |text| Ok::<_, String>(Secret::new(text.trim())));
    let configured = configured?;
    let endpoint = Endpoint {
        dialect: configured.dialect,
        base_url: configured.base_url.trim_end_matches('/').to_owned(),
        model: configured.model,
        key,
    };
    Some((endpoint, configured.cents_per_million))
}

fn configured(text: &str) -> Result<Configured, String> {
    // As an object first: serde would take a list for a struct, field by field.
    let configured: Configured = serde_json::from_str::<serde_json::Map<_, _>>(text)
        .and_then(|fields| serde_json::from_value(fields.into()))
        .map_err(|error| error.to_string())?;
    let url = Url::parse(&configured.base_url).ok();
    let plain = |url: &Url| {
        url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    if !url.is_some_and(|url| is_safe(&url) && plain(&url)) {
        return Err("baseUrl must be an https address without a query".into());
    }
    if configured.model.as_str().is_empty() {
        return Err("model must not be empty".into());
    }
    Ok(configured)
}
