//! Chooses the settings of a training by cross-validation, within a budget.
//!
//! A *trial* is a set of settings ([`SPACE`] lists the values to try); trial 0 has the initial
//! settings. Each trial is trained on three folds of the log ([`folds`]), on other shoppers than
//! the fold's queries and before the first day of these queries. Successive halving ([`search`])
//! trains all trials on a ninth of the shoppers, the best third of them on a third, and the best
//! third of those on all; the final decision uses shoppers that no earlier choice depended on.
//! Settings other than trial 0's are selected only if the interval of their gain is above zero.
//! Every finished fit is a line of a [`journal`], from which a killed search resumes.

mod folds;
pub mod interval;
mod journal;
mod search;
mod space;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fewshop_core::Catalogue;
use fewshop_data::files::Log;
use fewshop_data::progress::{Progress, quietly};
use fewshop_eval::EvalSet;
use fewshop_model::{Card, Model};
use sha2::{Digest, Sha256};

pub use journal::JournalHeader;
pub use search::{End, Outcome, Row};
pub use space::{Dimension, SPACE, Settings, Value};
pub use table::{table, verdict};

use crate::learner::{self, TrainConfig, Training};
use crate::text::TextVectors;
use folds::{FoldQueries, Folds};
use journal::Journal;
use search::{Fitted, Job, RUNGS, Search};

/// The budget of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// A number of trials, including trial 0. The same seed and files give the same settings.
    Trials(usize),
    /// An amount of time, summed over all runs that share a journal; as many trials as fit into it.
    Time(Duration),
}

/// The half of a fold's shoppers that provides the queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Used by the lower rungs.
    Screening,
    /// Used by the last rung, which decides.
    Deciding,
}

/// The inputs of a search.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The products.
    pub catalogue: &'a Catalogue,
    /// Sentence-model vectors of the products.
    pub text: Option<&'a TextVectors>,
    /// The log of the shoppers' events.
    pub log: &'a Log,
    /// The initial settings, which the search tries to beat.
    pub base: &'a TrainConfig,
    /// Seed of all random numbers.
    pub seed: u64,
    /// When to stop.
    pub budget: Budget,
}

/// The selected settings and the outcome of the search.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// All settings.
    pub config: TrainConfig,
    /// The trials.
    pub outcome: Outcome,
}

/// Searches for better settings. `files` lists the catalogue's and log's files with their
/// [`digest`]s: a journal of other files is refused.
///
/// # Errors
/// If the log is too small for the folds, the initial settings cannot be trained, or the journal
/// cannot be used or belongs to another search.
pub fn select(task: &Task<'_>, files: JournalHeader, journal: &Path) -> Result<Selection> {
    let folds = Folds::of(task.log, task.seed)?;
    let mut facts = files;
    facts.insert("--seed".to_owned(), task.seed.to_string());
    if let Some(text) = task.text {
        facts.insert("--text-model".to_owned(), hex(&text.digest()));
    }
    facts.insert(
        "--config".to_owned(),
        hex(&Sha256::digest(toml::to_string(task.base)?)),
    );
    let space = format!("{SPACE:?} {RUNGS:?} {}", env!("CARGO_PKG_VERSION"));
    facts.insert("version of fewshop".to_owned(), hex(&Sha256::digest(space)));
    let mut journal = Journal::open(journal, &facts)?;

    let query_keys = [Stage::Screening, Stage::Deciding].map(|stage| {
        folds
            .folds
            .iter()
            .map(|fold| shoppers_and_ks(fold.queries(stage)))
            .collect::<Vec<_>>()
    });
    let queries: usize = query_keys.iter().flatten().map(Vec::len).sum();
    let progress = Progress::start(&format!(
        "Selection: {queries} queries from sessions of {} products or more; {} fits are in the journal",
        folds.length,
        journal.len()
    ));
    let fit = |job: Job<'_>| {
        let start = Instant::now();
        let scores = quietly(|| fit(task, &folds, job));
        let ms = start.elapsed().as_millis() as u64;
        let came_to = match &scores {
            Ok(scores) => format!(
                "NDCG@10 {:.4}",
                mean(
                    &query_keys[RUNGS[job.rung].stage as usize][job.fold],
                    scores
                )
            ),
            Err(error) => format!("failed ({error:#})"),
        };
        let (rung, fold, s) = (job.rung + 1, job.fold + 1, ms as f64 / 1e3);
        progress.note(&format!(
            "trial {}, rung {rung}, fold {fold}: {came_to} in {s:.1} s",
            job.trial
        ));
        Fitted { ms, scores }
    };
    let outcome = Search::new(&query_keys, &mut journal, task.budget, task.seed, fit)
        .run(|trials| space::draw(task.base, trials, task.seed))?;
    let config = space::apply(task.base, &outcome.rows[outcome.chosen].settings)?;
    progress.finish(&format!(
        "Selection: {} fits, {} more from the journal",
        outcome.fits, outcome.reused
    ));
    Ok(Selection { config, outcome })
}

/// SHA-256 of a file, for [`select`].
///
/// # Errors
/// If it cannot be read.
pub fn digest(path: &Path) -> Result<String> {
    let read = std::fs::File::open(path).and_then(|mut file| {
        let mut hasher = Sha256::new();
        // Reads in chunks, because files can have several gigabytes.
        let mut buffer = vec![0; 1 << 16];
        loop {
            match std::io::Read::read(&mut file, &mut buffer)? {
                0 => return Ok(hasher.finalize()),
                bytes => hasher.update(&buffer[..bytes]),
            }
        }
    });
    Ok(hex(&read.with_context(|| {
        format!("{}: cannot be read", path.display())
    })?))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shoppers_and_ks(of: &FoldQueries) -> Vec<(u32, u32)> {
    of.users
        .iter()
        .zip(&of.eval_set.queries)
        .map(|(&user, query)| (user, query.k))
        .collect()
}

fn mean(query_keys: &[(u32, u32)], scores: &[u32]) -> f64 {
    let cases: Vec<_> = query_keys
        .iter()
        .zip(scores)
        .map(|(&(user, k), &score)| (user, k, f64::from(score) / 1e6))
        .collect();
    interval::mean_over_k(&cases)
}

/// Trains one trial on one fold and evaluates the fold's queries.
fn fit(task: &Task<'_>, folds: &Folds, job: Job<'_>) -> Result<Vec<u32>> {
    let rung = RUNGS[job.rung];
    let config = space::scale(&space::apply(task.base, job.settings)?, rung.share)?;
    let training = folds.training(task.log, job.fold, rung.share);
    let Task {
        catalogue,
        text,
        seed,
        ..
    } = *task;
    let pack = learner::train(
        Training {
            catalogue,
            text,
            log: &training,
            validation: None,
            promotions: &[],
            config: &config,
            seed,
        },
        Card::default(),
    )?;
    let query_keys = &folds.folds[job.fold].queries(rung.stage).eval_set;
    let EvalSet { queries, relevant } = query_keys.in_rows_of(pack.catalogue(), task.catalogue)?;
    let ranked = fewshop_eval::recommend(&Model::new(pack), &queries, 20, false)?;
    let scored = fewshop_eval::score(&queries, &relevant, &ranked);
    ensure!(
        scored.len() == queries.len(),
        "{} of {} queries have a score",
        scored.len(),
        queries.len()
    );
    Ok(scored
        .iter()
        .map(|one| (one.score.ndcg_at_10 * 1e6).round() as u32)
        .collect())
}
