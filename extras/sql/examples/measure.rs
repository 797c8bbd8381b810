//! Measures time and memory for counting a synthetic log: one line of a table for
//! `docs/performance.md`.
//!
//! `cargo run --release --manifest-path extras/sql/Cargo.toml --features node --example measure --
//! --events 1000000 --folder DIR [--executors 2]`

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::Compression;
use datafusion::parquet::file::properties::WriterProperties;
use fewshop_sql::node::{Loopback, peak_bytes};
use fewshop_sql::{Counter, Settings, Source};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

#[derive(Parser)]
struct Args {
    /// Events of the log
    #[arg(long)]
    events: usize,
    /// Products of the shop
    #[arg(long, default_value_t = 5_000)]
    items: usize,
    /// Folder for the log, the counts and spilled data
    #[arg(long)]
    folder: PathBuf,
    /// Bytes for groups and sorting, in this process or in each executor
    #[arg(long, default_value_t = 1_000_000_000)]
    memory: usize,
    /// Count with a scheduler and this many executors of one thread each on this machine
    #[arg(long, default_value_t = 0)]
    executors: usize,
    /// Threads of this process, or parts for the executors
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Path of `fewshop-node`; default: beside this program
    #[arg(long)]
    node: Option<PathBuf>,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }
}

/// Writes the log unless it exists: sessions of 1 to 15 events in order of time, the first products
/// far more often than the last, one event in twenty a dismissal.
fn source(args: &Args) -> Outcome<Source> {
    const ROWS: usize = 1 << 18;
    let name = format!("{}-{}-{}", args.events, args.items, args.seed);
    let source = Source {
        events: args.folder.join(format!("events-{name}.parquet")),
        items: args.folder.join(format!("items-{name}.csv")),
    };
    if source.events.is_file() && source.items.is_file() {
        return Ok(source);
    }
    std::fs::create_dir_all(&args.folder)?;
    let items = (0..args.items).fold("item_id,title\n".to_owned(), |text, nth| {
        format!("{text}p{nth:06},A thing\n")
    });
    std::fs::write(&source.items, items)?;
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(args.seed));
    let unfinished = source.events.with_extension("part");
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer: Option<ArrowWriter<File>> = None;
    let (mut written, mut session, mut time) = (0, 0u64, 1_700_000_000);
    let (mut left, mut user) = (0, 0);
    while written < args.events {
        let rows = ROWS.min(args.events - written);
        let mut columns: [Vec<String>; 3] = Default::default();
        let (mut times, mut kinds) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for _ in 0..rows {
            if left == 0 {
                (left, user, session) = (
                    1 + dice.below(15),
                    dice.below(args.events / 40 + 1),
                    session + 1,
                );
            }
            left -= 1;
            time += 1;
            columns[0].push(format!("u{user}"));
            columns[1].push(format!("s{session}"));
            columns[2].push(format!(
                "p{:06}",
                dice.below(args.items)
                    .min(dice.below(args.items))
                    .min(dice.below(args.items))
            ));
            times.push(time);
            kinds.push(
                ["view", "view", "cart", "purchase", "dismiss"][if dice.below(20) == 0 {
                    4
                } else {
                    dice.below(4)
                }],
            );
        }
        let [users, sessions, items] =
            columns.map(|column| Arc::new(StringArray::from(column)) as ArrayRef);
        let batch = RecordBatch::try_from_iter([
            ("user_id", users),
            ("session_id", sessions),
            ("time", Arc::new(Int64Array::from(times)) as ArrayRef),
            ("item_id", items),
            ("event", Arc::new(StringArray::from(kinds)) as ArrayRef),
            (
                "quantity",
                Arc::new(Int64Array::from(vec![1; rows])) as ArrayRef,
            ),
        ])?;
        if writer.is_none() {
            writer = Some(ArrowWriter::try_new(
                File::create(&unfinished)?,
                batch.schema(),
                Some(properties.clone()),
            )?);
        }
        if let Some(writer) = &mut writer {
            writer.write(&batch)?;
        }
        written += rows;
    }
    if let Some(writer) = writer {
        writer.close()?;
    }
    std::fs::rename(unfinished, &source.events)?;
    Ok(source)
}

/// FNV-1a over all counts, so that two runs can be compared.
#[derive(Debug)]
struct Sum(u64);

impl Sum {
    fn add(&mut self, text: &str, count: u64) {
        for byte in text.bytes().chain(count.to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

fn node(args: &Args) -> Outcome<PathBuf> {
    if let Some(node) = &args.node {
        return Ok(node.clone());
    }
    let own = std::env::current_exe()?;
    let folder = own
        .parent()
        .and_then(Path::parent)
        .ok_or("this program lies in no folder: give --node")?;
    Ok(folder.join("fewshop-node"))
}

fn main() -> Outcome<()> {
    let args = Args::parse();
    let source = source(&args)?;
    let cluster = if args.executors > 0 {
        Some(Loopback::start(
            &node(&args)?,
            args.executors,
            args.memory as u64,
            &args.folder,
        )?)
    } else {
        None
    };
    let start = Instant::now();
    let mut times = Vec::new();
    let mut lap = |what: &str| times.push(format!("{what} {:.1}", start.elapsed().as_secs_f64()));
    let mut counter = match &cluster {
        Some(cluster) => Counter::cluster(source, &cluster.url(), args.threads)?,
        None => {
            let spill = Some(args.folder.clone());
            Counter::embedded(
                source,
                &Settings {
                    memory_bytes: args.memory,
                    threads: args.threads,
                    spill,
                },
            )?
        }
    };
    lap("looked over");
    let mut sum = Sum(0xcbf2_9ce4_8422_2325);
    let shape = counter.shape()?;
    for (&length, &sessions) in &shape.lengths {
        sum.add(&length.to_string(), sessions);
    }
    lap("sessions");
    for item in counter.popularity(0.2)? {
        sum.add(&item.item, item.sessions);
        sum.add("recent", item.recent);
    }
    lap("products");
    let pairs = counter.pairs(1, |a, b, count| {
        sum.add(a, 0);
        sum.add(b, count);
        Ok(())
    })?;
    lap("pairs");
    let took = start.elapsed().as_secs_f64();
    let mib = |bytes: u64| bytes >> 20;
    let executors = cluster
        .iter()
        .flat_map(Loopback::peak_bytes)
        .map(|bytes| format!("{} MiB", mib(bytes)))
        .collect::<Vec<_>>();
    eprintln!(
        "{} events, {} sessions, {pairs} pairs: {took:.1} s, {:.0} events/s; peak {} MiB here, {} MiB to the disk, executors [{}]; {}; counts {:016x}",
        args.events,
        shape.sessions(),
        args.events as f64 / took,
        peak_bytes("self").map_or(0, mib),
        mib(counter.spilled_bytes()),
        executors.join(", "),
        times.join(", "),
        sum.0
    );
    Ok(())
}
