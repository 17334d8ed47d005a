//! What the users of one portal share: flags and allowances.

use std::rc::Rc;
use std::time::Duration;

use onbehalf_connector::{Connector, Given, Lane, SharedAllowance, Wanted};
use onbehalf_engine::Fence;
use onbehalf_runs::portal::{
    Again, Claimant, Claimed, ClaimsUnavailable, FlagClaims, FlagOutcome, PortalKey, Portals,
    SettledFlag, SharedClaims, SharedTurns, WantedFlag,
};
use onbehalf_runs::{AccountKey, Backend as _, ConnectorName, EventId, RunId};

use crate::common::*;

fn portal() -> PortalKey {
    PortalKey::of_portal(&ConnectorName::new("hubspot"), "4711")
}

fn run(name: &str) -> RunId {
    RunId::stored(format!("run_{name}"))
}

fn flag(customer: &str, day: &str, severity: u32, again: Again) -> WantedFlag {
    WantedFlag {
        subject: format!("task:{customer}"),
        looked_at: at(&format!("{day}T20:00:00Z")),
        severity,
        worse_by: Some(1),
        again,
    }
}

impl Place {
    fn claims(&self) -> SharedClaims {
        SharedClaims::new(Rc::new(self.post()))
    }

    fn portals(&self) -> Portals {
        Portals::new(Rc::new(self.post()), self.town.clock())
    }

    fn turns(&self) -> SharedTurns {
        SharedTurns::new(Rc::new(self.post()), self.portals())
    }

    async fn claim(&self, name: &str, wanted: WantedFlag) -> Claimed {
        let claimed = self.claim_in(UNSAID, name, wanted).await;
        claimed.expect("claims")
    }

    /// A claim by this attempt of the run.
    async fn claim_in(
        &self,
        attempt: u64,
        name: &str,
        wanted: WantedFlag,
    ) -> Result<Claimed, ClaimsUnavailable> {
        let (claims, by) = (self.claims(), by(name, attempt));
        let claimed = claims.claim(&portal(), &by, vec![wanted]).await;
        claimed.map(|mut it| it.remove(0))
    }

    async fn settle(&self, name: &str, customer: &str, outcome: FlagOutcome) {
        self.settle_in(UNSAID, name, customer, outcome).await;
    }

    /// What became of a flag, as this attempt of the run has it.
    async fn settle_in(&self, attempt: u64, name: &str, customer: &str, outcome: FlagOutcome) {
        let settled = SettledFlag {
            subject: format!("task:{customer}"),
            outcome,
        };
        let (claims, by) = (self.claims(), by(name, attempt));
        let done = claims.settle(&portal(), &by, vec![settled]).await;
        done.expect("claims");
    }
}

/// Where nothing is said of the attempt.
const UNSAID: u64 = 0;

fn by(name: &str, attempt: u64) -> Claimant {
    Claimant {
        run_id: run(name),
        fence: Fence::stored(attempt),
    }
}

const GRANTED: Claimed = Claimed::Granted { outcome: None };

fn written(id: &str) -> FlagOutcome {
    FlagOutcome::Written { id: id.to_owned() }
}

#[tokio::test]
async fn of_two_runs_one_sets_a_flag_and_the_other_learns_what_came_of_it() {
    let place = place();
    let today = || flag("amber", "2026-11-25", 40, Again::NextDay);
    assert_eq!(place.claim("a", today()).await, GRANTED);
    // The same run after a crash.
    assert_eq!(place.claim("a", today()).await, GRANTED);
    let since = place.town.now();
    let held = |outcome| Claimed::Held {
        by: run("a"),
        since,
        outcome,
    };
    assert_eq!(place.claim("b", today()).await, held(None));
    place.settle("a", "amber", written("task-1")).await;
    assert_eq!(
        place.claim("b", today()).await,
        held(Some(written("task-1")))
    );
    let own = Claimed::Granted {
        outcome: Some(written("task-1")),
    };
    assert_eq!(place.claim("a", today()).await, own);
    // Who does not hold it has no word in it.
    place.settle("b", "amber", FlagOutcome::Released).await;
    assert_eq!(place.claim("a", today()).await, own);
}

#[tokio::test]
async fn what_comes_late_gives_up_nothing_that_was_claimed_again() {
    for outcome in [FlagOutcome::Released, FlagOutcome::Refused] {
        let place = place();
        let today = || flag("amber", "2026-11-25", 40, Again::NextDay);
        assert_eq!(place.claim_in(7, "a", today()).await, Ok(GRANTED));
        // The settlement of attempt 7 is on its way when attempt 9 claims and writes.
        assert_eq!(place.claim_in(9, "a", today()).await, Ok(GRANTED));
        place.settle_in(7, "a", "amber", outcome.clone()).await;
        let b = place.claim_in(3, "b", today()).await.expect("claims");
        assert!(matches!(b, Claimed::Held { outcome: None, .. }), "{b:?}");
        // Its own settlement counts, and so does what was written, whenever it is heard.
        place.settle_in(9, "a", "amber", outcome).await;
        assert_eq!(place.claim_in(5, "b", today()).await, Ok(GRANTED));
        place.settle_in(4, "b", "amber", written("task-1")).await;
        let a = place.claim_in(11, "a", today()).await.expect("claims");
        assert!(
            matches!(
                a,
                Claimed::Held {
                    outcome: Some(_),
                    ..
                }
            ),
            "{a:?}"
        );
    }
}

#[tokio::test]
async fn what_comes_late_claims_nothing_that_was_given_up() {
    let place = place();
    let today = || flag("amber", "2026-11-25", 40, Again::NextDay);
    assert_eq!(place.claim_in(7, "a", today()).await, Ok(GRANTED));
    let given_up = FlagOutcome::Released;
    place.settle_in(7, "a", "amber", given_up).await;
    // The same claim arrives twice, and one of an attempt before it arrives at last.
    for late in [7, 5] {
        let claimed = place.claim_in(late, "a", today()).await;
        assert_eq!(claimed, Err(ClaimsUnavailable), "{late}");
    }
    assert_eq!(place.claim_in(1, "b", today()).await, Ok(GRANTED));
}

#[tokio::test]
async fn a_flag_is_free_again_when_it_is_time() {
    let place = place();
    let wanted = |day, severity, again| flag("amber", day, severity, again);
    assert_eq!(
        place
            .claim("a", wanted("2026-11-25", 40, Again::NextDay))
            .await,
        GRANTED
    );
    place.settle("a", "amber", written("task-1")).await;
    for (again, day, severity, free) in [
        (Again::WhenWorse, "2026-11-26", 40, false),
        (Again::NextDay, "2026-11-25", 40, false),
        (Again::NextDay, "2026-11-24", 40, false),
        (Again::WhenWorse, "2026-11-25", 41, true),
    ] {
        let claimed = place.claim("b", wanted(day, severity, again)).await;
        assert_eq!(claimed == GRANTED, free, "{again:?} {day} {severity}");
    }
    let tomorrow = wanted("2026-11-26", 1, Again::NextDay);
    assert_eq!(place.claim("c", tomorrow).await, GRANTED);
}

#[tokio::test]
async fn what_is_worse_is_for_who_claims_to_say() {
    let place = place();
    let wanted = |severity, worse_by| WantedFlag {
        worse_by,
        ..flag("amber", "2026-11-25", severity, Again::WhenWorse)
    };
    assert_eq!(place.claim("a", wanted(40, Some(10))).await, GRANTED);
    for (severity, worse_by, free) in [
        (49, Some(10), false),
        (200, None, false),
        (50, Some(10), true),
    ] {
        let claimed = place.claim("b", wanted(severity, worse_by)).await;
        assert_eq!(claimed == GRANTED, free, "{severity} {worse_by:?}");
    }
}

/// Whoever counts as worse takes nothing from whom the flag was given to before: that one may have
/// set it, and the app may not show it yet.
#[tokio::test]
async fn a_claim_stands_again_once_the_worse_one_is_given_up() {
    let place = place();
    let wanted = |severity| flag("amber", "2026-11-25", severity, Again::NextDay);
    for before in [None, Some(written("task-1"))] {
        assert_eq!(place.claim("a", wanted(40)).await, GRANTED);
        if let Some(outcome) = &before {
            place.settle("a", "amber", outcome.clone()).await;
        }
        let since = place.town.now();
        assert_eq!(place.claim("b", wanted(80)).await, GRANTED);
        place.settle("b", "amber", FlagOutcome::Released).await;
        let held = Claimed::Held {
            by: run("a"),
            since,
            outcome: before,
        };
        assert_eq!(place.claim("c", wanted(40)).await, held);
    }
}

#[tokio::test]
async fn what_was_set_before_a_worse_one_was_claimed_is_noted_all_the_same() {
    let place = place();
    let wanted = |severity| flag("amber", "2026-11-25", severity, Again::NextDay);
    assert_eq!(place.claim("a", wanted(40)).await, GRANTED);
    assert_eq!(place.claim("b", wanted(80)).await, GRANTED);
    place.settle("a", "amber", written("task-1")).await;
    let own = Claimed::Granted {
        outcome: Some(written("task-1")),
    };
    assert_eq!(place.claim("a", wanted(40)).await, own);
    place.settle("b", "amber", FlagOutcome::Refused).await;
    assert_ne!(place.claim("c", wanted(40)).await, GRANTED);
}

/// Whoever looked before the app showed a flag must not take midnight for another day.
#[tokio::test]
async fn a_new_day_counts_once_the_app_shows_what_was_written() {
    let place = place();
    place.town.pass(hours(12) - minutes(1));
    let looked = |after: u64| WantedFlag {
        looked_at: at("2026-11-25T23:59:00Z").plus(minutes(after)),
        ..flag("amber", "2026-11-25", 40, Again::NextDay)
    };
    assert_eq!(place.claim("a", looked(0)).await, GRANTED);
    place.town.pass(minutes(10));
    place.settle("a", "amber", written("task-1")).await;
    place.town.pass(hours(1));
    assert_ne!(place.claim("b", looked(2)).await, GRANTED);
    assert_ne!(place.claim("b", looked(24)).await, GRANTED);
    assert_eq!(place.claim("b", looked(25)).await, GRANTED);
}

#[tokio::test]
async fn a_claim_that_is_asked_for_again_does_not_end() {
    let place = place();
    let today = || flag("amber", "2026-11-25", 40, Again::WhenWorse);
    for _ in 0..3 {
        assert_eq!(place.claim("a", today()).await, GRANTED);
        place.town.pass(hours(23));
    }
    assert_ne!(place.claim("b", today()).await, GRANTED);
}

/// While a run tries again what it had put off, nobody else does.
#[tokio::test]
async fn a_run_that_takes_up_again_what_it_gave_up_holds_it() {
    let place = place();
    let today = || flag("amber", "2026-11-25", 40, Again::NextDay);
    assert_eq!(place.claim("a", today()).await, GRANTED);
    place.settle("a", "amber", FlagOutcome::Released).await;
    assert_eq!(place.claim("a", today()).await, GRANTED);
    assert_ne!(place.claim("b", today()).await, GRANTED);
}

#[tokio::test]
async fn what_was_given_up_is_anybodys() {
    let place = place();
    let today = || flag("amber", "2026-11-25", 40, Again::WhenWorse);
    assert_eq!(place.claim("a", today()).await, GRANTED);
    place.settle("a", "amber", FlagOutcome::Released).await;
    assert_eq!(place.claim("b", today()).await, GRANTED);
    place.settle("b", "amber", FlagOutcome::Refused).await;
    assert_eq!(place.claim("a", today()).await, GRANTED);
    // A run that was never heard of again holds nothing for ever.
    place.town.pass(hours(25));
    assert_eq!(place.claim("c", today()).await, GRANTED);
    place.settle("c", "amber", written("task-2")).await;
    place.town.pass(hours(25));
    assert_ne!(place.claim("d", today()).await, GRANTED);
    place.town.pass(hours(15 * 24));
    assert_eq!(place.claim("d", today()).await, GRANTED);
}

#[tokio::test]
async fn portals_are_apart_and_memory_is_bounded() {
    let place = place();
    let claims = place.claims();
    let other = PortalKey::of_portal(&ConnectorName::new("hubspot"), "42");
    let all = |count: u32| {
        let customers =
            (0..count).map(|number| flag(&format!("c{number}"), "2026-11-25", 1, Again::NextDay));
        customers.collect::<Vec<_>>()
    };
    for portal in [portal(), other] {
        let claimed = claims.claim(&portal, &by("a", UNSAID), all(3)).await;
        assert_eq!(claimed, Ok(vec![GRANTED, GRANTED, GRANTED]));
    }
    let claimed = claims.claim(&portal(), &by("b", UNSAID), all(20_010)).await;
    let claimed = claimed.expect("claims");
    assert_eq!(claimed.iter().filter(|it| **it != GRANTED).count(), 3);
    let address = onbehalf_runs::town::Address::Portal(portal());
    let kept = place
        .town
        .query(&address, "SELECT COUNT(*) FROM flags", &[]);
    assert_eq!(kept.expect("a count")[0].count(0), Ok(20_000));
}

#[tokio::test]
async fn an_allowance_is_shared_and_a_pause_is_kept() {
    let place = place();
    let turns = place.turns();
    let lane = Lane::App(Connector::HUBSPOT);
    let wanted = Wanted {
        turns: 100,
        longest_wait: Duration::ZERO,
    };
    let given = turns.take("user_alice", lane, wanted).await;
    let Some(Given::AtOnce(burst)) = given else {
        panic!("{given:?}")
    };
    assert!(burst < 100);
    let given = turns.take("user_alice", lane, wanted).await;
    assert!(matches!(given, Some(Given::TooFar(_))), "{given:?}");
    let given = turns.take("user_bob", lane, wanted).await;
    assert_eq!(given, Some(Given::AtOnce(burst)));
    turns.hold("user_bob", lane, minutes(5)).await;
    place.town.pass(minutes(4));
    let given = turns.take("user_bob", lane, wanted).await;
    assert!(matches!(given, Some(Given::TooFar(_))), "{given:?}");
}

#[tokio::test]
async fn colleagues_share_what_their_portal_allows_once_it_is_known() {
    let place = place();
    let hubspot = ConnectorName::new("hubspot");
    let accounts = ["user_alice", "user_bob"].map(AccountKey::new);
    let [alice, bob] = &accounts;
    let portals = place.portals();
    assert_eq!(
        portals.of(alice, &hubspot).await,
        PortalKey::of_account(alice)
    );
    for account in &accounts {
        let noted = portals.note(account, &hubspot, "4711").await;
        assert_eq!(noted, Ok(portal()));
    }
    // Another process knows it too.
    assert_eq!(place.portals().of(bob, &hubspot).await, portal());
    let lane = Lane::HubspotSearch;
    let wanted = Wanted {
        turns: 100,
        longest_wait: Duration::ZERO,
    };
    let turns = place.turns();
    let given = turns.take(alice.as_str(), lane, wanted).await;
    assert!(matches!(given, Some(Given::AtOnce(_))), "{given:?}");
    let given = turns.take(bob.as_str(), lane, wanted).await;
    assert!(matches!(given, Some(Given::TooFar(_))), "{given:?}");
    // An app whose portal nobody has said is counted by account.
    let lane = Lane::App(Connector::ZENDESK);
    for account in &accounts {
        let given = turns.take(account.as_str(), lane, wanted).await;
        assert!(matches!(given, Some(Given::AtOnce(_))), "{given:?}");
    }
    // Once their answers have said it, the two count as one.
    let zendesk = ConnectorName::new("zendesk");
    let portals = place.portals();
    for account in &accounts {
        let noted = portals.note_in_passing(account, &zendesk, "acme").await;
        assert_eq!(noted, Ok(()));
    }
    let turns = place.turns();
    let given = turns.take(alice.as_str(), lane, wanted).await;
    assert!(matches!(given, Some(Given::AtOnce(_))), "{given:?}");
    let given = turns.take(bob.as_str(), lane, wanted).await;
    assert!(matches!(given, Some(Given::TooFar(_))), "{given:?}");
    // A new connection may be to another portal.
    let event = EventId::new("wh_1");
    let made = place.api.connection_made(alice, &hubspot, &event).await;
    made.expect("noted");
    assert_eq!(
        place.portals().of(alice, &hubspot).await,
        PortalKey::of_account(alice)
    );
}
