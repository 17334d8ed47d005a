//! Tools of Scalekit's catalogue, as an agent has them.
//!
//! Owns which of them a model is shown, and that a call that was taken once stays what it was: Scalekit
//! may list something else by the time a person has decided. What is opened, and what of a stranger's
//! description is passed on, is for `onbehalf_tools`.

use std::rc::Rc;

use onbehalf_connector::ToolPattern;
use onbehalf_engine::{StepContext, StepError};
use onbehalf_identity::{RequestContext, unnamed};
use onbehalf_models::ToolOffer;
use onbehalf_tools::{Catalogue, CatalogueTool, ErasedTool as _, ToolContext};
use serde_json::value::to_raw_value;

use super::spec::Agent;
use super::turn::Turn;
use crate::tool_context;

/// Most of them that a model is shown: more, and models choose badly, whoever makes them.
const MOST: usize = 64;
/// Most bytes of their names, descriptions and schemas together. They are read, and paid for, with every
/// answer: this is some twenty thousand tokens.
const MOST_BYTES: usize = 96 * 1024;

/// Whether an agent with these patterns may have a tool of this name.
pub(super) fn may_have(patterns: &[&str], name: &str) -> bool {
    let mut patterns = patterns.iter();
    patterns.any(|it| ToolPattern::try_from((*it).to_owned()).is_ok_and(|it| it.fits(name)))
}

/// What a model is shown, in the order of the names. A service that cannot be asked takes nothing away
/// from the tools that need no asking.
pub(super) async fn offers<A: Agent>(cx: &StepContext<Turn<A>>) -> Vec<ToolOffer> {
    let patterns = A::spec().catalogue;
    let Some((catalogue, acting)) = opened(cx).filter(|_| !patterns.is_empty()) else {
        return Vec::new();
    };
    let scalekit = &cx.services().call.usual.scalekit;
    let Ok(offered) = catalogue.offered(scalekit, &acting).await else {
        return Vec::new();
    };
    let meant = offered.iter().filter(|it| may_have(patterns, it.name()));
    let mut left = MOST_BYTES;
    let mut offers = Vec::new();
    for tool in meant {
        let Some(offer) = shown(tool, cx.context()) else {
            continue;
        };
        let bytes = offer.name.len() + offer.description.len() + offer.input_schema.get().len();
        let Some(rest) = left.checked_sub(bytes).filter(|_| offers.len() < MOST) else {
            break;
        };
        left = rest;
        offers.push(offer);
    }
    offers
}

/// The tool of this name, if this agent may have it and this person has it.
///
/// # Errors
/// When Scalekit cannot be asked.
pub(super) async fn find<A: Agent>(
    name: &str,
    cx: &StepContext<Turn<A>>,
) -> Result<Option<Rc<CatalogueTool>>, StepError> {
    let Some((catalogue, acting)) = opened(cx) else {
        return Ok(None);
    };
    cx.checkpoint()?;
    let scalekit = &cx.services().call.usual.scalekit;
    let found = catalogue.find(scalekit, &acting, name).await;
    found.map_err(|_| StepError::Retry {
        message: "Scalekit does not say which tools there are".to_owned(),
        after: None,
    })
}

fn opened<A: Agent>(cx: &StepContext<Turn<A>>) -> Option<(&Catalogue, ToolContext)> {
    let catalogue = cx.services().call.tools.catalogue()?;
    let acting = tool_context(cx.context(), cx.run_id()).ok()?;
    (!catalogue.is_empty()).then_some((catalogue.as_ref(), acting))
}

fn shown(tool: &CatalogueTool, context: &RequestContext) -> Option<ToolOffer> {
    let description = unnamed(tool.description().into(), context);
    Some(ToolOffer {
        name: tool.name().to_owned(),
        description: description.as_str()?.to_owned(),
        input_schema: to_raw_value(&unnamed(tool.input_schema(), context)).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_has_what_its_patterns_name_and_a_pattern_that_is_none_names_nothing() {
        assert!(may_have(
            &["slack_*", "github_repo_get"],
            "slack_list_users"
        ));
        assert!(may_have(&["github_repo_get"], "github_repo_get"));
        for patterns in [&[][..], &["github_repo_get"], &["a b*"], &[""]] {
            assert!(!may_have(patterns, "github_issue_create"), "{patterns:?}");
        }
    }
}
