//! `counts.csv`: in how many visits each watched product was taken, as aggregators added it up.

use std::collections::HashSet;
use std::path::Path;

use fewshop_core::{Catalogue, ItemIx};

use super::table::{Columns, TableRow, read_table};
use super::write::{CellValue, ColumnType, write_table};
use super::{FileError, item_rows};

const COLUMNS: Columns = Columns {
    required: &["item_id", "count", "visits", "noise"],
    optional: &[],
    what: "count",
};
const ITEM: usize = 0;
const COUNT: usize = 1;
const VISITS: usize = 2;
const NOISE: usize = 3;

/// What a file of counts holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counts {
    /// The products and their counts in file order. With noise a count may be negative.
    pub rows: Vec<(ItemIx, i64)>,
    /// Number of visits that were added up.
    pub visits: u64,
    /// Standard deviation of the noise in each count; 0 without noise.
    pub noise: f64,
}

/// Reads counts from CSV or Parquet: `item_id`, `count`, and the same in every row, `visits` and
/// `noise`, the standard deviation of all noise that was added to a count.
///
/// # Errors
/// [`FileError`] with file, line and field: a product that the catalogue lacks or that comes twice, no
/// whole number, no visit, negative noise, rows of different aggregations.
pub fn read_counts(path: &Path, catalogue: &Catalogue) -> Result<Counts, FileError> {
    let items = item_rows(catalogue);
    let mut out: Option<Counts> = None;
    let mut seen = HashSet::new();
    read_table(path, &COLUMNS, |_, row| {
        let id = row.id(ITEM)?;
        // Not left out with a warning: counts of another catalogue are counts of another shop.
        let Some(&item) = items.get(id) else {
            return Err(row.error(
                ITEM,
                "a product of the pack",
                "give the pack whose watch list was counted",
            ));
        };
        if !seen.insert(item) {
            return Err(row.error(
                ITEM,
                "a product that the file has not named before",
                "give one row a product",
            ));
        }
        let count = row.whole(COUNT, "a whole number, which noise may make negative")?;
        let visits =
            row.whole::<u64>(VISITS, "a number of visits")
                .and_then(|visits| match visits {
                    0 => Err(row.error(VISITS, "1 or more", "wait until visits have reported")),
                    _ => Ok(visits),
                })?;
        let noise = read_noise(row)?;
        let all = out.get_or_insert_with(|| Counts {
            visits,
            noise,
            ..Counts::default()
        });
        if all.visits != visits {
            return Err(row.error(
                VISITS,
                &format!("{}, as in the rows before", all.visits),
                "give the counts of one aggregation",
            ));
        }
        if all.noise.total_cmp(&noise).is_ne() {
            return Err(row.error(
                NOISE,
                &format!("{}, as in the rows before", all.noise),
                "give the counts of one aggregation",
            ));
        }
        all.rows.push((item, count));
        Ok(())
    })?;
    Ok(out.unwrap_or_default())
}

fn read_noise(row: &TableRow<'_>) -> Result<f64, FileError> {
    let noise: Option<f64> = row.text(NOISE).parse().ok();
    noise
        .filter(|noise| noise.is_finite() && *noise >= 0.0)
        .ok_or_else(|| {
            row.error(
                NOISE,
                "a number of 0 or more",
                "give the standard deviation of all noise in a count, 0 if none was added",
            )
        })
}

/// Writes counts as [`read_counts`] reads them.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_counts<'a>(
    path: &Path,
    rows: impl IntoIterator<Item = (&'a str, i64)>,
    visits: u64,
    noise: f64,
) -> Result<(), FileError> {
    let columns = ["item_id", "count", "visits", "noise"].map(|name| (name, ColumnType::Text));
    let (visits, noise) = (visits.to_string(), noise.to_string());
    write_table(path, &columns, |sink| {
        rows.into_iter().try_for_each(|(item, count)| {
            sink(&[
                CellValue::Text(item),
                CellValue::Text(&count.to_string()),
                CellValue::Text(&visits),
                CellValue::Text(&noise),
            ])
        })
    })
}

#[cfg(test)]
mod tests {
    use fewshop_core::Item;

    use super::*;

    #[test]
    fn what_is_written_is_read_with_its_noise() {
        let items = ["a", "b", "c"].map(|id| Item::new(id, id)).to_vec();
        let catalogue = Catalogue::new(items).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["counts.csv", "counts.parquet"] {
            let path = folder.path().join(name);
            let noise = 26.737_475_163_616_33;
            write_counts(&path, [("c", -7), ("a", 12_000)], 9_000, noise).unwrap();
            let read = read_counts(&path, &catalogue).unwrap();
            assert_eq!(read.rows, [(ItemIx(2), -7), (ItemIx(0), 12_000)]);
            assert_eq!((read.visits, read.noise), (9_000, noise));
        }
    }
}
