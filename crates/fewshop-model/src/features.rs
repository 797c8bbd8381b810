//! What the ranker sees of a candidate: its channels' scores and ranks, how it lies to the shots, and what this device alone knows.

use fewshop_core::{Event, Item};

use crate::kernels;
use crate::known::Known;
use crate::pack::Pack;

/// A part of the learner that can be switched off, for ablation: its features are then constant and it brings no candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
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
pub const FEATURES: usize = 40;

/// Their names and parts, in order; a pack names them too, so that weights never meet other features than their own. The number of
/// shots belongs to none: it tells the ranker how far to trust the others.
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
    ("trend", Some(Part::Popularity)),
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
const FIRST_RANK: usize = FEATURES - 6;

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
    trend: Vec<f32>,
    /// Rows by falling popularity, ties by row.
    pub(crate) by_popularity: Vec<u32>,
    pub(crate) covisit_row: Vec<f32>,
    pub(crate) covisit_column: Vec<f32>,
    pub(crate) cosine: Vec<f32>,
    pub(crate) inv_norm: Vec<f32>,
    pub(crate) category: Vec<u32>,
    department: Vec<u32>,
    pub(crate) brand: Vec<u32>,
    log_price: Vec<Option<f32>>,
    on: [bool; Part::ALL.len()],
}

impl Facts {
    pub(crate) fn of(pack: &Pack) -> Self {
        let popularity: Vec<f32> = pack.popularity.iter().map(|&n| n as f32).collect();
        let c = &pack.config;
        let mut by_popularity: Vec<u32> = (0..popularity.len() as u32).collect();
        by_popularity.sort_by(|&a, &b| popularity[b as usize].total_cmp(&popularity[a as usize]).then(a.cmp(&b)));
        let items = pack.catalogue.items();
        let norm = |row: usize| pack.table.row(row).iter().map(|x| x * x).sum::<f32>().sqrt();
        let sessions = c.sessions.max(1.0);
        Self {
            trend: trend(&popularity, &pack.recent),
            log_popularity: popularity.iter().map(|n| ((0.5 + n) / sessions).ln()).collect(),
            by_popularity,
            covisit_row: popularity.iter().map(|n| 1.0 / (n + c.covisit_shrink).max(1.0)).collect(),
            covisit_column: popularity.iter().map(|n| n.max(1.0).powf(-c.covisit_alpha)).collect(),
            cosine: popularity.iter().map(|n| 1.0 / (n + c.cosine_shrink).max(1.0).sqrt()).collect(),
            inv_norm: (0..items.len()).map(|row| 1.0 / norm(row).max(1e-6)).collect(),
            category: numbered(items, |item| item.category.join("\t")),
            department: numbered(items, |item| item.department().to_owned()),
            brand: numbered(items, |item| item.brand.clone()),
            log_price: items.iter().map(|item| item.price.map(|p| (p + 0.01).ln())).collect(),
            on: Part::ALL.map(|part| (0..FEATURES).any(|f| part_of(f) == Some(part) && pack.ranker.inv_std[f] != 0.0)),
        }
    }

    /// Whether the ranker reads any feature of the part.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.on[part as usize]
    }
}

/// Late counts of rare products are mostly luck: this many sessions at the usual rate are added to both.
const TREND_PRIOR: f32 = 5.0;

fn trend(popularity: &[f32], recent: &[u32]) -> Vec<f32> {
    let all: f32 = popularity.iter().sum();
    let share = recent.iter().map(|&n| n as f32).sum::<f32>() / all.max(1.0);
    let one = |(&n, &late): (&f32, &u32)| ((late as f32 + TREND_PRIOR) / (n * share + TREND_PRIOR)).ln();
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

/// What a run learns from: the shots at hand, and what this device alone knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    /// Oldest first.
    pub(crate) shots: &'a [Event],
    pub(crate) known: &'a Known<'a>,
}

/// Scores of the pair channels for one set of shots, over all items.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    pub(crate) covisit: Vec<f32>,
    covisit_max: Vec<f32>,
    hits: Vec<f32>,
    pub(crate) cosine: Vec<f32>,
    cosine_max: Vec<f32>,
    pub(crate) regression: Vec<f32>,
    regression_max: Vec<f32>,
}

impl Channels {
    pub(crate) fn of(shots: &[Event], pack: &Pack, facts: &Facts) -> Self {
        let n = pack.catalogue.len();
        let zeros = || vec![0f32; n];
        let mut c = Self {
            covisit: zeros(),
            covisit_max: zeros(),
            hits: zeros(),
            cosine: zeros(),
            cosine_max: zeros(),
            regression: zeros(),
            regression_max: zeros(),
        };
        for shot in shots {
            let from = shot.item.row();
            for pair in pack.pairs.row(from) {
                let to = pair.to;
                let covisit = pair.count * facts.covisit_row[from] * facts.covisit_column[to];
                c.covisit[to] += covisit;
                c.covisit_max[to] = c.covisit_max[to].max(covisit);
                let cosine = pair.count * facts.cosine[from] * facts.cosine[to];
                c.cosine[to] += cosine;
                c.cosine_max[to] = c.cosine_max[to].max(cosine);
                c.regression[to] += pair.regression;
                c.regression_max[to] = c.regression_max[to].max(pair.regression);
                c.hits[to] += 1.0;
            }
        }
        c
    }
}

/// Features of the candidates, `[candidates, FEATURES]` row-major.
///
/// # Shapes
/// - `logits`: `[items]`, of [`kernels::scan`]
pub(crate) fn features(
    candidates: &[u32],
    evidence: Evidence<'_>,
    logits: &[f32],
    channels: &Channels,
    pack: &Pack,
    facts: &Facts,
) -> Vec<f32> {
    let Evidence { shots, known } = evidence;
    let k = shots.len().max(1) as f32;
    let rows: Vec<usize> = shots.iter().map(|shot| shot.item.row()).collect();
    let vectors: Vec<(Vec<f32>, f32)> = rows.iter().map(|&row| (pack.table.row(row), facts.inv_norm[row])).collect();
    let prices: Vec<f32> = rows.iter().filter_map(|&row| facts.log_price[row]).collect();
    let mean_price = (!prices.is_empty()).then(|| prices.iter().sum::<f32>() / prices.len() as f32);
    let share = |of: &[u32], row: usize| {
        if of[row] == 0 { 0.0 } else { rows.iter().filter(|&&shot| of[shot] == of[row]).count() as f32 / k }
    };
    let mut out = Vec::with_capacity(candidates.len() * FEATURES);
    let mut vector = vec![0f32; pack.table.d];
    for &candidate in candidates {
        let row = candidate as usize;
        vector.fill(0.0);
        pack.table.add_row(row, 1.0, &mut vector);
        let near = |(other, inv_norm): &(Vec<f32>, f32)| kernels::dot(&vector, other) * inv_norm * facts.inv_norm[row];
        let (mut near_mean, mut near_max) = (0f32, if vectors.is_empty() { 0f32 } else { -1.0 });
        for shot in &vectors {
            let near = near(shot);
            near_mean += near / k;
            near_max = near_max.max(near);
        }
        out.extend([
            facts.log_popularity[row],
            rate(channels.covisit[row] / k),
            rate(channels.covisit_max[row]),
            channels.hits[row] / k,
            rate(channels.cosine[row] / k),
            rate(channels.cosine_max[row]),
            signed_root(channels.regression[row] / k),
            signed_root(channels.regression_max[row]),
            logits[row] - pack.table.bias[row],
            logits[row],
            near_mean,
            near_max,
            share(&facts.category, row),
            share(&facts.department, row),
            share(&facts.brand, row),
            mean_price.zip(facts.log_price[row]).map_or(0.0, |(mean, price)| (price - mean).abs()),
            (shots.len() as f32).ln_1p(),
            facts.trend[row],
            pack.repeat[row],
        ]);
        out.extend(known.visit_features(row, &vector, pack, facts));
        out.extend(known.dismissal_features(row, near, facts));
        out.extend([0.0; FEATURES - FIRST_RANK]);
    }
    let ranked: [&[f32]; FEATURES - FIRST_RANK] =
        [&facts.log_popularity, &channels.covisit, &channels.cosine, &channels.regression, logits, known.taken_lately()];
    let mut order: Vec<u32> = Vec::with_capacity(candidates.len());
    for (nth, score) in ranked.into_iter().enumerate().filter(|(_, score)| !score.is_empty()) {
        order.clear();
        order.extend(0..candidates.len() as u32);
        let of = |at: u32| score[candidates[at as usize] as usize];
        order.sort_unstable_by(|&a, &b| of(b).total_cmp(&of(a)).then(candidates[a as usize].cmp(&candidates[b as usize])));
        for (rank, &at) in order.iter().enumerate() {
            out[at as usize * FEATURES + FIRST_RANK + nth] = (rank as f32).ln_1p();
        }
    }
    out
}

/// Logarithm of a rate that may be 0.
pub(crate) fn rate(value: f32) -> f32 {
    (RATE_FLOOR + value).ln()
}

/// Regression weights are small and lie close to 0: their square root spreads them, and keeps the sign.
pub(crate) fn signed_root(x: f32) -> f32 {
    x.abs().sqrt().copysign(x)
}
