//! The reviewed tables beside this file, read once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// A row of `types.tsv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TypeRow {
    pub(super) title: &'static str,
    /// Department and category, if those of the raw file are unsuitable.
    pub(super) category: Option<(&'static str, &'static str)>,
}

/// All tables.
pub(super) struct Tables {
    /// By raw department and category.
    categories: HashMap<(&'static str, &'static str), (&'static str, &'static str)>,
    /// By raw `department > category` or `*`, and raw type.
    types: HashMap<(&'static str, &'static str), TypeRow>,
    words: HashMap<&'static str, &'static str>,
    proper: HashSet<&'static str>,
}

pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    categories: rows(include_str!("categories.tsv"))
        .map(|row| match row[..] {
            [department, category, shop, shelf] => ((department, category), (shop, shelf)),
            _ => panic!("categories.tsv is checked by a test: {row:?}"),
        })
        .collect(),
    types: rows(include_str!("types.tsv"))
        .map(|row| {
            let (&[category, kind, title], rest) = row
                .split_first_chunk()
                .expect("types.tsv is checked by a test");
            let moved = rest.first().map(|path| {
                path.split_once(" > ")
                    .expect("types.tsv is checked by a test")
            });
            (
                (category, kind),
                TypeRow {
                    title,
                    category: moved,
                },
            )
        })
        .collect(),
    words: rows(include_str!("words.tsv"))
        .map(|row| (row[0], row.get(1).copied().unwrap_or("")))
        .collect(),
    proper: rows(include_str!("proper.tsv")).map(|row| row[0]).collect(),
});

pub(super) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

impl Tables {
    /// The shop's department and category for a raw one.
    pub(super) fn category(
        &self,
        department: &str,
        category: &str,
    ) -> Option<(&'static str, &'static str)> {
        self.categories.get(&(department, category)).copied()
    }

    /// The reviewed title of a type; `path` is the raw `department > category`.
    pub(super) fn kind(&self, path: &str, kind: &str) -> Option<TypeRow> {
        self.types
            .get(&(path, kind))
            .or_else(|| self.types.get(&("*", kind)))
            .copied()
    }

    /// The meaning of an abbreviation; "" for one that is useless to a shopper.
    pub(super) fn word(&self, word: &str) -> Option<&'static str> {
        self.words.get(word).copied()
    }

    /// Whether a word keeps its capital inside a title.
    pub(super) fn is_proper(&self, word: &str) -> bool {
        self.proper.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_table(table: &'static str, columns: std::ops::RangeInclusive<usize>, key: usize) {
        let mut seen = HashSet::new();
        for row in rows(table) {
            assert!(columns.contains(&row.len()), "{row:?}");
            assert!(row.iter().all(|cell| *cell == cell.trim()), "{row:?}");
            assert!(seen.insert(row[..key].to_vec()), "twice: {row:?}");
        }
    }

    #[test]
    fn the_tables_are_well_formed() {
        check_table(include_str!("categories.tsv"), 4..=4, 2);
        check_table(include_str!("types.tsv"), 3..=4, 2);
        check_table(include_str!("words.tsv"), 1..=2, 1);
        check_table(include_str!("proper.tsv"), 1..=1, 1);
        assert_eq!(TABLES.word("FRZN"), Some("frozen"));
    }

    #[test]
    fn a_type_row_speaks_of_categories_that_exist() {
        let raw: HashSet<String> = rows(include_str!("categories.tsv"))
            .map(|row| format!("{} > {}", row[0], row[1]))
            .collect();
        let departments: HashSet<&str> = rows(include_str!("categories.tsv"))
            .map(|row| row[2])
            .collect();
        for row in rows(include_str!("types.tsv")) {
            assert!(row[0] == "*" || raw.contains(row[0]), "{row:?}");
            let moved = row.get(3).map(|path| path.split_once(" > ").unwrap());
            assert!(
                moved.is_none_or(|(department, _)| departments.contains(department)),
                "{row:?}"
            );
            assert!(
                !row[2].is_empty() && row[2].chars().count() <= 45,
                "{row:?}"
            );
        }
    }

    #[test]
    fn there_are_few_enough_departments_for_a_shop_front() {
        let departments: HashSet<&str> = rows(include_str!("categories.tsv"))
            .map(|row| row[2])
            .collect();
        assert!(departments.len() <= 18, "{departments:?}");
    }
}
