//! The routes' counters, as the platform's rate limit bindings.
//!
//! Owns the translation. What the platform counts, it counts for each of its locations and lets
//! through a little more than the limit at times; that is good enough against cost, and would not
//! be for a quota somebody pays for.

use async_trait::async_trait;
use worker::Env;

use onbehalf_http::{Budget, RateLimiter, Uncounted};

/// The rate limit bindings of `wrangler.toml`.
pub struct EdgeRateLimiter {
    env: Env,
}

impl EdgeRateLimiter {
    /// Counts with the bindings in `env`.
    pub fn new(env: Env) -> Self {
        Self { env }
    }
}

/// Whether the deployment has the binding of this budget.
pub fn is_bound(env: &Env, budget: Budget) -> bool {
    env.rate_limiter(budget.binding()).is_ok()
}

#[async_trait(?Send)]
impl RateLimiter for EdgeRateLimiter {
    async fn count(&self, budget: Budget, key: &str) -> Result<bool, Uncounted> {
        let counted = match self.env.rate_limiter(budget.binding()) {
            Ok(limiter) => limiter.limit(key.to_owned()).await,
            Err(error) => Err(error),
        };
        let counted = counted.map_err(|error| {
            let fields = [("binding", budget.binding()), ("error", &error.to_string())];
            super::log::warn("rate_limit_unavailable", &fields);
            Uncounted
        });
        Ok(counted?.success)
    }
}
