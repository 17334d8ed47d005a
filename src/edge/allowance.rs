//! The allowance all runs of a user share, kept in the account's object.

use std::time::Duration;

use async_trait::async_trait;
use worker::Env;

use super::binding::call;
use super::fetch::Subrequests;
use super::messages::{HoldLane, TakeTurns};
use onbehalf_connector::{Given, Lane, SharedAllowance, Wanted};

/// Asks the object of the account.
pub struct EdgeAllowance {
    env: Env,
    subrequests: Subrequests,
}

impl EdgeAllowance {
    /// Reaches the objects bound in `env`; counts its calls into `subrequests`.
    pub fn new(env: Env, subrequests: Subrequests) -> Self {
        Self { env, subrequests }
    }
}

#[async_trait(?Send)]
impl SharedAllowance for EdgeAllowance {
    async fn take(&self, identifier: &str, lane: Lane, wanted: Wanted) -> Option<Given> {
        self.subrequests.add();
        call(&self.env, identifier, TakeTurns { lane, wanted })
            .await
            .ok()
    }

    async fn hold(&self, identifier: &str, lane: Lane, pause: Duration) {
        self.subrequests.add();
        // Unheard, the other runs learn it from the app itself.
        let _ = call(&self.env, identifier, HoldLane { lane, pause }).await;
    }
}
