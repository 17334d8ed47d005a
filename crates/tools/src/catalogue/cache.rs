//! What users were offered lately: so many of them, so much, for so long.
//!
//! One isolate's own; another may know more or less. Whoever has been there longest goes first.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use onbehalf_clock::Timestamp;

use super::offered::Offered;

/// Most users, and most bytes of what they are offered; an isolate has 128 MB for everything.
const MOST_USERS: usize = 200;
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// After this long, a tool that is missed is asked for once more: connecting an app takes a person
/// longer, and asking for names that do not exist cannot be used to ask Scalekit all the time.
const STALE_AFTER: Duration = Duration::from_secs(10);

struct Kept {
    offered: Rc<Offered>,
    since: Timestamp,
}

/// The memory.
pub(super) struct Cache {
    kept_for: Duration,
    users: RefCell<HashMap<String, Kept>>,
}

impl Cache {
    /// Remembers for this long.
    pub fn new(kept_for: Duration) -> Self {
        Self {
            kept_for,
            users: RefCell::default(),
        }
    }

    /// What this user was offered, if that is not too long ago.
    pub fn get(&self, identifier: &str, now: Timestamp) -> Option<Rc<Offered>> {
        let users = self.users.borrow();
        let kept = users.get(identifier)?;
        (kept.since.plus(self.kept_for) > now).then(|| Rc::clone(&kept.offered))
    }

    /// Whether what is remembered of this user is old enough to ask again because something is missed.
    pub fn is_stale(&self, identifier: &str, now: Timestamp) -> bool {
        let users = self.users.borrow();
        let kept = users.get(identifier);
        kept.is_none_or(|kept| kept.since.plus(STALE_AFTER) <= now)
    }

    /// Remembers what this user is offered.
    pub fn put(&self, identifier: &str, offered: Rc<Offered>, now: Timestamp) {
        let mut users = self.users.borrow_mut();
        users.retain(|_, kept| kept.since.plus(self.kept_for) > now);
        let fresh = Kept {
            offered,
            since: now,
        };
        users.insert(identifier.to_owned(), fresh);
        while users.len() > 1 && is_too_much(&users) {
            let oldest = users.iter().min_by_key(|(_, kept)| kept.since);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                return;
            };
            users.remove(&oldest);
        }
    }

    /// Forgets this user.
    pub fn forget(&self, identifier: &str) {
        self.users.borrow_mut().remove(identifier);
    }
}

fn is_too_much(users: &HashMap<String, Kept>) -> bool {
    let bytes: usize = users.values().map(|kept| kept.offered.bytes()).sum();
    users.len() > MOST_USERS || bytes > MOST_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn what_is_remembered_is_remembered_for_its_time() {
        let cache = Cache::new(Duration::from_secs(60));
        cache.put("a", Rc::default(), at(0));
        assert!(cache.get("a", at(59)).is_some() && cache.get("b", at(0)).is_none());
        assert!(cache.get("a", at(60)).is_none());
        assert!(
            !cache.is_stale("a", at(9))
                && cache.is_stale("a", at(10))
                && cache.is_stale("b", at(0))
        );
        cache.forget("a");
        assert!(cache.get("a", at(1)).is_none());
    }

    #[test]
    fn whoever_was_there_longest_goes_first() {
        let cache = Cache::new(Duration::from_secs(3600));
        let name = |n: usize| format!("user_{n}");
        for n in 0..=MOST_USERS {
            let second = i64::try_from(n).expect("few");
            cache.put(&name(n), Rc::default(), at(second));
        }
        let now = at(300);
        assert!(cache.get(&name(0), now).is_none());
        assert!((1..=MOST_USERS).all(|n| cache.get(&name(n), now).is_some()));
    }
}
