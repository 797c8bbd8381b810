//! All of a training but the ranker: counts, vectors, adapter, and the cases that the ranker learns
//! from, once for all rankers of an ablation.

use anyhow::{Context, Result};
use fewshop_core::{Catalogue, ItemIx};
use fewshop_data::files::{EvalCase, Log, day_of};
use fewshop_data::progress::say;
use fewshop_model::features::{FEATURES, FeatureGroup, group_of};
use fewshop_model::{AdapterWeights, Card, Model, ModelConfig, Pack, PackParts, RankerWeights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::ranker::{self, RankerExample};
use super::sessions::{self, HeldOutSession, Sessions, TrainingCase};
use super::tower::{self, Vectors};
use super::{
    RankerTrainConfig, TowerConfig, TrainConfig, Training, adapter, fallback, lifts, pairs,
    refresh, row_order,
};
use crate::modules::ContentPath;
use crate::text::TextVectors;

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
pub(super) struct RankerRound {
    pub(super) pack: Pack,
    pub(super) cases: Vec<TrainingCase>,
    /// Whether newer sessions were added to the pack.
    pub(super) refreshed: bool,
}

/// All but the ranker.
pub(super) struct Prepared {
    /// Training data of the ranker: packs of parts of the log, as trained and refreshed.
    pub(super) rounds: Vec<RankerRound>,
    /// The pack that ranks the validation cases while the ranker is trained.
    pub(super) judge: Pack,
    pub(super) valid: Vec<TrainingCase>,
    /// The shipped pack without its ranker, in shelf order.
    pub(super) shipped: Pack,
    /// The content tower of the shipped vectors.
    pub(super) content: ContentPath,
    /// The shipped vectors before rounding, in the order of the catalogue.
    pub(super) exact: Vec<f32>,
    /// Whether the log says in which order products were taken.
    has_order: bool,
    /// The day of the last session.
    last_day: i32,
}

impl Prepared {
    pub(super) fn new(training: Training<'_>, mut card: Card) -> Result<Self> {
        let Training {
            catalogue,
            text,
            log,
            validation,
            promotions,
            config,
            seed,
        } = training;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let items = catalogue.len();
        let parts = sessions::cut(log, items, config, seed, validation.is_none());
        let first = enough(&parts, log)?;
        let valid: Vec<TrainingCase> = match validation {
            Some(v) => v
                .queries
                .iter()
                .zip(&v.relevant)
                .map(|(query, relevant)| training_case(query, relevant))
                .collect::<Vec<_>>(),
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
            pack = pack.edit(|parts| {
                parts.config.seasonal_min_items = min_items;
                parts.promotions = promotions.to_vec();
            })?;
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
                let (refreshed, _) = refresh::refresh(&pack, &round.since)?;
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
        let shipped = shipped.edit(|parts| parts.promotions = promotions.to_vec())?;
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
            has_order: sessions::has_order(log),
            last_day: log
                .sessions
                .last()
                .map_or(i32::MIN, |session| day_of(session.time_s)),
        })
    }

    /// The shipped vectors before rounding, in shelf order.
    pub(super) fn rows(&self, catalogue: &Catalogue) -> Result<Vec<f32>> {
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
    pub(super) fn ranker_examples(
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
    pub(super) fn with_ranker(
        &self,
        disabled_groups: &[FeatureGroup],
        config: &TrainConfig,
        seed: u64,
    ) -> Result<Pack> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut disabled_groups = disabled_groups.to_vec();
        if !self.has_order {
            disabled_groups.push(FeatureGroup::Order);
        }
        if self.shipped.promotions().is_empty() {
            disabled_groups.push(FeatureGroup::Promotions);
        }
        let (examples, valid) = self.ranker_examples(&disabled_groups, config, &mut rng)?;
        let all: Vec<&RankerExample> = examples.iter().collect();
        let train = |disabled_groups: &[FeatureGroup], rng: &mut ChaCha8Rng| {
            ranker::train(&all, &valid, disabled_groups, &config.ranker, None, rng)
        };
        let mut best = train(&disabled_groups, &mut rng)?;
        // Not every shop has promotions or an order that mean something: such features stay only if
        // the ranker is better with them.
        for group in [FeatureGroup::Promotions, FeatureGroup::Order] {
            if disabled_groups.contains(&group) {
                continue;
            }
            let fewer = [disabled_groups.as_slice(), &[group]].concat();
            let other = train(&fewer, &mut rng)?;
            let (with_it, without_it) = (
                ranker::ndcg(&valid, &best.0),
                ranker::ndcg(&valid, &other.0),
            );
            let stays = with_it > without_it;
            say(&format!(
                "Features of {}: NDCG@10 {with_it:.4} with them, {without_it:.4} without; they {}",
                group.name(),
                if stays { "stay in" } else { "are left out" }
            ));
            if !stays {
                (best, disabled_groups) = (other, fewer);
            }
        }
        let (mut ranker, curves) = best;
        let disabled_groups = disabled_groups.as_slice();
        let fallback = fallback::fallback(&valid, &ranker);
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
        let reads_promotions = !disabled_groups.contains(&FeatureGroup::Promotions);
        let pack = with(&self.shipped, ranker)?.edit(|parts| {
            parts.card.curves.extend(curves);
            parts.config.fallback = fallback;
            // What is over is of no use to a visitor.
            parts
                .promotions
                .retain(|promotion| reads_promotions && promotion.to_day >= self.last_day);
        })?;
        as_shipped(&pack)
    }
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
    let lifts = lifts::category_lifts(catalogue, list, &popularity, weights.length_power);
    let pack = Pack::new(PackParts {
        category_lifts: lifts,
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

/// The pack as a device reads it, rounded by the round trip through its file.
pub(super) fn as_shipped(pack: &Pack) -> Result<Pack> {
    Pack::from_bytes(&pack.to_bytes()?).context("failed to read the pack that was just written")
}

pub(super) fn with(pack: &Pack, ranker: RankerWeights) -> Result<Pack> {
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
pub(super) fn enough<'a>(parts: &'a sessions::Parts, log: &Log) -> Result<&'a sessions::Round> {
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

fn training_case(query: &EvalCase, relevant: &[ItemIx]) -> TrainingCase {
    let rows = |list: &[ItemIx]| list.iter().map(|ix| ix.0).collect::<Vec<u32>>();
    TrainingCase {
        context: rows(&query.context),
        relevant: rows(relevant),
        visits: query.visits.iter().map(|visit| rows(visit)).collect(),
        day: query.day,
        dismissals: 0,
    }
}
