//! Signals from earlier visits and from dismissals. They do not depend on the context items, so
//! leave-one-out explanations can reuse them.

use std::collections::HashMap;

use fewshop_core::ItemIx;

use crate::features::{Direction, ItemStats};
use crate::kernels::{self, QuantisedQuery};
use crate::pack::Pack;

/// Earlier visits that one run reads, the latest ones. A shop may store fewer: the storefront keeps
/// ten.
pub const MODEL_MAX_VISITS: usize = 12;

/// Weight of a visit relative to the one after it.
const VISIT_DECAY: f32 = 0.8;

/// Earlier visits and dismissals of a shopper. The default is a shopper without either.
#[derive(Debug, Default)]
pub(crate) struct ShopperHistory<'a> {
    visits: Option<&'a VisitHistory>,
    pub(crate) dismissed: Vec<ItemIx>,
    dismissed_directions: Vec<Direction>,
    /// Largest cosine of the pair counts with a dismissed product, `[items]`; empty without any.
    dismissed_cosine: Vec<f32>,
}

/// The earlier visits, aggregated over all products. It costs more than a run and is the same for a
/// whole visit, so [`Recommender`](crate::Recommender) computes it once, when it receives the
/// visits.
#[derive(Debug)]
pub(crate) struct VisitHistory {
    visits: Vec<Vec<ItemIx>>,
    /// Decayed sum over the visits that took the product, the latest counting 1, `[items]`.
    decayed: Vec<f32>,
    /// Share of the visits that took it, `[items]`.
    share: Vec<f32>,
    /// Visits since it was last taken, `[items]`; the number of visits where it never was.
    age: Vec<f32>,
    /// Mean co-visitation weight from the products taken, `[items]`.
    covisit: Vec<f32>,
    /// Mean regression weight from the products taken, `[items]`.
    regression: Vec<f32>,
    /// Mean vector of the products taken.
    embedding: QuantisedQuery,
    /// Rows taken, each once.
    rows: Vec<u32>,
    /// Share of the decayed sums by category and by brand.
    categories: HashMap<u32, f32>,
    brands: HashMap<u32, f32>,
}

/// The earlier visits as one candidate sees them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VisitSignals {
    /// Visits.
    pub(crate) count: usize,
    /// See [`VisitHistory`].
    pub(crate) decayed: f32,
    pub(crate) share: f32,
    pub(crate) age: f32,
    pub(crate) covisit: f32,
    pub(crate) regression: f32,
    /// Product of the mean vector with the candidate's.
    pub(crate) affinity: f32,
    pub(crate) category_share: f32,
    pub(crate) brand_share: f32,
}

impl VisitSignals {
    /// A shopper without earlier visits: nothing was ever taken.
    const NONE: Self = Self {
        count: 0,
        decayed: 0.0,
        share: 0.0,
        age: f32::INFINITY,
        covisit: 0.0,
        regression: 0.0,
        affinity: 0.0,
        category_share: 0.0,
        brand_share: 0.0,
    };
}

/// The dismissals as one candidate sees them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DismissalSignals {
    /// Dismissed products.
    pub(crate) count: usize,
    /// Largest cosine similarity to a dismissed product's vector, at least 0.
    pub(crate) nearest: f32,
    /// Dismissed products of the candidate's category.
    pub(crate) same_category: usize,
    /// Largest cosine of the pair counts with a dismissed product.
    pub(crate) cosine: f32,
}

impl<'a> ShopperHistory<'a> {
    pub(crate) fn of(
        visits: Option<&'a VisitHistory>,
        dismissed: Vec<ItemIx>,
        pack: &Pack,
        stats: &ItemStats,
    ) -> Self {
        let items = if dismissed.is_empty() {
            0
        } else {
            pack.catalogue().len()
        };
        let mut dismissed_cosine = vec![0f32; items];
        for item in &dismissed {
            let from = item.row();
            for pair in pack.pairs().row(from) {
                let cosine = pair.count * stats.cosine[from] * stats.cosine[pair.to];
                dismissed_cosine[pair.to] = dismissed_cosine[pair.to].max(cosine);
            }
        }
        Self {
            visits,
            dismissed_directions: dismissed
                .iter()
                .map(|item| stats.direction(item.row(), pack.item_table()))
                .collect(),
            dismissed_cosine,
            dismissed,
        }
    }

    /// Whether there are neither earlier visits nor dismissals.
    pub(crate) fn is_empty(&self) -> bool {
        self.visits.is_none() && self.dismissed.is_empty()
    }

    /// Products taken on earlier visits, as candidates.
    pub(crate) fn taken_before(&self) -> &[u32] {
        self.visits.map_or(&[], |visits| &visits.rows)
    }

    /// On how many earlier visits a product was taken.
    pub(crate) fn times_taken(&self, row: u32) -> u32 {
        self.visits.map_or(0, |history| {
            let took = |visit: &&Vec<ItemIx>| visit.contains(&ItemIx(row));
            history.visits.iter().filter(took).count() as u32
        })
    }

    /// Co-visitation with the products of earlier visits, `[items]`; empty without visits.
    pub(crate) fn covisit(&self) -> &[f32] {
        self.visits.map_or(&[], |visits| &visits.covisit)
    }

    /// Decayed counts of earlier visits, `[items]`; empty without visits.
    pub(crate) fn taken_lately(&self) -> &[f32] {
        self.visits.map_or(&[], |visits| &visits.decayed)
    }

    /// The earlier visits as one candidate sees them.
    pub(crate) fn visit_signals(&self, row: usize, pack: &Pack, stats: &ItemStats) -> VisitSignals {
        let Some(visits) = self.visits else {
            return VisitSignals::NONE;
        };
        let share_of =
            |shares: &HashMap<u32, f32>, facet| shares.get(facet).copied().unwrap_or(0.0);
        VisitSignals {
            count: visits.visits.len(),
            decayed: visits.decayed[row],
            share: visits.share[row],
            age: visits.age[row],
            covisit: visits.covisit[row],
            regression: visits.regression[row],
            affinity: visits
                .embedding
                .dot(kernels::byte_rows(pack.item_table()), row),
            category_share: share_of(&visits.categories, &stats.columns.category[row]),
            brand_share: share_of(&visits.brands, &stats.columns.brand[row]),
        }
    }

    /// The dismissals as one candidate sees them.
    pub(crate) fn dismissal_signals(
        &self,
        row: usize,
        pack: &Pack,
        stats: &ItemStats,
    ) -> DismissalSignals {
        let category = stats.columns.category[row];
        let same = |item: &&ItemIx| category != 0 && stats.columns.category[item.row()] == category;
        DismissalSignals {
            count: self.dismissed.len(),
            nearest: self
                .dismissed_directions
                .iter()
                .map(|direction| stats.similarity(direction, row, pack.item_table()))
                .fold(0.0, f32::max),
            same_category: self.dismissed.iter().filter(same).count(),
            cosine: self.dismissed_cosine.get(row).copied().unwrap_or(0.0),
        }
    }
}

impl VisitHistory {
    /// `visits` come latest first; those past [`MODEL_MAX_VISITS`] are not read. `None` when nothing
    /// was taken.
    pub(crate) fn of(visits: &[Vec<ItemIx>], pack: &Pack, stats: &ItemStats) -> Option<Self> {
        let visits = &visits[..visits.len().min(MODEL_MAX_VISITS)];
        if visits.iter().all(Vec::is_empty) {
            return None;
        }
        let n = pack.catalogue().len();
        let zeros = || vec![0f32; n];
        let mut embedding = vec![0f32; pack.item_table().d];
        let mut history = Self {
            visits: visits.to_vec(),
            decayed: zeros(),
            share: zeros(),
            age: vec![visits.len() as f32; n],
            covisit: zeros(),
            regression: zeros(),
            embedding: QuantisedQuery::default(),
            rows: Vec::new(),
            categories: HashMap::new(),
            brands: HashMap::new(),
        };
        let mut weight = 1.0;
        let mut sum = 0.0;
        for (age, visit) in visits.iter().enumerate() {
            for item in visit {
                let from = item.row();
                if history.share[from] == 0.0 {
                    history.rows.push(item.0);
                    history.age[from] = age as f32;
                }
                history.decayed[from] += weight;
                history.share[from] += 1.0 / visits.len() as f32;
                pack.item_table().add_row(from, weight, &mut embedding);
                for pair in pack.pairs().row(from) {
                    history.covisit[pair.to] += weight
                        * pair.count
                        * stats.covisit_row[from]
                        * stats.covisit_column[pair.to];
                    history.regression[pair.to] += weight * pair.regression;
                }
                sum += weight;
            }
            weight *= VISIT_DECAY;
        }
        // Means over the products taken, so that a long memory weighs no more than a short one.
        for list in [
            &mut history.covisit,
            &mut history.regression,
            &mut embedding,
        ] {
            list.iter_mut().for_each(|x| *x /= f32::max(sum, 1.0));
        }
        history.embedding = QuantisedQuery::of(&embedding);
        history.categories = shares(&history.rows, &history.decayed, &stats.columns.category);
        history.brands = shares(&history.rows, &history.decayed, &stats.columns.brand);
        Some(history)
    }
}

/// The share of the weights that falls on each value of a facet. Rows without the facet count in
/// the total only.
fn shares(rows: &[u32], weight: &[f32], facet: &[u32]) -> HashMap<u32, f32> {
    let all: f32 = rows.iter().map(|&row| weight[row as usize]).sum();
    let mut out = HashMap::new();
    for &row in rows.iter().filter(|&&row| facet[row as usize] != 0) {
        *out.entry(facet[row as usize]).or_insert(0.0) += weight[row as usize] / all.max(1e-6);
    }
    out
}
