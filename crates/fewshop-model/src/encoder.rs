//! Session encoder: the taste vector as an attention-weighted mean of the shots' own vectors (CORE, arXiv 2204.11067).

use fewshop_core::Event;

use crate::pack::{EncoderWeights, ItemTable};

/// Shots that one run learns from, the latest ones. Work per click is bounded by it.
pub const MAX_SHOTS: usize = 20;

/// The taste `u0`, `[d]`: zeros without shots.
///
/// `shots` are oldest first.
pub(crate) fn encode(shots: &[Event], table: &ItemTable, weights: &EncoderWeights) -> Vec<f32> {
    let h = weights.hidden;
    let rows: Vec<Vec<f32>> = shots.iter().map(|shot| table.row(shot.item.row())).collect();
    let mut attention: Vec<f32> = rows
        .iter()
        .zip(shots)
        .rev()
        .enumerate()
        .map(|(age, (row, shot))| {
            let mut a = weights.kind[shot.kind as usize] + weights.recency * age as f32;
            for unit in 0..h {
                let pre: f32 = row.iter().enumerate().map(|(i, x)| x * weights.w[i * h + unit]).sum();
                a += weights.v[unit] * (pre + weights.b[unit]).tanh();
            }
            a
        })
        .collect();
    attention.reverse();
    let top = attention.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = attention.iter().map(|a| (a - top).exp()).sum();
    let mut u = vec![0.0; table.d];
    for (row, a) in rows.iter().zip(&attention) {
        let w = (a - top).exp() / sum;
        for (o, x) in u.iter_mut().zip(row) {
            *o += w * x;
        }
    }
    u
}

#[cfg(test)]
mod tests {
    use super::*;
    use fewshop_core::{EventKind, ItemIx};

    #[test]
    fn without_attention_weights_the_taste_is_the_mean() {
        let table = ItemTable::quantise(&[1.0, 0.0, 0.0, 1.0], 2, vec![0.0; 2]);
        let weights = EncoderWeights { hidden: 0, kind: vec![0.0; 4], ..EncoderWeights::default() };
        let shots = [Event::new(ItemIx(0), EventKind::View), Event::new(ItemIx(1), EventKind::View)];
        let u = encode(&shots, &table, &weights);
        assert!((u[0] - 0.5).abs() < 1e-6 && (u[1] - 0.5).abs() < 1e-6);
        assert_eq!(encode(&[], &table, &weights), [0.0, 0.0]);
    }
}
