//! The studies on the page: the figures that `fewshop study`, `compress` and `evaluate --baseline
//! mlp` with `--json`. Each becomes a section with a one-sentence conclusion, a picture and a
//! table. The conclusion claims no more than the intervals support.

mod clicks;
mod few_samples;
mod households;
mod new_items;
mod noise;
mod offers;
mod shelves;
mod smaller;
mod teacher;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use fewshop_eval::clicks::KnownClicks;
use fewshop_eval::shelves::DiscountCurve;
use fewshop_eval::{Evaluation, Interval};
use fewshop_train::tasks::{attributes, offers as offer_study};
use fewshop_train::{compress, study};
use serde::{Deserialize, Serialize};

use super::charts::{self, Bar, Frame};
use super::html::{details, figure, section, signed, table};
use super::svg::escape;

/// Version of the files; unknown versions are refused.
const VERSION: u32 = 1;

/// One study with its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Study {
    /// `fewshop study clicks`.
    Clicks(KnownClicks),
    /// `fewshop compress`.
    Compress(compress::CompressionResult),
    /// `fewshop study distil`.
    Distil(study::distil::DistilResult),
    /// `fewshop evaluate --baseline mlp`.
    Evaluate(Box<Evaluation>),
    /// `fewshop study new-items`.
    NewItems(study::new_items::NewItemsResult),
    /// `fewshop study offers`.
    Offers(offer_study::Comparison),
    /// `fewshop study profile`.
    Profile(attributes::Comparison),
    /// `fewshop study robustness`.
    Robustness(study::robustness::RobustnessResult),
    /// `fewshop study shelves`.
    Shelves(DiscountCurve),
}

/// The names of the studies in the files.
const NAMES: [&str; 9] = [
    "clicks",
    "compress",
    "distil",
    "evaluate",
    "new-items",
    "offers",
    "profile",
    "robustness",
    "shelves",
];

/// A file of figures; the name of the study comes first.
#[derive(Debug, Serialize)]
struct Written<'a, T> {
    study: &'static str,
    version: u32,
    #[serde(flatten)]
    result: &'a T,
}

impl Study {
    fn name(&self) -> &'static str {
        match self {
            Self::Clicks(_) => NAMES[0],
            Self::Compress(_) => NAMES[1],
            Self::Distil(_) => NAMES[2],
            Self::Evaluate(_) => NAMES[3],
            Self::NewItems(_) => NAMES[4],
            Self::Offers(_) => NAMES[5],
            Self::Profile(_) => NAMES[6],
            Self::Robustness(_) => NAMES[7],
            Self::Shelves(_) => NAMES[8],
        }
    }

    /// The file that `--json` writes and `fewshop report --study` reads.
    ///
    /// # Errors
    /// When the figures cannot be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        fn text<T: Serialize>(study: &'static str, result: &T) -> Result<String> {
            serde_json::to_string_pretty(&Written {
                study,
                version: VERSION,
                result,
            })
            .context("failed to write the figures as JSON")
        }
        let name = self.name();
        match self {
            Self::Clicks(result) => text(name, result),
            Self::Compress(result) => text(name, result),
            Self::Distil(result) => text(name, result),
            Self::Evaluate(result) => text(name, result),
            Self::NewItems(result) => text(name, result),
            Self::Offers(result) => text(name, result),
            Self::Profile(result) => text(name, result),
            Self::Robustness(result) => text(name, result),
            Self::Shelves(result) => text(name, result),
        }
    }

    /// Reads such a file's text.
    ///
    /// # Errors
    /// With the field that is missing or invalid, and the expected value.
    pub fn from_json(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            study: Option<String>,
            version: Option<u32>,
        }
        let expected = || {
            format!(
                "expected one of {}, as written by --json of that command",
                NAMES.join(", ")
            )
        };
        let head: Head = parsed(text)?;
        let Some(name) = head.study else {
            bail!("field \"study\" is missing: {}", expected())
        };
        ensure!(
            NAMES.contains(&name.as_str()),
            "field \"study\" is \"{}\": {}",
            shortened(&name),
            expected()
        );
        let version = head
            .version
            .context("field \"version\" is missing: expected 1")?;
        ensure!(
            version == VERSION,
            "field \"version\" is {version}, this program reads {VERSION}: make the figures again with this program"
        );
        let study = match name.as_str() {
            "clicks" => Self::Clicks(parsed(text)?),
            "compress" => Self::Compress(parsed(text)?),
            "distil" => Self::Distil(parsed(text)?),
            "evaluate" => Self::Evaluate(parsed(text)?),
            "new-items" => Self::NewItems(parsed(text)?),
            "offers" => Self::Offers(parsed(text)?),
            "profile" => Self::Profile(parsed(text)?),
            "robustness" => Self::Robustness(parsed(text)?),
            _ => Self::Shelves(parsed(text)?),
        };
        if let Some(field) = study.empty() {
            bail!(
                "field \"{field}\" is empty, expected at least one entry: make the figures again"
            );
        }
        Ok(study)
    }

    /// A list that must not be empty, but is.
    fn empty(&self) -> Option<&'static str> {
        match self {
            Self::Clicks(result) => result.rows.is_empty().then_some("rows"),
            Self::Compress(result) => result.tried.get(result.chosen).is_none().then_some("tried"),
            Self::Distil(result) => result.rankers.is_empty().then_some("rankers"),
            Self::Evaluate(result) => result.transfer.is_empty().then_some("transfer"),
            Self::NewItems(result) => result.rows.is_empty().then_some("rows"),
            Self::Offers(result) => result.rows.is_empty().then_some("rows"),
            Self::Profile(result) => result.cells.is_empty().then_some("cells"),
            Self::Robustness(result) => result.rows.is_empty().then_some("rows"),
            Self::Shelves(result) => result.rows.is_empty().then_some("rows"),
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        match field_before(text, error.line(), error.column())
            .filter(|_| error.is_data() && !message.starts_with("missing field"))
        {
            Some(field) => anyhow::anyhow!("field \"{}\": {message}", shortened(field)),
            None => anyhow::anyhow!("{message}"),
        }
    })
}

/// The last field name before a position in a JSON text.
fn field_before(text: &str, line: usize, column: usize) -> Option<&str> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let bytes = text.as_bytes();
    let end = (start + column).min(bytes.len());
    let (mut at, mut result) = (0, None);
    while at < end {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        let from = at + 1;
        at = from;
        while at < bytes.len() && bytes[at] != b'"' {
            at += if bytes[at] == b'\\' { 2 } else { 1 };
        }
        let name = text.get(from..at.min(bytes.len()));
        at += 1;
        let after = bytes
            .get(at..)
            .unwrap_or_default()
            .iter()
            .find(|byte| !byte.is_ascii_whitespace());
        if after == Some(&b':') {
            result = name;
        }
    }
    result
}

/// A study with the name of its file, without the folder, because the page is published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudySheet {
    /// The file's name.
    pub file: String,
    /// Its content.
    pub study: Study,
}

impl StudySheet {
    /// Reads a file.
    ///
    /// # Errors
    /// With the file, the field and the expected value.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        let study = Study::from_json(&text).with_context(|| path.display().to_string())?;
        let file = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { file, study })
    }
}

/// All of them, in the order of [`NAMES`]; those of the same study in the order given.
pub(super) fn sections(sheets: &[StudySheet]) -> String {
    let mut order: Vec<&StudySheet> = sheets.iter().collect();
    order.sort_by_key(|sheet| NAMES.iter().position(|name| *name == sheet.study.name()));
    let mut out = String::new();
    for (nth, sheet) in order.into_iter().enumerate() {
        // Titles of pictures are ids, and a page may show the same study of two shops.
        let id = format!("study {nth}");
        out += &match &sheet.study {
            Study::Clicks(result) => clicks::section(result, &id),
            Study::Compress(result) => smaller::section(result, &id),
            Study::Distil(result) => teacher::section(result, &id),
            Study::Evaluate(result) => few_samples::section(result, &id),
            Study::NewItems(result) => new_items::section(result, &id),
            Study::Offers(result) => offers::section(result, &id),
            Study::Profile(result) => households::section(result, &id),
            Study::Robustness(result) => noise::section(result, &id),
            Study::Shelves(result) => shelves::section(result, &id),
        };
        let _ = writeln!(
            out,
            "<p class=\"quiet\">Figures: {}</p>\n</section>",
            escape(&sheet.file)
        );
    }
    out
}

/// The conclusion that an interval of a difference supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Gain,
    Same,
    Loss,
}

impl Verdict {
    fn of([low, high]: Interval) -> Self {
        if low > 0.0 {
            Self::Gain
        } else if high < 0.0 {
            Self::Loss
        } else {
            Self::Same
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Gain => "good",
            Self::Same => "same",
            Self::Loss => "bad",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Gain => "clearly ahead of",
            Self::Same => "too close to call against",
            Self::Loss => "clearly behind",
        }
    }
}

/// The conclusion in one sentence, after a short summary.
fn verdict(class: &str, word: &str, text: &str) -> String {
    format!(
        "<p class=\"verdict {class}\"><b>{}</b> {}</p>\n",
        escape(word),
        escape(text)
    )
}

/// `+0.123`, with a minus sign instead of a hyphen.
fn plus(value: f64, digits: usize) -> String {
    let text = format!("{value:+.digits$}").replace('-', "\u{2212}");
    // A value that rounds to zero is shown without a sign.
    if text.chars().all(|c| !c.is_ascii_digit() || c == '0') {
        format!("{:.digits$}", 0.0)
    } else {
        text
    }
}

#[cfg(test)]
mod tests;
