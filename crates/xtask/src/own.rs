//! `cargo xtask shop`: turns a public raw log into a running shop with one command. Log and pack
//! stay under `data/`; nothing is committed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::data::{fewshop, text_model};
use crate::files::files_below;
use crate::root::{root, shown};
use crate::run::{run, say};
use crate::serve::{self, Door};
use crate::shop::Which;

/// Environment variable with the folder of raw logs, used without `--data`.
const FOLDER: &str = "FEWSHOP_DATA";

/// Shops whose raw log is public but not in a package registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shop {
    /// 'Online Retail' of the UCI repository (352): a British gift shop, real names and prices
    Onlineretail,
}

/// Which shop to make, and how to serve it.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which shop
    shop: Shop,
    /// The raw file, or a folder that contains it at any depth; default: FEWSHOP_DATA. Not needed
    /// once the pack exists
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Prepare and train again even if the pack exists
    #[arg(long)]
    anew: bool,
    #[command(flatten)]
    door: Door,
}

const NOTICE: &str = "Products, prices and purchases: Online Retail, UCI Machine Learning Repository 352 (Chen, Sain, Guo 2012), CC BY 4.0; names \
                      made readable. A demonstration: nothing here is for sale.";

/// Prepares, trains and serves.
pub(crate) fn shop(options: &Options) -> Result<()> {
    let Shop::Onlineretail = options.shop;
    let folder = "data/onlineretail";
    let pack = format!("{folder}/shop.pack");
    if options.anew || !root().join(&pack).is_file() {
        say!("1 of 3: preparing");
        prepare(options.data.as_deref(), folder)?;
        say!("2 of 3: training; takes some minutes");
        run(&mut train(folder, &pack))?;
    }
    say!("3 of 3: building the page of {pack}");
    let file = |name: &str| Some(root().join(folder).join(name));
    let which = Which {
        pack: Some(root().join(&pack)),
        cases: file("valid_cases.csv"),
        truth: file("valid_truth.csv"),
        ..Which::default()
    };
    serve::open(&options.door, &which)
}

/// Prepares the raw log at `given`, by default the one in the folder of the environment variable.
pub(crate) fn prepare(given: Option<&Path>, folder: &str) -> Result<()> {
    let given = given
        .map(Path::to_owned)
        .or_else(|| std::env::var_os(FOLDER).map(PathBuf::from));
    let Some(given) = given else {
        bail!(
            "the raw log of this shop is missing: download 'Online Retail' from the UCI repository (https://archive.ics.uci.edu/dataset/352), \
             then give the file or its folder with --data or in {FOLDER}"
        );
    };
    let raw = raw_file(&given)?;
    say!("preparing {}", shown(&raw));
    run(fewshop()
        .args(["prepare", "onlineretail", "--raw"])
        .arg(&raw)
        .args(["--out", folder]))
}

/// Paths are relative to the root, like every path that a pack's card may record.
pub(crate) fn train(folder: &str, pack: &str) -> std::process::Command {
    let mut train = fewshop();
    train.arg("train");
    for (option, file) in [
        ("--items", "items"),
        ("--events", "events"),
        ("--valid-cases", "valid_cases"),
        ("--valid-truth", "valid_truth"),
    ] {
        train.args([option, &format!("{folder}/{file}.csv")]);
    }
    // It helps a little here and is 84 MB, so it is used only if `cargo xtask data` has downloaded
    // it.
    if let Some(model) = text_model() {
        train.arg("--text-model").arg(model);
    }
    train.args([
        "--seed",
        "7",
        "--shop",
        "Gift shop",
        "--currency",
        "GBP",
        "--data-notice",
        NOTICE,
        "--out",
        pack,
    ]);
    train
}

/// The raw file itself, or the only file below a folder that looks like it.
fn raw_file(given: &Path) -> Result<PathBuf> {
    // The commands that read it start in the root.
    let given = std::path::absolute(given)
        .with_context(|| format!("{}: not a valid path", given.display()))?;
    if given.is_file() {
        return Ok(given);
    }
    let fits = |file: &PathBuf| {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase()
            .replace(['-', '_', ' '], "");
        name.starts_with("onlineretail")
            && [".csv", ".xlsx", ".parquet"]
                .iter()
                .any(|ending| name.ends_with(ending))
    };
    let mut found: Vec<PathBuf> = files_below(&given)?.into_iter().filter(fits).collect();
    match (found.pop(), found.pop()) {
        (Some(file), None) => Ok(given.join(file)),
        (None, _) => {
            bail!(
                "{} contains no file such as 'Online Retail.xlsx', online_retail.csv or online-retail.parquet",
                given.display()
            )
        }
        (Some(one), Some(other)) => {
            bail!(
                "{} contains both {} and {}: choose one with --data",
                given.display(),
                other.display(),
                one.display()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_raw_file_is_found_in_its_folder_or_named() {
        let dir = tempfile::tempdir().unwrap();
        let error = raw_file(dir.path()).unwrap_err().to_string();
        assert!(error.contains("Online Retail.xlsx"), "{error}");
        std::fs::create_dir(dir.path().join("deep")).unwrap();
        let file = dir.path().join("deep/Online Retail.xlsx");
        std::fs::write(&file, "x").unwrap();
        std::fs::write(dir.path().join("README.md"), "x").unwrap();
        assert_eq!(raw_file(dir.path()).unwrap(), file);
        assert_eq!(
            raw_file(&dir.path().join("README.md")).unwrap(),
            dir.path().join("README.md")
        );
        std::fs::write(dir.path().join("online_retail.csv"), "x").unwrap();
        assert!(
            raw_file(dir.path())
                .unwrap_err()
                .to_string()
                .contains("choose one with --data")
        );
    }

    #[test]
    fn the_card_tells_nothing_of_this_machine() {
        let line = crate::run::line(&train("data/onlineretail", "data/onlineretail/shop.pack"));
        assert!(
            line.contains("--items data/onlineretail/items.csv")
                && !line.contains(&root().to_string_lossy().into_owned()),
            "{line}"
        );
        assert!(line.contains("GBP") && line.contains("UCI"));
    }
}
