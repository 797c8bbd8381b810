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
    /// Context items that are paired with the product, each with its part.
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
const ORDER_DECAY: f32 = 0.6;

/// The place of a context item among those that count.
#[derive(Debug, Clone, Copy)]
struct Place {
    is_last: bool,
    recency: f32,
}

impl Place {
    /// Of a context item that has `after` others after it.
    fn before(after: usize) -> Self {
        Self {
            is_last: after == 0,
            recency: ORDER_DECAY.powi(after as i32),
        }
    }
}

impl AggregatedScores {
    fn add(&mut self, score: &PairScore, place: Place) {
        let part = score.part;
        self.covisit += part * score.covisit;
        self.covisit_max = self.covisit_max.max(score.covisit);
        self.cosine += part * score.cosine;
        self.cosine_max = self.cosine_max.max(score.cosine);
        self.regression += part * score.regression;
        self.regression_max = self.regression_max.max(score.regression);
        self.hits += part;
        if place.is_last {
            self.last_covisit = score.covisit;
            self.last_cosine = score.cosine;
            self.last_regression = score.regression;
        }
        self.recent_cosine += place.recency * part * score.cosine;
        self.recent_regression += place.recency * part * score.regression;
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
    /// As which part of a context item the context item counts.
    part: f32,
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
    /// `scores[starts[j]..starts[j + 1]]` belong to context item j.
    starts: Vec<usize>,
    /// Whether the ranker reads the order of the context items.
    reads_order: bool,
}

impl PairScores {
    /// # Shapes
    /// - `parts`: `[context items]`, as which part of one each counts
    pub(crate) fn of(
        context: &[Event],
        parts: &[f32],
        pack: &Pack,
        stats: &ItemStats,
        reads_order: bool,
    ) -> Self {
        let mut all = Self {
            slot_of: vec![NONE; pack.catalogue().len()],
            items: Vec::new(),
            aggregated: Vec::new(),
            ends: Vec::new(),
            scores: Vec::new(),
            starts: vec![0],
            reads_order,
        };
        for (nth, (event, &part)) in context.iter().zip(parts).enumerate() {
            let place = Place::before(context.len() - 1 - nth);
            let from = event.item.row();
            for pair in pack.pairs().row(from) {
                let to = pair.to;
                all.record(
                    to,
                    PairScore {
                        slot: all.slot_of[to],
                        context: nth as u32,
                        next: NONE,
                        part,
                        covisit: pair.count * stats.covisit_row[from] * stats.covisit_column[to],
                        cosine: pair.count * stats.cosine[from] * stats.cosine[to],
                        regression: pair.regression,
                    },
                    place,
                );
            }
            all.starts.push(all.scores.len());
        }
        all
    }

    fn record(&mut self, to: usize, mut score: PairScore, place: Place) {
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
        self.aggregated[score.slot as usize].add(&score, place);
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

    /// The products whose scores change without one context item, with these scores: those that it
    /// scores, or all if the ranker reads the order, because the last item and the recency of those
    /// before it change too. The sums are taken in the same order as without that item, so they have
    /// the same bits.
    pub(crate) fn without(&self, left_out: usize) -> impl Iterator<Item = (u32, AggregatedScores)> {
        let slots: Vec<u32> = if self.reads_order {
            (0..self.items.len() as u32).collect()
        } else {
            let own = &self.scores[self.starts[left_out]..self.starts[left_out + 1]];
            own.iter().map(|score| score.slot).collect()
        };
        // Without the item itself, one fewer comes after those before it.
        let context = self.starts.len() - 1;
        let after = |nth: usize| (context - 1 - nth).saturating_sub(usize::from(nth < left_out));
        let places: Vec<Place> = (0..context).map(|nth| Place::before(after(nth))).collect();
        slots.into_iter().map(move |slot| {
            let mut aggregated = AggregatedScores::default();
            let mut at = self.ends[slot as usize].0;
            while at != NONE {
                let score = &self.scores[at as usize];
                let nth = score.context as usize;
                if nth != left_out {
                    aggregated.add(score, places[nth]);
                }
                at = score.next;
            }
            (self.items[slot as usize], aggregated)
        })
    }
}
