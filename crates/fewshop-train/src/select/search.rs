//! Successive halving: all trials on a small part of the shop, the best third on a larger one, and
//! so on.

use std::time::Duration;

use anyhow::Result;

use super::interval::{self, Interval};
use super::journal::{Entry, Journal};
use super::space::Settings;
use super::{Budget, Stage};

/// The share of the shop that a rung trains on, and the queries that it evaluates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rung {
    pub(crate) share: f64,
    pub(crate) stage: Stage,
}

/// One trial in this many advances to the next rung, where a fit costs about this many times as
/// much. All rungs therefore cost about the same.
const ETA: usize = 3;

/// The rungs. The last one is the whole training, evaluated on shoppers that no earlier rung used:
/// a trial that advanced by luck gains nothing there.
pub(crate) const RUNGS: [Rung; 3] = [
    Rung {
        share: 1.0 / 9.0,
        stage: Stage::Screening,
    },
    Rung {
        share: 1.0 / 3.0,
        stage: Stage::Screening,
    },
    Rung {
        share: 1.0,
        stage: Stage::Deciding,
    },
];
const LAST: usize = RUNGS.len() - 1;

/// Maximum number of trials, even if time allows more: random trials have diminishing returns.
const MAX_TRIALS: usize = 200;
/// Planning assumes that trials take this much longer than the defaults on average: most values of
/// the space are to either side of them.
const SLACK: f64 = 1.2;
/// Probability of selecting settings that are not better than the defaults.
const ALPHA: f64 = 0.05;

/// One fit to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) trial: usize,
    pub(crate) rung: usize,
    pub(crate) fold: usize,
    pub(crate) settings: &'a Settings,
}

/// The result of a fit.
pub(crate) struct Fitted {
    pub(crate) ms: u64,
    /// NDCG@10 of each query in millionths; an error if these settings cannot be trained.
    pub(crate) scores: Result<Vec<u32>>,
}

/// Shopper and k of each query, by stage and fold.
pub(crate) type QueryKeys = [Vec<Vec<(u32, u32)>>; 2];

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All planned fits are done.
    Done,
    /// The next fit would have exceeded the time budget.
    OutOfTime,
    /// The time was not enough for the defaults and one other trial.
    TooShort,
}

/// One line of the table of trials.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Number of the trial; trial 0 has the initial settings.
    pub trial: usize,
    /// The settings that it changes.
    pub settings: Settings,
    /// The highest rung on which it was scored, from 0; `None` if it was never scored.
    pub rung: Option<usize>,
    /// NDCG@10 there, the mean over k.
    pub ndcg: f64,
    /// Difference to trial 0 on the same queries, with a 95 % interval.
    pub gain: Option<Interval>,
    /// Total duration of its fits.
    pub seconds: f64,
    /// The error if it could not be trained.
    pub failed: Option<String>,
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The trials, by number.
    pub rows: Vec<Row>,
    /// Number of the selected trial.
    pub chosen: usize,
    /// The best other trial of the last rung, and its interval at the level that decides.
    pub best: Option<(usize, Interval)>,
    /// Trials on the last rung other than trial 0: the more there are, the wider the interval.
    pub finalists: usize,
    /// Why it ended.
    pub end: End,
    /// Total duration of all fits.
    pub seconds: f64,
    /// Fits of this run.
    pub fits: usize,
    /// Fits reused from the journal.
    pub reused: usize,
}

struct Trial {
    settings: Settings,
    /// By rung: the scores of the queries over all folds, and milliseconds by fold.
    rungs: [Option<(Vec<u32>, Vec<u64>)>; RUNGS.len()],
    ms: u64,
    failed: Option<String>,
}

#[derive(PartialEq)]
enum Step {
    Scored,
    Failed,
    OutOfTime,
}

/// The state of one search.
pub(crate) struct Search<'a, F> {
    query_keys: &'a QueryKeys,
    journal: &'a mut Journal,
    fit: F,
    budget: Budget,
    seed: u64,
    trials: Vec<Trial>,
    spent_ms: u64,
    fits: usize,
    reused: usize,
}

impl<'a, F: FnMut(Job<'_>) -> Fitted> Search<'a, F> {
    pub(crate) fn new(
        query_keys: &'a QueryKeys,
        journal: &'a mut Journal,
        budget: Budget,
        seed: u64,
        fit: F,
    ) -> Self {
        Self {
            query_keys,
            journal,
            fit,
            budget,
            seed,
            trials: Vec::new(),
            spent_ms: 0,
            fits: 0,
            reused: 0,
        }
    }

    /// Runs the search. `draw` returns the given number of trials; trial 0 is the one to beat.
    ///
    /// # Errors
    /// If the journal cannot be used, or trial 0 cannot be trained.
    pub(crate) fn run(mut self, draw: impl Fn(usize) -> Result<Vec<Settings>>) -> Result<Outcome> {
        self.trials.push(Trial::new(Settings::new()));
        for rung in 0..RUNGS.len() {
            match self.step(0, rung)? {
                Step::Scored => {}
                Step::OutOfTime => return Ok(self.outcome(End::TooShort)),
                Step::Failed => {
                    let why = self.trials[0].failed.clone().unwrap_or_default();
                    return Err(anyhow::anyhow!(why)
                        .context("the initial settings cannot be trained on a part of this log"));
                }
            }
        }
        let planned = match self.budget {
            Budget::Trials(trials) => trials,
            Budget::Time(time) => self.affordable(time),
        };
        if planned < 2 {
            return Ok(self.outcome(End::TooShort));
        }
        self.trials
            .extend(draw(planned)?.into_iter().skip(1).map(Trial::new));
        let mut alive: Vec<usize> = (1..self.trials.len()).collect();
        for rung in 0..RUNGS.len() {
            for &trial in &alive {
                if self.step(trial, rung)? == Step::OutOfTime {
                    return Ok(self.outcome(End::OutOfTime));
                }
            }
            let mut scored: Vec<(f64, usize)> = alive
                .iter()
                .filter_map(|&trial| {
                    Some((interval::mean_over_k(&self.gains(trial, rung)?), trial))
                })
                .collect();
            scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            // The best come first, so that if time runs out on the next rung, it was spent on them.
            alive = scored
                .into_iter()
                .map(|(_, trial)| trial)
                .take(survivors(alive.len()))
                .collect();
        }
        Ok(self.outcome(End::Done))
    }

    /// Runs one trial on one rung: all its folds, reusing the journal's fits.
    fn step(&mut self, trial: usize, rung: usize) -> Result<Step> {
        let (mut scores, mut times) = (Vec::new(), Vec::new());
        let settings = self.trials[trial].settings.clone();
        let query_keys: &'a [Vec<(u32, u32)>] = &self.query_keys[RUNGS[rung].stage as usize];
        for (fold, questions) in query_keys.iter().enumerate() {
            let entry = if let Some(entry) = self.journal.find(trial, rung, fold, &settings)? {
                self.reused += 1;
                entry.clone()
            } else {
                let then =
                    Duration::from_millis(self.spent_ms + self.expected_ms(trial, rung, &times));
                if matches!(self.budget, Budget::Time(time) if then > time) {
                    return Ok(Step::OutOfTime);
                }
                let Fitted { ms, scores } = (self.fit)(Job {
                    trial,
                    rung,
                    fold,
                    settings: &settings,
                });
                let (scores, failed) = match scores {
                    Ok(scores) => (scores, None),
                    Err(error) => (Vec::new(), Some(format!("{error:#}"))),
                };
                let entry = Entry {
                    trial,
                    rung,
                    fold,
                    settings: settings.clone(),
                    ms,
                    scores,
                    failed,
                };
                self.journal.push(entry.clone())?;
                self.fits += 1;
                entry
            };
            self.spent_ms += entry.ms;
            self.trials[trial].ms += entry.ms;
            if entry.failed.is_some() {
                self.trials[trial].failed = entry.failed;
                return Ok(Step::Failed);
            }
            anyhow::ensure!(
                entry.scores.len() == questions.len(),
                "a fit of trial {trial} has {} scores for {} queries: remove the journal to search anew",
                entry.scores.len(),
                questions.len()
            );
            scores.extend(entry.scores);
            times.push(entry.ms);
        }
        self.trials[trial].rungs[rung] = Some((scores, times));
        Ok(Step::Scored)
    }

    /// Predicts the duration of the next fit from the folds before it: from the defaults' duration
    /// there, and this trial's duration relative to them on the rung below.
    fn expected_ms(&self, trial: usize, rung: usize, before: &[u64]) -> u64 {
        let times = |trial: usize, rung: usize| {
            self.trials[trial].rungs[rung]
                .as_ref()
                .map(|(_, times)| times.as_slice())
        };
        let total = |trial: usize, rung: usize| {
            times(trial, rung).map(|times| times.iter().sum::<u64>() as f64)
        };
        let fold = before.len();
        let below = rung.checked_sub(1);
        let foreseen = match (times(0, rung), below) {
            (Some(there), below) => {
                let slower = below
                    .and_then(|below| Some(total(trial, below)? / total(0, below)?.max(1.0)))
                    .unwrap_or(1.0);
                there[fold] as f64 * slower
            }
            (None, Some(below)) => {
                times(0, below).map_or(0.0, |times| times[fold] as f64 * ETA as f64)
            }
            (None, None) => 0.0,
        };
        before
            .iter()
            .copied()
            .max()
            .unwrap_or(0)
            .max(foreseen as u64)
    }

    /// The largest number of trials that fit into the time, estimated from the defaults' fits.
    fn affordable(&self, time: Duration) -> usize {
        let cost = |rung: usize| {
            self.trials[0].rungs[rung]
                .as_ref()
                .map_or(0, |(_, times)| times.iter().sum::<u64>()) as f64
        };
        let left = time.as_millis() as f64 - (0..RUNGS.len()).map(cost).sum::<f64>();
        let all = |trials: usize| {
            let mut others = trials - 1;
            let mut sum = 0.0;
            for rung in 0..RUNGS.len() {
                sum += cost(rung) * others as f64 * SLACK;
                others = survivors(others);
            }
            sum
        };
        (1..=MAX_TRIALS)
            .rev()
            .find(|&trials| all(trials) <= left)
            .unwrap_or(1)
    }

    /// Shopper, k and difference to trial 0 of each query.
    fn gains(&self, trial: usize, rung: usize) -> Option<Vec<(u32, u32, f64)>> {
        let (own, _) = self.trials[trial].rungs[rung].as_ref()?;
        let (defaults, _) = self.trials[0].rungs[rung].as_ref()?;
        let differences = own
            .iter()
            .zip(defaults)
            .map(|(&a, &b)| f64::from(a) / 1e6 - f64::from(b) / 1e6);
        Some(
            self.questions(rung)
                .zip(differences)
                .map(|((user, k), difference)| (user, k, difference))
                .collect(),
        )
    }

    fn questions(&self, rung: usize) -> impl Iterator<Item = (u32, u32)> {
        self.query_keys[RUNGS[rung].stage as usize]
            .iter()
            .flatten()
            .copied()
    }

    fn outcome(self, end: End) -> Outcome {
        let rows: Vec<Row> = (0..self.trials.len())
            .map(|trial| self.row(trial))
            .collect();
        let last: Vec<&Row> = rows
            .iter()
            .filter(|row| row.trial > 0 && row.rung == Some(LAST))
            .collect();
        let by_gain = |row: &&&Row| row.gain.map_or(f64::MIN, |gain| gain.mean);
        // Keeps the first of equals; `max_by` would keep the last.
        let best = last
            .iter()
            .rev()
            .max_by(|a, b| by_gain(a).total_cmp(&by_gain(b)))
            .map(|row| row.trial);
        let best = best.and_then(|trial| {
            // The level is divided by the number of finalists (Bonferroni).
            let alpha = ALPHA / last.len() as f64;
            Some((
                trial,
                interval::paired(&self.gains(trial, LAST)?, alpha, self.seed)?,
            ))
        });
        Outcome {
            chosen: best
                .filter(|(_, interval)| interval.low > 0.0)
                .map_or(0, |(trial, _)| trial),
            best,
            finalists: last.len(),
            end,
            seconds: self.spent_ms as f64 / 1e3,
            fits: self.fits,
            reused: self.reused,
            rows,
        }
    }

    fn row(&self, nth: usize) -> Row {
        let trial = &self.trials[nth];
        let rung = trial.rungs.iter().rposition(Option::is_some);
        let ndcg = rung.and_then(|rung| {
            let (scores, _) = trial.rungs[rung].as_ref()?;
            let cases: Vec<_> = self
                .questions(rung)
                .zip(scores)
                .map(|((user, k), &score)| (user, k, f64::from(score) / 1e6))
                .collect();
            Some(interval::mean_over_k(&cases))
        });
        let gains = rung
            .filter(|_| nth > 0)
            .and_then(|rung| self.gains(nth, rung));
        Row {
            trial: nth,
            settings: trial.settings.clone(),
            rung,
            ndcg: ndcg.unwrap_or(0.0),
            gain: gains.and_then(|gains| interval::paired(&gains, ALPHA, self.seed)),
            seconds: trial.ms as f64 / 1e3,
            failed: trial.failed.clone(),
        }
    }
}

impl Trial {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            rungs: [const { None }; RUNGS.len()],
            ms: 0,
            failed: None,
        }
    }
}

fn survivors(of: usize) -> usize {
    of.div_ceil(ETA)
}
