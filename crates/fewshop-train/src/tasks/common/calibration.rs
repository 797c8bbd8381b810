//! How much weight a prediction gets against the base rates, and what it then costs.

/// Weights that are tried.
const STEPS: usize = 41;
const MAX_CONFIDENCE: f32 = 2.0;

/// Negative logarithm of the probability that a softmax gives to `label`.
pub(in crate::tasks) fn cross_entropy(logits: &[f32], label: usize) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|x| f64::from(x - top).exp()).sum();
    sum.ln() - f64::from(logits[label] - top)
}

/// Share of the labels that each of `values` has, one more of each counted: no value is impossible.
pub(in crate::tasks) fn base_rates(labels: impl Iterator<Item = usize>, values: usize) -> Vec<f32> {
    let mut counts = vec![1f32; values];
    labels.for_each(|label| counts[label] += 1.0);
    let all: f32 = counts.iter().sum();
    counts.iter_mut().for_each(|n| *n /= all);
    counts
}

/// Logarithms of `base^(1 - confidence) · softmax(logits)^confidence`, which is what the device
/// computes.
pub(in crate::tasks) fn mixed(logits: &[f32], base: &[f32], confidence: f32) -> Vec<f32> {
    let log_sum = |x: &[f32]| {
        let top = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        top + x.iter().map(|x| (x - top).exp()).sum::<f32>().ln()
    };
    let all = log_sum(logits);
    let mut out: Vec<f32> = logits
        .iter()
        .zip(base)
        .map(|(logit, base)| confidence * (logit - all) + (1.0 - confidence) * base.ln())
        .collect();
    let all = log_sum(&out);
    out.iter_mut().for_each(|log| *log -= all);
    out
}

/// A row that calibrates.
pub(in crate::tasks) struct ScoredRanking<'a> {
    pub(in crate::tasks) logits: &'a [f32],
    pub(in crate::tasks) label: usize,
    pub(in crate::tasks) weight: f64,
}

/// The confidence with the least cross-entropy on these rows; 0, so the base rates alone, without
/// rows.
pub(in crate::tasks) fn best_confidence(rows: &[ScoredRanking<'_>], base: &[f32]) -> f32 {
    let loss = |confidence: f32| -> f64 {
        let of = |row: &ScoredRanking<'_>| {
            row.weight * cross_entropy(&mixed(row.logits, base, confidence), row.label)
        };
        rows.iter().map(of).sum()
    };
    let tried = (0..STEPS).map(|step| MAX_CONFIDENCE * step as f32 / (STEPS - 1) as f32);
    tried
        .map(|confidence| (loss(confidence), confidence))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(0.0, |best| best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prediction_gets_weight_if_it_holds() {
        let base = base_rates([0, 1, 1, 0].into_iter(), 2);
        assert_eq!(base, [0.5, 0.5]);
        let logits = [[2.0, 0.0], [0.0, 2.0]];
        let rows = |labels: [usize; 2]| {
            let row = |at: usize| ScoredRanking {
                logits: &logits[at],
                label: labels[at],
                weight: 1.0,
            };
            [row(0), row(1)]
        };
        assert_eq!(best_confidence(&rows([0, 1]), &base), MAX_CONFIDENCE);
        assert_eq!(best_confidence(&rows([1, 0]), &base), 0.0);
        assert_eq!(best_confidence(&[], &base), 0.0);
        assert!((cross_entropy(&mixed(&logits[0], &base, 0.0), 0) - 2f64.ln()).abs() < 1e-6);
    }
}
