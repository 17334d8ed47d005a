//! A run's journal: what an older or a damaged one holds must not stop the object that reads it.

use onbehalf_clock::Timestamp;
use onbehalf_engine::{EffectHistory, Entry, Head, Record, ResumedBy};
use onbehalf_http::events::{public, server_sent};
use onbehalf_runs::RunReason;

/// Entries, one a line, folded as the run object folds them.
pub fn journal(bytes: &[u8]) {
    let entries: Vec<Entry> = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let _ = EffectHistory::of(&entries);
    // No text inside an entry can end its event and begin another.
    let shown = entries.iter().filter_map(public).count();
    assert_eq!(server_sent(&entries).matches("\n\n").count(), shown);
    let mut head: Option<Head> = None;
    for entry in &entries {
        let written = serde_json::to_vec(entry).expect("an entry can be written");
        let again: Entry = serde_json::from_slice(&written).expect("an entry can be read again");
        assert_eq!(again, *entry);
        match (&mut head, &entry.record) {
            (None, Record::Started(started)) => {
                head = Some(Head::begin((**started).clone(), entry.at));
            }
            (None, _) => {}
            (Some(head), record) => head.apply(entry.seq, entry.at, record),
        }
        if let Some(head) = &head {
            look(head, entry.at);
        }
    }
}

/// Whatever was folded can be asked, and kept.
fn look(head: &Head, now: Timestamp) {
    let _ = (
        head.next(now),
        head.wake(now),
        head.waits_for::<RunReason>(),
    );
    let _ = (head.cancel("by"), head.duration(now));
    let _ = head.part_came::<RunReason>(1, "zendesk", ResumedBy::Time);
    if head.status.ended() {
        assert!(!head.may_write(), "an ended run may not write");
    }
    let kept = serde_json::to_vec(head).expect("a head can be written");
    let again: Head = serde_json::from_slice(&kept).expect("a head can be read again");
    assert_eq!(again, *head);
}
