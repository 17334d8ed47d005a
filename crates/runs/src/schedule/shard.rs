//! Where an enrolment is kept, and when within a tick it is its turn.
//!
//! Both are found from the owner's key alone, so every object comes to the same answer.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::names::OwnerKey;

/// How many shards there are. The cron handler calls each once, below the 50 subrequests that every
/// plan allows. Fixed: a user's shard is found from the key alone.
pub const SHARDS: u8 = 32;

/// One part of the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shard(u8);

impl Shard {
    /// Every shard.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }

    /// The shard a principal belongs to.
    pub fn of(owner: &OwnerKey) -> Self {
        Self(digest(owner)[0] % SHARDS)
    }

    /// The name of its object.
    pub fn name(self) -> String {
        format!("shard-{}", self.0)
    }
}

/// How long after the tick it is this owner's turn.
pub fn offset(owner: &OwnerKey, spread: Duration) -> Duration {
    let digest = digest(owner);
    // Other bytes than the shard is found from, or each shard would have its own minute.
    let share = u32::from_be_bytes([digest[1], digest[2], digest[3], digest[4]]);
    let millis = spread.as_millis() * u128::from(share) / (u128::from(u32::MAX) + 1);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

fn digest(owner: &OwnerKey) -> [u8; 32] {
    Sha256::digest(owner.as_str().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_spread_over_shards_and_time() {
        let spread = Duration::from_secs(900);
        let owners = (0..2000).map(|number| OwnerKey::new(format!("p_{number}")));
        let mut shards = [0_u32; SHARDS as usize];
        let mut quarters = [0_u32; 4];
        for owner in owners {
            shards[usize::from(Shard::of(&owner).0)] += 1;
            let offset = offset(&owner, spread);
            assert!(offset < spread);
            quarters[usize::try_from(offset.as_secs() / 225).expect("small")] += 1;
        }
        assert!(
            shards.iter().all(|count| (30..100).contains(count)),
            "{shards:?}"
        );
        assert!(
            quarters.iter().all(|count| (400..600).contains(count)),
            "{quarters:?}"
        );
        assert_eq!(
            offset(&OwnerKey::new("p_1"), Duration::ZERO),
            Duration::ZERO
        );
    }
}
