//! The mean of the ranker's weights over its last training steps.

use fewshop_model::RankerWeights;

/// A running mean of the weights over the last steps (Polyak and Juditsky 1992): a single step's
/// weights depend on the chance of its batch, and the best of many single epochs is mostly the
/// luckiest one.
pub(super) struct Average {
    pub(super) weights: RankerWeights,
    steps: f32,
}

impl Average {
    /// Approximate window of the mean, in steps.
    const REACH: f32 = 500.0;

    pub(super) fn new(weights: RankerWeights) -> Self {
        Self {
            weights,
            steps: 0.0,
        }
    }

    pub(super) fn add(&mut self, now: &RankerWeights) {
        self.steps += 1.0;
        // Forget the initial weights quickly.
        let share = 1.0 / (1.0 + 0.1 * self.steps).min(Self::REACH);
        let mix = |to: &mut [f32], from: &[f32]| {
            to.iter_mut()
                .zip(from)
                .for_each(|(to, from)| *to += share * (from - *to))
        };
        mix(&mut self.weights.w1, &now.w1);
        mix(&mut self.weights.b1, &now.b1);
        mix(&mut self.weights.w2, &now.w2);
        mix(std::slice::from_mut(&mut self.weights.b2), &[now.b2]);
    }
}
