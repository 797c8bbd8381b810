//! Department and kind of a gift, from its title.
//!
//! `gift_kinds.tsv` is a list of decisions: the first row whose words the title holds decides. It
//! was written from the shop's descriptions and reviewed kind by kind, and it is plain
//! words, so that it also places products that were not there.

use std::sync::LazyLock;

use super::tables::rows;
use crate::pictures::comparable;

/// A row of the table.
struct Row {
    path: [&'static str; 2],
    /// Each one is sufficient: all its phrases stand in the title.
    any: Vec<Vec<Phrase>>,
    /// None of these may stand in the title.
    none: Vec<Phrase>,
}

/// Words that follow each other.
type Phrase = Vec<String>;

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    rows(include_str!("gift_kinds.tsv"))
        .map(Row::parse)
        .collect()
});

/// Department and kind for a title.
pub(super) fn of(title: &str) -> [&'static str; 2] {
    let words = comparable(title);
    let row = ROWS.iter().find(|row| row.holds(&words));
    row.or(ROWS.last())
        .map_or(["Gifts", "Other gifts"], |row| row.path)
}

impl Row {
    fn parse(cells: Vec<&'static str>) -> Self {
        let (&[department, kind], rest) = cells
            .split_first_chunk()
            .expect("gift_kinds.tsv is checked by a test");
        let entries = rest
            .first()
            .into_iter()
            .flat_map(|cell| cell.split(", "))
            .filter(|entry| !entry.is_empty());
        let (none, any): (Vec<&str>, Vec<&str>) = entries.partition(|entry| entry.starts_with('-'));
        Self {
            path: [department, kind],
            any: any
                .into_iter()
                .map(|entry| entry.split(" + ").map(comparable).collect())
                .collect(),
            none: none.into_iter().map(comparable).collect(),
        }
    }

    fn holds(&self, title: &[String]) -> bool {
        let stands = |phrase: &Phrase| title.windows(phrase.len()).any(|words| words == phrase);
        self.any.iter().any(|all| all.iter().all(stands)) && !self.none.iter().any(stands)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[track_caller]
    fn check(title: &str, department: &str, kind: &str) {
        assert_eq!(of(title), [department, kind], "{title}");
    }

    #[test]
    fn the_table_is_well_formed() {
        let table = include_str!("gift_kinds.tsv");
        for cells in rows(table) {
            assert!((2..=3).contains(&cells.len()), "{cells:?}");
            assert!(cells.iter().all(|cell| *cell == cell.trim()), "{cells:?}");
        }
        for row in ROWS.iter() {
            assert!(
                row.none
                    .iter()
                    .chain(row.any.iter().flatten())
                    .all(|phrase| !phrase.is_empty()),
                "a phrase without words: {:?}",
                row.path
            );
        }
        let kinds: BTreeSet<[&str; 2]> = ROWS.iter().map(|row| row.path).collect();
        let departments: BTreeSet<&str> = kinds.iter().map(|path| path[0]).collect();
        assert!((12..=16).contains(&departments.len()), "{departments:?}");
        assert!((40..=80).contains(&kinds.len()), "{}", kinds.len());
    }

    #[test]
    fn what_a_product_is_decides_and_not_what_is_printed_on_it() {
        check(
            "Rabbit night light",
            "Lights & candles",
            "Lamps & night lights",
        );
        check(
            "Lunch bag, Dolly Girl design",
            "Bags & travel",
            "Lunch bags & picnic",
        );
        check(
            "Birthday card, teapot",
            "Cards & gift wrap",
            "Greeting cards",
        );
        check("Something new", "Home decoration", "Ornaments & letters");
        check("", "Home decoration", "Ornaments & letters");
    }
}
