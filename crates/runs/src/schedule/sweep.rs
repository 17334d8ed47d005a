//! Ringing the shards.

use futures::future::join_all;

use onbehalf_clock::Timestamp;

use super::{Shard, Sweep};
use crate::letter::{Carrier, ask};

/// Tells every shard that the cron rang; answers how many could not be told. The next ring, minutes
/// away, makes up for those.
pub async fn sweep(carrier: &dyn Carrier, at: Timestamp) -> usize {
    let told = join_all(Shard::all().map(|shard| ask(carrier, shard, Sweep { at }))).await;
    told.iter().filter(|told| told.is_err()).count()
}
