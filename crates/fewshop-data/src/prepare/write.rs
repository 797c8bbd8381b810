//! The prepared files.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context;
use fewshop_core::EventKind;
use serde::Serialize;

use super::cases::{KS, RETURN_SHOTS, Return, VISITS, Visit, draw, draw_returning};
use super::{
    Cut, MarketingCounts, PromotionCounts, RawEvent, RawLog, VALID_FOLD, marketing, promotions,
};
use crate::files::{
    CaseRow, EventRow, FileError, format_time, write_atomically, write_cases, write_events,
    write_items, write_return_cases, write_truth,
};

/// Counts of the written data, which go into `prepare.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The shop's short name.
    pub shop: &'static str,
    /// The salt for the split of the shoppers.
    pub salt: String,
    /// Products in `items.csv`.
    pub items: usize,
    /// Shoppers in `events.csv`.
    pub users: usize,
    /// Visits in `events.csv`.
    pub sessions: usize,
    /// Rows of `events.csv`.
    pub events: usize,
    /// Where training ends.
    pub cut: String,
    /// Minimum number of training visits of a product.
    pub support: u32,
    /// Numbers of context items in the validation cases.
    pub ks: [usize; 4],
    /// Validation cases for each of them.
    pub valid_cases_per_k: usize,
    /// Shoppers in the validation cases.
    pub valid_users: usize,
    /// Visits in `since.csv`.
    pub since_sessions: usize,
    /// Where `since.csv` ends and the later cases begin.
    pub refresh_until: String,
    /// Later validation cases for each number of context items.
    pub later_cases_per_k: usize,
    /// Numbers of earlier visits in the cases of returning shoppers.
    pub visits: [usize; 4],
    /// Cases of returning shoppers for each of them.
    pub valid_return_cases_per_k: usize,
    /// Households and offers, if the log has them.
    #[serde(flatten)]
    pub marketing: Option<MarketingCounts>,
    /// Promotions, if the log has them.
    #[serde(flatten)]
    pub promotions: Option<PromotionCounts>,
    /// The folds for training and validation, and those that are left out.
    pub folds: String,
    /// Currency of the prices; a price is the median over the whole log.
    pub currency: &'static str,
    /// Where the data is from.
    pub source: &'static str,
    /// Its terms of use.
    pub licence: &'static str,
}

fn distinct(values: impl Iterator<Item = u32>) -> usize {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    values.dedup();
    values.len()
}

/// Writes items.csv, events.csv, since.csv, promotions.csv, validation cases with their truth
/// (valid_*.csv, later_*.csv, valid_return_*.csv) and prepare.json into `folder`, which is created if needed.
///
/// # Errors
/// When the folder cannot be created or written to.
pub fn write(cut: &Cut, folder: &Path) -> anyhow::Result<Counts> {
    std::fs::create_dir_all(folder).with_context(|| {
        format!(
            "{}: the folder cannot be created: check the path",
            folder.display()
        )
    })?;
    let raw = &cut.raw;
    write_items(&folder.join("items.csv"), &cut.items, &[])?;
    write_log(&cut.train, raw, &folder.join("events.csv"))?;
    write_log(&cut.since, raw, &folder.join("since.csv"))?;
    let visits = draw(cut, raw.cut_s);
    // The day of a visit is there for its promotions. Without them the files stay as they are.
    let timed = !raw.promotions.is_empty();
    write_visits(&visits, timed, folder, "valid")?;
    let later = draw(cut, raw.refresh_until_s);
    write_visits(&later, timed, folder, "later")?;
    let returning = draw_returning(cut);
    write_returning(&returning, timed, folder)?;

    let described = marketing::write(cut, folder)?;
    let promoted = promotions::write(cut, folder)?;

    let mut valid_users: Vec<&str> = visits.iter().map(|visit| visit.user).collect();
    valid_users.dedup();
    let counts = Counts {
        shop: raw.notice.shop,
        salt: cut.salt.clone(),
        items: cut.items.len(),
        users: distinct(cut.train.iter().map(|event| event.user)),
        sessions: distinct(cut.train.iter().map(|event| event.session)),
        events: cut.train.len(),
        cut: format_time(raw.cut_s),
        support: raw.support,
        ks: KS,
        valid_cases_per_k: visits.len(),
        valid_users: valid_users.len(),
        since_sessions: distinct(cut.since.iter().map(|event| event.session)),
        refresh_until: format_time(raw.refresh_until_s),
        later_cases_per_k: later.len(),
        visits: VISITS,
        valid_return_cases_per_k: returning.len(),
        marketing: (described != MarketingCounts::default()).then_some(described),
        promotions: promoted,
        folds: format!(
            "by SHA-256 of salt and user modulo 10: 0 to {} train before the cut, {VALID_FOLD} validates after it, 8 and 9 are not written",
            VALID_FOLD - 1
        ),
        currency: raw.notice.currency,
        source: raw.notice.source,
        licence: raw.notice.licence,
    };
    let json =
        serde_json::to_string_pretty(&counts).context("the counts cannot be written as JSON")?;
    write_atomically(&folder.join("prepare.json"), |out| writeln!(out, "{json}"))?;
    Ok(counts)
}

fn write_log(events: &[RawEvent], raw: &RawLog, path: &Path) -> Result<(), FileError> {
    let events = events.iter().map(|event| EventRow {
        user_id: &raw.users[event.user as usize],
        session_id: &raw.sessions[event.session as usize],
        time_s: event.time_s,
        item_id: &raw.products[event.item as usize].id,
        kind: EventKind::Purchase,
        quantity: event.quantity,
    });
    write_events(path, events)
}

/// Writes NAME_cases.csv and NAME_truth.csv: each visit once for each number of context items.
fn write_visits(
    visits: &[Visit<'_>],
    timed: bool,
    folder: &Path,
    name: &str,
) -> Result<(), FileError> {
    let named: Vec<(String, usize, usize)> = (visits.iter().enumerate())
        .flat_map(|(at, visit)| KS.map(|k| (format!("{}-{k}", visit.session), k, at)))
        .collect();
    let cases = named.iter().flat_map(|(case_id, k, at)| {
        let visit = &visits[*at];
        (0u32..)
            .zip(&visit.items[..*k])
            .map(|(position, item_id)| CaseRow {
                case_id,
                user_id: visit.user,
                k: *k as u32,
                visit: 0,
                position,
                item_id,
                time_s: timed.then_some(visit.start_s),
            })
    });
    write_cases(&folder.join(format!("{name}_cases.csv")), cases)?;
    let truth = named.iter().flat_map(|(case_id, k, at)| {
        visits[*at].items[*k..]
            .iter()
            .map(|item| (case_id.as_str(), *item))
    });
    write_truth(&folder.join(format!("{name}_truth.csv")), truth)
}

/// Writes cases of returning shoppers: the same visits with an increasing number of earlier visits.
fn write_returning(returning: &[Return<'_>], timed: bool, folder: &Path) -> Result<(), FileError> {
    let named: Vec<(String, usize, &Return<'_>)> = returning
        .iter()
        .flat_map(|one| {
            VISITS.map(|visits| (format!("{}-v{visits}", one.visit.session), visits, one))
        })
        .collect();
    let cases = named.iter().flat_map(|(case_id, visits, one)| {
        let at_hand = (one.visit.start_s, &one.visit.items[..RETURN_SHOTS]);
        let earlier = one.earlier[..*visits].iter();
        let parts = std::iter::once(at_hand)
            .chain(earlier.map(|(start_s, items)| (*start_s, items.as_slice())));
        (0i32..)
            .zip(parts)
            .flat_map(move |(back, (start_s, items))| {
                (0u32..).zip(items).map(move |(position, item_id)| CaseRow {
                    case_id,
                    user_id: one.visit.user,
                    k: *visits as u32,
                    visit: -back,
                    position,
                    item_id,
                    time_s: timed.then_some(start_s),
                })
            })
    });
    write_return_cases(&folder.join("valid_return_cases.csv"), cases)?;
    let truth = named.iter().flat_map(|(case_id, _, one)| {
        one.visit.items[RETURN_SHOTS..]
            .iter()
            .map(|item| (case_id.as_str(), *item))
    });
    write_truth(&folder.join("valid_return_truth.csv"), truth)
}
