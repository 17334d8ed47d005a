//! What a caller is offered of the catalogue, beside the tools that are part of this service.
//!
//! Owns how that joins the one list and the one way from a name to a tool. What is opened, and what of a
//! stranger's description is passed on, is for `onbehalf_tools`.

use std::borrow::Cow;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::to_raw_value;

use super::list::{OfferedTool, Origin};
use super::uses::tool_context;
use crate::api::connections::of_scalekit;
use crate::service::Api;
use crate::sign_in::Caller;
use crate::wire::problem::Problem;
use onbehalf_tools::{Catalogue, CatalogueTool, ErasedTool, Offered};

/// What is said of the catalogue beside its tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueNote {
    /// Tools that the settings open and that are not offered: they cannot be called without saying who
    /// somebody is, or there are too many, or they are described in a way that is not passed on.
    pub left_out: usize,
    /// Whether Scalekit could not be asked, so that tools are missing which may be there.
    pub incomplete: bool,
}

impl Api {
    /// The catalogue, if anything of it is open.
    fn catalogue(&self) -> Option<&Rc<Catalogue>> {
        self.registry.catalogue().filter(|it| !it.is_empty())
    }

    /// What this caller is offered of the catalogue; `None` where it is closed. A service that cannot
    /// be asked takes nothing away from the tools that need no asking.
    pub(super) async fn catalogue_of(
        &self,
        caller: &Caller,
    ) -> Result<Option<(Rc<Offered>, CatalogueNote)>, Problem> {
        let Some(catalogue) = self.catalogue() else {
            return Ok(None);
        };
        let context = tool_context(caller)?;
        let offered = catalogue.offered(&self.scalekit, &context).await;
        Ok(Some(match offered {
            Ok(offered) => {
                let note = CatalogueNote {
                    left_out: offered.left_out(),
                    incomplete: false,
                };
                (offered, note)
            }
            Err(_) => {
                let note = CatalogueNote {
                    left_out: 0,
                    incomplete: true,
                };
                (Rc::default(), note)
            }
        }))
    }

    /// The tool of this name in the catalogue, if this caller may use it.
    ///
    /// # Errors
    /// When Scalekit cannot be asked.
    pub(super) async fn catalogue_tool(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Option<Rc<dyn ErasedTool>>, Problem> {
        let Some(catalogue) = self.catalogue() else {
            return Ok(None);
        };
        let context = tool_context(caller)?;
        let found = catalogue.find(&self.scalekit, &context, name).await;
        found
            .map(|tool| tool.map(|it| it as Rc<dyn ErasedTool>))
            .map_err(of_scalekit)
    }

    /// Forgets what somebody was offered, because what they have connected has changed.
    pub(crate) fn forget_offer(&self, identifier: &str) {
        if let Some(catalogue) = self.catalogue() {
            catalogue.forget(identifier);
        }
    }
}

/// A tool of the catalogue, as it is offered.
///
/// # Errors
/// None that can come up: a schema that came out of JSON goes into it.
pub(super) fn shown(tool: &CatalogueTool) -> Result<OfferedTool<'static>, Problem> {
    let schema = to_raw_value(&tool.input_schema()).map_err(|_| Problem::internal())?;
    Ok(OfferedTool {
        id: Cow::Owned(tool.id().to_owned()),
        description: Cow::Owned(tool.description().to_owned()),
        connector: tool.connector(),
        kind: tool.kind(),
        input_schema: Cow::Owned(schema),
        output_schema: None,
        origin: Origin::Catalogue,
    })
}
