//! `items.csv`: the products.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use fewshop_core::{Catalogue, Item, ItemId};

use super::error::shorten;
use super::import::{
    Decimal, NoPrice, Note, Reading, Role, Rows, evidence, is_missing, plain, read_categories,
    read_price, read_rows,
};
use super::table::{Broken, Columns, RowPosition, TableRow};
use super::write::{CellValue, ColumnType, write_table};
use super::{FileError, Place};

/// The columns of `items.csv`.
pub const COLUMNS: Columns = Columns {
    required: &["item_id", "title", "category", "brand", "size", "price"],
    optional: &["picture", "group|item_group_id|group_id", "availability"],
    what: "item",
};
/// Number of the id's column in [`COLUMNS`].
pub const ID: usize = 0;
/// Number of the title's column.
pub const TITLE: usize = 1;
/// Number of the category's column.
pub(crate) const CATEGORY: usize = 2;
/// Number of the brand's column.
pub const BRAND: usize = 3;
/// Number of the size's column.
pub(crate) const SIZE: usize = 4;
/// Number of the price's column.
pub(crate) const PRICE: usize = 5;
/// Number of the picture's column.
pub(crate) const PICTURE: usize = 6;
/// Number of the column of the group of variants.
pub(crate) const GROUP: usize = 7;
/// Number of the column of availability.
pub(crate) const AVAILABILITY: usize = 8;

/// What an items file holds.
#[derive(Debug, Clone)]
pub struct ItemsFile {
    /// The products in file order.
    pub catalogue: Catalogue,
    /// Additional columns: the name and a value for each product.
    pub extra: Vec<(String, Vec<String>)>,
    /// Warnings for people.
    pub warnings: Vec<String>,
    /// How the file was read.
    pub notes: Vec<Note>,
    /// The group of variants that each product belongs to, "" for none.
    pub groups: Vec<String>,
    /// Whether each product is out of stock.
    pub out_of_stock: Vec<bool>,
    /// Whether the file says which products are out of stock.
    pub has_availability: bool,
    /// ISO 4217 code of the prices, if the file says it.
    pub currency: Option<&'static str>,
}

/// Reads the products from CSV or Parquet.
///
/// See [`read_items_with`]; nothing is said about the columns.
///
/// # Errors
/// As [`read_items_with`].
pub fn read_items(path: &Path) -> Result<ItemsFile, FileError> {
    read_items_with(path, &Reading::default())
}

/// Reads the products from a table or an export that is recognised.
///
/// A plain table has the columns `item_id,title,category,brand,size,price`, in any order; all cells
/// except the id may be empty; a product without a title is named by its id. `category` is a path
/// `a > b > c`. `picture`, `group` and `availability` are optional, and other columns are kept in
/// [`ItemsFile::extra`].
///
/// # Errors
/// [`FileError`] with file, line and field: a missing column, an empty id, a duplicate id,
/// a price that is not a number of 0 or more, text that is not UTF-8, or no rows.
pub fn read_items_with(path: &Path, reading: &Reading) -> Result<ItemsFile, FileError> {
    let read = collect_items(path, reading, |_| (), &mut |error| Err(error()))?;
    let missing = [
        (read.unpriced, "no price"),
        (read.untitled.count, "no title: their ids are shown instead"),
    ];
    let warnings = missing
        .into_iter()
        .filter(|&(count, _)| count > 0)
        .map(|(count, what)| {
            format!(
                "{}: {count} of {} items have {what}",
                path.display(),
                read.items.len()
            )
        })
        .collect();
    let catalogue = Catalogue::new(read.items).map_err(|error| FileError::Read {
        path: path.to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(ItemsFile {
        catalogue,
        extra: read.extra_names.into_iter().zip(read.extra).collect(),
        warnings,
        notes: read.notes,
        groups: read.groups,
        out_of_stock: read.out_of_stock,
        has_availability: read.has_availability,
        currency: read.currency,
    })
}

/// The products of a file, with their places.
#[derive(Debug, Default)]
pub struct ItemRows {
    /// In file order, each id once.
    pub items: Vec<Item>,
    /// The place of each.
    pub at: Vec<RowPosition>,
    /// The group of variants of each, "" for none.
    pub groups: Vec<String>,
    /// Whether each is out of stock.
    pub out_of_stock: Vec<bool>,
    /// Values of the additional columns.
    pub extra: Vec<Vec<String>>,
    /// Names of the additional columns.
    pub extra_names: Vec<String>,
    /// How the file was read.
    pub notes: Vec<Note>,
    /// ISO 4217 code of the prices, if the file says it.
    pub currency: Option<&'static str>,
    /// Products without a title.
    pub(crate) untitled: Rows,
    /// How many have no price.
    pub unpriced: usize,
    /// Whether the file says which products are out of stock.
    pub has_availability: bool,
    categories: Vec<String>,
    prices: Vec<String>,
    html: Rows,
    no_words: Rows,
    shortened: Rows,
    rows: HashMap<String, u32>,
}

impl ItemRows {
    /// How many products have no title, and the places of the first few.
    #[must_use]
    pub fn untitled(&self) -> (usize, &[RowPosition]) {
        (self.untitled.count, &self.untitled.first)
    }
}

/// Reads the products. `look` sees each row; `problem` decides whether the reading goes on behind a
/// bad one, which is left out.
///
/// # Errors
/// When the file cannot be read as a whole, or `problem` fails.
pub fn collect_items(
    path: &Path,
    reading: &Reading,
    mut look: impl FnMut(&TableRow<'_>),
    problem: &mut Broken<'_>,
) -> Result<ItemRows, FileError> {
    let mut out = ItemRows::default();
    // Both closures use it, never at the same time.
    let problem = std::cell::RefCell::new(problem);
    let table = read_rows(
        path,
        Role::Items,
        reading,
        true,
        |before, row| {
            look(row);
            match out.add(path, row, before.repeats) {
                Ok(()) => Ok(()),
                Err(error) => {
                    let error = std::cell::RefCell::new(Some(error));
                    (problem.borrow_mut())(&|| {
                        error.borrow_mut().take().unwrap_or_else(|| gone(path))
                    })
                }
            }
        },
        &mut |error| (problem.borrow_mut())(error),
    )
    .map_err(FileError::located)?;
    out.extra_names = table.extra;
    out.notes = table.notes;
    out.read_categories(path, reading, table.comma_paths);
    out.read_prices(path, reading, &mut **problem.borrow_mut())
        .map_err(FileError::located)?;
    out.note(path);
    Ok(out)
}

/// Stands in for an error that was already taken; no caller asks twice.
fn gone(path: &Path) -> FileError {
    FileError::Mapping {
        path: path.to_owned(),
        problem: "a row is invalid".to_owned(),
        advice: "correct it".to_owned(),
    }
}

impl ItemRows {
    fn add(&mut self, path: &Path, row: &TableRow<'_>, repeats: bool) -> Result<(), FileError> {
        let id = row.id(ID)?;
        if is_missing(id) {
            return Err(row.error(ID, "an id", "fill it in or remove the row"));
        }
        let category = row.text(CATEGORY);
        let price = row.text(PRICE);
        if let Some(&first) = self.rows.get(id) {
            let first = first as usize;
            if repeats {
                // What the first row lacks.
                for (have, more) in [
                    (&mut self.categories[first], category),
                    (&mut self.prices[first], price),
                ] {
                    if have.is_empty() {
                        more.clone_into(have);
                    }
                }
                let named = &mut self.items[first];
                if named.title == id && !row.text(TITLE).is_empty() {
                    named.title = plain(row.text(TITLE)).into_owned();
                    self.untitled.count = self.untitled.count.saturating_sub(1);
                }
                return Ok(());
            }
            let places = (self.at[first].place(), row.at().place());
            return Err(duplicate(path, id, places.0, places.1));
        }
        if is_shortened(id) {
            self.shortened.add(row.at());
        }
        self.rows.insert(id.to_owned(), self.items.len() as u32);
        let mut cell = |number: usize, rows: &mut Rows| {
            let raw = row.raw(number);
            if is_missing(raw.trim()) {
                self.no_words.add(row.at());
                return String::new();
            }
            let text = plain(raw);
            if let std::borrow::Cow::Owned(_) = text {
                rows.add(row.at());
            }
            text.into_owned()
        };
        let mut ignored = Rows::default();
        let title = cell(TITLE, &mut self.html);
        let (brand, size) = (cell(BRAND, &mut ignored), cell(SIZE, &mut ignored));
        let is_untitled = title.trim().is_empty();
        // Some logs have ids alone; a product without a name is shown by its id.
        let mut item = Item::new(id, if is_untitled { id } else { &title });
        item.brand = brand;
        item.size = size;
        item.picture = row.text(PICTURE).to_owned();
        if is_untitled {
            self.untitled.add(row.at());
        }
        self.items.push(item);
        self.at.push(row.at());
        self.categories.push(category.to_owned());
        self.prices.push(price.to_owned());
        let group = row.text(GROUP);
        self.groups.push(if is_missing(group) {
            String::new()
        } else {
            group.to_owned()
        });
        self.has_availability |= row.header().has(AVAILABILITY);
        self.out_of_stock
            .push(is_out_of_stock(row.text(AVAILABILITY)));
        let names = &row.header().extra;
        self.extra.resize_with(names.len(), Vec::new);
        for (column, (_, index)) in self.extra.iter_mut().zip(names) {
            column.push(row.extra(*index).to_owned());
        }
        Ok(())
    }

    fn read_categories(&mut self, path: &Path, reading: &Reading, comma_paths: bool) {
        let separator = reading.category_separator.as_deref();
        let read = read_categories(&self.categories, separator, comma_paths);
        for (item, category) in self.items.iter_mut().zip(read.paths) {
            item.category = category;
        }
        let rows = |rows: &[usize]| {
            let mut out = Rows::default();
            rows.iter().for_each(|&row| out.add(self.at[row]));
            out
        };
        if let Some(sign) = read.notation.levels.as_deref().filter(|sign| *sign != ">") {
            self.notes.push(Note::read(format!(
                "levels of categories are separated by '{sign}'"
            )));
        } else if separator.is_none() && read.notation.levels.is_none() && !read.slashes.is_empty()
        {
            let slashes = rows(&read.slashes);
            let text = format!(
                "{} categories hold '/', which is read as part of a name: --category-separator / if it separates levels",
                slashes.count
            );
            self.notes.push(Note::odd(text).of(path, &slashes));
        }
        if read.escaped > 0 {
            self.notes.push(Note::read(format!(
                "{} categories were written with entities such as &gt;",
                read.escaped
            )));
        }
        if let Some(left_out) = &read.left_out {
            let several = rows(&read.several);
            let text = format!(
                "{} products have several categories: the first is used, others such as '{}' are left out",
                several.count,
                shorten(left_out)
            );
            self.notes.push(Note::read(text).of(path, &several));
        }
    }

    fn read_prices(
        &mut self,
        path: &Path,
        reading: &Reading,
        problem: &mut Broken<'_>,
    ) -> Result<(), FileError> {
        let found = |which: Decimal| {
            let own = self
                .prices
                .iter()
                .filter(|text| evidence(text) == Some(which));
            own.count()
        };
        let (points, commas) = (found(Decimal::Point), found(Decimal::Comma));
        let decimal = reading.decimal.or(match (points, commas) {
            (0, 0) => None,
            (_, 0) => Some(Decimal::Point),
            (0, _) => Some(Decimal::Comma),
            // Each price says it itself.
            _ => None,
        });
        if commas > 0 && points > 0 && reading.decimal.is_none() {
            self.notes.push(Note::odd(format!(
                "{points} prices have a decimal point and {commas} a decimal comma"
            )));
        } else if decimal == Some(Decimal::Comma) {
            self.notes.push(Note::read("prices have a decimal comma"));
        }
        let mut currencies: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut missing = Rows::default();
        for ((item, text), &at) in self.items.iter_mut().zip(&self.prices).zip(&self.at) {
            if text.is_empty() {
                continue;
            }
            if is_missing(text) {
                missing.add(at);
                continue;
            }
            match read_price(text, decimal) {
                Ok(price) => {
                    item.price = Some(price.amount);
                    if let Some(currency) = price.currency {
                        *currencies.entry(currency).or_default() += 1;
                    }
                }
                Err(why) => problem(&|| {
                    FileError::Field {
                    path: path.to_owned(),
                    place: at.place(),
                    field: "price".to_owned(),
                    found: shorten(text).into(),
                    expected: "a price of 0 or more such as 3.59".into(),
                    advice: match (why, decimal) {
                        (NoPrice::Ambiguous, _) => {
                            "its separator can mean thousands or decimals: give --decimal point or --decimal comma"
                        }
                        (NoPrice::Form, Some(Decimal::Comma)) => {
                            "write it with a decimal comma as the other prices, or leave it empty"
                        }
                        (NoPrice::Form, _) => {
                            "write it as a number, perhaps with a currency, or leave it empty"
                        }
                    }
                    .into(),
                }
                })?,
            }
        }
        if missing.count > 0 {
            let text = format!(
                "{} prices are words for a missing value: read as missing",
                missing.count
            );
            self.notes.push(Note::odd(text).of(path, &missing));
        }
        self.unpriced = self
            .items
            .iter()
            .filter(|item| item.price.is_none())
            .count();
        match currencies.len() {
            0 => {}
            1 => {
                self.currency = currencies.keys().next().copied();
                let name = self.currency.unwrap_or_default();
                self.notes.push(Note::read(format!("prices are in {name}")));
            }
            _ => {
                let list: Vec<String> = currencies
                    .iter()
                    .map(|(name, count)| format!("{name} ({count})"))
                    .collect();
                problem(&|| FileError::Mapping {
                    path: path.to_owned(),
                    problem: format!("the prices are in several currencies: {}", list.join(", ")),
                    advice: "keep one row for each product, with the price in the shop's currency"
                        .to_owned(),
                })?;
            }
        }
        Ok(())
    }

    fn note(&mut self, path: &Path) {
        for (rows, is_odd, text) in [
            (
                &self.html,
                false,
                "titles held HTML or entities such as &amp;, which were removed",
            ),
            (
                &self.no_words,
                true,
                "titles, brands or sizes are words for a missing value such as 'nan': read as missing",
            ),
            (
                &self.shortened,
                true,
                "ids look like numbers that a spreadsheet has shortened (1.23E+12): format the column as text and export it again",
            ),
        ] {
            if rows.count > 0 {
                let text = format!("{} {text}", rows.count);
                let note = if is_odd {
                    Note::odd(text)
                } else {
                    Note::read(text)
                };
                self.notes.push(note.of(path, rows));
            }
        }
        let mut members: BTreeMap<&str, usize> = BTreeMap::new();
        for group in self.groups.iter().filter(|group| !group.is_empty()) {
            *members.entry(group).or_default() += 1;
        }
        // A group of one is a product as any other.
        members.retain(|_, count| *count > 1);
        if !members.is_empty() {
            self.notes.push(Note::read(format!(
                "{} products are variants in {} groups",
                members.values().sum::<usize>(),
                members.len()
            )));
        }
        let out = self.out_of_stock.iter().filter(|out| **out).count();
        if out > 0 {
            self.notes
                .push(Note::read(format!("{out} products are out of stock")));
        }
    }
}

/// `1.23E+12`: a number of which a spreadsheet kept three digits.
pub(crate) fn is_shortened(id: &str) -> bool {
    let Some((head, tail)) = id.split_once(['E', 'e']) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    tail.strip_prefix('+').is_some_and(digits)
        && !head.is_empty()
        && head
            .replacen(['.', ','], "", 1)
            .bytes()
            .all(|b| b.is_ascii_digit())
}

fn is_out_of_stock(text: &str) -> bool {
    let plain: String = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    matches!(
        plain.as_str(),
        "0" | "false" | "no" | "n" | "outofstock" | "soldout" | "unavailable" | "discontinued"
    )
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
        .chain(&["picture"])
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
