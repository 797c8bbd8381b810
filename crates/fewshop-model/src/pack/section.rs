//! The trait of the pack's sections: all operations on a section, in one place.
//!
//! [`Sections`] iterates over a list of them. It is a list of types and not of trait objects, so
//! that a browser, which only reads packs, does not include the code that writes, reorders or grows
//! them.

use fewshop_core::Item;

use super::PackParts;
use super::container::{Container, PLAIN_VERSION, Writer};
use super::meta::Meta;
use crate::error::PackError;

/// A part of the pack that is written, read, checked, reordered and grown together. No method has a
/// default, so that a new section must define each of them.
pub(super) trait Section {
    /// Names of its sections in the file.
    const NAMES: &'static [&'static str];
    /// The first format version that may contain it. A file has the newest version that one of its
    /// sections needs, so a pack without this section stays the same file.
    const SINCE: u32;
    /// Whether it is about products. A pack without a catalogue has none of these sections.
    const NEEDS_CATALOGUE: bool;

    /// Writes it after the sections before it in the list; `false` if the pack does not have it.
    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<bool, PackError>;

    /// Reads what [`write`](Self::write) wrote, and leaves the parts unchanged if the file does not
    /// have it. The file is untrusted.
    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError>;

    /// Checks it against itself and the other parts.
    fn check(parts: &PackParts) -> Result<(), PackError>;

    /// Puts its rows in a new order. The sections before it in the list have been reordered.
    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError>;

    /// Appends rows for new items. The sections before it in the list have grown.
    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError>;
}

/// A list of sections: `(First, (Second, ()))`.
pub(super) trait Sections {
    /// Whether a file of this version may have a section with this name.
    fn knows(name: &str, version: u32) -> bool;
    /// Writes all of them and returns the version that they need.
    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<u32, PackError>;
    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError>;
    fn check(parts: &PackParts) -> Result<(), PackError>;
    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError>;
    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError>;
}

impl Sections for () {
    fn knows(_: &str, _: u32) -> bool {
        false
    }

    fn write(_: &PackParts, _: &mut Writer, _: &mut Meta) -> Result<u32, PackError> {
        Ok(PLAIN_VERSION)
    }

    fn read(_: &Container<'_>, _: &mut Meta, _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }

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

impl<First: Section, Rest: Sections> Sections for (First, Rest) {
    fn knows(name: &str, version: u32) -> bool {
        (version >= First::SINCE && First::NAMES.contains(&name)) || Rest::knows(name, version)
    }

    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<u32, PackError> {
        let is_absent = First::NEEDS_CATALOGUE && !parts.has_catalogue();
        let own = if !is_absent && First::write(parts, out, meta)? {
            First::SINCE
        } else {
            PLAIN_VERSION
        };
        Ok(own.max(Rest::write(parts, out, meta)?))
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if !(First::NEEDS_CATALOGUE && meta.tasks_only) {
            First::read(file, meta, parts)?;
        } else if let Some(name) = First::NAMES.iter().find(|name| file.has(name)) {
            return Err(PackError::field(
                name,
                "is about products, and the pack has no catalogue",
            ));
        }
        Rest::read(file, meta, parts)
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        if parts.has_catalogue() || !First::NEEDS_CATALOGUE {
            First::check(parts)?;
        }
        Rest::check(parts)
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        First::reorder(before, order, parts)?;
        Rest::reorder(before, order, parts)
    }

    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        First::grow(before, added, parts)?;
        Rest::grow(before, added, parts)
    }
}

/// A new order of rows.
#[derive(Debug)]
pub(super) struct RowOrder {
    /// The old row of each new one.
    old: Vec<usize>,
    /// The new row of each old one.
    new: Vec<u32>,
}

impl RowOrder {
    /// `order` holds the old row of each new one; it must name every row below `n` once.
    pub(super) fn new(order: &[usize], n: usize) -> Result<Self, PackError> {
        let mut new = vec![u32::MAX; n];
        for (to, &from) in order.iter().enumerate() {
            match new.get_mut(from) {
                Some(place) if *place == u32::MAX => *place = to as u32,
                _ => return Err(wrong_order(n)),
            }
        }
        if order.len() != n {
            return Err(wrong_order(n));
        }
        Ok(Self {
            old: order.to_vec(),
            new,
        })
    }

    /// The old row of each new one.
    pub(super) fn old_rows(&self) -> &[usize] {
        &self.old
    }

    /// Puts one value per row into the new order.
    pub(super) fn permuted<T: Clone>(&self, values: &[T]) -> Vec<T> {
        self.old.iter().map(|&old| values[old].clone()).collect()
    }

    /// The new row of an old one.
    pub(super) fn row(&self, old: u32) -> u32 {
        self.new[old as usize]
    }

    /// The new rows of a set, in ascending order.
    pub(super) fn rows(&self, old: &[u32]) -> Vec<u32> {
        let mut rows: Vec<u32> = old.iter().map(|&row| self.row(row)).collect();
        rows.sort_unstable();
        rows
    }
}

fn wrong_order(n: usize) -> PackError {
    PackError::field("order", format!("must name each of the {n} rows once"))
}

/// An item to add to a pack that was trained without it, with its neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct NewItem {
    /// The item.
    pub item: Item,
    /// Rows of the pack that it resembles, with weights that add up to 1; may be empty.
    pub neighbours: Vec<(u32, f32)>,
    /// Its vector, `[d]`, if there is a better one than the mean of its neighbours.
    pub vector: Option<Vec<f32>>,
}

impl NewItem {
    /// The weighted mean of its neighbours' values; `without` if it has no neighbours.
    pub(super) fn mean(&self, of: impl Fn(usize) -> f32, without: f32) -> f32 {
        if self.neighbours.is_empty() {
            without
        } else {
            self.neighbours
                .iter()
                .map(|&(row, weight)| weight * of(row as usize))
                .sum()
        }
    }

    /// The same for counts, rounded; 0 without neighbours, because it was never sold.
    pub(super) fn mean_count(&self, counts: &[u32]) -> u32 {
        self.mean(|row| counts[row] as f32, 0.0).round() as u32
    }
}

/// Refuses a column that does not have the expected length.
pub(super) fn check_length(field: &str, found: usize, expected: usize) -> Result<(), PackError> {
    if found == expected {
        Ok(())
    } else {
        Err(PackError::field(
            field,
            format!("has {found} numbers, expected {expected}"),
        ))
    }
}

/// Refuses rows past the end of the catalogue.
pub(super) fn check_rows(field: &str, rows: &[u32], n: usize) -> Result<(), PackError> {
    match rows.iter().find(|&&row| row as usize >= n) {
        Some(bad) => Err(PackError::field(
            field,
            format!("names row {bad}, the catalogue has {n}"),
        )),
        None => Ok(()),
    }
}
