//! The items file: checks every row, prices, and personal data.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use fewshop_data::files::items::{BRAND, ID, TITLE, collect_items};
use fewshop_data::files::table::RowPosition;
use fewshop_data::files::{FileError, Reading};

use super::personal::Scan;
use super::{ItemsCard, Problems, Tally, Warning, add_notes};

/// Ratio of a price to its category's median, or its inverse, from which a misplaced decimal point
/// is likely.
const FAR: f32 = 100.0;
/// Minimum number of prices for a meaningful median.
const PRICED: usize = 5;

/// The products, for checking the events.
pub(super) struct Products {
    pub(super) card: ItemsCard,
    /// Rows by id.
    pub(super) rows: HashMap<String, u32>,
    /// Rows by id without the differences that are overlooked.
    loose: HashMap<String, u32>,
}

impl Products {
    /// The row of an id, overlooking what `reading` overlooks.
    pub(super) fn row(&self, reading: &Reading, id: &str) -> Option<u32> {
        let exact = self.rows.get(id);
        if exact.is_some() || reading.match_ids.is_empty() {
            return exact.copied();
        }
        self.loose.get(&reading.form_of(id)).copied()
    }
}

struct Price {
    at: RowPosition,
    price: f32,
    category: Vec<String>,
}

pub(super) fn look(
    path: &Path,
    reading: &Reading,
    problems: &mut Problems,
    warnings: &mut Vec<Warning>,
    notes: &mut Vec<String>,
) -> Result<Products, FileError> {
    let mut scans = [("item_id", ID), ("title", TITLE), ("brand", BRAND)]
        .map(|(name, column)| (Scan::of(name), column));
    let mut extra: Vec<(Scan, usize)> = Vec::new();
    let read = collect_items(
        path,
        reading,
        |row| {
            let header = row.header();
            if extra.is_empty() && !header.extra.is_empty() {
                extra = header
                    .extra
                    .iter()
                    .map(|(name, index)| (Scan::of(name), *index))
                    .collect();
            }
            for (scan, column) in &mut scans {
                scan.look(row.text(*column), row.at());
            }
            for (scan, index) in &mut extra {
                scan.look(row.extra(*index), row.at());
            }
        },
        &mut |error| {
            problems.add(path, error());
            Ok(())
        },
    )?;
    add_notes(path, &read.notes, warnings, notes);
    let mut card = ItemsCard::default();
    let mut rows: HashMap<String, u32> = HashMap::new();
    let mut prices: Vec<Price> = Vec::new();
    let mut departments: HashSet<String> = HashSet::new();
    let mut zero = Tally::default();
    let (count, first) = read.untitled();
    let untitled = Tally {
        count,
        first: first.to_vec(),
    };
    card.products = read.items.len();
    for ((item, &at), row) in read.items.into_iter().zip(&read.at).zip(0..) {
        match item.category.first() {
            Some(department) if !departments.contains(department) => {
                departments.insert(department.clone());
            }
            Some(_) => {}
            None => card.without_category += 1,
        }
        match item.price {
            None => card.without_price += 1,
            Some(0.0) => zero.add(at),
            Some(price) => prices.push(Price {
                at,
                price,
                category: item.category,
            }),
        }
        rows.insert(item.id.0, row);
    }
    warnings.extend(untitled.warn(
        path,
        Some("title"),
        "without a title",
        "what shoppers read",
        "without it the product is shown by its id, and its name says nothing to search and ranking",
    ));
    warnings.extend(zero.warn(
        path,
        Some("price"),
        "of 0",
        "a price above 0",
        "leave it empty if it is unknown",
    ));
    let (far, median) = far_off(&prices);
    warnings.extend(far.warn(
        path,
        Some("price"),
        "a hundred times their category's median or more, or a hundredth of it or less",
        "prices of one currency and unit",
        "look for a lost decimal point, cents among whole units, or the price of a multipack",
    ));
    for (scan, _) in scans.iter().chain(&extra) {
        scan.warn(path, warnings);
    }
    card.departments = departments.len();
    card.extra_columns = read.extra_names;
    let range =
        prices
            .iter()
            .map(|price| price.price)
            .fold(None, |range: Option<(f32, f32)>, p| {
                Some(range.map_or((p, p), |(low, high)| (low.min(p), high.max(p))))
            });
    card.prices = range
        .zip(median)
        .map(|((low, high), median)| [low, median, high].map(f64::from));
    let loose = if reading.match_ids.is_empty() {
        HashMap::new()
    } else {
        let forms = rows.iter().map(|(id, &row)| (reading.form_of(id), row));
        forms.collect()
    };
    Ok(Products { card, rows, loose })
}

/// Prices far from the median of their category, or of the shop if the category has few prices; and
/// the shop's median.
fn far_off(prices: &[Price]) -> (Tally, Option<f32>) {
    let shop = median(prices.iter().map(|price| price.price).collect());
    let mut categories: BTreeMap<&[String], Vec<f32>> = BTreeMap::new();
    for price in prices {
        categories
            .entry(&price.category)
            .or_default()
            .push(price.price);
    }
    let medians: BTreeMap<&[String], f32> = categories
        .into_iter()
        .filter(|(_, prices)| prices.len() >= PRICED)
        .filter_map(|(category, prices)| Some((category, median(prices)?)))
        .collect();
    let mut far = Tally::default();
    for price in prices {
        let usual = medians
            .get(price.category.as_slice())
            .copied()
            .or(shop.filter(|_| prices.len() >= PRICED));
        if usual.is_some_and(|usual| price.price >= FAR * usual || price.price * FAR <= usual) {
            far.add(price.at);
        }
    }
    (far, shop)
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}
