//! The synthetic shop in the files that shop systems and analytics export.

use std::io::{self, Write};
use std::path::Path;

use fewshop_core::{EventKind, Item};
use serde_json::json;

use super::{LogRow, format_time};
use crate::files::{FileError, write_atomically};

/// An export of a shop system, or a public data set's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// `products_export.csv` and `orders_export.csv`.
    Shopify,
    /// `products.csv` and `orders.csv`.
    Woocommerce,
    /// `events.jsonl`, as BigQuery exports GA4; the products are in the events.
    Ga4,
    /// `feed.xml` for Google Merchant Center, with `events.csv`.
    Merchant,
    /// `events.csv` and `item_properties.csv`.
    Retailrocket,
    /// `shop.inter` and `shop.item`.
    Recbole,
}

/// A table as CSV; fields with commas, quotes or line ends are quoted.
fn csv(path: &Path, separator: u8, rows: &[Vec<String>]) -> Result<(), FileError> {
    write_atomically(path, |out| {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(separator)
            .from_writer(&mut *out);
        for row in rows {
            writer.write_record(row).map_err(io::Error::other)?;
        }
        writer.flush()
    })
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// A row of a table with many columns, most of them empty.
fn wide(header: &[&str], cells: &[(&str, &str)]) -> Vec<String> {
    header
        .iter()
        .map(|name| {
            let cell = cells.iter().find(|(other, _)| other == name);
            cell.map_or_else(String::new, |(_, value)| (*value).to_owned())
        })
        .collect()
}

fn price(item: &Item) -> String {
    item.price
        .map_or_else(String::new, |price| format!("{price:.2}"))
}

/// An address that belongs to nobody.
fn address(user: &str) -> String {
    format!("{user}@example.invalid")
}

/// Writes the products and the log as `export`.
pub(super) fn write(
    export: Export,
    folder: &Path,
    items: &[Item],
    rows: &[LogRow],
) -> Result<(), FileError> {
    match export {
        Export::Shopify => shopify(folder, items, rows),
        Export::Woocommerce => woocommerce(folder, items, rows),
        Export::Ga4 => ga4(&folder.join("events.jsonl"), items, rows),
        Export::Merchant => {
            merchant(&folder.join("feed.xml"), items)?;
            super::write_plain(&folder.join("events.csv"), items, rows)
        }
        Export::Retailrocket => retailrocket(folder, items, rows),
        Export::Recbole => recbole(folder, items, rows),
    }
}

const SHOPIFY_PRODUCTS: [&str; 30] = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Gift Card",
    "SEO Title",
    "Status",
];
const SHOPIFY_ORDERS: [&str; 30] = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Fulfilled at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem compare at price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem taxable",
    "Lineitem fulfillment status",
    "Billing Name",
    "Billing Street",
    "Notes",
    "Cancelled at",
    "Vendor",
    "Id",
];

/// The orders of the log, the latest first as shops list them: rows of one session each.
fn orders(rows: &[LogRow]) -> Vec<Vec<&LogRow>> {
    let mut orders: Vec<Vec<&LogRow>> = Vec::new();
    let mut at = std::collections::HashMap::new();
    for row in rows.iter().filter(|row| row.kind == EventKind::Purchase) {
        let nth = *at.entry(row.session.as_str()).or_insert_with(|| {
            orders.push(Vec::new());
            orders.len() - 1
        });
        orders[nth].push(row);
    }
    orders.reverse();
    orders
}

fn shopify(folder: &Path, items: &[Item], rows: &[LogRow]) -> Result<(), FileError> {
    let mut products = vec![row(&SHOPIFY_PRODUCTS)];
    for item in items {
        let handle = item.title.to_lowercase().replace([' ', ','], "-") + "-" + &item.id.0;
        let (price, category) = (price(item), item.category.join(" > "));
        products.push(wide(
            &SHOPIFY_PRODUCTS,
            &[
                ("Handle", &handle),
                ("Title", &item.title),
                ("Body (HTML)", "<p>Made up,\nand not for sale.</p>"),
                ("Vendor", &item.brand),
                ("Product Category", &category),
                ("Type", item.category.last().map_or("", String::as_str)),
                ("Published", "true"),
                ("Option1 Name", "Size"),
                ("Option1 Value", &item.size),
                ("Variant SKU", &item.id.0),
                ("Variant Inventory Policy", "deny"),
                ("Variant Price", &price),
                ("Status", "active"),
            ],
        ));
    }
    csv(&folder.join("products_export.csv"), b',', &products)?;
    let mut lines = vec![row(&SHOPIFY_ORDERS)];
    let orders = orders(rows);
    for (nth, order) in orders.iter().enumerate() {
        let name = format!("#{}", 1_000 + orders.len() - nth);
        for (line, event) in order.iter().enumerate() {
            let item = &items[event.item];
            let time = format!("{} +0000", format_time(order[0].time_s));
            let (quantity, price, email) = (
                event.quantity.to_string(),
                price(item),
                address(&event.user),
            );
            let mut cells = vec![
                ("Name", name.as_str()),
                ("Email", &email),
                ("Created at", &time),
                ("Lineitem quantity", &quantity),
                ("Lineitem name", &item.title),
                ("Lineitem price", &price),
                ("Lineitem sku", &item.id.0),
                ("Vendor", &item.brand),
            ];
            if line == 0 {
                cells.extend([
                    ("Financial Status", "paid"),
                    ("Paid at", &time),
                    ("Currency", "USD"),
                ]);
            }
            lines.push(wide(&SHOPIFY_ORDERS, &cells));
        }
    }
    csv(&folder.join("orders_export.csv"), b',', &lines)
}

const WOO_PRODUCTS: [&str; 18] = [
    "ID",
    "Type",
    "SKU",
    "Name",
    "Published",
    "Is featured?",
    "Visibility in catalog",
    "Short description",
    "Description",
    "Tax status",
    "In stock?",
    "Stock",
    "Sale price",
    "Regular price",
    "Categories",
    "Tags",
    "Images",
    "Parent",
];
const WOO_ORDERS: [&str; 12] = [
    "Order Number",
    "Order Status",
    "Order Date",
    "Customer Note",
    "First Name (Billing)",
    "Last Name (Billing)",
    "Email (Billing)",
    "SKU",
    "Item #",
    "Item Name",
    "Quantity",
    "Item Cost",
];

fn woocommerce(folder: &Path, items: &[Item], rows: &[LogRow]) -> Result<(), FileError> {
    let mut products = vec![row(&WOO_PRODUCTS)];
    for (nth, item) in items.iter().enumerate() {
        let (id, price) = ((nth + 11).to_string(), price(item));
        let path: Vec<String> = item
            .category
            .iter()
            .map(|level| level.replace(',', "\\,"))
            .collect();
        products.push(wide(
            &WOO_PRODUCTS,
            &[
                ("ID", &id),
                ("Type", "simple"),
                ("SKU", &item.id.0),
                ("Name", &item.title),
                ("Published", "1"),
                ("Visibility in catalog", "visible"),
                ("In stock?", "1"),
                ("Regular price", &price),
                ("Categories", &format!("{}, Everything", path.join(" > "))),
            ],
        ));
    }
    csv(&folder.join("products.csv"), b',', &products)?;
    let mut lines = vec![row(&WOO_ORDERS)];
    let orders = orders(rows);
    for (nth, order) in orders.iter().enumerate() {
        let number = (2_000 + orders.len() - nth).to_string();
        for (line, event) in order.iter().enumerate() {
            let item = &items[event.item];
            let time = format_time(order[0].time_s);
            let (place, quantity, price) = (
                (line + 1).to_string(),
                event.quantity.to_string(),
                price(item),
            );
            lines.push(wide(
                &WOO_ORDERS,
                &[
                    ("Order Number", &number),
                    ("Order Status", "Completed"),
                    ("Order Date", time.get(..16).unwrap_or(&time)),
                    ("Email (Billing)", &address(&event.user)),
                    ("SKU", &item.id.0),
                    ("Item #", &place),
                    ("Item Name", &item.title),
                    ("Quantity", &quantity),
                    ("Item Cost", &price),
                ],
            ));
        }
    }
    csv(&folder.join("orders.csv"), b',', &lines)
}

fn ga4(path: &Path, items: &[Item], rows: &[LogRow]) -> Result<(), FileError> {
    write_atomically(path, |out| {
        for event in rows {
            let item = &items[event.item];
            let name = match event.kind {
                EventKind::View => "view_item",
                EventKind::Cart => "add_to_cart",
                EventKind::Purchase => "purchase",
                EventKind::Dismiss => "remove_from_cart",
            };
            let day: String = format_time(event.time_s)
                .chars()
                .take(10)
                .filter(|c| *c != '-')
                .collect();
            let first_s = event.session_s;
            let mut product = json!({
                "item_id": item.id.0,
                "item_name": item.title,
                "item_brand": item.brand,
                "price": item.price,
                "quantity": event.quantity,
            });
            for (level, key) in item
                .category
                .iter()
                .zip(["item_category", "item_category2"])
            {
                product[key] = level.as_str().into();
            }
            let line = json!({
                "event_date": day,
                "event_timestamp": (event.time_s * 1_000_000).to_string(),
                "event_name": name,
                "event_params": [
                    {"key": "page_location", "value": {"string_value": "https://shop.invalid/"}},
                    {"key": "ga_session_id", "value": {"int_value": first_s.to_string()}},
                ],
                "user_pseudo_id": event.user,
                "items": [product],
            });
            writeln!(out, "{line}")?;
            // What a real export is full of.
            if event.kind == EventKind::View {
                let noise = json!({
                    "event_date": day,
                    "event_timestamp": (event.time_s * 1_000_000 + 1).to_string(),
                    "event_name": "scroll",
                    "event_params": [],
                    "user_pseudo_id": event.user,
                    "items": [],
                });
                writeln!(out, "{noise}")?;
            }
        }
        Ok(())
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn merchant(path: &Path, items: &[Item]) -> Result<(), FileError> {
    write_atomically(path, |out| {
        writeln!(
            out,
            "<?xml version=\"1.0\"?>\n<rss xmlns:g=\"http://base.google.com/ns/1.0\" version=\"2.0\">\n<channel>\n<title>Made-up shop</title>"
        )?;
        for item in items {
            writeln!(
                out,
                "<item>\n<g:id>{}</g:id>\n<g:title>{}</g:title>\n<g:link>https://shop.invalid/{0}</g:link>\n<g:price>{} USD</g:price>\n\
                 <g:availability>in_stock</g:availability>\n<g:brand>{}</g:brand>\n<g:product_type>{}</g:product_type>\n<g:size>{}</g:size>\n</item>",
                escaped(&item.id.0),
                escaped(&item.title),
                price(item),
                escaped(&item.brand),
                escaped(&item.category.join(" > ")),
                escaped(&item.size)
            )?;
        }
        writeln!(out, "</channel>\n</rss>")
    })
}

fn retailrocket(folder: &Path, items: &[Item], rows: &[LogRow]) -> Result<(), FileError> {
    let mut events = vec![row(&[
        "timestamp",
        "visitorid",
        "event",
        "itemid",
        "transactionid",
    ])];
    for event in rows {
        let name = match event.kind {
            EventKind::View => "view",
            EventKind::Cart => "addtocart",
            EventKind::Purchase => "transaction",
            EventKind::Dismiss => continue,
        };
        let order = if event.kind == EventKind::Purchase {
            event.session.as_str()
        } else {
            ""
        };
        let time = (event.time_s * 1_000).to_string();
        events.push(row(&[
            &time,
            event.user.trim_start_matches('u'),
            name,
            &items[event.item].id.0,
            order,
        ]));
    }
    csv(&folder.join("events.csv"), b',', &events)?;
    let mut properties = vec![row(&["timestamp", "itemid", "property", "value"])];
    for (nth, item) in items.iter().enumerate() {
        let id = &item.id.0;
        let category = nth % 20;
        properties.push(row(&[
            "1704067200000",
            id,
            "categoryid",
            &category.to_string(),
        ]));
        properties.push(row(&[
            "1704067200000",
            id,
            "790",
            &format!("n{}0", price(item)),
        ]));
        properties.push(row(&["1704067200000", id, "available", "1"]));
        properties.push(row(&[
            "1704067200000",
            id,
            "888",
            "1116713 960601 n277.200",
        ]));
    }
    csv(&folder.join("item_properties.csv"), b',', &properties)
}

fn recbole(folder: &Path, items: &[Item], rows: &[LogRow]) -> Result<(), FileError> {
    let mut events = vec![row(&["user_id:token", "item_id:token", "timestamp:float"])];
    for event in rows.iter().filter(|event| event.kind.is_positive()) {
        events.push(row(&[
            &event.user,
            &items[event.item].id.0,
            &format!("{}.0", event.time_s),
        ]));
    }
    csv(&folder.join("shop.inter"), b'\t', &events)?;
    let mut products = vec![row(&[
        "item_id:token",
        "item_name:token_seq",
        "categories:token_seq",
        "price:float",
    ])];
    for item in items {
        products.push(row(&[
            &item.id.0,
            &item.title,
            &item.category.join(" > "),
            &price(item),
        ]));
    }
    csv(&folder.join("shop.item"), b'\t', &products)
}
