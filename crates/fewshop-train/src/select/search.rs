//! Successive halving: all trials on a small part of the shop, the best third on a larger one, and
//! so on.

use std::time::Duration;

use anyhow::Result;

use super::interval::{self, Interval};
use super::journal::{Entry, Journal};
use super::space::Settings;
use super::{Budget, Stage};

/// How much of the shop a rung trains on, and what it asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rung {
    pub(crate) share: f64,
    pub(crate) stage: Stage,
}

/// One trial in so many goes on to the next rung, which costs about as many times as much: so all
/// rungs cost about the same.
const ETA: usize = 3;

/// The rungs. The last one is the whole training, and asks about shoppers that no earlier one asked
/// about: what came through luck on the way up proves nothing there.
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

/// More trials than this are not planned, whatever the time allows: random trials bring less and
/// less.
const MAX_TRIALS: usize = 200;
/// Trials take that much longer than the defaults on average, for planning: most values of the
/// space are to either side of them.
const SLACK: f64 = 1.2;
/// Chance that settings are chosen which are no better than the defaults.
const ALPHA: f64 = 0.05;

/// One fit to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) trial: usize,
    pub(crate) rung: usize,
    pub(crate) fold: usize,
    pub(crate) settings: &'a Settings,
}

/// What a fit came to.
pub(crate) struct Fitted {
    pub(crate) ms: u64,
    /// NDCG@10 of each question in millionths; an error where such settings cannot be trained.
    pub(crate) scores: Result<Vec<u32>>,
}

/// Shopper and k of each question, by stage and fold.
pub(crate) type QueryKeys = [Vec<Vec<(u32, u32)>>; 2];

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All that was planned is done.
    Done,
    /// The next fit would have gone past the time that was given.
    OutOfTime,
    /// The time did not suffice for the defaults and one other trial.
    TooShort,
}

/// One line of the table of trials.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Number of the trial; 0 has the settings that the search began with.
    pub trial: usize,
    /// What it changes.
    pub settings: Settings,
    /// The highest rung on which it was scored, from 0; `None` where there is none.
    pub rung: Option<usize>,
    /// NDCG@10 there, the mean over k.
    pub ndcg: f64,
    /// Difference to trial 0 on the same questions, with a 95 % interval.
    pub gain: Option<Interval>,
    /// What all its fits took.
    pub seconds: f64,
    /// Why it could not be trained.
    pub failed: Option<String>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The trials in their order.
    pub rows: Vec<Row>,
    /// Number of the trial whose settings are to be used.
    pub chosen: usize,
    /// The best other trial of the last rung, and its interval at the level that decides.
    pub best: Option<(usize, Interval)>,
    /// Trials on the last rung beside number 0: the interval is the wider, the more there were to
    /// pick from.
    pub finalists: usize,
    /// Why it ended.
    pub end: End,
    /// What all fits took.
    pub seconds: f64,
    /// Fits of this run.
    pub fits: usize,
    /// Fits that the journal already had.
    pub reused: usize,
}

struct Trial {
    settings: Settings,
    /// By rung: the questions' scores over all folds, and thousandths of a second by fold.
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

    /// Searches. `draw` gives the first so many trials, number 0 being what the search is to beat.
    ///
    /// # Errors
    /// When the journal cannot be used, or trial 0 cannot be trained.
    pub(crate) fn run(mut self, draw: impl Fn(usize) -> Result<Vec<Settings>>) -> Result<Outcome> {
        self.trials.push(Trial::new(Settings::new()));
        for rung in 0..RUNGS.len() {
            match self.step(0, rung)? {
                Step::Scored => {}
                Step::OutOfTime => return Ok(self.outcome(End::TooShort)),
                Step::Failed => {
                    let why = self.trials[0].failed.clone().unwrap_or_default();
                    return Err(anyhow::anyhow!(why).context(
                        "the settings to begin with cannot be trained on a part of this log",
                    ));
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
            // The best come first, so that time that runs out on the next rung was spent on them.
            alive = scored
                .into_iter()
                .map(|(_, trial)| trial)
                .take(survivors(alive.len()))
                .collect();
        }
        Ok(self.outcome(End::Done))
    }

    /// One trial on one rung: all its folds, from the journal where it has them.
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
                "a fit of trial {trial} has {} scores for {} questions: remove the journal to search anew",
                entry.scores.len(),
                questions.len()
            );
            scores.extend(entry.scores);
            times.push(entry.ms);
        }
        self.trials[trial].rungs[rung] = Some((scores, times));
        Ok(Step::Scored)
    }

    /// What the next fit will take, given what the folds before it took: from what the defaults
    /// took there, and how this trial did against them on the rung below.
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

    /// The largest number of trials that time suffices for, as the defaults' fits went.
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

    /// Shopper, k and difference to trial 0 of each question.
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
        // The first of equals: `max_by` would take the last.
        let best = last
            .iter()
            .rev()
            .max_by(|a, b| by_gain(a).total_cmp(&by_gain(b)))
            .map(|row| row.trial);
        let best = best.and_then(|trial| {
            // As many chances to be lucky, as much stricter the level (Bonferroni).
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
