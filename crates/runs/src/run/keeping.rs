//! What a run's object does when its alarm rings: the run goes on, or, once it has ended, is kept for
//! a while and then forgotten.
//!
//! Owns how long. What going on means is the engine's business, and forgetting the platform's.

use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_engine::{Alarm, StoreError};

use crate::hosted::Run;

/// A run that has ended is there for so long, however short it is to be kept. A message that told it
/// to begin may still be under way, long after whoever sent it has given up and sent another; it must
/// find the run that was, or the run would begin a second time. Once everybody was told of the end,
/// nobody sends another.
const LATE_MESSAGES: Duration = Duration::from_secs(60);
/// When a run that has ended asks again how long it is to be kept, where settings do not say.
const ASK_RETENTION: Duration = Duration::from_secs(3600);

/// Whether a run is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is, with its alarm set for what comes next.
    Still,
    /// It has been for long enough: whoever stores it forgets it.
    NoLonger,
}

/// Goes on with a run whose alarm rang. `retention` is how long an ended one is kept; `None` when
/// nobody can say at the moment.
///
/// # Errors
/// When storage fails.
pub async fn tend(
    run: &Run,
    retention: Option<Duration>,
    now: &dyn Fn() -> Timestamp,
) -> Result<Kept, StoreError> {
    let keep = retention.map(|it| it.max(LATE_MESSAGES));
    if let (Some(ended), Some(keep)) = (told_of_its_end(run), keep)
        && now() >= ended.plus(keep)
    {
        return Ok(Kept::NoLonger);
    }
    run.advance().await?;
    if let Some(ended) = told_of_its_end(run) {
        let until = keep.map_or_else(|| now().plus(ASK_RETENTION), |keep| ended.plus(keep));
        run.log().set_alarm(Alarm::At(until)).await?;
    }
    Ok(Kept::Still)
}

/// When a run ended of whose end everybody was told.
fn told_of_its_end(run: &Run) -> Option<Timestamp> {
    let head = run.log().head()?;
    (head.status.ended() && !head.unpublished).then_some(head.ended_at)?
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use async_trait::async_trait;
    use onbehalf_clock::Clock;
    use onbehalf_clock::testkit::{Dice, HandClock};
    use onbehalf_engine::memory::MemoryStore;
    use onbehalf_engine::{Head, Host, PublishError, RunLog, Started};

    use super::*;
    use crate::hosted::{Opening, open_retired};

    struct Nobody;

    #[async_trait(?Send)]
    impl Host for Nobody {
        async fn publish(&self, _: &Head) -> Result<(), PublishError> {
            Ok(())
        }
    }

    fn opened(clock: &Rc<HandClock>, store: &Rc<MemoryStore>) -> Rc<Run> {
        let by: Rc<dyn Clock> = clock.clone();
        let log = RunLog::open(store.clone(), Rc::clone(&by)).expect("memory");
        open_retired(Opening {
            log: Rc::new(log),
            clock: by,
            random: Rc::new(Dice::seeded(1)),
            host: Rc::new(Nobody),
            spent: Rc::new(|| false),
        })
    }

    fn started() -> Started {
        Started {
            run_id: "run_1".into(),
            workflow: "gone".into(),
            version: 1,
            owner: "p_alice".into(),
            context: serde_json::Value::Null,
            input: serde_json::Value::Null,
            trace_id: None,
        }
    }

    /// A retention of nothing must not let a message that was under way begin the run again.
    #[tokio::test]
    async fn a_run_is_kept_for_messages_that_are_late_however_short_it_is_to_be_kept() {
        let clock = Rc::new(HandClock::at(Timestamp::from_millis(1_795_420_800_000)));
        let store = Rc::new(MemoryStore::default());
        let run = opened(&clock, &store);
        let now = || clock.now();
        let none = Some(Duration::ZERO);
        run.start(started()).await.expect("memory");
        assert_eq!(tend(&run, none, &now).await, Ok(Kept::Still));
        assert!(run.log().head().is_some_and(|head| head.status.ended()));
        let seconds_before_it_is_over = LATE_MESSAGES - Duration::from_secs(2);
        clock.pass(seconds_before_it_is_over);
        assert_eq!(tend(&run, none, &now).await, Ok(Kept::Still));
        let rows = run.log().last_seq();
        run.start(started()).await.expect("memory");
        assert_eq!(run.log().last_seq(), rows, "it does not begin again");
        clock.pass(Duration::from_secs(2));
        assert_eq!(tend(&run, none, &now).await, Ok(Kept::NoLonger));
    }

    #[tokio::test]
    async fn a_run_nobody_can_say_of_how_long_it_is_kept_is_kept() {
        let clock = Rc::new(HandClock::at(Timestamp::from_millis(1_795_420_800_000)));
        let store = Rc::new(MemoryStore::default());
        let run = opened(&clock, &store);
        let now = || clock.now();
        run.start(started()).await.expect("memory");
        for _ in 0..3 {
            assert_eq!(tend(&run, None, &now).await, Ok(Kept::Still));
            assert_eq!(store.alarm(), Some(clock.now().plus(ASK_RETENTION)));
            clock.pass(ASK_RETENTION);
        }
    }

    /// The platform gives up on an alarm whose handler failed often enough; nothing else wakes a run.
    #[tokio::test]
    async fn a_run_that_has_lost_its_alarm_goes_on_when_somebody_has_to_do_with_it() {
        let clock = Rc::new(HandClock::at(Timestamp::from_millis(1_795_420_800_000)));
        let store = Rc::new(MemoryStore::default());
        let run = opened(&clock, &store);
        run.start(started()).await.expect("memory");
        assert_eq!(store.take_alarm(), Some(clock.now()));
        // One that is merely late is in nobody's way.
        clock.pass(Duration::from_secs(60));
        run.look_after().await.expect("memory");
        assert_eq!(store.alarm(), None);
        clock.pass(Duration::from_secs(600));
        run.look_after().await.expect("memory");
        assert_eq!(store.alarm(), Some(clock.now()));
        let now = || clock.now();
        assert_eq!(tend(&run, None, &now).await, Ok(Kept::Still));
        assert!(run.log().head().is_some_and(|head| head.status.ended()));
        // One that has ended needs nobody.
        store.take_alarm();
        clock.pass(Duration::from_secs(6_000));
        run.look_after().await.expect("memory");
        assert_eq!(store.alarm(), None);
    }
}
