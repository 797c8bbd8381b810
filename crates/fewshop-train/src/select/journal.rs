//! The journal of finished fits, one per line, so that a killed search can resume.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::space::Settings;

/// Name and version of the file.
const FORMAT: &str = "fewshop trials, 1";

/// The inputs of a search, by name: digests of files, seed, settings. Searches that differ in any
/// input do not share fits.
pub type JournalHeader = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    #[serde(rename = "facts")]
    inputs: JournalHeader,
}

/// One fit: one trial on one fold of one rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) trial: usize,
    pub(crate) rung: usize,
    pub(crate) fold: usize,
    pub(crate) settings: Settings,
    /// Duration in milliseconds.
    pub(crate) ms: u64,
    /// NDCG@10 of each query in millionths: integers survive a round trip through the file
    /// unchanged. Empty if the fit failed.
    pub(crate) scores: Vec<u32>,
    /// The error message if it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<String>,
}

/// The journal file, open and locked.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    entries: BTreeMap<(usize, usize, usize), Entry>,
}

impl Journal {
    /// Opens the journal of a search, or creates it.
    ///
    /// # Errors
    /// If the file cannot be used, is damaged before its last line, is in use by another search, or
    /// belongs to a different search.
    pub(crate) fn open(path: &Path, inputs: &JournalHeader) -> Result<Self> {
        let name = path.display();
        let advice = "check that its folder exists and may be written to";
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| format!("{name}: cannot be opened, {advice}"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "{name}: another search is writing to it, wait for that or give another --out"
                )
            }
            // The file system does not support locks; the user must then not run two searches at
            // once.
            Err(TryLockError::Error(_)) => {}
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .with_context(|| format!("{name}: cannot be read"))?;
        // Anything after the last line break was being written when the search was killed.
        let whole = bytes
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let text = std::str::from_utf8(&bytes[..whole])
            .with_context(|| format!("{name}: not a journal of trials"))?;
        let mut lines = text.lines();
        let mut entries = BTreeMap::new();
        match lines.next() {
            None => {
                // A file without any line break is either a truncated header or a foreign file,
                // which must not be emptied.
                let ours = format!("{{\"format\":\"{FORMAT}\"");
                let shared = bytes.len().min(ours.len());
                ensure!(
                    bytes[..shared] == ours.as_bytes()[..shared],
                    "{name}: not a journal of trials, remove it or give another --out"
                );
                file.set_len(0)?;
                let mut journal = Self {
                    path: path.to_owned(),
                    file,
                    entries,
                };
                journal.append(&Header {
                    format: FORMAT.to_owned(),
                    inputs: inputs.clone(),
                })?;
                return Ok(journal);
            }
            Some(line) => check_header(line, inputs).with_context(|| name.to_string())?,
        }
        for (nth, line) in lines.enumerate() {
            let entry: Entry = serde_json::from_str(line).with_context(|| {
                format!(
                    "{name}, line {}: damaged; remove the file to search anew",
                    nth + 2
                )
            })?;
            entries.insert((entry.trial, entry.rung, entry.fold), entry);
        }
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            entries,
        })
    }

    /// The fit of this trial, if it is in the journal.
    ///
    /// # Errors
    /// If it was done with different settings.
    pub(crate) fn find(
        &self,
        trial: usize,
        rung: usize,
        fold: usize,
        settings: &Settings,
    ) -> Result<Option<&Entry>> {
        let entry = self.entries.get(&(trial, rung, fold));
        ensure!(
            entry.is_none_or(|entry| entry.settings == *settings),
            "{}: trial {trial} has different settings there; remove the file to search anew",
            self.path.display()
        );
        Ok(entry)
    }

    /// The number of fits.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Appends a fit and flushes it to disk before returning.
    ///
    /// # Errors
    /// If the disk is full or unavailable.
    pub(crate) fn push(&mut self, entry: Entry) -> Result<()> {
        self.append(&entry)?;
        self.entries
            .insert((entry.trial, entry.rung, entry.fold), entry);
        Ok(())
    }

    fn append(&mut self, line: &impl Serialize) -> Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        let written = self
            .file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data());
        written.with_context(|| {
            format!(
                "{}: cannot be written, check that the disk has room",
                self.path.display()
            )
        })
    }
}

fn check_header(line: &str, inputs: &JournalHeader) -> Result<()> {
    let header: Option<Header> = serde_json::from_str(line)
        .ok()
        .filter(|header: &Header| header.format == FORMAT);
    let Some(header) = header else {
        bail!("not a journal of trials of this version, remove it or give another --out")
    };
    let differ = |(name, value): (&String, &String)| {
        (header.inputs.get(name) != Some(value)).then(|| name.clone())
    };
    let mut others: Vec<String> = inputs.iter().filter_map(differ).collect();
    others.extend(
        header
            .inputs
            .keys()
            .filter(|name| !inputs.contains_key(*name))
            .cloned(),
    );
    ensure!(
        others.is_empty(),
        "trials of another search (other: {}): give the inputs that it was started with, remove it to search anew, or give another --out",
        others.join(", ")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(trial: usize) -> Entry {
        let settings = Settings::from([(
            "tower.epochs".to_owned(),
            super::super::space::Value::Whole(8),
        )]);
        Entry {
            trial,
            rung: 0,
            fold: 1,
            settings,
            ms: 1_234,
            scores: vec![0, 500_000, 1_000_000],
            failed: None,
        }
    }

    fn inputs(seed: &str) -> JournalHeader {
        JournalHeader::from([
            ("seed".to_owned(), seed.to_owned()),
            ("events.csv".to_owned(), "12ab".to_owned()),
        ])
    }

    #[test]
    fn a_pushed_fit_is_found_again_and_a_half_written_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.trials.jsonl");
        let mut journal = Journal::open(&path, &inputs("7")).unwrap();
        journal.push(entry(0)).unwrap();
        journal.push(entry(1)).unwrap();
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        let second = whole
            .iter()
            .enumerate()
            .filter(|&(_, &byte)| byte == b'\n')
            .nth(1)
            .unwrap()
            .0;
        // If the search is killed at any byte of the last line, the first fit stays and the line is
        // written again.
        for length in second + 1..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            let mut journal = Journal::open(&path, &inputs("7")).unwrap();
            assert_eq!(
                journal.find(0, 0, 1, &entry(0).settings).unwrap(),
                Some(&entry(0))
            );
            assert_eq!(journal.len(), 1);
            journal.push(entry(1)).unwrap();
            drop(journal);
            assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
    }

    #[test]
    fn a_truncated_header_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.trials.jsonl");
        std::fs::write(&path, "{\"format\":\"fewshop tri").unwrap();
        assert_eq!(Journal::open(&path, &inputs("7")).unwrap().len(), 0);
    }

    #[track_caller]
    fn check_refused(text: &str, inputs: &JournalHeader, words: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.trials.jsonl");
        std::fs::write(&path, text).unwrap();
        let error = format!("{:#}", Journal::open(&path, inputs).unwrap_err());
        for word in ["a.trials.jsonl"].iter().chain(words) {
            assert!(error.contains(word), "{word:?} is not in {error}");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn other_searches_and_foreign_files_are_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b");
        drop(Journal::open(&path, &inputs("7")).unwrap());
        let header = std::fs::read_to_string(&path).unwrap();
        check_refused(&header, &inputs("8"), &["seed", "remove it"]);
        let mut other = inputs("7");
        other.insert("events.csv".to_owned(), "34cd".to_owned());
        check_refused(&header, &other, &["events.csv", "another search"]);
        check_refused("user_id,item_id\nu,i\n", &inputs("7"), &["not a journal"]);
        check_refused(
            "a letter without a line break",
            &inputs("7"),
            &["not a journal"],
        );
        check_refused(
            &format!("{header}{{\"trial\":\n{{}}\n"),
            &inputs("7"),
            &["line 2", "damaged"],
        );
    }

    #[test]
    fn two_searches_do_not_write_to_one_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.trials.jsonl");
        let first = Journal::open(&path, &inputs("7")).unwrap();
        assert!(
            Journal::open(&path, &inputs("7"))
                .unwrap_err()
                .to_string()
                .contains("another search")
        );
        drop(first);
        Journal::open(&path, &inputs("7")).unwrap();
    }
}
