//! Whether a tool reads or writes, by its name.
//!
//! Scalekit does not say. A name that begins or ends with a word for reading, and holds none for
//! changing, is taken to read; everything else writes. Taken for a write, a read is only slower and
//! asked about; taken for a read, a write would be made without a question, and perhaps twice. So a word
//! that can mean either (`query`, `run`, `execute`, `check`) is none for reading, and what is known to
//! read all the same is said in the settings.

use onbehalf_connector::CallKind;

/// Words for reading.
const READS: [&str; 9] = [
    "describe", "fetch", "find", "get", "list", "lookup", "retrieve", "search", "show",
];

/// Words for changing something, as they stand in the names of the seventeen apps' tools, and some that
/// others may use.
const CHANGES: [&str; 100] = [
    "accept",
    "activate",
    "add",
    "alter",
    "append",
    "apply",
    "approve",
    "archive",
    "as",
    "assign",
    "associate",
    "attach",
    "block",
    "cancel",
    "change",
    "clear",
    "clone",
    "close",
    "complete",
    "convert",
    "copy",
    "create",
    "deactivate",
    "decline",
    "delete",
    "disable",
    "dismiss",
    "dispatch",
    "drop",
    "edit",
    "enable",
    "enroll",
    "erase",
    "execute",
    "export",
    "follow",
    "forward",
    "grant",
    "import",
    "insert",
    "install",
    "invalidate",
    "invite",
    "join",
    "leave",
    "link",
    "lock",
    "mark",
    "merge",
    "modify",
    "move",
    "notify",
    "open",
    "patch",
    "pause",
    "pin",
    "post",
    "promote",
    "provision",
    "publish",
    "purge",
    "push",
    "put",
    "react",
    "refresh",
    "register",
    "reject",
    "remove",
    "rename",
    "replace",
    "reply",
    "reset",
    "resolve",
    "restore",
    "resume",
    "revoke",
    "run",
    "save",
    "schedule",
    "send",
    "set",
    "share",
    "snooze",
    "star",
    "start",
    "stop",
    "submit",
    "subscribe",
    "suspend",
    "swap",
    "sync",
    "toggle",
    "transfer",
    "transition",
    "trash",
    "trigger",
    "update",
    "upload",
    "upsert",
    "write",
];

/// Whether a tool of this name reads or writes. `prefix` is what the names of its connector's tools
/// begin with, and says nothing.
pub(super) fn by_name(name: &str, prefix: &str) -> CallKind {
    let rest = name.strip_prefix(prefix).unwrap_or(name);
    let words: Vec<String> = rest
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let is = |of: &[&str], word: &String| of.contains(&word.as_str());
    let reads = words.first().is_some_and(|word| is(&READS, word))
        || words.last().is_some_and(|word| is(&READS, word));
    // `unarchive` and `undelete` change as much as what they take back.
    let changes = words.iter().any(|word| {
        let bare = word.strip_prefix("un").unwrap_or(word);
        is(&CHANGES, word) || CHANGES.contains(&bare)
    });
    if reads && !changes {
        CallKind::Read
    } else {
        CallKind::Write
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_only_reads_is_known_wherever_its_word_stands() {
        for (name, prefix) in [
            ("github_issues_list", "github"),
            ("gmail_fetch_mails", "gmail"),
            ("hubspot_contacts_search", "hubspot"),
            ("snowflake_show_warehouses", "snowflake"),
            ("salesforce_object_describe", "salesforce"),
            ("c-docs_get-page", "c-docs"),
            ("Notion_Page_Get", "notion"),
        ] {
            assert_eq!(by_name(name, prefix), CallKind::Read, "{name}");
        }
    }

    #[test]
    fn everything_else_writes() {
        for (name, prefix) in [
            ("github_issue_create", "github"),
            ("hubspot_list_create", "hubspot"),
            ("hubspot_list_memberships_add_from_list", "hubspot"),
            ("gmail_get_send_as", "gmail"),
            ("linear_graphql_query", "linear"),
            ("snowflake_execute_query", "snowflake"),
            ("slack_unarchive_conversation", "slack"),
            ("slack_get_upload_url_external", "slack"),
            ("zendesk_tickets_count", "zendesk"),
            ("pipedrive_user_me", "pipedrive"),
            ("list_unpublish", "nothing"),
            ("", ""),
        ] {
            assert_eq!(by_name(name, prefix), CallKind::Write, "{name}");
        }
    }

    #[test]
    fn the_words_stand_in_order_each_once() {
        assert!(READS.is_sorted() && CHANGES.is_sorted());
        assert!(CHANGES.windows(2).all(|two| two[0] != two[1]));
    }
}
