//! What people were promised: one run at a time, one for each key, one for each tick.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::Timestamp;
use onbehalf_runs::town::Address;

use crate::host::skew_of;
use crate::people::allows;
use crate::shared::{Shared, owner, shifted};
use crate::simulate::{BEGIN_MS, Ended};
use crate::site::Site;
use crate::tally::Rule;

/// A missed cron, a dead shard and a lost alarm are each made up for within this.
const MADE_UP_WITHIN: Duration = Duration::from_secs(3600);
/// Clocks of objects are apart by no more than this, so that nobody knows more exactly.
const CLOCKS: Duration = Duration::from_secs(120);

/// Judges what people were told.
pub fn check(ended: &Ended, sites: &[Rc<Site>]) {
    let shared = &ended.shared;
    check_starts(shared, sites);
    for person in 0..shared.plan.people.len() {
        check_one_at_a_time(shared, sites, person);
        check_ticks(ended, sites, person);
    }
}

fn check_starts(shared: &Shared, sites: &[Rc<Site>]) {
    let begun = shared.begun.borrow();
    let mut of_key = BTreeMap::new();
    for begun in begun.iter() {
        let site = sites.iter().find(|it| it.run_id == begun.run_id);
        let begins = site.is_some_and(|it| it.head().is_some());
        // Queued behind another and cancelled before it began is no run that has to begin.
        shared.asks(Rule::StartBegins, begins, || {
            format!("{} was promised", begun.run_id)
        });
        if let Some(key) = &begun.key {
            let first = of_key.entry(key).or_insert(&begun.run_id);
            shared.asks(Rule::OneRunForKey, *first == &begun.run_id, || {
                format!("{key} is {first} and {}", begun.run_id)
            });
        }
    }
}

/// A run that is open, from and until, by the world's clock.
struct Open<'a> {
    site: &'a Site,
    from: Timestamp,
    until: Option<Timestamp>,
}

fn check_one_at_a_time(shared: &Shared, sites: &[Rc<Site>], person: usize) {
    let of_person = sites.iter().filter(|it| it.person() == Some(person));
    let mut open: Vec<Open<'_>> = of_person
        .filter_map(|site| {
            let head = site.head()?;
            let skew = skew_of(shared, site);
            Some(Open {
                site,
                from: shifted(head.started_at, -skew),
                until: head.ended_at.map(|at| shifted(at, -skew)),
            })
        })
        .collect();
    open.sort_by_key(|it| it.from);
    for pair in open.windows(2) {
        let apart = pair[0].until.is_some_and(|until| until <= pair[1].from);
        let asked_for =
            asked_to_overlap(shared, pair[0].site) || asked_to_overlap(shared, pair[1].site);
        shared.asks(Rule::OneOpenRun, apart || asked_for, || {
            let [first, second] = [pair[0].site, pair[1].site].map(|it| &it.run_id);
            format!("{first} and {second} of person {person} are open at once")
        });
    }
}

/// Whether somebody asked for this run beside others, or may have and was not answered.
fn asked_to_overlap(shared: &Shared, site: &Site) -> bool {
    let person = site.person();
    let triggers = &shared.plan.triggers;
    triggers
        .iter()
        .any(|it| Some(it.person) == person && allows(it.overlap))
}

fn check_ticks(ended: &Ended, sites: &[Rc<Site>], person: usize) {
    let shared = &ended.shared;
    let tick = Timestamp::from_millis(BEGIN_MS);
    let enrolled = shared.enrolled.borrow().get(&person).copied();
    let ticks = shared.ticks.borrow();
    let (Some(enrolled), Some((seen, schedule))) = (enrolled, ticks.get(&person)) else {
        return;
    };
    let by = tick.plus(MADE_UP_WITHIN).plus(CLOCKS);
    if enrolled.plus(CLOCKS) > tick || *seen < by {
        return;
    }
    let view = schedule.ticks.iter().find(|it| it.at == tick);
    let run_id = view.and_then(|it| it.run_id.as_ref());
    let site = run_id.and_then(|id| sites.iter().find(|it| it.run_id == *id));
    let head = site.and_then(|it| it.head());
    let begun = head.is_some_and(|it| it.started_at <= by);
    shared.asks(Rule::TickHasRun, begun, || {
        format!("person {person} had none by {by}: {view:?}")
    });
    let rows = ended.town.query(
        &Address::Principal(owner(person)),
        "SELECT COUNT(*) FROM runs WHERE trigger_name = 'schedule'",
        &[],
    );
    let rows = rows.expect("a table");
    let count = rows.first().and_then(|row| row.count(0).ok());
    shared.asks(Rule::TickOnce, count.is_some_and(|it| it <= 1), || {
        format!("person {person} had {count:?}")
    });
}
