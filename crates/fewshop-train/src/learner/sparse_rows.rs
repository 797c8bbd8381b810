//! Features of training examples with their zeros left out: many of them are 0 in a case without
//! earlier visits, dismissals or promotions, and all examples are in memory at once.

use fewshop_model::features::FEATURES;

/// Rows of features, without loss.
#[derive(Debug, Clone, Default)]
pub(crate) struct SparseRows {
    /// Which features of a row are there, one bit each, `[rows]`.
    masks: Vec<u64>,
    /// The features that are there, row by row.
    values: Vec<f32>,
}

const _: () = assert!(FEATURES <= 64, "a mask has one bit for each feature");

impl SparseRows {
    /// # Shapes
    /// - `features`: `[rows, FEATURES]`
    pub(crate) fn of(features: &[f32]) -> Self {
        let mut rows = Self {
            masks: Vec::with_capacity(features.len() / FEATURES),
            values: Vec::with_capacity(features.iter().filter(|x| is_there(**x)).count()),
        };
        for row in features.chunks_exact(FEATURES) {
            let mut mask = 0;
            for (at, &x) in row.iter().enumerate() {
                if is_there(x) {
                    mask |= 1 << at;
                    rows.values.push(x);
                }
            }
            rows.masks.push(mask);
        }
        rows
    }

    /// The rows in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = [f32; FEATURES]> {
        let mut values = self.values.iter();
        self.masks.iter().map(move |&mask| {
            let mut row = [0.0; FEATURES];
            for (at, to) in row.iter_mut().enumerate() {
                if mask >> at & 1 == 1
                    && let Some(&value) = values.next()
                {
                    *to = value;
                }
            }
            row
        })
    }

    /// All rows, `[rows, FEATURES]`.
    pub(crate) fn to_dense(&self) -> Vec<f32> {
        let mut dense = Vec::with_capacity(self.masks.len() * FEATURES);
        self.iter().for_each(|row| dense.extend(row));
        dense
    }
}

/// Whether a number differs from what [`SparseRows`] fills in; minus zero does.
fn is_there(x: f32) -> bool {
    x.to_bits() != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_bit_for_bit() {
        let value = |at: usize| match at % 5 {
            0 => -0.0,
            1 | 2 => 0.0,
            3 => f32::MIN_POSITIVE / 2.0,
            _ => at as f32 - 70.5,
        };
        let features: Vec<f32> = (0..3 * FEATURES).map(value).collect();
        let dense = SparseRows::of(&features).to_dense();
        let bits = |list: &[f32]| list.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&dense), bits(&features));
    }
}
