//! The product pictures: Fluent Emoji 3D from the npm package, resized, in `web/assets/pictures`.
//!
//! The table `crates/fewshop-data/data/pictures.tsv` lists the pictures; this command makes their
//! files. The files are committed, so that building the page needs neither npm nor cwebp. Run it
//! after adding a line to the table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::root::{cache, root, shown};
use crate::run::{command, output, run as start, say};

/// The package, and the SHA-256 of its archive in the registry.
const PACKAGE: &str = "@lobehub/fluent-emoji-3d@1.1.0";
const ARCHIVE: &str = "lobehub-fluent-emoji-3d-1.1.0.tgz";
const ARCHIVE_SHA256: &str = "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58";

/// Pixels per side. A tile is at most 160 CSS pixels wide, and these soft shapes look good at twice
/// their size on a dense screen.
const SIDE: &str = "160";

/// The licence text that must accompany the pictures.
const LICENSE: &str = include_str!("pictures_license.txt");

/// Downloads the package, makes every picture in the table and removes those no longer in it.
///
/// # Errors
/// If npm, tar or cwebp is missing, the archive is not the pinned one, or the package lacks a picture
/// of the table.
pub(crate) fn run() -> Result<()> {
    output(command("cwebp").arg("-version")).context(
        "cwebp makes the pictures; install it (Debian: apt-get install webp) and run this again",
    )?;
    let keys = keys(&root().join("crates/fewshop-data/data/pictures.tsv"))?;
    let emoji = unpacked()?;
    let folder = root().join("web/assets/pictures");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("failed to create {}", shown(&folder)))?;
    let mut bytes = 0;
    for key in &keys {
        let from = emoji.join(format!("{key}.webp"));
        ensure!(
            from.is_file(),
            "{PACKAGE} has no picture '{key}': correct its line in pictures.tsv"
        );
        let to = folder.join(format!("{key}.webp"));
        let mut convert = command("cwebp");
        convert
            .args([
                "-quiet", "-q", "80", "-alpha_q", "90", "-m", "6", "-resize", SIDE, SIDE,
            ])
            .arg(&from)
            .arg("-o")
            .arg(&to);
        output(&mut convert)?;
        bytes += std::fs::metadata(&to)
            .with_context(|| format!("cwebp left no {}", shown(&to)))?
            .len();
    }
    let removed = remove_others(&folder, &keys)?;
    std::fs::write(folder.join("LICENSE.txt"), LICENSE)
        .context("failed to write the pictures' LICENSE.txt")?;
    say!(
        "{} pictures in {}, {} kB in all; {removed} removed",
        keys.len(),
        shown(&folder),
        bytes / 1000
    );
    Ok(())
}

/// The first column of the table.
fn keys(table: &Path) -> Result<BTreeSet<String>> {
    let text = std::fs::read_to_string(table)
        .with_context(|| format!("failed to read {}", shown(table)))?;
    let lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let key = line.split('\t').next().unwrap_or_default();
            // The key becomes a file name here and in the page.
            let plain = !key.is_empty() && key.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
            ensure!(
                plain,
                "{}:{number}: expected code points in hex joined by '-', found '{key}'",
                shown(table)
            );
            Ok(key.to_owned())
        })
        .collect()
}

/// The package's pictures, downloaded and unpacked once.
fn unpacked() -> Result<PathBuf> {
    let folder = cache().join("pictures");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("failed to create {}", folder.display()))?;
    let archive = folder.join(ARCHIVE);
    if !archive.is_file() {
        start(
            command("npm")
                .args(["pack", PACKAGE, "--silent", "--pack-destination"])
                .arg(&folder),
        )?;
    }
    let content =
        std::fs::read(&archive).with_context(|| format!("failed to read {}", archive.display()))?;
    let sha256: String = Sha256::digest(&content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if sha256 != ARCHIVE_SHA256 {
        bail!(
            "{} has SHA-256 {sha256}, expected {ARCHIVE_SHA256}: delete it and run this again",
            archive.display()
        );
    }
    start(
        command("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(&folder),
    )?;
    Ok(folder.join("package/assets"))
}

/// Removes the pictures that are not in the table and returns their number.
fn remove_others(folder: &Path, keys: &BTreeSet<String>) -> Result<usize> {
    let mut removed = 0;
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("failed to list {}", shown(folder)))?
    {
        let path = entry
            .with_context(|| format!("failed to list {}", shown(folder)))?
            .path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.extension().is_some_and(|ending| ending == "webp") && !keys.contains(stem.as_ref())
        {
            std::fs::remove_file(&path)
                .with_context(|| format!("failed to remove {}", shown(&path)))?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_first_column() {
        let file =
            std::env::temp_dir().join(format!("fewshop-pictures-{}.tsv", std::process::id()));
        std::fs::write(
            &file,
            "# remark\n1f34c\tx\tbanana\tbanana\n\n1f6cd-fe0f\tx\tbags\tbag\n",
        )
        .unwrap();
        assert_eq!(
            keys(&file).unwrap().into_iter().collect::<Vec<_>>(),
            ["1f34c", "1f6cd-fe0f"]
        );
        std::fs::write(&file, "../up\tx\ty\tz\n").unwrap();
        let error = keys(&file).unwrap_err().to_string();
        assert!(error.contains(":1:") && error.contains("../up"), "{error}");
        std::fs::remove_file(&file).unwrap();
    }
}
