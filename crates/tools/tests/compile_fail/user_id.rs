//! A model must not be asked who the user is.

onbehalf_tools::tool_input! {
    /// Which contacts.
    pub struct Contacts {
        /// Whose contacts.
        pub user_id: String,
    }
}

fn main() {}
