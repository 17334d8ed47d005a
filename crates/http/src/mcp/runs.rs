//! Starting a run of a workflow because a model asked for it.
//!
//! Owns that such a run asks for approval wherever its workflow can put up what it would write,
//! whatever the model says: it may ask for more, and never for less.

use super::Asking;
use super::calls::{Begun, Going};
use super::entry::Refused;
use crate::api::runs;
use crate::limits::Budget;
use crate::service::Api;
use crate::wire::json_body::does_not_fit;
use onbehalf_mcp::ToolCall;
use onbehalf_runs::hosted::Listed;
use onbehalf_runs::{ApprovalMode, Overlap, StartRun, WorkflowId};

impl Api {
    pub(super) async fn begin_run(
        &self,
        asking: &Asking,
        workflow: &dyn Listed,
        call: &ToolCall,
        bound: String,
    ) -> Result<Begun, Refused> {
        let caller = &asking.caller;
        self.within(caller, Budget::Runs).await?;
        let input = workflow.check_input(&call.arguments.to_string());
        let mut input = input.map_err(|error| does_not_fit(&error))?;
        if workflow.puts_plans_up() {
            let asked = workflow.asking(input, ApprovalMode::Required);
            (input, _) = asked.map_err(|_| runs::no_plan())?;
        }
        let start = StartRun {
            owner: caller.owner.clone(),
            context: caller.context.clone(),
            workflow: WorkflowId::new(workflow.id()),
            input,
            idempotency_key: super::calls::idempotency_key(call)?,
            overlap: Overlap::Join,
            repeats: None,
        };
        let started = self.backend.start_run(start).await;
        let begun = runs::begun(started.map_err(crate::Problem::from)?)?;
        Ok(Begun::Going(Going {
            asker: caller.asker(),
            run_id: begun.run_id,
            workflow: workflow.id().to_owned(),
            repeated: false,
            bound,
            known: None,
        }))
    }
}
