//! `fewshop together keys`: keys and passwords of the parties.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use fewshop_together::{Shared, helper_keys, shop_keys};
use serde::Serialize;
use tempfile::NamedTempFile;

use super::read_required_toml;
use crate::commands::print;

/// Arguments of `fewshop together keys`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The shop writes leader.toml, collector.toml and for-helper.toml, and gives for-helper.toml to the helper in confidence. The helper writes \
                  helper.toml from it, on a machine of its own: whoever has both leader.toml and helper.toml can read reports. Files that exist are never \
                  replaced, since reports on their way could no longer be opened."
)]
pub struct Args {
    /// Whose keys
    #[arg(long, value_enum, value_name = "PARTY")]
    pub party: Owner,
    /// What the shop gave to the helper: its for-helper.toml
    #[arg(long, value_name = "FILE")]
    pub shared: Option<PathBuf>,
    /// Folder for the files; created if missing
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
}

/// Whose keys are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Owner {
    /// Leader and collector
    Shop,
    /// The helper
    Helper,
    /// All of them, for a trial on one machine
    Trial,
}

/// Makes keys.
///
/// # Errors
/// When a file is missing, exists already, or cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let folder = &args.out;
    let mut files = Vec::new();
    match (args.party, &args.shared) {
        (Owner::Helper, Some(shared)) => {
            let shared: Shared =
                read_required_toml(shared, "the for-helper.toml that the shop has made")?;
            files.push(("helper.toml", text(&helper_keys(shared)?)?));
        }
        (Owner::Helper, None) => {
            bail!(
                "--party helper needs --shared, the for-helper.toml that the shop has made: ask the shop for it"
            )
        }
        (owner, None) => {
            let (leader, collector) = shop_keys()?;
            files.push(("leader.toml", text(&leader)?));
            files.push(("collector.toml", text(&collector)?));
            if owner == Owner::Shop {
                files.push(("for-helper.toml", text(&leader.shared)?));
            } else {
                files.push(("helper.toml", text(&helper_keys(leader.shared)?)?));
            }
        }
        (_, Some(_)) => bail!("--shared is for --party helper: leave it out"),
    }
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{}: the folder cannot be made", folder.display()))?;
    for (name, _) in &files {
        let path = folder.join(name);
        ensure!(
            !path.exists(),
            "{}: exists, expected no such file: give another folder, or move the old keys away once their last batch has been collected",
            path.display()
        );
    }
    for (name, text) in &files {
        write_new(folder, name, text)?;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    print(&format!("{}: {}\n", folder.display(), names.join(", ")))?;
    Ok(())
}

fn text(keys: &impl Serialize) -> anyhow::Result<String> {
    toml::to_string(keys).context("failed to write the keys as TOML")
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_new(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    let failed = || format!("{}: cannot be written", path.display());
    // Temporary files are readable by their owner alone, and stay so under their final name.
    let mut file = NamedTempFile::new_in(folder).with_context(failed)?;
    file.write_all(text.as_bytes()).with_context(failed)?;
    file.as_file().sync_all().with_context(failed)?;
    file.persist_noclobber(&path).with_context(failed)?;
    Ok(())
}
