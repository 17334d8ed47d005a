//! A town with its people.

use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_engine::{Outcome, RunStatus};
use onbehalf_identity::RequestContext;
use onbehalf_runs::principal::NoteStatus;
use onbehalf_runs::town::{PaperRuns, Post, Town, TownRules};
use onbehalf_runs::{
    ApprovalMode, Backend, BackendError, IdempotencyKey, Objects, Overlap, OwnerKey, RunFilter,
    RunId, RunPage, RunQuery, Schedule, Start, StartRun, SwitchOn, WorkflowId, ask,
};
use serde_json::json;

pub struct Place {
    pub town: Rc<Town>,
    pub runs: Rc<PaperRuns>,
    pub rules: Rc<TownRules>,
    pub api: Objects,
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

pub fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

pub fn hours(count: u64) -> Duration {
    minutes(count * 60)
}

/// Wednesday noon.
pub fn place() -> Place {
    let runs = Rc::new(PaperRuns::default());
    let rules = Rc::new(TownRules::default());
    let town = Town::new(at("2026-11-25T12:00:00Z"), runs.clone(), rules.clone());
    let api = Objects::new(Rc::new(Post(Rc::clone(&town))));
    Place {
        town,
        runs,
        rules,
        api,
    }
}

pub fn owner(name: &str) -> OwnerKey {
    OwnerKey::new(format!("p_{name}"))
}

pub fn workflow() -> WorkflowId {
    WorkflowId::new("onboarding-health")
}

pub fn context(name: &str) -> RequestContext {
    serde_json::from_value(json!({
        "user_id": name,
        "org_id": "acme",
        "scalekit_identifier": format!("user_{name}"),
        "issuer": "https://idp.test",
    }))
    .expect("a context")
}

/// A daily run as somebody switches it on.
pub fn on(name: &str) -> SwitchOn {
    SwitchOn {
        context: context(name),
        approval: ApprovalMode::None,
    }
}

pub fn request(name: &str) -> StartRun {
    StartRun {
        owner: owner(name),
        context: context(name),
        workflow: workflow(),
        input: json!({}),
        idempotency_key: None,
        overlap: Overlap::Join,
        repeats: None,
    }
}

pub fn keyed(name: &str, key: &str) -> StartRun {
    StartRun {
        idempotency_key: Some(IdempotencyKey::new(key)),
        ..request(name)
    }
}

impl Place {
    pub fn post(&self) -> Post {
        Post(Rc::clone(&self.town))
    }

    pub async fn start(&self, start: StartRun) -> Start {
        self.api.start_run(start).await.expect("an answer")
    }

    pub async fn started(&self, start: StartRun) -> RunId {
        match self.start(start).await {
            Start::Started { run_id, .. } => run_id,
            other => panic!("not started: {other:?}"),
        }
    }

    /// What a run's own object tells its owner's when it has ended.
    pub async fn end(&self, name: &str, run_id: &RunId) {
        self.note(name, run_id, RunStatus::Completed).await;
    }

    pub async fn note(&self, name: &str, run_id: &RunId, status: RunStatus) {
        let note = NoteStatus {
            run_id: run_id.clone(),
            status,
            ended_at: status.ended().then(|| self.town.now()),
            outcome: status.ended().then_some(Outcome::Done),
            counts: status
                .ended()
                .then(|| ("customers".to_owned(), 3))
                .into_iter()
                .collect(),
        };
        ask(&self.post(), owner(name), note).await.expect("noted");
    }

    pub async fn list(&self, name: &str) -> RunPage {
        self.list_only(name, RunFilter::default()).await
    }

    pub async fn list_only(&self, name: &str, filter: RunFilter) -> RunPage {
        let query = RunQuery {
            workflow: workflow(),
            filter,
            limit: 100,
            before: None,
        };
        self.api
            .list_runs(&owner(name), query)
            .await
            .expect("a list")
    }

    pub async fn enrol(&self, name: &str) -> Schedule {
        let set = self.set_schedule(name, Some(on(name))).await;
        set.expect("a schedule")
    }

    pub async fn set_schedule(
        &self,
        name: &str,
        on: Option<SwitchOn>,
    ) -> Result<Schedule, BackendError> {
        let owner = owner(name);
        self.api.set_schedule(&owner, &workflow(), on).await
    }

    pub async fn schedule(&self, name: &str) -> Schedule {
        let owner = owner(name);
        let schedule = self.api.schedule(&owner, &workflow()).await;
        schedule.expect("a schedule")
    }

    /// Runs that have begun for somebody.
    pub fn begun(&self, name: &str) -> Vec<RunId> {
        let owner = owner(name);
        let all = self.runs.all().into_iter();
        all.filter(|(_, run)| owner == run.started.owner.as_str())
            .map(|(run_id, _)| run_id)
            .collect()
    }

    pub fn notes_of(&self, event: &str) -> usize {
        let notes = self.town.notes();
        notes.iter().filter(|note| note.event == event).count()
    }
}
