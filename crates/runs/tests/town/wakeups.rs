//! A connection that is made at any moment wakes the run that misses it, before the run looks again
//! by itself.

use onbehalf_engine::RunStatus;
use onbehalf_runs::{Asker, Backend, StartRun};
use serde_json::{Value, json};

use crate::common::*;
use crate::yard::place_with_runs;

/// Moments from the beginning of an attempt until everybody knows that the run waits: before it is
/// asked what is connected, while the answer is under way, after it; and before and after word of the
/// wait arrives.
const MOMENTS: u32 = 5;

/// Alarms that are enough for a run that waits once: every moment is longer than an invocation.
const RINGS: u32 = 8;

/// Whether the run had to be told, and how it stands.
async fn mended_at(moment: u32, input: Value) -> (RunStatus, Option<String>) {
    let (place, yard) = place_with_runs();
    yard.world.mended_at.set(Some(moment));
    let start = StartRun {
        input,
        ..request("alice")
    };
    let run = place.started(start).await;
    let asker = Asker {
        owner: owner("alice"),
        approves: None,
    };
    let view = async || {
        let view = place.api.run(&asker, &run).await;
        view.expect("an answer").expect("a run")
    };
    // One that waits is left alone, so that it does not look again by itself.
    for _ in 0..RINGS {
        if view().await.status == RunStatus::Running {
            yard.ring(&run).await;
        }
    }
    assert!(yard.world.moments() > moment, "nothing was mended");
    let last = view().await;
    (last.status, last.resumed.map(|it| it.by))
}

#[tokio::test]
async fn a_connection_mended_at_every_moment_wakes_the_run() {
    for input in [
        json!({"connects": true}),
        json!({"connects": true, "forgets": true}),
    ] {
        for moment in 0..MOMENTS {
            let (status, by) = mended_at(moment, input.clone()).await;
            assert_eq!(status, RunStatus::Completed, "{input}, moment {moment}");
            // The first two are before the answer: there was nothing to wait for.
            let told = (moment >= 2).then(|| "connection".to_owned());
            assert_eq!(by, told, "{input}, moment {moment}");
        }
    }
}
