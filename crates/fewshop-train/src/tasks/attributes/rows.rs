//! What is asked: few products of a described household, its attributes to be told.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use fewshop_core::{ItemIx, Session};
use fewshop_data::files::{Households, Log};
use fewshop_model::Pack;
use fewshop_model::tasks::attributes::{AttributeInputs, EvidenceLevel};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::AttributeSettings;
use crate::tasks::common::calibration::{ScoredRanking, base_rates, best_confidence};
use crate::tasks::common::folds::{Split, by_group, splits};

/// Households that a value needs: fewer teach nothing and stand in no fold.
const MIN_HOUSEHOLDS: usize = 10;

/// An attribute and the values that it has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Attribute {
    /// Its column.
    pub name: String,
    /// Values in alphabetical order.
    pub values: Vec<String>,
}

/// The households that the log knows, with their attributes as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The users of the log that are described.
    pub users: Vec<u32>,
    /// Parallel to `users`, a value for each attribute.
    pub labels: Vec<Vec<Option<usize>>>,
    /// What was left out, for people.
    pub warnings: Vec<String>,
}

/// Matches households with the log's shoppers. Values that fewer than ten of them have are taken as
/// not known, and an attribute with fewer than two values left is no attribute.
///
/// # Errors
/// When fewer than 50 households stand in the log, or no attribute is left.
pub fn describe(log: &Log, households: &Households) -> Result<Described> {
    let by_name: HashMap<&str, u32> = (0u32..)
        .zip(&log.users)
        .map(|(user, name)| (name.as_str(), user))
        .collect();
    let mut known: Vec<(u32, &Vec<String>)> = households
        .rows
        .iter()
        .filter_map(|row| Some((*by_name.get(row.user_id.as_str())?, &row.values)))
        .collect();
    known.sort_by_key(|(user, _)| *user);
    ensure!(
        known.len() >= 50,
        "{} of {} households stand in the events, 50 at least are needed: check that the ids are the same",
        known.len(),
        households.rows.len()
    );
    let mut out = Described {
        attributes: Vec::new(),
        users: known.iter().map(|(user, _)| *user).collect(),
        labels: vec![Vec::new(); known.len()],
        warnings: Vec::new(),
    };
    for (at, name) in households.attributes.iter().enumerate() {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for (_, values) in &known {
            *counts.entry(values[at].as_str()).or_default() += 1;
        }
        counts.remove("");
        let mut values: Vec<&str> = counts
            .iter()
            .filter(|(_, n)| **n >= MIN_HOUSEHOLDS)
            .map(|(value, _)| *value)
            .collect();
        values.sort_unstable();
        if values.len() < 2 {
            out.warnings.push(format!(
                "'{name}' is left out: fewer than two values that {MIN_HOUSEHOLDS} households have"
            ));
            continue;
        }
        let rare = counts.len() - values.len();
        if rare > 0 {
            out.warnings.push(format!("'{name}': {rare} values that fewer than {MIN_HOUSEHOLDS} households have are taken as not known"));
        }
        for (labels, (_, row)) in out.labels.iter_mut().zip(&known) {
            labels.push(values.iter().position(|value| *value == row[at]));
        }
        out.attributes.push(Attribute {
            name: name.clone(),
            values: values.into_iter().map(str::to_owned).collect(),
        });
    }
    ensure!(
        !out.attributes.is_empty(),
        "no attribute has two values that {MIN_HOUSEHOLDS} households have each: there is nothing to tell"
    );
    Ok(out)
}

/// Rows for all methods.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// Features a row.
    pub width: usize,
    /// `[rows, width]`.
    pub features: Vec<f32>,
    /// Columns that plain methods read: amounts and category counts.
    pub counts: Vec<usize>,
    /// Index of the household among the described ones.
    pub household: Vec<usize>,
    /// How much is known in each row.
    pub amount: Vec<EvidenceLevel>,
    /// All rows of one household at one amount weigh 1 together.
    pub weight: Vec<f64>,
    /// Labels of the households.
    pub labels: Vec<Vec<Option<usize>>>,
}

impl Rows {
    /// Draws them. A receipt has no order, so 'the first' of a visit are some at random, as in the
    /// validation cases.
    ///
    /// # Errors
    /// When no described household has bought anything.
    pub fn draw(
        pack: &Pack,
        log: &Log,
        described: &Described,
        settings: &AttributeSettings,
    ) -> Result<Self> {
        let inputs = AttributeInputs::of(pack);
        let mut sessions: Vec<Vec<Vec<ItemIx>>> = vec![Vec::new(); log.users.len()];
        for session in &log.sessions {
            let items: Vec<ItemIx> = session
                .items
                .iter()
                .filter(|item| item.kind.is_positive())
                .map(|item| item.item)
                .collect();
            if !items.is_empty() {
                sessions[session.user as usize].push(items);
            }
        }
        let mut asked: Vec<(usize, EvidenceLevel, f64, Session)> = Vec::new();
        for (household, &user) in described.users.iter().enumerate() {
            let own = &sessions[user as usize];
            let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
            rng.set_stream(u64::from(user) + 1);
            for amount in EvidenceLevel::ALL {
                let mut starts: Vec<usize> = match amount.items() {
                    Some(items) => (0..own.len())
                        .filter(|&at| own[at].len() >= items)
                        .collect(),
                    None => (0..(own.len() + 1).saturating_sub(amount.visits())).collect(),
                };
                starts.shuffle(&mut rng);
                starts.truncate(settings.rows);
                let weight = 1.0 / starts.len() as f64;
                for &start in &starts {
                    let session = match amount.items() {
                        Some(items) => {
                            let mut all = own[start].clone();
                            all.shuffle(&mut rng);
                            Session::of_items(&all[..items])
                        }
                        None => Session {
                            visits: own[start..start + amount.visits()]
                                .iter()
                                .rev()
                                .cloned()
                                .collect(),
                            ..Session::default()
                        },
                    };
                    asked.push((household, amount, weight, session));
                }
            }
        }
        ensure!(
            !asked.is_empty(),
            "no described household has bought anything: check that events and households belong together"
        );
        let features: Vec<f32> = asked
            .par_iter()
            .flat_map_iter(|(.., session)| {
                inputs.features(&session.visits, &session.context_items(), pack)
            })
            .collect();
        Ok(Self {
            attributes: described.attributes.clone(),
            width: inputs.len(),
            features,
            counts: inputs.category_counts(),
            household: asked.iter().map(|row| row.0).collect(),
            amount: asked.iter().map(|row| row.1).collect(),
            weight: asked.iter().map(|row| row.2).collect(),
            labels: described.labels.clone(),
        })
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.household.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.household.is_empty()
    }

    /// What is true of the row's household.
    #[must_use]
    pub fn label(&self, row: usize, attribute: usize) -> Option<usize> {
        self.labels[self.household[row]][attribute]
    }

    /// Where each attribute's values stand among all outputs.
    #[must_use]
    pub fn range(&self, attribute: usize) -> std::ops::Range<usize> {
        let from: usize = self.attributes[..attribute]
            .iter()
            .map(|a| a.values.len())
            .sum();
        from..from + self.attributes[attribute].values.len()
    }

    /// Values of all attributes.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.attributes.iter().map(|a| a.values.len()).sum()
    }

    /// The same rows with some columns alone.
    #[must_use]
    pub fn columns(&self, columns: &[usize]) -> Vec<f32> {
        self.features
            .chunks_exact(self.width)
            .flat_map(|row| columns.iter().map(|&column| row[column]))
            .collect()
    }

    /// Five splits of the rows by household.
    pub(super) fn splits(&self, seed: u64) -> Vec<Split> {
        let households: Vec<usize> = (0..self.labels.len()).collect();
        let folds = by_group(&households, seed);
        let of_row = |&household: &usize| folds[household];
        splits(&self.household.iter().map(of_row).collect::<Vec<_>>())
    }

    /// Share of the households of some rows that have each value, one more of each counted.
    pub(super) fn prior(&self, at: &[usize], attribute: usize) -> Vec<f32> {
        let mut is_there = vec![false; self.labels.len()];
        at.iter()
            .for_each(|&row| is_there[self.household[row]] = true);
        let there = self
            .labels
            .iter()
            .zip(&is_there)
            .filter(|(_, there)| **there);
        let labels = there.filter_map(|(labels, _)| labels[attribute]);
        base_rates(labels, self.attributes[attribute].values.len())
    }

    /// For each evidence level the confidence in predictions with the least cross-entropy on some
    /// rows. `logits` are parallel to them.
    pub(super) fn confidences(
        &self,
        attribute: usize,
        at: &[usize],
        logits: &[&[f32]],
        prior: &[f32],
    ) -> Vec<f32> {
        let of_level = |level: EvidenceLevel| {
            let there = at
                .iter()
                .zip(logits)
                .filter(|(row, _)| self.amount[**row] == level);
            let judged = there.filter_map(|(&row, &logits)| {
                Some(ScoredRanking {
                    logits,
                    label: self.label(row, attribute)?,
                    weight: self.weight[row],
                })
            });
            best_confidence(&judged.collect::<Vec<_>>(), prior)
        };
        EvidenceLevel::ALL.map(of_level).to_vec()
    }
}
