//! The learner: trains a pack from a log.
//!
//! Shoppers are split into those whose sessions are counted and those whose sessions train the
//! ranker ([`sessions`]); a ranker trained on counted sessions would rely on the counts too much. A
//! small shop is split several times, so that the ranker has enough sessions. For each split: pair
//! counts and item-item regression ([`pairs`], [`regression`]), item vectors and session encoder
//! ([`tower`]); on the first one the on-device adapter's rate and gate ([`adapter`]). Then one
//! ranker is trained over all splits ([`ranker`]), and finally counts and vectors are computed
//! again over all shoppers.

mod adapter;
mod average;
mod config;
mod content;
mod content_only;
mod distil;
mod fallback;
mod further;
mod lifts;
mod pairs;
mod prepared;
mod ranker;
mod refresh;
mod refresh_counts;
mod regression;
mod row_order;
mod sessions;
mod sparse_rows;
mod tower;

use std::collections::BTreeMap;

use crate::modules::ContentPath;
use anyhow::{Result, ensure};
use fewshop_core::{Catalogue, Item, Promotion};
use fewshop_data::files::Log;
use fewshop_eval::{EvalSet, ScoredCase};
use fewshop_model::features::FeatureGroup;
use fewshop_model::{Card, Model, Pack};

pub(crate) use content::{sorted_prices, tokens};
pub use content_only::content_only;
pub use pairs::{popularity, recent};
pub use refresh::{Refreshed, refresh};
pub use refresh_counts::{AddedUp, Moved, refresh_by_counts, watch_list};
pub(crate) use row_order::in_shelf_order;
pub use sessions::taken;

pub use distil::{DistilConfig, Distilled, distil};
pub use further::{FurtherConfig, FurtherTrained, as_numbers, train_further, with_numbers};

pub use config::{AdapterConfig, PairsConfig, RankerTrainConfig, TowerConfig, TrainConfig};

use crate::text::TextVectors;
use content::Vocabulary;
use prepared::{Prepared, as_shipped, enough};

/// The inputs of a training. The same log, settings and seed give the same pack on the same
/// machine.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// The products.
    pub catalogue: &'a Catalogue,
    /// Sentence-model vectors of the products.
    pub text: Option<&'a TextVectors>,
    /// The log of the shoppers' events.
    pub log: &'a Log,
    /// Validation cases for early stopping; without them, a part of the log is used.
    pub validation: Option<&'a EvalSet>,
    /// What the shop promoted and promotes, in the rows of `catalogue`, sorted by
    /// [`Promotion::key`]; empty if it does not say.
    pub promotions: &'a [Promotion],
    /// Settings.
    pub config: &'a TrainConfig,
    /// Seed of the random numbers.
    pub seed: u64,
}

/// Trains a pack.
///
/// # Errors
/// If the log is too small to learn from, or a loss becomes NaN or infinite.
pub fn train(training: Training<'_>, card: Card) -> Result<Pack> {
    let prepared = Prepared::new(training, card)?;
    let pack = prepared.with_ranker(
        &training.config.disabled_groups,
        training.config,
        training.seed,
    )?;
    with_metrics(pack, training.catalogue, training.validation)
}

/// The tower's mapping from content to vector, for products that were not in the training.
#[derive(Debug, Clone)]
pub struct ContentTower {
    vocabulary: Vocabulary,
    path: ContentPath,
}

impl ContentTower {
    /// The vector of a product from its content alone; `text` is its sentence-model vector, if the
    /// tower was trained with one.
    #[must_use]
    pub fn vector(&self, item: &Item, text: &[f32]) -> Vec<f32> {
        self.path.vector(&self.vocabulary.numbers(item), text)
    }
}

/// Like [`train`], but without a card and with the content tower.
///
/// # Errors
/// See [`train`].
pub fn train_with_content(training: Training<'_>) -> Result<(Pack, ContentTower)> {
    let prepared = Prepared::new(training, Card::default())?;
    let pack = prepared.with_ranker(
        &training.config.disabled_groups,
        training.config,
        training.seed,
    )?;
    Ok((
        pack,
        ContentTower {
            vocabulary: Vocabulary::of(training.catalogue),
            path: prepared.content,
        },
    ))
}

/// An ablation: trains the same pack several times, each with a ranker that lacks one feature
/// group. Counts and vectors are computed once; a ranker without a group uses neither its features
/// nor its candidates. Sentence-model vectors are not a feature but an input of the item vectors:
/// without them everything is trained again.
///
/// # Errors
/// See [`train`].
pub fn ablate(training: Training<'_>) -> Result<Vec<(String, Pack)>> {
    let Training { config, seed, .. } = training;
    let prepared = Prepared::new(training, Card::default())?;
    let mut out = vec![(
        "full".to_owned(),
        prepared.with_ranker(&config.disabled_groups, config, seed)?,
    )];
    for part in FeatureGroup::ALL
        .into_iter()
        .filter(|part| !config.disabled_groups.contains(part))
    {
        let disabled_groups: Vec<FeatureGroup> = config
            .disabled_groups
            .iter()
            .copied()
            .chain([part])
            .collect();
        out.push((
            format!("minus {}", part.name()),
            prepared.with_ranker(&disabled_groups, config, seed)?,
        ));
    }
    if training.text.is_some() && config.tower.text {
        let prepared = Prepared::new(
            Training {
                text: None,
                ..training
            },
            Card::default(),
        )?;
        out.push((
            format!("minus {SENTENCE_MODEL}"),
            prepared.with_ranker(&config.disabled_groups, config, seed)?,
        ));
    }
    Ok(out)
}

/// Its name in tables, next to the names of the feature groups.
const SENTENCE_MODEL: &str = "sentence model";

/// Values by epoch, by name.
type Curves = BTreeMap<String, Vec<f64>>;

/// Rounds to four digits, the precision of a card's metrics.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Writes the trained pack's metrics into its card, measured with its shipped counts and row order.
/// The cases use the rows of `catalogue`.
fn with_metrics(
    mut pack: Pack,
    catalogue: &Catalogue,
    validation: Option<&EvalSet>,
) -> Result<Pack> {
    if let Some(v) = validation {
        let EvalSet { queries, relevant } = v.in_rows_of(pack.catalogue(), catalogue)?;
        let model = Model::new(pack.clone());
        let ranked = fewshop_eval::recommend(&model, &queries, 20, false)?;
        let scored: Vec<ScoredCase> = fewshop_eval::score(&queries, &relevant, &ranked);
        let metrics = fewshop_eval::card_metrics(&scored);
        pack = pack.edit(|parts| parts.card.metrics = metrics)?;
    }
    as_shipped(&pack)
}

/// Checks whether a training without validation cases could start: splits the log without training.
///
/// # Errors
/// If the log is too small.
pub fn check(log: &Log, items: usize, config: &TrainConfig, seed: u64) -> Result<()> {
    let parts = sessions::cut(log, items, config, seed, true);
    let first = enough(&parts, log)?;
    ensure!(
        first.fit.items.iter().any(|session| session.len() >= 2),
        tower::NO_PAIR
    );
    let held_out = parts.rounds.iter().flat_map(|round| &round.held_out);
    ensure!(
        held_out
            .into_iter()
            .any(|session| session.items.len() >= sessions::MIN_ITEMS),
        "no late session of the ranker's training shoppers has {} products or more: a longer log is needed",
        sessions::MIN_ITEMS
    );
    Ok(())
}
