//! `fewshop together watch`: the list of products that are counted.

use std::path::PathBuf;

use anyhow::ensure;
use fewshop_core::ItemIx;
use fewshop_data::files::{AnyCell, AnyType, write_any_table};
use fewshop_together::MAX_WATCHED;

use crate::commands::{print, read_pack};

/// Arguments of `fewshop together watch`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A report has 16 bytes for each product of the list, whatever was bought, and each product's count gets the same noise: products that few \
                  buy drown in it. The list is part of what shoppers agree to, so a new list begins a new task: collect the batches of the old one first."
)]
pub struct Args {
    /// The shop's pack; it is not changed
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// Number of products, the most bought of the last part of the log first
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=MAX_WATCHED as i64))]
    pub items: u32,
    /// Output file: item_id
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Writes the list.
///
/// # Errors
/// When the pack cannot be read, has counted nothing, or the file cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let pack = read_pack(&args.pack)?;
    let (recent, all) = (pack.recent_popularity(), pack.popularity());
    let mut rows: Vec<usize> = (0..all.len()).filter(|&row| all[row] > 0).collect();
    ensure!(
        !rows.is_empty(),
        "{}: the pack has counted no product, expected one trained on a log: there is nothing to watch",
        args.pack.display()
    );
    rows.sort_by_key(|&row| {
        let recently = recent.get(row).copied().unwrap_or(0);
        std::cmp::Reverse((recently, all[row], std::cmp::Reverse(row)))
    });
    rows.truncate(args.items as usize);
    let catalogue = pack.catalogue();
    let ids = rows
        .iter()
        .map(|&row| catalogue[ItemIx(row as u32)].id.to_string());
    let ids: Vec<Vec<AnyCell>> = ids.map(|id| vec![AnyCell::Text(id)]).collect();
    write_any_table(&args.out, &[("item_id".to_owned(), AnyType::Text)], &ids)?;
    print(&format!("{}: {} products\n", args.out.display(), ids.len()))?;
    Ok(())
}
