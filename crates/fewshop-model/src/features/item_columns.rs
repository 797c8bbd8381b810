//! What is known of every product from the catalogue alone, as numbers: one definition for the
//! ranker's item statistics and for the tasks.

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
        let log_price = |item: &Item| item.price.map(|price| (price + 0.01).ln());
        Self {
            category: numbered(items, |item| item.category.join("\t")),
            department: numbered(items, |item| item.department().to_owned()),
            brand: numbered(items, |item| item.brand.clone()),
            title: numbered(items, |item| item.title.clone()),
            log_price: items.iter().map(log_price).collect(),
        }
    }
}

/// A number for each item's text; 0 for the empty text.
fn numbered(items: &[Item], text: impl Fn(&Item) -> String) -> Vec<u32> {
    let empty_first = std::iter::once(String::new()).chain(items.iter().map(text));
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
        assert_eq!(numbered(&items, |item| item.brand.clone()), [1, 0, 2, 1]);
    }
}
