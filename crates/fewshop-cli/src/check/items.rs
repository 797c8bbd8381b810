//! The items file: checks every row, prices, and personal data.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use fewshop_data::files::FileError;
use fewshop_data::files::items::{BRAND, COLUMNS, ID, TITLE, duplicate, parse_item};
use fewshop_data::files::table::{RowPosition, place_of, read_table_past};

use super::personal::Scan;
use super::{ItemsCard, Problems, Tally, Warning};

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
}

struct Price {
    at: RowPosition,
    price: f32,
    category: Vec<String>,
}

pub(super) fn look(
    path: &Path,
    problems: &mut Problems,
    warnings: &mut Vec<Warning>,
) -> Result<Products, FileError> {
    let mut rows: HashMap<String, u32> = HashMap::new();
    let mut places: Vec<RowPosition> = Vec::new();
    let mut prices: Vec<Price> = Vec::new();
    let mut departments: HashSet<String> = HashSet::new();
    let mut card = ItemsCard::default();
    let mut zero = Tally::default();
    let mut untitled = Tally::default();
    let mut scans = [("item_id", ID), ("title", TITLE), ("brand", BRAND)]
        .map(|(name, column)| (Scan::of(name), column));
    let mut extra: Vec<(Scan, usize)> = Vec::new();
    // Both closures add to it, never at the same time.
    let shared = std::cell::RefCell::new(problems);
    let header = read_table_past(
        path,
        &COLUMNS,
        |header, row| {
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
            let row = shared.borrow().row(*row);
            let item = match parse_item(&row) {
                Ok(item) => item,
                Err(error) => {
                    shared.borrow_mut().add(|| error);
                    return Ok(());
                }
            };
            if let Some(&first) = rows.get(&item.id.0) {
                let error = || {
                    duplicate(
                        path,
                        &item.id.0,
                        place_of(path, places[first as usize]),
                        place_of(path, row.at()),
                    )
                };
                shared.borrow_mut().add(error);
                return Ok(());
            }
            if row.text(TITLE).is_empty() {
                untitled.add(row.at());
            }
            rows.insert(item.id.0.clone(), places.len() as u32);
            places.push(row.at());
            match item.category.first() {
                Some(department) if !departments.contains(department) => {
                    departments.insert(department.clone());
                }
                Some(_) => {}
                None => card.without_category += 1,
            }
            match item.price {
                None => card.without_price += 1,
                Some(0.0) => zero.add(row.at()),
                Some(price) => prices.push(Price {
                    at: row.at(),
                    price,
                    category: item.category,
                }),
            }
            Ok(())
        },
        &mut |error| {
            shared.borrow_mut().add(error);
            Ok(())
        },
    )?;
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
    card.products = places.len();
    card.departments = departments.len();
    card.extra_columns = header.extra.into_iter().map(|(name, _)| name).collect();
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
    Ok(Products { card, rows })
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
