//! A credential is no domain data.

onbehalf_tools::tool_input! {
    /// Which contacts.
    pub struct Contacts {
        /// With which token.
        pub access_token: String,
    }
}

fn main() {}
