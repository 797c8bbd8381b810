//! Writes files atomically: a file is complete or does not appear.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::FileError;

/// Writes `path` through a temporary file in the same folder that is renamed at the end.
///
/// If anything fails, an existing file stays unchanged and no partial file is left. A symbolic link
/// is followed. A path that is not a regular file (`/dev/stdout`, a pipe) is written to directly,
/// because it cannot be replaced.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("shop.pack");
/// fewshop_data::files::write_atomically(&path, |out| std::io::Write::write_all(out, b"all of it"))?;
/// assert_eq!(std::fs::read(&path)?, b"all of it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`FileError::Write`] when the folder is missing or not writable, the disk is full, or `write`
/// fails.
pub fn write_atomically<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>,
) -> Result<T, FileError> {
    let failed = |source| FileError::Write {
        path: path.to_owned(),
        source,
    };
    let target: PathBuf = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        let mut out = BufWriter::new(File::create(&target).map_err(failed)?);
        let value = write(&mut out).map_err(failed)?;
        out.flush().map_err(failed)?;
        return Ok(value);
    }
    if target.is_dir() {
        return Err(failed(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        )));
    }
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fewshop-").suffix(".part");
    #[cfg(unix)]
    {
        // Temporary files are private by default; the finished file gets the user's normal
        // permissions.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let (file, unfinished) = builder.tempfile_in(folder).map_err(failed)?.into_parts();
    let mut out = BufWriter::with_capacity(1 << 16, file);
    let value = write(&mut out).map_err(failed)?;
    let file = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    // The bytes must be on disk before the rename, or a power failure can leave an empty file under
    // the final name.
    file.sync_all().map_err(failed)?;
    unfinished
        .persist(&target)
        .map_err(|error| failed(error.error))?;
    Ok(value)
}

/// Checks that [`write_atomically`] could start, before hours of work whose result goes there.
/// Leaves no file behind.
///
/// # Errors
/// The same [`FileError::Write`] as that function.
pub fn check_writable(path: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::Write {
        path: path.to_owned(),
        source,
    };
    let target: PathBuf = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&target) {
        Ok(meta) if meta.is_dir() => {
            return Err(failed(io::Error::new(
                io::ErrorKind::IsADirectory,
                "it is a folder",
            )));
        }
        // A pipe cannot be opened twice.
        Ok(meta) if !meta.is_file() => return Ok(()),
        _ => {}
    }
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    tempfile::tempfile_in(folder).map(drop).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "old").unwrap();
        let err = write_atomically(&path, |out| {
            out.write_all(b"half of the new one")?;
            Err::<(), _>(io::Error::other("the cable was pulled"))
        })
        .unwrap_err();
        assert!(
            err.to_string().contains("a.csv") && err.to_string().contains("the cable was pulled"),
            "{err}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let err = write_atomically(&folder.path().join("no/a.csv"), |_| Ok(())).unwrap_err();
        assert!(
            err.to_string().contains("check that its folder exists"),
            "{err}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_and_the_file_is_not_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        write_atomically(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_ne!(fs::metadata(&real).unwrap().permissions().mode() & 0o044, 0);
    }
}
