//! What ranks where the ranker is no better than one of its own channels: no shop should be served
//! worse than by counting.

use std::collections::BTreeMap;

use fewshop_data::progress::say;
use fewshop_model::{Channel, RankerWeights, channel_scores, kernels};

use super::ranker::{RankerExample, mean_ndcg};

/// Minimum number of cases that can justify a fallback.
const MIN_FALLBACK_CASES: usize = 30;

/// What should rank in place of the ranker, for 1, 2, … context items: the best channel wherever
/// the ranker is no better on the validation cases. Empty if it is better everywhere.
pub(crate) fn fallback(valid: &[RankerExample], weights: &RankerWeights) -> Vec<Option<Channel>> {
    let mut by_size: BTreeMap<usize, Vec<&RankerExample>> = BTreeMap::new();
    for example in valid {
        if let Some(k) = example.context_items.filter(|&k| k > 0) {
            by_size.entry(k).or_default().push(example);
        }
    }
    by_size.retain(|_, cases| cases.len() >= MIN_FALLBACK_CASES);
    let mut measured: Vec<(usize, Option<Channel>)> = Vec::new();
    for (k, cases) in by_size {
        let own = mean_ndcg(&cases, |features| kernels::rank(features, weights));
        let of_channel = |channel| mean_ndcg(&cases, |f| channel_scores(f, channel));
        let best = Channel::ALL
            .map(|channel| (of_channel(channel), channel))
            .into_iter()
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let better = best.filter(|&(ndcg, _)| ndcg >= own);
        if let Some((ndcg, channel)) = better {
            say(&format!(
                "{k} context items: {} alone ranks at least as well ({ndcg:.4}, the ranker {own:.4}) and takes its place",
                channel.feature()
            ));
        }
        measured.push((k, better.map(|(_, channel)| channel)));
    }
    if measured.iter().all(|(_, channel)| channel.is_none()) {
        return Vec::new();
    }
    // Sizes that were not measured do as the next smaller one that was.
    let last = measured.last().map_or(0, |&(k, _)| k);
    let at = |k: usize| {
        let smaller = measured.iter().rev().find(|&&(size, _)| size <= k);
        smaller
            .or(measured.first())
            .and_then(|&(_, channel)| channel)
    };
    (1..=last).map(at).collect()
}

#[cfg(test)]
mod tests {
    use fewshop_model::features::{FEATURE_NAMES, FEATURES};

    use super::*;

    /// Cases in which the relevant candidate is the first by one feature, and the last by popularity.
    fn cases(decides: &str, context_items: usize, n: usize) -> Vec<RankerExample> {
        let value = |feature: &str, row: usize| match feature {
            "popularity" => row as f32,
            _ => f32::from(u8::from(feature == decides && row == 0)),
        };
        let candidate = |row| FEATURE_NAMES.map(|feature| value(feature, row));
        let features: Vec<f32> = (0..30).flat_map(candidate).collect();
        let example = |_| RankerExample::for_test(features.clone(), context_items);
        (0..n).map(example).collect()
    }

    /// A network that reads one feature.
    fn ranker(name: &str) -> RankerWeights {
        let reads = |feature: &&str| f32::from(u8::from(*feature == name));
        RankerWeights {
            hidden: 1,
            mean: vec![0.0; FEATURES],
            inv_std: vec![1.0; FEATURES],
            w1: FEATURE_NAMES.iter().map(reads).collect(),
            b1: vec![1.0],
            w2: vec![1.0],
            b2: 0.0,
        }
    }

    fn both(one: Vec<RankerExample>, other: Vec<RankerExample>) -> Vec<RankerExample> {
        one.into_iter().chain(other).collect()
    }

    #[test]
    fn the_best_channel_takes_the_place_of_a_ranker_that_is_no_better() {
        let valid = both(cases("covisit_mean", 1, 40), cases("cosine_mean", 3, 40));
        let found = fallback(&valid, &ranker("popularity"));
        let (covisit, cosine) = (Some(Channel::Covisit), Some(Channel::Cosine));
        assert_eq!(found, [covisit, covisit, cosine]);
    }

    #[test]
    fn a_ranker_that_knows_more_than_its_channels_keeps_its_place() {
        assert!(fallback(&cases("taste", 1, 40), &ranker("taste")).is_empty());
        let valid = both(cases("taste", 1, 40), cases("covisit_mean", 5, 40));
        let found = fallback(&valid, &ranker("taste"));
        assert_eq!(found[..4], [None; 4]);
        assert_eq!(found[4..], [Some(Channel::Covisit)]);
    }

    #[test]
    fn too_few_cases_say_nothing() {
        assert!(fallback(&cases("covisit_mean", 1, 29), &ranker("popularity")).is_empty());
    }
}
