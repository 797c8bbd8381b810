//! `fewshop inspect`: shows the contents of a pack.

use std::fmt::Write;
use std::path::PathBuf;

use fewshop_model::{Model, Pack};

use super::{print, read_any_pack};

/// Arguments of `fewshop inspect`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The pack
    #[arg(value_name = "PACK")]
    pub pack: PathBuf,
}

/// Shows a pack.
///
/// # Errors
/// When the pack cannot be read or is invalid.
pub fn run(args: Args) -> anyhow::Result<()> {
    print(&describe(&read_any_pack(&args.pack)?))?;
    Ok(())
}

fn describe(pack: &Pack) -> String {
    let card = pack.card();
    let mut out = String::new();
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            let _ = writeln!(out, "{name:<14}{value}");
        }
    };
    line("shop", card.shop.clone());
    line("fingerprint", pack.fingerprint());
    let tasks = Model::new(pack.clone()).tasks();
    let others = pack.parts().tasks.keys().map(String::as_str);
    let others = others.filter(|name| !tasks.contains(name));
    let tasks: Vec<&str> = tasks.iter().copied().chain(others).collect();
    line("tasks", tasks.join(", "));
    if pack.has_catalogue() {
        describe_shop(pack, &mut line);
    }
    line("seed", card.seed.to_string());
    line("command", card.command.clone());
    line("version", card.version.clone());
    for (metric, by_k) in &card.metrics {
        let figures: Vec<String> = by_k
            .iter()
            .map(|(k, value)| format!("k={k} {value:.4}"))
            .collect();
        line(metric, format!("{} (validation)", figures.join("  ")));
    }
    line("data", card.data_notice.clone());
    out
}

/// Groups of variants, "" for none.
fn variants(pack: &Pack) -> String {
    match &pack.parts().variants {
        Some(variants) => {
            let members = variants.group.iter().filter(|group| **group > 0).count();
            format!("{members} products in {} groups", variants.names.len())
        }
        None => String::new(),
    }
}

/// What is about products.
fn describe_shop(pack: &Pack, line: &mut impl FnMut(&str, String)) {
    let (card, config) = (pack.card(), pack.config());
    line("products", pack.catalogue().len().to_string());
    line("variants", variants(pack));
    line(
        "learned from",
        match card.sessions {
            0 => "titles, categories and brands alone: there was no log".to_owned(),
            sessions => format!(
                "{sessions} sessions of {} shoppers, until {}",
                card.users, card.data_until
            ),
        },
    );
    let vectors = match pack.item_table().subspaces {
        0 => {
            let max = pack
                .item_table()
                .q
                .iter()
                .map(|q| q.unsigned_abs())
                .max()
                .unwrap_or(0);
            format!(
                "{} numbers for each product, {} bits each",
                pack.item_table().d,
                u8::BITS - max.leading_zeros() + 1
            )
        }
        subspaces => format!(
            "{} numbers for each product, by product quantisation: {subspaces} codes of one byte",
            pack.item_table().d
        ),
    };
    line("vectors", vectors);
    line(
        "pairs",
        format!(
            "{} ({:.1} for each product)",
            pack.pairs().items.len(),
            pack.pairs().items.len() as f64 / pack.catalogue().len() as f64
        ),
    );
    line(
        "co-visitation",
        format!(
            "alpha {}, shrink {}; cosine shrink {}",
            config.covisit_alpha, config.covisit_shrink, config.cosine_shrink
        ),
    );
    line(
        "ranker",
        format!(
            "{} features, {} hidden units",
            pack.ranker().mean.len(),
            pack.ranker().hidden
        ),
    );
    line(
        "adapter",
        format!(
            "{} steps, gate by number of context items {:?}",
            config.adapter_steps,
            pack.adapter().gate
        ),
    );
    if !pack.seasonal_counts().is_empty() {
        let counted = pack.seasonal_counts().iter().filter(|&&n| n > 0).count();
        line(
            "season",
            format!("refreshed, {counted} products in sessions since training"),
        );
    }
    if !pack.rules().is_empty() {
        line("rules", super::rules::summary(pack.rules()));
    }
    if let Some(profile) = pack.attributes() {
        let names: Vec<&str> = profile
            .heads
            .iter()
            .map(|head| head.name.as_str())
            .collect();
        line("profile", format!("heads for {}", names.join(", ")));
    }
}
