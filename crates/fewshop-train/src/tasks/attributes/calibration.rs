//! How far a method is believed against the prior, at each amount.

use fewshop_model::tasks::attributes::EvidenceLevel;

use super::Rows;

/// Beliefs that are tried.
const STEPS: usize = 41;
const MAX_CONFIDENCE: f32 = 2.0;

/// Negative logarithm of the probability that a softmax gives to `label`.
pub(super) fn cross_entropy(logits: &[f32], label: usize) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|x| f64::from(x - top).exp()).sum();
    sum.ln() - f64::from(logits[label] - top)
}

/// Logarithms of `prior^(1 - confidence) · softmax(logits)^confidence`, which is what the device does.
pub(super) fn mixed(logits: &[f32], prior: &[f32], confidence: f32) -> Vec<f32> {
    let log_sum = |x: &[f32]| {
        let top = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        top + x.iter().map(|x| (x - top).exp()).sum::<f32>().ln()
    };
    let all = log_sum(logits);
    let mut out: Vec<f32> = logits
        .iter()
        .zip(prior)
        .map(|(logit, prior)| confidence * (logit - all) + (1.0 - confidence) * prior.ln())
        .collect();
    let all = log_sum(&out);
    out.iter_mut().for_each(|log| *log -= all);
    out
}

/// For each amount the confidence with the least cross-entropy on these rows; 0, so the prior alone,
/// where there are none. `logits` stand parallel to `rows`.
pub(super) fn confidences(
    rows: &Rows,
    attribute: usize,
    at: &[usize],
    logits: &[&[f32]],
    prior: &[f32],
) -> Vec<f32> {
    let one = |amount: EvidenceLevel| {
        let there: Vec<(usize, &[f32])> = at
            .iter()
            .copied()
            .zip(logits.iter().copied())
            .filter(|(row, _)| rows.amount[*row] == amount)
            .collect();
        let loss = |confidence: f32| -> f64 {
            let of = |&(row, logits): &(usize, &[f32])| {
                rows.label(row, attribute).map_or(0.0, |label| {
                    rows.weight[row] * cross_entropy(&mixed(logits, prior, confidence), label)
                })
            };
            there.iter().map(of).sum()
        };
        let tried = (0..STEPS).map(|step| MAX_CONFIDENCE * step as f32 / (STEPS - 1) as f32);
        tried
            .map(|confidence| (loss(confidence), confidence))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(0.0, |best| best.1)
    };
    EvidenceLevel::ALL.map(one).to_vec()
}
