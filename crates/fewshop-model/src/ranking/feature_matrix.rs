//! The candidates of one run, with their features, and what the features would be without one of
//! the shots.

use fewshop_core::Event;

use crate::features::{FEATURES, FIRST_RANK, Facts, RANK_HEARS_SHOTS, RANKS, rate, signed_root};
use crate::kernels::{self, Taste};
use crate::pack::Pack;
use crate::ranking::pair_scores::{Channels, Sums};
use crate::ranking::shopper_history::Known;

/// What a run learns from: the shots at hand, and what this device alone knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    /// Oldest first.
    pub(crate) shots: &'a [Event],
    pub(crate) known: &'a Known<'a>,
}

/// Shots that count: all of them, or all but one.
#[derive(Debug, Clone, Copy)]
struct Kept {
    left_out: Option<usize>,
    /// How many there are, and at least 1: what means are taken over.
    shots: usize,
    k: f32,
    mean_price: Option<f32>,
    /// Log-popularity of the shots: their mean, and that of the rarest one; 0 without shots.
    popularity: f32,
    rarest: f32,
}

/// The candidates of one run with all that is known of them.
#[derive(Debug)]
pub(crate) struct Board<'a> {
    /// Rows, rising.
    items: &'a [u32],
    evidence: Evidence<'a>,
    channels: &'a Channels,
    pack: &'a Pack,
    facts: &'a Facts,
    /// `[items]`.
    sums: Vec<Sums>,
    /// `[items]`.
    logits: Vec<f32>,
    /// Cosine of each candidate to each shot, `[items, shots]`.
    near: Vec<f32>,
    /// `[items, FEATURES]`, row-major.
    pub(crate) features: Vec<f32>,
}

impl<'a> Board<'a> {
    /// # Shapes
    /// - `logits`: of all items, from [`kernels::scan`]
    pub(crate) fn of(
        items: &'a [u32],
        evidence: Evidence<'a>,
        logits: &[f32],
        channels: &'a Channels,
        pack: &'a Pack,
        facts: &'a Facts,
    ) -> Self {
        let shots: Vec<(Taste, f32)> = evidence
            .shots
            .iter()
            .map(|shot| {
                (
                    Taste::of_row(&pack.table, shot.item.row()),
                    facts.inv_norm[shot.item.row()],
                )
            })
            .collect();
        let near = items.iter().flat_map(|&row| {
            shots
                .iter()
                .map(move |shot| facts.near(shot, row as usize, pack))
        });
        let mut board = Self {
            items,
            evidence,
            channels,
            pack,
            facts,
            sums: items
                .iter()
                .map(|&row| channels.sums(row as usize))
                .collect(),
            logits: items.iter().map(|&row| logits[row as usize]).collect(),
            near: near.collect(),
            features: Vec::new(),
        };
        let mut features = Vec::with_capacity(items.len() * FEATURES);
        let kept = board.kept(None);
        for at in 0..items.len() {
            board.row(at, &board.sums[at], board.logits[at], kept, &mut features);
        }
        let mut order: Vec<u64> = Vec::with_capacity(items.len());
        for (nth, score) in board
            .ranked(&board.sums, &board.logits)
            .iter()
            .enumerate()
            .filter(|(_, score)| !score.is_empty())
        {
            order.clear();
            order.extend(
                score
                    .iter()
                    .enumerate()
                    .map(|(at, &score)| falling(score) << 32 | at as u64),
            );
            order.sort_unstable();
            for (rank, &at) in order.iter().enumerate() {
                features[(at as u32) as usize * FEATURES + FIRST_RANK + nth] =
                    (rank as f32).ln_1p();
            }
        }
        board.features = features;
        board
    }

    /// Features of some of the candidates with one shot left out and this taste of the others; the
    /// candidates stay the same.
    ///
    /// # Shapes
    /// - `wanted`: places among the candidates
    /// - output: `[wanted, FEATURES]`
    pub(crate) fn without(&self, shot: usize, taste: &[f32], wanted: &[usize]) -> Vec<f32> {
        let mut sums = self.sums.clone();
        for (row, rest) in self.channels.without(shot) {
            if let Ok(at) = self.items.binary_search(&row) {
                sums[at] = rest;
            }
        }
        let taste = Taste::of(taste);
        let scale = self.pack.config.logit_scale;
        let logits: Vec<f32> = self
            .items
            .iter()
            .map(|&row| kernels::logit(&self.pack.table, row as usize, &taste, scale))
            .collect();
        let kept = self.kept(Some(shot));
        let ranked = self.ranked(&sums, &logits);
        let mut out = Vec::with_capacity(wanted.len() * FEATURES);
        for &at in wanted {
            self.row(at, &sums[at], logits[at], kept, &mut out);
            let ranks = out.len() - RANKS;
            for (nth, score) in ranked.iter().enumerate() {
                out[ranks + nth] = if RANK_HEARS_SHOTS[nth] {
                    (rank_of(score, at) as f32).ln_1p()
                } else {
                    self.features[at * FEATURES + FIRST_RANK + nth]
                };
            }
        }
        out
    }

    fn kept(&self, left_out: Option<usize>) -> Kept {
        let shots = self.evidence.shots.len() - usize::from(left_out.is_some());
        let kept = self
            .evidence
            .shots
            .iter()
            .enumerate()
            .filter(|&(at, _)| Some(at) != left_out);
        let rows: Vec<usize> = kept.map(|(_, shot)| shot.item.row()).collect();
        let prices: Vec<f32> = rows
            .iter()
            .filter_map(|&row| self.facts.log_price[row])
            .collect();
        let mean_price =
            (!prices.is_empty()).then(|| prices.iter().sum::<f32>() / prices.len() as f32);
        let popularity = |row: &usize| self.facts.log_popularity[*row];
        let k = shots.max(1) as f32;
        let rarest = rows.iter().map(popularity).reduce(f32::min).unwrap_or(0.0);
        Kept {
            left_out,
            shots,
            k,
            mean_price,
            popularity: rows.iter().map(popularity).sum::<f32>() / k,
            rarest,
        }
    }

    /// Appends the features of one candidate, its ranks still 0.
    fn row(&self, at: usize, sums: &Sums, logit: f32, kept: Kept, out: &mut Vec<f32>) {
        let (pack, facts, Evidence { shots, known }) = (self.pack, self.facts, self.evidence);
        let (row, k) = (self.items[at] as usize, kept.k);
        let near = &self.near[at * shots.len()..(at + 1) * shots.len()];
        let (mut near_mean, mut near_max) = (0f32, if kept.shots == 0 { 0f32 } else { -1.0 });
        for (_, &near) in near
            .iter()
            .enumerate()
            .filter(|&(shot, _)| Some(shot) != kept.left_out)
        {
            near_mean += near / k;
            near_max = near_max.max(near);
        }
        let share = |of: &[u32]| {
            let own = of[row];
            if own == 0 {
                return 0.0;
            }
            let alike = |(at, shot): &(usize, &Event)| {
                Some(*at) != kept.left_out && of[shot.item.row()] == own
            };
            shots.iter().enumerate().filter(alike).count() as f32 / k
        };
        out.extend([
            facts.log_popularity[row],
            rate(sums.covisit / k),
            rate(sums.covisit_max),
            sums.hits / k,
            rate(sums.cosine / k),
            rate(sums.cosine_max),
            signed_root(sums.regression / k),
            signed_root(sums.regression_max),
            logit - pack.table.bias[row],
            logit,
            near_mean,
            near_max,
            share(&facts.category),
            share(&facts.department),
            share(&facts.brand),
            kept.mean_price
                .zip(facts.log_price[row])
                .map_or(0.0, |(mean, price)| (price - mean).abs()),
            (kept.shots as f32).ln_1p(),
            kept.popularity,
            kept.rarest,
            facts.trend[row],
            facts.season[row],
            pack.repeat[row],
        ]);
        out.extend(known.visit_features(row, pack, facts));
        out.extend(known.dismissal_features(row, pack, facts));
        out.extend([0.0; RANKS]);
    }

    /// The scores that candidates are ranked by, each `[items]`, or empty where nothing is known.
    fn ranked(&self, sums: &[Sums], logits: &[f32]) -> [Vec<f32>; RANKS] {
        let of_item = |scores: &[f32]| {
            if scores.is_empty() {
                Vec::new()
            } else {
                self.items.iter().map(|&row| scores[row as usize]).collect()
            }
        };
        let of_sums = |score: fn(&Sums) -> f32| sums.iter().map(score).collect();
        [
            of_item(&self.facts.log_popularity),
            of_sums(|sums| sums.covisit),
            of_sums(|sums| sums.cosine),
            of_sums(|sums| sums.regression),
            logits.to_vec(),
            of_item(self.evidence.known.taken_lately()),
        ]
    }
}

/// A key that rises as the score falls; 0 and -0 are one.
fn falling(score: f32) -> u64 {
    let bits = (score + 0.0).to_bits();
    u64::from(if bits >> 31 == 1 {
        bits
    } else {
        !bits & 0x7fff_ffff
    })
}

/// How many scores come before the one at `at`: the larger ones, and equal ones that stand before
/// it.
fn rank_of(scores: &[f32], at: usize) -> u32 {
    let Some(&own) = scores.get(at) else { return 0 };
    let before: u32 = scores[..at]
        .iter()
        .map(|&score| u32::from(score >= own))
        .sum();
    let after: u32 = scores[at..]
        .iter()
        .map(|&score| u32::from(score > own))
        .sum();
    before + after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy;
    use fewshop_core::{EventKind, ItemIx};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// The definition of a reason: the same candidates, as if the shot had never been.
        #[test]
        fn leaving_a_shot_out_is_a_run_without_it(rows in prop::collection::btree_set(0u32..60, 1..8), taste in prop::collection::vec(-1f32..1.0, 8)) {
            let pack = toy::pack();
            let facts = Facts::of(&pack);
            let known = Known::of(None, vec![ItemIx(59)], &pack, &facts);
            let shots: Vec<Event> = rows.iter().map(|&row| Event::new(ItemIx(row), EventKind::View)).collect();
            let items: Vec<u32> = (0..60).filter(|row| !rows.contains(row)).collect();
            let logits = kernels::scan(&pack.table, &taste, pack.config.logit_scale);
            let channels = Channels::of(&shots, &pack, &facts);
            let board = Board::of(&items, Evidence { shots: &shots, known: &known }, &logits, &channels, &pack, &facts);
            let wanted: Vec<usize> = (0..items.len()).step_by(3).collect();
            for left_out in 0..shots.len() {
                let mut rest = shots.clone();
                rest.remove(left_out);
                let channels = Channels::of(&rest, &pack, &facts);
                let fresh = Board::of(&items, Evidence { shots: &rest, known: &known }, &logits, &channels, &pack, &facts);
                let fresh: Vec<f32> = wanted.iter().flat_map(|at| &fresh.features[at * FEATURES..(at + 1) * FEATURES]).copied().collect();
                prop_assert_eq!(board.without(left_out, &taste, &wanted), fresh);
            }
        }
    }

    #[test]
    fn keys_rise_as_scores_fall() {
        let mut scores = [f32::MIN, -1.5, -0.0, 0.0, 1e-9, 2.0, f32::MAX];
        scores.sort_by_key(|&score| falling(score));
        assert_eq!(scores, [f32::MAX, 2.0, 1e-9, 0.0, 0.0, -1.5, f32::MIN]);
    }
}
