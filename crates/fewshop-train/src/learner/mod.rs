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
mod config;
mod content;
mod distil;
mod pairs;
mod ranker;
mod refresh;
mod regression;
mod row_order;
mod sessions;
mod tower;

use std::collections::BTreeMap;

use crate::modules::ContentPath;
use anyhow::{Context, Result, ensure};
use fewshop_core::{Catalogue, Item, ItemIx};
use fewshop_data::files::{EvalCase, Log};
use fewshop_data::progress::say;
use fewshop_eval::{EvalSet, ScoredCase};
use fewshop_model::features::{FEATURES, FeatureGroup, group_of};
use fewshop_model::{AdapterWeights, Card, Model, ModelConfig, Pack, PackParts, RankerWeights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub(crate) use content::{sorted_prices, tokens};
pub use pairs::{popularity, recent};
pub use refresh::{Refreshed, refresh};
pub(crate) use row_order::in_shelf_order;
pub use sessions::taken;

pub use distil::{DistilConfig, Distilled, distil};

pub use config::{AdapterConfig, PairsConfig, RankerTrainConfig, TowerConfig, TrainConfig};

use crate::text::TextVectors;
use content::Vocabulary;
use ranker::RankerExample;
use sessions::{HeldOutSession, Sessions, TrainingCase};
use tower::Vectors;

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

/// Number of cases for a preliminary ranker, which only selects the products to dismiss.
const FIRST_RANKER: usize = 4_000;

/// Number of dismissed products in the validation cases that measure the effect of dismissals on
/// other products.
const DISMISSED: usize = 3;

/// Sessions with fewer products are not counted into the seasonal counts: the shortest validation
/// case decides, so that the counts describe sessions of similar length.
fn seasonal_min_items(valid: &[TrainingCase], given: bool) -> usize {
    const MIN_ITEMS: usize = 2;
    const MAX_MIN_ITEMS: usize = 12;
    if !given {
        return MIN_ITEMS;
    }
    valid
        .iter()
        .map(|e| e.context.len() + e.relevant.len())
        .min()
        .unwrap_or(MIN_ITEMS)
        .clamp(MIN_ITEMS, MAX_MIN_ITEMS)
}

/// Ranker cases with the pack that ranks them, which does not contain them.
struct RankerRound {
    pack: Pack,
    cases: Vec<TrainingCase>,
    /// Whether newer sessions were added to the pack.
    refreshed: bool,
}

/// All but the ranker.
struct Prepared {
    /// Training data of the ranker: packs of parts of the log, as trained and refreshed.
    rounds: Vec<RankerRound>,
    /// The pack that ranks the validation cases while the ranker is trained.
    judge: Pack,
    valid: Vec<TrainingCase>,
    /// The shipped pack without its ranker, in shelf order.
    shipped: Pack,
    /// The content tower of the shipped vectors.
    content: ContentPath,
    /// The shipped vectors before rounding, in the order of the catalogue.
    exact: Vec<f32>,
}

impl Prepared {
    fn new(training: Training<'_>, mut card: Card) -> Result<Self> {
        let Training {
            catalogue,
            text,
            log,
            validation,
            config,
            seed,
        } = training;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let items = catalogue.len();
        let parts = sessions::cut(log, config, seed, validation.is_none());
        let first = enough(&parts, log)?;
        let valid: Vec<TrainingCase> = match validation {
            Some(v) => v
                .queries
                .iter()
                .zip(&v.relevant)
                .map(|(query, relevant)| training_case(query, relevant))
                .collect(),
            None => sessions::training_cases(&parts.valid, 2_000, &mut rng),
        };
        let min_items = seasonal_min_items(&valid, validation.is_some());
        let popularity = pairs::popularity(&first.fit.items, items);
        let held_out = sessions::training_cases(&first.held_out, config.ranker.cases, &mut rng);
        let weights =
            pairs::choose_weights(&first.fit.items, &popularity, &held_out, &config.pairs);
        // The vectors' early stopping uses first visits of unseen users, because the tower does not
        // use earlier visits.
        let first_visits: Vec<TrainingCase> = valid
            .iter()
            .filter(|e| e.visits.is_empty())
            .cloned()
            .collect();
        let mut tower = config.tower.clone();
        let mut rounds = Vec::new();
        let mut adapter = None;
        for (nth, round) in parts.rounds.iter().enumerate() {
            if parts.rounds.len() > 1 {
                say(&format!("Cut {} of {}", nth + 1, parts.rounds.len()));
            }
            let stop_by: &[TrainingCase] = if nth == 0 { &first_visits } else { &[] };
            let (mut pack, Vectors { epoch, curves, .. }) = counted(
                catalogue,
                text,
                &round.fit,
                stop_by,
                weights,
                adapter.as_ref(),
                config,
                &tower,
                card.clone(),
                &mut rng,
            )?;
            pack = pack.edit(|parts| parts.config.seasonal_min_items = min_items)?;
            let max_cases = config.ranker.cases.div_ceil(parts.rounds.len());
            let after: Vec<HeldOutSession> = round
                .held_out
                .iter()
                .filter(|session| session.after_refresh)
                .cloned()
                .collect();
            let refreshes = !round.since.is_empty() && !after.is_empty();
            let share = if refreshes { 2 } else { 1 };
            let held_out =
                sessions::training_cases(&round.held_out, max_cases.div_ceil(share), &mut rng);
            let after = if refreshes {
                sessions::training_cases(&after, max_cases / share, &mut rng)
            } else {
                Vec::new()
            };
            if nth == 0 {
                pack = adapter::choose(pack, &held_out, &config.adapter)?;
                let refresh_config = weights.refresh(&config.pairs, log);
                let chosen =
                    refresh::choose(&as_shipped(&pack)?, &round.since, &after, refresh_config)?;
                pack = pack.edit(|parts| parts.config.refresh = Some(chosen))?;
                adapter = Some((pack.adapter().clone(), pack.config().clone()));
                card.curves = curves;
                tower = TowerConfig {
                    epochs: epoch,
                    patience: usize::MAX,
                    ..tower
                };
            }
            // From here on the counts are rounded to a byte, as on the device.
            let pack = as_shipped(&pack)?;
            if refreshes {
                let (refreshed, _) = refresh(&pack, &round.since)?;
                rounds.push(RankerRound {
                    pack: as_shipped(&refreshed)?,
                    cases: after,
                    refreshed: true,
                });
            }
            rounds.push(RankerRound {
                pack,
                cases: held_out,
                refreshed: false,
            });
        }
        // The shipped counts and vectors use the whole log; the vectors are trained for the number
        // of epochs that was best before.
        let (shipped, Vectors { content, exact, .. }) = counted(
            catalogue,
            text,
            &parts.all,
            &[],
            weights,
            adapter.as_ref(),
            config,
            &tower,
            card,
            &mut rng,
        )?;
        let judge = match rounds.iter().find(|round| !round.refreshed) {
            Some(first) if validation.is_none() => first.pack.clone(),
            _ => as_shipped(&shipped)?,
        };
        Ok(Self {
            rounds,
            judge,
            valid,
            shipped: row_order::in_shelf_order(&shipped)?,
            content,
            exact,
        })
    }

    /// The shipped vectors before rounding, in shelf order.
    fn rows(&self, catalogue: &Catalogue) -> Result<Vec<f32>> {
        let d = self.shipped.item_table().d;
        let mut out = Vec::with_capacity(self.exact.len());
        for item in self.shipped.catalogue().items() {
            let row = catalogue
                .ix(&item.id)
                .context("the pack holds a product that the shop does not")?
                .row();
            out.extend_from_slice(&self.exact[row * d..(row + 1) * d]);
        }
        Ok(out)
    }

    /// Training examples and validation examples of the ranker.
    fn ranker_examples(
        &self,
        disabled_groups: &[FeatureGroup],
        config: &TrainConfig,
        rng: &mut ChaCha8Rng,
    ) -> Result<(Vec<RankerExample>, Vec<RankerExample>)> {
        let without = |pack: &Pack| -> Result<Model> {
            Ok(Model::new(with(pack, no_ranker(disabled_groups))?))
        };
        let cases_with = |round: &'_ RankerRound, dismissals: bool| -> Vec<TrainingCase> {
            let fits = |case: &&TrainingCase| (case.dismissals > 0) == dismissals;
            round.cases.iter().filter(fits).cloned().collect()
        };
        let mut examples = Vec::new();
        for round in &self.rounds {
            let cases = cases_with(round, false);
            examples.extend(ranker::examples(
                &without(&round.pack)?,
                &cases.iter().collect::<Vec<_>>(),
                None,
                if round.refreshed {
                    "Candidates of held-out sessions, refreshed pack"
                } else {
                    "Candidates of held-out sessions"
                },
            )?);
        }
        let valid: Vec<&TrainingCase> = self.valid.iter().collect();
        let valid = ranker::examples(
            &without(&self.judge)?,
            &valid,
            None,
            "Candidates for validation",
        )?;
        // Dismissed products must be products that the shop would show, so a preliminary ranker
        // selects them.
        let every = examples.len().div_ceil(FIRST_RANKER).max(1);
        let few: Vec<&RankerExample> = examples.iter().step_by(every).collect();
        let (first, _) = ranker::train(
            &few,
            &valid,
            disabled_groups,
            &RankerTrainConfig {
                epochs: 3,
                ..config.ranker.clone()
            },
            None,
            rng,
        )?;
        for round in &self.rounds {
            let cases = cases_with(round, true);
            examples.extend(ranker::examples(
                &without(&round.pack)?,
                &cases.iter().collect::<Vec<_>>(),
                Some(&first),
                "Sessions with dismissed products",
            )?);
        }
        Ok((examples, valid))
    }

    /// Trains a ranker without some feature groups.
    fn with_ranker(
        &self,
        disabled_groups: &[FeatureGroup],
        config: &TrainConfig,
        seed: u64,
    ) -> Result<Pack> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (examples, valid) = self.ranker_examples(disabled_groups, config, &mut rng)?;
        let all: Vec<&RankerExample> = examples.iter().collect();
        let (mut ranker, curves) = ranker::train(
            &all,
            &valid,
            disabled_groups,
            &config.ranker,
            None,
            &mut rng,
        )?;
        if !disabled_groups.contains(&FeatureGroup::Dismissals) {
            // Like fine-tuning, the effect of dismissals on other products is kept only if it helps
            // on cases that were not used for training.
            let cases: Vec<TrainingCase> = self
                .valid
                .iter()
                .map(|e| TrainingCase {
                    dismissals: DISMISSED,
                    ..e.clone()
                })
                .collect();
            let cases: Vec<&TrainingCase> = cases.iter().collect();
            let judge = Model::new(with(&self.judge, no_ranker(disabled_groups))?);
            let valid = ranker::examples(
                &judge,
                &cases,
                Some(&ranker),
                "Validation with dismissed products",
            )?;
            let silent = ranker::without(&ranker, FeatureGroup::Dismissals);
            let (with_them, without_them) =
                (ranker::ndcg(&valid, &ranker), ranker::ndcg(&valid, &silent));
            say(&format!(
                "{DISMISSED} dismissed products: NDCG@10 {with_them:.4} with their effect on other products, {without_them:.4} without; the effect {}",
                if with_them > without_them {
                    "stays in"
                } else {
                    "is left out"
                }
            ));
            if with_them <= without_them {
                ranker = silent;
            }
        }
        let pack = with(&self.shipped, ranker)?;
        as_shipped(&pack.edit(|parts| parts.card.curves.extend(curves))?)
    }
}

/// Values by epoch, by name.
type Curves = BTreeMap<String, Vec<f64>>;

/// Rounds to four digits, the precision of a card's metrics.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Builds a pack without a ranker from some sessions, with the rest of the tower's results.
#[expect(clippy::too_many_arguments, reason = "these are the parts of a pack")]
fn counted(
    catalogue: &Catalogue,
    text: Option<&TextVectors>,
    sessions: &Sessions,
    stop_by: &[TrainingCase],
    weights: pairs::Weights,
    adapter: Option<&(AdapterWeights, ModelConfig)>,
    config: &TrainConfig,
    tower: &TowerConfig,
    card: Card,
    rng: &mut ChaCha8Rng,
) -> Result<(Pack, Vectors)> {
    let (list, items) = (&sessions.items, catalogue.len());
    let popularity = pairs::popularity(list, items);
    let vectors = tower::train(catalogue, text, &popularity, list, stop_by, tower, rng)?;
    let (adapter, model) = match adapter {
        Some((adapter, model)) => (adapter.clone(), model.clone()),
        None => {
            let adapter = AdapterWeights {
                learning_rate: vec![0.0; tower.embedding_size],
                gate: vec![0.0],
                negatives: adapter::negatives(&popularity, &config.adapter, rng),
            };
            (
                adapter,
                weights.into(ModelConfig {
                    candidates: config.ranker.candidates,
                    ..ModelConfig::default()
                }),
            )
        }
    };
    let model = ModelConfig {
        logit_scale: vectors.logit_scale,
        sessions: list.len() as f32,
        ..model
    };
    let table = pairs::table(list, &popularity, &config.pairs, weights);
    let pack = Pack::new(PackParts {
        card,
        config: model,
        catalogue: catalogue.clone(),
        popularity,
        recent_popularity: pairs::recent(list, items, config.recent_share),
        repeat_rates: sessions::repeat_rates(sessions, items),
        item_table: vectors.table.clone(),
        pairs: table,
        encoder: vectors.encoder.clone(),
        adapter,
        ranker: no_ranker(&[]),
        ..PackParts::default()
    })?;
    Ok((pack, vectors))
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

/// The pack as a device reads it, rounded by the round trip through its file.
fn as_shipped(pack: &Pack) -> Result<Pack> {
    Pack::from_bytes(&pack.to_bytes()?).context("failed to read the pack that was just written")
}

fn with(pack: &Pack, ranker: RankerWeights) -> Result<Pack> {
    Ok(pack.clone().edit(|parts| parts.ranker = ranker)?)
}

/// An untrained ranker, which marks the feature groups in use.
fn no_ranker(disabled_groups: &[FeatureGroup]) -> RankerWeights {
    let read = |f| {
        if group_of(f).is_some_and(|part| disabled_groups.contains(&part)) {
            0.0
        } else {
            1.0
        }
    };
    RankerWeights {
        hidden: 0,
        mean: vec![0.0; FEATURES],
        inv_std: (0..FEATURES).map(read).collect(),
        ..RankerWeights::default()
    }
}

/// The first round, if it has enough sessions.
fn enough<'a>(parts: &'a sessions::Parts, log: &Log) -> Result<&'a sessions::Round> {
    let first = parts
        .rounds
        .first()
        .filter(|round| round.fit.items.len() >= 10 && round.held_out.len() >= 2);
    first.with_context(|| {
        format!(
            "{} sessions are too few to learn from: a shop needs some hundred sessions with two products or more",
            log.sessions.len()
        )
    })
}

/// Checks whether a training without validation cases could start: splits the log without training.
///
/// # Errors
/// If the log is too small.
pub fn check(log: &Log, config: &TrainConfig, seed: u64) -> Result<()> {
    let parts = sessions::cut(log, config, seed, true);
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

fn training_case(query: &EvalCase, relevant: &[ItemIx]) -> TrainingCase {
    let rows = |list: &[ItemIx]| list.iter().map(|ix| ix.0).collect::<Vec<u32>>();
    TrainingCase {
        context: rows(&query.context),
        relevant: rows(relevant),
        visits: query.visits.iter().map(|visit| rows(visit)).collect(),
        dismissals: 0,
    }
}
