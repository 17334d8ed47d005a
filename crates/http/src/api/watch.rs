//! Watching a run: how often it is looked at, for how long, and how many a caller may watch at once.
//!
//! Owns the pace and the bound. A run tells nobody of its own accord, so whoever watches is served
//! by looking again: soon after something happened, ever more seldom while nothing does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use super::events;
use crate::chat::Telling;
use crate::service::Api;
use onbehalf_clock::Timestamp;
use onbehalf_engine::Entry;
use onbehalf_runs::{Asker, OwnerKey, RunId};

/// Pause at the beginning of a stream, when something has just been asked for. Each look doubles it, up to …
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// … the pause after something happened, as long as what follows mostly follows at once. A stream of a run in
/// which something always happens looks less than 500 times, of the 1,000 that an invocation may.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
/// Pause once nothing has happened for a while: what a person waits for without wondering.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The same for whoever talks with an agent, and waits for each of its answers: 240 looks of a stream.
const LONGEST_IN_TALK: Duration = Duration::from_secs(1);
/// How long one stream is served. A client that wants more connects again with `Last-Event-ID`, as
/// event sources do by themselves; one that is gone is then no longer served.
const LIFETIME: Duration = Duration::from_secs(4 * 60);
/// Streams of one caller in one isolate: a person's windows, not a program's loop.
pub const MAX_STREAMS: usize = 6;

/// A comment, so that a connection that broke is noticed.
const WAITING: &str = ": waiting\n\n";

/// One stream under way.
#[derive(Debug, PartialEq, Eq)]
pub struct RunWatch {
    asker: Asker,
    run_id: RunId,
    /// The position that was sent last.
    after: u64,
    pause: Duration,
    /// The pause after something happens.
    shortest: Duration,
    over: bool,
    lease: Lease,
    /// How it is told to whoever talks with an agent; as events of a run without this.
    telling: Option<Telling>,
}

impl RunWatch {
    /// A stream that goes on behind `after`.
    pub fn begin(asker: Asker, run_id: RunId, after: u64, lease: Lease) -> Self {
        Self {
            asker,
            run_id,
            after,
            pause: FIRST_PAUSE,
            shortest: FIRST_PAUSE,
            over: false,
            lease,
            telling: None,
        }
    }

    /// The same, told as a message of an agent.
    pub fn telling(self, telling: Telling) -> Self {
        let telling = Some(telling);
        Self { telling, ..self }
    }

    /// Takes note of what a look found, and gives what is sent for it.
    pub fn saw(&mut self, entries: &[Entry]) -> String {
        let shortest = self.shortest;
        self.shortest = shortest.saturating_mul(2).min(SHORTEST_PAUSE);
        let Some(last) = entries.last() else {
            if let Some(rest) = self.telling.as_ref().and_then(Telling::rest) {
                self.over = true;
                return rest;
            }
            let longest = match self.telling {
                Some(_) => LONGEST_IN_TALK,
                None => LONGEST_PAUSE,
            };
            self.pause = self.pause.saturating_mul(2).min(longest);
            return WAITING.to_owned();
        };
        self.after = last.seq;
        self.over = events::is_last(last);
        self.pause = shortest;
        let told = match &mut self.telling {
            None => events::server_sent(entries),
            Some(telling) => telling.tell(entries),
        };
        match told.is_empty() {
            true => WAITING.to_owned(),
            false => told,
        }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.over || now >= self.lease.until
    }
}

impl Api {
    /// The next piece of a stream; `None` when it has ended.
    pub(crate) async fn next_of_run(&self, watch: &mut RunWatch) -> Option<String> {
        if watch.is_over(self.clock.now()) {
            return None;
        }
        self.clock.sleep(watch.pause).await;
        let backend = &self.backend;
        let found = backend
            .run_events(&watch.asker, &watch.run_id, watch.after)
            .await;
        Some(match found {
            Ok(entries) => watch.saw(&entries.unwrap_or_default()),
            Err(_) => {
                watch.pause = LONGEST_PAUSE;
                ": unavailable\n\n".to_owned()
            }
        })
    }
}

/// Leave to be served one stream, given back when it is dropped: with its stream, whether that has come
/// to its end or whoever watched has left.
#[derive(Debug)]
pub struct Lease {
    served: Rc<RefCell<Served>>,
    owner: OwnerKey,
    number: u64,
    until: Timestamp,
}

impl PartialEq for Lease {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.served, &other.served) && self.number == other.number
    }
}

impl Eq for Lease {}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut served = self.served.borrow_mut();
        if let Some(leases) = served.leases.get_mut(&self.owner) {
            leases.retain(|(number, _)| *number != self.number);
        }
    }
}

/// The streams that are served, by their callers' keys. A lease ends with its stream, and with its
/// time where the platform drops no stream that somebody left.
#[derive(Debug, Default)]
pub struct Streams(Rc<RefCell<Served>>);

#[derive(Debug, Default)]
struct Served {
    last: u64,
    leases: HashMap<OwnerKey, Vec<(u64, Timestamp)>>,
}

impl Streams {
    /// A lease for one more, unless the caller has as many as one may have.
    pub fn lease(&self, owner: &OwnerKey, now: Timestamp) -> Option<Lease> {
        let mut served = self.0.borrow_mut();
        served.leases.retain(|_, leases| {
            leases.retain(|(_, until)| now < *until);
            !leases.is_empty()
        });
        served.last += 1;
        let number = served.last;
        let leases = served.leases.entry(owner.clone()).or_default();
        if leases.len() >= MAX_STREAMS {
            return None;
        }
        let until = now.plus(LIFETIME);
        leases.push((number, until));
        Some(Lease {
            served: Rc::clone(&self.0),
            owner: owner.clone(),
            number,
            until,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_engine::Record;

    fn start() -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn entry(seq: u64, record: Record) -> Entry {
        let at = start();
        Entry { seq, at, record }
    }

    fn watch(streams: &Streams) -> RunWatch {
        let asker = Asker {
            owner: OwnerKey::new("alice"),
            approves: None,
        };
        let lease = streams
            .lease(&OwnerKey::new("alice"), start())
            .expect("a lease");
        RunWatch::begin(asker, RunId::stored("run_1"), 3, lease)
    }

    #[test]
    fn a_quiet_run_is_looked_at_ever_more_seldom() {
        let mut watch = watch(&Streams::default());
        let mut pauses = vec![watch.pause];
        for _ in 0..8 {
            assert!(watch.saw(&[]).starts_with(':'));
            pauses.push(watch.pause);
        }
        assert!(pauses.is_sorted());
        assert_eq!(pauses.last(), Some(&LONGEST_PAUSE));
        let began = Record::StepStarted {
            step: "s".into(),
            attempt: 1,
            deadline: None,
        };
        assert!(watch.saw(&[entry(4, began)]).starts_with("id: 4"));
        assert_eq!((watch.pause, watch.after), (SHORTEST_PAUSE, 4));
    }

    #[test]
    fn an_answer_in_a_talk_is_seen_within_a_second_however_long_it_took() {
        let mut watch = watch(&Streams::default()).telling(Telling::example());
        for _ in 0..8 {
            watch.saw(&[]);
        }
        assert_eq!(watch.pause, LONGEST_IN_TALK);
        assert!(LIFETIME.as_secs() / LONGEST_IN_TALK.as_secs() < 500);
    }

    #[test]
    fn a_stream_begins_quickly_and_a_run_in_which_something_always_happens_is_not_chased() {
        let mut watch = watch(&Streams::default());
        assert_eq!(watch.pause, FIRST_PAUSE);
        let began = |seq| {
            let deadline = None;
            entry(
                seq,
                Record::StepStarted {
                    step: "s".into(),
                    attempt: 1,
                    deadline,
                },
            )
        };
        let mut pauses = Vec::new();
        let mut looks = 0;
        let mut left = LIFETIME;
        while let Some(rest) = left.checked_sub(watch.pause) {
            (left, looks) = (rest, looks + 1);
            watch.saw(&[began(3 + looks)]);
            pauses.push(watch.pause);
        }
        assert!(pauses.is_sorted());
        assert_eq!(pauses.last(), Some(&SHORTEST_PAUSE));
        assert!(looks < 500, "{looks} looks");
    }

    #[test]
    fn it_ends_with_the_run_or_with_its_time() {
        let mut watch = watch(&Streams::default());
        assert!(!watch.is_over(start()));
        assert!(watch.is_over(start().plus(LIFETIME)));
        watch.saw(&[entry(4, Record::Cancelled)]);
        assert!(watch.is_over(start()));
    }

    #[test]
    fn a_caller_has_so_many_and_another_has_their_own() {
        let streams = Streams::default();
        let lease = |name| streams.lease(&OwnerKey::new(name), start());
        let mut held: Vec<_> = (0..MAX_STREAMS).map(|_| lease("alice")).collect();
        assert!(held.iter().all(Option::is_some));
        assert_eq!(lease("alice"), None);
        assert!(lease("bob").is_some());
        // Whoever leaves gives theirs back, once.
        drop(held.pop());
        held.push(lease("alice"));
        assert!(held.iter().all(Option::is_some));
        assert_eq!(lease("alice"), None);
        // A stream whose client vanished unnoticed is not served for ever.
        let later = start().plus(LIFETIME);
        assert!(streams.lease(&OwnerKey::new("alice"), later).is_some());
    }
}
