//! A struct from elsewhere could hold identity; only those made by the macro are known not to.

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Filter {
    pub user_id: String,
}

onbehalf_tools::tool_input! {
    /// Which contacts.
    pub struct Contacts {
        /// Filters.
        pub filters: Vec<Filter>,
    }
}

fn main() {}
