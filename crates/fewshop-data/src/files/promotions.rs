//! `promotions.csv`: the products that stand in the leaflet or on display, from when to when, and
//! in which share of the stores.

use std::path::Path;

use fewshop_core::{Catalogue, Place, Promotion};

use super::table::{Columns, TableRow, read_table};
use super::time::{day_of, format_day, parse_time};
use super::write::{CellValue, ColumnType, write_table};
use super::{FileError, UnknownItems, item_rows};

const COLUMNS: Columns = Columns {
    required: &["item_id", "from", "to", "share"],
    optional: &["place"],
    what: "promotion",
};
const ITEM: usize = 0;
const FROM: usize = 1;
const TO: usize = 2;
const SHARE: usize = 3;
const PLACE: usize = 4;

/// What a promotions file holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Promotions {
    /// The promotions in file order.
    pub rows: Vec<Promotion>,
    /// Rows that were left out because the catalogue lacks their item.
    pub unknown: UnknownItems,
}

/// One row of a promotions file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PromotionRow<'a> {
    /// The product.
    pub item_id: &'a str,
    /// The first day, in days since 1970.
    pub from_day: i32,
    /// The last day, inclusive, in days since 1970.
    pub to_day: i32,
    /// Share of the stores, above 0 and at most 1.
    pub share: f32,
    /// Where.
    pub place: Place,
}

/// Reads promotions from CSV or Parquet: `item_id`, the days `from` and `to`, both inclusive, and
/// the `share` of the stores. The optional `place` is leaflet, also if it is empty, or display.
///
/// # Errors
/// [`FileError`] with file, line and field: no such date, a last day before the first, a share
/// outside of 0 to 1, another place.
pub fn read_promotions(path: &Path, catalogue: &Catalogue) -> Result<Promotions, FileError> {
    let rows = item_rows(catalogue);
    let mut out = Promotions::default();
    read_table(path, &COLUMNS, |_, row| {
        let item_id = row.id(ITEM)?;
        let (from_day, to_day) = (read_day(row, FROM)?, read_day(row, TO)?);
        if to_day < from_day {
            return Err(row.error(
                TO,
                &format!("a day that is not before {}", format_day(from_day)),
                "give the last day of the promotion, or exchange the two days",
            ));
        }
        let share = read_share(row)?;
        let place = match row.text(PLACE) {
            "" => Place::Leaflet,
            name => Place::from_name(name).ok_or_else(|| {
                row.error(
                    PLACE,
                    Place::LISTED,
                    "use one of these places, or remove the row",
                )
            })?,
        };
        match rows.get(item_id) {
            Some(&item) => out.rows.push(Promotion {
                item,
                from_day,
                to_day,
                share,
                place,
            }),
            None => out.unknown.count(item_id),
        }
        Ok(())
    })?;
    Ok(out)
}

fn read_day(row: &TableRow<'_>, column: usize) -> Result<i32, FileError> {
    parse_time(row.text(column)).map(day_of).ok_or_else(|| {
        row.error(
            column,
            "a day such as 2017-10-02",
            "write it like this, or as a time in ISO 8601",
        )
    })
}

fn read_share(row: &TableRow<'_>) -> Result<f32, FileError> {
    let share: Option<f32> = row.text(SHARE).parse().ok();
    share
        .filter(|&share| share > 0.0 && share <= 1.0)
        .ok_or_else(|| {
            row.error(
                SHARE,
                "a number above 0 and at most 1",
                "give the share of the stores that promote it, 1 for a single shop, or remove the row",
            )
        })
}

/// Writes promotions as [`read_promotions`] reads them, in the order given.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_promotions<'a>(
    path: &Path,
    rows: impl IntoIterator<Item = PromotionRow<'a>>,
) -> Result<(), FileError> {
    let columns = [
        ("item_id", ColumnType::Text),
        ("from", ColumnType::Text),
        ("to", ColumnType::Text),
        ("share", ColumnType::Number),
        ("place", ColumnType::Text),
    ];
    write_table(path, &columns, |sink| {
        rows.into_iter().try_for_each(|row| {
            let (from, to) = (format_day(row.from_day), format_day(row.to_day));
            sink(&[
                CellValue::Text(row.item_id),
                CellValue::Text(&from),
                CellValue::Text(&to),
                CellValue::Number(row.share),
                CellValue::Text(row.place.name()),
            ])
        })
    })
}

#[cfg(test)]
mod tests {
    use fewshop_core::{Item, ItemIx};

    use super::*;

    fn shop() -> Catalogue {
        Catalogue::new(vec![Item::new("tea", "Tea"), Item::new("rye", "Rye")]).unwrap()
    }

    #[test]
    fn promotions_come_back_from_both_formats() {
        let folder = tempfile::tempdir().unwrap();
        let row = |item_id, from_day, share, place| PromotionRow {
            item_id,
            from_day,
            to_day: from_day + 6,
            share,
            place,
        };
        let rows = [
            row("rye", 17_441, 0.125, Place::Display),
            row("tea", 17_441, 1.0, Place::Leaflet),
            row("gone", 17_441, 0.5, Place::Leaflet),
            row("tea", -3, 0.02, Place::Leaflet),
        ];
        let promotion = |item, from_day, share, place| Promotion {
            item: ItemIx(item),
            from_day,
            to_day: from_day + 6,
            share,
            place,
        };
        let csv = folder.path().join("promotions.csv");
        for path in [csv.clone(), folder.path().join("promotions.parquet")] {
            write_promotions(&path, rows).unwrap();
            let read = read_promotions(&path, &shop()).unwrap();
            assert_eq!(
                read.rows,
                [
                    promotion(1, 17_441, 0.125, Place::Display),
                    promotion(0, 17_441, 1.0, Place::Leaflet),
                    promotion(0, -3, 0.02, Place::Leaflet),
                ]
            );
            assert_eq!((read.unknown.rows, &*read.unknown.examples[0]), (1, "gone"));
        }
        let text = std::fs::read_to_string(csv).unwrap();
        assert!(
            text.starts_with(
                "item_id,from,to,share,place\nrye,2017-10-02,2017-10-08,0.125,display\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_place_may_be_missing_and_a_day_may_have_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("promotions.csv");
        std::fs::write(
            &path,
            "item_id,from,to,share\ntea,2017-10-02T23:00:00,1506988800,1\n",
        )
        .unwrap();
        let expected = Promotion {
            item: ItemIx(0),
            from_day: 17_441,
            to_day: 17_442,
            share: 1.0,
            place: Place::Leaflet,
        };
        assert_eq!(read_promotions(&path, &shop()).unwrap().rows, [expected]);
        std::fs::write(
            &path,
            "item_id,from,to,share,place\ntea,2017-10-02,2017-10-03,1,\n",
        )
        .unwrap();
        assert_eq!(read_promotions(&path, &shop()).unwrap().rows, [expected]);
    }

    #[test]
    fn wrong_rows_are_refused_by_line_and_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("promotions.csv");
        let cases = [
            (",2017-10-02,2017-10-08,1,", "'item_id'", "an id"),
            (
                "tea,2 October,2017-10-08,1,",
                "'from'",
                "a day such as 2017-10-02",
            ),
            ("tea,2017-10-02,2017-10-32,1,", "'to'", "2017-10-32"),
            (
                "tea,2017-10-02,2017-10-01,1,",
                "'to'",
                "not before 2017-10-02",
            ),
            ("tea,2017-10-02,2017-10-08,0,", "'share'", "above 0"),
            ("tea,2017-10-02,2017-10-08,1.01,", "'share'", "at most 1"),
            ("tea,2017-10-02,2017-10-08,NaN,", "'share'", "NaN"),
            ("tea,2017-10-02,2017-10-08,,", "'share'", "above 0"),
            (
                "tea,2017-10-02,2017-10-08,1,window",
                "'place'",
                "leaflet or display",
            ),
        ];
        for (row, field, expected) in cases {
            let good = "rye,2017-10-02,2017-10-08,0.5,display";
            std::fs::write(
                &path,
                format!("item_id,from,to,share,place\n{good}\n{row}\n"),
            )
            .unwrap();
            let error = read_promotions(&path, &shop()).unwrap_err().to_string();
            for part in ["promotions.csv", "line 3", field, expected] {
                assert!(error.contains(part), "{row}: {error}");
            }
        }
    }
}
