//! The hot loops of [`fewshop_kernels`] over a pack's weights. Tests compare each with a reference
//! implementation in burn.

pub use fewshop_kernels::{AdaptRows, add_scaled, dot, exp, top_k, top_k_of};
use fewshop_kernels::{AdapterSettings, ByteRows, Network};
pub(crate) use fewshop_kernels::{QuantisedQuery, log_likelihood};
pub(crate) use fewshop_kernels::{falling, positions_by_key, sort, sort_rows};

use crate::weights::{AdapterWeights, ItemTable, ModelConfig, RankerWeights};

/// Logits of all items for one user embedding: `scale * (u · x_i) + bias_i`.
///
/// # Shapes
/// - `u`: `[d]`
/// - output: `[items]`
///
/// # Panics
/// If `u` does not have the table's `d`.
#[must_use]
pub fn scan(table: &ItemTable, u: &[f32], logit_scale: f32) -> Vec<f32> {
    fewshop_kernels::scan(byte_rows(table), u, logit_scale)
}

/// The logit of one item, equal to the result of [`scan`] for its row to the last bit.
///
/// # Panics
/// If the row is past the table's end.
#[must_use]
pub(crate) fn logit(
    table: &ItemTable,
    row: usize,
    query: &QuantisedQuery,
    logit_scale: f32,
) -> f32 {
    fewshop_kernels::logit(byte_rows(table), row, query, logit_scale)
}

/// Scores of the ranker for rows of features.
///
/// # Shapes
/// - `features`: `[rows, FEATURES]`, row-major
/// - output: `[rows]`
#[must_use]
pub fn rank(features: &[f32], weights: &RankerWeights) -> Vec<f32> {
    let network = Network {
        hidden: weights.hidden,
        mean: &weights.mean,
        inv_std: &weights.inv_std,
        w1: &weights.w1,
        b1: &weights.b1,
        w2: &weights.w2,
        b2: weights.b2,
    };
    fewshop_kernels::rank(features, network)
}

/// Fine-tunes the user embedding on the context items: see [`fewshop_kernels::adapt_without`].
///
/// # Shapes
/// - `u0`, output: `[d]`
#[must_use]
pub fn adapt(
    u0: &[f32],
    rows: &AdaptRows,
    weights: &AdapterWeights,
    config: &ModelConfig,
) -> Vec<f32> {
    adapt_without(None, u0, rows, weights, config)
}

/// The same with one of the context items left out.
#[must_use]
pub(crate) fn adapt_without(
    left_out: Option<usize>,
    u0: &[f32],
    rows: &AdaptRows,
    weights: &AdapterWeights,
    config: &ModelConfig,
) -> Vec<f32> {
    fewshop_kernels::adapt_without(left_out, u0, rows, settings(weights, config))
}

/// The loss that [`adapt`] lowers, at the user embedding `u`.
#[must_use]
pub(crate) fn loss(
    u: &[f32],
    u0: &[f32],
    rows: &AdaptRows,
    weights: &AdapterWeights,
    config: &ModelConfig,
) -> f32 {
    fewshop_kernels::loss(u, u0, rows, settings(weights, config))
}

/// The rows of an item table, as the kernels read them.
pub(crate) fn byte_rows(table: &ItemTable) -> ByteRows<'_> {
    ByteRows {
        d: table.d,
        q: &table.q,
        scale: &table.scale,
        bias: &table.bias,
    }
}

fn settings<'a>(weights: &'a AdapterWeights, config: &ModelConfig) -> AdapterSettings<'a> {
    AdapterSettings {
        learning_rate: &weights.learning_rate,
        steps: config.adapter_steps,
        l2: config.adapter_l2,
        logit_scale: config.logit_scale,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::adaptation::{negatives, with_session};
    use fewshop_core::{ItemIx, Session};

    #[test]
    fn fine_tuning_lowers_the_loss_that_is_reported() {
        let pack = crate::toy::pack();
        let context = Session::of_items(&[0, 1, 2].map(ItemIx)).context_items();
        let rows = with_session(negatives(&pack), &context, &[], &pack);
        let d = pack.item_table().d;
        let u0 = vec![0.1; d];
        let (config, weights) = (pack.config(), pack.adapter());
        let own = |at: usize| {
            let row = &rows.positives[at * d..(at + 1) * d];
            log_likelihood(&u0, row, rows.positive_bias[at], &rows, config.logit_scale)
        };
        let mean = (0..3).map(own).sum::<f32>() / 3.0;
        let before = loss(&u0, &u0, &rows, weights, config);
        assert!((before + mean).abs() < 1e-3, "{before} {mean}");
        let tuned = adapt(&u0, &rows, weights, config);
        assert!(loss(&tuned, &u0, &rows, weights, config) < before);
    }
}
