//! Simple methods that are hard to beat, as a comparison for every figure.
//!
//! All are fitted on the events alone and rank the whole catalogue for the current session; only
//! [`Method::Personal`] reads earlier visits. Settings follow one rule for every shop
//! ([`BaselineConfig`]): shrinkage and neighbours grow with the number of sessions. The figures
//! published with the project's cases come from baselines whose settings were tuned for each shop,
//! so they are a little higher in places.

mod classic;
mod count_scorer;
mod ease;
mod index;
mod personal_mlp;

use anyhow::{Result, ensure};
use fewshop_core::{Catalogue, ItemIx, split};
use fewshop_data::files::{EvalCase, Log};
use fewshop_data::progress::Progress;
use fewshop_model::kernels;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::PICKS;
use classic::Classic;
use count_scorer::CountScorer;
use ease::Ease;
use index::Index;

/// Settings of the baselines. A setting of `None` depends on the number of sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BaselineConfig {
    /// Exponent on the partner's popularity in co-visitation.
    pub covisit_alpha: f32,
    /// Sessions added to a product's own count in co-visitation; by default 0.1 % of the sessions.
    pub covisit_shrink: Option<f32>,
    /// Sessions added to both counts of the item neighbours' cosine; by default 0.2 % of the
    /// sessions.
    pub item_neighbours_shrink: Option<f32>,
    /// Number of neighbour sessions; by default 5 % of the sessions, at least 100.
    pub session_neighbours: Option<usize>,
    /// Exponent on popularity in the session neighbours' vote.
    pub session_neighbours_alpha: f32,
    /// Ridge of the item-item regression; by default 2 % of the sessions.
    pub regression_ridge: Option<f32>,
    /// Weight of a past product taken in every visit, the best co-visitation score being 1.
    pub personal_weight: f32,
    /// The classic network.
    pub classic: ClassicConfig,
}

impl Default for BaselineConfig {
    fn default() -> Self {
        Self {
            covisit_alpha: 0.3,
            covisit_shrink: None,
            item_neighbours_shrink: None,
            session_neighbours: None,
            session_neighbours_alpha: 0.2,
            regression_ridge: None,
            personal_weight: 1.5,
            classic: ClassicConfig::default(),
        }
    }
}

/// The classic network: Dense 64 with ReLU, Dropout 0.5, Dense 1 with sigmoid; Adam, binary
/// cross-entropy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassicConfig {
    /// Hidden units.
    pub hidden: usize,
    /// Share of hidden units dropped.
    pub dropout: f64,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Epochs.
    pub epochs: usize,
    /// Pairs in a step.
    pub batch: usize,
    /// Maximum number of pairs of a session and a candidate.
    pub pairs: usize,
    /// Candidates drawn from the whole catalogue for each one that was taken.
    pub negatives: usize,
}

impl Default for ClassicConfig {
    fn default() -> Self {
        Self {
            hidden: 64,
            dropout: 0.5,
            learning_rate: 1e-3,
            epochs: 10,
            batch: 32,
            pairs: 100_000,
            negatives: 4,
        }
    }
}

/// Item-item regression holds `items²` numbers: with more products than this it is left out.
pub const MAX_REGRESSION_ITEMS: usize = 20_000;

/// A ranking method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The products in the most sessions.
    Popularity,
    /// The products that most often occur together with the context items, relative to their
    /// popularity.
    Covisit,
    /// Cosine of the sessions that contain two products.
    ItemNeighbours,
    /// The products of the most similar sessions (vsknn).
    SessionNeighbours,
    /// EASE: each product predicted from all others by ridge regression (arXiv 1905.03375).
    Regression,
    /// A small network over pairs of a session and a candidate.
    Classic,
    /// The classic network trained on the shopper's own few samples alone.
    FewShotAlone,
    /// The same, starting from the classic network trained on the whole log.
    FewShotTransfer,
    /// Co-visitation plus the product's frequency in earlier visits.
    Personal,
}

impl Method {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Popularity => "popularity",
            Self::Covisit => "co-visitation",
            Self::ItemNeighbours => "item neighbours",
            Self::SessionNeighbours => "session neighbours",
            Self::Regression => "item regression",
            Self::Classic => "classic network",
            Self::FewShotAlone => "mlp alone",
            Self::FewShotTransfer => "mlp with transfer",
            Self::Personal => "bought before",
        }
    }

    /// A description for people.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Popularity => "the same bestsellers for everybody",
            Self::Covisit => "products most often in one basket with the given products",
            Self::ItemNeighbours => {
                "products in the same baskets as the given ones, regardless of their popularity"
            }
            Self::SessionNeighbours => "products of the most similar past baskets",
            Self::Regression => "each product predicted from all others at once (EASE)",
            Self::Classic => {
                "a small neural network over popularity, category, brand, price and co-visitation"
            }
            Self::FewShotAlone => {
                "the same small network, trained from a random start on this shopper's few products alone"
            }
            Self::FewShotTransfer => {
                "the small network trained on the whole log, then trained further on this shopper's few products"
            }
            Self::Personal => "bought together, plus this shopper's products of earlier visits",
        }
    }
}

/// Baselines that are ready to rank.
pub struct Baselines {
    index: Index,
    config: BaselineConfig,
    ease: Option<Ease>,
    classic: Option<Classic>,
    few_shot: bool,
    seed: u64,
}

impl Baselines {
    /// Counts the log and fits the methods that need it. The log must use the rows of the
    /// catalogue.
    ///
    /// # Errors
    /// When a setting is invalid, or the classic network's loss is not a finite number.
    pub fn fit(
        catalogue: &Catalogue,
        log: &Log,
        config: &BaselineConfig,
        seed: u64,
    ) -> Result<Self> {
        let reals = [
            ("covisit_alpha", Some(config.covisit_alpha)),
            ("covisit_shrink", config.covisit_shrink),
            ("item_neighbours_shrink", config.item_neighbours_shrink),
            (
                "session_neighbours_alpha",
                config.session_neighbours_alpha.into(),
            ),
            ("regression_ridge", config.regression_ridge),
            ("personal_weight", config.personal_weight.into()),
        ];
        for (name, value) in reals {
            let value = value.unwrap_or_default();
            ensure!(
                value.is_finite() && value >= 0.0,
                "{name} is {value}: a baseline needs a finite number of 0 or more"
            );
        }
        let ClassicConfig { hidden, batch, .. } = config.classic;
        ensure!(
            hidden > 0 && batch > 0,
            "classic.hidden and classic.batch must be at least 1"
        );
        let index = Index::of(log, catalogue.len());
        let ease = if catalogue.len() <= MAX_REGRESSION_ITEMS {
            let ridge = config.regression_ridge.unwrap_or(0.02 * index.len() as f32);
            Some(Ease::fit(&index, ridge.max(1.0)))
        } else {
            None
        };
        let classic = Classic::fit(catalogue, &index, &config.classic, seed)?;
        Ok(Self {
            index,
            config: config.clone(),
            ease,
            classic,
            few_shot: false,
            seed,
        })
    }

    /// Includes the network that is trained on each shopper's few samples, which takes one training
    /// for each case.
    #[must_use]
    pub fn with_few_shot(self, few_shot: bool) -> Self {
        Self { few_shot, ..self }
    }

    /// The available methods: [`Method::Personal`] only if cases have earlier visits,
    /// [`Method::Regression`] only up to [`MAX_REGRESSION_ITEMS`], [`Method::Classic`] only if a
    /// session is long enough to learn from, and the two few-sample methods only after
    /// [`Self::with_few_shot`].
    #[must_use]
    pub fn methods(&self, visits: bool) -> Vec<Method> {
        let mut out = vec![
            Method::Popularity,
            Method::Covisit,
            Method::ItemNeighbours,
            Method::SessionNeighbours,
        ];
        if self.ease.is_some() {
            out.push(Method::Regression);
        }
        if visits {
            out.push(Method::Personal);
        }
        if self.classic.is_some() {
            out.push(Method::Classic);
            if self.few_shot {
                out.extend([Method::FewShotAlone, Method::FewShotTransfer]);
            }
        }
        out
    }

    /// The first 20 picks for each case, without its context items.
    #[must_use]
    pub fn picks(&self, method: Method, cases: &[EvalCase]) -> Vec<Vec<ItemIx>> {
        let progress = Progress::of(&format!("Baseline {}", method.name()), cases.len() as u64);
        let out = cases
            .par_iter()
            .map_init(
                || {
                    (
                        CountScorer::new(&self.index),
                        vec![0f32; self.index.items()],
                    )
                },
                |(scorer, scores), case| {
                    scores.fill(0.0);
                    self.score(method, case, scorer, scores);
                    progress.step();
                    let top = kernels::top_k(scores, PICKS, &|row| {
                        !case.context.contains(&ItemIx::from(row))
                    });
                    top.into_iter().map(ItemIx).collect()
                },
            )
            .collect();
        progress.finish(&format!(
            "Baseline {}: {} cases ranked",
            method.name(),
            cases.len()
        ));
        out
    }

    /// How often each product was taken.
    #[must_use]
    pub fn popularity(&self) -> &[u32] {
        self.index.popularity()
    }

    fn score(
        &self,
        method: Method,
        case: &EvalCase,
        scorer: &mut CountScorer<'_>,
        out: &mut [f32],
    ) {
        let (config, sessions) = (&self.config, self.index.len() as f32);
        match method {
            Method::Popularity => out
                .iter_mut()
                .zip(self.index.popularity())
                .for_each(|(out, &n)| *out = n as f32),
            Method::Covisit | Method::Personal => {
                let shrink = config.covisit_shrink.unwrap_or(0.001 * sessions);
                scorer.covisit(&case.context, config.covisit_alpha, shrink, out);
                if method == Method::Personal && !case.visits.is_empty() {
                    let best = out.iter().copied().fold(0.0, f32::max) + 1e-9;
                    out.iter_mut().for_each(|score| *score /= best);
                    let each = config.personal_weight / (case.visits.len() + 1) as f32;
                    for item in case.visits.iter().flatten() {
                        out[item.row()] += each;
                    }
                }
            }
            Method::ItemNeighbours => {
                scorer.cosine(
                    &case.context,
                    config.item_neighbours_shrink.unwrap_or(0.002 * sessions),
                    out,
                );
            }
            Method::SessionNeighbours => {
                let neighbours = config
                    .session_neighbours
                    .unwrap_or_else(|| (self.index.len() / 20).max(100));
                scorer.sessions(
                    &case.context,
                    neighbours,
                    config.session_neighbours_alpha,
                    out,
                );
            }
            Method::Regression => {
                if let Some(ease) = &self.ease {
                    ease.score(&case.context, out);
                }
            }
            Method::Classic => {
                if let Some(classic) = &self.classic {
                    classic.score(&case.context, scorer, out);
                }
            }
            Method::FewShotAlone | Method::FewShotTransfer => {
                if let Some(classic) = &self.classic {
                    // Both starts use the same negatives, and no case depends on another.
                    let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
                    rng.set_stream(split::fold(&case.id, "few-item", u64::MAX));
                    let transfer = method == Method::FewShotTransfer;
                    classic.score_few_shot(
                        transfer,
                        &case.context,
                        &config.classic,
                        &mut rng,
                        scorer,
                        out,
                    );
                }
            }
        }
    }
}
