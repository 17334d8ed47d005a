//! Reading one app for the brief, never at the cost of the others.

use crate::morning_brief::{Group, MorningBrief, Section};
use onbehalf_acting::{Failure, FailureKind, Read, Reader};
use onbehalf_connector::Connector;
use onbehalf_engine::{Flow, StepContext, StepResult};

use super::connections::Ready;

/// What an app says that is not connected; `None` for one that can be read.
pub(super) fn absent(
    cx: &StepContext<MorningBrief>,
    connector: Connector,
    ready: &Ready,
) -> Option<Section> {
    if !ready.absent.contains(&connector) {
        return None;
    }
    let mut failure = Failure::own(FailureKind::AuthError, "it is not connected");
    failure.reason = Some("not_connected".into());
    Some(Section::unread(connector, label(cx, connector), failure))
}

/// What came of reading an app. What could not be read is said in the brief.
pub(super) fn section(
    cx: &StepContext<MorningBrief>,
    reader: &Reader<'_, MorningBrief>,
    connector: Connector,
    read: Read<Vec<Group>>,
) -> StepResult<MorningBrief, Section> {
    Ok(Flow::Next(match read {
        Read::Done(groups) => Section::read(connector, label(cx, connector), groups),
        Read::Failed(failure) => Section::unread(connector, label(cx, connector), failure),
        Read::Later(failure) => return reader.wait(vec![(connector, failure)]),
    }))
}

fn label(cx: &StepContext<MorningBrief>, connector: Connector) -> String {
    cx.services().scalekit.connectors().label(connector)
}
