//! One outcome against the rest: ensemble, base rate, and the trust in between.

use crate::ensemble::{Ensemble, EnsembleSettings};
use crate::gate::{base_left_out, base_rate, trust};
use crate::math::Matrix;
use crate::site::Source;

/// A gated ensemble.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) ensemble: Ensemble,
    /// Log-odds of the smoothed base rate.
    pub(crate) base: f64,
    /// How much of the ensemble's distance from the base rate is kept.
    pub(crate) trust: f64,
    pub(crate) source: Option<Source>,
    /// Log-odds of each labelled row if it is left out.
    pub(crate) left_out: Vec<f64>,
    /// The same of the base rate.
    pub(crate) base_left_out: Vec<f64>,
}

impl Head {
    /// Fits to outcomes of 0 or 1. `scores` are the source model's log-odds of the labelled rows.
    pub(crate) fn fit(
        x: Matrix,
        outcomes: &[f64],
        settings: &EnsembleSettings,
        scores: Option<&[f64]>,
    ) -> Self {
        let source_x = scores.map(|scores| (x.clone(), scores));
        let ensemble = Ensemble::fit(x, outcomes, settings);
        let base_left_out = base_left_out(outcomes);
        let trust = trust(&ensemble.left_out, &base_left_out, outcomes);
        let mut left_out: Vec<f64> = ensemble
            .left_out
            .iter()
            .zip(&base_left_out)
            .map(|(own, base)| base + trust * (own - base))
            .collect();
        let source = source_x.map(|(x, scores)| Source::fit(&x, outcomes, scores, &left_out));
        if let Some(source) = &source {
            left_out.clone_from(&source.left_out);
        }
        Self {
            ensemble,
            base: base_rate(outcomes),
            trust,
            source,
            left_out,
            base_left_out,
        }
    }

    /// Log-odds at a row and the standard deviation of the latent value. `score` is the source
    /// model's log-odds of the row.
    pub(crate) fn at(&self, row: &[f64], score: f64) -> (f64, f64) {
        let opinion = self.ensemble.at(row);
        let own = self.base + self.trust * (opinion.log_odds - self.base);
        let spread = opinion.spread * self.trust.min(1.0);
        match &self.source {
            None => (own, spread),
            Some(source) => source.at(&self.ensemble.pairs(row), row, score, (own, spread)),
        }
    }
}
