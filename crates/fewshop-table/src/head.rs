//! One outcome against the rest: ensemble, base rate, and the trust in between.

use crate::cells::{Place, Scores};
use crate::ensemble::{Ensemble, EnsembleSettings};
use crate::gate::{base_left_out, base_rate, trust};
use crate::math::Matrix;
use crate::network::{Context, Network};
use crate::site::Source;

/// The share of the network's correction that is used. Real tables are not made up: on the open ones the
/// whole correction orders rows worse than none from 16 labelled rows on.
const CORRECTED: f64 = 0.6;

/// A gated ensemble.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) ensemble: Ensemble,
    /// Log-odds of the smoothed base rate.
    pub(crate) base: f64,
    /// How much of the ensemble's distance from the base rate is kept.
    pub(crate) trust: f64,
    pub(crate) source: Option<Source>,
    /// The network that corrects the ensemble, where there is one.
    pub(crate) network: Option<Context>,
    /// Log-odds of each labelled row if it is left out.
    pub(crate) left_out: Vec<f64>,
    /// The same of the base rate.
    pub(crate) base_left_out: Vec<f64>,
}

impl Head {
    /// Fits to outcomes of 0 or 1. `scores` are the source model's log-odds of the labelled rows;
    /// with a source no network is used.
    pub(crate) fn fit(
        x: Matrix,
        outcomes: &[f64],
        settings: &EnsembleSettings,
        scores: Option<&[f64]>,
        network: Option<(&Network, Vec<Place>)>,
    ) -> Self {
        let source_x = scores.map(|scores| (x.clone(), scores));
        let network = network.filter(|_| scores.is_none());
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
        let mut out = Self {
            ensemble,
            base: base_rate(outcomes),
            trust,
            source,
            network: None,
            left_out,
            base_left_out,
        };
        out.network = network.map(|(network, places)| {
            let scores = out.scores_left_out();
            Context::new(network, places, &out.ensemble.x, outcomes, &scores)
        });
        out
    }

    /// Log-odds beyond the base rate of each labelled row if it is left out.
    pub(crate) fn scores_left_out(&self) -> Vec<Scores> {
        let members = &self.ensemble.members_left_out;
        let rows = members.iter().zip(&self.left_out).zip(&self.base_left_out);
        rows.map(|((&[ridge, process, forest], own), base)| {
            [ridge, process, forest, *own].map(|score| score - base)
        })
        .collect()
    }

    /// Log-odds of the gated ensemble at a row and their standard deviation; the same by each member
    /// and together, beyond the base rate.
    pub(crate) fn opinion(&self, row: &[f64]) -> ((f64, f64), Scores) {
        let opinion = self.ensemble.at(row);
        let own = self.base + self.trust * (opinion.log_odds - self.base);
        let [ridge, process, forest] = opinion.members;
        (
            (own, opinion.spread * self.trust.min(1.0)),
            [ridge, process, forest, own].map(|score| score - self.base),
        )
    }

    /// Log-odds at a row and the standard deviation of the latent value. `score` is the source
    /// model's log-odds of the row.
    pub(crate) fn at(&self, row: &[f64], score: f64) -> (f64, f64) {
        let ((level, spread), scores) = self.uncorrected(row, score);
        (level + self.correction(row, scores, |_| false), spread)
    }

    /// What the network adds, 0 without one. Typed columns with `is_absent` count as missing.
    pub(crate) fn correction(
        &self,
        row: &[f64],
        scores: Scores,
        is_absent: impl Fn(usize) -> bool,
    ) -> f64 {
        let network = self.network.as_ref();
        network.map_or(0.0, |network| {
            CORRECTED * network.at(row, scores, is_absent)
        })
    }

    /// As [`at`](Self::at), without the network, and what the network would read.
    pub(crate) fn uncorrected(&self, row: &[f64], score: f64) -> ((f64, f64), Scores) {
        let (own, scores) = self.opinion(row);
        let level = match &self.source {
            Some(source) => source.at(&self.ensemble.pairs(row), row, score, own),
            None => own,
        };
        (level, scores)
    }
}
