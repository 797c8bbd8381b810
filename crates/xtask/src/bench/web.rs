//! Measures the product's real job in the built page: a shopper's event, the worker's answer, and
//! the load of the page's thread meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fewshop_core::Catalogue;
use fewshop_model::Pack;
use serde_json::json;

use super::grow::grown;
use crate::files::{files_below, remove, write_if_changed};
use crate::root::{cache, dist, root, shop_pack, shown};
use crate::run::{command, run, say};
use crate::server::Server;
use crate::shop::{Shop, Which};
use crate::tools::{ensure_chromium, ensure_node};

/// How to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Number of products to grow the catalogue to; may be given more than once. 0 is the shop as
    /// served. Default: 0 and 92,000, with --start or --typing only 0
    #[arg(long, value_name = "N")]
    items: Vec<usize>,
    /// Number of events to replay from recorded sessions
    #[arg(long, value_name = "N", default_value_t = 200)]
    events: usize,
    /// Also write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure the start instead, as on a phone: a processor 4 times slower and a network like 4G
    #[arg(long)]
    start: bool,
    /// Measure typing into the search instead: the page's work for each letter
    #[arg(long, conflicts_with = "start")]
    typing: bool,
}

/// Serves the built site, or a copy with a grown catalogue, to a script that drives a browser.
pub(crate) fn web(options: &Options) -> Result<()> {
    ensure_node()?;
    let (chromium, _) = ensure_chromium()?;
    if !dist().join("index.html").is_file() {
        bail!(
            "{} contains no page: run `cargo xtask build` first",
            shown(&dist())
        );
    }
    let folder = root().join("tests/e2e");
    run(command("npm").current_dir(&folder).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel",
        "error",
    ]))?;
    let script = match (options.start, options.typing) {
        (true, _) => "bench/start.mjs",
        (_, true) => "bench/typing.mjs",
        _ => "bench/web.mjs",
    };
    let items = match (options.items.as_slice(), options.start || options.typing) {
        ([], true) => &[0][..],
        ([], false) => &[0, 92_000],
        (given, _) => given,
    };
    for &items in items {
        let site = if items == 0 { dist() } else { site_of(items)? };
        let pack = site.join("assets/shop.pack");
        let pack = Pack::from_bytes(
            &fs::read(&pack).with_context(|| format!("failed to read {}", shown(&pack)))?,
        )?;
        let sessions = cache().join("sessions.json");
        write_if_changed(
            &sessions,
            json!(recorded_sessions(pack.catalogue())?)
                .to_string()
                .as_bytes(),
        )?;
        let server = Server::bind(&site, 0)?;
        let url = server.url()?;
        std::thread::spawn(move || server.run());
        let env = [
            ("FEWSHOP_URL", url),
            ("CHROME", chromium.display().to_string()),
            ("FEWSHOP_EVENTS", options.events.to_string()),
        ];
        let json = options
            .json
            .as_deref()
            .map(std::path::absolute)
            .transpose()
            .context("--json is not a valid path")?;
        super::user::node(&folder, script, &env, &sessions, json.as_deref())?;
    }
    Ok(())
}

/// The products of each recorded session, in order, that the shop has.
fn recorded_sessions(catalogue: &Catalogue) -> Result<Vec<Vec<String>>> {
    let file = root().join("tests/goldens/validation_sessions.csv");
    let text =
        fs::read_to_string(&file).with_context(|| format!("failed to read {}", shown(&file)))?;
    let mut sessions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let (session, item) = line
            .split_once(',')
            .with_context(|| format!("{}: expected session_id,item_id", shown(&file)))?;
        if catalogue.ix(&item.into()).is_some() {
            sessions.entry(session).or_default().push(item.to_owned());
        }
    }
    Ok(sessions.into_values().collect())
}

/// The built site with a grown catalogue.
fn site_of(items: usize) -> Result<PathBuf> {
    let site = cache().join(format!("bench-{items}"));
    remove(&site)?;
    for file in files_below(&dist())? {
        let from = dist().join(&file);
        if !file.starts_with("assets/pictures")
            && !file.starts_with("engine/gpu")
            && !replaced(&file)
        {
            write_if_changed(
                &site.join(&file),
                &fs::read(&from).with_context(|| format!("failed to read {}", shown(&from)))?,
            )?;
        }
    }
    let read =
        fs::read(shop_pack()).with_context(|| format!("failed to read {}", shown(&shop_pack())))?;
    let bytes = grown(&Pack::from_bytes(&read)?, items, 7)?.to_bytes()?;
    let pack = site.join("assets/shop.pack");
    write_if_changed(&pack, &bytes)?;
    write_if_changed(
        &site.join("assets/catalogue.json"),
        Shop::read(&Which {
            pack: Some(pack.clone()),
            ..Which::default()
        })?
        .json
        .as_bytes(),
    )?;
    say!(
        "{}: {items} products, the pack is {} kB",
        shown(&site),
        bytes.len() / 1000
    );
    // Not compressed: that takes minutes, and only times are measured here.
    Ok(site)
}

/// Whether a file belongs to the catalogue, in any encoding.
fn replaced(file: &Path) -> bool {
    let name = file.to_string_lossy().replace('\\', "/");
    ["assets/shop.pack", "assets/catalogue.json"]
        .iter()
        .any(|stem| name.starts_with(stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_sessions_to_replay() {
        let pack = Pack::from_bytes(&fs::read(shop_pack()).unwrap()).unwrap();
        let sessions = recorded_sessions(pack.catalogue()).unwrap();
        assert!(sessions.iter().map(Vec::len).sum::<usize>() >= 200);
    }

    #[test]
    fn all_forms_of_the_catalogue_are_replaced() {
        for file in [
            "assets/shop.pack",
            "assets/shop.pack.br",
            "assets/catalogue.json.gz",
        ] {
            assert!(replaced(Path::new(file)));
        }
        assert!(!replaced(Path::new("engine/worker.js")));
    }
}
