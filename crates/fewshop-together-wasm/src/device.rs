//! The device behind JSON.

use fewshop_together::{
    Outcome, Privacy, Published, Record, Reporter, TogetherError, Visit, report_bytes,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A device that could take part in one shop's learning.
#[derive(Debug)]
pub struct Device {
    published: Published,
    reporter: Reporter,
    agreement: String,
    address: String,
    bytes: usize,
}

/// What is asked of a shopper.
#[derive(Debug, Serialize)]
struct Asked<'a> {
    shop: &'a str,
    leader: &'a str,
    helper: &'a str,
    address: &'a str,
    items: &'a [String],
    max_items: usize,
    min_items: usize,
    min_batch: u64,
    visits_per_month: usize,
    bytes: usize,
    sigma: f64,
    visit: Privacy,
    month: Privacy,
}

/// What a shopper is shown of the record.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    is_on: bool,
    /// The shop has changed what was agreed to.
    has_changed: bool,
    left: usize,
    spent: Privacy,
    told: &'a [fewshop_together::Told],
    next: Vec<Next<'a>>,
}

/// A visit that will be reported.
#[derive(Debug, Serialize)]
struct Next<'a> {
    visit: u64,
    due_s: u64,
    taken: usize,
    items: Vec<&'a str>,
    /// Too short: the empty report is sent.
    is_short: bool,
}

/// A report that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The visit, for [`Device::answered`].
    pub visit: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

type Told<T> = Result<T, String>;

fn said(error: TogetherError) -> String {
    error.to_string()
}

fn read<T: DeserializeOwned>(what: &str, json: &str) -> Told<T> {
    serde_json::from_str(json).map_err(|error| format!("{what} cannot be read: {error}"))
}

fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data without maps is JSON")
}

/// The record; an empty text is that of a device that was never asked.
fn record(json: &str) -> Told<Record> {
    if json.is_empty() {
        return Ok(Record::default());
    }
    read("the record of learning together", json)
}

/// Visits as the shop's memory writes them: when each ended, then the ids of its products.
fn visits(json: &str) -> Told<Vec<Visit>> {
    let lists: Vec<Vec<String>> = read("the visits", json)?;
    let visit = |mut list: Vec<String>| {
        let ended_s = list.first()?.parse().ok()?;
        let items = list.split_off(1);
        Some(Visit { ended_s, items })
    };
    Ok(lists.into_iter().filter_map(visit).collect())
}

impl Device {
    /// Reads the shop's file.
    ///
    /// # Errors
    /// When it cannot be read or kept to.
    pub fn new(published: &str) -> Told<Self> {
        let published: Published = read("the shop's file of learning together", published)?;
        let reporter = published.reporter().map_err(said)?;
        Ok(Self {
            agreement: published.agreement().map_err(said)?,
            address: published.address().map_err(said)?,
            bytes: report_bytes(reporter.terms()).map_err(said)?,
            reporter,
            published,
        })
    }

    /// What is asked of a shopper.
    #[must_use]
    pub fn asked(&self) -> String {
        let terms = self.reporter.terms();
        let draft = terms.draft();
        written(&Asked {
            shop: &draft.shop,
            leader: &self.published.leader.url,
            helper: &self.published.helper.url,
            address: &self.address,
            items: &draft.items,
            max_items: draft.max_items,
            min_items: self.published.min_items,
            min_batch: draft.min_batch,
            visits_per_month: draft.visits_per_month,
            bytes: self.bytes,
            sigma: terms.sigma(),
            visit: terms.privacy(),
            month: terms.privacy_per_month(),
        })
    }

    /// What this device has sent and will send.
    ///
    /// # Errors
    /// When record or visits cannot be read.
    pub fn shown(&self, record_json: &str, visits_json: &str, now_s: u64) -> Told<String> {
        let record = record(record_json)?;
        let visits = visits(visits_json)?;
        let is_on = record.has_agreed(&self.agreement);
        let mut next: Vec<Next<'_>> = Vec::new();
        for visit in visits.iter().filter(|_| is_on) {
            let Some(due_s) = record.due_s(visit) else {
                continue;
            };
            let mut items: Vec<&str> = visit.items.iter().map(String::as_str).collect();
            items.sort_unstable();
            items.dedup();
            let taken = items.len();
            let is_short = taken < self.published.min_items;
            items.retain(|item| {
                !is_short && self.reporter.terms().items().iter().any(|i| i == item)
            });
            next.push(Next {
                visit: visit.ended_s,
                due_s,
                taken,
                items,
                is_short,
            });
        }
        next.sort_by_key(|next| next.due_s);
        Ok(written(&Shown {
            is_on,
            has_changed: !is_on && record.has_agreed_once(),
            left: record.left(self.reporter.terms(), now_s),
            spent: record.spent(now_s),
            told: record.told(),
            next,
        }))
    }

    /// The record after the shopper agreed.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn agree(&self, record_json: &str, now_s: u64) -> Told<String> {
        let mut record = record(record_json)?;
        record.agree(&self.agreement, now_s);
        Ok(written(&record))
    }

    /// The record after the shopper stopped.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn stop(&self, record_json: &str) -> Told<String> {
        let mut record = record(record_json)?;
        record.stop();
        Ok(written(&record))
    }

    /// The record after the shopper kept a visit out.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn skip(&self, record_json: &str, visit: u64) -> Told<String> {
        let mut record = record(record_json)?;
        record.skip(visit);
        Ok(written(&record))
    }

    /// The record with the report of the oldest visit whose day has passed, if one may be made. Under
    /// other terms than those agreed to none is.
    ///
    /// # Errors
    /// When record or visits cannot be read, or there are no random numbers.
    pub fn report(&self, record_json: &str, visits_json: &str, now_s: u64) -> Told<String> {
        let mut record = record(record_json)?;
        if record.has_agreed(&self.agreement) {
            let visits = visits(visits_json)?;
            record
                .report(&self.reporter, self.published.min_items, &visits, now_s)
                .map_err(said)?;
        }
        Ok(written(&record))
    }

    /// The report that waits to be sent, under the terms agreed to.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn waiting(&self, record_json: &str) -> Told<Option<Parcel>> {
        let record = record(record_json)?;
        let told = record
            .waiting()
            .filter(|_| record.has_agreed(&self.agreement));
        Ok(told.and_then(|told| {
            let bytes = told.bytes()?;
            let visit = told.visit;
            Some(Parcel { visit, bytes })
        }))
    }

    /// The record after the leader answered with this status. One that says *later* changes nothing.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn answered(&self, record_json: &str, visit: u64, status: u16, now_s: u64) -> Told<String> {
        let mut record = record(record_json)?;
        let outcome = match status {
            200..300 => Some(Outcome::Accepted),
            // Too slow, too many: not the report's fault.
            408 | 429 => None,
            400..500 => Some(Outcome::Refused),
            _ => None,
        };
        if let Some(outcome) = outcome {
            record.answered(visit, outcome, now_s);
        }
        Ok(written(&record))
    }

    /// A report to look at; it is not noted, and must not be sent.
    ///
    /// # Errors
    /// When the list cannot be read, or there are no random numbers.
    pub fn sample(&self, items_json: &str, now_s: u64) -> Told<Vec<u8>> {
        let items: Vec<String> = read("the products", items_json)?;
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        self.reporter.report(&items, now_s).map_err(said)
    }
}

#[cfg(test)]
mod tests;
