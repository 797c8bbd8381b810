//! Writing files and folders such that a concurrent reader never sees an incomplete one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::root::shown;

/// SHA-256 in hex.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// All files below `dir`, as sorted paths relative to it. An empty list if the folder is missing.
pub(crate) fn files_below(dir: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(error).with_context(|| format!("failed to list {}", shown(&folder)));
            }
        };
        for entry in entries {
            let path = entry
                .with_context(|| format!("failed to list {}", shown(&folder)))?
                .path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(relative) = path.strip_prefix(dir) {
                found.insert(relative.to_path_buf());
            }
        }
    }
    Ok(found)
}

/// Writes the file unless it has this content already, so that browser caches and our own hashes
/// stay valid.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)
            .with_context(|| format!("failed to create the folder {}", shown(parent)))?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    fs::write(&part, bytes)
        .with_context(|| format!("failed to write {}", shown(Path::new(&part))))?;
    fs::rename(&part, path).with_context(|| format!("failed to move {} into place", shown(path)))
}

/// Replaces the folder `old` by the folder `fresh`.
pub(crate) fn replace_dir(fresh: &Path, old: &Path) -> Result<()> {
    if old.exists() {
        fs::remove_dir_all(old).with_context(|| format!("failed to remove {}", shown(old)))?;
    }
    if let Some(parent) = old.parent() {
        fs::create_dir_all(parent)
            .with_context(|| format!("failed to create the folder {}", shown(parent)))?;
    }
    fs::rename(fresh, old).with_context(|| format!("failed to move {} into place", shown(old)))
}

/// Removes the file or folder if it exists.
pub(crate) fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove {}", shown(path)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha256() {
        assert_eq!(
            digest(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_folder_takes_the_place_of_another() {
        let dir = tempfile::tempdir().unwrap();
        let (fresh, old) = (dir.path().join("fresh"), dir.path().join("a/old"));
        write_if_changed(&old.join("gone.txt"), b"1").unwrap();
        write_if_changed(&fresh.join("deep/new.txt"), b"2").unwrap();
        replace_dir(&fresh, &old).unwrap();
        assert_eq!(
            files_below(&old).unwrap(),
            BTreeSet::from([PathBuf::from("deep/new.txt")])
        );
        assert!(files_below(&fresh).unwrap().is_empty());
    }

    #[test]
    fn what_is_not_there_is_removed_already() {
        let dir = tempfile::tempdir().unwrap();
        remove(&dir.path().join("nothing")).unwrap();
    }

    #[test]
    fn a_file_that_did_not_change_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        write_if_changed(&path, b"1").unwrap();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        write_if_changed(&path, b"1").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        write_if_changed(&path, b"2").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2");
    }
}
