//! The learner: from a log to a pack.
//!
//! Shoppers are cut into those whose sessions are counted and those whose sessions teach the ranker what the counts are worth
//! ([`sessions`]); a ranker trained on sessions that the counts have seen would trust them too much. Then, one after the other:
//! pair counts ([`pairs`]), item vectors and session encoder ([`tower`]), the on-device adapter's rate and gate ([`adapter`]), the
//! ranker ([`ranker`]). At the end counts and vectors are made again over everybody.

mod adapter;
mod config;
mod content;
mod pairs;
mod ranker;
mod sessions;
mod shelf;
mod tower;

use anyhow::{Context, Result, ensure};
use fewshop_core::{Catalogue, ItemIx};
use fewshop_model::{AdapterWeights, Card, Compute, ModelConfig, Pack, RankerWeights, Recommender};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use config::{AdapterConfig, PairsConfig, RankerTrainConfig, TowerConfig, TrainConfig};

use crate::evaluation::{self, Evaluated};
use crate::files::{Case, Log};
use crate::text::TextVectors;
use sessions::Episode;

/// Validation cases with what each shopper also took.
#[derive(Debug, Clone, Default)]
pub struct Validation {
    /// Questions.
    pub cases: Vec<Case>,
    /// Wanted items, parallel to the cases.
    pub wanted: Vec<Vec<ItemIx>>,
}

/// Trains a pack. `text` is what a text model says of the catalogue's products.
///
/// The same log, settings and seed give the same pack on the same machine.
///
/// # Errors
/// When the log is too small to learn from, or a loss is no number any more.
pub fn train(
    catalogue: &Catalogue,
    text: Option<&TextVectors>,
    log: &Log,
    validation: Option<&Validation>,
    config: &TrainConfig,
    seed: u64,
    card: Card,
) -> Result<Pack> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let items = catalogue.len();
    let parts = sessions::cut(log, config, seed, validation.is_none());
    ensure!(
        parts.fit.len() >= 10 && parts.held.len() >= 2,
        "{} sessions are too few to learn from: a shop needs some hundred sessions with two products or more",
        log.sessions.len()
    );
    let valid: Vec<Episode> = match validation {
        Some(v) => v.cases.iter().zip(&v.wanted).map(|(case, wanted)| episode(case, wanted)).collect(),
        None => sessions::episodes(&parts.valid, 2_000, &mut rng),
    };
    let held = sessions::episodes(&parts.held, config.ranker.cases, &mut rng);

    let popularity = pairs::popularity(&parts.fit, items);
    let counts = pairs::count(&parts.fit, items);
    let model = pairs::choose_weights(&counts, &popularity, &held, &config.pairs);
    let vectors = tower::train(catalogue, text, &popularity, &parts.fit, &valid, &config.tower, &mut rng)?;
    let model = ModelConfig { logit_scale: vectors.logit_scale, candidates: config.ranker.candidates, ..model };
    let pruned = pairs::prune(&counts, &popularity, &config.pairs, &model);
    let mut pack = Pack::validated(
        card,
        model,
        catalogue.clone(),
        popularity.clone(),
        pairs::recent(&parts.fit, items, config.recent_share),
        vectors.table.clone(),
        pruned,
        vectors.encoder.clone(),
        AdapterWeights {
            learning_rate: vec![0.0; config.tower.embedding_size],
            gate: vec![0.0],
            negatives: adapter::negatives(&popularity, &config.adapter, &mut rng),
        },
        no_ranker(),
    )?;
    adapter::choose(&mut pack, &held, &config.adapter);
    // From here on the counts are read as the device will read them: rounded to a byte.
    let mut pack = through_bytes(&pack)?;
    let recommender = Recommender::new(pack.clone(), Compute::Kernels);
    let train_examples = ranker::examples(&recommender, &held, "Candidates of the held sessions")?;
    let valid_examples = ranker::examples(&recommender, &valid, "Candidates for validation")?;
    pack.ranker = ranker::train(&train_examples, &valid_examples, &config.ranker, &mut rng)?;

    // What ships has seen everything: the counts, and the vectors for as many epochs as were found best before.
    let all = &parts.all;
    pack.popularity = pairs::popularity(all, items);
    pack.recent = pairs::recent(all, items, config.recent_share);
    pack.pairs = pairs::prune(&pairs::count(all, items), &pack.popularity, &config.pairs, &pack.config);
    let again = TowerConfig { epochs: vectors.epoch, patience: usize::MAX, ..config.tower.clone() };
    let shipped = tower::train(catalogue, text, &pack.popularity, all, &[], &again, &mut rng)?;
    (pack.table, pack.encoder) = (shipped.table, shipped.encoder);
    let pack = through_bytes(&shelf::in_shelf_order(&pack)?)?;
    with_metrics(pack, catalogue, validation)
}

/// The trained pack's own figures, on the counts and in the order that it ships, go into its card. `catalogue` is the one whose rows
/// the cases name.
fn with_metrics(mut pack: Pack, catalogue: &Catalogue, validation: Option<&Validation>) -> Result<Pack> {
    if let Some(v) = validation {
        let row = |ix: &ItemIx| pack.catalogue.ix(&catalogue[*ix].id).context("the pack lost a product");
        let rows = |list: &[ItemIx]| list.iter().map(row).collect::<Result<Vec<ItemIx>>>();
        let cases = v.cases.iter().map(|case| {
            let visits = case.visits.iter().map(|visit| rows(visit)).collect::<Result<_>>()?;
            Ok(Case { shots: rows(&case.shots)?, visits, ..case.clone() })
        });
        let cases = cases.collect::<Result<Vec<Case>>>()?;
        let wanted = v.wanted.iter().map(|wanted| rows(wanted)).collect::<Result<Vec<_>>>()?;
        let recommender = Recommender::new(pack.clone(), Compute::Kernels);
        let ranked = evaluation::recommend(&recommender, &cases, 20, false)?;
        let scored: Vec<Evaluated> = evaluation::score(&cases, &wanted, &ranked);
        pack.card.metrics = evaluation::card_metrics(&scored);
    }
    through_bytes(&pack)
}

fn through_bytes(pack: &Pack) -> Result<Pack> {
    Pack::from_bytes(&pack.to_bytes()?).context("failed to read the pack that was just written")
}

fn no_ranker() -> RankerWeights {
    let zeros = vec![0.0; fewshop_model::features::FEATURES];
    RankerWeights { hidden: 0, mean: zeros.clone(), inv_std: zeros, ..RankerWeights::default() }
}

fn episode(case: &Case, wanted: &[ItemIx]) -> Episode {
    Episode { shots: case.shots.iter().map(|ix| ix.0).collect(), wanted: wanted.iter().map(|ix| ix.0).collect() }
}
