//! The UCI repository's 'Online Retail': a UK gift shop's invoices.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::ensure;

use super::{Marketing, Notice, NumberedNames, RawEvent, RawLog, median_cents};
use crate::files::sheet::read_sheets;
use crate::files::table::{Columns, TableRow, read_table};
use crate::files::{FileError, parse_time};
use crate::titles::{RawLabel, RawProduct};

const NOTICE: Notice = Notice {
    shop: "onlineretail",
    currency: "GBP",
    source: "Online Retail, UCI Machine Learning Repository 352 (Chen, Sain, Guo 2012)",
    licence: "CC BY 4.0 at the UCI repository; CC0 as packaged in CRAN onlineretail 0.1.2",
};

/// The repository's second file of the same shop has other names for three of the columns.
const COLUMNS: Columns = Columns {
    required: &[
        "InvoiceNo|Invoice",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice|Price",
        "CustomerID|Customer ID",
        "Country",
    ],
    optional: &[],
    what: "invoice line",
};
const INVOICE: usize = 0;
const STOCK: usize = 1;
const DESCRIPTION: usize = 2;
const QUANTITY: usize = 3;
const DATE: usize = 4;
const PRICE: usize = 5;
const CUSTOMER: usize = 6;

/// 2011-06-01 00:00, the end of training.
const CUT_S: i64 = 1_306_886_400;
/// 2011-07-17 00:00, the end of what a refresh counts.
const REFRESH_UNTIL_S: i64 = 1_310_860_800;

#[derive(Default)]
struct Product {
    /// Each description with its count; the most frequent one becomes the title, the first one in a
    /// tie.
    descriptions: Vec<(String, u32)>,
    prices: Vec<f64>,
}

#[derive(Default)]
struct Invoices {
    users: NumberedNames,
    sessions: NumberedNames,
    codes: NumberedNames,
    products: Vec<Product>,
    events: Vec<RawEvent>,
}

/// Reads the shop's invoices from csv, xlsx or parquet.
///
/// Lines without a customer, returns, lines with a price of zero, and codes that are not products
/// (postage, fees) are left out.
///
/// # Errors
/// [`FileError`] when the file lacks a column or has an invalid number or date.
pub fn online_retail(raw: &Path) -> anyhow::Result<RawLog> {
    let mut log = Invoices::default();
    if is_zip(raw) {
        read_sheets(raw, &COLUMNS, |_, row| log.line(row))?;
    } else {
        read_table(raw, &COLUMNS, |_, row| log.line(row))?;
    }
    ensure!(
        !log.events.is_empty(),
        "{}: no purchase by an identified customer: check that it is the right file",
        raw.display()
    );
    Ok(log.sorted())
}

/// An xlsx file is a zip.
fn is_zip(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut magic))
        .is_ok()
        && magic == *b"PK\x03\x04"
}

impl Invoices {
    fn line(&mut self, row: &TableRow<'_>) -> Result<(), FileError> {
        let stock = row.text(STOCK);
        if row.text(CUSTOMER).is_empty() || row.text(INVOICE).starts_with('C') {
            return Ok(());
        }
        let expected = "a number";
        let number = |column| -> Result<f64, FileError> {
            row.text(column)
                .parse()
                .ok()
                .ok_or_else(|| row.error(column, expected, "correct it or remove the row"))
        };
        let (quantity, price) = (number(QUANTITY)?, number(PRICE)?);
        let bought = quantity > 0.0 && price > 0.0 && begins_with_five_digits(stock);
        if !bought {
            return Ok(());
        }
        let customer: i64 = row.whole(CUSTOMER, "a whole number")?;
        let time_s = parse_date(row.text(DATE)).ok_or_else(|| {
            row.error(
                DATE,
                "a time such as 2010-12-01 08:26:00 or 12/1/2010 8:26 (month first)",
                "correct it or remove the row",
            )
        })?;
        let item = self.codes.number(&format!("or{}", stock.to_uppercase()));
        if item as usize == self.products.len() {
            self.products.push(Product::default());
        }
        let product = &mut self.products[item as usize];
        product.prices.push(price);
        let description = row.raw(DESCRIPTION);
        match product
            .descriptions
            .iter_mut()
            .find(|(text, _)| text == description)
        {
            _ if description.trim().is_empty() => {}
            Some((_, count)) => *count += 1,
            None => product.descriptions.push((description.to_owned(), 1)),
        }
        self.events.push(RawEvent {
            user: self.users.number(&format!("c{customer}")),
            session: self.sessions.number(&format!("i{}", row.text(INVOICE))),
            time_s,
            item,
            quantity: quantity as i64,
        });
        Ok(())
    }

    /// The log with its products by id.
    fn sorted(mut self) -> RawLog {
        let mut order: Vec<usize> = (0..self.products.len()).collect();
        order.sort_by(|&a, &b| self.codes.names[a].cmp(&self.codes.names[b]));
        let mut rank = vec![0u32; order.len()];
        let mut products = Vec::with_capacity(order.len());
        for (at, &item) in order.iter().enumerate() {
            rank[item] = at as u32;
            let product = &mut self.products[item];
            let max_count = product.descriptions.iter().map(|(_, count)| *count).max();
            let title = product
                .descriptions
                .iter()
                .find(|(_, count)| Some(*count) == max_count);
            let id = std::mem::take(&mut self.codes.names[item]);
            // A product without a description gets its code as the title.
            let description =
                title.map_or_else(|| id[2..].to_owned(), |(text, _)| text.trim().to_owned());
            products.push(RawProduct {
                label: RawLabel::Gift { description },
                price: median_cents(&mut product.prices),
                id,
            });
        }
        for event in &mut self.events {
            event.item = rank[event.item as usize];
        }
        let (users, sessions) = (self.users.names, self.sessions.names);
        RawLog {
            notice: NOTICE,
            products,
            users,
            sessions,
            events: self.events,
            cut_s: CUT_S,
            refresh_until_s: REFRESH_UNTIL_S,
            support: 5,
            marketing: Marketing::default(),
            promotions: Vec::new(),
        }
    }
}

fn begins_with_five_digits(code: &str) -> bool {
    code.len() >= 5 && code.bytes().take(5).all(|b| b.is_ascii_digit())
}

/// A date in Fewshop's formats, or month first as in the widespread CSV export of this file.
fn parse_date(text: &str) -> Option<i64> {
    if !text.contains('/') {
        return parse_time(text);
    }
    let (date, time) = text.split_once(' ')?;
    let [month, day, year] = <[&str; 3]>::try_from(date.split('/').collect::<Vec<_>>()).ok()?;
    let (year, month, day): (u32, u32, u32) =
        (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    let year = if year < 100 { 2_000 + year } else { year };
    let time = if time.find(':') == Some(1) {
        format!("0{time}")
    } else {
        time.to_owned()
    };
    parse_time(&format!("{year:04}-{month:02}-{day:02} {time}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations_of_a_date_name_the_same_minute() {
        for text in ["2010-12-01 08:26:00", "12/1/2010 8:26", "12/01/10 08:26"] {
            assert_eq!(parse_date(text), Some(1_291_191_960), "{text}");
        }
        assert_eq!(parse_date("31/12/2010 8:26"), None);
    }
}
