//! `fewshop add-items`: adds new products to a pack without training it again.

use std::path::PathBuf;

use fewshop_core::{Catalogue, Item};
use fewshop_data::pictures;
use fewshop_data::progress::Progress;
use fewshop_model::{NewItem, Pack, Variants};
use fewshop_train::new_items::{Likeness, Weights, add};
use fewshop_train::text::{TextModel, TextVectors};

use super::reading::{ReadingArgs, if_any, items_of};
use super::{print, read_pack, warn, write_pack};
use crate::provenance::Provenance;

/// Arguments of `fewshop add-items`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A new product gets the weighted mean of the values of the products that it resembles by words, category, brand, size and \
                  price: vector, popularity and pairs. Train again once it has sales of its own.\n\n\
                  Products that the pack has already are skipped and counted, so the shop's whole list may be given every night; \
                  `fewshop update` changes their titles and prices. Exit codes: 0 done, also where nothing was new; 1 an error, with the output as it was; 2 wrong usage."
)]
pub struct Args {
    /// The pack
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// The new products: item_id,title,category,brand,size,price
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// How to read the file.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Output file for the pack with the new products
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Sentence model that compares the titles' meanings: its wheel, or the folder that contains
    /// its model.safetensors
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    pub text_model: Option<PathBuf>,
}

/// The output is there after every run, changed or not.
fn unchanged(args: &Args, pack: &Pack, why: &str) -> anyhow::Result<()> {
    if args.out != args.pack {
        write_pack(&args.out, pack)?;
    }
    print(&format!("{}: no new products{why}\n", args.out.display()))?;
    Ok(())
}

/// Adds.
///
/// # Errors
/// When a file cannot be read or written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let Some(mut read) = if_any(items_of(&args.items, &args.reading.reading()?))? else {
        return unchanged(args, &pack, ", the file has none");
    };
    read.catalogue = pictures::dressed(read.catalogue);
    for warning in &read.warnings {
        warn(warning);
    }
    let (known, new): (Vec<Item>, Vec<Item>) = (read.catalogue.items().iter().cloned())
        .partition(|item| pack.catalogue().ix(&item.id).is_some());
    let skipped = if known.is_empty() {
        String::new()
    } else {
        format!(
            ", {} were in the pack already and were skipped",
            known.len()
        )
    };
    if new.is_empty() {
        return unchanged(args, &pack, &skipped);
    }
    let new = new.as_slice();
    let model = args
        .text_model
        .as_deref()
        .map(TextModel::open)
        .transpose()?;
    let all = Catalogue::new(
        pack.catalogue()
            .items()
            .iter()
            .chain(new)
            .cloned()
            .collect(),
    )?;
    let text = model.map(|model| TextVectors::of(&all, &model));
    let (size, rows) = text
        .as_ref()
        .map_or((0, [].as_slice()), |text| (text.size(), text.rows()));
    let (trained, fresh) = rows.split_at(pack.catalogue().len() * size);
    let likeness = Likeness::of(pack.catalogue(), trained);
    let progress = Progress::of("Neighbours of the new products", new.len() as u64);
    let new_items: Vec<NewItem> = new
        .iter()
        .enumerate()
        .map(|(nth, item)| {
            progress.step();
            let neighbours =
                likeness.nearest(item, &fresh[nth * size..][..size], &Weights::default());
            NewItem {
                item: item.clone(),
                neighbours,
                vector: None,
            }
        })
        .collect();
    progress.finish(&format!("Neighbours of {} new products: found", new.len()));
    let alone: Vec<&str> = new_items
        .iter()
        .filter(|new| new.neighbours.is_empty())
        .map(|new| new.item.id.0.as_str())
        .collect();
    if let Some(first) = alone.first() {
        warn(&format!(
            "{}: {} products have nothing in common with any product of the pack, the first is '{first}': they will hardly be picked before the next training",
            args.items.display(),
            alone.len()
        ));
    }
    let out = add(&pack, &new_items)?;
    if pack.attributes().is_some() && out.attributes().is_none() {
        warn(
            "the new products have a department, category or kind of brand that the household heads do not know: the heads were removed from the pack, `fewshop profile` adds them again",
        );
    }
    let groups: Vec<(usize, String)> = (read.catalogue.iter())
        .zip(&read.groups)
        .filter(|(_, group)| !group.is_empty())
        .filter_map(|((_, item), group)| {
            let row = out.catalogue().ix(&item.id)?.row();
            (row >= pack.catalogue().len()).then(|| (row, group.clone()))
        })
        .collect();
    let out = if groups.is_empty() {
        out
    } else {
        let all = out.catalogue().len();
        out.edit(|parts| {
            let variants = parts.variants.get_or_insert_with(Variants::default);
            variants.group.resize(all, 0);
            groups
                .iter()
                .for_each(|(row, group)| variants.join(*row, group));
        })?
    };
    let command = Provenance::of("add-items").file("--items", args.items.as_path());
    let out = out.edit(|parts| command.append_to(&mut parts.card))?;
    let bytes = write_pack(&args.out, &out)?;
    print(&format!(
        "{}: {} products, {} of them new{skipped}, {:.2} MB\n",
        args.out.display(),
        out.catalogue().len(),
        new.len(),
        bytes as f64 / 1e6
    ))?;
    Ok(())
}
