//! A field that takes anything would take identity too.

onbehalf_tools::tool_input! {
    /// Which contacts.
    pub struct Contacts {
        /// Whatever you like.
        pub filter: serde_json::Value,
    }
}

fn main() {}
