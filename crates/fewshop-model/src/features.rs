//! What the ranker sees of a candidate: its channels' scores and ranks, how it lies to the shots, and what this device alone knows.

use fewshop_core::{Event, Filter, Item};

use crate::kernels::{self, Taste};
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
pub const FEATURES: usize = 42;

/// Their names and parts, in order; a pack names them too, so that weights never meet other features than their own. How many shots
/// there are and how popular they are belongs to no part: it tells the ranker how far to trust the others.
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
const RANKS: usize = 6;
const FIRST_RANK: usize = FEATURES - RANKS;

/// Whether the shots have a say in a rank; popularity and earlier visits are the same whatever is left out.
const RANK_HEARS_SHOTS: [bool; RANKS] = [false, true, true, true, true, false];

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

    /// Cosine of a product to a vector that is given with one over its length.
    pub(crate) fn near(&self, (vector, inv_norm): &(Taste, f32), row: usize, pack: &Pack) -> f32 {
        vector.dot(&pack.table, row) * inv_norm * self.inv_norm[row]
    }

    /// Which categories, by number, a filter allows.
    pub(crate) fn allowed(&self, filter: &Filter, items: &[Item]) -> Vec<bool> {
        let mut allowed = vec![None; self.category.iter().max().map_or(0, |&most| most as usize + 1)];
        for (&category, item) in self.category.iter().zip(items) {
            allowed[category as usize].get_or_insert_with(|| filter.allows(item));
        }
        allowed.into_iter().map(|allowed| allowed == Some(true)).collect()
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

/// What the pairs of all shots, or of all but one, say of one item.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) covisit: f32,
    covisit_max: f32,
    hits: f32,
    pub(crate) cosine: f32,
    cosine_max: f32,
    pub(crate) regression: f32,
    regression_max: f32,
}

impl Sums {
    fn add(&mut self, said: &Said) {
        self.covisit += said.covisit;
        self.covisit_max = self.covisit_max.max(said.covisit);
        self.cosine += said.cosine;
        self.cosine_max = self.cosine_max.max(said.cosine);
        self.regression += said.regression;
        self.regression_max = self.regression_max.max(said.regression);
        self.hits += 1.0;
    }
}

/// What one shot says of one item.
#[derive(Debug)]
struct Said {
    slot: u32,
    /// What the next shot that speaks of the item says; [`NOTHING`] where none does.
    next: u32,
    covisit: f32,
    cosine: f32,
    regression: f32,
}

/// No item and no further word.
const NOTHING: u32 = u32::MAX;

/// The pair channels for one set of shots. Shots speak of some hundred items of a catalogue: those alone have a slot here, and what a shot
/// said of one is kept, so that leaving a shot out costs what that shot said and not another run.
#[derive(Debug)]
pub(crate) struct Channels {
    /// Slot of each item, or [`NOTHING`].
    slot_of: Vec<u32>,
    /// By slot: the item, the sums, what was said first and last.
    items: Vec<u32>,
    sums: Vec<Sums>,
    ends: Vec<(u32, u32)>,
    /// Shot by shot.
    said: Vec<Said>,
    /// `said[starts[j]..starts[j + 1]]` is what shot j said.
    starts: Vec<usize>,
}

impl Channels {
    pub(crate) fn of(shots: &[Event], pack: &Pack, facts: &Facts) -> Self {
        let mut c = Self {
            slot_of: vec![NOTHING; pack.catalogue.len()],
            items: Vec::new(),
            sums: Vec::new(),
            ends: Vec::new(),
            said: Vec::new(),
            starts: vec![0],
        };
        for shot in shots {
            let from = shot.item.row();
            for pair in pack.pairs.row(from) {
                let to = pair.to;
                c.say(
                    to,
                    Said {
                        slot: c.slot_of[to],
                        next: NOTHING,
                        covisit: pair.count * facts.covisit_row[from] * facts.covisit_column[to],
                        cosine: pair.count * facts.cosine[from] * facts.cosine[to],
                        regression: pair.regression,
                    },
                );
            }
            c.starts.push(c.said.len());
        }
        c
    }

    fn say(&mut self, to: usize, mut said: Said) {
        let at = self.said.len() as u32;
        if said.slot == NOTHING {
            said.slot = self.items.len() as u32;
            self.slot_of[to] = said.slot;
            self.items.push(to as u32);
            self.sums.push(Sums::default());
            self.ends.push((at, at));
        } else {
            let (_, last) = &mut self.ends[said.slot as usize];
            self.said[*last as usize].next = at;
            *last = at;
        }
        self.sums[said.slot as usize].add(&said);
        self.said.push(said);
    }

    /// The items that are spoken of, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, &Sums)> {
        self.items.iter().copied().zip(&self.sums)
    }

    /// What is said of one item.
    fn sums(&self, row: usize) -> Sums {
        self.sums.get(self.slot_of[row] as usize).copied().unwrap_or_default()
    }

    /// The items that a shot speaks of, with what the others say of them: added up in the same order as without that shot.
    fn without(&self, shot: usize) -> impl Iterator<Item = (u32, Sums)> {
        let own = self.starts[shot]..self.starts[shot + 1];
        self.said[own.clone()].iter().map(move |said| {
            let mut sums = Sums::default();
            let mut at = self.ends[said.slot as usize].0;
            while at != NOTHING {
                let other = &self.said[at as usize];
                if !own.contains(&(at as usize)) {
                    sums.add(other);
                }
                at = other.next;
            }
            (self.items[said.slot as usize], sums)
        })
    }
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
            .map(|shot| (Taste::of_row(&pack.table, shot.item.row()), facts.inv_norm[shot.item.row()]))
            .collect();
        let near = items.iter().flat_map(|&row| shots.iter().map(move |shot| facts.near(shot, row as usize, pack)));
        let mut board = Self {
            items,
            evidence,
            channels,
            pack,
            facts,
            sums: items.iter().map(|&row| channels.sums(row as usize)).collect(),
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
        for (nth, score) in board.ranked(&board.sums, &board.logits).iter().enumerate().filter(|(_, score)| !score.is_empty()) {
            order.clear();
            order.extend(score.iter().enumerate().map(|(at, &score)| falling(score) << 32 | at as u64));
            order.sort_unstable();
            for (rank, &at) in order.iter().enumerate() {
                features[(at as u32) as usize * FEATURES + FIRST_RANK + nth] = (rank as f32).ln_1p();
            }
        }
        board.features = features;
        board
    }

    /// Features of some of the candidates with one shot left out and this taste of the others; the candidates stay the same.
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
        let logits: Vec<f32> =
            self.items.iter().map(|&row| kernels::logit(&self.pack.table, row as usize, &taste, scale)).collect();
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
        let kept = self.evidence.shots.iter().enumerate().filter(|&(at, _)| Some(at) != left_out);
        let rows: Vec<usize> = kept.map(|(_, shot)| shot.item.row()).collect();
        let prices: Vec<f32> = rows.iter().filter_map(|&row| self.facts.log_price[row]).collect();
        let mean_price = (!prices.is_empty()).then(|| prices.iter().sum::<f32>() / prices.len() as f32);
        let popularity = |row: &usize| self.facts.log_popularity[*row];
        let k = shots.max(1) as f32;
        let rarest = rows.iter().map(popularity).reduce(f32::min).unwrap_or(0.0);
        Kept { left_out, shots, k, mean_price, popularity: rows.iter().map(popularity).sum::<f32>() / k, rarest }
    }

    /// Appends the features of one candidate, its ranks still 0.
    fn row(&self, at: usize, sums: &Sums, logit: f32, kept: Kept, out: &mut Vec<f32>) {
        let (pack, facts, Evidence { shots, known }) = (self.pack, self.facts, self.evidence);
        let (row, k) = (self.items[at] as usize, kept.k);
        let near = &self.near[at * shots.len()..(at + 1) * shots.len()];
        let (mut near_mean, mut near_max) = (0f32, if kept.shots == 0 { 0f32 } else { -1.0 });
        for (_, &near) in near.iter().enumerate().filter(|&(shot, _)| Some(shot) != kept.left_out) {
            near_mean += near / k;
            near_max = near_max.max(near);
        }
        let share = |of: &[u32]| {
            let own = of[row];
            if own == 0 {
                return 0.0;
            }
            let alike = |(at, shot): &(usize, &Event)| Some(*at) != kept.left_out && of[shot.item.row()] == own;
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
            kept.mean_price.zip(facts.log_price[row]).map_or(0.0, |(mean, price)| (price - mean).abs()),
            (kept.shots as f32).ln_1p(),
            kept.popularity,
            kept.rarest,
            facts.trend[row],
            pack.repeat[row],
        ]);
        out.extend(known.visit_features(row, pack, facts));
        out.extend(known.dismissal_features(row, pack, facts));
        out.extend([0.0; RANKS]);
    }

    /// The scores that candidates are ranked by, each `[items]`, or empty where nothing is known.
    fn ranked(&self, sums: &[Sums], logits: &[f32]) -> [Vec<f32>; RANKS] {
        let of_item = |scores: &[f32]| {
            if scores.is_empty() { Vec::new() } else { self.items.iter().map(|&row| scores[row as usize]).collect() }
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
    u64::from(if bits >> 31 == 1 { bits } else { !bits & 0x7fff_ffff })
}

/// How many scores come before the one at `at`: the larger ones, and equal ones that stand before it.
fn rank_of(scores: &[f32], at: usize) -> u32 {
    let Some(&own) = scores.get(at) else { return 0 };
    let before: u32 = scores[..at].iter().map(|&score| u32::from(score >= own)).sum();
    let after: u32 = scores[at..].iter().map(|&score| u32::from(score > own)).sum();
    before + after
}

/// Logarithm of a rate that may be 0.
pub(crate) fn rate(value: f32) -> f32 {
    (RATE_FLOOR + value).ln()
}

/// Regression weights are small and lie close to 0: their square root spreads them, and keeps the sign.
pub(crate) fn signed_root(x: f32) -> f32 {
    x.abs().sqrt().copysign(x)
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
