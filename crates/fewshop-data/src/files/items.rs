//! `items.csv`: the products.

use std::collections::HashMap;
use std::path::Path;

use fewshop_core::{Catalogue, Item, ItemId};

use super::error::shorten;
use super::table::{Columns, RowPosition, TableRow, place_of, read_table};
use super::write::{CellValue, ColumnType, write_table};
use super::{FileError, Place};

/// The columns of `items.csv`.
pub const COLUMNS: Columns = Columns {
    required: &["item_id", "title", "category", "brand", "size", "price"],
    optional: &["picture"],
    what: "item",
};
/// Number of the id's column in [`COLUMNS`].
pub const ID: usize = 0;
/// Number of the title's column.
pub const TITLE: usize = 1;
const CATEGORY: usize = 2;
/// Number of the brand's column.
pub const BRAND: usize = 3;
const SIZE: usize = 4;
/// Number of the price's column.
pub(crate) const PRICE: usize = 5;
const PICTURE: usize = 6;

/// What an items file holds.
#[derive(Debug, Clone)]
pub struct ItemsFile {
    /// The products in file order.
    pub catalogue: Catalogue,
    /// Additional columns: the name and a value for each product.
    pub extra: Vec<(String, Vec<String>)>,
    /// Warnings for people.
    pub warnings: Vec<String>,
}

/// Reads the products from CSV or Parquet.
///
/// The columns `item_id,title,category,brand,size,price` are required, in any order; all cells
/// except the id may be empty; a product without a title is named by its id. `category` is a path `a > b > c`. `picture` is optional, and
/// other columns are kept in [`ItemsFile::extra`].
///
/// # Errors
/// [`FileError`] with file, line and field: a missing column, an empty id, a duplicate id,
/// a price that is not a number of 0 or more, text that is not UTF-8, or no rows.
pub fn read_items(path: &Path) -> Result<ItemsFile, FileError> {
    let mut items: Vec<Item> = Vec::new();
    let mut places: HashMap<String, RowPosition> = HashMap::new();
    let mut untitled = 0;
    let mut extra: Vec<Vec<String>> = Vec::new();
    let header = read_table(path, &COLUMNS, |header, row| {
        let id = row.id(ID)?;
        if let Some(&first) = places.get(id) {
            return Err(duplicate(
                path,
                id,
                place_of(path, first),
                place_of(path, row.at()),
            ));
        }
        places.insert(id.to_owned(), row.at());
        let item = parse_item(row)?;
        untitled += usize::from(row.text(TITLE).is_empty());
        items.push(item);
        extra.resize_with(header.extra.len(), Vec::new);
        for (column, (_, index)) in extra.iter_mut().zip(&header.extra) {
            column.push(row.extra(*index).to_owned());
        }
        Ok(())
    })?;
    let unpriced = items.iter().filter(|item| item.price.is_none()).count();
    let missing = [
        (unpriced, "no price"),
        (untitled, "no title: their ids are shown instead"),
    ];
    let warnings = missing
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, what)| {
            format!(
                "{}: {count} of {} items have {what}",
                path.display(),
                items.len()
            )
        })
        .collect();
    let catalogue = Catalogue::new(items).map_err(|error| FileError::Read {
        path: path.to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    let extra = header
        .extra
        .into_iter()
        .map(|(name, _)| name)
        .zip(extra)
        .collect();
    Ok(ItemsFile {
        catalogue,
        extra,
        warnings,
    })
}

/// Parses a product from one row; the caller checks that its id is unique.
///
/// # Errors
/// [`FileError::Field`].
pub fn parse_item(row: &TableRow<'_>) -> Result<Item, FileError> {
    let id = row.id(ID)?;
    // Some logs have ids alone; a product without a name is shown by its id.
    let title = match row.text(TITLE) {
        "" => id,
        _ => row.raw(TITLE),
    };
    let mut item = Item::new(id, title);
    item.category = row
        .text(CATEGORY)
        .split('>')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    item.brand = row.raw(BRAND).to_owned();
    item.size = row.raw(SIZE).to_owned();
    item.picture = row.text(PICTURE).to_owned();
    if !row.text(PRICE).is_empty() {
        let price: Option<f32> = row
            .text(PRICE)
            .parse()
            .ok()
            .filter(|price: &f32| price.is_finite() && *price >= 0.0);
        let advice = "write it with a decimal point and without a currency sign or thousands separators, or leave it empty";
        item.price = Some(
            price.ok_or_else(|| row.error(PRICE, "a number of 0 or more such as 3.59", advice))?,
        );
    }
    Ok(item)
}

/// The error for an id that two rows share.
pub fn duplicate(path: &Path, id: &str, first: Place, second: Place) -> FileError {
    FileError::DuplicateId {
        path: path.to_owned(),
        field: "item_id".to_owned(),
        id: shorten(id),
        first,
        second,
    }
}

/// Writes products as [`read_items`] reads them, `extra` columns last.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_items(
    path: &Path,
    items: &[Item],
    extra: &[(String, Vec<String>)],
) -> Result<(), FileError> {
    let mut columns: Vec<(&str, ColumnType)> = COLUMNS
        .required
        .iter()
        .chain(COLUMNS.optional)
        .map(|name| (*name, ColumnType::Text))
        .collect();
    columns[PRICE].1 = ColumnType::Number;
    columns.extend(
        extra
            .iter()
            .map(|(name, _)| (name.as_str(), ColumnType::Text)),
    );
    write_table(path, &columns, |row| {
        for (at, item) in items.iter().enumerate() {
            let category = item.category.join(" > ");
            let ItemId(id) = &item.id;
            let mut cells = vec![
                CellValue::Text(id),
                CellValue::Text(&item.title),
                CellValue::Text(&category),
                CellValue::Text(&item.brand),
                CellValue::Text(&item.size),
                item.price.map_or(CellValue::None, CellValue::Number),
                CellValue::Text(&item.picture),
            ];
            cells.extend(extra.iter().map(|(_, values)| {
                values
                    .get(at)
                    .map_or(CellValue::None, |value| CellValue::Text(value))
            }));
            row(&cells)?;
        }
        Ok(())
    })
}
