//! Arguments that say how to read a shop's files, where the files do not say it themselves.

use std::path::{Path, PathBuf};

use fewshop_core::Catalogue;
use fewshop_data::files::import::{dates_named, decimal_named, kind_named};
use fewshop_data::files::{
    FileError, ItemsFile, Log, Note, Reading, read_events_with, read_items_with,
};
use fewshop_data::progress::say;

use super::{warn, warn_unknown};

/// How to read a shop's files.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Reading the files")]
pub struct ReadingArgs {
    /// Columns of files that are not recognised: item_id=sku,time=created_at,brand= (none). For one
    /// of the files: items.title=name
    #[arg(long, value_name = "FIELD=COLUMN", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// What the log calls its events: view=view_item,purchase=sold,ignore=scroll
    #[arg(long, value_name = "KIND=NAME", value_delimiter = ',')]
    pub event_names: Vec<String>,
    /// What all events are, in a log that does not say: view, cart or purchase [default: view]
    #[arg(long, value_name = "KIND")]
    pub event: Option<String>,
    /// These settings in a file, as `fewshop map` writes it
    #[arg(long, value_name = "TOML")]
    pub mapping: Option<PathBuf>,
    /// What separates the levels of a category [default: what the column says]
    #[arg(long, value_name = "SIGN")]
    pub category_separator: Option<String>,
    /// What separates the cents of a price: point or comma [default: what the column says]
    #[arg(long, value_name = "SIGN")]
    pub decimal: Option<String>,
    /// What is first in dates such as 03/04/2024: day-first or month-first [default: what the
    /// column says]
    #[arg(long, value_name = "ORDER")]
    pub dates: Option<String>,
    /// Quiet minutes after which a shopper's next event begins a session, in a log without sessions
    /// [default: 30]
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..))]
    pub session_gap: Option<u32>,
    /// Differences between the ids of two files that are overlooked: decimals (1000.0 and 1000),
    /// zeros (007 and 7), case (AB-1 and ab-1); or exact
    #[arg(long, value_name = "HOW", value_delimiter = ',')]
    pub match_ids: Vec<String>,
}

impl ReadingArgs {
    /// The settings; the command line comes before the file.
    ///
    /// # Errors
    /// When the mapping file cannot be read, or a word is not known.
    pub fn reading(&self) -> anyhow::Result<Reading> {
        let mut out = match &self.mapping {
            Some(path) => Reading::of_file(path)?,
            None => Reading::default(),
        };
        let told = |argument: &'static str| {
            move |problem: String| anyhow::anyhow!("{argument}: {problem}")
        };
        for column in &self.columns {
            out.add_column(column).map_err(told("--columns"))?;
        }
        for name in &self.event_names {
            out.add_event(name).map_err(told("--event-names"))?;
        }
        if let Some(kind) = &self.event {
            out.event = Some(kind_named(kind).map_err(told("--event"))?);
        }
        if let Some(sign) = &self.category_separator {
            anyhow::ensure!(
                !sign.is_empty(),
                "--category-separator: expected a sign such as /"
            );
            out.category_separator = Some(sign.clone());
        }
        if let Some(sign) = &self.decimal {
            out.decimal = Some(decimal_named(sign).map_err(told("--decimal"))?);
        }
        if let Some(order) = &self.dates {
            out.dates = Some(dates_named(order).map_err(told("--dates"))?);
        }
        if let Some(minutes) = self.session_gap {
            out.session_gap_s = i64::from(minutes) * 60;
        }
        for form in &self.match_ids {
            out.add_match(form).map_err(told("--match-ids"))?;
        }
        Ok(out)
    }
}

/// Says how a file was read.
pub(super) fn say_notes(path: &Path, notes: &[Note]) {
    for note in notes {
        let text = format!("{}: {note}", path.display());
        if note.is_odd {
            warn(&text);
        } else {
            say(&format!("note: {text}"));
        }
    }
}

/// Reads products and says how.
///
/// # Errors
/// With file, line and field.
pub(super) fn items_of(path: &Path, reading: &Reading) -> anyhow::Result<ItemsFile> {
    let file = read_items_with(path, reading)?;
    say_notes(path, &file.notes);
    Ok(file)
}

/// `None` in place of an error that says that a file has a header and nothing below it: an export of
/// what is new since yesterday, on a quiet day. A file without a header is still an error.
///
/// # Errors
/// All others.
pub(super) fn if_any<T>(read: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
    match read {
        Err(error) if matches!(error.downcast_ref(), Some(FileError::HeaderOnly { .. })) => {
            Ok(None)
        }
        read => read.map(Some),
    }
}

/// Reads events, caps what would tilt the shop, and says how and what.
///
/// # Errors
/// With file, line and field.
pub(super) fn log_of(path: &Path, catalogue: &Catalogue, reading: &Reading) -> anyhow::Result<Log> {
    let mut log = read_events_with(path, catalogue, reading)?;
    say_notes(path, &log.notes);
    for text in log.cap_outliers().warnings() {
        warn(&format!("{}: {text}", path.display()));
    }
    warn_unknown(&log.unknown, path);
    Ok(log)
}
