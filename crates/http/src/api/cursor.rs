//! The cursor of the run list: an opaque position, good only for the list it was handed out for.

use crate::seal::{Purpose, Seal};
use crate::wire::problem::{Problem, ProblemType};
use onbehalf_engine::RunStatus;

/// The list a cursor belongs to. A cursor of one list does not open in another.
pub struct CursorScope<'a> {
    /// Whose runs.
    pub owner: &'a str,
    /// Of which workflow.
    pub workflow: &'a str,
    /// Only of this status.
    pub status: Option<RunStatus>,
}

impl<'a> CursorScope<'a> {
    /// The list of what waits for somebody's decision, which is of no workflow.
    pub fn approvals(owner: &'a str) -> Self {
        Self {
            owner,
            workflow: "",
            status: None,
        }
    }

    fn bound_to(&self) -> [&str; 3] {
        let status = self.status.map_or("", RunStatus::name);
        [self.owner, self.workflow, status]
    }

    /// The cursor for a position.
    pub fn write(&self, seal: &Seal, position: u64) -> String {
        seal.seal(Purpose::Cursor, &self.bound_to(), &position.to_be_bytes())
    }

    /// The position of a cursor.
    ///
    /// # Errors
    /// 400 when it was not handed out for this list.
    pub fn read(&self, seal: &Seal, cursor: &str) -> Result<u64, Problem> {
        seal.open(Purpose::Cursor, &self.bound_to(), cursor)
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

    const ALICE: CursorScope<'_> = CursorScope {
        owner: "alice",
        workflow: "w",
        status: Some(RunStatus::Failed),
    };

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let seal = Seal::new("7d1f0c94be2a6358e07b41d9a35c82f6").expect("seal");
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
            CursorScope {
                status: None,
                ..ALICE
            },
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
