//! Conversations and direct calls under crashes: what is said, by whom, and by the model.
//!
//! Two people talk to the agent that ships, in threads of their own, and one of them uses tools directly.
//! The table, the engine, the objects, the model's client and the tools are the real ones; the model is the
//! sandbox's, and says what the script has for what it was asked.
//!
//! Owns the talk, and what has to hold of every request to a model; refuses to know when anything crashes.

mod answers;
mod lines;
pub mod matrix;
mod speaking;

use std::rc::Rc;

use onbehalf_acting::{LentModel, LentModels};
use onbehalf_clock::Clock;
use onbehalf_fetch::{Fetch, Secret};
use onbehalf_models::{Dialect, Endpoint, HttpModel, ModelName, Prices, ToolOffer};
use onbehalf_sandbox::models::KEY;
use onbehalf_tools::Registry;
use serde_json::value::to_raw_value;

pub use answers::{Talk, answer, check_request};
pub use lines::{DIRECT_CALLS, Line, READ_UNCONNECTED, READS, WRITE_UNCONNECTED, WRITES};
pub use speaking::speak;

/// Where the model is reached.
const BASE_URL: &str = "https://models.test/openai/v1";
/// Its name.
const MODEL: &str = "scripted";

/// The models, over one process's way out.
pub fn models(wire: Rc<dyn Fetch>, clock: Rc<dyn Clock>) -> LentModels {
    let endpoint = Endpoint {
        dialect: Dialect::ChatCompletions,
        base_url: BASE_URL.into(),
        model: ModelName::new(MODEL),
        key: Some(Secret::new(KEY)),
    };
    let usual = LentModel {
        model: Rc::new(HttpModel::new(endpoint, wire, clock)),
        prices: Prices::default(),
    };
    LentModels {
        usual: Some(usual),
        ..LentModels::default()
    }
}

/// The tools that ship, and how a model is told of them.
#[derive(Clone)]
pub struct Offered {
    /// By their ids.
    pub tools: Rc<Registry>,
    /// In words and schemas.
    pub offers: Rc<Vec<ToolOffer>>,
}

thread_local! {
    /// Made once: their schemas take longer than everything that a process does with them.
    static OFFERED: Offered = {
        let tools = Registry::standard().expect("the tools that ship");
        let offers = tools.iter().map(|tool| ToolOffer {
            name: tool.id().to_owned(),
            description: tool.description().to_owned(),
            input_schema: to_raw_value(&tool.schemas().input).expect("a schema"),
        });
        Offered { offers: Rc::new(offers.collect()), tools: Rc::new(tools) }
    };
}

/// The tools that may be called by their names.
pub fn offered() -> Offered {
    OFFERED.with(Clone::clone)
}
