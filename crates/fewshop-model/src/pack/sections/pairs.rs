//! Pairs of items: co-occurrence counts and regression weights.

use std::collections::BTreeMap;

use fewshop_core::order;

use super::joined_pairs;
use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, PLAIN_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section, check_length, check_rows};
use crate::pack::varint::{read_varint, write_varint};
use crate::weights::{Pair, PairTable};

/// Pairs kept for a new item in each direction: as many as a trained one has.
const MAX_NEW_PAIRS: usize = 64;

pub(in crate::pack) struct Pairs;

impl Section for Pairs {
    const NAMES: &'static [&'static str] = &[
        "pairs.lengths",
        "pairs.gaps",
        "pairs.counts",
        "pairs.regression",
    ];
    const SINCE: u32 = PLAIN_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<bool, PackError> {
        if !parts.pairs.joined {
            write_pairs(&parts.pairs, out, meta);
        }
        Ok(!parts.pairs.joined)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if !joined_pairs::is_in(file) {
            parts.pairs = read_pairs(file, meta.items, meta)?;
        } else if file.has("pairs.lengths") {
            return Err(PackError::field("pairs.lengths", "is there twice"));
        }
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let (n, p) = (parts.catalogue.len(), &parts.pairs);
        check_length("pairs.offsets", p.offsets.len(), n + 1)?;
        check_length("pairs.counts", p.counts.len(), p.items.len())?;
        check_length("pairs.regression", p.regression.len(), p.items.len())?;
        let rises = p.offsets.windows(2).all(|w| w[0] <= w[1]);
        if p.offsets.first() != Some(&0)
            || !rises
            || p.offsets.last().map(|&e| e as usize) != Some(p.items.len())
        {
            return Err(PackError::field(
                "pairs.offsets",
                "must rise from 0 to the number of pairs",
            ));
        }
        check_rows("pairs.items", &p.items, n)?;
        if p.counts.iter().any(|&c| !(c.is_finite() && c > 0.0)) {
            return Err(PackError::field(
                "pairs.counts",
                "must hold positive numbers",
            ));
        }
        if p.regression.iter().any(|w| !w.is_finite()) {
            return Err(PackError::field(
                "pairs.regression",
                "must hold finite numbers",
            ));
        }
        Ok(())
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        let mut pairs = PairTable {
            offsets: vec![0],
            joined: before.pairs.joined,
            ..PairTable::default()
        };
        for &old in order.old_rows() {
            let mut row: Vec<(u32, Pair)> = before
                .pairs
                .row(old)
                .map(|pair| (order.row(pair.to as u32), pair))
                .collect();
            order::sort_by_key(&mut row, |&(to, _)| to);
            for (to, pair) in row {
                pairs.items.push(to);
                pairs.counts.push(pair.count);
                pairs.regression.push(pair.regression);
            }
            pairs.offsets.push(pairs.items.len() as u32);
        }
        parts.pairs = pairs;
        Ok(())
    }

    /// A new item gets the mean of its neighbours' pairs, in both directions.
    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        let n = before.catalogue.len();
        let reverse = Reverse::of(&before.pairs, n);
        // For each old row the new pairs that it gains; for each new row its own.
        let mut gained: BTreeMap<u32, Vec<Link>> = BTreeMap::new();
        let mut own: Vec<Vec<Link>> = Vec::with_capacity(added.len());
        for (nth, new) in added.iter().enumerate() {
            let near = &new.neighbours;
            own.push(strongest(
                near.iter().flat_map(|&(row, weight)| {
                    before
                        .pairs
                        .row(row as usize)
                        .map(move |pair| (pair.to as u32, weight, pair.count, pair.regression))
                }),
                before,
            ));
            let partners = near.iter().flat_map(|&(row, weight)| {
                reverse
                    .row(row)
                    .iter()
                    .map(move |&(from, count, regression)| (from, weight, count, regression))
            });
            for link in strongest(partners, before) {
                gained.entry(link.to).or_default().push(Link {
                    to: (n + nth) as u32,
                    ..link
                });
            }
        }
        parts.pairs = with_links(before, &gained, &own);
        Ok(())
    }
}

fn write_pairs(p: &PairTable, out: &mut Writer, meta: &mut Meta) {
    let (counts, weights) = codes(p, meta);
    // Row lengths instead of offsets: they are small and compress well.
    let lengths: Vec<u16> = p
        .offsets
        .windows(2)
        .map(|w| u16::try_from(w[1] - w[0]).unwrap_or(u16::MAX))
        .collect();
    out.u16("pairs.lengths", &lengths);
    // Partners are sorted by row, so that only the gaps between them are stored; most fit into one
    // byte.
    let mut order: Vec<usize> = Vec::with_capacity(p.items.len());
    let mut gaps = Vec::new();
    for ends in p.offsets.windows(2) {
        let first = order.len();
        order.extend(ends[0] as usize..ends[1] as usize);
        order[first..].sort_by_key(|&at| p.items[at]);
        let mut next = 0;
        for &at in &order[first..] {
            write_varint(&mut gaps, p.items[at] - next);
            next = p.items[at] + 1;
        }
    }
    out.u8("pairs.gaps", &gaps);
    let q: Vec<u8> = order.iter().map(|&at| counts[at]).collect();
    out.u8("pairs.counts", &q);
    let q: Vec<i8> = order.iter().map(|&at| weights[at]).collect();
    out.i8("pairs.regression", &[q.len()], &q);
}

/// The codes of counts and regression weights; sets the ends of their scales.
pub(super) fn codes(p: &PairTable, meta: &mut Meta) -> (Vec<u8>, Vec<i8>) {
    let (min, max) = p
        .counts
        .iter()
        .fold((f32::MAX, f32::MIN_POSITIVE), |(min, max), &c| {
            (min.min(c), max.max(c))
        });
    let min = min.clamp(f32::MIN_POSITIVE, max);
    let max_abs = p.regression.iter().fold(0f32, |m, w| m.max(w.abs()));
    (
        meta.pair_count_min,
        meta.pair_count_max,
        meta.pair_regression_max,
    ) = (min, max, max_abs);
    let counts = p.counts.iter().map(|&c| quantise_count(c, min, max));
    let weights = p.regression.iter().map(|&w| quantise_weight(w, max_abs));
    (counts.collect(), weights.collect())
}

/// The pairs that have these codes.
pub(super) fn from_codes(
    offsets: Vec<u32>,
    items: Vec<u32>,
    counts: &[u8],
    weights: &[i8],
    meta: &Meta,
) -> PairTable {
    let counts = counts
        .iter()
        .map(|&q| dequantise_count(q, meta.pair_count_min, meta.pair_count_max));
    let weights = weights
        .iter()
        .map(|&q| dequantise_weight(q, meta.pair_regression_max));
    PairTable {
        offsets,
        items,
        counts: counts.collect(),
        regression: weights.collect(),
        joined: false,
    }
}

fn read_pairs(file: &Container<'_>, n: usize, meta: &Meta) -> Result<PairTable, PackError> {
    let mut offsets = vec![0u32];
    let mut at = 0u32;
    for length in file.u16("pairs.lengths", n)? {
        at = at
            .checked_add(u32::from(length))
            .ok_or_else(|| PackError::field("pairs.lengths", "add up to more than 2^32"))?;
        offsets.push(at);
    }
    let gaps = file.u8("pairs.gaps", file.len_of("pairs.gaps")?)?;
    // A gap takes at least one byte, so a hostile length cannot allocate more memory than the size
    // of the file.
    if (at as usize) > gaps.len() {
        return Err(PackError::field(
            "pairs.gaps",
            format!("has {} bytes for {at} pairs", gaps.len()),
        ));
    }
    let mut items = Vec::with_capacity(at as usize);
    let mut gaps = gaps.iter();
    for ends in offsets.windows(2) {
        let mut next = 0u32;
        for _ in ends[0]..ends[1] {
            let item = read_varint(&mut gaps)
                .and_then(|gap| next.checked_add(gap))
                .filter(|&item| (item as usize) < n);
            let item = item.ok_or_else(|| {
                PackError::field("pairs.gaps", format!("lead out of the {n} items"))
            })?;
            items.push(item);
            next = item + 1;
        }
    }
    if !gaps.as_slice().is_empty() {
        return Err(PackError::field("pairs.gaps", "has bytes left over"));
    }
    let counts = file.u8("pairs.counts", at as usize)?;
    let weights = file.i8("pairs.regression", &[at as usize])?;
    Ok(from_codes(offsets, items, counts, &weights, meta))
}

/// Quantisation steps of a count. Counts span four orders of magnitude and only their ratios
/// matter, so steps are logarithmic: a step is 14 %, the error half of it.
const COUNT_STEPS: f32 = 63.0;
/// Steps of a regression weight on either side of 0.
const WEIGHT_STEPS: f32 = 31.0;

fn quantise_count(count: f32, min: f32, max: f32) -> u8 {
    if max <= min {
        0
    } else {
        ((count / min).max(1.0).ln() / (max / min).ln() * COUNT_STEPS).round() as u8
    }
}

fn dequantise_count(q: u8, min: f32, max: f32) -> f32 {
    min * (f32::from(q) / COUNT_STEPS * (max / min).ln()).exp()
}

/// Most weights are small beside the largest: their square root gives them finer steps.
fn quantise_weight(weight: f32, max_abs: f32) -> i8 {
    if max_abs <= 0.0 {
        0
    } else {
        ((weight.abs() / max_abs).sqrt() * WEIGHT_STEPS)
            .round()
            .copysign(weight) as i8
    }
}

fn dequantise_weight(q: i8, max_abs: f32) -> f32 {
    let root = f32::from(q) / WEIGHT_STEPS;
    root * root.abs() * max_abs
}

#[derive(Debug, Clone, Copy)]
struct Link {
    to: u32,
    count: f32,
    regression: f32,
}

/// Pairs by partner.
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
/// stays within the scale that all pairs of the pack share, so that old pairs do not change.
fn strongest(pairs: impl Iterator<Item = (u32, f32, f32, f32)>, before: &PackParts) -> Vec<Link> {
    let mut sums: BTreeMap<u32, (f32, f32)> = BTreeMap::new();
    for (to, weight, count, regression) in pairs {
        let sum = sums.entry(to).or_default();
        sum.0 += weight * count;
        sum.1 += weight * regression;
    }
    let counts = &before.pairs.counts;
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
                / (before.popularity[to as usize] as f32 + before.config.cosine_shrink)
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
    order::sort_by(&mut links, |a, b| {
        b.0.total_cmp(&a.0).then(a.1.to.cmp(&b.1.to))
    });
    links.truncate(MAX_NEW_PAIRS);
    links.into_iter().map(|(_, link)| link).collect()
}

fn with_links(
    before: &PackParts,
    gained: &BTreeMap<u32, Vec<Link>>,
    own: &[Vec<Link>],
) -> PairTable {
    let mut out = PairTable {
        offsets: vec![0],
        joined: before.pairs.joined,
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
    for row in 0..before.catalogue.len() {
        let old = before.pairs.row(row).map(|pair| Link {
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
