//! How often something expensive may be asked for, and by whom.
//!
//! Owns the budgets, what they are counted by and how a refusal is answered. The
//! numbers are the operator's and stand in `wrangler.toml`; the counting is the platform's.
//!
//! Which operation takes from which budget stands with the operations. What is not counted is
//! bounded otherwise: a bearer token that is not good costs one signature check, and an unknown key
//! one fetch in a cooldown.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use async_trait::async_trait;

use crate::browser::pages;
use crate::service::Handled;
use crate::wire::message::{ApiRequest, ApiResponse};
use crate::wire::problem::{Problem, ProblemType};

/// The window everything is counted in, in seconds: the `period` of every limit in
/// `wrangler.toml`. The platform knows 10 and 60; the longer one lets a person click in bursts.
pub const WINDOW_SECONDS: u64 = 60;

/// What is counted together. One that is used up leaves the others alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Budget {
    /// Starting and steering runs: each costs objects, an alarm and dozens of outbound calls.
    Runs,
    /// Whatever makes a call to Scalekit or a provider while the caller waits, and event streams,
    /// which go on looking at a run.
    Calls,
    /// Looks at what is kept: each wakes an object.
    Reads,
    /// Pages that cost a fetch before anybody is known.
    Pages,
    /// Webhooks: a signature over the body each.
    Webhooks,
}

impl Budget {
    /// Every budget.
    pub const ALL: [Self; 5] = [
        Self::Runs,
        Self::Calls,
        Self::Reads,
        Self::Pages,
        Self::Webhooks,
    ];

    /// The name of its binding in `wrangler.toml`.
    pub const fn binding(self) -> &'static str {
        match self {
            Self::Runs => "LIMIT_RUNS",
            Self::Calls => "LIMIT_CALLS",
            Self::Reads => "LIMIT_READS",
            Self::Pages => "LIMIT_PAGES",
            Self::Webhooks => "LIMIT_WEBHOOKS",
        }
    }
}

/// A use could not be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the counter of requests could not be reached")]
pub struct Uncounted;

/// The platform's counter.
#[async_trait(?Send)]
pub trait RateLimiter {
    /// Counts one use by `key` and says whether it was within the limit.
    ///
    /// # Errors
    /// [`Uncounted`] where it cannot be said.
    async fn count(&self, budget: Budget, key: &str) -> Result<bool, Uncounted>;
}

/// Counts one use, and says whether it may be had. A counter that cannot be reached lets it through:
/// it guards what things cost, not who may do them.
pub(super) async fn allows(limiter: &dyn RateLimiter, budget: Budget, key: &str) -> bool {
    limiter.count(budget, key).await.unwrap_or(true)
}

/// What an address is counted under. Of an IPv6 address, the first 64 bits: whoever has one has
/// all of its network. Without an address, as on a developer's machine, all share one count; on
/// Cloudflare every request has one, which its sender cannot choose.
pub(super) fn address_key(request: &ApiRequest) -> String {
    let address = request.client_address.as_deref().map(str::trim);
    match address.and_then(|text| text.parse::<IpAddr>().ok()) {
        Some(IpAddr::V4(address)) => ipv4_key(address),
        Some(IpAddr::V6(address)) => address
            .to_ipv4_mapped()
            .map_or_else(|| ipv6_key(address), ipv4_key),
        None => "unknown".to_owned(),
    }
}

fn ipv4_key(address: Ipv4Addr) -> String {
    address.to_string()
}

fn ipv6_key(address: Ipv6Addr) -> String {
    let [a, b, c, d, ..] = address.segments();
    format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
}

/// The answer for a budget that is used up.
pub(super) fn refusal() -> Problem {
    let detail =
        format!("Too many of these requests within a minute; wait {WINDOW_SECONDS} seconds.");
    Problem::new(ProblemType::RateLimited, detail).retry_after(WINDOW_SECONDS)
}

/// The same for people.
pub(super) fn refusal_page() -> ApiResponse {
    pages::too_many_requests().with("retry-after", &WINDOW_SECONDS.to_string())
}

/// The answer to an address: a page where a browser asked.
pub(super) fn refused_address(budget: Budget) -> Handled {
    match budget {
        Budget::Pages => Ok(refusal_page()),
        Budget::Runs | Budget::Calls | Budget::Reads | Budget::Webhooks => Err(refusal()),
    }
}
