//! `fewshop together publish`: the file in which the shop's page finds terms, aggregators and keys.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use fewshop_core::ItemId;
use fewshop_data::files::write_atomically;
use fewshop_together::{Address, Published, public_keys};

use super::Settings;
use crate::commands::{print, read_pack};

/// Arguments of `fewshop together publish`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Asks both aggregators for their public keys, so both have to run, and writes them with the terms. `cargo xtask build --pack shop.pack` takes the \
                  file if it lies beside the pack under the same name: shop.pack, shop.together. The page then has a link 'Help this shop learn', and a \
                  shopper who agrees there sends reports to the leader. After any change of the settings publish again; shoppers are asked again."
)]
pub struct Args {
    /// The settings of both aggregators
    #[arg(long, value_name = "FILE")]
    pub settings: PathBuf,
    /// The shop's pack: it says how short a visit is that tells nothing about the season
    #[arg(long, value_name = "FILE")]
    pub pack: PathBuf,
    /// Output file [default: beside the pack, with the ending .together]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Writes the file.
///
/// # Errors
/// When an aggregator does not answer, or the pack lacks a product of the watch list.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let settings = Settings::read(&args.settings)?;
    let terms = settings.terms(&args.settings)?;
    let pack = read_pack(&args.pack)?;
    let missing = |id: &&String| pack.catalogue().ix(&ItemId::from(id.as_str())).is_none();
    if let Some(id) = terms.items().iter().find(missing) {
        anyhow::bail!(
            "{}: has no product '{id}' of the watch list: give the pack of this shop, or make the list again with `fewshop together watch`",
            args.pack.display()
        );
    }
    let (leader, helper) = (&settings.leader.url, &settings.helper.url);
    ensure!(
        leader.trim_end_matches('/') != helper.trim_end_matches('/'),
        "{}: leader and helper have one address, {leader}: give each its own",
        args.settings.display()
    );
    let [leader_key, helper_key] = public_keys(&terms, leader, helper)?;
    let published = Published {
        terms: terms.draft().clone(),
        min_items: pack.config().seasonal_min_items.max(1),
        leader: Address::new(leader, &leader_key),
        helper: Address::new(helper, &helper_key),
    };
    // A key that a device could not use is found here, not there.
    published.reporter()?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| args.pack.with_extension("together"));
    let text = serde_json::to_string(&published).context("failed to write the file as JSON")?;
    write_atomically(&out, |file| file.write_all(text.as_bytes()))?;
    print(&format!(
        "{}: task {}, visits of {} products and more, reports to {leader}\n",
        out.display(),
        terms.task(),
        published.min_items
    ))?;
    Ok(())
}
