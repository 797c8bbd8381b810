//! What the ranker sees of a candidate: its channels' scores and ranks, how it lies to the shots,
//! and what this device alone knows.

use fewshop_core::{Filter, Item};

use crate::kernels::Taste;
use crate::pack::Pack;

/// A part of the learner that can be switched off, for ablation: its features are then constant and
/// it brings no candidates.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// How often a product is taken, and of late.
    Popularity,
    /// Co-visitation of the shots.
    Covisit,
    /// Cosine of the pair counts (item nearest neighbours).
    Cosine,
    /// Item-item regression (EASE).
    Regression,
    /// Item vectors: taste, logits, nearness to the shots.
    Vectors,
    /// Shared categories, brands and prices.
    Facets,
    /// Earlier visits that only the device remembers.
    Visits,
    /// What the shopper turned down.
    Dismissals,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 8] = [
        Self::Popularity,
        Self::Covisit,
        Self::Cosine,
        Self::Regression,
        Self::Vectors,
        Self::Facets,
        Self::Visits,
        Self::Dismissals,
    ];

    /// Its name in settings and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Popularity => "popularity",
            Self::Covisit => "covisit",
            Self::Cosine => "cosine",
            Self::Regression => "regression",
            Self::Vectors => "vectors",
            Self::Facets => "facets",
            Self::Visits => "visits",
            Self::Dismissals => "dismissals",
        }
    }
}

/// Number of features.
pub const FEATURES: usize = 43;

/// Their names and parts, in order; a pack names them too, so that weights never meet other
/// features than their own. How many shots there are and how popular they are belongs to no part:
/// it tells the ranker how far to trust the others.
const TABLE: [(&str, Option<Part>); FEATURES] = [
    ("popularity", Some(Part::Popularity)),
    ("covisit_mean", Some(Part::Covisit)),
    ("covisit_max", Some(Part::Covisit)),
    ("covisit_share", Some(Part::Covisit)),
    ("cosine_mean", Some(Part::Cosine)),
    ("cosine_max", Some(Part::Cosine)),
    ("regression_mean", Some(Part::Regression)),
    ("regression_max", Some(Part::Regression)),
    ("taste", Some(Part::Vectors)),
    ("logit", Some(Part::Vectors)),
    ("near_mean", Some(Part::Vectors)),
    ("near_max", Some(Part::Vectors)),
    ("category_share", Some(Part::Facets)),
    ("department_share", Some(Part::Facets)),
    ("brand_share", Some(Part::Facets)),
    ("price_distance", Some(Part::Facets)),
    ("shots", None),
    ("shots_popularity", None),
    ("shots_rarest", None),
    ("trend", Some(Part::Popularity)),
    ("season", Some(Part::Popularity)),
    ("repeat_rate", Some(Part::Popularity)),
    ("visits", Some(Part::Visits)),
    ("taken_last", Some(Part::Visits)),
    ("taken_lately", Some(Part::Visits)),
    ("taken_share", Some(Part::Visits)),
    ("taken_age", Some(Part::Visits)),
    ("taken_repeat", Some(Part::Visits)),
    ("visits_covisit", Some(Part::Visits)),
    ("visits_regression", Some(Part::Visits)),
    ("visits_taste", Some(Part::Visits)),
    ("visits_category", Some(Part::Visits)),
    ("visits_brand", Some(Part::Visits)),
    ("dismissals", Some(Part::Dismissals)),
    ("dismissed_near", Some(Part::Dismissals)),
    ("dismissed_category", Some(Part::Dismissals)),
    ("dismissed_covisit", Some(Part::Dismissals)),
    ("popularity_rank", Some(Part::Popularity)),
    ("covisit_rank", Some(Part::Covisit)),
    ("cosine_rank", Some(Part::Cosine)),
    ("regression_rank", Some(Part::Regression)),
    ("logit_rank", Some(Part::Vectors)),
    ("visits_rank", Some(Part::Visits)),
];

/// Names of the features, in order.
pub const FEATURE_NAMES: [&str; FEATURES] = {
    let mut names = [""; FEATURES];
    let mut at = 0;
    while at < FEATURES {
        names[at] = TABLE[at].0;
        at += 1;
    }
    names
};

/// Ranks stand last, in the order in which they are filled in.
pub(crate) const RANKS: usize = 6;
pub(crate) const FIRST_RANK: usize = FEATURES - RANKS;

/// Whether the shots have a say in a rank; popularity and earlier visits are the same whatever is
/// left out.
pub(crate) const RANK_HEARS_SHOTS: [bool; RANKS] = [false, true, true, true, true, false];

/// The part that a feature belongs to.
///
/// # Panics
/// When there is no such feature.
#[must_use]
pub fn part_of(feature: usize) -> Option<Part> {
    TABLE[feature].1
}

/// Floor under a logarithm of a co-visitation rate: what the table pruned away counts as this rare.
const RATE_FLOOR: f32 = 1e-4;

/// Facts of the catalogue that every run needs, computed once when a pack is opened.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Logarithm of the share of sessions that the product stands in.
    pub(crate) log_popularity: Vec<f32>,
    /// Logarithm of how often the product is taken of late by how often it always was.
    pub(crate) trend: Vec<f32>,
    /// Logarithm of how often the product is taken this season by how often it always was; 0 where
    /// the pack was not told.
    pub(crate) season: Vec<f32>,
    /// Rows by falling popularity of this season, ties by row.
    pub(crate) by_popularity: Vec<u32>,
    pub(crate) covisit_row: Vec<f32>,
    pub(crate) covisit_column: Vec<f32>,
    pub(crate) cosine: Vec<f32>,
    pub(crate) inv_norm: Vec<f32>,
    pub(crate) category: Vec<u32>,
    pub(crate) department: Vec<u32>,
    pub(crate) brand: Vec<u32>,
    pub(crate) log_price: Vec<Option<f32>>,
    on: [bool; Part::ALL.len()],
}

impl Facts {
    pub(crate) fn of(pack: &Pack) -> Self {
        let popularity: Vec<f32> = pack.popularity.iter().map(|&n| n as f32).collect();
        let c = &pack.config;
        let mut by_popularity: Vec<u32> = (0..popularity.len() as u32).collect();
        let season = if pack.season.is_empty() {
            vec![0.0; popularity.len()]
        } else {
            trend(&popularity, &pack.season)
        };
        let now: Vec<f32> = popularity
            .iter()
            .zip(&season)
            .map(|(n, season)| n * season.exp())
            .collect();
        by_popularity.sort_by(|&a, &b| now[b as usize].total_cmp(&now[a as usize]).then(a.cmp(&b)));
        let items = pack.catalogue.items();
        let norm = |row: usize| {
            pack.table
                .row(row)
                .iter()
                .map(|x| x * x)
                .sum::<f32>()
                .sqrt()
        };
        let sessions = c.sessions.max(1.0);
        Self {
            trend: trend(&popularity, &pack.recent),
            season,
            log_popularity: popularity
                .iter()
                .map(|n| ((0.5 + n) / sessions).ln())
                .collect(),
            by_popularity,
            covisit_row: popularity
                .iter()
                .map(|n| 1.0 / (n + c.covisit_shrink).max(1.0))
                .collect(),
            covisit_column: popularity
                .iter()
                .map(|n| n.max(1.0).powf(-c.covisit_alpha))
                .collect(),
            cosine: popularity
                .iter()
                .map(|n| 1.0 / (n + c.cosine_shrink).max(1.0).sqrt())
                .collect(),
            inv_norm: (0..items.len())
                .map(|row| 1.0 / norm(row).max(1e-6))
                .collect(),
            category: numbered(items, |item| item.category.join("\t")),
            department: numbered(items, |item| item.department().to_owned()),
            brand: numbered(items, |item| item.brand.clone()),
            log_price: items
                .iter()
                .map(|item| item.price.map(|p| (p + 0.01).ln()))
                .collect(),
            on: Part::ALL.map(|part| {
                (0..FEATURES).any(|f| part_of(f) == Some(part) && pack.ranker.inv_std[f] != 0.0)
            }),
        }
    }

    /// Cosine of a product to a vector that is given with one over its length.
    pub(crate) fn near(&self, (vector, inv_norm): &(Taste, f32), row: usize, pack: &Pack) -> f32 {
        vector.dot(&pack.table, row) * inv_norm * self.inv_norm[row]
    }

    /// Which categories, by number, a filter allows.
    pub(crate) fn allowed(&self, filter: &Filter, items: &[Item]) -> Vec<bool> {
        let mut allowed = vec![
            None;
            self.category
                .iter()
                .max()
                .map_or(0, |&most| most as usize + 1)
        ];
        for (&category, item) in self.category.iter().zip(items) {
            allowed[category as usize].get_or_insert_with(|| filter.allows(item));
        }
        allowed
            .into_iter()
            .map(|allowed| allowed == Some(true))
            .collect()
    }

    /// Whether the ranker reads any feature of the part.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.on[part as usize]
    }
}

/// Late counts of rare products are mostly luck: this many sessions at the usual rate are added to
/// both.
const TREND_PRIOR: f32 = 5.0;

fn trend(popularity: &[f32], recent: &[u32]) -> Vec<f32> {
    let all: f32 = popularity.iter().sum();
    let share = recent.iter().map(|&n| n as f32).sum::<f32>() / all.max(1.0);
    let one =
        |(&n, &late): (&f32, &u32)| ((late as f32 + TREND_PRIOR) / (n * share + TREND_PRIOR)).ln();
    popularity.iter().zip(recent).map(one).collect()
}

/// Equal texts get equal numbers; 0 is the empty text.
fn numbered(items: &[Item], text: impl Fn(&Item) -> String) -> Vec<u32> {
    let mut known = std::collections::HashMap::from([(String::new(), 0u32)]);
    items
        .iter()
        .map(|item| {
            let next = known.len() as u32;
            *known.entry(text(item)).or_insert(next)
        })
        .collect()
}

/// Logarithm of a rate that may be 0.
pub(crate) fn rate(value: f32) -> f32 {
    (RATE_FLOOR + value).ln()
}

/// Regression weights are small and lie close to 0: their square root spreads them, and keeps the
/// sign.
pub(crate) fn signed_root(x: f32) -> f32 {
    x.abs().sqrt().copysign(x)
}
