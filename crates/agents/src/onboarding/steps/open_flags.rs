//! The flags whose tasks are still open, in bulk searches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::onboarding::OnboardingHealth;
use crate::onboarding::flags::{FLAG_WORD, OpenFlag, Reference, customer_token};
use crate::onboarding::scored::Scored;
use onbehalf_acting::{Failure, FailureKind, Read, Reader, Worth};
use onbehalf_clock::{DAY_MS, Timestamp};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, StepContext, StepError};
use onbehalf_runs::RunReason;
use onbehalf_tools::{HubspotSearchTasks, TasksInput};

/// Pages of a hundred in one search. HubSpot's ends at 10,000 results.
const PAGES_OF_A_SEARCH: usize = 100;
/// Searches, each of which goes on where the one before ended: 50,000 open flags of one window.
const SEARCHES: usize = 5;

/// What was seen.
pub(super) struct Seen {
    /// When it was looked for.
    pub at: Timestamp,
    /// These are open, of the customers that are flagged now.
    pub open: Vec<OpenFlag>,
}

/// What a look at the open flags came to.
pub(super) enum Look<O, R> {
    /// What is open.
    Flags(Seen),
    /// Nobody can tell, so nothing may be written.
    Blind(Failure),
    /// The step waits.
    Wait(Flow<O, R, RunReason>),
}

/// Looks for open flags. Each `round` looks anew, and each keeps what it saw.
pub(super) async fn look<O, R>(
    cx: &StepContext<OnboardingHealth>,
    scored: &Scored,
    round: u32,
) -> Result<Look<O, R>, StepError> {
    let flagged = scored
        .customers
        .iter()
        .filter(|it| it.health.status.is_flagged());
    let tokens: BTreeSet<_> = flagged.map(|it| customer_token(&it.key)).collect();
    // Of a look that took several attempts the time of the first: nothing is taken for seen that may
    // have come later.
    let began = || async { Ok(cx.now()) };
    let at = cx.memo(&format!("looked-{round}"), began).await?;
    if tokens.is_empty() {
        let open = Vec::new();
        return Ok(Look::Flags(Seen { at, open }));
    }
    let window = u64::from(cx.services().settings.window_days) * DAY_MS.unsigned_abs();
    let window = Duration::from_millis(window);
    let reader = Reader::new(cx, Worth::Writes);
    let read = reader
        .keep(&format!("flags-{round}"), || async {
            let mut flags: BTreeMap<String, OpenFlag> = BTreeMap::new();
            // Nobody in onboarding now was flagged before the window began.
            let mut since = cx.now().minus(window);
            for _ in 0..SEARCHES {
                let mut input = TasksInput {
                    open_only: true,
                    created_after: Some(since),
                    ..TasksInput::marked(FLAG_WORD)
                };
                for _ in 0..PAGES_OF_A_SEARCH {
                    let page = reader.call::<HubspotSearchTasks>(&input).await?;
                    // Results come in the order of their creation.
                    let newest = page.tasks.iter().filter_map(|task| task.created_at).max();
                    since = newest.map_or(since, |newest| newest.max(since));
                    let found = page.tasks.into_iter().filter_map(|task| {
                        let reference = Reference::find(task.body.as_deref()?)?;
                        tokens.contains(reference.customer()).then_some(OpenFlag {
                            task_id: task.id,
                            reference,
                        })
                    });
                    flags.extend(found.map(|flag| (flag.task_id.clone(), flag)));
                    match page.next {
                        Some(next) => input.after = Some(next),
                        None => return Ok(flags.into_values().collect()),
                    }
                }
            }
            Err(Failure::own(FailureKind::Truncated, "too many open flags to read").into())
        })
        .await?;
    Ok(match read {
        Read::Done(open) => Look::Flags(Seen { at, open }),
        Read::Failed(failure) => Look::Blind(failure),
        Read::Later(failure) => Look::Wait(reader.wait(vec![(Connector::HUBSPOT, failure)])?),
    })
}
