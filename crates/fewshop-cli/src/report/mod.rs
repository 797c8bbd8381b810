//! The report: all quality figures of a pack as one value ([`Report`], stored as JSON) and as one
//! page ([`page`]).
//!
//! The page is one self-contained HTML file: charts are inline SVG, there is no script, and it
//! follows the reader's light or dark theme. It starts with the answers for a shop owner in plain
//! words, and claims no more than the intervals support.

mod charts;
mod compression;
mod data_page;
mod html;
mod page;
mod sections;
mod studies;
mod svg;
mod together;

use std::collections::{BTreeMap, HashSet};

use fewshop_core::EventKind;
use fewshop_data::files::{Log, format_time};
use fewshop_eval::Evaluation;
use fewshop_model::Pack;
use serde::{Deserialize, Serialize};

use crate::session_lengths::{LENGTHS, class_names};

pub use compression::compression;
pub use data_page::data_page;
pub use page::page;
pub use studies::{Study, StudySheet};
pub use together::together;

/// Version of the JSON; unknown versions are refused.
pub const REPORT_VERSION: u32 = 1;

/// The content of the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// Data and training.
    pub card: DataCard,
    /// Unseen users: only the current session is known.
    #[serde(rename = "strangers")]
    pub unseen_users: Evaluation,
    /// Returning shoppers, if cases of them were given.
    #[serde(default)]
    pub returning: Option<Evaluation>,
    /// Training curves, one value for each epoch.
    #[serde(default)]
    pub curves: BTreeMap<String, Vec<f64>>,
    /// Studies of this shop or another one, in the order given.
    #[serde(default)]
    pub studies: Vec<StudySheet>,
}

/// Data and training in figures.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DataCard {
    /// The shop's name.
    pub shop: String,
    /// First half of the pack's hash.
    pub pack: String,
    /// Number of products.
    pub products: usize,
    /// Departments, the first part of the category paths.
    pub departments: usize,
    /// Sessions in the log.
    pub sessions: usize,
    /// Number of shoppers in the log.
    pub shoppers: usize,
    /// Number of products in sessions, each counted once in a session.
    pub taken: usize,
    /// First day of the log.
    pub from: String,
    /// Last day.
    pub until: String,
    /// Share of all pairs of a shopper and a product that are not in the log.
    pub sparsity: f64,
    /// Share of the products that are in no session.
    pub never_taken: f64,
    /// Session lengths: class and share of the sessions.
    pub lengths: Vec<(String, f64)>,
    /// Source of the data and its terms of use.
    pub notice: String,
    /// Seed of the training.
    pub seed: u64,
    /// The command that trained.
    pub command: String,
    /// Version of the program that trained.
    pub version: String,
    /// The command that made the report.
    pub report_command: String,
}

impl DataCard {
    /// Counts the log, which must use the pack's rows.
    #[must_use]
    pub fn of(pack: &Pack, log: &Log, report_command: String) -> Self {
        let mut pairs: HashSet<(u32, u32)> = HashSet::new();
        let mut lengths = [0usize; LENGTHS.len() + 1];
        let (mut sessions, mut taken) = (0, 0);
        let mut sold = vec![false; pack.catalogue().len()];
        for session in &log.sessions {
            let mut count = 0;
            for item in session
                .items
                .iter()
                .filter(|item| item.kind != EventKind::Dismiss)
            {
                pairs.insert((session.user, item.item.0));
                sold[item.item.row()] = true;
                count += 1;
            }
            if count > 0 {
                lengths[LENGTHS.partition_point(|&end| end < count)] += 1;
                sessions += 1;
                taken += count;
            }
        }
        let day = |time: Option<i64>| {
            time.map_or_else(String::new, |time| {
                format_time(time).chars().take(10).collect()
            })
        };
        let departments: HashSet<&str> = pack
            .catalogue()
            .items()
            .iter()
            .map(|item| item.department())
            .filter(|d| !d.is_empty())
            .collect();
        let products = pack.catalogue().len();
        let card = pack.card();
        Self {
            shop: card.shop.clone(),
            pack: pack.fingerprint(),
            products,
            departments: departments.len(),
            sessions,
            shoppers: log.users.len(),
            taken,
            from: day(log.sessions.iter().map(|session| session.time_s).min()),
            until: day(log.sessions.iter().map(|session| session.time_s).max()),
            sparsity: 1.0 - pairs.len() as f64 / (log.users.len() * products).max(1) as f64,
            never_taken: sold.iter().filter(|sold| !**sold).count() as f64 / products.max(1) as f64,
            lengths: class_names()
                .into_iter()
                .zip(lengths.iter().map(|&n| n as f64 / sessions.max(1) as f64))
                .collect(),
            notice: card.data_notice.clone(),
            seed: card.seed,
            command: card.command.clone(),
            version: card.version.clone(),
            report_command,
        }
    }
}
