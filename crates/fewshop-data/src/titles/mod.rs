//! Readable names: turns the labels that a till prints into names for a shop's pages.
//!
//! A till identifies a product by an abbreviation of at most thirty characters, an accounting
//! category, and a size that may contain a stock number. [`readable`] turns these [`RawLabel`]s
//! into titles, a department and category to browse by, plain sizes and brands. All information
//! comes from the raw label: reviewed tables (`*.tsv` beside this file) come first, rules (`words`,
//! `size`) expand the rest. No two products get the same title, size and brand, because a shopper
//! could not distinguish them: see `distinct`.

mod distinct;
mod gift_kinds;
mod gifts;
mod size;
mod tables;
#[cfg(test)]
mod tests;
mod words;

use fewshop_core::Item;

use crate::pictures;
use distinct::{Difference, Draft};

/// Longest title that [`readable`] gives, in characters.
pub const LONGEST_TITLE: usize = 60;

/// A product's label in a grocery's files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroceryLabel {
    /// Department.
    pub department: String,
    /// Category within it.
    pub category: String,
    /// Type of product, cut at 30 characters.
    pub kind: String,
    /// Package size; may be empty or hold a stock number.
    pub size: String,
    /// `National` or `Private`.
    pub brand: String,
    /// Number of the maker.
    pub maker: i64,
}

/// A product's label in a shop's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawLabel {
    /// Department, category, type, size and maker.
    Grocery(GroceryLabel),
    /// A description in capitals.
    Gift {
        /// The description.
        description: String,
    },
}

/// A product of a raw log.
#[derive(Debug, Clone, PartialEq)]
pub struct RawProduct {
    /// Its id.
    pub id: String,
    /// Its label on the shop's till.
    pub label: RawLabel,
    /// Median shelf price.
    pub price: Option<f64>,
}

/// Products with readable names and pictures, in the order given; no two have the same title, size
/// and brand.
pub fn readable<'a>(products: impl IntoIterator<Item = &'a RawProduct>) -> Vec<Item> {
    let mut drafts: Vec<Draft> = products.into_iter().map(draft).collect();
    distinct::tell_apart(&mut drafts);
    let pictured = |Draft { mut item, .. }: Draft| {
        item.picture = pictures::choose(&item);
        item
    };
    drafts.into_iter().map(pictured).collect()
}

fn draft(product: &RawProduct) -> Draft {
    let mut draft = match &product.label {
        RawLabel::Grocery(label) => grocery(&product.id, label),
        RawLabel::Gift { description } => {
            let code = product
                .id
                .trim_start_matches(|c: char| c.is_ascii_lowercase())
                .to_owned();
            let title = gifts::title(description);
            let title = if title.is_empty() {
                code.clone()
            } else {
                title
            };
            let mut item = Item::new(&product.id, &title);
            item.category = gift_kinds::of(&title).map(str::to_owned).to_vec();
            let differences = vec![gifts::version(&code)];
            Draft {
                item,
                differences,
                printed_size: String::new(),
                maker: String::new(),
            }
        }
    };
    draft.item.title = distinct::shorten(&draft.item.title, LONGEST_TITLE);
    draft.item.price = product.price.map(|price| price as f32);
    draft
}

fn grocery(id: &str, label: &GroceryLabel) -> Draft {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (department, category, kind) = (
        squeeze(&label.department),
        squeeze(&label.category),
        squeeze(&label.kind),
    );
    let shelf = tables::TABLES.category(&department, &category);
    // A category that is not in the tables is expanded by the rules, under its department.
    let (own_department, own_category) =
        (words::write_out(&department), words::write_out(&category));
    let (place, aisle) = shelf.unwrap_or((&own_department, &own_category));
    let row = tables::TABLES.kind(&format!("{department} > {category}"), &kind);
    let written = words::write_out(&kind);
    let title = match row {
        Some(row) => row.title,
        None if written.is_empty() => aisle,
        None => &written,
    };
    let (shop_department, shop_category) =
        row.and_then(|row| row.category).unwrap_or((place, aisle));
    let size = size::read(&label.size);
    let mut item = Item::new(
        id,
        if title.is_empty() {
            "Assorted item"
        } else {
            title
        },
    );
    item.category = [shop_department, shop_category]
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| (*part).to_owned())
        .collect();
    item.brand = match label.brand.as_str() {
        "Private" => "House brand".to_owned(),
        "National" => format!("National brand · maker {}", label.maker),
        other => format!("{other} · maker {}", label.maker),
    };
    item.size = size.text;
    let number = match size.detail.as_str() {
        "" => String::new(),
        letters if letters.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            format!("variety {letters}")
        }
        stock => format!("no. {stock}"),
    };
    let differences = vec![
        Difference::new(words::inside(aisle), aisle == shop_category),
        Difference::new(words::inside(place), place == shop_department),
        Difference::new(words::inside(&written), false),
        Difference::new(number.clone(), number.is_empty()),
    ];
    Draft {
        item,
        differences,
        printed_size: size::as_printed(&label.size),
        maker: label.maker.to_string(),
    }
}
