//! Session encoder: the user embedding as an attention-weighted mean of the context items' own
//! vectors (CORE, arXiv 2204.11067).

use fewshop_core::Event;

use crate::kernels::add_scaled;
use crate::weights::{EncoderWeights, ItemTable};

/// Context items that one run learns from, the latest ones. It bounds the work of a click.
pub const MAX_CONTEXT_ITEMS: usize = 20;

/// The context items as the encoder reads them. The user embedding of all of them, or of all but
/// one, is then a weighted mean away.
#[derive(Debug)]
pub(crate) struct EncodedSession {
    /// `[context items, d]`.
    rows: Vec<f32>,
    /// Attention of each context item without the term of its age.
    attention: Vec<f32>,
    recency: f32,
    d: usize,
}

impl EncodedSession {
    /// `context` comes oldest first; each item counts once.
    pub(crate) fn of(context: &[Event], table: &ItemTable, weights: &EncoderWeights) -> Self {
        Self::weighted(context, &vec![1.0; context.len()], table, weights)
    }

    /// The same where an item counts as a part of one.
    ///
    /// # Shapes
    /// - `parts`: `[context items]`
    pub(crate) fn weighted(
        context: &[Event],
        parts: &[f32],
        table: &ItemTable,
        weights: &EncoderWeights,
    ) -> Self {
        let h = weights.hidden;
        let mut rows = vec![0f32; context.len() * table.d];
        let mut hidden = vec![0f32; h];
        let attention = context
            .iter()
            .zip(parts)
            .zip(rows.chunks_exact_mut(table.d))
            .map(|((event, part), row)| {
                table.add_row(event.item.row(), 1.0, row);
                hidden.copy_from_slice(&weights.b);
                for (x, w) in row.iter().zip(weights.w.chunks(h.max(1))) {
                    add_scaled(&mut hidden, w, *x);
                }
                part.ln()
                    + weights.kind[event.kind as usize]
                    + hidden
                        .iter()
                        .zip(&weights.v)
                        .map(|(pre, v)| v * pre.tanh())
                        .sum::<f32>()
            });
        let attention = attention.collect();
        Self {
            rows,
            attention,
            recency: weights.recency,
            d: table.d,
        }
    }

    /// The user embedding `u0`, `[d]`, of all context items or of all but one: zeros without any.
    pub(crate) fn user_embedding(&self, left_out: Option<usize>) -> Vec<f32> {
        let kept = |&at: &usize| Some(at) != left_out;
        // The age of a context item is the number of later ones among those that count.
        let mut age = 0.0;
        let mut attention: Vec<(usize, f32)> = (0..self.attention.len())
            .rev()
            .filter(kept)
            .map(|at| {
                let a = self.attention[at] + self.recency * age;
                age += 1.0;
                (at, a)
            })
            .collect();
        attention.reverse();
        let top = attention
            .iter()
            .fold(f32::NEG_INFINITY, |top, &(_, a)| top.max(a));
        attention
            .iter_mut()
            .for_each(|(_, a)| *a = (*a - top).exp());
        let sum: f32 = attention.iter().map(|&(_, a)| a).sum();
        let mut u = vec![0.0; self.d];
        for (at, a) in attention {
            add_scaled(&mut u, &self.rows[at * self.d..(at + 1) * self.d], a / sum);
        }
        u
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fewshop_core::{EventKind, ItemIx};

    #[test]
    fn without_attention_weights_the_embedding_is_the_mean() {
        let table = ItemTable::quantise(&[1.0, 0.0, 0.0, 1.0], 2, vec![0.0; 2]);
        let weights = EncoderWeights {
            hidden: 0,
            kind: vec![0.0; 4],
            ..EncoderWeights::default()
        };
        let context = [
            Event::new(ItemIx(0), EventKind::View),
            Event::new(ItemIx(1), EventKind::View),
        ];
        let u = EncodedSession::of(&context, &table, &weights).user_embedding(None);
        assert!((u[0] - 0.5).abs() < 1e-6 && (u[1] - 0.5).abs() < 1e-6);
        assert_eq!(
            EncodedSession::of(&[], &table, &weights).user_embedding(None),
            [0.0, 0.0]
        );
    }

    #[test]
    fn leaving_an_item_out_is_never_having_seen_it() {
        let vectors: Vec<f32> = (0..12).map(|i| (i as f32 * 0.7).sin()).collect();
        let table = ItemTable::quantise(&vectors, 3, vec![0.0; 4]);
        let weights = EncoderWeights {
            hidden: 2,
            w: vec![0.3, -0.2, 0.1, 0.4, -0.5, 0.2],
            b: vec![0.1, -0.1],
            v: vec![0.7, -0.4],
            kind: vec![0.0, 0.3, 0.5, 0.0],
            recency: -0.2,
        };
        let context: Vec<Event> = [2, 0, 3, 1]
            .map(|row| Event::new(ItemIx(row), EventKind::Cart))
            .to_vec();
        for left_out in 0..4 {
            let mut rest = context.clone();
            rest.remove(left_out);
            let fresh = EncodedSession::of(&rest, &table, &weights).user_embedding(None);
            assert_eq!(
                EncodedSession::of(&context, &table, &weights).user_embedding(Some(left_out)),
                fresh
            );
        }
    }
}
