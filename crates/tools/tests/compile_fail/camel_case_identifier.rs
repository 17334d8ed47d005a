//! Another spelling does not help.

#![allow(non_snake_case)]

onbehalf_tools::tool_input! {
    /// Which contacts.
    pub struct Contacts {
        /// How many.
        pub limit: u32,
        /// Whose contacts.
        pub scalekitIdentifier: Option<String>,
    }
}

fn main() {}
