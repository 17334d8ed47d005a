//! What an object keeps itself in: statements in, rows out.
//!
//! Owns the values that cross, the errors, and how tables grow with the code. Knows nothing of what
//! is kept. The platform and [`Database`](testkit::Database) implement [`Sql`]; the statements are
//! the same on both, so what a test has run is what is deployed.
//!
//! ```
//! use onbehalf_sql::testkit::Database;
//! use onbehalf_sql::{Sql, SqlError};
//!
//! fn main() -> Result<(), SqlError> {
//!     let sql = Database::empty();
//!     sql.run("CREATE TABLE noted (what TEXT NOT NULL)", &[])?;
//!     sql.run("INSERT INTO noted (what) VALUES (?)", &["a visit".into()])?;
//!     let rows = sql.query("SELECT what FROM noted", &[])?;
//!     assert_eq!(rows[0].text(0)?, "a visit");
//!     Ok(())
//! }
//! ```

mod json;
mod schema;
mod sql;
#[cfg(feature = "testkit")]
pub mod testkit;

pub use json::{from_json, to_json};
pub use schema::{Schema, bring_up_to_date, is_unused};
pub use sql::{Row, Sql, SqlError, Value};
