//! What is known of every product from the catalogue alone, as numbers: one definition for the
//! ranker's item statistics and for the tasks.

use std::hash::Hash;

use fewshop_core::{Item, number_texts};

/// Columns over the catalogue, `[items]` each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ItemColumns {
    /// Number of the category path; 0 where the shop has no categories. Products share a number if
    /// and only if they share the path.
    pub(crate) category: Vec<u32>,
    /// Number of the department, as for `category`.
    pub(crate) department: Vec<u32>,
    /// Number of the brand, as for `category`.
    pub(crate) brand: Vec<u32>,
    /// Number of the title, as for `category`.
    pub(crate) title: Vec<u32>,
    /// Logarithm of the price, where it is known.
    pub(crate) log_price: Vec<Option<f32>>,
}

impl ItemColumns {
    pub(crate) fn of(items: &[Item]) -> Self {
        Self {
            category: numbered(items, |item| &item.category[..], &[][..]),
            department: numbered(items, |item| item.department(), ""),
            brand: numbered(items, |item| &*item.brand, ""),
            title: numbered(items, |item| &*item.title, ""),
            log_price: Self::log_prices(items),
        }
    }

    /// That column alone.
    pub(crate) fn log_prices(items: &[Item]) -> Vec<Option<f32>> {
        let log_price = |item: &Item| item.price.map(|price| (price + 0.01).ln());
        items.iter().map(log_price).collect()
    }
}

/// A number for each item's text or path; 0 for the empty one.
fn numbered<'a, T: Eq + Hash + ?Sized>(
    items: &'a [Item],
    text: impl Fn(&'a Item) -> &'a T,
    empty: &'a T,
) -> Vec<u32> {
    let empty_first = std::iter::once(empty).chain(items.iter().map(text));
    let mut numbers = number_texts(empty_first);
    numbers.remove(0);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_without_a_category_have_number_0_wherever_they_come() {
        let items = ["b", "", "a", "b"].map(|brand| Item {
            brand: brand.to_owned(),
            ..Item::new("x", "x")
        });
        assert_eq!(numbered(&items, |item| &*item.brand, ""), [1, 0, 2, 1]);
    }
}
