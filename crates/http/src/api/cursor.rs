//! The cursor of the run list: an opaque position, good only for the list it was handed out for.

use std::borrow::Cow;

use crate::seal::{Purpose, Seal};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_engine::RunStatus;
use onbehalf_runs::{OutcomeKind, RunFilter};

/// The list a cursor belongs to. A cursor of one list does not open in another.
pub struct CursorScope<'a> {
    /// Whose runs.
    pub owner: &'a str,
    /// Of which workflow.
    pub workflow: &'a str,
    /// Only these of its runs.
    pub filter: RunFilter,
}

impl<'a> CursorScope<'a> {
    /// The list of what waits for somebody's decision, which is of no workflow.
    pub fn approvals(owner: &'a str) -> Self {
        Self {
            owner,
            workflow: "",
            filter: RunFilter::default(),
        }
    }

    /// What a cursor of this list is bound to. A list that is not narrowed down further is bound as
    /// it was before it could be.
    fn bound_to(&self) -> Vec<Cow<'_, str>> {
        let RunFilter {
            status,
            outcome,
            since,
        } = self.filter;
        let status = status.map_or("", RunStatus::name);
        let mut bound: Vec<Cow<'_, str>> =
            vec![self.owner.into(), self.workflow.into(), status.into()];
        if outcome.is_some() || since.is_some() {
            bound.push(outcome.map_or("", OutcomeKind::name).into());
            bound.push(since.map(|it| it.to_string()).unwrap_or_default().into());
        }
        bound
    }

    /// The cursor for a position.
    pub fn write(&self, seal: &Seal, position: u64) -> String {
        let bound = self.bound_to();
        let bound: Vec<_> = bound.iter().map(AsRef::as_ref).collect();
        seal.seal(Purpose::Cursor, &bound, &position.to_be_bytes())
    }

    /// The position of a cursor.
    ///
    /// # Errors
    /// 400 when it was not handed out for this list.
    pub fn read(&self, seal: &Seal, cursor: &str) -> Result<u64, Problem> {
        let bound = self.bound_to();
        let bound: Vec<_> = bound.iter().map(AsRef::as_ref).collect();
        seal.open(Purpose::Cursor, &bound, cursor)
            .and_then(|payload| payload.try_into().ok())
            .map(u64::from_be_bytes)
            .ok_or_else(|| {
                let detail = "The cursor does not belong to this list; start without one.";
                Problem::new(ProblemType::InvalidCursor, detail).with("parameter", "cursor")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onbehalf_clock::Timestamp;

    const ALICE: CursorScope<'_> = CursorScope {
        owner: "alice",
        workflow: "w",
        filter: RunFilter {
            status: Some(RunStatus::Failed),
            outcome: None,
            since: None,
        },
    };

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let seal = Seal::new("7d1f0c94be2a6358e07b41d9a35c82f6").expect("seal");
        let with = |filter| CursorScope { filter, ..ALICE };
        let cursor = ALICE.write(&seal, 77);
        assert_eq!(ALICE.read(&seal, &cursor), Ok(77));
        for other in [
            CursorScope {
                owner: "bob",
                ..ALICE
            },
            CursorScope {
                workflow: "v",
                ..ALICE
            },
            with(RunFilter {
                status: None,
                ..ALICE.filter
            }),
            with(RunFilter {
                outcome: Some(OutcomeKind::Failed),
                ..ALICE.filter
            }),
            with(RunFilter {
                since: Some(Timestamp::from_millis(0)),
                ..ALICE.filter
            }),
        ] {
            let problem = other.read(&seal, &cursor).expect_err("refused");
            assert_eq!(problem.kind(), ProblemType::InvalidCursor);
        }
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let seal = Seal::new("7d1f0c94be2a6358e07b41d9a35c82f6").expect("seal");
        let cursor = ALICE.write(&seal, 77);
        for bad in [
            "",
            "77",
            &cursor[1..],
            &format!("{cursor}A"),
            "AAAAAAAAAE4.",
        ] {
            assert!(ALICE.read(&seal, bad).is_err(), "{bad}");
        }
    }
}
