//! The pairs of a compressed pack: each pair of products once, and numbers in an order in which
//! similar ones are adjacent.
//!
//! The order follows from what a reader has read before: how often the two products were bought,
//! who names whom, and the count. So it takes no bytes, and a compressor that only sees what lies
//! side by side needs a quarter less for all pairs. The numbers are those of
//! [`Pairs`](super::pairs::Pairs).

use std::collections::BTreeMap;

use super::pairs::{codes, from_codes};
use crate::error::PackError;
use crate::kernels;
use crate::pack::PackParts;
use crate::pack::container::{Container, JOINED_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};
use crate::pack::varint::{read_varint, write_varint};
use crate::weights::PairTable;

const LENGTHS: &str = "joined.lengths";
const GAPS: &str = "joined.gaps";
const SIDES: &str = "joined.sides";
const COUNTS: &str = "joined.counts";
const REGRESSION: &str = "joined.regression";

/// The product that was bought less often has the other in its row.
const OF_LESS: u8 = 0;
/// The product that was bought more often has the other in its row.
const OF_MORE: u8 = 1;
/// Each has the other in its row, with one count.
const OF_BOTH: u8 = 2;
/// Each has the other in its row, with a count of its own.
const TWO_COUNTS: u8 = 3;

pub(in crate::pack) struct JoinedPairs;

impl Section for JoinedPairs {
    const NAMES: &'static [&'static str] = &[LENGTHS, GAPS, SIDES, COUNTS, REGRESSION];
    const SINCE: u32 = JOINED_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<bool, PackError> {
        if parts.pairs.joined {
            write(&parts.pairs, &parts.popularity, out, meta);
        }
        Ok(parts.pairs.joined)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if is_in(file) {
            parts.pairs = read(file, meta, &parts.popularity)?;
        }
        Ok(())
    }

    // The pairs of either form are checked, reordered and grown by the section of the plain form.

    fn check(_: &PackParts) -> Result<(), PackError> {
        Ok(())
    }

    fn reorder(_: &PackParts, _: &RowOrder, _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }

    fn grow(_: &PackParts, _: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }
}

/// Whether the file stores its pairs in this form.
pub(super) fn is_in(file: &Container<'_>) -> bool {
    file.has(LENGTHS)
}

/// Two products, of which one or both have the other in their row.
#[derive(Clone, Copy)]
struct Edge {
    less: u32,
    more: u32,
    side: u8,
}

impl Edge {
    /// `less` is the one that was bought less often, the later row if they are equal.
    fn of(low: u32, high: u32, popularity: &[u32]) -> Self {
        let less_is_high = popularity[high as usize] <= popularity[low as usize];
        let (less, more) = if less_is_high {
            (high, low)
        } else {
            (low, high)
        };
        Self {
            less,
            more,
            side: OF_LESS,
        }
    }

    fn counts(&self) -> usize {
        1 + usize::from(self.side == TWO_COUNTS)
    }
}

/// One product in the row of another.
struct Entry {
    from: u32,
    to: u32,
    /// The count's code.
    count: u8,
}

/// In which order the numbers are stored: positions by rising key, of equal keys as the edges come.
struct Orders {
    /// The products' [`level`]s, with one and with two bits.
    coarse: Vec<u8>,
    fine: Vec<u8>,
}

impl Orders {
    fn by(popularity: &[u32]) -> Self {
        let levels = |bits| popularity.iter().map(|&count| level(count, bits)).collect();
        Self {
            coarse: levels(1),
            fine: levels(2),
        }
    }

    fn of_sides(&self, edges: &[Edge]) -> Vec<u32> {
        let key = |edge: &Edge| [0, self.coarse(edge.more), self.coarse(edge.less)];
        positions(edges.iter().map(key).collect())
    }

    fn of_counts(&self, edges: &[Edge]) -> Vec<u32> {
        let fine = |row: u32| self.fine[row as usize];
        let keys = edges.iter().flat_map(|edge| {
            let key = [fine(edge.less), edge.side, fine(edge.more)];
            std::iter::repeat_n(key, edge.counts())
        });
        positions(keys.collect())
    }

    fn of_weights(&self, entries: &[Entry]) -> Vec<u32> {
        let key = |entry: &Entry| [entry.count, self.coarse(entry.from), self.coarse(entry.to)];
        positions(entries.iter().map(key).collect())
    }

    fn coarse(&self, row: u32) -> u8 {
        self.coarse[row as usize]
    }
}

/// A number of purchases on a logarithmic scale, with 2^`bits` steps for each doubling; two bits at
/// most.
fn level(count: u32, bits: u32) -> u8 {
    let count = u64::from(count) + 1;
    let doublings = count.ilog2();
    // The upper bits below the leading one are the step within the doubling.
    ((u64::from(doublings) << bits) + (count << bits >> doublings) - (1 << bits)) as u8
}

fn positions(keys: Vec<[u8; 3]>) -> Vec<u32> {
    let number = |[high, middle, low]: [u8; 3]| u32::from_be_bytes([0, high, middle, low]);
    kernels::positions_by_key(&keys.into_iter().map(number).collect::<Vec<u32>>())
}

/// What is in which row, edge by edge: first in that of the product that was bought less often.
fn entries(edges: &[Edge], counts: &[u8]) -> Vec<Entry> {
    let mut out = Vec::with_capacity(2 * edges.len());
    let mut at = 0;
    for edge in edges {
        let (first, last) = (counts[at], counts[at + edge.counts() - 1]);
        at += edge.counts();
        let of_less = Entry {
            from: edge.less,
            to: edge.more,
            count: first,
        };
        let of_more = Entry {
            from: edge.more,
            to: edge.less,
            count: last,
        };
        if edge.side != OF_MORE {
            out.push(of_less);
        }
        if edge.side != OF_LESS {
            out.push(of_more);
        }
    }
    out
}

fn write(pairs: &PairTable, popularity: &[u32], out: &mut Writer, meta: &mut Meta) {
    let n = pairs.offsets.len() - 1;
    let orders = Orders::by(popularity);
    let (count_codes, weight_codes) = codes(pairs, meta);
    // Both rows, the smaller first, and where each of the two directions is.
    let mut found: BTreeMap<(u32, u32), [Option<usize>; 2]> = BTreeMap::new();
    for from in 0..n {
        for at in pairs.offsets[from] as usize..pairs.offsets[from + 1] as usize {
            let (from, to) = (from as u32, pairs.items[at]);
            let directions = found.entry((from.min(to), from.max(to))).or_default();
            directions[usize::from(from > to)] = Some(at);
        }
    }
    let mut lengths = vec![0u32; n];
    let mut gaps = Vec::new();
    let mut edges = Vec::with_capacity(found.len());
    let mut counts = Vec::with_capacity(found.len());
    let mut weights = Vec::with_capacity(pairs.items.len());
    let mut row = u32::MAX;
    let mut next = 0;
    for (&(low, high), &[of_low, of_high]) in &found {
        if low != row {
            (row, next) = (low, low);
        }
        lengths[low as usize] += 1;
        write_varint(&mut gaps, high - next);
        next = high + 1;
        let mut edge = Edge::of(low, high, popularity);
        let (of_less, of_more) = if edge.less == low {
            (of_low, of_high)
        } else {
            (of_high, of_low)
        };
        let own: Vec<usize> = of_less.into_iter().chain(of_more).collect();
        edge.side = match (of_less, of_more) {
            (Some(less), Some(more)) if count_codes[less] == count_codes[more] => OF_BOTH,
            (Some(_), Some(_)) => TWO_COUNTS,
            (Some(_), None) => OF_LESS,
            _ => OF_MORE,
        };
        counts.extend(own.iter().take(edge.counts()).map(|&at| count_codes[at]));
        weights.extend(own.iter().map(|&at| weight_codes[at]));
        edges.push(edge);
    }
    let mut bytes = Vec::with_capacity(n);
    for length in lengths {
        write_varint(&mut bytes, length);
    }
    out.u8(LENGTHS, &bytes);
    out.u8(GAPS, &gaps);
    let order = orders.of_sides(&edges);
    out.u8(SIDES, &permuted(&order, |at| edges[at].side));
    let order = orders.of_counts(&edges);
    out.u8(COUNTS, &permuted(&order, |at| counts[at]));
    let entries = entries(&edges, &counts);
    let order = orders.of_weights(&entries);
    let weights = permuted(&order, |at| weights[at]);
    out.i8(REGRESSION, &[weights.len()], &weights);
}

fn permuted<T>(order: &[u32], value: impl Fn(usize) -> T) -> Vec<T> {
    order.iter().map(|&at| value(at as usize)).collect()
}

/// Puts the values of a file in the places that they were taken from.
fn restored<T: Copy + Default>(order: &[u32], values: &[T]) -> Vec<T> {
    let mut out = vec![T::default(); values.len()];
    for (&at, &value) in order.iter().zip(values) {
        out[at as usize] = value;
    }
    out
}

fn read(file: &Container<'_>, meta: &Meta, popularity: &[u32]) -> Result<PairTable, PackError> {
    let n = meta.items;
    let orders = Orders::by(popularity);
    let mut edges = read_edges(file, n, popularity)?;
    let order = orders.of_sides(&edges);
    let sides = restored(&order, file.u8(SIDES, edges.len())?);
    for (edge, side) in edges.iter_mut().zip(sides) {
        // A product beside itself is in one row.
        if side > TWO_COUNTS || (side >= OF_BOTH && edge.less == edge.more) {
            return Err(PackError::field(SIDES, "must be from 0 to 3"));
        }
        edge.side = side;
    }
    let order = orders.of_counts(&edges);
    let counts = restored(&order, file.u8(COUNTS, order.len())?);
    let entries = entries(&edges, &counts);
    let order = orders.of_weights(&entries);
    let weights = restored(&order, &file.i8(REGRESSION, &[order.len()])?);
    // Edges come by their first and then by their second row, so each row fills up in order.
    let mut offsets = vec![0u32; n + 1];
    for entry in &entries {
        offsets[entry.from as usize + 1] += 1;
    }
    for row in 0..n {
        offsets[row + 1] += offsets[row];
    }
    let mut free = offsets.clone();
    let mut items = vec![0u32; entries.len()];
    let mut place = Vec::with_capacity(entries.len());
    for entry in &entries {
        let at = &mut free[entry.from as usize];
        items[*at as usize] = entry.to;
        place.push(*at);
        *at += 1;
    }
    let counts: Vec<u8> = entries.iter().map(|entry| entry.count).collect();
    let (counts, weights) = (restored(&place, &counts), restored(&place, &weights));
    Ok(PairTable {
        joined: true,
        ..from_codes(offsets, items, &counts, &weights, meta)
    })
}

/// The edges, without their sides.
fn read_edges(file: &Container<'_>, n: usize, popularity: &[u32]) -> Result<Vec<Edge>, PackError> {
    let mut lengths = file.u8(LENGTHS, file.len_of(LENGTHS)?)?.iter();
    let bytes = file.u8(GAPS, file.len_of(GAPS)?)?;
    let mut gaps = bytes.iter();
    let mut edges = Vec::new();
    for row in 0..n as u32 {
        let length = read_varint(&mut lengths)
            .ok_or_else(|| PackError::field(LENGTHS, format!("end before the {n} items")))?;
        let mut next = row;
        for _ in 0..length {
            // A gap takes at least one byte, so a hostile length cannot allocate more memory than
            // the size of the file.
            let other = read_varint(&mut gaps)
                .and_then(|gap| next.checked_add(gap))
                .filter(|&other| (other as usize) < n);
            let other = other.ok_or_else(|| {
                PackError::field(GAPS, format!("end early or lead out of the {n} items"))
            })?;
            edges.push(Edge::of(row, other, popularity));
            next = other + 1;
        }
    }
    if !lengths.as_slice().is_empty() || !gaps.as_slice().is_empty() {
        return Err(PackError::field(GAPS, "has bytes left over"));
    }
    Ok(edges)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pack::Pack;

    /// The same pack with other pairs, written and read.
    fn read_back(pairs: PairTable) -> Pack {
        let pack = crate::toy::pack();
        let pack = pack.edit(|parts| parts.pairs = pairs).unwrap();
        Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap()
    }

    fn table(rows: &[Vec<(u32, u8, i8)>]) -> PairTable {
        let mut table = PairTable {
            offsets: vec![0],
            ..PairTable::default()
        };
        for row in rows {
            for &(to, count, weight) in row {
                table.items.push(to);
                table.counts.push(1.0 + f32::from(count));
                table.regression.push(f32::from(weight) / 100.0);
            }
            table.offsets.push(table.items.len() as u32);
        }
        table
    }

    proptest! {
        #[test]
        fn joined_pairs_are_the_pairs_of_the_plain_form(
            drawn in prop::collection::vec(prop::collection::vec((any::<u8>(), any::<u8>(), any::<i8>()), 0..9), 64),
        ) {
            let n = crate::toy::pack().catalogue().len();
            let rows: Vec<Vec<(u32, u8, i8)>> = (0..n).map(|row| {
                let mut row: Vec<_> = drawn[row % 64].iter().map(|&(to, count, weight)| (u32::from(to) % n as u32, count, weight)).collect();
                row.sort_by_key(|pair| pair.0);
                row.dedup_by_key(|pair| pair.0);
                row
            }).collect();
            let plain = read_back(table(&rows));
            let joined = read_back(PairTable { joined: true, ..table(&rows) });
            prop_assert!(joined.pairs().joined && !plain.pairs().joined);
            prop_assert_eq!(PairTable { joined: false, ..joined.pairs().clone() }, plain.pairs().clone());
            let again = Pack::from_bytes(&joined.to_bytes().unwrap()).unwrap();
            prop_assert_eq!(again.pairs(), joined.pairs());
        }
    }

    #[test]
    fn a_scale_of_purchases_rises_and_stays_in_a_byte() {
        let counts = [0, 1, 2, 3, 4, 5, 7, 8, 1_000, u32::MAX];
        for bits in [1, 2] {
            let levels = counts.map(|count| level(count, bits));
            assert!(levels.is_sorted(), "{levels:?}");
        }
    }
}
