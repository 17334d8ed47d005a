//! The agents there are, with their tools and limits.

use schemars::JsonSchema;
use serde::Serialize;

use crate::service::Api;
use crate::wire::message::ApiResponse;
use onbehalf_connector::{CallKind, Connector};
use onbehalf_runs::hosted::{AgentCard, AgentLimits, Listed};

/// The agents on offer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AgentListResponse {
    /// In the order of the host's table.
    pub agents: Vec<AgentView>,
}

/// One agent.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentView {
    /// Its name in paths.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What it is asked when nobody says anything else.
    pub opening: String,
    /// What it may call.
    pub tools: Vec<AgentTool>,
    /// What it may call beside them of the catalogue, as far as that is opened and the caller has it: by
    /// names, in which `*` stands for any text.
    pub catalogue: Vec<String>,
    /// How much a turn may take.
    pub limits: AgentLimits,
}

/// A tool of an agent.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentTool {
    /// Its name.
    pub id: String,
    /// What it does.
    pub description: String,
    /// Whose account it uses; absent for one that asks no app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connector: Option<Connector>,
    /// Whether it changes anything there. What does is put before a person first, unless the policy
    /// says otherwise.
    pub writes: bool,
}

impl Api {
    /// What an agent says of itself; `None` for what is no agent.
    pub(crate) fn card(&self, hosted: &dyn Listed) -> Option<AgentCard> {
        let tuned = self.settings.tuned.get(hosted.settings_key());
        hosted.agent(tuned.map(String::as_str))
    }

    pub(crate) fn list_agents(&self) -> ApiResponse {
        let hosted = self.workflows.offered();
        let agents = hosted.filter_map(|it| Some(self.agent_view(it, self.card(it)?)));
        let agents = agents.collect();
        ApiResponse::json(200, &AgentListResponse { agents })
    }

    fn agent_view(&self, hosted: &dyn Listed, card: AgentCard) -> AgentView {
        let tools = card.tools.iter();
        let tools = tools.filter_map(|id| {
            let tool = self.registry.get(id).ok()?;
            Some(AgentTool {
                id: tool.id().to_owned(),
                description: tool.description().to_owned(),
                connector: Some(tool.connector()),
                writes: tool.kind() == CallKind::Write,
            })
        });
        let own = card.own_tools.into_iter().map(|tool| AgentTool {
            id: tool.id,
            description: tool.description,
            connector: None,
            writes: false,
        });
        AgentView {
            id: hosted.id().to_owned(),
            title: hosted.title().to_owned(),
            description: hosted.description().to_owned(),
            opening: card.opening.to_owned(),
            tools: tools.chain(own).collect(),
            catalogue: card.catalogue.iter().map(|it| (*it).to_owned()).collect(),
            limits: card.limits,
        }
    }
}
