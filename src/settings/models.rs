//! Which language models agents ask, and which ones behind them.
//!
//! ```json
//! {"dialect": "chat-completions", "baseUrl": "https://models.example.com/v1", "model": "some-model",
//!  "centsPerMillion": {"input": 250, "output": 1000},
//!  "kinds": {"fast": {"model": "small-model", "centsPerMillion": {"input": 15, "output": 60}}}}
//! ```
//!
//! An agent asks the usual model, or one of a kind, by what the operator calls it. A model of Cloudflare's
//! own is reached through a binding: `{"dialect": "workers-ai", "binding": "AI", "model": "@cf/…"}`.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Deserialize;
use url::Url;

use super::reader::Reader;
use super::{Environment, is_safe};
use onbehalf_acting::{LentModel, LentModels};
use onbehalf_clock::Clock;
use onbehalf_connector::Secret;
use onbehalf_fetch::Fetch;
use onbehalf_models::{
    Binding, BoundModel, Dialect, Endpoint, Fallback, HttpModel, Model, ModelName, Prices,
};

/// The setting that names the models, and those behind them; each has a key of its own.
const MODEL: [&str; 2] = ["MODEL", "MODEL_API_KEY"];
const FALLBACK: [&str; 2] = ["FALLBACK_MODEL", "FALLBACK_MODEL_API_KEY"];

/// A provider's models, as they are configured.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Configured {
    dialect: Dialect,
    base_url: Option<String>,
    binding: Option<String>,
    model: ModelName,
    #[serde(default)]
    cents_per_million: Prices,
    #[serde(default)]
    kinds: BTreeMap<String, Named>,
}

/// One model.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Named {
    model: ModelName,
    #[serde(default)]
    cents_per_million: Prices,
}

/// Where a provider's models are reached.
enum Place {
    /// At an address.
    Endpoint {
        dialect: Dialect,
        base_url: String,
        key: Option<Secret>,
    },
    /// Inside the platform, through the binding of this name.
    Binding(String),
}

/// The models of one provider.
struct Provider {
    place: Place,
    usual: Named,
    kinds: BTreeMap<String, Named>,
}

/// The models of a deployment.
pub struct ModelSettings {
    first: Provider,
    second: Option<Provider>,
}

/// What models are reached through.
pub struct Ways<'a> {
    /// The way to an address.
    pub fetch: Rc<dyn Fetch>,
    /// The way to a binding, by its name.
    pub binding: &'a dyn Fn(&str) -> Rc<dyn Binding>,
    /// The time.
    pub clock: Rc<dyn Clock>,
}

impl Provider {
    fn model(&self, named: &Named, ways: &Ways<'_>) -> LentModel {
        let clock = Rc::clone(&ways.clock);
        let name = named.model.clone();
        let model: Rc<dyn Model> = match &self.place {
            Place::Endpoint {
                dialect,
                base_url,
                key,
            } => {
                let endpoint = Endpoint {
                    dialect: *dialect,
                    base_url: base_url.clone(),
                    model: name,
                    key: key.clone(),
                };
                Rc::new(HttpModel::new(endpoint, Rc::clone(&ways.fetch), clock))
            }
            Place::Binding(binding) => {
                Rc::new(BoundModel::new(name, (ways.binding)(binding), clock))
            }
        };
        LentModel {
            model,
            prices: named.cents_per_million,
        }
    }
}

impl ModelSettings {
    /// Reads the four settings; none of them has to be there.
    pub(super) fn read(reader: &mut Reader<'_, impl Environment>) -> Option<Self> {
        let has_first = reader.is_set(MODEL[0]);
        let (first, second) = (one(reader, MODEL), one(reader, FALLBACK));
        if second.is_some() && !has_first {
            reader.note_missing(MODEL[0]);
        }
        let first = first?;
        let stray = second.iter().flat_map(|it| it.kinds.keys());
        for kind in stray.filter(|kind| !first.kinds.contains_key(*kind)) {
            reader.note_wrong(FALLBACK[0], &format!("{} has no kind {kind}", MODEL[0]));
        }
        Some(Self { first, second })
    }

    /// The models that are asked.
    pub fn lend(&self, ways: &Ways<'_>) -> LentModels {
        let kinds = self.first.kinds.iter();
        LentModels {
            usual: Some(self.behind_each_other(&self.first.usual, None, ways)),
            kinds: kinds
                .map(|(kind, named)| {
                    let model = self.behind_each_other(named, Some(kind), ways);
                    (kind.clone(), model)
                })
                .collect(),
        }
    }

    /// A model, and behind it the one of the same kind, or else the usual one, where there is one.
    fn behind_each_other(&self, named: &Named, kind: Option<&str>, ways: &Ways<'_>) -> LentModel {
        let first = self.first.model(named, ways);
        let Some(provider) = &self.second else {
            return first;
        };
        let special = kind.and_then(|kind| provider.kinds.get(kind));
        let second = provider.model(special.unwrap_or(&provider.usual), ways);
        LentModel {
            // An answer does not say whose it is: the dearer of the two is counted.
            prices: first.prices.dearer(second.prices),
            model: Rc::new(Fallback::new(first.model, second.model)),
        }
    }
}

fn one(reader: &mut Reader<'_, impl Environment>, [name, key_name]: [&str; 2]) -> Option<Provider> {
    let configured = reader.optional(name, configured);
    let key = reader.optional(key_name, |text| Ok::<_, String>(Secret::new(text.trim())));
    let configured = configured?;
    let place = match (configured.base_url, configured.binding) {
        (Some(base_url), None) => Place::Endpoint {
            dialect: configured.dialect,
            base_url: base_url.trim_end_matches('/').to_owned(),
            key,
        },
        (None, Some(binding)) => {
            if !reader.is_bound(&binding) {
                reader.note_wrong(name, &format!("there is no binding {binding}"));
            }
            Place::Binding(binding)
        }
        _ => {
            reader.note_wrong(name, &"needs either baseUrl or binding");
            return None;
        }
    };
    Some(Provider {
        place,
        usual: Named {
            model: configured.model,
            cents_per_million: configured.cents_per_million,
        },
        kinds: configured.kinds,
    })
}

fn configured(text: &str) -> Result<Configured, String> {
    // As an object first: serde would take a list for a struct, field by field.
    let configured: Configured = serde_json::from_str::<serde_json::Map<_, _>>(text)
        .and_then(|fields| serde_json::from_value(fields.into()))
        .map_err(|error| error.to_string())?;
    if let Some(base_url) = &configured.base_url
        && !is_plain(base_url)
    {
        return Err("baseUrl must be an https address without a query".into());
    }
    if configured.binding.is_some() && configured.dialect != Dialect::WorkersAi {
        return Err("a binding speaks the dialect workers-ai".into());
    }
    let is_blank = |name: &ModelName| name.as_str().is_empty();
    let mut kinds = configured.kinds.values();
    if is_blank(&configured.model) || kinds.any(|it| is_blank(&it.model)) {
        return Err("model must not be empty".into());
    }
    Ok(configured)
}

fn is_plain(base_url: &str) -> bool {
    Url::parse(base_url).is_ok_and(|url| {
        is_safe(&url)
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}
