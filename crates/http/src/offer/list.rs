//! What a caller is offered.
//!
//! Owns the one list that all of them see, and the way from a name to a tool. Both may ask somebody,
//! and both are asked for a caller: what is offered to one need not be offered to another.

use std::borrow::Cow;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::catalogue::{CatalogueNote, shown};
use crate::service::Api;
use crate::sign_in::Caller;
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_connector::{CallKind, Connector};
use onbehalf_tools::ErasedTool;

/// A tool, as it is offered.
#[derive(Clone, Debug)]
pub struct OfferedTool<'a> {
    /// Its name.
    pub id: Cow<'a, str>,
    /// What it does, in a sentence or two for a model.
    pub description: Cow<'a, str>,
    /// Whose account it uses.
    pub connector: Connector,
    /// Whether it changes anything there.
    pub kind: CallKind,
    /// JSON Schema of what it takes, as written.
    pub input_schema: Cow<'a, RawValue>,
    /// JSON Schema of its outcome, failures included; none where nobody has described it.
    pub output_schema: Option<Cow<'a, RawValue>>,
    /// Where it is from.
    pub origin: Origin,
}

/// Where a tool is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It is part of this service: checked by its types, described when the service was built.
    Typed,
    /// It is of Scalekit's catalogue: described by whoever runs the connector, for this caller.
    Catalogue,
}

/// The tools that are part of this service, as they are written down.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    tools: Vec<WrittenTool<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenTool<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    description: Cow<'a, str>,
    connector: Connector,
    writes: bool,
    #[serde(borrow)]
    input_schema: &'a RawValue,
    #[serde(borrow)]
    output_schema: &'a RawValue,
}

impl<'a> From<WrittenTool<'a>> for OfferedTool<'a> {
    fn from(written: WrittenTool<'a>) -> Self {
        Self {
            id: written.id,
            description: written.description,
            connector: written.connector,
            kind: match written.writes {
                true => CallKind::Write,
                false => CallKind::Read,
            },
            input_schema: Cow::Borrowed(written.input_schema),
            output_schema: Some(Cow::Borrowed(written.output_schema)),
            origin: Origin::Typed,
        }
    }
}

impl Api {
    /// Every tool that this caller is offered, in the same order each time: those of this service, then
    /// those of the catalogue by name. What else has tools for callers joins here, and in
    /// [`Self::offered_tool`].
    ///
    /// # Errors
    /// When it cannot be said which those are.
    pub async fn offered_tools(&self, caller: &Caller) -> Result<Vec<OfferedTool<'_>>, Problem> {
        let (tools, _) = self.offer(caller).await?;
        Ok(tools)
    }

    /// The same, with what is said of the catalogue where it is open.
    ///
    /// # Errors
    /// As [`Self::offered_tools`].
    pub async fn offer(
        &self,
        caller: &Caller,
    ) -> Result<(Vec<OfferedTool<'_>>, Option<CatalogueNote>), Problem> {
        // It was written by this program, so not reading it is a defect.
        let written: Written<'_> =
            serde_json::from_str(&self.descriptions.tools).map_err(|_| Problem::internal())?;
        let mut tools: Vec<_> = written.tools.into_iter().map(OfferedTool::from).collect();
        let Some((offered, note)) = self.catalogue_of(caller).await? else {
            return Ok((tools, None));
        };
        for tool in offered.iter() {
            // A name of ours is ours.
            if self.registry.get(tool.name()).is_err() {
                tools.push(shown(tool)?);
            }
        }
        Ok((tools, Some(note)))
    }

    /// The tool of this name, if this caller is offered it.
    ///
    /// # Errors
    /// 404, with those there are.
    pub async fn offered_tool(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Rc<dyn ErasedTool>, Problem> {
        let unknown = match self.registry.get(id) {
            Ok(tool) => return Ok(tool),
            Err(unknown) => unknown,
        };
        if let Some(tool) = self.catalogue_tool(caller, id).await? {
            return Ok(tool);
        }
        let detail = "There is no such tool; knownTools lists those that everybody has.";
        Err(Problem::new(ProblemType::ToolNotFound, detail).with("knownTools", unknown.known))
    }
}
