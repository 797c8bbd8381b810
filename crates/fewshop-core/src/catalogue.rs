//! Products and the catalogue that numbers them.

use std::collections::HashMap;
use std::ops::Index;

use serde::{Deserialize, Serialize};

/// A product's id in the shop's own files, kept as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct ItemId(pub String);

impl From<&str> for ItemId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl std::fmt::Display for ItemId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A product's row in one catalogue; meaningless in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct ItemIx(pub u32);

impl ItemIx {
    /// The row as an index into a slice.
    #[must_use]
    pub fn row(self) -> usize {
        self.0 as usize
    }
}

impl From<usize> for ItemIx {
    /// # Panics
    /// Past `u32::MAX` rows; [`Catalogue::new`] refuses that many.
    fn from(row: usize) -> Self {
        Self(u32::try_from(row).expect("a catalogue has fewer than 2^32 rows"))
    }
}

/// One product as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Item {
    /// The shop's own id.
    pub id: ItemId,
    /// Readable title, never empty.
    pub title: String,
    /// Category path from the department down; empty where the shop has none.
    pub category: Vec<String>,
    /// Brand or maker as shown; may be empty.
    pub brand: String,
    /// Package size as shown; may be empty.
    pub size: String,
    /// Shelf price in the shop's currency; `None` where unknown.
    pub price: Option<f32>,
    /// Key of its picture; may be empty.
    pub picture: String,
}

impl Item {
    /// A product with a title only.
    #[must_use]
    pub fn new(id: &str, title: &str) -> Self {
        Self {
            id: id.into(),
            title: title.to_owned(),
            category: Vec::new(),
            brand: String::new(),
            size: String::new(),
            price: None,
            picture: String::new(),
        }
    }

    /// The top of the category path, or "" where the shop has no categories.
    #[must_use]
    pub fn department(&self) -> &str {
        self.category.first().map_or("", String::as_str)
    }
}

/// Why a list of items is not a catalogue.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum CatalogueError {
    /// Two rows have the same id.
    #[error("item '{id}' is in rows {first} and {second}: ids must be unique")]
    DuplicateId {
        /// The id.
        id: ItemId,
        /// Row (from 0) of its first occurrence.
        first: usize,
        /// Row of its second occurrence.
        second: usize,
    },
    /// An id or a title is empty.
    #[error("row {row} has an empty {field}")]
    Empty {
        /// Row from 0.
        row: usize,
        /// `item_id` or `title`.
        field: &'static str,
    },
    /// A price is negative, infinite or not a number.
    #[error("item '{id}' has the price {price}: expected a finite number of 0 or more")]
    BadPrice {
        /// The item.
        id: ItemId,
        /// The price.
        price: f32,
    },
    /// More rows than a `u32` can count.
    #[error("{rows} rows are more than a catalogue can hold")]
    TooMany {
        /// How many there are.
        rows: usize,
    },
}

/// Numbers texts in order of first appearance, from 0: equal texts get equal numbers. It turns
/// categories, departments and brands into columns that can be compared and counted quickly.
///
/// ```
/// use fewshop_core::number_texts;
/// assert_eq!(number_texts(["tea", "bread", "tea"]), [0, 1, 0]);
/// ```
pub fn number_texts<T: Eq + std::hash::Hash>(texts: impl IntoIterator<Item = T>) -> Vec<u32> {
    let mut numbers: HashMap<T, u32> = HashMap::new();
    texts
        .into_iter()
        .map(|text| {
            let next = numbers.len() as u32;
            *numbers.entry(text).or_insert(next)
        })
        .collect()
}

/// All products of one shop, numbered by row, ids unique.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    items: Vec<Item>,
    by_id: HashMap<ItemId, ItemIx>,
}

impl Catalogue {
    /// Checks the items and numbers them in the order given.
    ///
    /// # Errors
    /// See [`CatalogueError`].
    pub fn new(items: Vec<Item>) -> Result<Self, CatalogueError> {
        if u32::try_from(items.len()).is_err() {
            return Err(CatalogueError::TooMany { rows: items.len() });
        }
        let mut by_id = HashMap::with_capacity(items.len());
        for (row, item) in items.iter().enumerate() {
            if item.id.0.is_empty() {
                return Err(CatalogueError::Empty {
                    row,
                    field: "item_id",
                });
            }
            if item.title.is_empty() {
                return Err(CatalogueError::Empty {
                    row,
                    field: "title",
                });
            }
            if let Some(price) = item.price
                && !(price.is_finite() && price >= 0.0)
            {
                return Err(CatalogueError::BadPrice {
                    id: item.id.clone(),
                    price,
                });
            }
            if let Some(first) = by_id.insert(item.id.clone(), ItemIx::from(row)) {
                return Err(CatalogueError::DuplicateId {
                    id: item.id.clone(),
                    first: first.row(),
                    second: row,
                });
            }
        }
        Ok(Self { items, by_id })
    }

    /// How many products there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the shop is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The row of an id, if the shop sells it.
    #[must_use]
    pub fn ix(&self, id: &ItemId) -> Option<ItemIx> {
        self.by_id.get(id).copied()
    }

    /// The product of a row, if the row is in range.
    #[must_use]
    pub fn get(&self, ix: ItemIx) -> Option<&Item> {
        self.items.get(ix.row())
    }

    /// All products in row order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (ItemIx, &Item)> {
        self.items
            .iter()
            .enumerate()
            .map(|(row, item)| (ItemIx::from(row), item))
    }

    /// All products in row order, as a slice.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }
}

impl Index<ItemIx> for Catalogue {
    type Output = Item;

    fn index(&self, ix: ItemIx) -> &Item {
        &self.items[ix.row()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_id_is_refused_with_both_rows() {
        let err = Catalogue::new(vec![
            Item::new("a", "A"),
            Item::new("b", "B"),
            Item::new("a", "C"),
        ])
        .unwrap_err();
        assert_eq!(
            err,
            CatalogueError::DuplicateId {
                id: "a".into(),
                first: 0,
                second: 2
            }
        );
    }

    #[test]
    fn a_price_that_is_not_a_number_is_refused() {
        let mut item = Item::new("a", "A");
        item.price = Some(f32::NAN);
        assert!(matches!(
            Catalogue::new(vec![item]),
            Err(CatalogueError::BadPrice { .. })
        ));
    }

    #[test]
    fn ids_lead_to_rows_and_back() {
        let c = Catalogue::new(vec![Item::new("a", "A"), Item::new("b", "B")]).unwrap();
        assert_eq!(c.ix(&"b".into()), Some(ItemIx(1)));
        assert_eq!(c[ItemIx(1)].id, "b".into());
        assert_eq!(c.ix(&"z".into()), None);
        assert_eq!(c.get(ItemIx(2)), None);
    }
}
