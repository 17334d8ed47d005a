//! What people do, and the cron trigger: through the same interface as the routes.
//!
//! Owns who asks for what, and what they do when nobody answers: the same again, a little later.

use std::collections::BTreeMap;
use std::rc::Rc;

use onbehalf_engine::{Head, JournalStore};
use onbehalf_identity::RequestContext;
use onbehalf_runs::approvals::ApprovalsKey;
use onbehalf_runs::schedule::{Shard, Sweep};
use onbehalf_runs::town::Address;
use onbehalf_runs::{
    Approval, ApprovalMode, Asker, Backend, BackendError, CommandOutcome, Decision, EventId,
    Objects, Overlap, OwnerKey, ResumeRequest, RunFilter, RunQuery, RunReason, Start, StartRun,
    SwitchOn, Tenant, WorkflowId, ask,
};
use serde_json::json;

use crate::conversation;
use crate::expected::all;
use crate::plan::{Command, Decides};
use crate::roads::{Sender, Way};
use crate::shared::{APPS, Begun, Chore, Shared, Verdict, connector, identifier, owner};
use crate::site::Site;
use crate::tally::{Kind, Rule};

/// Whoever was not answered tries again after this.
const AGAIN_MS: i64 = 5_000;
const ISSUER: &str = "https://idp.test";
const ORGANIZATION: &str = "org_acme";

/// The one workflow there is.
pub fn workflow() -> WorkflowId {
    WorkflowId::new("onboarding-health")
}

pub fn api(shared: &Rc<Shared>) -> Objects {
    Objects::new(Rc::new(way(shared)))
}

fn way(shared: &Rc<Shared>) -> Way {
    Way {
        shared: Rc::clone(shared),
        from: Sender::Person,
    }
}

/// Whom a person's runs act for.
pub fn context(shared: &Shared, person: usize) -> onbehalf_identity::RequestContext {
    let user = shared.plan.people[person].user;
    serde_json::from_value(json!({
        "user_id": format!("sim{person}"),
        "org_id": ORGANIZATION,
        "scalekit_identifier": identifier(user),
        "issuer": ISSUER,
        "email": format!("sim{user}@acme.example"),
    }))
    .expect("a context")
}

fn asker(owner: OwnerKey) -> Asker {
    Asker {
        owner,
        approves: None,
    }
}

/// Somebody who approves for the organization.
fn lead() -> Asker {
    Asker {
        owner: OwnerKey::new("lead"),
        approves: Some(Tenant {
            issuer: ISSUER.into(),
            org_id: Some(ORGANIZATION.into()),
        }),
    }
}

/// Does something once; a chore that was not acknowledged is done again.
pub async fn chore(shared: Rc<Shared>, chore: Chore) {
    let done = match chore.clone() {
        Chore::Start { trigger, key } => start(&shared, trigger, key).await,
        Chore::Connect {
            site,
            number,
            connector,
        } => connect(&shared, site, number, &connector).await,
        Chore::Mend { user, app } => mend(&shared, user, app).await,
        Chore::Decide {
            site,
            number,
            hash,
            items,
        } => decide(&shared, site, number, &hash, &items).await,
        Chore::Look { site } => look(&shared, site).await,
        Chore::LookAround(person) => look_around(&shared, person).await,
        Chore::SwitchOn(person) => switch_on(&shared, person).await,
        Chore::SwitchOff(person) => switch_off(&shared, person).await,
        Chore::Speak(line) => conversation::speak(&shared, line).await,
        Chore::Sweep(person) => {
            shared.met(Kind::CronTick);
            let sweep = Sweep { at: shared.now() };
            // What a cron trigger could not tell, the next one makes up for.
            let _ = ask(&way(&shared), Shard::of(&owner(person)), sweep).await;
            Ok(())
        }
    };
    if done.is_err() {
        shared.later(AGAIN_MS, chore);
    }
}

async fn start(
    shared: &Rc<Shared>,
    trigger: usize,
    key: Option<onbehalf_runs::IdempotencyKey>,
) -> Result<(), BackendError> {
    let asked = &shared.plan.triggers[trigger];
    let person = &shared.plan.people[asked.person];
    let missing = if person.suspends { "suspend" } else { "exit" };
    let approval = if person.asks { "required" } else { "none" };
    let start = StartRun {
        owner: owner(asked.person),
        context: context(shared, asked.person),
        workflow: workflow(),
        input: json!({"onMissingConnector": missing, "approval": approval}),
        idempotency_key: key.clone(),
        overlap: asked.overlap,
        repeats: None,
    };
    let started = api(shared).start_run(start).await?;
    shared.note(|| format!("person {}: {started:?}", asked.person));
    match started {
        Start::Started { run_id, .. } | Start::Joined { run_id } | Start::Queued { run_id, .. } => {
            shared.begun.borrow_mut().push(Begun { key, run_id });
        }
        refused => shared.violation(format!("a start was answered {refused:?}")),
    }
    Ok(())
}

fn renew(shared: &Shared, user: usize, app: &'static str) {
    shared.connection(user, app, true);
    shared.trouble();
    let identifier = identifier(user);
    let world = &mut shared.service.borrow_mut().world;
    world.connect(&identifier, app, shared.now().millis());
    if let Some(account) = world.account_mut(&identifier, app) {
        account.renew();
    }
}

fn user_of(shared: &Shared, site: &Site) -> Option<usize> {
    site.person().map(|it| shared.plan.people[it].user)
}

async fn connect(
    shared: &Rc<Shared>,
    site: usize,
    number: u32,
    missing: &str,
) -> Result<(), BackendError> {
    let site = Rc::clone(&shared.sites.borrow()[site]);
    let app = APPS.into_iter().find(|app| *app == missing);
    let (Some(user), Some(app)) = (user_of(shared, &site), app) else {
        return Ok(());
    };
    renew(shared, user, app);
    let event = EventId::new(format!("{}:{number}:{app}", site.run_id));
    let account = onbehalf_runs::AccountKey::new(identifier(user));
    let api = api(shared);
    api.connection_made(&account, &connector(app), &event).await
}

async fn mend(shared: &Rc<Shared>, user: usize, app: &'static str) -> Result<(), BackendError> {
    let waits = shared.sites.borrow().iter().any(|site| {
        let head = site.head();
        let suspension = head.and_then(|it| it.suspension);
        let reason = suspension.and_then(|it| it.reason.product());
        let waits = matches!(reason, Some(RunReason::ConnectionRequired { .. }));
        waits && user_of(shared, site) == Some(user)
    });
    if !waits {
        shared.met(Kind::MendedBeforeWait);
    }
    renew(shared, user, app);
    let event = EventId::new(format!("mended:{user}:{app}:{}", shared.now()));
    let account = onbehalf_runs::AccountKey::new(identifier(user));
    let api = api(shared);
    api.connection_made(&account, &connector(app), &event).await
}

async fn decide(
    shared: &Rc<Shared>,
    index: usize,
    number: u32,
    hash: &str,
    items: &[String],
) -> Result<(), BackendError> {
    let site = Rc::clone(&shared.sites.borrow()[index]);
    let Some(person) = site.person() else {
        return Ok(());
    };
    shared.trouble();
    check_listed(shared, &site, number);
    let mut approval = all(hash, Decision::Approve);
    match shared.plan.people[person].decides {
        Decides::Yes => {}
        Decides::No => approval.decision = Decision::Reject,
        Decides::Partly => {
            let rejected = items.iter().step_by(2);
            approval.items = rejected.map(|it| (it.clone(), Decision::Reject)).collect();
        }
        Decides::Mistyped => {
            shared.met(Kind::Mistyped);
            let mistyped = Approval {
                items: BTreeMap::from([("nobody.example".to_owned(), Decision::Reject)]),
                ..approval.clone()
            };
            let answer = answer(shared, &site, number, mistyped).await?;
            let refused = answer != CommandOutcome::Accepted;
            shared.asks(Rule::OnlyApproved, refused, || {
                format!(
                    "{}: a decision about an item that is not there",
                    site.run_id
                )
            });
        }
    }
    shared.verdicts.borrow_mut().push(Verdict {
        site: index,
        approval: approval.clone(),
    });
    answer(shared, &site, number, approval).await?;
    Ok(())
}

/// Whoever was told of a plan finds it, unless it has been decided since.
fn check_listed(shared: &Shared, site: &Site, number: u32) {
    let waits = |it: Head| it.suspension.is_some_and(|it| it.number == number);
    if site.head().is_some_and(waits) {
        let listed = listed(shared, site).is_some_and(|it| it == number);
        shared.asks(Rule::WaitingIsListed, listed, || {
            format!("suspension {number} of {}", site.run_id)
        });
    }
}

/// The suspension under which a run is on its organization's list of approvals.
pub fn listed(shared: &Shared, site: &Site) -> Option<u32> {
    let town = shared.town.borrow().upgrade()?;
    let started = site.started.borrow().clone()?;
    let context: RequestContext = serde_json::from_value(started.context).ok()?;
    let key = ApprovalsKey::of(&Tenant::of(&context), &OwnerKey::new(started.owner));
    let rows = town.query(
        &Address::Approvals(key),
        "SELECT number FROM waiting WHERE run_id = ?",
        &[site.run_id.as_str().into()],
    );
    // A list that nothing was ever put up on has no table.
    rows.ok()?.first()?.count(0).ok()
}

/// Half of all decisions are made by somebody who approves for others.
async fn answer(
    shared: &Rc<Shared>,
    site: &Site,
    number: u32,
    approval: Approval,
) -> Result<CommandOutcome, BackendError> {
    let own = site.person().map(|it| asker(owner(it)));
    let by = match own {
        Some(own) if shared.between(0, 1) == 0 => own,
        _ => lead(),
    };
    let request = ResumeRequest {
        number: Some(number),
        approval: Some(approval),
        connected: None,
    };
    api(shared).resume_run(&by, &site.run_id, request).await
}

async fn look(shared: &Rc<Shared>, site: usize) -> Result<(), BackendError> {
    let site = Rc::clone(&shared.sites.borrow()[site]);
    let Some(person) = site.person() else {
        return Ok(());
    };
    shared.trouble();
    let seen = api(shared).run(&asker(owner(person)), &site.run_id).await?;
    // Whoever sees that it goes nowhere looks again.
    match seen {
        Some(run) if !run.status.ended() && run.suspension.is_none() => {
            Err(BackendError::Unavailable)
        }
        _ => Ok(()),
    }
}

async fn look_around(shared: &Rc<Shared>, person: usize) -> Result<(), BackendError> {
    shared.trouble();
    let whose = owner(person);
    let newest = RunQuery {
        workflow: workflow(),
        filter: RunFilter::default(),
        limit: 20,
        before: None,
    };
    let listed = api(shared).list_runs(&whose, newest).await;
    listed.map(|_| ())
}

async fn switch_on(shared: &Rc<Shared>, person: usize) -> Result<(), BackendError> {
    let approval = match shared.plan.people[person].asks {
        true => ApprovalMode::Required,
        false => ApprovalMode::None,
    };
    let on = SwitchOn {
        context: context(shared, person),
        approval,
    };
    let api = api(shared);
    api.set_schedule(&owner(person), &workflow(), Some(on))
        .await?;
    let mut enrolled = shared.enrolled.borrow_mut();
    enrolled.entry(person).or_insert(shared.now());
    Ok(())
}

async fn switch_off(shared: &Rc<Shared>, person: usize) -> Result<(), BackendError> {
    let (api, owner) = (api(shared), owner(person));
    let seen = api.schedule(&owner, &workflow()).await?;
    let first = (shared.now(), seen);
    shared.ticks.borrow_mut().entry(person).or_insert(first);
    api.set_schedule(&owner, &workflow(), None).await?;
    Ok(())
}

/// Does something to a run, once.
pub async fn command(shared: Rc<Shared>, site: Rc<Site>, command: Command) {
    let Some(person) = site.person() else {
        return;
    };
    let (api, own) = (api(&shared), asker(owner(person)));
    let run = &site.run_id;
    match command {
        Command::Resume { back, fits } => {
            shared.met(Kind::Resumed);
            let Some(head) = site.store().head().expect("memory") else {
                return;
            };
            let number = head.suspensions.saturating_sub(back);
            let request = request(&shared, &site, &head, number, fits);
            let _ = api.resume_run(&own, run, request).await;
        }
        Command::ResumeTwice => {
            shared.met(Kind::ResumedTwice);
            let Some(head) = site.store().head().expect("memory") else {
                return;
            };
            let request = request(&shared, &site, &head, head.suspensions, true);
            let first = api.resume_run(&own, run, request.clone());
            let second = api.resume_run(&own, run, request);
            let _ = futures::future::join(first, second).await;
        }
        Command::Cancel => {
            shared.met(Kind::Cancelled);
            if api.cancel_run(&own.owner, run).await == Ok(CommandOutcome::Accepted) {
                shared.note(|| format!("{run}: cancel acknowledged"));
                site.cancel_acknowledged.set(true);
            }
        }
        Command::Stranger => {
            shared.met(Kind::Stranger);
            let mallory = asker(OwnerKey::new("mallory"));
            let seen = api.run(&mallory, run).await;
            let nothing = matches!(seen, Ok(None) | Err(_));
            shared.asks(Rule::SealedFromStrangers, nothing, || {
                format!("{run}: a stranger saw it")
            });
            let cancelled = api.cancel_run(&mallory.owner, run).await;
            let nothing = cancelled != Ok(CommandOutcome::Accepted);
            shared.asks(Rule::SealedFromStrangers, nothing, || {
                format!("{run}: a stranger cancelled it")
            });
        }
        Command::AlarmAgain
        | Command::Kill
        | Command::Replace(_)
        | Command::ConnectionDies(..)
        | Command::Deploy(_) => {}
    }
}

/// A resume of this suspension; what it approves is on record as somebody's word.
fn request(
    shared: &Shared,
    site: &Site,
    head: &onbehalf_engine::Head,
    number: u32,
    fits: bool,
) -> ResumeRequest {
    let reason = head.suspension.as_ref().and_then(|it| it.reason.product());
    let mut request = ResumeRequest {
        number: Some(number),
        approval: None,
        connected: None,
    };
    let connected = Some(APPS.map(str::to_owned).into());
    match reason {
        Some(RunReason::ApprovalRequired { hash, .. }) if fits => {
            let approval = all(&hash, Decision::Approve);
            shared.verdicts.borrow_mut().push(Verdict {
                site: site.index,
                approval: approval.clone(),
            });
            request.approval = Some(approval);
        }
        Some(RunReason::ConnectionRequired { .. }) if !fits => {
            request.approval = Some(all("0", Decision::Approve));
        }
        _ => request.connected = connected,
    }
    request
}

/// Whether a start may open a run beside another.
pub fn allows(overlap: Overlap) -> bool {
    overlap == Overlap::Allow
}
