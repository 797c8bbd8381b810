//! Scores of candidates from the pair table: how the context items score other products by
//! co-visitation, cosine and regression.

use fewshop_core::Event;

use crate::features::ItemStats;
use crate::pack::Pack;

/// The scores of one product, aggregated over all context items or over all but one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct AggregatedScores {
    pub(crate) covisit: f32,
    pub(crate) covisit_max: f32,
    /// Context items that are paired with the product.
    pub(crate) hits: f32,
    pub(crate) cosine: f32,
    pub(crate) cosine_max: f32,
    pub(crate) regression: f32,
    pub(crate) regression_max: f32,
    /// From the last context item alone.
    pub(crate) last_covisit: f32,
    pub(crate) last_cosine: f32,
    pub(crate) last_regression: f32,
    /// Sums in which each context item counts [`ORDER_DECAY`] times as much as the one after it.
    pub(crate) recent_cosine: f32,
    pub(crate) recent_regression: f32,
}

/// Weight of a context item relative to the one after it.
pub(crate) const ORDER_DECAY: f32 = 0.6;

/// The weight of a context item that has `after` others after it.
pub(crate) fn recency(after: usize) -> f32 {
    ORDER_DECAY.powi(after as i32)
}

impl AggregatedScores {
    /// Adds a score of a context item that has `after` others after it.
    fn add(&mut self, score: &PairScore, after: usize) {
        self.covisit += score.covisit;
        self.covisit_max = self.covisit_max.max(score.covisit);
        self.cosine += score.cosine;
        self.cosine_max = self.cosine_max.max(score.cosine);
        self.regression += score.regression;
        self.regression_max = self.regression_max.max(score.regression);
        self.hits += 1.0;
        if after == 0 {
            self.last_covisit = score.covisit;
            self.last_cosine = score.cosine;
            self.last_regression = score.regression;
        }
        let recency = recency(after);
        self.recent_cosine += recency * score.cosine;
        self.recent_regression += recency * score.regression;
    }
}

/// How one context item scores one product.
#[derive(Debug)]
struct PairScore {
    slot: u32,
    /// Number of the context item.
    context: u32,
    /// The next score of the same product, by a later context item; [`NONE`] at the end.
    next: u32,
    covisit: f32,
    cosine: f32,
    regression: f32,
}

/// Sentinel: no slot, end of the list.
const NONE: u32 = u32::MAX;

/// The pair scores of one set of context items. They reach some hundreds of the catalogue's
/// products; only those have a slot. Single scores are kept in a linked list for each product, so
/// that leaving a context item out costs its own pairs and not another run.
#[derive(Debug)]
pub(crate) struct PairScores {
    /// Slot of each product, or [`NONE`].
    slot_of: Vec<u32>,
    /// By slot: the product, its aggregated scores, its first and its last score.
    items: Vec<u32>,
    aggregated: Vec<AggregatedScores>,
    ends: Vec<(u32, u32)>,
    /// Context item by context item.
    scores: Vec<PairScore>,
    /// Number of context items.
    context: usize,
}

impl PairScores {
    pub(crate) fn of(context: &[Event], pack: &Pack, stats: &ItemStats) -> Self {
        let mut all = Self {
            slot_of: vec![NONE; pack.catalogue().len()],
            items: Vec::new(),
            aggregated: Vec::new(),
            ends: Vec::new(),
            scores: Vec::new(),
            context: context.len(),
        };
        for (nth, event) in context.iter().enumerate() {
            let after = context.len() - 1 - nth;
            let from = event.item.row();
            for pair in pack.pairs().row(from) {
                let to = pair.to;
                all.record(
                    to,
                    PairScore {
                        slot: all.slot_of[to],
                        context: nth as u32,
                        next: NONE,
                        covisit: pair.count * stats.covisit_row[from] * stats.covisit_column[to],
                        cosine: pair.count * stats.cosine[from] * stats.cosine[to],
                        regression: pair.regression,
                    },
                    after,
                );
            }
        }
        all
    }

    fn record(&mut self, to: usize, mut score: PairScore, after: usize) {
        let at = self.scores.len() as u32;
        if score.slot == NONE {
            score.slot = self.items.len() as u32;
            self.slot_of[to] = score.slot;
            self.items.push(to as u32);
            self.aggregated.push(AggregatedScores::default());
            self.ends.push((at, at));
        } else {
            let (_, last) = &mut self.ends[score.slot as usize];
            self.scores[*last as usize].next = at;
            *last = at;
        }
        self.aggregated[score.slot as usize].add(&score, after);
        self.scores.push(score);
    }

    /// The products that have a score, in no particular order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &AggregatedScores)> {
        self.items.iter().copied().zip(&self.aggregated)
    }

    /// The scores of one product; zeros where it has none.
    pub(crate) fn of_item(&self, row: usize) -> AggregatedScores {
        self.aggregated
            .get(self.slot_of[row] as usize)
            .copied()
            .unwrap_or_default()
    }

    /// The products that have a score, with their scores without one context item: zeros for those
    /// that only it scores. All of them, because the last item and the recency of those before it
    /// change too. The sums are taken in the same order as without that item, so they have the same
    /// bits.
    pub(crate) fn without(&self, left_out: usize) -> impl Iterator<Item = (u32, AggregatedScores)> {
        // Without the item itself, one fewer comes after those before it.
        let context = self.context;
        let after = move |nth: usize| context - 1 - nth - usize::from(nth < left_out);
        self.items.iter().zip(&self.ends).map(move |(&row, ends)| {
            let mut aggregated = AggregatedScores::default();
            let mut at = ends.0;
            while at != NONE {
                let score = &self.scores[at as usize];
                let nth = score.context as usize;
                if nth != left_out {
                    aggregated.add(score, after(nth));
                }
                at = score.next;
            }
            (row, aggregated)
        })
    }
}
