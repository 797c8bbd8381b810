//! Prediction heads for household attributes.

use serde::{Deserialize, Serialize};

use super::EvidenceLevel;
use crate::error::PackError;

/// Features before those of the groups: how many products and visits there are, and how dear the
/// products are.
pub(crate) const PLAIN_FEATURES: usize = 4;
/// Bounds on the heads of a pack, so that a hostile one cannot make the page work for long.
const MAX_HEADS: usize = 32;
const MAX_VALUES: usize = 64;
const MAX_TEXT: usize = 80;
const MAX_HIDDEN: usize = 256;

/// One attribute: its values, what is true of all households, and where it may be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeHead {
    /// Column of `households.csv`.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// Share of the described households that have each value.
    pub prior: Vec<f32>,
    /// For each [`EvidenceLevel`], the weight of the head against the prior: 0 for the prior alone, 1
    /// for the head alone. The file calls it `belief`.
    #[serde(rename = "belief")]
    pub confidence: Vec<f32>,
    /// For each [`EvidenceLevel`], whether the head was significantly better than its prior on
    /// households that it had not seen. The file calls it `tells`.
    #[serde(rename = "tells")]
    pub is_reliable: Vec<bool>,
}

/// A small network with a softmax a head: `w2ᵀ tanh(w1ᵀ (f - mean) / std + b1) + b2`, or without
/// hidden units `w2ᵀ (f - mean) / std + b2`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AttributeWeights {
    /// The attributes; their values are the outputs, in order.
    pub heads: Vec<AttributeHead>,
    /// Hidden units h, 0 for none.
    pub hidden: usize,
    /// `[F]`.
    pub mean: Vec<f32>,
    /// `[F]`: one over the standard deviation.
    pub inv_std: Vec<f32>,
    /// `[F, h]`, row-major.
    pub w1: Vec<f32>,
    /// `[h]`.
    pub b1: Vec<f32>,
    /// `[h, values]`, or `[F, values]` without hidden units.
    pub w2: Vec<f32>,
    /// `[values]`.
    pub b2: Vec<f32>,
}

impl AttributeWeights {
    /// Outputs: the values of all heads.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.heads.iter().map(|head| head.values.len()).sum()
    }

    /// # Shapes
    /// - `features`: `[F]`
    /// - output: `[values]`, of all heads one after the other
    #[must_use]
    pub fn logits(&self, features: &[f32]) -> Vec<f32> {
        let input: Vec<f32> = features
            .iter()
            .zip(&self.mean)
            .zip(&self.inv_std)
            .map(|((x, mean), inv_std)| (x - mean) * inv_std)
            .collect();
        if self.hidden == 0 {
            return affine(&input, &self.w2, &self.b2);
        }
        let mut hidden = affine(&input, &self.w1, &self.b1);
        hidden.iter_mut().for_each(|x| *x = x.tanh());
        affine(&hidden, &self.w2, &self.b2)
    }

    /// Probabilities of all values, each head's adding up to 1: the head's own where it is
    /// believed, the prior's where it is not, their logarithms mixed in between.
    #[must_use]
    pub fn probabilities(&self, logits: &[f32], amount: EvidenceLevel) -> Vec<f32> {
        let mut out = Vec::with_capacity(logits.len());
        for head in &self.heads {
            let logits = &logits[out.len()..out.len() + head.values.len()];
            out.extend(mixed(logits, &head.prior, head.confidence[amount as usize]));
        }
        out
    }

    /// Checks the parts against each other and against the number of features that the catalogue
    /// gives.
    ///
    /// # Errors
    /// [`PackError::Field`] names what does not fit.
    pub(crate) fn check(&self, features: usize) -> Result<(), PackError> {
        let wrong = |problem: String| Err(PackError::field("profile", problem));
        if self.heads.is_empty() || self.heads.len() > MAX_HEADS || self.hidden > MAX_HIDDEN {
            return wrong(format!(
                "must have 1 to {MAX_HEADS} heads and at most {MAX_HIDDEN} hidden units"
            ));
        }
        for (at, head) in self.heads.iter().enumerate() {
            let text = |text: &String| {
                !text.trim().is_empty()
                    && text.len() <= MAX_TEXT
                    && !text.chars().any(char::is_control)
            };
            let distinct = |list: &[String]| {
                list.iter()
                    .enumerate()
                    .all(|(at, one)| !list[..at].contains(one))
            };
            let n = head.values.len();
            if !text(&head.name)
                || !head.values.iter().all(text)
                || self.heads[..at].iter().any(|other| other.name == head.name)
            {
                return wrong(format!(
                    "head {at} must have a name and values of 1 to {MAX_TEXT} bytes, its name no other's"
                ));
            }
            if !(2..=MAX_VALUES).contains(&n) || !distinct(&head.values) || head.prior.len() != n {
                return wrong(format!(
                    "'{}' must have 2 to {MAX_VALUES} different values and a prior for each",
                    head.name
                ));
            }
            let sum: f32 = head.prior.iter().sum();
            if !head.prior.iter().all(|p| *p > 0.0 && *p < 1.0) || (sum - 1.0).abs() > 1e-3 {
                return wrong(format!(
                    "'{}' must have a prior of shares between 0 and 1 that add up to 1",
                    head.name
                ));
            }
            let amounts = EvidenceLevel::ALL.len();
            let confidence = head
                .confidence
                .iter()
                .all(|confidence| (0.0..=4.0).contains(confidence));
            if !confidence || head.confidence.len() != amounts || head.is_reliable.len() != amounts
            {
                return wrong(format!(
                    "'{}' must say for {amounts} amounts how far it is believed, 0 to 4, and whether it tells",
                    head.name
                ));
            }
        }
        let (h, c) = (self.hidden, self.outputs());
        for (field, found, expected) in [
            ("profile.mean", self.mean.len(), features),
            ("profile.inv_std", self.inv_std.len(), features),
            ("profile.w1", self.w1.len(), features * h),
            ("profile.b1", self.b1.len(), h),
            (
                "profile.w2",
                self.w2.len(),
                if h == 0 { features } else { h } * c,
            ),
            ("profile.b2", self.b2.len(), c),
        ] {
            if found != expected {
                return Err(PackError::field(
                    field,
                    format!("has {found} numbers, expected {expected}"),
                ));
            }
        }
        let all = [
            &self.mean,
            &self.inv_std,
            &self.w1,
            &self.b1,
            &self.w2,
            &self.b2,
        ];
        if all
            .into_iter()
            .flatten()
            .any(|x| !x.is_finite() || x.abs() > 1e6)
        {
            return wrong("must hold finite numbers of at most a million".to_owned());
        }
        Ok(())
    }
}

/// `wᵀ x + b`, `w` row-major.
fn affine(x: &[f32], w: &[f32], b: &[f32]) -> Vec<f32> {
    let mut out = b.to_vec();
    for (x, row) in x.iter().zip(w.chunks_exact(b.len())) {
        if *x != 0.0 {
            out.iter_mut().zip(row).for_each(|(out, w)| *out += x * w);
        }
    }
    out
}

/// Probabilities in proportion to `prior^(1 - confidence) · softmax(logits)^confidence`.
fn mixed(logits: &[f32], prior: &[f32], confidence: f32) -> Vec<f32> {
    let log_sum = |x: &[f32]| {
        let top = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        top + x.iter().map(|x| (x - top).exp()).sum::<f32>().ln()
    };
    let all = log_sum(logits);
    let log: Vec<f32> = logits
        .iter()
        .zip(prior)
        .map(|(logit, prior)| confidence * (logit - all) + (1.0 - confidence) * prior.ln())
        .collect();
    let all = log_sum(&log);
    log.into_iter().map(|log| (log - all).exp()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_that_is_not_believed_says_what_is_true_of_all() {
        let (logits, prior) = ([2.0, 0.0, -1.0], [0.2, 0.5, 0.3]);
        let near = |a: Vec<f32>, b: [f32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
        assert!(near(mixed(&logits, &prior, 0.0), prior));
        let sum = 2f32.exp() + 1.0 + (-1f32).exp();
        assert!(near(
            mixed(&logits, &prior, 1.0),
            [2f32.exp() / sum, 1.0 / sum, (-1f32).exp() / sum]
        ));
        let half = mixed(&logits, &prior, 0.5);
        assert!(
            half[0] > prior[0]
                && half[0] < 2f32.exp() / sum
                && (half.iter().sum::<f32>() - 1.0).abs() < 1e-5
        );
    }

    #[test]
    fn huge_logits_give_no_nan() {
        assert!(
            mixed(&[1e6, -1e6], &[0.5, 0.5], 1.0)
                .iter()
                .all(|p| p.is_finite())
        );
    }
}
