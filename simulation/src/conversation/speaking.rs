//! What people do: one line after the other, each until it was taken; then they read their threads, and
//! delete them.

use std::rc::Rc;

use onbehalf_acting::agent::Agent as _;
use onbehalf_agents::onboarding_assistant::OnboardingAssistant;
use onbehalf_runs::thread::{MessageId, Said, Say, ThreadId, ThreadOf};
use onbehalf_runs::tool_call::{AskedBy, TOOL_CALL, ToolCallInput};
use onbehalf_runs::{
    ApprovalMode, Backend, BackendError, IdempotencyKey, Overlap, StartRun, WorkflowId,
};
use serde_json::{Value, json};

use super::lines::{Asks, Line};
use super::offered;
use crate::people::{api, context};
use crate::shared::{APPS, Shared, identifier, owner};

/// Where the tasks that are asked for directly are due.
const DUE: &str = "2026-12-02T09:00:00Z";
/// What everybody calls their thread: the same, so that nobody's may be mistaken for another's.
const THREAD: &str = "mine";

/// Says the line of this number, if the one before has ended; behind the last, looks what came of it.
pub async fn speak(shared: &Rc<Shared>, number: usize) -> Result<(), BackendError> {
    let lines = shared.plan.conversation;
    if number > 0 && !has_ended(shared, number.min(lines.len()) - 1) {
        return Err(BackendError::Unavailable);
    }
    match lines.get(number) {
        Some(line) => {
            say(shared, number, line).await?;
        }
        None if number == lines.len() => read(shared).await?,
        None => return forget(shared).await,
    }
    shared.later(0, crate::shared::Chore::Speak(number + 1));
    Ok(())
}

fn has_ended(shared: &Shared, line: usize) -> bool {
    let sites = shared.sites.borrow();
    let head = sites.get(line).and_then(|it| it.head());
    head.is_some_and(|it| it.status.ended())
}

async fn say(shared: &Rc<Shared>, number: usize, line: &Line) -> Result<(), BackendError> {
    if let Some(app) = line.dies {
        dies(shared, number, line.person, app);
    }
    let start = |workflow: &str, input: Value, key: Option<IdempotencyKey>| StartRun {
        owner: owner(line.person),
        context: context(shared, line.person),
        workflow: WorkflowId::new(workflow),
        input,
        idempotency_key: key,
        overlap: Overlap::Allow,
        repeats: None,
    };
    match line.asks {
        Asks::Message(text) => {
            let input = json!({ "message": text });
            let thread = thread_of(line.person);
            let say = Say {
                message: MessageId::parse(&format!("m{number}")).expect("a name"),
                text: text.into(),
                thread: thread.thread.clone(),
                start: Box::new(start(OnboardingAssistant::ID, input, None)),
            };
            let said = api(shared).say(&thread, say).await?;
            if !matches!(said, Said::Taken { .. }) {
                shared.violation(format!("{text}: {said:?}"));
            }
        }
        Asks::Task { subject, approved } => {
            let tool = "hubspot-create-task";
            let arguments = json!({ "subject": subject, "due": DUE });
            let tool_of = offered().tools.get(tool).expect("a tool that ships");
            let input = ToolCallInput {
                tool: tool.into(),
                arguments: tool_of.checked(arguments).expect("arguments"),
                by: AskedBy::Api,
                approval: match approved {
                    true => ApprovalMode::Required,
                    false => ApprovalMode::None,
                },
                waits_for_connection: true,
            };
            let key = Some(IdempotencyKey::new(format!("line {number}")));
            let start = start(TOOL_CALL, json!(input), key);
            let started = api(shared).start_run(start).await?;
            if started.run_id().is_none() {
                shared.violation(format!("{subject}: {started:?}"));
            }
        }
    }
    Ok(())
}

/// A person withdraws what they have authorized, once however often they say the line.
fn dies(shared: &Shared, number: usize, person: usize, app: &str) {
    let known = !shared
        .cared_for
        .borrow_mut()
        .insert(format!("line {number}"));
    let Some(app) = APPS.into_iter().find(|it| *it == app && !known) else {
        return;
    };
    let user = shared.plan.people[person].user;
    shared.connection(user, app, false);
    let mut service = shared.service.borrow_mut();
    let account = service.world.account_mut(&identifier(user), app);
    account.expect("an account").revoked = true;
}

fn thread_of(person: usize) -> ThreadOf {
    ThreadOf {
        owner: owner(person),
        agent: WorkflowId::new(OnboardingAssistant::ID),
        thread: ThreadId::parse(THREAD).expect("a name"),
    }
}

async fn read(shared: &Rc<Shared>) -> Result<(), BackendError> {
    let mut histories = Vec::new();
    for person in 0..shared.plan.people.len() {
        let turns = api(shared).thread(&thread_of(person)).await?;
        let turns = turns.unwrap_or_default();
        // A run tells its thread that it has ended as soon as it can.
        if turns.iter().any(|it| it.ended.is_none()) {
            return Err(BackendError::Unavailable);
        }
        if turns.iter().any(|it| it.pieces.is_none()) {
            shared.violation("a turn has ended and left nothing in its thread".into());
        }
        let told = turns.iter().map(|it| {
            json!([
                it.number,
                it.message,
                it.text,
                it.pieces,
                it.ended.map(|it| it.name())
            ])
        });
        histories.push(told.collect());
    }
    shared.talk.borrow_mut().histories = histories;
    Ok(())
}

async fn forget(shared: &Rc<Shared>) -> Result<(), BackendError> {
    for person in 0..shared.plan.people.len() {
        let thread = thread_of(person);
        api(shared).delete_thread(&thread).await?;
        if let Some(turns) = api(shared).thread(&thread).await? {
            shared.violation(format!("{} turns of a deleted thread", turns.len()));
        }
    }
    shared.talk.borrow_mut().forgotten = true;
    Ok(())
}
