//! How long to wait between two tries of a read: exponential with jitter, as Scalekit's own SDK.

use std::time::Duration;

use onbehalf_clock::Random;

/// Tries in all, the first included.
pub(super) const TRIES: u32 = 3;
const BASE: Duration = Duration::from_secs(1);
const CAP: Duration = Duration::from_secs(30);

/// The pause after try number `tried` (from 1): between half and all of `base × 2^(tried-1)`, so
/// that clients that failed together do not come back together.
pub(super) fn pause(tried: u32, random: &dyn Random) -> Duration {
    let doubled = BASE.saturating_mul(2u32.saturating_pow(tried.saturating_sub(1)));
    let full = u64::try_from(doubled.min(CAP).as_millis()).unwrap_or(u64::MAX);
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    let half = full / 2;
    Duration::from_millis(half + u64::from_le_bytes(bytes) % (full - half + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Fixed([u8; 8]);
    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            for (to, from) in buffer.iter_mut().zip(self.0) {
                *to = from;
            }
        }
    }

    proptest! {
        #[test]
        fn every_pause_is_within_its_window(tried in 1u32..80, bytes: [u8; 8]) {
            let pause = pause(tried, &Fixed(bytes));
            prop_assert!(pause >= BASE / 2 && pause <= CAP);
            if tried == 1 {
                prop_assert!(pause <= BASE);
            }
        }
    }
}
