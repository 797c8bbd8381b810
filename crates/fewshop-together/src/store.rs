//! What an aggregator remembers, in one file with transactions.
//!
//! A report's id stays as long as its bucket has not been opened; afterwards its whole bucket is
//! refused. So the file grows with the reports of the buckets that are open, not for ever.

use std::path::Path;

use janus_messages::codec::{Encode, ParameterizedDecode};
use janus_messages::{ReportId, ReportIdChecksum, TaskId};
use prio::field::{Field128, FieldElement};
use prio::vdaf::AggregateShare;
use prio::vdaf::prio3::Prio3MultihotCountVec;
use redb::{Database, Durability, ReadableTable, Table, TableDefinition, WriteTransaction};
use sha2::{Digest, Sha256};

use crate::error::TogetherError;

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;
/// A key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);
type Bytes<'tx> = Table<'tx, &'static [u8], &'static [u8]>;

/// Whose file it is.
const META: Definition = TableDefinition::new("meta");
/// Bucket and report id of every report of a bucket that has not been opened.
const SEEN: Definition = TableDefinition::new("seen");
/// Number of those reports, by bucket.
const SEEN_COUNT: Definition = TableDefinition::new("seen count");
/// The leader's reports that have not been verified, by bucket and id.
const PENDING: Definition = TableDefinition::new("pending");
/// The sums of each bucket.
const SUMS: Definition = TableDefinition::new("sums");
/// Batches that were opened, by their first second.
const OPENED: Definition = TableDefinition::new("opened");
/// Single values of a role: the job under way, the last answer.
const VALUES: Definition = TableDefinition::new("values");
/// Batches that the collector has asked for, by the job's id.
const ASKED: Definition = TableDefinition::new("asked");

/// When a change has to have reached the disk.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// Before it is answered: the other party acts on it.
    Now,
    /// With the next change that is written at once. What a power cut loses was not yet counted.
    Later,
}

/// The file.
#[derive(Debug)]
pub(crate) struct Store {
    database: Database,
    path: String,
}

/// A time span, seconds since 1970; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Span {
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// The verified reports of a bucket or of several, added up.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sums {
    pub(crate) reports: u64,
    /// Exclusive or of the hashes of the reports' ids: both aggregators have the same one if they
    /// have counted the same reports.
    pub(crate) checksum: [u8; ReportIdChecksum::LEN],
    pub(crate) share: Vec<Field128>,
    /// First and last bucket, if there is a report.
    pub(crate) buckets: Option<(u64, u64)>,
}

impl Sums {
    pub(crate) fn none(length: usize) -> Self {
        Self {
            reports: 0,
            checksum: [0; ReportIdChecksum::LEN],
            share: vec![Field128::zero(); length],
            buckets: None,
        }
    }

    /// Adds one report.
    pub(crate) fn add(&mut self, id: &ReportId, share: &[Field128]) {
        let mut hash = [0; ReportIdChecksum::LEN];
        hash.copy_from_slice(&Sha256::digest(id.as_ref()));
        self.add_parts(1, &hash, share);
    }

    fn add_parts(&mut self, reports: u64, checksum: &[u8], share: &[Field128]) {
        self.reports += reports;
        for (sum, byte) in self.checksum.iter_mut().zip(checksum) {
            *sum ^= byte;
        }
        for (sum, &value) in self.share.iter_mut().zip(share) {
            *sum += value;
        }
    }
}

/// A batch that was opened: what was asked and, once it is known, what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) span: Span,
    pub(crate) question: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

impl Store {
    /// Opens the file of one aggregator of one task, and creates it if there is none.
    pub(crate) fn open(path: &Path, task: &TaskId, role: &str) -> Result<Self, TogetherError> {
        let name = path.display().to_string();
        let failed = |reason: String| TogetherError::Store {
            path: name.clone(),
            reason,
        };
        let database = Database::create(path).map_err(|error| failed(error.to_string()))?;
        let store = Self {
            database,
            path: name.clone(),
        };
        let whose = format!("{role} of {task}");
        let found = store.write(When::Now, |tx| {
            let known = tx.get(META, b"whose")?;
            if known.is_none() {
                tx.put(META, b"whose", whose.as_bytes())?;
            }
            Ok(known)
        })?;
        match found {
            Some(found) if found != whose.as_bytes() => Err(failed(format!(
                "holds the reports of another task ('{}', expected '{whose}'): the terms or the watch list have changed since; \
                 give a new file, after the last batch of the old one has been collected",
                String::from_utf8_lossy(&found)
            ))),
            _ => Ok(store),
        }
    }

    /// Runs changes that take effect together or not at all.
    pub(crate) fn write<T>(
        &self,
        when: When,
        change: impl FnOnce(&Tx<'_>) -> Result<T, TogetherError>,
    ) -> Result<T, TogetherError> {
        let failed = |reason: String| TogetherError::Store {
            path: self.path.clone(),
            reason,
        };
        let mut tx = self
            .database
            .begin_write()
            .map_err(|e| failed(e.to_string()))?;
        if matches!(when, When::Later) {
            tx.set_durability(Durability::None)
                .map_err(|e| failed(e.to_string()))?;
        }
        let out = change(&Tx {
            tx: &tx,
            path: &self.path,
        })?;
        tx.commit().map_err(|e| failed(e.to_string()))?;
        Ok(out)
    }
}

/// Changes under way.
pub(crate) struct Tx<'a> {
    tx: &'a WriteTransaction,
    path: &'a str,
}

fn key(bucket: u64, id: &ReportId) -> [u8; 8 + ReportId::LEN] {
    let mut key = [0; 8 + ReportId::LEN];
    key[..8].copy_from_slice(&bucket.to_be_bytes());
    key[8..].copy_from_slice(id.as_ref());
    key
}

fn number(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[..8]);
    u64::from_be_bytes(first)
}

impl Tx<'_> {
    fn failed(&self, error: impl Into<redb::Error>) -> TogetherError {
        TogetherError::Store {
            path: self.path.to_owned(),
            reason: error.into().to_string(),
        }
    }

    fn table(&self, table: Definition) -> Result<Bytes<'_>, TogetherError> {
        self.tx.open_table(table).map_err(|e| self.failed(e))
    }

    fn get(&self, table: Definition, key: &[u8]) -> Result<Option<Vec<u8>>, TogetherError> {
        let table = self.table(table)?;
        let found = table.get(key).map_err(|e| self.failed(e))?;
        Ok(found.map(|value| value.value().to_vec()))
    }

    fn put(&self, table: Definition, key: &[u8], value: &[u8]) -> Result<(), TogetherError> {
        let mut table = self.table(table)?;
        table.insert(key, value).map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// Rows whose keys begin with a bucket of the span, `most` at most.
    fn rows(&self, table: Definition, span: Span, most: usize) -> Result<Vec<Row>, TogetherError> {
        let table = self.table(table)?;
        let (start, end) = (span.start.to_be_bytes(), span.end.to_be_bytes());
        let range = table
            .range::<&[u8]>(start.as_slice()..end.as_slice())
            .map_err(|e| self.failed(e))?;
        let mut out = Vec::new();
        for row in range.take(most) {
            let (key, value) = row.map_err(|e| self.failed(e))?;
            out.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(out)
    }

    /// Notes a report of a bucket; `false` if it has been noted.
    pub(crate) fn see(&self, bucket: u64, id: &ReportId) -> Result<bool, TogetherError> {
        let mut table = self.table(SEEN)?;
        let known = table
            .insert(key(bucket, id).as_slice(), [].as_slice())
            .map_err(|e| self.failed(e))?
            .is_some();
        drop(table);
        if !known {
            let seen = self.seen(bucket)? + 1;
            self.put(SEEN_COUNT, &bucket.to_be_bytes(), &seen.to_be_bytes())?;
        }
        Ok(!known)
    }

    /// How many reports of a bucket have been noted.
    pub(crate) fn seen(&self, bucket: u64) -> Result<u64, TogetherError> {
        let found = self.get(SEEN_COUNT, &bucket.to_be_bytes())?;
        Ok(found.map_or(0, |bytes| number(&bytes)))
    }

    pub(crate) fn is_seen(&self, bucket: u64, id: &ReportId) -> Result<bool, TogetherError> {
        Ok(self.get(SEEN, &key(bucket, id))?.is_some())
    }

    pub(crate) fn put_pending(
        &self,
        bucket: u64,
        id: &ReportId,
        report: &[u8],
    ) -> Result<(), TogetherError> {
        self.put(PENDING, &key(bucket, id), report)
    }

    /// Reports that have not been verified, the oldest buckets first.
    pub(crate) fn pending(&self, span: Span, most: usize) -> Result<Vec<Row>, TogetherError> {
        self.rows(PENDING, span, most)
    }

    pub(crate) fn pending_report(&self, key: &[u8]) -> Result<Option<Vec<u8>>, TogetherError> {
        self.get(PENDING, key)
    }

    pub(crate) fn remove_pending(&self, key: &[u8]) -> Result<(), TogetherError> {
        let mut table = self.table(PENDING)?;
        table.remove(key).map_err(|e| self.failed(e))?;
        Ok(())
    }

    /// The sums of all buckets of a span.
    pub(crate) fn sums(
        &self,
        vdaf: &Prio3MultihotCountVec,
        length: usize,
        span: Span,
    ) -> Result<Sums, TogetherError> {
        let mut sums = Sums::none(length);
        for (key, value) in self.rows(SUMS, span, usize::MAX)? {
            let bucket = number(&key);
            let (head, share) = value.split_at(8 + ReportIdChecksum::LEN);
            let share = AggregateShare::get_decoded_with_param(&(vdaf, &()), share);
            let share: AggregateShare<Field128> = share.map_err(|error| TogetherError::Store {
                path: self.path.to_owned(),
                reason: format!("sums that cannot be read ({error}): the file is damaged"),
            })?;
            sums.add_parts(number(head), &head[8..], share.as_ref());
            let first = sums.buckets.map_or(bucket, |(first, _)| first);
            sums.buckets = Some((first, bucket));
        }
        Ok(sums)
    }

    /// Adds verified reports to a bucket.
    pub(crate) fn add(
        &self,
        vdaf: &Prio3MultihotCountVec,
        bucket: u64,
        more: &Sums,
    ) -> Result<(), TogetherError> {
        let span = Span {
            start: bucket,
            end: bucket + 1,
        };
        let mut sums = self.sums(vdaf, more.share.len(), span)?;
        sums.add_parts(more.reports, &more.checksum, &more.share);
        let mut value = sums.reports.to_be_bytes().to_vec();
        value.extend(sums.checksum);
        let share = AggregateShare::from(sums.share);
        share
            .encode(&mut value)
            .map_err(|error| TogetherError::Store {
                path: self.path.to_owned(),
                reason: error.to_string(),
            })?;
        self.put(SUMS, &bucket.to_be_bytes(), &value)
    }

    /// All batches that were opened.
    pub(crate) fn opened(&self) -> Result<Vec<Opened>, TogetherError> {
        let all = Span {
            start: 0,
            end: u64::MAX,
        };
        let rows = self.rows(OPENED, all, usize::MAX)?;
        let read = |(key, value): Row| {
            let asked = number(&value[8..]) as usize;
            let (question, answer) = value[16..].split_at(asked);
            Opened {
                span: Span {
                    start: number(&key),
                    end: number(&value),
                },
                question: question.to_vec(),
                answer: answer.to_vec(),
            }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Whether the batch of this bucket was opened: the last one that begins no later contains it.
    pub(crate) fn is_opened(&self, bucket: u64) -> Result<bool, TogetherError> {
        let table = self.table(OPENED)?;
        let bucket_key = bucket.to_be_bytes();
        let mut earlier = table
            .range::<&[u8]>(..=bucket_key.as_slice())
            .map_err(|e| self.failed(e))?;
        let Some(last) = earlier.next_back() else {
            return Ok(false);
        };
        let (_, value) = last.map_err(|e| self.failed(e))?;
        Ok(bucket < number(value.value()))
    }

    /// Notes that a batch is opened. Its reports' ids are forgotten: the whole span is refused now.
    pub(crate) fn open_batch(&self, opened: &Opened) -> Result<(), TogetherError> {
        let mut value = opened.span.end.to_be_bytes().to_vec();
        value.extend((opened.question.len() as u64).to_be_bytes());
        value.extend(&opened.question);
        value.extend(&opened.answer);
        self.put(OPENED, &opened.span.start.to_be_bytes(), &value)?;
        for table in [SEEN, SEEN_COUNT, SUMS] {
            let (start, end) = (
                opened.span.start.to_be_bytes(),
                opened.span.end.to_be_bytes(),
            );
            let mut table = self.table(table)?;
            table
                .retain_in::<&[u8], _>(start.as_slice()..end.as_slice(), |_, _| false)
                .map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    pub(crate) fn value(&self, name: &str) -> Result<Option<Vec<u8>>, TogetherError> {
        self.get(VALUES, name.as_bytes())
    }

    pub(crate) fn put_value(&self, name: &str, value: &[u8]) -> Result<(), TogetherError> {
        self.put(VALUES, name.as_bytes(), value)
    }

    pub(crate) fn remove_value(&self, name: &str) -> Result<(), TogetherError> {
        let mut table = self.table(VALUES)?;
        table.remove(name.as_bytes()).map_err(|e| self.failed(e))?;
        Ok(())
    }

    pub(crate) fn asked(&self, id: &[u8]) -> Result<Option<Vec<u8>>, TogetherError> {
        self.get(ASKED, id)
    }

    pub(crate) fn put_asked(&self, id: &[u8], question: &[u8]) -> Result<(), TogetherError> {
        self.put(ASKED, id, question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::Terms;
    use crate::terms::tests::draft;

    fn share(values: [u64; 3]) -> Vec<Field128> {
        values.map(|v| Field128::from(u128::from(v))).to_vec()
    }

    #[test]
    fn sums_are_kept_by_bucket_and_survive_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("leader.redb");
        let terms = Terms::new(draft(3)).expect("terms");
        let vdaf = terms.vdaf().expect("terms");
        let [a, b] = [[1; 16], [2; 16]].map(ReportId::from);
        let span = Span { start: 0, end: 99 };
        {
            let store = Store::open(&path, &terms.task(), "leader").expect("a new file");
            store
                .write(When::Now, |tx| {
                    let mut sums = Sums::none(3);
                    sums.add(&a, &share([1, 0, 1]));
                    tx.add(&vdaf, 10, &sums)?;
                    let mut sums = Sums::none(3);
                    sums.add(&b, &share([1, 1, 0]));
                    tx.add(&vdaf, 20, &sums)
                })
                .expect("written");
        }
        let store = Store::open(&path, &terms.task(), "leader").expect("the same file");
        let sums = store
            .write(When::Now, |tx| tx.sums(&vdaf, 3, span))
            .expect("read");
        assert_eq!(sums.share, share([2, 1, 1]));
        assert_eq!((sums.reports, sums.buckets), (2, Some((10, 20))));
        drop(store);
        let error = Store::open(&path, &terms.task(), "helper").expect_err("another role");
        assert!(error.to_string().contains("another task"), "{error}");
    }

    #[test]
    fn a_change_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let terms = Terms::new(draft(3)).expect("terms");
        let path = folder.path().join("a.redb");
        let store = Store::open(&path, &terms.task(), "leader").expect("a new file");
        let id = ReportId::from([7; 16]);
        let failed: Result<(), _> = store.write(When::Now, |tx| {
            assert!(tx.see(10, &id)?);
            Err(TogetherError::Noise("no".to_owned()))
        });
        assert!(failed.is_err());
        let seen = store.write(When::Now, |tx| tx.is_seen(10, &id));
        assert!(!seen.expect("read"));
    }

    #[test]
    fn an_opened_batch_forgets_its_reports_and_stays_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let terms = Terms::new(draft(3)).expect("terms");
        let path = folder.path().join("a.redb");
        let store = Store::open(&path, &terms.task(), "leader").expect("a new file");
        let id = ReportId::from([7; 16]);
        let opened = Opened {
            span: Span { start: 10, end: 20 },
            question: vec![1, 2],
            answer: vec![3],
        };
        store
            .write(When::Now, |tx| {
                assert!(tx.see(10, &id)? && !tx.see(10, &id)? && tx.see(20, &id)?);
                assert_eq!(tx.seen(10)?, 1);
                tx.open_batch(&opened)?;
                assert!(!tx.is_seen(10, &id)? && tx.is_seen(20, &id)?);
                assert!(tx.is_opened(10)? && tx.is_opened(19)?);
                assert!(!tx.is_opened(9)? && !tx.is_opened(20)?);
                assert_eq!(tx.opened()?, [opened]);
                Ok(())
            })
            .expect("written");
    }
}
