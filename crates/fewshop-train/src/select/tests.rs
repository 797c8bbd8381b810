//! Tests the search with simulated fits, whose scores and durations are known.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow};
use fewshop_core::split;

use super::journal::Journal;
use super::search::{Fitted, Job, Outcome, QueryKeys, RUNGS, Search};
use super::space::{Settings, Value};
use super::*;

/// Twenty shoppers per fold and stage, with one query each.
fn query_keys() -> QueryKeys {
    [0, 1].map(|stage| {
        (0..3)
            .map(|fold| {
                (0..20)
                    .map(|user| (user + 20 * (fold + 3 * stage), 1))
                    .collect()
            })
            .collect()
    })
}

/// Trials whose settings encode their gain: `worth` millionths above the defaults.
fn draw(worths: &[i64]) -> impl Fn(usize) -> Result<Vec<Settings>> {
    let settings: Vec<Settings> = std::iter::once(Settings::new())
        .chain(
            worths
                .iter()
                .map(|&worth| Settings::from([("worth".to_owned(), Value::Whole(worth))])),
        )
        .collect();
    move |trials| Ok(settings[..trials.min(settings.len())].to_vec())
}

fn worth(settings: &Settings) -> i64 {
    match settings.get("worth") {
        Some(&Value::Whole(worth)) => worth,
        _ => 0,
    }
}

/// A fit of 1, 3 and 9 seconds on the three rungs, with noise that differs between queries and
/// between trials.
fn made_up(job: Job<'_>, noise: i64) -> Fitted {
    let scores = (0..20).map(|question: i64| {
        let name = format!("{} {} {question}", job.trial, job.fold);
        let luck = split::fold(&name, "luck", 2 * noise as u64 + 1) as i64 - noise;
        (300_000 + worth(job.settings) + luck) as u32
    });
    Fitted {
        ms: 1_000 * 3u64.pow(job.rung as u32),
        scores: Ok(scores.collect()),
    }
}

fn search(
    journal: &Path,
    budget: Budget,
    worths: &[i64],
    fit: impl FnMut(Job<'_>) -> Fitted,
) -> Result<Outcome> {
    let (query_keys, mut journal) = (query_keys(), Journal::open(journal, &JournalHeader::new())?);
    Search::new(&query_keys, &mut journal, budget, 7, fit).run(draw(worths))
}

/// In a journal of its own.
fn fresh(budget: Budget, worths: &[i64], fit: impl FnMut(Job<'_>) -> Fitted) -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    search(&folder.path().join("trials.jsonl"), budget, worths, fit)
}

const WORTHS: [i64; 8] = [-9_000, 3_000, 20_000, -20_000, 0, 40_000, 8_000, -1_000];

#[test]
fn halving_keeps_the_best_and_spends_most_fits_low() {
    let mut jobs: Vec<(usize, usize)> = Vec::new();
    let outcome = fresh(Budget::Trials(9), &WORTHS, |job| {
        jobs.push((job.trial, job.rung));
        made_up(job, 1_000)
    })
    .unwrap();
    // Trial 6 is best, then 3, then 7: eight trials on the first rung besides trial 0, three on the
    // second, one on the last.
    assert_eq!(outcome.chosen, 6);
    assert_eq!(outcome.end, End::Done);
    let on = |rung: usize| {
        let mut trials: Vec<usize> = jobs
            .iter()
            .filter(|job| job.1 == rung && job.0 > 0)
            .map(|job| job.0)
            .collect();
        trials.sort_unstable();
        trials.dedup();
        trials
    };
    assert_eq!((on(0).len(), on(1), on(2)), (8, vec![3, 6, 7], vec![6]));
    assert_eq!(outcome.fits, 3 * (3 + 8 + 3 + 1));
    assert!(
        (outcome.best.unwrap().1.mean - 0.04).abs() < 0.001,
        "{:?}",
        outcome.best
    );
    let text = table(&outcome);
    assert!(
        text.lines().nth(1).unwrap().contains("worth=40000") && text.lines().count() == 10,
        "{text}"
    );
    assert!(
        verdict(&outcome).contains("Chose trial 6"),
        "{}",
        verdict(&outcome)
    );
}

#[test]
fn a_gain_that_may_be_luck_is_not_selected() {
    let outcome = fresh(Budget::Trials(9), &[300; 8], |job| made_up(job, 200_000)).unwrap();
    assert_eq!(outcome.chosen, 0);
    assert!(
        outcome.best.is_some() && verdict(&outcome).contains("may be luck"),
        "{}",
        verdict(&outcome)
    );
    let outcome = fresh(Budget::Trials(4), &[-5_000, -6_000, -7_000], |job| {
        made_up(job, 100)
    })
    .unwrap();
    assert_eq!(outcome.chosen, 0);
}

#[test]
fn a_killed_search_resumes_without_repeating_a_fit() {
    let whole = fresh(Budget::Trials(9), &WORTHS, |job| made_up(job, 50_000)).unwrap();
    for killed_after in [1, 8, 9, 20, 40, 44] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trials.jsonl");
        let mut done: Vec<(usize, usize, usize)> = Vec::new();
        // A panic in the middle of a fit leaves the same journal as a kill: the lines of the fits
        // before it.
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            search(&path, Budget::Trials(9), &WORTHS, |job| {
                if done.len() == killed_after {
                    std::panic::resume_unwind(Box::new(()));
                }
                done.push((job.trial, job.rung, job.fold));
                made_up(job, 50_000)
            })
        }));
        assert!(killed.is_err());
        let resumed = search(&path, Budget::Trials(9), &WORTHS, |job| {
            let at = (job.trial, job.rung, job.fold);
            assert!(!done.contains(&at), "{at:?} was fitted twice");
            done.push(at);
            made_up(job, 50_000)
        })
        .unwrap();
        assert_eq!(
            (resumed.reused, resumed.fits),
            (killed_after, whole.fits - killed_after)
        );
        assert_eq!(
            Outcome {
                reused: 0,
                fits: whole.fits,
                ..resumed
            },
            whole
        );
    }
}

#[test]
fn a_larger_number_of_trials_extends_the_smaller_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    let first = search(&path, Budget::Trials(4), &WORTHS, |job| made_up(job, 100)).unwrap();
    let second = search(&path, Budget::Trials(9), &WORTHS, |job| made_up(job, 100)).unwrap();
    assert_eq!((first.chosen, second.chosen), (3, 6));
    assert!(
        second.reused >= 9 + 9,
        "{} of {} fits were reused",
        second.reused,
        second.reused + second.fits
    );
}

#[test]
fn the_time_budget_is_used_and_not_exceeded() {
    // The defaults alone take 3 (1 + 3 + 9) = 39 seconds.
    for seconds in [1, 30, 39, 60, 120, 300, 1_000] {
        let budget = Budget::Time(Duration::from_secs(seconds));
        let outcome = fresh(budget, &(0..250).collect::<Vec<i64>>(), |job| {
            made_up(job, 1_000)
        })
        .unwrap();
        assert!(
            outcome.seconds <= seconds as f64,
            "{} of {seconds} s",
            outcome.seconds
        );
        match seconds {
            // The next fit is expected to take three times as long as on the rung below.
            ..39 => assert_eq!((outcome.end, outcome.chosen), (End::TooShort, 0)),
            39..60 => assert_eq!(outcome.rows.len(), 1),
            120.. => {
                assert!(
                    outcome.end == End::Done && outcome.seconds > 0.5 * seconds as f64,
                    "{} of {seconds} s",
                    outcome.seconds
                )
            }
            _ => {}
        }
    }
}

#[test]
fn a_search_with_unexpectedly_slow_trials_ends_in_time() {
    let budget = Budget::Time(Duration::from_secs(200));
    let outcome = fresh(budget, &WORTHS, |job| {
        let fitted = made_up(job, 1_000);
        Fitted {
            ms: if job.trial > 0 {
                fitted.ms * 4
            } else {
                fitted.ms
            },
            ..fitted
        }
    })
    .unwrap();
    assert_eq!((outcome.end, outcome.chosen), (End::OutOfTime, 0));
    // Time is checked between fits, so it is exceeded by less than one slow fit.
    assert!(outcome.seconds <= 200.0 + 4.0, "{} s", outcome.seconds);
    assert!(
        verdict(&outcome).contains("used up"),
        "{}",
        verdict(&outcome)
    );
}

#[test]
fn time_is_summed_over_the_runs_of_one_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trials.jsonl");
    let budget = Budget::Time(Duration::from_secs(120));
    let first = search(&path, budget, &WORTHS, |job| made_up(job, 1_000)).unwrap();
    let second = search(&path, budget, &WORTHS, |_| {
        unreachable!("all of it is in the journal")
    })
    .unwrap();
    assert_eq!((second.fits, second.seconds), (0, first.seconds));
    assert_eq!(second.chosen, first.chosen);
}

#[test]
fn settings_that_cannot_be_trained_are_dropped_and_the_defaults_must_be_trainable() {
    let fails = |trial: usize| {
        move |job: Job<'_>| match job {
            job if job.trial == trial => Fitted {
                ms: 10,
                scores: Err(anyhow!("the loss became NaN")),
            },
            job => made_up(job, 100),
        }
    };
    let outcome = fresh(Budget::Trials(9), &WORTHS, fails(6)).unwrap();
    assert_eq!(outcome.chosen, 3);
    assert!(table(&outcome).contains("the loss became NaN"));
    let error = fresh(Budget::Trials(9), &WORTHS, fails(0)).unwrap_err();
    assert!(
        format!("{error:#}").contains("initial settings") && format!("{error:#}").contains("NaN"),
        "{error:#}"
    );
}

#[test]
fn the_last_rung_is_the_whole_training() {
    assert_eq!(RUNGS[RUNGS.len() - 1].share, 1.0);
    assert!(
        RUNGS[..RUNGS.len() - 1]
            .iter()
            .all(|rung| rung.stage == Stage::Screening)
    );
}
