//! Runs the queries and converts their results to counts.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::{ExecutionPlan, collect, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use fewshop_core::counts::{ItemCount, LogShape};
use futures::StreamExt;
use tokio::runtime::Runtime;

use crate::SqlError;
use crate::columns;
use crate::sql::{Cut, EXPECTED, PAIR, Queries};

/// The files to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `user_id,session_id,time,item_id,event,quantity`, as Parquet or CSV.
    pub events: PathBuf,
    /// `item_id` and what else a catalogue has, as Parquet or CSV.
    pub items: PathBuf,
}

/// The limits of DataFusion in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Bytes for groups and sorting; beyond them it spills to disk. Buffers for files and batches
    /// come on top.
    pub memory_bytes: usize,
    /// Threads, and number of partitions.
    pub threads: usize,
    /// Folder for spilled data; by default the system's temporary folder.
    pub spill: Option<PathBuf>,
}

/// Maximum bytes for the pairs of one batch of sessions.
const PAIRS_BYTES: u64 = 64 << 20;
/// DataFusion's default for the bytes that a sort reserves.
const MAX_RESERVED: usize = 10 << 20;
/// DataFusion's default for the rows of a batch.
const BATCH: u64 = 8_192;
/// Bytes of two integers.
const PAIR_BYTES: u64 = 16;

/// Counts one log.
///
/// ```no_run
/// use fewshop_sql::{Counter, Settings, Source};
/// let source = Source { events: "events.parquet".into(), items: "items.csv".into() };
/// let mut counter = Counter::embedded(source, &Settings { memory_bytes: 1 << 30, threads: 2, spill: None })?;
/// println!("{} sessions", counter.shape()?.sessions());
/// # Ok::<(), fewshop_sql::SqlError>(())
/// ```
pub struct Counter {
    runtime: Runtime,
    context: SessionContext,
    queries: Queries,
    source: Source,
    items: Vec<String>,
    rows: u64,
    shape: LogShape,
    /// Sessions with something taken, by day.
    days: BTreeMap<i64, u64>,
    spilled: Cell<u64>,
}

impl std::fmt::Debug for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Counter")
            .field("source", &self.source)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Counter {
    /// Counts in this process.
    ///
    /// # Errors
    /// [`SqlError`]: a file cannot be read, lacks a column or contains an invalid value.
    pub fn embedded(source: Source, settings: &Settings) -> Result<Self, SqlError> {
        let runtime = runtime(settings.threads)?;
        let mut builder = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(settings.memory_bytes)));
        if let Some(folder) = &settings.spill {
            builder = builder.with_temp_file_path(folder);
        }
        let environment = builder
            .build_arc()
            .map_err(|error| failed("Setting up", &error))?;
        // The memory that a sort reserves for merging what it spilled. With more than its share of
        // the memory it would fail.
        let reserved = (settings.memory_bytes / 16).min(MAX_RESERVED);
        let config = SessionConfig::new()
            .with_target_partitions(settings.threads.max(1))
            .with_sort_spill_reservation_bytes(reserved);
        let context = SessionContext::new_with_config_rt(config, environment);
        Self::open(runtime, context, source)
    }

    /// Counts on the Ballista cluster whose scheduler is at `url`, `df://host:port`. Its executors
    /// read the files by the same paths as this process.
    ///
    /// # Errors
    /// As [`Self::embedded`], and if no scheduler answers.
    #[cfg(feature = "cluster")]
    pub fn cluster(source: Source, url: &str, parts: usize) -> Result<Self, SqlError> {
        use ballista::prelude::{SessionConfigExt, SessionContextExt};
        use datafusion::execution::SessionStateBuilder;

        answers(url)?;
        let runtime = runtime(2)?;
        let config = SessionConfig::new_with_ballista().with_target_partitions(parts.max(1));
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_default_features()
            .build();
        let context = runtime
            .block_on(SessionContext::remote_with_state(url, state))
            .map_err(|error| failed("Reaching the cluster", &error))?;
        Self::open(runtime, context, source)
    }

    fn open(runtime: Runtime, context: SessionContext, source: Source) -> Result<Self, SqlError> {
        let kinds = runtime.block_on(columns::open(&context, &source.events, &source.items))?;
        let mut counter = Self {
            runtime,
            context,
            queries: Queries::new(kinds),
            source,
            items: Vec::new(),
            rows: 0,
            shape: LogShape::default(),
            days: BTreeMap::new(),
            spilled: Cell::new(0),
        };
        counter.check_items()?;
        counter.check_events()?;
        Ok(counter)
    }

    /// Rows of the events file.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes spilled to disk so far. 0 for a cluster, whose executors do not report them.
    #[must_use]
    pub fn spilled_bytes(&self) -> u64 {
        self.spilled.get()
    }

    fn check_items(&mut self) -> Result<(), SqlError> {
        const STEP: &str = "Reading the items";
        let path = || self.source.items.clone();
        let found = self.collect(STEP, &self.queries.item_faults())?;
        let (rows, ids, wrong) = (whole(&found, 0)?, whole(&found, 1)?, whole(&found, 2)?);
        if rows == 0 {
            return Err(SqlError::NoRow {
                path: path(),
                what: "product",
            });
        }
        let expected = EXPECTED[2].1;
        if wrong > 0 {
            return Err(SqlError::Field {
                path: path(),
                column: "item_id",
                rows: wrong,
                found: "nothing, or blanks".to_owned(),
                expected,
            });
        }
        if ids != rows {
            let found = "an id that another row has too".to_owned();
            return Err(SqlError::Field {
                path: path(),
                column: "item_id",
                rows: rows - ids,
                found,
                expected: "each id once",
            });
        }
        let mut items = Vec::new();
        for batch in self.collect(STEP, &self.queries.items())? {
            items.extend(
                texts(STEP, &batch, 0)?
                    .iter()
                    .map(|id| id.unwrap_or("").to_owned()),
            );
        }
        self.items = items;
        Ok(())
    }

    fn check_events(&mut self) -> Result<(), SqlError> {
        const STEP: &str = "Looking the events over";
        let found = self.collect(STEP, &self.queries.faults())?;
        self.rows = whole(&found, 0)?;
        if self.rows == 0 {
            return Err(SqlError::NoRow {
                path: self.source.events.clone(),
                what: "event",
            });
        }
        for (nth, (column, expected)) in EXPECTED.into_iter().enumerate() {
            let rows = whole(&found, 1 + 2 * nth)?;
            if rows > 0 {
                let text = found
                    .first()
                    .map(|batch| texts(STEP, batch, 2 + 2 * nth))
                    .transpose()?;
                let text = text.filter(|text| !text.is_empty() && text.is_valid(0));
                let found =
                    text.map_or_else(String::new, |text| text.value(0).chars().take(40).collect());
                return Err(SqlError::Field {
                    path: self.source.events.clone(),
                    column,
                    rows,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// The size of the log.
    ///
    /// # Errors
    /// [`SqlError`]: the engine fails, or a product was taken and dismissed in the same second.
    pub fn shape(&mut self) -> Result<LogShape, SqlError> {
        const STEP: &str = "Counting the sessions";
        let mut shape = LogShape::default();
        let (mut days, mut tied) = (BTreeMap::new(), 0);
        for batch in self.collect(STEP, &self.queries.shape())? {
            let (lengths, on) = (longs(STEP, &batch, 0)?, longs(STEP, &batch, 1)?);
            let (sessions, events, ties) = (
                longs(STEP, &batch, 2)?,
                longs(STEP, &batch, 3)?,
                longs(STEP, &batch, 4)?,
            );
            for row in 0..batch.num_rows() {
                *shape
                    .lengths
                    .entry(lengths[row].cast_unsigned())
                    .or_default() += sessions[row].cast_unsigned();
                shape.events += events[row].cast_unsigned();
                tied += ties[row];
                if lengths[row] > 0 {
                    *days.entry(on[row]).or_default() += sessions[row].cast_unsigned();
                }
            }
        }
        if tied > 0 {
            let what = format!(
                "{tied} products of a session were taken and turned down in the same second"
            );
            return Err(SqlError::Order {
                path: self.source.events.clone(),
                what,
            });
        }
        shape.unknown = self.rows.saturating_sub(shape.events);
        shape.users = whole(
            &self.collect("Counting the shoppers", &self.queries.users())?,
            0,
        )?;
        (self.shape, self.days) = (shape.clone(), days);
        Ok(shape)
    }

    /// Popularity of the products that were taken, in the byte order of their ids. The recent
    /// sessions are the last `recent_share` of all.
    ///
    /// # Errors
    /// [`SqlError`]: the engine fails, or two sessions with one time and id lie where the recent ones begin.
    pub fn popularity(&mut self, recent_share: f64) -> Result<Vec<ItemCount>, SqlError> {
        const STEP: &str = "Counting the products";
        if self.days.is_empty() {
            self.shape()?;
        }
        let cut = self.cut(self.shape.before_recent(recent_share))?;
        let mut counts = Vec::new();
        for batch in self.collect(STEP, &self.queries.popularity(cut.as_ref()))? {
            let (ranks, sessions, recent) = (
                longs(STEP, &batch, 0)?,
                longs(STEP, &batch, 1)?,
                longs(STEP, &batch, 2)?,
            );
            for row in 0..batch.num_rows() {
                let item = self.item(STEP, ranks[row])?.to_owned();
                counts.push(ItemCount {
                    item,
                    sessions: sessions[row].cast_unsigned(),
                    recent: recent[row].cast_unsigned(),
                });
            }
        }
        Ok(counts)
    }

    /// The session after the first `before`, if there is one.
    fn cut(&self, before: u64) -> Result<Option<Cut>, SqlError> {
        const STEP: &str = "Finding where the recent sessions begin";
        let mut left = before;
        let day = self.days.iter().find(|&(_, &sessions)| {
            let is_here = left < sessions;
            left -= if is_here { 0 } else { sessions };
            is_here
        });
        let Some((&day, _)) = day else {
            return Ok(None);
        };
        let mut found = Vec::new();
        for batch in self.collect(STEP, &self.queries.cut(day, left))? {
            let (times, ids) = (longs(STEP, &batch, 0)?, texts(STEP, &batch, 1)?);
            found.extend((0..batch.num_rows()).map(|row| Cut {
                time_s: times[row],
                session: ids.value(row).to_owned(),
            }));
        }
        if let [one, two] = &found[..]
            && one == two
        {
            let what = format!(
                "two sessions '{}' of different shoppers began at the same time, where the recent sessions do",
                one.session
            );
            return Err(SqlError::Order {
                path: self.source.events.clone(),
                what,
            });
        }
        Ok(found.pop())
    }

    /// Calls `each` for every two products that at least `least` sessions contain both of, with the
    /// number of these sessions. The first id is the smaller one, and the pairs are in the byte
    /// order of the ids. Returns the number of pairs.
    ///
    /// # Errors
    /// [`SqlError`]: the engine fails, or `each` does.
    pub fn pairs(
        &mut self,
        least: u64,
        mut each: impl FnMut(&str, &str, u64) -> std::io::Result<()>,
    ) -> Result<u64, SqlError> {
        const STEP: &str = "Counting the pairs";
        if self.days.is_empty() {
            self.shape()?;
        }
        // The engine makes all pairs of a batch at once, and the longest session may occur in it
        // more than once.
        let longest = self
            .shape
            .lengths
            .keys()
            .next_back()
            .copied()
            .unwrap_or(1)
            .max(1);
        let batch = (PAIRS_BYTES / (PAIR_BYTES * longest * longest).max(1)).clamp(1, BATCH);
        self.set_batch(batch)?;
        let text = self.queries.pairs(least);
        let (plan, task) = self
            .runtime
            .block_on(self.plan(&text))
            .map_err(|error| failed(STEP, &error))?;
        // A stream may need the runtime when it starts.
        let begin = async { execute_stream(plan.clone(), task) };
        let mut stream = self
            .runtime
            .block_on(begin)
            .map_err(|error| failed(STEP, &error))?;
        let mut told = 0;
        while let Some(batch) = self.runtime.block_on(stream.next()) {
            let batch = batch.map_err(|error| failed(STEP, &error))?;
            let (pairs, sessions): (Int64Array, Int64Array) =
                (column(STEP, &batch, 0)?, column(STEP, &batch, 1)?);
            for (pair, sessions) in pairs.values().iter().zip(sessions.values()) {
                each(
                    self.item(STEP, pair / PAIR)?,
                    self.item(STEP, pair % PAIR)?,
                    sessions.cast_unsigned(),
                )?;
                told += 1;
            }
        }
        self.note(&plan);
        self.set_batch(BATCH)?;
        Ok(told)
    }

    fn set_batch(&self, rows: u64) -> Result<(), SqlError> {
        let state = self.context.state_ref();
        let set = state
            .write()
            .config_mut()
            .options_mut()
            .set("datafusion.execution.batch_size", &rows.to_string());
        set.map_err(|error| failed("Setting up", &error))
    }

    fn item(&self, step: &'static str, rank: i64) -> Result<&str, SqlError> {
        let item = usize::try_from(rank)
            .ok()
            .and_then(|rank| self.items.get(rank));
        item.map(String::as_str).ok_or_else(|| SqlError::Engine {
            step,
            reason: format!("there is no product of rank {rank}"),
        })
    }

    fn collect(&self, step: &'static str, text: &str) -> Result<Vec<RecordBatch>, SqlError> {
        let work = async {
            let (plan, task) = self.plan(text).await?;
            let batches = collect(plan.clone(), task).await?;
            self.note(&plan);
            Ok(batches)
        };
        self.runtime
            .block_on(work)
            .map_err(|error| failed(step, &error))
    }

    async fn plan(
        &self,
        text: &str,
    ) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>), DataFusionError> {
        let query = self.context.sql(text).await?;
        let task = Arc::new(query.task_ctx());
        Ok((query.create_physical_plan().await?, task))
    }

    /// Adds the bytes that a finished query has spilled.
    fn note(&self, plan: &Arc<dyn ExecutionPlan>) {
        self.spilled.set(self.spilled.get() + spilled(plan));
    }
}

fn spilled(plan: &Arc<dyn ExecutionPlan>) -> u64 {
    let own = plan
        .metrics()
        .and_then(|metrics| metrics.spilled_bytes())
        .unwrap_or(0) as u64;
    own + plan.children().into_iter().map(spilled).sum::<u64>()
}

/// The plans of these queries are deep, and planning recurses.
const STACK_BYTES: usize = 16 << 20;

fn runtime(threads: usize) -> Result<Runtime, SqlError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let built = builder
        .worker_threads(threads.max(1))
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build();
    built.map_err(|error| SqlError::Engine {
        step: "Starting threads",
        reason: error.to_string(),
    })
}

/// The error on one line.
fn failed(step: &'static str, error: &DataFusionError) -> SqlError {
    const MOST: usize = 400;
    let text = error.to_string();
    let line: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(MOST)
        .collect();
    // A cluster reports the cause as text only.
    if matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
        || text.contains("Resources exhausted")
    {
        SqlError::Memory { step, reason: line }
    } else {
        SqlError::Engine { step, reason: line }
    }
}

/// A column of integers.
fn column(step: &'static str, batch: &RecordBatch, index: usize) -> Result<Int64Array, SqlError> {
    let engine = |reason: String| SqlError::Engine { step, reason };
    if index >= batch.num_columns() {
        return Err(engine(format!("the answer lacks column {index}")));
    }
    let column =
        cast(batch.column(index), &DataType::Int64).map_err(|error| engine(error.to_string()))?;
    if column.null_count() > 0 {
        return Err(engine(format!(
            "column {index} of the answer holds nothing in {} rows",
            column.null_count()
        )));
    }
    Ok(column.as_primitive::<Int64Type>().clone())
}

fn longs(step: &'static str, batch: &RecordBatch, index: usize) -> Result<Vec<i64>, SqlError> {
    Ok(column(step, batch, index)?.values().to_vec())
}

fn texts(step: &'static str, batch: &RecordBatch, index: usize) -> Result<StringArray, SqlError> {
    let text = cast(batch.column(index), &DataType::Utf8).map_err(|error| SqlError::Engine {
        step,
        reason: error.to_string(),
    })?;
    Ok(text.as_string::<i32>().clone())
}

/// An integer of a one-row result. The sum over no rows is NULL, which means 0.
fn whole(batches: &[RecordBatch], index: usize) -> Result<u64, SqlError> {
    const STEP: &str = "Reading an answer";
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else {
        return Ok(0);
    };
    let value = cast(batch.column(index), &DataType::Int64).map_err(|error| SqlError::Engine {
        step: STEP,
        reason: error.to_string(),
    })?;
    let value = value.as_primitive::<Int64Type>();
    Ok(if value.is_null(0) {
        0
    } else {
        value.value(0).cast_unsigned()
    })
}

/// Checks that a scheduler listens there before planning hours of work for it.
#[cfg(feature = "cluster")]
fn answers(url: &str) -> Result<(), SqlError> {
    use std::net::{TcpStream, ToSocketAddrs};
    use std::time::Duration;

    const WAIT: Duration = Duration::from_secs(5);
    let wrong = || SqlError::Address {
        found: url.chars().take(80).collect(),
    };
    let address = url
        .strip_prefix("df://")
        .map(|rest| rest.trim_end_matches('/'))
        .ok_or_else(wrong)?;
    let port = address
        .rsplit_once(':')
        .and_then(|(host, port)| Some((!host.is_empty()).then_some(port)?.parse::<u16>()));
    if !matches!(port, Some(Ok(_))) {
        return Err(wrong());
    }
    let silent = |reason: String| SqlError::NoScheduler {
        address: address.to_owned(),
        reason,
    };
    let mut reason = "the name has no address".to_owned();
    for address in address
        .to_socket_addrs()
        .map_err(|error| silent(error.to_string()))?
    {
        match TcpStream::connect_timeout(&address, WAIT) {
            Ok(_) => return Ok(()),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(silent(reason))
}
