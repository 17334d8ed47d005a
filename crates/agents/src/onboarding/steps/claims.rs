//! Whose flag it is: what the runs of one portal agree on before any of them writes.
//!
//! Owns what is claimed, and what a claim that another run holds means here: neither task nor comment.
//! HubSpot shows a task only some time after it was written, and none at all where it refused one and
//! the comment was made; in between, the claims are all there is to see. A task is claimed by day,
//! because on another day HubSpot's own list tells. A comment is claimed until things get worse,
//! because no list tells; whichever issue it is on, since a comment makes the next one the stalest.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::onboarding::OnboardingHealth;
use crate::onboarding::plan::{ActionKind, PlannedAction};
use crate::onboarding::result::{ActionResult, ActionStatus};
use crate::onboarding::scoring::HealthStatus;
use crate::onboarding::settings::{OnboardingSettings, ReflagPolicy};
use crate::onboarding::weights::FULL_SCORE;
use onbehalf_acting::{Failure, FailureKind, grown_pause};
use onbehalf_clock::Timestamp;
use onbehalf_engine::{StepContext, StepError, SuspendReason};
use onbehalf_runs::portal::{
    Again, Claimant, Claimed, ClaimsUnavailable, FlagOutcome, PortalKey, SettledFlag, WantedFlag,
};
use onbehalf_runs::{RunId, RunReason};

use super::actions::ended;

/// Flags that one message carries.
const FLAGS_AT_ONCE: usize = 500;

/// The claims of one attempt.
pub(super) struct Claims<'a> {
    cx: &'a StepContext<OnboardingHealth>,
    portal: PortalKey,
    by: Claimant,
    looked_at: Timestamp,
    /// What the portal knows of this run's own flags, by their writes' items.
    held: BTreeMap<String, Option<FlagOutcome>>,
    /// What the portal is to be told.
    news: RefCell<BTreeMap<String, FlagOutcome>>,
}

/// Writes, by whose they are.
pub(super) struct Shared<'p> {
    /// To be made by this run.
    pub ours: Vec<&'p PlannedAction>,
    /// Left to another.
    pub others: Vec<ActionResult>,
}

/// What claiming came to.
pub(super) enum Claiming<'p> {
    /// It is settled whose each is.
    Done(Shared<'p>),
    /// The portal's object cannot be reached: the step waits.
    Wait(SuspendReason<RunReason>),
}

impl<'a> Claims<'a> {
    /// Claims in this portal, after a look at this time.
    pub fn new(
        cx: &'a StepContext<OnboardingHealth>,
        portal: PortalKey,
        looked_at: Timestamp,
    ) -> Self {
        Self {
            cx,
            portal,
            by: Claimant {
                run_id: RunId::stored(cx.run_id()),
                fence: cx.fence(),
            },
            looked_at,
            held: BTreeMap::new(),
            news: RefCell::default(),
        }
    }

    /// Claims what these writes would flag. A replay claims again, which changes nothing. What has
    /// begun is this run's to bring to an end, whoever claims it by now.
    pub async fn claim<'p>(
        &mut self,
        actions: &'p [PlannedAction],
    ) -> Result<Claiming<'p>, StepError> {
        let asked = self.ask(actions).await;
        let late = self.cx.now() >= self.cx.deadline();
        let claimed = match asked {
            Ok(claimed) => claimed,
            Err(ClaimsUnavailable) if !late => {
                let until = self.cx.now().plus(grown_pause(self.cx.attempt()));
                return Ok(Claiming::Wait(SuspendReason::Retrying { until }));
            }
            Err(ClaimsUnavailable) => return self.without(actions),
        };
        let mut shared = Shared {
            ours: Vec::with_capacity(actions.len()),
            others: Vec::new(),
        };
        let mut left = BTreeSet::new();
        for (action, claimed) in actions.iter().zip(claimed) {
            let begun = self.cx.has_begun(&action.item)?;
            match claimed {
                Claimed::Granted { outcome } => {
                    self.held.insert(action.item.clone(), outcome);
                    if begun || !left.contains(&action.customer) {
                        shared.ours.push(action);
                    }
                }
                Claimed::Held { .. } if begun => shared.ours.push(action),
                // Whatever it was given before, it will not set.
                Claimed::Held { .. } if left.contains(&action.customer) => {
                    self.tell(action, FlagOutcome::Released);
                }
                Claimed::Held { outcome, .. } => {
                    self.tell(action, FlagOutcome::Released);
                    if action.kind == ActionKind::CreateTask {
                        left.insert(action.customer.clone());
                    }
                    shared.others.push(elsewhere(action, outcome));
                }
            }
        }
        Ok(Claiming::Done(shared))
    }

    async fn ask(&self, actions: &[PlannedAction]) -> Result<Vec<Claimed>, ClaimsUnavailable> {
        let settings = &self.cx.services().settings;
        let mut claimed = Vec::with_capacity(actions.len());
        for some in actions.chunks(FLAGS_AT_ONCE) {
            let flags = some.iter();
            let flags = flags.map(|action| wanted(action, self.looked_at, settings));
            let claims = &self.cx.services().claims;
            claimed.extend(
                claims
                    .claim(&self.portal, &self.by, flags.collect())
                    .await?,
            );
        }
        Ok(claimed)
    }

    /// The step's time is over and nobody could be asked: what has not begun is not written.
    fn without<'p>(&self, actions: &'p [PlannedAction]) -> Result<Claiming<'p>, StepError> {
        let mut shared = Shared {
            ours: Vec::new(),
            others: Vec::new(),
        };
        for action in actions {
            if self.cx.has_begun(&action.item)? {
                shared.ours.push(action);
            } else {
                let message = "nobody could tell whether another run flags this customer";
                let failure = Failure::own(FailureKind::Unavailable, message);
                let expired = ended(action, ActionStatus::Expired, Some(failure));
                shared.others.push(expired);
            }
        }
        Ok(Claiming::Done(shared))
    }

    /// Notes what became of a flag, to be told with [`Self::settle`].
    pub fn tell(&self, action: &PlannedAction, outcome: FlagOutcome) {
        self.news.borrow_mut().insert(action.item.clone(), outcome);
    }

    /// Gives up what is claimed and has not begun. What has begun and was not told of stays claimed:
    /// it may be there.
    pub fn give_up_the_rest(&self) -> Result<(), StepError> {
        for (item, known) in &self.held {
            let told = known.is_some() || self.news.borrow().contains_key(item);
            if !told && !self.cx.has_begun(item)? {
                let mut news = self.news.borrow_mut();
                news.insert(item.clone(), FlagOutcome::Released);
            }
        }
        Ok(())
    }

    /// Tells the portal what it does not know yet.
    pub async fn settle(&self) -> Result<(), ClaimsUnavailable> {
        let news = self.news.take().into_iter();
        let news = news.filter(|(subject, outcome)| {
            self.held.get(subject).and_then(Option::as_ref) != Some(outcome)
        });
        let flags = news.map(|(subject, outcome)| SettledFlag { subject, outcome });
        let flags: Vec<_> = flags.collect();
        let claims = &self.cx.services().claims;
        for some in flags.chunks(FLAGS_AT_ONCE) {
            claims.settle(&self.portal, &self.by, some.to_vec()).await?;
        }
        Ok(())
    }
}

fn wanted(
    action: &PlannedAction,
    looked_at: Timestamp,
    settings: &OnboardingSettings,
) -> WantedFlag {
    let listed = action.kind == ActionKind::CreateTask;
    WantedFlag {
        subject: action.item.clone(),
        looked_at,
        severity: severity(action.status, action.score),
        worse_by: match settings.reflag {
            ReflagPolicy::NeverWhileOpen => None,
            ReflagPolicy::WhenWorse | ReflagPolicy::Daily => Some(settings.reflag_drop),
        },
        again: if listed || settings.reflag == ReflagPolicy::Daily {
            Again::NextDay
        } else {
            Again::WhenWorse
        },
    }
}

/// A number that grows by `reflagDrop` or more exactly where an open flag would not stand: when the
/// score drops by so much, or the status gets worse, which no drop outweighs.
fn severity(status: HealthStatus, score: u32) -> u32 {
    let rank = match status {
        HealthStatus::Healthy => 0,
        HealthStatus::AtRisk => 1,
        HealthStatus::Critical => 2,
    };
    rank * FULL_SCORE + FULL_SCORE.saturating_sub(score)
}

/// A write that is another run's. Whose run it is says nobody.
fn elsewhere(action: &PlannedAction, outcome: Option<FlagOutcome>) -> ActionResult {
    let id = match outcome {
        Some(FlagOutcome::Written { id }) => Some(id),
        _ => None,
    };
    let (task_id, comment_id) = match action.kind {
        ActionKind::CreateTask => (id, None),
        ActionKind::AddComment => (None, id),
    };
    ActionResult {
        task_id,
        comment_id,
        ..ended(action, ActionStatus::FlaggedByAnotherRun, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HealthStatus::{AtRisk, Critical};

    #[test]
    fn a_claim_counts_as_worse_what_an_open_flag_would_not_stand_against() {
        let drop = OnboardingSettings::default().reflag_drop;
        for ((then, score_then), (now, score_now), worse) in [
            ((AtRisk, 60), (AtRisk, 60), false),
            ((AtRisk, 60), (AtRisk, 69), false),
            ((AtRisk, 60), (AtRisk, 51), false),
            ((AtRisk, 60), (AtRisk, 50), true),
            ((AtRisk, 40), (Critical, 39), true),
            ((Critical, 30), (AtRisk, 45), false),
        ] {
            let grown = severity(now, score_now) >= severity(then, score_then) + drop;
            assert_eq!(grown, worse, "{then:?} {score_then} to {now:?} {score_now}");
        }
    }
}
