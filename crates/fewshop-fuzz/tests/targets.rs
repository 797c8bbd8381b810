//! A short run of every target; under `cargo bolero` a long one that follows the coverage.

use fewshop_fuzz::{Source, Target};

/// Programs a target in every test run: a second or two.
#[cfg(not(fuzzing))]
const RUNS: u64 = 3_000;

#[cfg(not(fuzzing))]
#[track_caller]
fn check_target(name: &str) {
    let target = Target::named(name).expect("it is one of them");
    for (path, input) in target.corpus() {
        // Shown where the test fails.
        eprintln!("{}", path.display());
        target.check(&input);
    }
    for run in 0..RUNS {
        eprintln!("run {run} of seed 1");
        target.check(&Source::input(1, run));
    }
}

#[cfg(fuzzing)]
#[track_caller]
fn check_target(name: &str) {
    let target = Target::named(name).expect("it is one of them");
    bolero::check!().for_each(|input: &[u8]| target.check(input));
}

#[test]
fn pack() {
    check_target("pack");
}

#[test]
fn items() {
    check_target("items");
}

#[test]
fn events() {
    check_target("events");
}

#[test]
fn cases() {
    check_target("cases");
}

#[test]
fn promotions() {
    check_target("promotions");
}

#[test]
fn table() {
    check_target("table");
}

#[test]
fn parquet() {
    check_target("parquet");
}

#[test]
fn exports() {
    check_target("exports");
}

#[test]
fn memory() {
    check_target("memory");
}

#[test]
fn messages() {
    check_target("messages");
}

#[cfg(not(fuzzing))]
#[test]
fn a_run_can_be_had_again_and_is_no_other_one() {
    assert_eq!(Source::input(3, 1 << 40), Source::input(3, 1 << 40));
    assert_ne!(Source::input(3, 5), Source::input(3, 6));
    assert_ne!(Source::input(3, 5), Source::input(4, 5));
}
