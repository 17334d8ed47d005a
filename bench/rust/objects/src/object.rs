//! The object: one order at a time, answered when it is done. Times are taken by the caller, since
//! a Worker's clock stands still while it computes.

use std::rc::Rc;

use async_trait::async_trait;
use onbehalf_clock::Clock;
use onbehalf_engine::{
    Engine, Head, Host, JournalStore, PublishError, ResumedBy, RunLog, RunStatus, Runner, Started,
};
use onbehalf_runs::run::SqlJournal;
use onbehalf_sql::Sql as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::counting::Counting;
use crate::edge::clock::{EdgeClock, EdgeRandom};
use crate::edge::shelf::EdgeShelf;
use crate::edge::sql::EdgeSql;
use crate::verify::{Verification, verify};
use crate::writes::{Plan, Sync, Waits, writes};

/// What can be asked for.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// Nothing: what asking costs.
    Nothing,
    /// Rows into a table of one column, without an engine.
    Insert {
        rows: u32,
        bytes: usize,
        durable: bool,
    },
    /// A run, from its start to its wait.
    Run { plan: Plan, durable: bool },
    /// The run is picked up from storage and dropped again, so often.
    PickUp { times: u32 },
    /// The run is picked up, resumed and driven to its end.
    Resume,
    /// Tokens.
    Verify(Verification),
}

/// What it came to.
#[derive(Default, Serialize)]
struct Done {
    /// Bytes of rows and heads handed to storage.
    written_bytes: u64,
    /// Rows of the journal.
    rows: u64,
    /// Bytes of the whole database.
    database_bytes: usize,
    /// Tokens found good.
    good: u32,
}

/// The object.
#[durable_object]
pub struct BenchObject {
    state: Rc<State>,
}

struct Nobody;

#[async_trait(?Send)]
impl Host for Nobody {
    async fn publish(&self, _: &Head) -> Result<(), PublishError> {
        Ok(())
    }
}

impl DurableObject for BenchObject {
    fn new(state: State, _: Env) -> Self {
        Self {
            state: Rc::new(state),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let order = request.json::<Order>().await?;
        match self.carry_out(order).await {
            Ok(done) => Response::from_json(&done),
            Err(error) => Response::error(error, 500),
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // Runs are driven by orders alone.
        Response::empty()
    }
}

impl BenchObject {
    fn sync(&self) -> Sync {
        let state = Rc::clone(&self.state);
        Rc::new(move || {
            let storage = state.storage();
            Box::pin(async move { storage.sync().await.map_err(text) })
        })
    }

    async fn carry_out(&self, order: Order) -> Result<Done, String> {
        let mut done = Done::default();
        match order {
            Order::Nothing => {}
            Order::Insert {
                rows,
                bytes,
                durable,
            } => self.insert(rows, bytes, durable).await?,
            Order::Run { plan, durable } => {
                let (runner, journal) = self.runner(durable)?;
                let run = Started {
                    run_id: "run_bench".to_owned(),
                    workflow: "writes".to_owned(),
                    version: 1,
                    owner: "nobody".to_owned(),
                    context: json!(null),
                    input: json!(plan),
                    trace_id: None,
                };
                runner.start(run).await.map_err(text)?;
                runner.advance().await.map_err(text)?;
                expect(&runner, RunStatus::Suspended)?;
                done.written_bytes = journal.bytes();
                done.rows = runner.log().last_seq();
            }
            Order::PickUp { times } => {
                for _ in 0..times {
                    let (runner, _) = self.runner(false)?;
                    expect(&runner, RunStatus::Suspended)?;
                }
            }
            Order::Resume => {
                let (runner, journal) = self.runner(false)?;
                runner
                    .resume(None, ResumedBy::Owner, "go".to_owned())
                    .await
                    .map_err(text)?;
                runner.advance().await.map_err(text)?;
                expect(&runner, RunStatus::Completed)?;
                done.written_bytes = journal.bytes();
                done.rows = runner.log().last_seq();
            }
            Order::Verify(tokens) => done.good = verify(tokens).await?,
        }
        done.database_bytes = self.state.storage().sql().database_size();
        Ok(done)
    }

    /// A runner that knows nothing but what is in storage.
    fn runner(&self, durable: bool) -> Result<(Runner<Waits>, Rc<Counting>), String> {
        let clock: Rc<dyn Clock> = Rc::new(EdgeClock);
        let shelf = Rc::new(EdgeShelf::of(&self.state));
        let journal = SqlJournal::open(shelf).map_err(text)?;
        let journal = Rc::new(Counting::new(journal));
        let store = Rc::clone(&journal) as Rc<dyn JournalStore>;
        let log = RunLog::open(store, Rc::clone(&clock)).map_err(text)?;
        let engine = Engine {
            workflow: Rc::new(writes()),
            services: Ok(Rc::new(durable.then(|| self.sync()))),
            clock,
            random: Rc::new(EdgeRandom),
            host: Rc::new(Nobody),
            spent: Rc::new(|| false),
        };
        Ok((Runner::new(engine, Rc::new(log)), journal))
    }

    async fn insert(&self, rows: u32, bytes: usize, durable: bool) -> Result<(), String> {
        let sql = EdgeSql::of(&self.state);
        let table = "CREATE TABLE IF NOT EXISTS bare (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)";
        sql.run(table, &[]).map_err(text)?;
        let body = "x".repeat(bytes);
        let sync = self.sync();
        for row in 0..rows {
            let values = [row.into(), body.as_str().into()];
            let statement = "INSERT OR REPLACE INTO bare (seq, body) VALUES (?, ?)";
            sql.run(statement, &values).map_err(text)?;
            if durable {
                sync().await?;
            }
        }
        Ok(())
    }
}

fn expect(runner: &Runner<Waits>, wanted: RunStatus) -> Result<(), String> {
    let status = runner.log().head().map(|head| head.status);
    if status == Some(wanted) {
        Ok(())
    } else {
        Err(format!("the run is {status:?}, not {wanted:?}"))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
