//! `cargo xtask fuzz`: runs the targets on programs of one seed, for a given time or number of
//! runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fewshop_core::checksum::crc32;
use fewshop_fuzz::{Source, Target};

/// Runs between two readings of the clock.
const ROUND: u64 = 1_000;

struct Options {
    targets: Vec<Target>,
    runs: u64,
    minutes: Option<f64>,
    seed: u64,
    start: u64,
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        targets: Vec::new(),
        runs: 0,
        minutes: None,
        seed: 7,
        start: 0,
    };
    fn value<T: std::str::FromStr>(name: &str, text: Option<String>) -> Result<T, String> {
        text.and_then(|text| text.parse().ok())
            .ok_or_else(|| format!("{name} needs a number"))
    }
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--runs" => options.runs = value("--runs", args.next())?,
            "--minutes" => options.minutes = Some(value("--minutes", args.next())?),
            "--seed" => options.seed = value("--seed", args.next())?,
            "--start" => options.start = value("--start", args.next())?,
            name => {
                let names: Vec<_> = Target::ALL.iter().map(|target| target.name).collect();
                let target = Target::named(name);
                options.targets.push(target.ok_or_else(|| {
                    format!(
                        "'{name}' is not a target, expected one of {}",
                        names.join(", ")
                    )
                })?);
            }
        }
    }
    if options.targets.is_empty() {
        options.targets = Target::ALL.to_vec();
    }
    match (options.runs, options.minutes) {
        (0, None) => options.minutes = Some(1.0),
        (0, Some(_)) => {}
        (_, Some(_)) => return Err("give --runs or --minutes, not both".to_owned()),
        _ => {}
    }
    if options.runs == 0 {
        options.runs = u64::MAX;
    }
    Ok(options)
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(2);
        }
    };
    let mut failed = false;
    for target in &options.targets {
        failed |= !fuzz(target, &options);
    }
    ExitCode::from(u8::from(failed))
}

fn fuzz(target: &Target, options: &Options) -> bool {
    let Options {
        runs,
        minutes,
        seed,
        start,
        ..
    } = *options;
    let name = target.name;
    eprintln!("{name}: seed {seed}, from run {start}");
    for (path, input) in target.corpus() {
        if !holds(target, &input) {
            eprintln!("{name}: {} breaks an invariant", path.display());
            return false;
        }
    }
    let began = Instant::now();
    let mut reported = began;
    let mut done = 0;
    while done < runs
        && minutes.is_none_or(|minutes| began.elapsed().as_secs_f64() < 60.0 * minutes)
    {
        for _ in 0..ROUND.min(runs - done) {
            let run = start + done;
            let input = Source::input(seed, run);
            if !holds(target, &input) {
                let path = keep(name, &input);
                eprintln!(
                    "{name}: run {run} of seed {seed} breaks an invariant; its input is {}",
                    path.display()
                );
                return false;
            }
            done += 1;
        }
        if reported.elapsed() > Duration::from_secs(10) {
            reported = Instant::now();
            eprintln!(
                "{name}: {done} runs, {:.0} a second",
                done as f64 / began.elapsed().as_secs_f64()
            );
        }
    }
    eprintln!(
        "{name}: {done} runs in {:.0} s without a failure (seed {seed}, runs {start} to {})",
        began.elapsed().as_secs_f64(),
        start + done
    );
    true
}

fn holds(target: &Target, input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| target.check(input))).is_ok()
}

/// An input that broke an invariant becomes part of the corpus, so that it is tried every time from
/// then on.
fn keep(name: &str, input: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name)
        .join(format!("{:08x}", crc32(input)));
    if let Err(error) = std::fs::write(&path, input) {
        eprintln!("{}: cannot be written ({error})", path.display());
    }
    path
}
