//! Candidate generation: a few hundred products that the ranker scores.

use fewshop_core::{ItemIx, Session};

use crate::features::{DayPromotions, FeatureGroup};
use crate::kernels;
use crate::ranking::model::Model;
use crate::ranking::options::RankOptions;
use crate::ranking::pair_scores::AggregatedScores;
use crate::ranking::run::LearnedSession;

/// The products that the ranker scores, and all that it reads about them. Training asks for this
/// too, so the same code computes its examples and the device's features.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// Products, each once, rows rising.
    pub items: Vec<ItemIx>,
    /// `[items, FEATURES]`, row-major; see [`FEATURE_NAMES`](crate::features::FEATURE_NAMES).
    pub features: Vec<f32>,
    /// The gate that was used.
    pub gate: f32,
}

impl Model {
    /// The best of each source among the products that are allowed and not yet seen: rows, rising.
    pub(crate) fn candidate_rows(
        &self,
        session: &Session,
        learned: &LearnedSession<'_>,
        options: &RankOptions,
    ) -> Vec<u32> {
        let (pack, stats, groups) = (self.pack(), &self.stats, self.groups);
        let open = self.open_rows(session, learned.promotions, options);
        // At least n from each source, so that a small filter still fills a shelf; no more than
        // there are products.
        let take = pack.config().candidates.max(options.n).min(open.len());
        let mut items: Vec<u32> = Vec::with_capacity(6 * take);
        let popular = stats.by_popularity.iter().copied();
        items.extend(popular.filter(|&row| open[row as usize]).take(take));
        if groups.contains(FeatureGroup::Vectors) {
            items.extend(kernels::top_k(&learned.logits, take, &|row| open[row]));
        }
        type PairSource = (FeatureGroup, fn(&AggregatedScores) -> f32);
        let pair_sources: [PairSource; 3] = [
            (FeatureGroup::Covisit, |scores| scores.covisit),
            (FeatureGroup::Cosine, |scores| scores.cosine),
            (FeatureGroup::Regression, |scores| scores.regression),
        ];
        for (group, score) in pair_sources {
            if groups.contains(group) {
                let scores = learned.pair_scores.all();
                let scores = scores.map(|(row, scores)| (row, score(scores)));
                let scores: Vec<(u32, f32)> = scores
                    .filter(|&(row, score)| score > 0.0 && open[row as usize])
                    .collect();
                items.extend(kernels::top_k_of(&scores, take));
            }
        }
        if groups.contains(FeatureGroup::Visits) {
            let scores = learned.history.covisit();
            items.extend(kernels::top_k(scores, take, &|row| {
                scores[row] > 0.0 && open[row]
            }));
        }
        let taken_before = learned.history.taken_before().iter().copied();
        items.extend(taken_before.filter(|&row| open[row as usize]));
        if let (Some(rules), true) = (&self.rules, options.seeds.is_empty()) {
            let pinned = rules.pinned().map(|item| item.0);
            items.extend(pinned.filter(|&row| open[row as usize]));
        }
        kernels::sort_rows(&mut items);
        items.dedup();
        items
    }

    /// Which rows may be picked: not seen in the session, not excluded, within the filter.
    pub(crate) fn open_rows(
        &self,
        session: &Session,
        promotions: &DayPromotions,
        options: &RankOptions,
    ) -> Vec<bool> {
        let (catalogue, stats) = (self.pack().catalogue(), &self.stats);
        let mut open = vec![true; catalogue.len()];
        // What stands for the shopper's words was not chosen, and may be just what is wanted.
        let seeds = options.seeds.iter().copied();
        for item in session.seen().into_iter().chain(seeds) {
            open[item.row()] = false;
        }
        self.close_variants(&mut open);
        for item in self.rules.iter().flat_map(|rules| rules.excluded_items()) {
            open[item.row()] = false;
        }
        if !options.filter.category.is_empty() {
            let allowed = stats.allowed_categories(&options.filter, catalogue.items());
            for (open, &category) in open.iter_mut().zip(&stats.columns.category) {
                *open &= allowed[category as usize];
            }
        }
        if !options.filter.among.is_empty() {
            keep_only(
                &mut open,
                options.filter.among.iter().map(|item| item.row()),
            );
        }
        for item in &options.filter.without {
            if let Some(open) = open.get_mut(item.row()) {
                *open = false;
            }
        }
        if options.filter.promoted {
            keep_only(&mut open, promotions.leaflet());
        }
        open
    }
}

impl Model {
    /// Closes the variants of what is closed: another size of what the shopper knows is no other
    /// product.
    fn close_variants(&self, open: &mut [bool]) {
        let Some(variants) = &self.pack().parts().variants else {
            return;
        };
        let mut known = vec![false; variants.names.len() + 1];
        for (&group, _) in variants
            .group
            .iter()
            .zip(&*open)
            .filter(|(_, open)| !**open)
        {
            known[group as usize] = true;
        }
        // Products without a group have nothing to do with each other.
        known[0] = false;
        for (open, &group) in open.iter_mut().zip(&variants.group) {
            *open &= !known[group as usize];
        }
    }
}

/// Closes all rows but these; rows past the end are ignored.
fn keep_only(open: &mut [bool], rows: impl Iterator<Item = usize>) {
    let mut kept = vec![false; open.len()];
    for row in rows {
        if let Some(kept) = kept.get_mut(row) {
            *kept = true;
        }
    }
    open.iter_mut()
        .zip(kept)
        .for_each(|(open, kept)| *open &= kept);
}
