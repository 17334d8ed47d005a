//! JSON in a column: what has no columns of its own.

use crate::sql::SqlError;

/// Reads JSON that this code stored.
///
/// # Errors
/// [`SqlError::Unreadable`].
pub fn from_json<T: serde::de::DeserializeOwned>(
    text: &str,
    what: &'static str,
) -> Result<T, SqlError> {
    // From bytes, as messages are read: read from text as well, every type would be compiled twice.
    serde_json::from_slice(text.as_bytes()).map_err(|error| unreadable(what, &error))
}

/// Writes JSON to be stored.
///
/// # Errors
/// [`SqlError::Unreadable`] for what JSON cannot hold.
pub fn to_json<T: serde::Serialize>(value: &T, what: &'static str) -> Result<String, SqlError> {
    serde_json::to_string(value).map_err(|error| unreadable(what, &error))
}

fn unreadable(what: &'static str, error: &serde_json::Error) -> SqlError {
    // Category and place: the message itself could repeat what was stored.
    let why = format!(
        "{:?} at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    );
    SqlError::Unreadable { what, why }
}
