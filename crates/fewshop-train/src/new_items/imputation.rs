//! Puts products into a pack that were not there when it was trained.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use fewshop_core::{Catalogue, Item, ItemIx};
use fewshop_model::profile::ProfileInputs;
use fewshop_model::{ItemTable, Pack, PairTable};

use crate::learner::in_shelf_order;

/// Pairs kept a new product, either way: as many as a trained one has.
const PAIRS: usize = 64;

/// A product to be added and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem {
    /// The product.
    pub item: Item,
    /// Rows of the pack that it resembles, with weights that add up to 1; may be empty.
    pub neighbours: Vec<(u32, f32)>,
    /// Its vector, `[d]`, where something better than its neighbours' mean is known.
    pub vector: Option<Vec<f32>>,
}

/// The pack with new products in their place on the shelf.
///
/// What a new product has is the weighted mean of its neighbours': vector (to unit length), bias,
/// popularity, repeat rate, and the pairs that they stand in. Without neighbours it has the
/// catalogue's mean vector and was never sold. Nothing that the pack holds of its old products
/// changes but the pairs that they gain. Heads of a profile go on where the new products leave
/// their groups as they were, and are left out otherwise.
///
/// # Errors
/// When an id is in the pack already, or a neighbour or vector does not fit the pack.
pub fn add(pack: &Pack, newcomers: &[NewItem]) -> Result<Pack> {
    let (n, d) = (pack.catalogue.len(), pack.table.d);
    let mut out = pack.clone();
    let mut vectors = Vec::with_capacity(newcomers.len() * d);
    let mut biases = Vec::with_capacity(newcomers.len());
    let middle = Middle::of(pack);
    let reverse = Reverse::of(&pack.pairs, n);
    // For each old row the new pairs that it gains; for each new row its own.
    let mut gained: BTreeMap<u32, Vec<Link>> = BTreeMap::new();
    let mut own: Vec<Vec<Link>> = Vec::with_capacity(newcomers.len());
    for (nth, newcomer) in newcomers.iter().enumerate() {
        let id = &newcomer.item.id;
        if pack.catalogue.ix(id).is_some() {
            bail!("item '{id}' is in the pack already: leave it out, or train again to change it");
        }
        let near = &newcomer.neighbours;
        if let Some((row, _)) = near.iter().find(|(row, _)| *row as usize >= n) {
            bail!("item '{id}' has the neighbour {row}, the pack has {n} products");
        }
        let vector = match &newcomer.vector {
            Some(vector) if vector.len() == d => vector.clone(),
            Some(vector) => bail!(
                "item '{id}' has a vector of {} numbers, those of the pack have {d}",
                vector.len()
            ),
            None if near.is_empty() => middle.vector.clone(),
            None => unit_mean(&pack.table, near),
        };
        vectors.extend(vector);
        let mean = |of: &dyn Fn(usize) -> f32, without: f32| {
            if near.is_empty() {
                without
            } else {
                near.iter()
                    .map(|&(row, weight)| weight * of(row as usize))
                    .sum()
            }
        };
        biases.push(mean(&|row| pack.table.bias[row], middle.lowest_bias));
        out.popularity
            .push(mean(&|row| pack.popularity[row] as f32, 0.0).round() as u32);
        out.recent
            .push(mean(&|row| pack.recent[row] as f32, 0.0).round() as u32);
        if !pack.season.is_empty() {
            out.season
                .push(mean(&|row| pack.season[row] as f32, 0.0).round() as u32);
        }
        out.repeat
            .push(mean(&|row| pack.repeat[row], middle.repeat).clamp(0.0, 1.0));
        let new_row = (n + nth) as u32;
        own.push(strongest(
            near.iter().flat_map(|&(row, weight)| {
                pack.pairs
                    .row(row as usize)
                    .map(move |pair| (pair.to as u32, weight, pair.count, pair.regression))
            }),
            pack,
        ));
        let speakers = near.iter().flat_map(|&(row, weight)| {
            reverse
                .row(row)
                .iter()
                .map(move |&(from, count, regression)| (from, weight, count, regression))
        });
        for link in strongest(speakers, pack) {
            gained.entry(link.to).or_default().push(Link {
                to: new_row,
                ..link
            });
        }
    }
    let added = ItemTable::quantise(&vectors, d, biases);
    out.table.q.extend(added.q);
    out.table.scale.extend(added.scale);
    out.table.bias.extend(added.bias);
    out.pairs = with_links(pack, &gained, &own);
    let items: Vec<Item> = pack
        .catalogue
        .items()
        .iter()
        .chain(newcomers.iter().map(|new| &new.item))
        .cloned()
        .collect();
    out.catalogue = Catalogue::new(items).context("the new products do not fit the pack's")?;
    out.fresh
        .extend((n..n + newcomers.len()).map(|row| row as u32));
    let out = in_shelf_order(&out)?;
    let row_of = |ix: ItemIx| out.catalogue.ix(&pack.catalogue[ix].id).map(ItemIx::row);
    let same = ProfileInputs::of(&out).groups_as(&ProfileInputs::of(pack), row_of);
    let profile = pack.profile.clone().filter(|_| same);
    Ok(out.with_profile(profile)?)
}

/// What a product has that resembles none.
struct Middle {
    vector: Vec<f32>,
    lowest_bias: f32,
    repeat: f32,
}

impl Middle {
    fn of(pack: &Pack) -> Self {
        let n = pack.catalogue.len();
        let all: Vec<(u32, f32)> = (0..n as u32).map(|row| (row, 1.0)).collect();
        Self {
            vector: unit_mean(&pack.table, &all),
            lowest_bias: pack
                .table
                .bias
                .iter()
                .copied()
                .fold(f32::INFINITY, f32::min),
            repeat: pack.repeat.iter().sum::<f32>() / n as f32,
        }
    }
}

fn unit_mean(table: &ItemTable, near: &[(u32, f32)]) -> Vec<f32> {
    let mut out = vec![0.0; table.d];
    near.iter()
        .for_each(|&(row, weight)| table.add_row(row as usize, weight, &mut out));
    let norm = out.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
    out.into_iter().map(|x| x / norm).collect()
}

#[derive(Debug, Clone, Copy)]
struct Link {
    to: u32,
    count: f32,
    regression: f32,
}

/// Who speaks for a product.
struct Reverse(Vec<Vec<(u32, f32, f32)>>);

impl Reverse {
    fn of(pairs: &PairTable, n: usize) -> Self {
        let mut rows = vec![Vec::new(); n];
        for from in 0..n {
            for pair in pairs.row(from) {
                rows[pair.to].push((from as u32, pair.count, pair.regression));
            }
        }
        Self(rows)
    }

    fn row(&self, row: u32) -> &[(u32, f32, f32)] {
        &self.0[row as usize]
    }
}

/// Means of counts and regression weights by partner, those with the highest cosine kept. A count
/// stays on the pack's scale: its bytes are shared by all pairs, and old pairs must not move.
fn strongest(said: impl Iterator<Item = (u32, f32, f32, f32)>, pack: &Pack) -> Vec<Link> {
    let mut sums: BTreeMap<u32, (f32, f32)> = BTreeMap::new();
    for (to, weight, count, regression) in said {
        let sum = sums.entry(to).or_default();
        sum.0 += weight * count;
        sum.1 += weight * regression;
    }
    let counts = &pack.pairs.counts;
    let (min, max) = counts
        .iter()
        .fold((f32::MAX, f32::MIN_POSITIVE), |(min, max), &c| {
            (min.min(c), max.max(c))
        });
    let mut links: Vec<(f32, Link)> = sums
        .into_iter()
        .filter(|(_, (count, _))| *count >= min)
        .map(|(to, (count, regression))| {
            let strength = count
                / (pack.popularity[to as usize] as f32 + pack.config.cosine_shrink)
                    .max(1.0)
                    .sqrt();
            (
                strength,
                Link {
                    to,
                    count: count.min(max),
                    regression,
                },
            )
        })
        .collect();
    links.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.to.cmp(&b.1.to)));
    links.truncate(PAIRS);
    links.into_iter().map(|(_, link)| link).collect()
}

fn with_links(pack: &Pack, gained: &BTreeMap<u32, Vec<Link>>, own: &[Vec<Link>]) -> PairTable {
    let mut out = PairTable {
        offsets: vec![0],
        ..PairTable::default()
    };
    let mut push = |links: &mut dyn Iterator<Item = Link>| {
        for link in links {
            out.items.push(link.to);
            out.counts.push(link.count);
            out.regression.push(link.regression);
        }
        out.offsets.push(out.items.len() as u32);
    };
    for row in 0..pack.catalogue.len() {
        let old = pack.pairs.row(row).map(|pair| Link {
            to: pair.to as u32,
            count: pair.count,
            regression: pair.regression,
        });
        push(&mut old.chain(gained.get(&(row as u32)).into_iter().flatten().copied()));
    }
    for links in own {
        push(&mut links.iter().copied());
    }
    out
}
