//! Deciding with a browser about what a run is about to write.
//!
//! ```text
//!   /approvals/{run} ─▶ page: who is signed in, what would be written ─▶ its buttons, by POST
//!                                                                        │
//!                                        the run, which compares the plan's hash ◀┘
//! ```
//!
//! This is where a person says yes or no to what a model asked for: it takes the session of a browser,
//! which no model and no client of one has. Who may see a run and decide about it is for the run to
//! say; that it is still the plan that was looked at, too.

use url::form_urlencoded;

use crate::browser::connect::sign_in_first;
use crate::browser::navigation;
use crate::browser::pages::{self, ApprovalEnd, PlanPage, approval_end};
use crate::limits;
use crate::operation::BrowserOperation;
use crate::service::Api;
use crate::wire::json_body;
use crate::wire::message::{ApiRequest, ApiResponse};
use onbehalf_runs::{
    Approval, CommandOutcome, Decision, ResumeRequest, RunId, RunView, SuspensionView, WaitView,
};

/// The page of a run.
pub fn path(run_id: &RunId) -> String {
    format!("/approvals/{run_id}")
}

impl Api {
    /// Shows what a run is about to write, to whoever may decide about it.
    pub(crate) async fn show_approval(&self, request: &ApiRequest, run_id: RunId) -> ApiResponse {
        let Some(caller) = self.browser_caller(request).await else {
            return sign_in_first(302, &path(&run_id));
        };
        let operation = BrowserOperation::ShowApproval;
        if !self.within_person(&caller, operation).await {
            return limits::refusal_page();
        }
        let run = match self.backend.run(&caller.asker(), &run_id).await {
            Err(_) => return approval_end(ApprovalEnd::Unavailable),
            Ok(None) => return pages::not_found(),
            Ok(Some(run)) => run,
        };
        let Some((suspension, plan, hash)) = waits_for_approval(&run) else {
            return approval_end(ApprovalEnd::NothingToDecide);
        };
        let workflow = self.workflows.get(&run.workflow);
        PlanPage {
            user: &caller.context.user_id,
            title: workflow.map_or(run.workflow.as_str(), |it| it.title()),
            path: &path(&run_id),
            plan,
            number: suspension.number,
            hash,
        }
        .page()
    }

    /// Takes the decision of the person who pressed a button of that page.
    pub(crate) async fn decide_approval(&self, request: &ApiRequest, run_id: RunId) -> ApiResponse {
        if !navigation::is_from(request, &self.settings.public_url) {
            return approval_end(ApprovalEnd::ForeignSite);
        }
        let Some(caller) = self.browser_caller(request).await else {
            return sign_in_first(303, &path(&run_id));
        };
        let operation = BrowserOperation::DecideApproval;
        if !self.within_person(&caller, operation).await {
            return limits::refusal_page();
        }
        let Some((decision, resume)) = read(request) else {
            return approval_end(ApprovalEnd::Unreadable);
        };
        let asker = caller.asker();
        match self.backend.resume_run(&asker, &run_id, resume).await {
            Err(_) => approval_end(ApprovalEnd::Unavailable),
            Ok(CommandOutcome::Accepted) => approval_end(match decision {
                Decision::Approve => ApprovalEnd::Approved,
                Decision::Reject => ApprovalEnd::Rejected,
            }),
            Ok(CommandOutcome::NotFound) => pages::not_found(),
            Ok(CommandOutcome::AnotherMustDecide) => approval_end(ApprovalEnd::AnotherMustDecide),
            Ok(CommandOutcome::AlreadyResumed { .. } | CommandOutcome::WrongStatus { .. }) => {
                approval_end(ApprovalEnd::NothingToDecide)
            }
            // It is another plan by now.
            Ok(CommandOutcome::WrongPayload { .. }) => approval_end(ApprovalEnd::Changed),
        }
    }
}

/// What a run puts up, if it does.
fn waits_for_approval(run: &RunView) -> Option<(&SuspensionView, &serde_json::Value, &str)> {
    let suspension = run.suspension.as_ref()?;
    match &suspension.reason {
        WaitView::ApprovalRequired { plan, hash, .. } => Some((suspension, plan, hash)),
        _ => None,
    }
}

/// A decision, as the page's form sends it.
fn read(request: &ApiRequest) -> Option<(Decision, ResumeRequest)> {
    json_body::within_limit(request).ok()?;
    let (mut number, mut hash, mut decision) = (None, None, None);
    for (name, value) in form_urlencoded::parse(&request.body) {
        match name.as_ref() {
            "number" => number = value.parse().ok(),
            "hash" => hash = Some(value.into_owned()),
            "decision" => {
                decision = match value.as_ref() {
                    "approve" => Some(Decision::Approve),
                    "reject" => Some(Decision::Reject),
                    _ => None,
                }
            }
            _ => {}
        }
    }
    let decision = decision?;
    let approval = Approval {
        hash: hash?,
        decision,
        items: std::collections::BTreeMap::new(),
    };
    let resume = ResumeRequest {
        number: Some(number?),
        approval: Some(approval),
        connected: None,
    };
    Some((decision, resume))
}
