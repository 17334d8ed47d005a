//! What the two kinds of writes have in common: from a tool's outcome to what the engine asks.
//!
//! Owns that mapping, in one place, because it decides whether a write may be sent again.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::circuit::Circuit;
use super::failures::{Failure, FailureKind, result};
use super::patience::{asked_pause, look_again};
use super::reader::tool_context;
use onbehalf_clock::Timestamp;
use onbehalf_connector::{CallFailure, Connector, Scalekit, SendPermit};
use onbehalf_engine::{EffectKey, Found, Performed, Permit};
use onbehalf_identity::RequestContext;
use onbehalf_tools::{
    self as tools, CallMark, Findable, Look, Sought, Tool, ToolContext, ToolOutcome,
};

/// How an effect behaves when its connector says no. Travels with the effect.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manner {
    /// A dead connection defers the write instead of refusing it.
    pub waits_for_connection: bool,
    /// What other writes of this attempt have met; not part of the effect.
    #[serde(skip)]
    pub circuit: Rc<Circuit>,
}

/// The engine's permit, as the connector asks for it.
struct EnginePermit<'a>(&'a Permit);

impl SendPermit for EnginePermit<'_> {
    fn allow(&self) -> bool {
        self.0.granted()
    }
}

/// The engine's permit, as the connector asks for it.
pub(crate) fn permit(permit: &Permit) -> impl SendPermit + '_ {
    EnginePermit(permit)
}

/// The identity an effect acts under; its run is the first part of its key.
pub fn acting(context: &RequestContext, key: &EffectKey) -> Result<ToolContext, Failure> {
    let run = key.as_str().split('/').next().unwrap_or_default();
    tool_context(context, run)
}

/// What tells an effect's write from every other.
pub fn mark(key: &EffectKey, home: &str, since: Option<Timestamp>) -> CallMark {
    CallMark {
        digits: key.marker(),
        uuid: key.uuid(),
        home: home.to_owned(),
        since,
    }
}

impl Manner {
    /// Sends a write with this tool as the run's user, unless its connector is known to refuse.
    pub async fn send<T: Tool, R>(
        &self,
        scalekit: &Scalekit,
        context: &RequestContext,
        key: &EffectKey,
        may_send: &Permit,
        input: &T::Input,
        receipt: impl FnOnce(T::Output) -> R,
    ) -> Performed<R, Failure> {
        if let Some(known) = self.known(T::CONNECTOR) {
            return known;
        }
        let acting = match acting(context, key) {
            Ok(acting) => acting,
            Err(failure) => return self.refused(failure),
        };
        let outcome = tools::run::<T>(scalekit, &acting, input, &permit(may_send)).await;
        self.performed(T::CONNECTOR, outcome, receipt)
    }

    /// Looks for a write in this connector's app.
    pub async fn find<R>(
        &self,
        scalekit: &Scalekit,
        context: &RequestContext,
        key: &EffectKey,
        connector: Connector,
        look: impl AsyncFnOnce(Look<'_>) -> Result<Sought<R>, CallFailure>,
    ) -> Found<R> {
        let Ok(acting) = acting(context, key) else {
            return Found::Unknown(None);
        };
        match look(Look::new(scalekit, &acting)).await {
            Ok(Sought::There(receipt)) => Found::Landed(receipt),
            Ok(Sought::Absent) => Found::Absent,
            Ok(Sought::TooMuch) => Found::Unknown(None),
            Err(failure) => {
                let failure = Failure::from(failure);
                self.circuit.note(connector, &failure);
                Found::Unknown(look_again(&failure))
            }
        }
    }

    /// Looks for a write that was sent with this input and mark.
    pub async fn find_marked<T: Findable, R>(
        &self,
        scalekit: &Scalekit,
        context: &RequestContext,
        key: &EffectKey,
        (sent, mark): (&T::Input, &CallMark),
        receipt: impl FnOnce(T::Output) -> R,
    ) -> Found<R> {
        self.find(
            scalekit,
            context,
            key,
            T::CONNECTOR,
            async |look: Look<'_>| Ok(T::find(look, sent, mark).await?.map(receipt)),
        )
        .await
    }

    /// What a write comes to without being sent, when its connector is known to refuse.
    fn known<R>(&self, connector: Connector) -> Option<Performed<R, Failure>> {
        let failure = self.circuit.failure(connector)?;
        Some(self.refused(failure))
    }

    /// What a sent write came to.
    pub(crate) fn performed<T, R>(
        &self,
        connector: Connector,
        outcome: ToolOutcome<T>,
        receipt: impl FnOnce(T) -> R,
    ) -> Performed<R, Failure> {
        match result(outcome) {
            Ok(output) => Performed::Landed(receipt(output)),
            Err(failure) => {
                self.circuit.note(connector, &failure);
                self.refused(failure)
            }
        }
    }

    fn refused<R>(&self, failure: Failure) -> Performed<R, Failure> {
        match failure.kind {
            FailureKind::OutcomeUnknown => Performed::Unknown,
            FailureKind::NotSent => Performed::NotSent,
            FailureKind::RateLimited => {
                let pause = asked_pause(&failure);
                Performed::Deferred(failure, Some(pause))
            }
            _ if failure.may_pass() => Performed::Deferred(failure, None),
            FailureKind::AuthError if self.waits_for_connection => {
                Performed::Deferred(failure, None)
            }
            _ => Performed::Refused(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_connector::{AuthReason, CallFailure};

    fn of(failure: CallFailure, waits_for_connection: bool) -> Performed<(), Failure> {
        let manner = Manner {
            waits_for_connection,
            ..Manner::default()
        };
        manner.performed(Connector::LINEAR, ToolOutcome::<()>::from(failure), |()| ())
    }

    fn dead() -> CallFailure {
        CallFailure::AuthError {
            connector: Connector::LINEAR,
            reason: AuthReason::TokenExpired,
        }
    }

    #[test]
    fn only_what_certainly_did_not_land_is_sent_again() {
        let limited = CallFailure::RateLimited {
            retry_after_seconds: Some(7),
        };
        assert!(matches!(
            of(limited, false),
            Performed::Deferred(_, Some(pause)) if pause.as_secs() == 7
        ));
        assert!(matches!(
            of(CallFailure::Unavailable, false),
            Performed::Deferred(..)
        ));
        assert_eq!(of(CallFailure::OutcomeUnknown, false), Performed::Unknown);
        assert_eq!(of(CallFailure::NotSent, false), Performed::NotSent);
        assert!(matches!(
            of(CallFailure::UnknownTool, false),
            Performed::Refused(_)
        ));
    }

    #[test]
    fn a_dead_connection_is_waited_for_only_when_the_run_says_so() {
        assert!(matches!(of(dead(), false), Performed::Refused(_)));
        assert!(matches!(of(dead(), true), Performed::Deferred(..)));
    }

    #[test]
    fn what_has_said_no_is_not_asked_again() {
        let manner = Manner::default();
        assert_eq!(manner.known::<()>(Connector::LINEAR), None);
        let outcome = ToolOutcome::<()>::from(dead());
        let _ = manner.performed(Connector::LINEAR, outcome, |()| ());
        assert!(matches!(
            manner.known::<()>(Connector::LINEAR),
            Some(Performed::Refused(_))
        ));
        assert_eq!(manner.known::<()>(Connector::HUBSPOT), None);
    }
}
