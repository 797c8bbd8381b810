//! What this device alone knows of a shopper: earlier visits and what was turned down. The shots,
//! of which one after the other is left out to find reasons, do not change it.

use std::collections::HashMap;

use fewshop_core::ItemIx;

use crate::features::{Facts, Part, rate, signed_root};
use crate::kernels::Taste;
use crate::pack::Pack;

/// Earlier visits that one run learns from, the latest ones.
pub const MAX_VISITS: usize = 12;

/// An earlier visit weighs this much less than the one after it.
const VISIT_DECAY: f32 = 0.8;

/// Number of features of the earlier visits and of what was turned down, without ranks.
const VISIT_FEATURES: usize = 11;
const DISMISSAL_FEATURES: usize = 4;

/// Earlier visits and dismissals, with what they say of all items. The default knows nothing.
#[derive(Debug, Default)]
pub(crate) struct Known<'a> {
    past: Option<&'a Past>,
    pub(crate) dismissed: Vec<ItemIx>,
    /// Dismissed rows as vectors, with one over their lengths.
    dismissed_vectors: Vec<(Taste, f32)>,
    /// Largest cosine of the pair counts with a dismissed product, over all items; empty without
    /// any.
    dismissed_covisit: Vec<f32>,
}

/// What the earlier visits say, over all items but for the first and the last four. It costs more
/// than a run and is the same for a whole visit, so it is worked out when the visits become known.
#[derive(Debug)]
pub(crate) struct Past {
    visits: Vec<Vec<ItemIx>>,
    /// Decayed sum over the visits that took the item, the latest counting 1.
    lately: Vec<f32>,
    /// Share of the visits that took it.
    share: Vec<f32>,
    /// Visits since it was taken last; the number of visits where it never was.
    age: Vec<f32>,
    covisit: Vec<f32>,
    regression: Vec<f32>,
    taste: Taste,
    /// Rows taken, each once.
    rows: Vec<u32>,
    /// Share of the decayed sums by category and by brand.
    categories: HashMap<u32, f32>,
    brands: HashMap<u32, f32>,
}

impl<'a> Known<'a> {
    pub(crate) fn of(
        past: Option<&'a Past>,
        dismissed: Vec<ItemIx>,
        pack: &Pack,
        facts: &Facts,
    ) -> Self {
        let mut dismissed_covisit = vec![
            0f32;
            if dismissed.is_empty() {
                0
            } else {
                pack.catalogue.len()
            }
        ];
        for item in &dismissed {
            let from = item.row();
            for pair in pack.pairs.row(from) {
                let cosine = pair.count * facts.cosine[from] * facts.cosine[pair.to];
                dismissed_covisit[pair.to] = dismissed_covisit[pair.to].max(cosine);
            }
        }
        Self {
            past,
            dismissed_vectors: dismissed
                .iter()
                .map(|item| {
                    (
                        Taste::of_row(&pack.table, item.row()),
                        facts.inv_norm[item.row()],
                    )
                })
                .collect(),
            dismissed_covisit,
            dismissed,
        }
    }

    /// What earlier visits took, as candidates.
    pub(crate) fn taken_before(&self) -> &[u32] {
        self.past.map_or(&[], |past| &past.rows)
    }

    /// On how many earlier visits a product was taken.
    pub(crate) fn times_taken(&self, row: u32) -> u32 {
        self.past.map_or(0, |past| {
            past.visits
                .iter()
                .filter(|visit| visit.contains(&ItemIx(row)))
                .count() as u32
        })
    }

    /// Scores by which what goes with earlier visits is found; empty without any.
    pub(crate) fn covisit(&self) -> &[f32] {
        self.past.map_or(&[], |past| &past.covisit)
    }

    /// Scores by which candidates are ranked as taken before; empty without earlier visits.
    pub(crate) fn taken_lately(&self) -> &[f32] {
        self.past.map_or(&[], |past| &past.lately)
    }

    /// What the earlier visits say of one candidate.
    pub(crate) fn visit_features(
        &self,
        row: usize,
        pack: &Pack,
        facts: &Facts,
    ) -> [f32; VISIT_FEATURES] {
        let Some(past) = self.past else {
            return [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, rate(0.0), 0.0, 0.0, 0.0, 0.0];
        };
        let taken = past.share[row] > 0.0;
        [
            (past.visits.len() as f32).ln_1p(),
            f32::from(u8::from(past.age[row] == 0.0)),
            past.lately[row],
            past.share[row],
            if taken {
                1.0 / (1.0 + past.age[row])
            } else {
                0.0
            },
            if taken { pack.repeat[row] } else { 0.0 },
            rate(past.covisit[row]),
            signed_root(past.regression[row]),
            past.taste.dot(&pack.table, row),
            past.categories
                .get(&facts.category[row])
                .copied()
                .unwrap_or(0.0),
            past.brands.get(&facts.brand[row]).copied().unwrap_or(0.0),
        ]
    }

    /// What was turned down says of one candidate.
    pub(crate) fn dismissal_features(
        &self,
        row: usize,
        pack: &Pack,
        facts: &Facts,
    ) -> [f32; DISMISSAL_FEATURES] {
        if self.dismissed.is_empty() {
            return [0.0; DISMISSAL_FEATURES];
        }
        let category = facts.category[row];
        let alike = self
            .dismissed
            .iter()
            .filter(|item| category != 0 && facts.category[item.row()] == category)
            .count();
        [
            (self.dismissed.len() as f32).ln_1p(),
            self.dismissed_vectors
                .iter()
                .map(|vector| facts.near(vector, row, pack))
                .fold(0.0, f32::max),
            alike as f32,
            self.dismissed_covisit[row],
        ]
    }
}

impl Past {
    /// `None` where nothing was taken or the ranker does not read it. `visits` are the latest
    /// first; those past [`MAX_VISITS`] are not read.
    pub(crate) fn of(visits: &[Vec<ItemIx>], pack: &Pack, facts: &Facts) -> Option<Self> {
        let visits = &visits[..visits.len().min(MAX_VISITS)];
        if !facts.has(Part::Visits) || visits.iter().all(Vec::is_empty) {
            return None;
        }
        let n = pack.catalogue.len();
        let zeros = || vec![0f32; n];
        let mut taste = vec![0f32; pack.table.d];
        let mut p = Self {
            visits: visits.to_vec(),
            lately: zeros(),
            share: zeros(),
            age: vec![visits.len() as f32; n],
            covisit: zeros(),
            regression: zeros(),
            taste: Taste::default(),
            rows: Vec::new(),
            categories: HashMap::new(),
            brands: HashMap::new(),
        };
        let mut weight = 1.0;
        let mut sum = 0.0;
        for (age, visit) in visits.iter().enumerate() {
            for item in visit {
                let from = item.row();
                if p.share[from] == 0.0 {
                    p.rows.push(item.0);
                    p.age[from] = age as f32;
                }
                p.lately[from] += weight;
                p.share[from] += 1.0 / visits.len() as f32;
                pack.table.add_row(from, weight, &mut taste);
                for pair in pack.pairs.row(from) {
                    p.covisit[pair.to] += weight
                        * pair.count
                        * facts.covisit_row[from]
                        * facts.covisit_column[pair.to];
                    p.regression[pair.to] += weight * pair.regression;
                }
                sum += weight;
            }
            weight *= VISIT_DECAY;
        }
        // Means over what was taken, so that a long memory speaks no louder than a short one.
        for list in [&mut p.covisit, &mut p.regression, &mut taste] {
            list.iter_mut().for_each(|x| *x /= f32::max(sum, 1.0));
        }
        p.taste = Taste::of(&taste);
        p.categories = shares(&p.rows, &p.lately, &facts.category);
        p.brands = shares(&p.rows, &p.lately, &facts.brand);
        Some(p)
    }
}

/// Weights by facet, of the rows that bear it, as shares of all; rows without the facet count in
/// the whole only.
fn shares(rows: &[u32], weight: &[f32], facet: &[u32]) -> HashMap<u32, f32> {
    let all: f32 = rows.iter().map(|&row| weight[row as usize]).sum();
    let mut out = HashMap::new();
    for &row in rows.iter().filter(|&&row| facet[row as usize] != 0) {
        *out.entry(facet[row as usize]).or_insert(0.0) += weight[row as usize] / all.max(1e-6);
    }
    out
}
