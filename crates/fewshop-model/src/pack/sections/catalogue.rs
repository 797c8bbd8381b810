//! Products: ids, titles and the data that a page shows.

use std::collections::HashMap;

use fewshop_core::{Catalogue, Item, ItemId};

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, PLAIN_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};

/// Limit for texts that are stored once but belong to many items: their total size in memory, as a
/// multiple of the file's size. In the committed pack they grow by less than a half.
const MAX_EXPANSION: usize = 8;

pub(in crate::pack) struct Products;

impl Section for Products {
    const NAMES: &'static [&'static str] = &[
        "catalogue.ids",
        "catalogue.titles",
        "catalogue.categories",
        "catalogue.category",
        "catalogue.brands",
        "catalogue.brand",
        "catalogue.sizes",
        "catalogue.size",
        "catalogue.pictures",
        "catalogue.picture",
        "catalogue.price",
    ];
    const SINCE: u32 = PLAIN_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<bool, PackError> {
        let items = parts.catalogue.items();
        let lines = |of: &dyn Fn(&Item) -> &str| {
            items
                .iter()
                .map(|item| one_line(of(item)))
                .collect::<Vec<_>>()
                .join("\n")
        };
        out.utf8("catalogue.ids", &lines(&|item| &item.id.0));
        out.utf8("catalogue.titles", &lines(&|item| &item.title));
        let category = |item: &Item| {
            item.category
                .iter()
                .map(|level| one_line(level))
                .collect::<Vec<_>>()
                .join("\t")
        };
        write_dictionary(
            out,
            "catalogue.categories",
            "catalogue.category",
            items.iter().map(category),
        );
        write_dictionary(
            out,
            "catalogue.brands",
            "catalogue.brand",
            items.iter().map(|item| one_line(&item.brand)),
        );
        write_dictionary(
            out,
            "catalogue.sizes",
            "catalogue.size",
            items.iter().map(|item| one_line(&item.size)),
        );
        write_dictionary(
            out,
            "catalogue.pictures",
            "catalogue.picture",
            items.iter().map(|item| one_line(&item.picture)),
        );
        // -1 means no price: a pack must not contain NaN.
        let prices: Vec<f32> = items
            .iter()
            .map(|item| item.price.unwrap_or(-1.0))
            .collect();
        out.f32("catalogue.price", &[items.len()], &prices);
        meta.items = items.len();
        Ok(true)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        parts.catalogue = read_catalogue(file, meta.items)?;
        Ok(())
    }

    /// A catalogue checks itself when it is made.
    fn check(_: &PackParts) -> Result<(), PackError> {
        Ok(())
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        parts.catalogue = catalogue(order.permuted(before.catalogue.items()))?;
        Ok(())
    }

    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        let old = before.catalogue.items().iter();
        let all = old.chain(added.iter().map(|new| &new.item)).cloned();
        parts.catalogue = catalogue(all.collect())?;
        Ok(())
    }
}

fn catalogue(items: Vec<Item>) -> Result<Catalogue, PackError> {
    Catalogue::new(items).map_err(|err| PackError::field("catalogue", err))
}

/// Lines are separated by newlines and category levels by tabs, so a text must not contain either.
fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

/// Rows of the catalogue, with two bytes each if they fit.
fn write_rows(out: &mut Writer, name: &str, rows: &[u32], bound: usize) {
    if bound <= 1 << 16 {
        out.u16(
            name,
            &rows.iter().map(|&row| row as u16).collect::<Vec<_>>(),
        );
    } else {
        out.u32(name, rows);
    }
}

fn read_rows(
    file: &Container<'_>,
    name: &str,
    len: usize,
    bound: usize,
) -> Result<Vec<u32>, PackError> {
    if bound <= 1 << 16 {
        Ok(file.u16(name, len)?.into_iter().map(u32::from).collect())
    } else {
        file.u32(name, Some(len))
    }
}

/// Stores repeated texts once, in order of first use, and for each item the index of its text.
fn write_dictionary(
    out: &mut Writer,
    words: &str,
    column: &str,
    values: impl Iterator<Item = String>,
) {
    let mut list: Vec<String> = Vec::new();
    let mut known: HashMap<String, u32> = HashMap::new();
    let rows: Vec<u32> = values
        .map(|value| {
            *known.entry(value).or_insert_with_key(|value| {
                list.push(value.clone());
                list.len() as u32 - 1
            })
        })
        .collect();
    out.utf8(words, &list.join("\n"));
    write_rows(out, column, &rows, list.len());
}

fn read_dictionary<'a>(
    file: &Container<'a>,
    words: &str,
    column: &str,
    n: usize,
) -> Result<Vec<&'a str>, PackError> {
    let list: Vec<&str> = file.utf8(words)?.split('\n').collect();
    let rows = read_rows(file, column, n, list.len())?;
    // A text is stored once in the file but once per item in memory, so one long line could exhaust
    // the memory of a machine that opens the pack.
    let mut room = MAX_EXPANSION.saturating_mul(file.size());
    rows.into_iter()
        .map(|row| {
            let len = list.len();
            let text =
                *list.get(row as usize).ok_or_else(|| PackError::field(column, format!("names entry {row}, there are {len}")))?;
            let levels = text.bytes().filter(|&b| b == b'\t').count() + 1;
            room = room.checked_sub(text.len() + levels * size_of::<String>()).ok_or_else(|| {
                PackError::field(
                    words,
                    format!("take more than {MAX_EXPANSION} times the room of the whole file once each item has its own"),
                )
            })?;
            Ok(text)
        })
        .collect()
}

fn read_catalogue(file: &Container<'_>, n: usize) -> Result<Catalogue, PackError> {
    let lines = |name: &str| -> Result<Vec<&str>, PackError> {
        let list: Vec<&str> = file.utf8(name)?.split('\n').collect();
        if list.len() == n {
            Ok(list)
        } else {
            Err(PackError::field(
                name,
                format!("has {} lines, expected {n}", list.len()),
            ))
        }
    };
    let (ids, titles) = (lines("catalogue.ids")?, lines("catalogue.titles")?);
    let categories = read_dictionary(file, "catalogue.categories", "catalogue.category", n)?;
    let brands = read_dictionary(file, "catalogue.brands", "catalogue.brand", n)?;
    let sizes = read_dictionary(file, "catalogue.sizes", "catalogue.size", n)?;
    let pictures = read_dictionary(file, "catalogue.pictures", "catalogue.picture", n)?;
    let prices = file.f32("catalogue.price", &[n])?;
    let items: Vec<Item> = (0..n)
        .map(|row| Item {
            id: ItemId(ids[row].to_owned()),
            title: titles[row].to_owned(),
            category: categories[row]
                .split('\t')
                .filter(|level| !level.is_empty())
                .map(str::to_owned)
                .collect(),
            brand: brands[row].to_owned(),
            size: sizes[row].to_owned(),
            price: (prices[row] != -1.0).then_some(prices[row]),
            picture: pictures[row].to_owned(),
        })
        .collect();
    catalogue(items)
}
