//! What a tool may ask for: domain data and nothing else, checked when the tool is compiled.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use onbehalf_clock::Timestamp;

/// Data of the task's own domain: numbers, text, points in time, and structs and enums made by
/// [`tool_input!`](crate::tool_input). A `serde_json::Value` is not: anything could be inside.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a tool's input",
    label = "not known to be domain data",
    note = "use text, numbers, `Timestamp`, `Option`, `Vec`, or a type made by `tool_input!`"
)]
pub trait DomainData {}

macro_rules! domain_data {
    ($($kind:ty),+) => { $(impl DomainData for $kind {})+ };
}
domain_data!(
    String, bool, u8, u16, u32, u64, i8, i16, i32, i64, f32, f64, Timestamp
);
impl<T: DomainData> DomainData for Option<T> {}
impl<T: DomainData> DomainData for Vec<T> {}

/// The whole input of a tool. Implemented by [`tool_input!`](crate::tool_input).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool input",
    note = "define it with `tool_input!`, which refuses identity and credentials in its fields"
)]
pub trait ToolInput:
    DomainData + Serialize + DeserializeOwned + JsonSchema + Clone + 'static
{
}

crate::tool_input! {
    /// What a tool takes that takes nothing.
    pub struct NoInput {}
}

/// A value the tool cannot work with although its type is right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {description}")]
pub struct InputError {
    /// Path of the field.
    pub field: String,
    /// What is wrong with it; never the value itself.
    pub description: String,
}

impl InputError {
    /// Names the field and what is wrong with it.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            description: description.into(),
        }
    }

    /// `Err` unless `value` is within `1..=most`.
    pub(super) fn within(field: &str, value: u32, most: u32) -> Result<(), Self> {
        if (1..=most).contains(&value) {
            return Ok(());
        }
        Err(Self::new(field, format!("must be between 1 and {most}")))
    }

    /// `Err` when the text is blank or longer than `most` characters.
    pub(super) fn text(field: &str, value: &str, most: usize) -> Result<(), Self> {
        if value.trim().is_empty() {
            return Err(Self::new(field, "must not be empty"));
        }
        if value.chars().count() > most {
            return Err(Self::new(
                field,
                format!("must be at most {most} characters"),
            ));
        }
        Ok(())
    }
}

/// Defines the input of a tool (or a part of one) as a struct, or a choice as an enum of units.
///
/// Derives `Serialize`, `Deserialize` (unknown fields refused) and `JsonSchema`. A field that is
/// named like identity or a credential, or whose type is not [`DomainData`], does not compile:
///
/// ```compile_fail
/// onbehalf_tools::tool_input! {
///     /// Asks a model who it is.
///     pub struct Contacts { /// Whose contacts.
///         pub user_id: String }
/// }
/// ```
///
/// More such cases, with the compiler's words, are in `tests/compile_fail/tools/`; add a `.rs` file
/// there and run `TRYBUILD=overwrite cargo test --test compile_fail` to record its message.
#[macro_export]
macro_rules! tool_input {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$field_meta:meta])* $field_vis:vis $field:ident : $kind:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema,
        )]
        #[serde(deny_unknown_fields)]
        $vis struct $name {
            $( $(#[$field_meta])* $field_vis $field: $kind, )*
        }

        $(
            const _: () = assert!(
                !$crate::is_identity_like(stringify!($field)),
                concat!(
                    "`", stringify!($field), "` looks like identity or a credential. A model would \
                     be asked to supply it; take it from the ToolContext instead"
                )
            );
            const _: fn() = || {
                fn must_be_domain_data<T: $crate::DomainData>() {}
                must_be_domain_data::<$kind>();
            };
        )*

        // Keeps the compiler from listing every tool's input where one is refused.
        #[diagnostic::do_not_recommend]
        impl $crate::DomainData for $name {}
        #[diagnostic::do_not_recommend]
        impl $crate::ToolInput for $name {}
    };
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize,
            ::schemars::JsonSchema,
        )]
        #[serde(rename_all = "snake_case")]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )*
        }

        #[diagnostic::do_not_recommend]
        impl $crate::DomainData for $name {}
    };
}
