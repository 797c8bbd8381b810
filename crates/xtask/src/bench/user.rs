//! Runs the measured browser as an ordinary user.
//!
//! If it has the rights (as root, in most containers), Chromium on Linux gives its drawing threads
//! six times the weight of a worker's; no shopper's browser can do that. So root starts the browser
//! as a user without rights.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::run::{command, run};

/// Runs a script of `folder` with these variables, with the recorded sessions in `FEWSHOP_SESSIONS`
/// and, if given, the file to add figures to in `FEWSHOP_JSON`.
pub(super) fn node(
    folder: &Path,
    script: &str,
    env: &[(&str, String)],
    sessions: &Path,
    json: Option<&Path>,
) -> Result<()> {
    let mut node = command("node");
    node.arg(script)
        .envs(env.iter().map(|(name, value)| (*name, value)));
    #[cfg(target_os = "linux")]
    if crate::tools::is_root() {
        return linux::as_nobody(&mut node, folder, sessions, json);
    }
    here(&mut node, folder, sessions, json)
}

fn here(node: &mut Command, folder: &Path, sessions: &Path, json: Option<&Path>) -> Result<()> {
    node.current_dir(folder).env("FEWSHOP_SESSIONS", sessions);
    run(node.envs(json.map(|json| ("FEWSHOP_JSON", json))))
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::os::unix::fs::chown;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    use anyhow::{Context, Result};

    use super::here;
    use crate::files::files_below;
    use crate::root::shown;
    use crate::run::say;

    /// The user without files or rights on every Linux.
    const NOBODY: u32 = 65_534;

    /// Runs the script in a copy of the folder, because other users cannot read root's.
    pub(super) fn as_nobody(
        node: &mut Command,
        folder: &Path,
        sessions: &Path,
        json: Option<&Path>,
    ) -> Result<()> {
        say!(
            "the browser runs as the user nobody: as root its drawing threads would get a weight that no shopper's browser has"
        );
        let home = tempfile::tempdir().context("failed to create a temporary folder")?;
        let scripts = home.path().join("scripts");
        for file in files_below(folder)? {
            copy(&folder.join(&file), &scripts.join(&file))?;
        }
        let (asked, figures) = (
            home.path().join("sessions.json"),
            home.path().join("figures.json"),
        );
        copy(sessions, &asked)?;
        if let Some(json) = json.filter(|json| json.is_file()) {
            copy(json, &figures)?;
            give(&figures)?;
        }
        give(home.path())?;
        node.uid(NOBODY)
            .gid(NOBODY)
            .env("HOME", home.path())
            .env("TMPDIR", home.path());
        here(node, &scripts, &asked, json.map(|_| figures.as_path()))?;
        // Not every script writes figures.
        json.filter(|_| figures.is_file())
            .map_or(Ok(()), |json| copy(&figures, json))
    }

    fn give(path: &Path) -> Result<()> {
        chown(path, Some(NOBODY), Some(NOBODY))
            .with_context(|| format!("failed to change the owner of {}", shown(path)))
    }

    fn copy(from: &Path, to: &Path) -> Result<()> {
        let folder = to.parent().unwrap_or(to);
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to create {}", shown(folder)))?;
        fs::copy(from, to)
            .with_context(|| format!("failed to copy {} to {}", shown(from), shown(to)))?;
        Ok(())
    }
}
