//! `fewshop update`: changes what a pack says about its products, without training.

use std::path::PathBuf;

use anyhow::ensure;
use fewshop_core::{Catalogue, Item, ItemIx};
use fewshop_data::files::{ItemsFile, Reading};
use fewshop_model::Pack;

use super::reading::{ReadingArgs, items_of};
use super::rules::exclude;
use super::{print, read_pack, warn, write_pack};
use crate::provenance::Provenance;

/// Arguments of `fewshop update`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Changes title, price, size, brand and picture of the products that the file names, and which of them are out of stock (column availability). \
                  Cells that are empty change nothing. Categories stay, because the ranking has learned them: a product that moved needs a training. \
                  Products that are not in the pack are counted: `fewshop add-items` adds them.\n\n\
                  Safe to run every night: the same file twice gives the same pack, and a file without a change leaves the output as it is. Exit codes: 0 done, also where nothing \
                  changed; 1 an error, with the output as it was; 2 wrong usage."
)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The products as they are now: item_id and other columns of items.csv, or an export that is recognised
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// Products of the pack that the file does not name are out of stock
    #[arg(long)]
    pub missing_is_out: bool,
    /// Products that are never picked from now on, besides those of the rules
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// How to read the file.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Output file for the pack; may be the input pack
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// What an update changed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    titles: usize,
    prices: usize,
    others: usize,
    now_out: usize,
    back: usize,
    moved: usize,
    unknown: usize,
    missing: usize,
}

/// Updates.
///
/// # Errors
/// When a file cannot be read or written, or names no product of the pack.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let reading = args.reading.reading()?;
    let read = items_of(&args.items, &partial(reading, args))?;
    let (items, out_of_stock, changes) = updated(&pack, &read, args);
    ensure!(
        changes.unknown < read.catalogue.len(),
        "{}: none of its {} products is in {}: is it the file of another shop?",
        args.items.display(),
        read.catalogue.len(),
        args.pack.display()
    );
    let mut rules = pack.rules().clone();
    rules.out_of_stock = out_of_stock;
    exclude(&mut rules, &args.exclude, pack.catalogue());
    if let Some(currency) = read.currency
        && currency != pack.card().currency
    {
        warn(&format!(
            "{}: prices are in {currency}, those of the pack in {}",
            args.items.display(),
            pack.card().currency
        ));
    }
    let catalogue = Catalogue::new(items)?;
    let is_same = rules == *pack.rules() && catalogue.items() == pack.catalogue().items();
    let command = Provenance::of("update").file("--items", args.items.as_path());
    let new = if is_same {
        pack
    } else {
        pack.edit(|parts| {
            parts.catalogue = catalogue;
            parts.rules = rules;
            command.replace_in(&mut parts.card);
        })?
    };
    if changes.moved > 0 {
        warn(&format!(
            "{}: {} products have another category, which stays as it is until the next training",
            args.items.display(),
            changes.moved
        ));
    }
    if !(is_same && args.out == args.pack) {
        write_pack(&args.out, &new)?;
    }
    print(&format!("{}: {}\n", args.out.display(), summary(&changes)))?;
    Ok(())
}

/// A file for an update need not have all columns.
fn partial(mut reading: Reading, args: &Args) -> Reading {
    // Naming a column says that the others may be missing.
    if reading.items.is_empty() && reading.either.is_empty() && args.reading.mapping.is_none() {
        reading.is_partial = true;
    }
    reading
}

/// The products with what the file says of them, and which are out of stock.
fn updated(pack: &Pack, read: &ItemsFile, args: &Args) -> (Vec<Item>, Vec<ItemIx>, Changes) {
    let mut items: Vec<Item> = pack.catalogue().items().to_vec();
    let mut changes = Changes::default();
    let mut is_out = vec![false; items.len()];
    for ix in &pack.rules().out_of_stock {
        is_out[ix.row()] = true;
    }
    let was_out = is_out.clone();
    let mut named = vec![false; items.len()];
    for (ix, new) in read.catalogue.iter() {
        let Some(row) = pack.catalogue().ix(&new.id).map(ItemIx::row) else {
            changes.unknown += 1;
            continue;
        };
        named[row] = true;
        let item = &mut items[row];
        // A product without a title is named by its id.
        if new.title != new.id.0 && new.title != item.title {
            item.title.clone_from(&new.title);
            changes.titles += 1;
        }
        if new.price.is_some() && new.price != item.price {
            item.price = new.price;
            changes.prices += 1;
        }
        let mut others = false;
        for (have, new) in [
            (&mut item.brand, &new.brand),
            (&mut item.size, &new.size),
            (&mut item.picture, &new.picture),
        ] {
            if !new.is_empty() && have != new {
                have.clone_from(new);
                others = true;
            }
        }
        changes.others += usize::from(others);
        changes.moved += usize::from(!new.category.is_empty() && new.category != item.category);
        if read.has_availability {
            is_out[row] = read.out_of_stock[ix.row()];
        }
    }
    changes.missing = named.iter().filter(|named| !**named).count();
    if args.missing_is_out {
        for (out, named) in is_out.iter_mut().zip(&named) {
            *out |= !named;
        }
    }
    changes.now_out = was_out
        .iter()
        .zip(&is_out)
        .filter(|(was, is)| !**was && **is)
        .count();
    changes.back = was_out
        .iter()
        .zip(&is_out)
        .filter(|(was, is)| **was && !**is)
        .count();
    let out = (0..is_out.len())
        .filter(|&row| is_out[row])
        .map(ItemIx::from);
    let out = out.collect();
    (items, out, changes)
}

/// What changed, in one line.
fn summary(changes: &Changes) -> String {
    let counts = [
        (changes.titles, "titles changed"),
        (changes.prices, "prices changed"),
        (changes.others, "brands, sizes or pictures changed"),
        (changes.now_out, "products went out of stock"),
        (changes.back, "came back into stock"),
        (
            changes.unknown,
            "of the file are not in the pack (add-items adds them)",
        ),
        (changes.missing, "of the pack are not in the file"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let changed = counts[..5].iter().any(|(count, _)| *count > 0);
    match (changed, parts.is_empty()) {
        (_, true) => "nothing changed".to_owned(),
        (false, false) => format!("nothing changed; {}", parts.join(", ")),
        (true, false) => parts.join(", "),
    }
}
