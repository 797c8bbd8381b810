//! How much more often two categories are bought together than their sales alone would explain.

use fewshop_core::{Catalogue, order};

/// Maximum number of categories: the table grows with the square. A shop with more is counted by
/// the upper levels of its category paths.
pub(crate) const MAX_CATEGORIES: usize = 640;

/// Lifts of pairs of categories, and what makes a pair count comparable with sales.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CategoryLifts {
    /// Expected pair count of two products that have nothing to do with each other, divided by the
    /// product of their sales. Pair counts give long sessions less weight, so this is not one over
    /// the number of sessions.
    pub unit: f32,
    /// `[categories, categories]`, symmetric, positive; 1 for categories that have nothing to do with
    /// each other. Categories are numbered as in [`CategoryGroups`], without the first. The file
    /// rounds the logarithm to a multiple of 1/16.
    pub lifts: Vec<f32>,
}

/// The categories that lifts are counted for: whole paths, or their upper levels in a shop with too
/// many paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryGroups {
    /// The paths of the groups, sorted, so that the order of the products does not matter.
    pub paths: Vec<Vec<String>>,
    /// `[items]`: 0 for a product without a category, otherwise one more than the place of its group.
    pub of_item: Vec<u32>,
}

impl CategoryGroups {
    /// The groups of a catalogue.
    #[must_use]
    pub fn of(catalogue: &Catalogue) -> Self {
        let items = catalogue.items();
        let deepest = items.iter().map(|item| item.category.len()).max();
        let at_level = |levels: usize| -> Vec<&[String]> {
            let paths = items.iter().filter(|item| !item.category.is_empty());
            let mut paths: Vec<&[String]> = paths
                .map(|item| &item.category[..levels.min(item.category.len())])
                .collect();
            // Rows are sorted by category, so that nearly all repeat the one before.
            paths.dedup();
            order::sort_by(&mut paths, |a, b| a.cmp(b));
            paths.dedup();
            paths
        };
        let levels = (1..=deepest.unwrap_or(0)).rev();
        let known = levels.map(|levels| (levels, at_level(levels)));
        let (levels, paths) = known
            .into_iter()
            .find(|(_, paths)| paths.len() <= MAX_CATEGORIES)
            .unwrap_or_default();
        let paths: Vec<Vec<String>> = paths.into_iter().map(<[String]>::to_vec).collect();
        let of_item = items.iter().map(|item| {
            let path = &item.category[..levels.min(item.category.len())];
            let at = paths.binary_search_by(|group| group.as_slice().cmp(path));
            at.map_or(0, |at| at as u32 + 1)
        });
        Self {
            of_item: of_item.collect(),
            paths,
        }
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::Item;

    use super::*;

    fn catalogue(paths: &[&[&str]]) -> Catalogue {
        let items = paths.iter().enumerate().map(|(row, path)| Item {
            category: path.iter().map(|&name| name.to_owned()).collect(),
            ..Item::new(&row.to_string(), "x")
        });
        Catalogue::new(items.collect()).unwrap()
    }

    #[test]
    fn groups_are_sorted_and_products_without_a_category_have_number_0() {
        let groups = CategoryGroups::of(&catalogue(&[&["b"], &[], &["a", "x"], &["b"], &["a"]]));
        assert_eq!(groups.of_item, [3, 0, 2, 3, 1]);
        assert_eq!(groups.paths.len(), 3);
        assert_eq!(CategoryGroups::of(&catalogue(&[&[]])).of_item, [0]);
    }

    #[test]
    fn too_many_paths_are_counted_by_their_upper_levels() {
        let names: Vec<String> = (0..=MAX_CATEGORIES).map(|nth| nth.to_string()).collect();
        let paths: Vec<[&str; 2]> = (names.iter().enumerate())
            .map(|(nth, name)| [["even", "odd"][nth % 2], name.as_str()])
            .collect();
        let paths: Vec<&[&str]> = paths.iter().map(<[&str; 2]>::as_slice).collect();
        let groups = CategoryGroups::of(&catalogue(&paths));
        assert_eq!(groups.paths, [["even"], ["odd"]]);
    }
}
