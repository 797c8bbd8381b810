//! Products by brand group, department and category, as the household-attribute heads count them.

use std::collections::HashMap;

use fewshop_core::Catalogue;

/// Brand groups, departments and categories that are told apart, the first ones of the catalogue; a
/// pack bounds the work a click.
const MAX_GROUPS: [usize; 3] = [8, 64, 512];

/// The groups of every product, numbered in order of first use.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CatalogueGroups {
    /// Brand group, department and category of each product; past the known ones `u32::MAX`.
    pub(crate) groups: [Vec<u32>; 3],
    /// How many of each there are.
    pub(crate) sizes: [usize; 3],
}

impl CatalogueGroups {
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let items = catalogue.items();
        // A brand group is what stands before the maker: 'National brand · maker 2'.
        let brand = numbered(
            items
                .iter()
                .map(|item| item.brand.split('·').next().unwrap_or("").trim()),
            MAX_GROUPS[0],
        );
        let department = numbered(items.iter().map(|item| item.department()), MAX_GROUPS[1]);
        let paths: Vec<String> = items.iter().map(|item| item.category.join("\t")).collect();
        let category = numbered(paths.iter().map(String::as_str), MAX_GROUPS[2]);
        Self {
            sizes: [brand.1, department.1, category.1],
            groups: [brand.0, department.0, category.0],
        }
    }

    /// The category of each product.
    pub(crate) fn categories(&self) -> &[u32] {
        &self.groups[2]
    }

    /// Groups of all three kinds together.
    pub(crate) fn total(&self) -> usize {
        self.sizes.iter().sum()
    }
}

/// Equal texts get equal numbers in order of first use, up to `max` of them; the numbers and how
/// many there are.
fn numbered<'a>(texts: impl Iterator<Item = &'a str>, max: usize) -> (Vec<u32>, usize) {
    let mut known: HashMap<&str, u32> = HashMap::new();
    let numbers = texts
        .map(|text| {
            let next = known.len();
            if next < max {
                *known.entry(text).or_insert(next as u32)
            } else {
                known.get(text).copied().unwrap_or(u32::MAX)
            }
        })
        .collect();
    (numbers, known.len())
}
