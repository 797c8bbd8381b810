//! The heads that a pack ships: trained on all described households, and allowed to speak only
//! where cross-validation says so.

use anyhow::Result;
use fewshop_data::progress::Progress;
use fewshop_eval::Interval;
use fewshop_model::tasks::attributes::{AttributeWeights, EvidenceLevel};

use super::compare::heads;
use super::net::Task;
use super::{AttributeSettings, Rows, compare};
use crate::tasks::common::folds::FOLDS;

/// Heads for a pack, and why they speak where they do.
#[derive(Debug, Clone, PartialEq)]
pub struct Shipped {
    /// For the pack.
    pub weights: AttributeWeights,
    /// Attribute by attribute, for each amount asked: how far the head's log loss lies below the
    /// prior's on households that it had not seen.
    pub gains: Vec<(String, EvidenceLevel, f64, Interval)>,
}

/// Trains them. Five fits on parts of the households say how many epochs are right, how far each
/// head is to be believed at each amount, and where it beats its prior; a last one learns from all
/// households.
///
/// # Errors
/// When a training fails.
pub fn ship(rows: &Rows, settings: &AttributeSettings) -> Result<Shipped> {
    let progress = Progress::of("Profile heads", FOLDS as u64 + 1);
    let answers = heads(rows, settings, &progress)?;
    let mut order: Vec<usize> = (0..answers.fits.len()).collect();
    order.sort_by_key(|&at| answers.fits[at].1);
    // The setting that most folds chose, the earlier one where two are level; the middle one of its
    // numbers of epochs.
    let times = |choice| {
        answers
            .fits
            .iter()
            .filter(|(other, _)| *other == choice)
            .count()
    };
    let mut choice = answers.fits[0].0;
    for (other, _) in &answers.fits {
        if times(*other) > times(choice) {
            choice = *other;
        }
    }
    let own: Vec<usize> = order
        .into_iter()
        .map(|at| answers.fits[at])
        .filter(|fit| fit.0 == choice)
        .map(|fit| fit.1)
        .collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    let attributes: Vec<usize> = (0..rows.attributes.len()).collect();
    let task = Task {
        rows,
        features: &rows.features,
        width: rows.width,
        attributes: &attributes,
        teach: &all,
        inner: &[],
        epochs: own[own.len() / 2],
        seed: settings.seed,
    };
    let mut weights = task.fit(choice)?.weights;
    progress.step();
    let mut gains = Vec::new();
    for (attribute, head) in weights.heads.iter_mut().enumerate() {
        head.prior = rows.prior(&all, attribute);
        let range = rows.range(attribute);
        let raw: Vec<&[f32]> = answers.raw.iter().map(|row| &row[range.clone()]).collect();
        head.confidence = rows.confidences(attribute, &all, &raw, &head.prior);
        let gained: Vec<Option<(f64, Interval)>> = EvidenceLevel::ALL
            .iter()
            .map(|&amount| compare::gain(rows, attribute, amount, &answers, settings.seed))
            .collect();
        let beats = |amount: EvidenceLevel| {
            gained[amount as usize].is_some_and(|(_, interval)| interval[0] > 0.0)
        };
        let more = |amount: EvidenceLevel| {
            EvidenceLevel::ALL
                .into_iter()
                .filter(move |m| *m >= amount && m.items().is_some() == amount.items().is_some())
        };
        head.is_reliable = EvidenceLevel::ALL
            .iter()
            .map(|&amount| more(amount).all(beats))
            .collect();
        for (&amount, gained) in EvidenceLevel::ALL.iter().zip(gained) {
            if let Some((gain, interval)) = gained {
                gains.push((head.name.clone(), amount, gain, interval));
            }
        }
    }
    progress.finish(&format!(
        "Profile heads: {} attributes, {} hidden units, {} epochs",
        weights.heads.len(),
        choice.hidden,
        task.epochs
    ));
    Ok(Shipped { weights, gains })
}
