//! Heads and baselines on the same folds.

use anyhow::Result;
use fewshop_data::progress::Progress;
use fewshop_eval::Interval;
use fewshop_model::tasks::attributes::EvidenceLevel;
use serde::{Deserialize, Serialize};

use super::net::{Choice, Task};
use super::{AttributeSettings, Rows, boosting};
use crate::tasks::common::auc::{Scored, one_against_rest};
use crate::tasks::common::calibration::{cross_entropy, mixed};
use crate::tasks::common::folds::{FOLDS, Split};
use crate::tasks::common::gains;

/// What is compared, in the order of the figures.
pub const METHODS: [&str; 5] = [
    "prior",
    "logistic regression",
    "boosting",
    "heads alone",
    "heads",
];
const PRIOR: usize = 0;
const ALONE: usize = 3;
const JOINT: usize = 4;

/// Settings that the inner fold chooses from.
pub(super) const HEADS: [Choice; 4] = [
    Choice {
        hidden: 0,
        l2: 1e-3,
    },
    Choice {
        hidden: 0,
        l2: 1e-2,
    },
    Choice {
        hidden: 16,
        l2: 1e-3,
    },
    Choice {
        hidden: 16,
        l2: 1e-2,
    },
];
const LOGISTIC: [Choice; 3] = [
    Choice {
        hidden: 0,
        l2: 1e-3,
    },
    Choice {
        hidden: 0,
        l2: 3e-3,
    },
    Choice {
        hidden: 0,
        l2: 1e-2,
    },
];

/// One method's figures for one attribute at one amount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Its name.
    pub method: String,
    /// Mean negative logarithm of the probability of what is true.
    pub log_loss: f64,
    /// The prior's log loss less its own.
    pub gain: f64,
    /// 95 % interval of the gain, households resampled.
    pub gain_interval: Interval,
    /// One value against the rest, mean over the values; `None` where only one value occurs.
    pub auc: Option<f64>,
    /// Its 95 % interval.
    pub auc_interval: Option<Interval>,
}

/// One attribute at one amount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The attribute.
    pub attribute: String,
    /// The amount's name.
    pub amount: String,
    /// Rows asked.
    pub rows: usize,
    /// Households asked.
    pub households: usize,
    /// In the order of [`METHODS`].
    pub figures: Vec<Figure>,
    /// Log loss of the heads alone less that of the heads trained together.
    pub together: f64,
    /// Its 95 % interval.
    pub together_interval: Interval,
    /// Whether the heads may speak here.
    #[serde(rename = "tells")]
    pub is_reliable: bool,
}

/// All figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Households described.
    pub households: usize,
    /// Attribute by attribute, amount by amount.
    pub cells: Vec<Cell>,
}

/// What a method says of every row while that row's household is asked.
pub(super) struct Answers {
    /// Believed as the inner fold says; logits of all values of all attributes.
    pub(super) calibrated: Vec<Vec<f32>>,
    /// As the network says.
    pub(super) raw: Vec<Vec<f32>>,
    /// Setting and epochs of each fit.
    pub(super) fits: Vec<(Choice, usize)>,
}

impl Answers {
    fn empty(rows: &Rows) -> Self {
        let none = vec![vec![0f32; rows.outputs()]; rows.len()];
        Self {
            calibrated: none.clone(),
            raw: none,
            fits: Vec::new(),
        }
    }

    /// Takes the logits of one attribute in one split, which stand parallel to the inner and asked
    /// rows.
    fn take(
        &mut self,
        rows: &Rows,
        split: &Split,
        attribute: usize,
        inner: &[&[f32]],
        asked: &[&[f32]],
    ) {
        let prior = rows.prior(&split.teach, attribute);
        let confidences = rows.confidences(attribute, &split.inner, inner, &prior);
        let range = rows.range(attribute);
        for (&row, logits) in split.asked.iter().zip(asked) {
            let confidence = confidences[rows.amount[row] as usize];
            self.calibrated[row][range.clone()].copy_from_slice(&mixed(logits, &prior, confidence));
            self.raw[row][range.clone()].copy_from_slice(logits);
        }
    }
}

/// Networks over some columns; the attributes of a group are learned together.
fn networks(
    rows: &Rows,
    columns: Option<&[usize]>,
    groups: &[Vec<usize>],
    choices: &[Choice],
    settings: &AttributeSettings,
    progress: &Progress,
) -> Result<Answers> {
    let mut out = Answers::empty(rows);
    let some = columns.map(|columns| rows.columns(columns));
    let (features, width) = (
        some.as_deref().unwrap_or(&rows.features),
        columns.map_or(rows.width, <[usize]>::len),
    );
    for split in rows.splits(settings.seed) {
        for attributes in groups {
            let task = Task {
                rows,
                features,
                width,
                attributes,
                teach: &split.teach,
                inner: &split.inner,
                epochs: settings.epochs,
                seed: settings.seed,
            };
            let fit = task.best(choices)?;
            let (inner, asked) = (
                task.logits(&fit.weights, &split.inner),
                task.logits(&fit.weights, &split.asked),
            );
            let mut from = 0;
            for &attribute in attributes {
                let to = from + rows.attributes[attribute].values.len();
                let inner: Vec<&[f32]> = inner.iter().map(|row| &row[from..to]).collect();
                let asked: Vec<&[f32]> = asked.iter().map(|row| &row[from..to]).collect();
                out.take(rows, &split, attribute, &inner, &asked);
                from = to;
            }
            out.fits.push((fit.choice, fit.epochs));
            progress.step();
        }
    }
    Ok(out)
}

/// The heads, trained together.
pub(super) fn heads(
    rows: &Rows,
    settings: &AttributeSettings,
    progress: &Progress,
) -> Result<Answers> {
    networks(
        rows,
        None,
        &[(0..rows.attributes.len()).collect()],
        &HEADS,
        settings,
        progress,
    )
}

fn boosted(rows: &Rows, settings: &AttributeSettings, progress: &Progress) -> Answers {
    let mut out = Answers::empty(rows);
    let features = rows.columns(&rows.counts);
    for split in rows.splits(settings.seed) {
        for attribute in 0..rows.attributes.len() {
            let prior = rows.prior(&split.teach, attribute);
            let taught = (split.teach.as_slice(), split.inner.as_slice());
            let logits = boosting::boost(
                rows,
                &features,
                rows.counts.len(),
                attribute,
                taught,
                &prior,
                settings.rounds,
            );
            let of = |at: &[usize]| -> Vec<&[f32]> {
                at.iter().map(|&row| logits[row].as_slice()).collect()
            };
            out.take(
                rows,
                &split,
                attribute,
                &of(&split.inner),
                &of(&split.asked),
            );
            progress.step();
        }
    }
    out
}

fn priors(rows: &Rows, settings: &AttributeSettings) -> Answers {
    let mut out = Answers::empty(rows);
    for split in rows.splits(settings.seed) {
        for attribute in 0..rows.attributes.len() {
            let logits: Vec<f32> = rows
                .prior(&split.teach, attribute)
                .iter()
                .map(|p| p.ln())
                .collect();
            for &row in &split.asked {
                out.calibrated[row][rows.range(attribute)].copy_from_slice(&logits);
            }
        }
    }
    out
}

/// Lets everything answer.
///
/// # Errors
/// When a training fails.
pub fn compare(rows: &Rows, settings: &AttributeSettings) -> Result<Comparison> {
    let attributes = rows.attributes.len();
    let fits = FOLDS * (1 + 3 * attributes);
    let progress = Progress::of("Profile heads and baselines", fits as u64);
    let alone: Vec<Vec<usize>> = (0..attributes).map(|attribute| vec![attribute]).collect();
    let logistic = networks(
        rows,
        Some(&rows.counts),
        &alone,
        &LOGISTIC,
        settings,
        &progress,
    )?;
    progress.note("boosting");
    let boosted = boosted(rows, settings, &progress);
    progress.note("heads, each alone");
    let separate = networks(rows, None, &alone, &HEADS, settings, &progress)?;
    progress.note("heads together");
    let together = heads(rows, settings, &progress)?;
    progress.next("intervals");
    let answers = [
        priors(rows, settings),
        logistic,
        boosted,
        separate,
        together,
    ];
    let mut cells: Vec<Cell> = Vec::new();
    for attribute in 0..attributes {
        cells.extend(
            EvidenceLevel::ALL
                .iter()
                .filter_map(|&amount| cell(rows, attribute, amount, &answers)),
        );
    }
    tell(&mut cells);
    progress.finish(&format!(
        "Profile: {} rows of {} households, {fits} fits",
        rows.len(),
        rows.labels.len()
    ));
    Ok(Comparison {
        households: rows.labels.len(),
        cells,
    })
}

/// A head speaks where it beats its prior beyond chance, and does so with all that is more of the
/// same kind: one lucky amount is no ground to speak.
fn tell(cells: &mut [Cell]) {
    let whole = |cell: &Cell| {
        EvidenceLevel::ALL
            .iter()
            .find(|amount| amount.name() == cell.amount)
            .is_some_and(|a| a.visits() > 0)
    };
    let mut later: Option<(String, bool, bool)> = None;
    for cell in cells.iter_mut().rev() {
        let beats = cell
            .figures
            .last()
            .is_some_and(|heads| heads.gain_interval[0] > 0.0);
        let kind = whole(cell);
        let before = later
            .as_ref()
            .filter(|(name, whole, _)| *name == cell.attribute && *whole == kind);
        cell.is_reliable = beats && before.is_none_or(|(.., tells)| *tells);
        later = Some((cell.attribute.clone(), kind, cell.is_reliable));
    }
}

/// Rows of one attribute at one amount whose label is known.
fn asked(rows: &Rows, attribute: usize, amount: EvidenceLevel) -> Vec<(usize, usize)> {
    let there = (0..rows.len()).filter(|&row| rows.amount[row] == amount);
    there
        .filter_map(|row| Some((row, rows.label(row, attribute)?)))
        .collect()
}

/// Mean loss of one method less that of another, and its interval over households.
fn difference(rows: &Rows, asked: &[(usize, usize)], from: &[f64], to: &[f64]) -> (f64, Interval) {
    let groups: Vec<usize> = asked.iter().map(|(row, _)| rows.household[*row]).collect();
    let weights: Vec<f64> = asked.iter().map(|(row, _)| rows.weight[*row]).collect();
    gains::gain(&groups, &weights, from, to)
}

fn losses(rows: &Rows, attribute: usize, asked: &[(usize, usize)], answers: &Answers) -> Vec<f64> {
    let range = rows.range(attribute);
    asked
        .iter()
        .map(|&(row, label)| cross_entropy(&answers.calibrated[row][range.clone()], label))
        .collect()
}

/// Whether the heads beat their prior at this amount: gain and interval.
pub(super) fn gain(
    rows: &Rows,
    attribute: usize,
    amount: EvidenceLevel,
    heads: &Answers,
    seed: u64,
) -> Option<(f64, Interval)> {
    let asked = asked(rows, attribute, amount);
    let settings = AttributeSettings {
        seed,
        ..AttributeSettings::default()
    };
    let of = |answers: &Answers| losses(rows, attribute, &asked, answers);
    (!asked.is_empty()).then(|| difference(rows, &asked, &of(&priors(rows, &settings)), &of(heads)))
}

fn cell(rows: &Rows, attribute: usize, amount: EvidenceLevel, answers: &[Answers]) -> Option<Cell> {
    let asked = asked(rows, attribute, amount);
    if asked.is_empty() {
        return None;
    }
    let range = rows.range(attribute);
    let losses: Vec<Vec<f64>> = answers
        .iter()
        .map(|answers| losses(rows, attribute, &asked, answers))
        .collect();
    let weight: f64 = asked.iter().map(|(row, _)| rows.weight[*row]).sum();
    let figures = METHODS.iter().enumerate().zip(answers).zip(&losses).map(
        |(((nth, method), answers), own)| {
            let (gain, gain_interval) = difference(rows, &asked, &losses[PRIOR], own);
            let scored: Vec<Scored<'_>> = asked
                .iter()
                .map(|&(row, label)| Scored {
                    group: rows.household[row],
                    weight: rows.weight[row],
                    label,
                    scores: &answers.calibrated[row][range.clone()],
                })
                .collect();
            // The prior differs a little from fold to fold, against what the fold holds: no order
            // of its own.
            let auc = if nth == PRIOR {
                Some((0.5, [0.5, 0.5]))
            } else {
                one_against_rest(&scored)
            };
            Figure {
                method: (*method).to_owned(),
                log_loss: asked
                    .iter()
                    .zip(own)
                    .map(|((row, _), loss)| rows.weight[*row] * loss)
                    .sum::<f64>()
                    / weight,
                gain,
                gain_interval,
                auc: auc.map(|(auc, _)| auc),
                auc_interval: auc.map(|(_, interval)| interval),
            }
        },
    );
    let figures = figures.collect();
    let (together, together_interval) = difference(rows, &asked, &losses[ALONE], &losses[JOINT]);
    let mut households: Vec<usize> = asked.iter().map(|(row, _)| rows.household[*row]).collect();
    households.dedup();
    Some(Cell {
        attribute: rows.attributes[attribute].name.clone(),
        amount: amount.name().to_owned(),
        rows: asked.len(),
        households: households.len(),
        figures,
        together,
        together_interval,
        is_reliable: false,
    })
}
