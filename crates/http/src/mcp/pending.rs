//! What goes on, or waits for somebody: in plain words, with the pages that help it on, and in the
//! form that the client can do something with.

use super::calls::Going;
use super::entry::Refused;
use super::tools::is_of_a_tool;
use super::{Asking, Version};
use crate::seal::{Purpose, fingerprint};
use crate::service::Api;
use onbehalf_mcp::{
    CallResult, Outcome, RequestState, Task, TaskStatus, UrlRequest, input_required,
    url_elicitation_required,
};
use onbehalf_runs::{RunView, WaitView};

/// How long a client may keep a request that needs a person: what people put off until tomorrow is
/// found again with get_run.
const STATE_MILLIS: i64 = 60 * 60 * 1000;

impl Api {
    /// The answer for what has not ended.
    pub(super) fn goes_on(
        &self,
        asking: &Asking,
        going: &Going,
        run: &RunView,
    ) -> Result<Outcome, Refused> {
        let words = self.words_for(run);
        let requests = self.page_requests(run);
        if asking.client.follows_tasks {
            return Ok(self.task_of(asking, run, words).created());
        }
        if !requests.is_empty() && asking.client.opens_pages {
            match asking.version {
                Version::V2026_07_28 => {
                    let state = self.state_for(asking, &going.bound, &run.run_id);
                    return Ok(input_required(&requests, &state));
                }
                Version::V2025_11_25 => {
                    return Err(url_elicitation_required(&requests, &words).into());
                }
                Version::V2025_06_18 => {}
            }
        }
        let structured = self.shown_run(&asking.caller, run);
        let (words, structured) = (Some(words), Some(structured));
        let is_error = false;
        let result = CallResult {
            words,
            structured,
            is_error,
        };
        Ok(result.outcome())
    }

    /// A run as a task. What has ended is said by whoever looks.
    pub(super) fn task_of(&self, asking: &Asking, run: &RunView, words: String) -> Task {
        let requests = self.page_requests(run);
        let status = match asking.client.opens_pages && !requests.is_empty() {
            true => TaskStatus::InputRequired(requests),
            false => TaskStatus::Working,
        };
        Task {
            id: run.run_id.clone(),
            status,
            words: Some(words),
            created_at: run.started_at.to_string(),
            updated_at: run.updated_at.to_string(),
        }
    }

    /// What a client keeps until its person has been where they were sent. It is good for this caller
    /// and this request, for a while; it decides nothing, as whoever asks again is looked up anew.
    pub(super) fn state_for(&self, asking: &Asking, bound: &str, run: &str) -> String {
        let state = RequestState {
            run: run.to_owned(),
            until: self.clock.now().millis() + STATE_MILLIS,
        };
        let bound = [asking.caller.owner.as_str(), bound];
        let seal = &self.settings.seal;
        seal.seal(Purpose::McpRequest, &bound, &state.write())
    }

    /// What a client kept, if it is this caller's, for this request, and not over.
    pub(super) fn state_of(
        &self,
        asking: &Asking,
        bound: &str,
        state: &str,
    ) -> Option<RequestState> {
        let bound = [asking.caller.owner.as_str(), bound];
        let opened = self
            .settings
            .seal
            .open(Purpose::McpRequest, &bound, state)?;
        RequestState::read(&opened, self.clock.now().millis())
    }

    /// The pages that people have to open for a run to go on.
    pub(super) fn page_requests(&self, run: &RunView) -> Vec<UrlRequest> {
        let Some(suspension) = &run.suspension else {
            return Vec::new();
        };
        let number = suspension.number;
        match &suspension.reason {
            WaitView::ConnectionRequired { .. } => {
                let links = self.connect_links(run).unwrap_or_default();
                let request = |(connector, url): (String, String)| UrlRequest {
                    name: format!("connect_{connector}_{}_{number}", run.run_id),
                    message: format!(
                        "{} is not connected. Connect it to go on.",
                        self.label(&connector)
                    ),
                    url,
                };
                links.into_iter().map(request).collect()
            }
            WaitView::ApprovalRequired { .. } => vec![UrlRequest {
                name: format!("approve_{}_{number}", run.run_id),
                message: "Look at what is about to be written, and approve it or reject it."
                    .to_owned(),
                url: self.decide_url(&run.run_id),
            }],
            _ => Vec::new(),
        }
    }

    /// Where a person decides about what a run is about to write.
    fn decide_url(&self, run_id: &str) -> String {
        self.settings.url(&format!("/approvals/{run_id}"))
    }

    /// An app's name for people.
    pub(super) fn label(&self, connector: &str) -> String {
        let app = self.app(connector);
        app.map_or_else(|| connector.to_owned(), |app| app.label)
    }

    /// Where what has not ended stands, in plain words: all that most clients show.
    pub(super) fn words_for(&self, run: &RunView) -> String {
        let id = &run.run_id;
        let what = match is_of_a_tool(run) {
            true => "Nothing was written yet",
            false => "The run waits",
        };
        let later = format!(
            "It goes on by itself then; get_run with runId {id} says what came of it. Do not call \
             this again."
        );
        match run.suspension.as_ref().map(|it| &it.reason) {
            Some(WaitView::ConnectionRequired { .. }) => {
                let links = self.connect_links(run).unwrap_or_default();
                let links: Vec<_> = links
                    .iter()
                    .map(|(connector, url)| format!("connect {} at {url}", self.label(connector)))
                    .collect();
                let links = links.join("\n");
                format!("{what}. The user first has to\n{links}\n{later}")
            }
            Some(WaitView::ApprovalRequired { .. }) => {
                let url = self.decide_url(id);
                format!(
                    "{what}. A person has to approve it first; you cannot. Give the user this link:\n\
                     {url}\n{later}"
                )
            }
            _ => format!("It has not ended yet. get_run with runId {id} says what came of it."),
        }
    }

    /// An answer that says a connection is missing for what was not begun: a page for a client that
    /// opens pages, and words for every other.
    pub(super) fn not_connected(
        &self,
        asking: &Asking,
        bound: &str,
        connector: &str,
        otherwise: CallResult,
    ) -> Result<Outcome, Refused> {
        let url = self.settings.url(&format!("/connect/{connector}"));
        let label = self.label(connector);
        let words = format!(
            "{label} is not connected. Call this again once the user has connected it here:\n{url}"
        );
        let request = UrlRequest {
            name: format!("connect_{connector}_{}", fingerprint(bound)),
            message: format!("{label} is not connected. Connect it to go on."),
            url,
        };
        match asking.version {
            Version::V2026_07_28 if asking.client.opens_pages => {
                let state = self.state_for(asking, bound, "");
                Ok(input_required(&[request], &state))
            }
            Version::V2025_11_25 if asking.client.opens_pages => {
                Err(url_elicitation_required(&[request], &words).into())
            }
            _ => Ok(CallResult {
                words: Some(words),
                ..otherwise
            }
            .outcome()),
        }
    }
}

/// The addresses of the pages that people have to open for a run to go on.
pub(super) fn page_links(api: &Api, run: &RunView) -> Vec<String> {
    let requests = api.page_requests(run).into_iter();
    requests.map(|request| request.url).collect()
}
