//! The order in which a pack holds its products: as they stand on the shelf, like beside like.
//!
//! Nothing that is learned depends on it, but a file of neighbours that are alike compresses: the
//! page's copy of Complete Journey's catalogue goes from 104 to 73 kB (brotli).

use anyhow::Result;
use fewshop_core::Catalogue;
use fewshop_model::{ItemTable, Pack, Pair, PairTable};

/// The same pack with its rows in the order of category, title, brand and size. Heads of a profile
/// are left out: they number the groups of products in that order.
///
/// # Errors
/// Never for a pack that is valid; its parts are checked again.
pub(crate) fn in_shelf_order(pack: &Pack) -> Result<Pack> {
    let items = pack.catalogue.items();
    let mut order: Vec<usize> = (0..items.len()).collect();
    let key = |row: usize| {
        (
            &items[row].category,
            &items[row].title,
            &items[row].brand,
            &items[row].size,
            &items[row].id,
        )
    };
    order.sort_by(|&a, &b| key(a).cmp(&key(b)));
    let mut row_of = vec![0u32; order.len()];
    for (new, &old) in order.iter().enumerate() {
        row_of[old] = new as u32;
    }
    let d = pack.table.d;
    let table = ItemTable {
        d,
        q: order
            .iter()
            .flat_map(|&old| &pack.table.q[old * d..(old + 1) * d])
            .copied()
            .collect(),
        scale: order.iter().map(|&old| pack.table.scale[old]).collect(),
        bias: order.iter().map(|&old| pack.table.bias[old]).collect(),
        spaces: pack.table.spaces,
    };
    let mut pairs = PairTable {
        offsets: vec![0],
        ..PairTable::default()
    };
    for &old in &order {
        let mut row: Vec<(u32, Pair)> = pack
            .pairs
            .row(old)
            .map(|pair| (row_of[pair.to], pair))
            .collect();
        row.sort_by_key(|&(to, _)| to);
        pairs.items.extend(row.iter().map(|&(to, _)| to));
        pairs.counts.extend(row.iter().map(|(_, pair)| pair.count));
        pairs
            .regression
            .extend(row.iter().map(|(_, pair)| pair.regression));
        pairs.offsets.push(pairs.items.len() as u32);
    }
    let mut adapter = pack.adapter.clone();
    adapter
        .negatives
        .iter_mut()
        .for_each(|row| *row = row_of[*row as usize]);
    adapter.negatives.sort_unstable();
    let moved = |counts: &[u32]| order.iter().map(|&old| counts[old]).collect();
    let row = |row: &mut u32| *row = row_of[*row as usize];
    let mut rules = pack.rules.clone();
    rules.pin.iter_mut().for_each(|(pinned, _)| row(pinned));
    rules.shift.iter_mut().for_each(|(moved, _)| row(moved));
    rules
        .exclude
        .iter_mut()
        .chain(&mut rules.out_of_stock)
        .for_each(row);
    let mut offers = pack.offers.clone();
    for offer in offers.iter_mut().flat_map(|offers| &mut offers.offers) {
        offer.items.iter_mut().for_each(row);
        offer.items.sort_unstable();
    }
    let mut fresh = pack.fresh.clone();
    fresh.iter_mut().for_each(row);
    fresh.sort_unstable();
    let ordered = Pack::validated(
        pack.card.clone(),
        pack.config.clone(),
        Catalogue::new(order.iter().map(|&old| items[old].clone()).collect())?,
        moved(&pack.popularity),
        moved(&pack.recent),
        order.iter().map(|&old| pack.repeat[old]).collect(),
        table,
        pairs,
        pack.encoder.clone(),
        adapter,
        pack.ranker.clone(),
    )?;
    Ok(ordered
        .with_season(if pack.season.is_empty() {
            Vec::new()
        } else {
            moved(&pack.season)
        })?
        .with_rules(rules)?
        .with_offers(offers)?
        .with_fresh(fresh)?)
}
