//! `cargo xtask fuzz`: hostile input for every reader, for as long as you like.

use anyhow::Result;

use crate::run::{cargo, run};

/// Arguments of `cargo xtask fuzz`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Minutes per target
    #[arg(long, value_name = "N", conflicts_with = "runs")]
    minutes: Option<f64>,
    /// Runs per target, instead of a time
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    /// Seed of the random numbers: the same seed gives the same runs
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Number of the first run, to continue where an earlier call ended
    #[arg(long, value_name = "N", default_value_t = 0)]
    start: u64,
    /// Build with optimisation first. This takes minutes and makes each run about ten times as
    /// fast: for millions of runs
    #[arg(long)]
    fast: bool,
    /// pack, items, events, cases, promotions, parquet, exports, table, memory or messages; all of them if none is named
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

/// Runs the targets one after another. An input that breaks one is added to its corpus.
pub(crate) fn fuzz(options: &Options) -> Result<()> {
    // Both profiles check for overflow. The dev profile reuses what was built for the tests.
    let profile = if options.fast { "fuzz" } else { "dev" };
    let mut command = cargo();
    command.args([
        "run",
        "--quiet",
        "--profile",
        profile,
        "--package",
        "fewshop-fuzz",
        "--bin",
        "fuzz",
        "--",
    ]);
    command.args(arguments(options));
    run(&mut command)
}

fn arguments(options: &Options) -> Vec<String> {
    let Options {
        minutes,
        runs,
        seed,
        start,
        targets,
        ..
    } = options;
    let mut out = vec![
        "--seed".to_owned(),
        seed.to_string(),
        "--start".to_owned(),
        start.to_string(),
    ];
    match runs {
        Some(runs) => out.extend(["--runs".to_owned(), runs.to_string()]),
        None => out.extend(["--minutes".to_owned(), minutes.unwrap_or(1.0).to_string()]),
    }
    out.extend_from_slice(targets);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_everything_is_the_least_that_one_can_ask_for() {
        let mut options = Options {
            minutes: None,
            runs: None,
            seed: 7,
            start: 0,
            fast: false,
            targets: Vec::new(),
        };
        assert_eq!(
            arguments(&options).join(" "),
            "--seed 7 --start 0 --minutes 1"
        );
        options.runs = Some(5);
        options.targets = vec!["pack".to_owned()];
        assert_eq!(
            arguments(&options).join(" "),
            "--seed 7 --start 0 --runs 5 pack"
        );
    }
}
