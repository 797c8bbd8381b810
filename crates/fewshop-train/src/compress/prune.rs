//! Fewer pairs, fewer weights.

use fewshop_core::ItemIx;
use fewshop_model::{Model, Pack, PairTable, RankerWeights};

/// Removes the pairs of each product that rank last in all orders: co-visitation, cosine and
/// regression, which the ranker uses, and lift, by which products go well with one. `keep` is the
/// share to keep; a product with pairs keeps at least one.
#[must_use]
pub fn pairs(pack: &Pack, keep: f64) -> PairTable {
    let model = Model::new(pack.clone());
    let mut out = PairTable {
        offsets: vec![0],
        ..PairTable::default()
    };
    for row in 0..pack.catalogue().len() {
        let all: Vec<_> = pack.pairs().row(row).collect();
        let taken = |to: usize| (pack.popularity()[to] as f32).max(1.0);
        let seed = [ItemIx(row as u32)];
        let orders: [Vec<f32>; 4] = [
            all.iter()
                .map(|pair| pair.count / taken(pair.to).powf(pack.config().covisit_alpha))
                .collect(),
            all.iter()
                .map(|pair| pair.count / (taken(pair.to) + pack.config().cosine_shrink).sqrt())
                .collect(),
            all.iter().map(|pair| pair.regression.abs()).collect(),
            all.iter()
                .map(|pair| model.lift(&seed, ItemIx(pair.to as u32)))
                .collect(),
        ];
        let mut ranks = vec![[0usize; 4]; all.len()];
        for (nth, weights) in orders.iter().enumerate() {
            let mut order: Vec<usize> = (0..all.len()).collect();
            order.sort_by(|&a, &b| {
                weights[b]
                    .total_cmp(&weights[a])
                    .then(all[a].to.cmp(&all[b].to))
            });
            order
                .iter()
                .enumerate()
                .for_each(|(rank, &at)| ranks[at][nth] = rank);
        }
        let best = |at: usize| {
            (
                ranks[at].iter().min().copied(),
                ranks[at].iter().sum::<usize>(),
                all[at].to,
            )
        };
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|&at| best(at));
        order.truncate((keep * all.len() as f64).ceil() as usize);
        order.sort_by_key(|&at| all[at].to);
        for at in order {
            out.items.push(all[at].to as u32);
            out.counts.push(all[at].count);
            out.regression.push(all[at].regression);
        }
        out.offsets.push(out.items.len() as u32);
    }
    out
}

/// Sets this share of the ranker's first-layer weights to 0: those whose product with the
/// second-layer weight is smallest. Features are standardised, so this product bounds how far a
/// weight can move a score.
#[must_use]
pub fn ranker(weights: &RankerWeights, zeros: f64) -> RankerWeights {
    let mut out = weights.clone();
    let h = weights.hidden.max(1);
    let matters = |at: usize| {
        // An unused feature has no effect.
        if weights.inv_std[at / h] == 0.0 {
            0.0
        } else {
            (weights.w1[at] * weights.w2[at % h]).abs()
        }
    };
    let mut order: Vec<usize> = (0..weights.w1.len()).collect();
    order.sort_by(|&a, &b| matters(a).total_cmp(&matters(b)).then(a.cmp(&b)));
    order.truncate((zeros * weights.w1.len() as f64) as usize);
    order.iter().for_each(|&at| out.w1[at] = 0.0);
    out
}

#[cfg(test)]
mod tests {
    use fewshop_model::toy;

    use super::*;

    #[test]
    fn the_heaviest_pairs_stay_and_a_share_of_one_changes_nothing() {
        let pack = toy::pack();
        let half = pairs(&pack, 0.5);
        for row in 0..pack.catalogue().len() {
            let before: Vec<_> = pack.pairs().row(row).collect();
            let after = half.offsets[row]..half.offsets[row + 1];
            assert_eq!(after.len(), before.len().div_ceil(2));
            // In the toy pack counts and regression weights fall together, so the pair that is
            // largest in both must stay.
            let top = before
                .iter()
                .max_by(|a, b| a.regression.total_cmp(&b.regression))
                .unwrap();
            assert!(
                half.items[after.start as usize..after.end as usize].contains(&(top.to as u32))
            );
        }
        let all = pairs(&pack, 1.0);
        assert_eq!(all.items.len(), pack.pairs().items.len());
        assert_eq!(
            (all.offsets, all.counts.len()),
            (pack.pairs().offsets.clone(), pack.pairs().counts.len())
        );
    }

    #[test]
    fn the_smallest_weights_are_removed() {
        let weights = toy::pack().ranker().clone();
        let zeros = |weights: &RankerWeights| weights.w1.iter().filter(|w| **w == 0.0).count();
        let few = ranker(&weights, 0.95);
        assert_eq!(
            zeros(&few),
            zeros(&weights).max((0.95 * weights.w1.len() as f64) as usize)
        );
        let heaviest = weights
            .w1
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 2 == 0)
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        assert_eq!(few.w1[heaviest.unwrap().0], *heaviest.unwrap().1);
        assert_eq!(ranker(&weights, 0.0), weights);
    }
}
