//! Snowflake: one table of a company's warehouse, asked and written in SQL.
//!
//! Shapes and limits from Snowflake's documentation: "Snowflake SQL API reference" (the result with its
//! metadata, the failure with its code and state, a request that is sent again under its id and runs
//! once).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::statement::{Insert, Select, Statement, read};
use super::{App, Counted, Said, Whose, text};
use crate::world::random::Dice;
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const TABLE: &str = "NOTES";
const COLUMNS: [&str; 3] = ["ID", "CUSTOMER", "TEXT"];

#[derive(Clone, Debug)]
pub(super) struct Snowflake {
    rows: Vec<[String; 3]>,
    /// Statements that ran, by the id of the request and by their handle.
    ran: BTreeMap<String, Value>,
    dice: Dice,
}

/// A statement that cannot run: 422 with a code of the compiler's.
fn refusal(code: &str, message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(422, code, message)
}

/// The table's own name, however its database and schema stand before it.
fn check(table: &str) -> Result<(), ToolFailure> {
    let name = table
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .trim_matches('"');
    if name.eq_ignore_ascii_case(TABLE) {
        return Ok(());
    }
    let words = format!(
        "SQL compilation error:\nObject '{}' does not exist or not authorized.",
        table.to_uppercase()
    );
    Err(refusal("002003", words))
}

fn column(name: &str) -> Result<usize, ToolFailure> {
    let found = COLUMNS.iter().position(|it| it.eq_ignore_ascii_case(name));
    let words = || {
        format!(
            "SQL compilation error: invalid identifier '{}'",
            name.to_uppercase()
        )
    };
    found.ok_or_else(|| refusal("000904", words()))
}

impl Snowflake {
    pub(super) fn new(company: &str, _: i64) -> Self {
        let first = ["1".to_owned(), company.to_owned(), "Signed".to_owned()];
        Self {
            rows: vec![first],
            ran: BTreeMap::new(),
            dice: Dice::of(&format!("snowflake {company}")),
        }
    }

    fn result(&self, handle: &str, columns: &[&str], rows: &[Vec<String>], now_ms: i64) -> Value {
        let types: Vec<Value> = columns
            .iter()
            .map(|name| json!({ "name": name, "type": "text", "nullable": true, "length": 16_777_216 }))
            .collect();
        json!({ "resultSetMetaData": { "numRows": rows.len(), "format": "jsonv2", "rowType": types,
                "partitionInfo": [{ "rowCount": rows.len(), "uncompressedSize": 100 }] },
            "data": rows, "code": "090001", "sqlState": "00000", "statementHandle": handle,
            "statementStatusUrl": format!("/api/v2/statements/{handle}"),
            "message": "Statement executed successfully.", "createdOn": now_ms })
    }

    fn select(
        &self,
        select: &Select,
    ) -> Result<(Vec<&'static str>, Vec<Vec<String>>), ToolFailure> {
        check(&select.table)?;
        let columns: Vec<usize> = if select.columns == ["*"] {
            (0..COLUMNS.len()).collect()
        } else {
            select
                .columns
                .iter()
                .map(|it| column(it))
                .collect::<Result<_, _>>()?
        };
        let mut tests = Vec::new();
        for (name, test) in &select.conditions {
            tests.push((column(name)?, test));
        }
        let fits = |row: &&[String; 3]| tests.iter().all(|(at, test)| test.fits(&row[*at]));
        let rows = self
            .rows
            .iter()
            .filter(fits)
            .take(select.limit.unwrap_or(usize::MAX));
        let rows = rows.map(|row| columns.iter().map(|at| row[*at].clone()).collect());
        let rows = rows.collect();
        Ok((columns.iter().map(|at| COLUMNS[*at]).collect(), rows))
    }

    fn insert(&mut self, insert: &Insert) -> Result<(), ToolFailure> {
        check(&insert.table)?;
        let mut row: [String; 3] = Default::default();
        for (name, value) in &insert.row {
            row[column(name)?].clone_from(value);
        }
        self.rows.push(row);
        Ok(())
    }

    fn execute(&mut self, params: &Params, actor: &Actor) -> Said {
        let again = params.get("retry").and_then(Value::as_bool) == Some(true);
        let request = text(params, "request_id");
        if let Some(known) = request.filter(|_| again).and_then(|id| self.ran.get(id)) {
            return Ok(Answer::read(known.clone()));
        }
        let statement = read(text(params, "statement").unwrap_or_default());
        let statement =
            statement.ok_or_else(|| refusal("001003", "SQL compilation error: syntax error."))?;
        let handle = actor.promised.clone().unwrap_or_else(|| self.dice.uuid());
        let (wrote, result) = match statement {
            Statement::Select(select) => {
                let (columns, rows) = self.select(&select)?;
                (false, self.result(&handle, &columns, &rows, actor.now_ms))
            }
            Statement::Insert(insert) => {
                self.insert(&insert)?;
                let one = [vec!["1".to_owned()]];
                (
                    true,
                    self.result(&handle, &["number of rows inserted"], &one, actor.now_ms),
                )
            }
        };
        if let Some(request) = request {
            self.ran.insert(request.to_owned(), result.clone());
        }
        self.ran.insert(handle.clone(), result.clone());
        Ok(if wrote {
            Answer::wrote(handle, result)
        } else {
            Answer::read(result)
        })
    }
}

impl App for Snowflake {
    const TOOLS: &'static [&'static str] = &[
        "snowflake_execute_query",
        "snowflake_get_query_status",
        "snowflake_get_tables",
    ];

    fn counted(_: &str, _: &Params) -> Counted {
        // No number is documented; many at once are refused.
        Counted::new(Whose::Company, "statements", 50, 1000)
    }

    fn too_many(seconds: u64) -> ToolFailure {
        ToolFailure::new(429, "390505", "Too many requests.").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        (tool == "snowflake_execute_query").then(|| self.dice.uuid())
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        match tool {
            "snowflake_execute_query" => self.execute(params, actor),
            "snowflake_get_tables" => {
                let table = vec![
                    "ONBOARDING".to_owned(),
                    "PUBLIC".to_owned(),
                    TABLE.to_owned(),
                ];
                let names = ["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME"];
                let handle = self.dice.uuid();
                Ok(Answer::read(self.result(
                    &handle,
                    &names,
                    &[table],
                    actor.now_ms,
                )))
            }
            _ => {
                let handle = text(params, "statement_handle").unwrap_or_default();
                let known = self.ran.get(handle).cloned();
                let missing = || ToolFailure::new(404, "390318", "Statement handle not found.");
                Ok(Answer::read(known.ok_or_else(missing)?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    const EXECUTE: &str = "snowflake_execute_query";

    #[test]
    fn a_row_is_written_once_for_each_request_and_read_back() {
        let mut snowflake = Snowflake::new("acme", NOW);
        let statement = "INSERT INTO ONBOARDING.PUBLIC.NOTES (ID, TEXT) VALUES ('2', 'call-e1')";
        let insert = json!({ "statement": statement, "request_id": "r1", "retry": true });
        let first = taken(&mut snowflake, EXECUTE, &insert);
        assert_eq!(taken(&mut snowflake, EXECUTE, &insert), first);
        let select = json!({ "statement": "SELECT ID FROM NOTES WHERE TEXT LIKE '%call-e1%'" });
        let read = taken(&mut snowflake, EXECUTE, &select);
        assert_eq!(
            (&read["data"], &read["resultSetMetaData"]["numRows"]),
            (&json!([["2"]]), &json!(1))
        );
        let status = json!({ "statement_handle": first["statementHandle"] });
        assert_eq!(
            taken(&mut snowflake, "snowflake_get_query_status", &status),
            first
        );
    }

    #[test]
    fn what_does_not_compile_is_refused() {
        let mut snowflake = Snowflake::new("acme", NOW);
        for (statement, code) in [
            ("DELETE FROM NOTES", "001003"),
            ("SELECT ID FROM WISHES", "002003"),
            ("SELECT AGE FROM NOTES", "000904"),
        ] {
            let refusal = refused(&mut snowflake, EXECUTE, &json!({ "statement": statement }));
            assert_eq!((refusal.status, refusal.code.as_str()), (422, code));
        }
    }
}
