//! What the ranker sees of a candidate: its channels' scores and ranks, and how it lies to the shots.

use fewshop_core::{Event, Item};

use crate::kernels;
use crate::pack::Pack;

/// Number of features.
pub const FEATURES: usize = 20;

/// Their names, in order; a pack names them too, so that weights never meet other features than their own.
pub const FEATURE_NAMES: [&str; FEATURES] = [
    "popularity",
    "covisit_mean",
    "covisit_max",
    "covisit_share",
    "cosine_mean",
    "cosine_max",
    "taste",
    "logit",
    "near_mean",
    "near_max",
    "category_share",
    "department_share",
    "brand_share",
    "price_distance",
    "shots",
    "trend",
    "popularity_rank",
    "covisit_rank",
    "cosine_rank",
    "logit_rank",
];

/// Floor under a logarithm of a co-visitation rate: what the table pruned away counts as this rare.
const RATE_FLOOR: f32 = 1e-4;

/// Facts of the catalogue that every run needs, computed once when a pack is opened.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) log_popularity: Vec<f32>,
    /// Logarithm of how often the product is taken of late by how often it always was.
    trend: Vec<f32>,
    /// Rows by falling popularity, ties by row.
    pub(crate) by_popularity: Vec<u32>,
    covisit_row: Vec<f32>,
    covisit_column: Vec<f32>,
    cosine: Vec<f32>,
    inv_norm: Vec<f32>,
    category: Vec<u32>,
    department: Vec<u32>,
    brand: Vec<u32>,
    log_price: Vec<Option<f32>>,
}

impl Facts {
    pub(crate) fn of(pack: &Pack) -> Self {
        let popularity: Vec<f32> = pack.popularity.iter().map(|&n| n as f32).collect();
        let c = &pack.config;
        let mut by_popularity: Vec<u32> = (0..popularity.len() as u32).collect();
        by_popularity.sort_by(|&a, &b| popularity[b as usize].total_cmp(&popularity[a as usize]).then(a.cmp(&b)));
        let items = pack.catalogue.items();
        let norm = |row: usize| pack.table.row(row).iter().map(|x| x * x).sum::<f32>().sqrt();
        Self {
            trend: trend(&popularity, &pack.recent),
            log_popularity: popularity.iter().map(|n| (1.0 + n).ln()).collect(),
            by_popularity,
            covisit_row: popularity.iter().map(|n| 1.0 / (n + c.covisit_shrink).max(1.0)).collect(),
            covisit_column: popularity.iter().map(|n| n.max(1.0).powf(-c.covisit_alpha)).collect(),
            cosine: popularity.iter().map(|n| 1.0 / (n + c.cosine_shrink).max(1.0).sqrt()).collect(),
            inv_norm: (0..items.len()).map(|row| 1.0 / norm(row).max(1e-6)).collect(),
            category: numbered(items, |item| item.category.join("\t")),
            department: numbered(items, |item| item.department().to_owned()),
            brand: numbered(items, |item| item.brand.clone()),
            log_price: items.iter().map(|item| item.price.map(|p| (p + 0.01).ln())).collect(),
        }
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

/// Scores of the pair channels for one set of shots, over all items.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    pub(crate) covisit: Vec<f32>,
    covisit_max: Vec<f32>,
    hits: Vec<f32>,
    pub(crate) cosine: Vec<f32>,
    cosine_max: Vec<f32>,
}

impl Channels {
    pub(crate) fn of(shots: &[Event], pack: &Pack, facts: &Facts) -> Self {
        let n = pack.catalogue.len();
        let zeros = || vec![0f32; n];
        let mut c = Self { covisit: zeros(), covisit_max: zeros(), hits: zeros(), cosine: zeros(), cosine_max: zeros() };
        for shot in shots {
            let from = shot.item.row();
            for (to, count) in pack.pairs.row(from) {
                let covisit = count * facts.covisit_row[from] * facts.covisit_column[to];
                c.covisit[to] += covisit;
                c.covisit_max[to] = c.covisit_max[to].max(covisit);
                let cosine = count * facts.cosine[from] * facts.cosine[to];
                c.cosine[to] += cosine;
                c.cosine_max[to] = c.cosine_max[to].max(cosine);
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
    shots: &[Event],
    logits: &[f32],
    channels: &Channels,
    pack: &Pack,
    facts: &Facts,
) -> Vec<f32> {
    let k = shots.len().max(1) as f32;
    let rows: Vec<usize> = shots.iter().map(|shot| shot.item.row()).collect();
    let vectors: Vec<(Vec<f32>, f32)> = rows.iter().map(|&row| (pack.table.row(row), facts.inv_norm[row])).collect();
    let prices: Vec<f32> = rows.iter().filter_map(|&row| facts.log_price[row]).collect();
    let mean_price = (!prices.is_empty()).then(|| prices.iter().sum::<f32>() / prices.len() as f32);
    let share = |of: &[u32], row: usize| {
        if of[row] == 0 { 0.0 } else { rows.iter().filter(|&&shot| of[shot] == of[row]).count() as f32 / k }
    };
    let rate = |value: f32| (RATE_FLOOR + value).ln();
    let mut out = Vec::with_capacity(candidates.len() * FEATURES);
    let mut vector = vec![0f32; pack.table.d];
    for &candidate in candidates {
        let row = candidate as usize;
        vector.fill(0.0);
        pack.table.add_row(row, 1.0, &mut vector);
        let (mut near_mean, mut near_max) = (0f32, if vectors.is_empty() { 0f32 } else { -1.0 });
        for (shot, inv_norm) in &vectors {
            let near = kernels::dot(&vector, shot) * inv_norm * facts.inv_norm[row];
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
            0.0,
            0.0,
            0.0,
            0.0,
        ]);
    }
    let first_rank = FEATURES - 4;
    let ranked: [&[f32]; 4] = [&facts.log_popularity, &channels.covisit, &channels.cosine, logits];
    for (nth, score) in ranked.into_iter().enumerate() {
        let mut order: Vec<u32> = (0..candidates.len() as u32).collect();
        let of = |at: u32| score[candidates[at as usize] as usize];
        order.sort_by(|&a, &b| of(b).total_cmp(&of(a)).then(candidates[a as usize].cmp(&candidates[b as usize])));
        for (rank, &at) in order.iter().enumerate() {
            out[at as usize * FEATURES + first_rank + nth] = (rank as f32).ln_1p();
        }
    }
    out
}
