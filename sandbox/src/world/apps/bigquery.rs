//! BigQuery: one table of a company's dataset, with rows that are streamed in.
//!
//! Shapes and limits from Google's documentation: "BigQuery API: jobs.query, tabledata.list,
//! tabledata.insertAll, tables.list" and "Quotas and limits" (100 requests a second and person).

use serde_json::{Map, Value, json};

use super::statement::{Statement, read};
use super::{App, Counted, Numbers, Said, Whose, after_cursor, number, text};
use crate::world::random::Dice;
use crate::world::tool::{Actor, Answer, Params, ToolFailure};

const DATASET: &str = "onboarding";
const TABLE: &str = "notes";
const COLUMNS: [&str; 3] = ["id", "customer", "text"];
/// Rows one request streams in.
const ROWS: usize = 50_000;

#[derive(Clone, Debug)]
pub(super) struct BigQuery {
    project: String,
    rows: Vec<Map<String, Value>>,
    jobs: Dice,
    ids: Numbers,
}

fn refusal(status: u16, reason: &str, message: impl Into<String>) -> ToolFailure {
    ToolFailure::new(status, reason, message)
}

/// A row as it is answered: cells in the order of the columns.
fn cells(row: &Map<String, Value>, columns: &[&str]) -> Value {
    let cell = |name: &&str| json!({ "v": row.get(*name).cloned().unwrap_or(Value::Null) });
    json!({ "f": columns.iter().map(cell).collect::<Vec<_>>() })
}

impl BigQuery {
    pub(super) fn new(company: &str, _: i64) -> Self {
        let first = json!({ "id": "1", "customer": company, "text": "Signed" });
        Self {
            project: company.replace('_', "-"),
            rows: first.as_object().cloned().into_iter().collect(),
            jobs: Dice::of(&format!("bigquery {company}")),
            ids: Numbers::after(0),
        }
    }

    fn project(&self, params: &Params) -> Result<(), ToolFailure> {
        if text(params, "project_id") == Some(self.project.as_str()) {
            return Ok(());
        }
        Err(refusal(
            403,
            "accessDenied",
            "Access Denied: User does not have permission in the project.",
        ))
    }

    fn table(&self, params: &Params) -> Result<(), ToolFailure> {
        let dataset = text(params, "dataset_id") == Some(DATASET);
        let table = params.get("table_id").is_none_or(|it| it == TABLE);
        if dataset && table {
            return Ok(());
        }
        Err(refusal(404, "notFound", "Not found: Table"))
    }

    fn insert(&mut self, params: &Params, actor: &Actor) -> Said {
        let rows = params
            .get("rows")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        if rows.is_empty() || rows.len() > ROWS {
            return Err(refusal(400, "invalid", "No rows present in the request."));
        }
        let unknown_allowed =
            params.get("ignore_unknown_values").and_then(Value::as_bool) == Some(true);
        let known = |row: &Value| {
            row.as_object().is_some_and(|row| {
                unknown_allowed || row.keys().all(|name| COLUMNS.contains(&name.as_str()))
            })
        };
        // One bad row stops them all, and the answer is 200.
        let errors: Vec<Value> = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| !known(row))
            .map(|(index, _)| json!({ "index": index, "errors": [{ "reason": "invalid", "location": "", "message": "no such field" }] }))
            .collect();
        if !errors.is_empty() {
            let data =
                json!({ "kind": "bigquery#tableDataInsertAllResponse", "insertErrors": errors });
            return Ok(Answer::read(data));
        }
        self.rows
            .extend(rows.iter().filter_map(|row| row.as_object().cloned()));
        let id = actor
            .promised
            .clone()
            .unwrap_or_else(|| format!("rows-{}", self.ids.next()));
        Ok(Answer::wrote(
            id,
            json!({ "kind": "bigquery#tableDataInsertAllResponse" }),
        ))
    }

    fn query(&mut self, params: &Params) -> Said {
        let invalid = |words: &str| refusal(400, "invalidQuery", words);
        let statement = read(text(params, "query").unwrap_or_default());
        let Some(Statement::Select(select)) = statement else {
            return Err(invalid("Syntax error: Unexpected input"));
        };
        if !select
            .table
            .trim_matches('`')
            .ends_with(&format!("{DATASET}.{TABLE}"))
        {
            return Err(refusal(404, "notFound", "Not found: Table"));
        }
        let all = select.columns == ["*"];
        let columns: Vec<&str> = COLUMNS
            .iter()
            .filter(|name| {
                all || select
                    .columns
                    .iter()
                    .any(|it| it.eq_ignore_ascii_case(name))
            })
            .copied()
            .collect();
        if !all && columns.len() != select.columns.len() {
            return Err(invalid("Unrecognized name"));
        }
        let value = |row: &Map<String, Value>, name: &str| {
            let value = row.get(&name.to_lowercase()).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let fits = |row: &&Map<String, Value>| {
            select
                .conditions
                .iter()
                .all(|(name, test)| test.fits(&value(row, name)))
        };
        let most = number(params, "max_results").and_then(|it| usize::try_from(it).ok());
        let found: Vec<&Map<String, Value>> = self
            .rows
            .iter()
            .filter(fits)
            .take(select.limit.unwrap_or(usize::MAX))
            .collect();
        let rows: Vec<Value> = found
            .iter()
            .take(most.unwrap_or(usize::MAX))
            .map(|row| cells(row, &columns))
            .collect();
        let fields: Vec<Value> = columns
            .iter()
            .map(|name| json!({ "name": name, "type": "STRING", "mode": "NULLABLE" }))
            .collect();
        let job = json!({ "projectId": self.project, "jobId": format!("job_{}", self.jobs.uuid()), "location": "EU" });
        Ok(Answer::read(
            json!({ "kind": "bigquery#queryResponse", "schema": { "fields": fields },
            "jobReference": job, "totalRows": found.len().to_string(), "rows": rows,
            "totalBytesProcessed": "0", "jobComplete": true, "cacheHit": false }),
        ))
    }
}

impl App for BigQuery {
    const TOOLS: &'static [&'static str] = &[
        "bigquery_insert_table_data",
        "bigquery_list_table_data",
        "bigquery_list_tables",
        "bigquery_run_query",
    ];

    fn counted(_: &str, _: &Params) -> Counted {
        Counted::new(Whose::Person, "requests", 100, 1000)
    }

    fn too_many(seconds: u64) -> ToolFailure {
        refusal(403, "rateLimitExceeded", "Exceeded rate limits").after(seconds)
    }

    fn promise(&mut self, tool: &str) -> Option<String> {
        (tool == "bigquery_insert_table_data").then(|| format!("rows-{}", self.ids.next()))
    }

    fn call(&mut self, tool: &str, params: &Params, actor: &Actor) -> Said {
        self.project(params)?;
        if tool == "bigquery_run_query" {
            return self.query(params);
        }
        self.table(params)?;
        match tool {
            "bigquery_insert_table_data" => self.insert(params, actor),
            "bigquery_list_tables" => {
                let reference =
                    json!({ "projectId": self.project, "datasetId": DATASET, "tableId": TABLE });
                let table = json!({ "kind": "bigquery#table", "type": "TABLE", "tableReference": reference,
                    "id": format!("{}:{DATASET}.{TABLE}", self.project) });
                Ok(Answer::read(
                    json!({ "kind": "bigquery#tableList", "totalItems": 1, "tables": [table] }),
                ))
            }
            _ => {
                let rows: Vec<Value> = self.rows.iter().map(|row| cells(row, &COLUMNS)).collect();
                let from = text(params, "page_token").and_then(|it| it.parse().ok());
                let from = from.or_else(|| {
                    number(params, "start_index").and_then(|it| usize::try_from(it).ok())
                });
                let most = number(params, "max_results").and_then(|it| usize::try_from(it).ok());
                let (page, next) = after_cursor(&rows, from.unwrap_or(0), most.unwrap_or(ROWS));
                let mut data = json!({ "kind": "bigquery#tableDataList", "totalRows": rows.len().to_string(), "rows": page });
                if let Some(next) = next {
                    data["pageToken"] = next.to_string().into();
                }
                Ok(Answer::read(data))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::{NOW, refused, taken};
    use super::*;

    #[test]
    fn rows_are_streamed_in_listed_and_queried() {
        let mut bigquery = BigQuery::new("acme", NOW);
        let place =
            json!({ "project_id": "acme", "dataset_id": "onboarding", "table_id": "notes" });
        let mut insert = place.clone();
        insert["rows"] = json!([{ "id": "2", "text": "call-e1" }]);
        taken(&mut bigquery, "bigquery_insert_table_data", &insert);
        let listed = taken(&mut bigquery, "bigquery_list_table_data", &place);
        assert_eq!(
            listed["rows"][1],
            json!({ "f": [{ "v": "2" }, { "v": null }, { "v": "call-e1" }] })
        );
        let query = "SELECT id FROM `acme.onboarding.notes` WHERE text LIKE '%call-e1%'";
        let asked = json!({ "project_id": "acme", "query": query });
        let found = taken(&mut bigquery, "bigquery_run_query", &asked);
        assert_eq!(
            (&found["totalRows"], &found["rows"]),
            (&json!("1"), &json!([{ "f": [{ "v": "2" }] }]))
        );
    }

    #[test]
    fn a_row_that_does_not_fit_stops_them_all_inside_200() {
        let mut bigquery = BigQuery::new("acme", NOW);
        let insert = json!({ "project_id": "acme", "dataset_id": "onboarding", "table_id": "notes",
            "rows": [{ "id": "2" }, { "age": 7 }] });
        let said = taken(&mut bigquery, "bigquery_insert_table_data", &insert);
        assert_eq!(said["insertErrors"][0]["index"], 1);
        assert_eq!(bigquery.rows.len(), 1);
        let foreign = json!({ "project_id": "globex", "query": "SELECT id FROM onboarding.notes" });
        assert_eq!(
            refused(&mut bigquery, "bigquery_run_query", &foreign).code,
            "accessDenied"
        );
    }
}
