//! The report: all that is known of a pack's quality as one value ([`Report`], kept as JSON) and as
//! one page ([`page`]).
//!
//! The page is one HTML file that needs nothing else: charts are inline SVG, there is no script,
//! and it follows the reader's light or dark theme. It says first what a shop owner wants to know,
//! in plain words, and says it only as strongly as the intervals allow.

mod charts;
mod compression;
mod data_page;
mod html;
mod page;
mod sections;
mod studies;
mod svg;

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

/// Version of the JSON; one that is not known is refused.
pub const REPORT_VERSION: u32 = 1;

/// All that the page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// What was learned from, and how.
    pub card: DataCard,
    /// Strangers: nothing is known but the session at hand.
    #[serde(rename = "strangers")]
    pub unseen_users: Evaluation,
    /// Returning shoppers, where cases of them were given.
    #[serde(default)]
    pub returning: Option<Evaluation>,
    /// What training watched, one value an epoch.
    #[serde(default)]
    pub curves: BTreeMap<String, Vec<f64>>,
    /// Studies of the same shop or of another, as they were given.
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
    /// Products.
    pub products: usize,
    /// Departments, the first part of the category paths.
    pub departments: usize,
    /// Sessions in the log.
    pub sessions: usize,
    /// Shoppers in the log.
    pub shoppers: usize,
    /// Products in sessions, each once a session.
    pub taken: usize,
    /// First day of the log.
    pub from: String,
    /// Last day.
    pub until: String,
    /// Share of all pairs of a shopper and a product that the log does not hold.
    pub sparsity: f64,
    /// Share of the products that no session holds.
    pub never_taken: f64,
    /// Session lengths: class and share of the sessions.
    pub lengths: Vec<(String, f64)>,
    /// Where the data comes from and what may be done with it.
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
    /// Counts the log; its rows are the pack's.
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
