//! Grows a real shop for measurements by copying its products. Good for times and sizes, and for
//! nothing else.

use anyhow::{Context, Result};
use fewshop_core::{Catalogue, ItemId};
use fewshop_model::{ItemTable, Pack, PackParts, PairTable};

/// The pack with `items` products. The first ones are its own, or fewer of them if fewer are
/// requested. Each further one copies one of them, with its own id, a slightly different vector,
/// and as many pairs, with originals or copies.
pub(crate) fn grown(pack: &Pack, items: usize, seed: u64) -> Result<Pack> {
    let n = pack.catalogue().len();
    let mut random = Random(seed);
    let source: Vec<usize> = (0..items)
        .map(|row| if row < n { row } else { random.below(n) })
        .collect();
    let mut copies: Vec<Vec<u32>> = vec![Vec::new(); n];
    for (row, &of) in source.iter().enumerate() {
        copies[of].push(row as u32);
    }
    let products = source.iter().enumerate().map(|(row, &of)| {
        let mut item = pack.catalogue().items()[of].clone();
        if row >= n {
            item.id = ItemId(format!("{}-{row}", item.id.0));
        }
        item
    });
    let catalogue =
        Catalogue::new(products.collect()).context("the copies have ids of their own")?;
    let d = pack.item_table().d;
    let mut q = Vec::with_capacity(items * d);
    for (row, &of) in source.iter().enumerate() {
        let own = &pack.item_table().q[of * d..(of + 1) * d];
        q.extend(own.iter().map(|&x| {
            if row < n {
                x
            } else {
                x.saturating_add(random.below(5) as i8 - 2)
            }
        }));
    }
    let table = ItemTable {
        d,
        q,
        scale: source
            .iter()
            .map(|&of| pack.item_table().scale[of])
            .collect(),
        bias: source
            .iter()
            .map(|&of| pack.item_table().bias[of])
            .collect(),
        subspaces: pack.item_table().subspaces,
    };
    let mut pairs = PairTable {
        offsets: vec![0],
        ..PairTable::default()
    };
    for &of in &source {
        let mut row: Vec<(u32, f32, f32)> = pack
            .pairs()
            .row(of)
            .filter(|pair| !copies[pair.to].is_empty())
            .map(|pair| {
                (
                    copies[pair.to][random.below(copies[pair.to].len())],
                    pair.count,
                    pair.regression,
                )
            })
            .collect();
        row.sort_by_key(|&(to, ..)| to);
        row.dedup_by_key(|&mut (to, ..)| to);
        for (to, count, regression) in row {
            pairs.items.push(to);
            pairs.counts.push(count);
            pairs.regression.push(regression);
        }
        pairs
            .offsets
            .push(u32::try_from(pairs.items.len()).context("too many pairs")?);
    }
    let mut adapter = pack.adapter().clone();
    adapter.negatives.retain(|&row| (row as usize) < items);
    let of = |values: &[u32]| source.iter().map(|&of| values[of]).collect();
    let pack = Pack::new(PackParts {
        card: pack.card().clone(),
        config: pack.config().clone(),
        catalogue,
        popularity: of(pack.popularity()),
        recent_popularity: of(pack.recent_popularity()),
        repeat_rates: source.iter().map(|&of| pack.repeat_rates()[of]).collect(),
        item_table: table,
        pairs,
        encoder: pack.encoder().clone(),
        adapter,
        ranker: pack.ranker().clone(),
        ..PackParts::default()
    });
    pack.context("the grown pack does not fit together")
}

/// SplitMix64: the same shop every time, without a dependency.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::shop_pack;

    #[test]
    fn a_grown_shop_holds_the_real_one_and_can_be_written_and_read() {
        let pack = Pack::from_bytes(&std::fs::read(shop_pack()).unwrap()).unwrap();
        let n = pack.catalogue().len();
        let big = grown(&pack, n + 500, 7).unwrap();
        assert_eq!(big.catalogue().len(), n + 500);
        assert_eq!(big.catalogue().items()[..n], *pack.catalogue().items());
        assert_eq!(grown(&pack, n + 500, 7).unwrap(), big);
        assert!(Pack::from_bytes(&big.to_bytes().unwrap()).is_ok());
        assert_eq!(
            grown(&pack, 500, 7).unwrap().catalogue().items(),
            &pack.catalogue().items()[..500]
        );
    }
}
