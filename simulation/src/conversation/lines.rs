//! What is said and asked for, in order.

/// One line: said once the one before has ended.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// By whom.
    pub(super) person: usize,
    /// Whose connection dies first.
    pub(super) dies: Option<&'static str>,
    /// What it is.
    pub(super) asks: Asks,
    /// The writes that come of it, once each.
    pub(super) lands: &'static [&'static str],
}

/// What a line is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asks {
    /// A message to the agent.
    Message(&'static str),
    /// A task, asked of the tool directly.
    Task {
        /// What it is called.
        subject: &'static str,
        /// Whether a person looks at it first.
        approved: bool,
    },
}

/// Who answers every other write with no; the other person says yes to everything.
pub(super) const DOUBTER: usize = 0;
pub(super) const TRUSTING: usize = 1;

pub(super) const HELLO: &str = "Good morning.";
pub(super) const AT_RISK: &str = "Who is at risk, and why?";
pub(super) const TWO_TASKS: &str = "Plan a call and a visit.";
pub(super) const COMMENT: &str = "Comment on the stalled issue.";
pub(super) const ONE_TASK: &str = "Plan a review.";

/// A write that nobody approves.
pub(super) const REJECTED: &str = "Call that was rejected";
pub(super) const VISIT: &str = "Visit that was approved";
pub(super) const REMARK: &str = "Remark on what stalls";
pub(super) const REVIEW: &str = "Review that was approved";
const APPROVED: &str = "Direct and approved";
const LATER: &str = "Direct, over a dead connection";

const fn says(person: usize, text: &'static str, lands: &'static [&'static str]) -> Line {
    Line {
        person,
        dies: None,
        asks: Asks::Message(text),
        lands,
    }
}

const fn calls(subject: &'static str, approved: bool, lands: &'static [&'static str]) -> Line {
    Line {
        person: TRUSTING,
        dies: None,
        asks: Asks::Task { subject, approved },
        lands,
    }
}

impl Line {
    /// Whether a person looks at its writes before they are made.
    pub(super) fn is_looked_at(&self) -> bool {
        match self.asks {
            Asks::Message(_) => true,
            Asks::Task { approved, .. } => approved,
        }
    }

    /// The same, over a connection that has died.
    const fn dying(self, app: &'static str) -> Self {
        Self {
            dies: Some(app),
            ..self
        }
    }
}

/// Reads side by side, the latest run of a workflow, and a read after them.
pub const READS: &[Line] = &[says(DOUBTER, AT_RISK, &[])];
/// A turn that reads what was said before it, and two writes of which a person rejects one.
pub const WRITES: &[Line] = &[
    says(DOUBTER, HELLO, &[]),
    says(DOUBTER, TWO_TASKS, &[VISIT]),
];
/// A read that waits for a connection, and a write after it that waits for a person.
pub const READ_UNCONNECTED: &[Line] = &[says(TRUSTING, COMMENT, &[REMARK]).dying("linear")];
/// A write that waits for a person, and then for a connection.
pub const WRITE_UNCONNECTED: &[Line] = &[says(TRUSTING, ONE_TASK, &[REVIEW]).dying("hubspot")];
/// Direct calls: one that waits for a person, and one that waits for a connection.
pub const DIRECT_CALLS: &[Line] = &[
    calls(APPROVED, true, &[APPROVED]),
    calls(LATER, false, &[LATER]).dying("hubspot"),
];
