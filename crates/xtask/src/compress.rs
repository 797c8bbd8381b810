//! Compressed copies beside the files: `x.js.br` and `x.js.gz`, which servers send to browsers that
//! accept them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

use crate::files::{digest, files_below, remove, write_if_changed};
use crate::root::{cache, shown};

/// A compression format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Brotli at its highest level.
    Brotli,
    /// gzip at its highest level.
    Gzip,
}

impl Encoding {
    /// The most effective one first.
    pub(crate) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// The suffix of the copy's file name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }

    /// Its name in HTTP headers.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The path of the compressed copy.
    pub(crate) fn beside(self, path: &Path) -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(self.extension());
        name.into()
    }

    /// The bytes of the compressed copy.
    pub(crate) fn encode(self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut small = Vec::new();
        match self {
            Self::Brotli => {
                // The largest window that every browser accepts.
                let mut writer = brotli::CompressorWriter::new(&mut small, 1 << 16, 11, 22);
                writer
                    .write_all(bytes)
                    .and_then(|()| writer.flush())
                    .context("brotli failed")?;
                drop(writer);
            }
            Self::Gzip => {
                let mut writer =
                    flate2::write::GzEncoder::new(&mut small, flate2::Compression::best());
                writer.write_all(bytes).context("gzip failed")?;
                writer.finish().context("gzip failed")?;
            }
        }
        Ok(small)
    }
}

/// Whether compression makes files of this type smaller. Pictures are compressed already.
pub(crate) fn is_compressible(path: &Path) -> bool {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("");
    [
        "html",
        "csv",
        "css",
        "js",
        "mjs",
        "json",
        "wasm",
        "pack",
        "words",
        "svg",
        "txt",
        "webmanifest",
    ]
    .contains(&extension)
}

/// Whether the file is such a copy itself.
pub(crate) fn is_copy(path: &Path) -> bool {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("");
    Encoding::ALL
        .iter()
        .any(|encoding| encoding.extension() == extension)
        && is_compressible(&path.with_extension(""))
}

/// Writes the compressed copies of all files below `dir` whose copies are missing or out of date.
///
/// A cache keeps each copy by the hash of its source: brotli at its highest level takes a second
/// for every 300 kB.
pub(crate) fn compress_all(dir: &Path) -> Result<()> {
    let files = files_below(dir)?;
    let mut jobs = Vec::new();
    for file in &files {
        if is_compressible(file) && !is_copy(file) {
            let path = dir.join(file);
            let size = fs::metadata(&path)
                .with_context(|| format!("failed to read {}", shown(&path)))?
                .len();
            jobs.extend(Encoding::ALL.map(|encoding| (size, encoding, path.clone())));
        } else if is_copy(file) && !files.contains(&file.with_extension("")) {
            remove(&dir.join(file))?;
        }
    }
    // The largest first; otherwise the last thread may work on it alone.
    jobs.sort_by_key(|(size, ..)| std::cmp::Reverse(*size));
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while let Some((_, encoding, path)) =
                        jobs.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        compress(path, *encoding)?;
                    }
                    Ok(())
                })
            })
            .collect();
        // A panic in a worker thread is a bug of ours and should look like one.
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

fn compress(path: &Path, encoding: Encoding) -> Result<()> {
    let bytes = fs::read(path).with_context(|| format!("failed to read {}", shown(path)))?;
    let kept = encoding.beside(&cache().join("compressed").join(digest(&bytes)));
    let small = match fs::read(&kept) {
        Ok(small) => small,
        Err(_) => {
            let small = encoding
                .encode(&bytes)
                .with_context(|| format!("failed to compress {}", shown(path)))?;
            write_if_changed(&kept, &small)?;
            small
        }
    };
    write_if_changed(&encoding.beside(path), &small)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_goes_in_comes_out() {
        let text = "the same words again and again, ".repeat(1000);
        let mut back = String::new();
        let small = Encoding::Brotli.encode(text.as_bytes()).unwrap();
        brotli::Decompressor::new(&small[..], 4096)
            .read_to_string(&mut back)
            .unwrap();
        assert!(back == text && small.len() < 100);
        back.clear();
        let small = Encoding::Gzip.encode(text.as_bytes()).unwrap();
        flate2::read::GzDecoder::new(&small[..])
            .read_to_string(&mut back)
            .unwrap();
        assert!(back == text && small.len() < 300);
    }

    #[test]
    fn copies_lie_beside_the_file_and_go_with_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.js"), "let a = 1;").unwrap();
        fs::write(dir.path().join("b.webp"), "pixels").unwrap();
        fs::write(dir.path().join("gone.css.br"), "old").unwrap();
        compress_all(dir.path()).unwrap();
        let names: Vec<_> = files_below(dir.path())
            .unwrap()
            .into_iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(names, ["a.js", "a.js.br", "a.js.gz", "b.webp"]);
    }

    #[test]
    fn a_copy_is_known_by_both_its_extensions() {
        assert!(is_copy(Path::new("a/x.wasm.br")) && is_copy(Path::new("index.html.gz")));
        assert!(
            !is_copy(Path::new("a/x.wasm"))
                && !is_copy(Path::new("x.webp.br"))
                && !is_copy(Path::new("archive.gz"))
        );
    }
}
