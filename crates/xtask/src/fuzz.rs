//! `cargo xtask fuzz`: hostile input for everything that reads, for as long as one likes.

use anyhow::Result;

use crate::run::{cargo, run};

/// Arguments of `cargo xtask fuzz`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Minutes a target
    #[arg(long, value_name = "N", conflicts_with = "runs")]
    minutes: Option<f64>,
    /// Runs a target, instead of a time
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    /// Start of the random numbers: the same seed gives the same runs
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// First run, to go on where another one ended
    #[arg(long, value_name = "N", default_value_t = 0)]
    start: u64,
    /// Build it optimised first, which takes minutes and makes each run about ten times as fast:
    /// for millions of them
    #[arg(long)]
    fast: bool,
    /// pack, items, events, cases, parquet, memory or messages; all of them where none is named
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

/// Runs the targets one after the other. What breaks one is kept in its corpus.
pub(crate) fn fuzz(options: &Options) -> Result<()> {
    // Both profiles check for overflow; all that the tests' one needs was built for the tests.
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
