//! The inputs of fine-tuning: the context items as positives; the pack's fixed negatives and the
//! dismissed products as negatives.

use fewshop_core::{Event, ItemIx, Session};

use crate::kernels::{self, AdaptRows};
use crate::pack::Pack;
use crate::ranking::session_encoder::EncodedSession;

impl Pack {
    /// The user embedding before and after fine-tuning on all context items of a session, without
    /// the gate. Training chooses the gate by comparing the two.
    ///
    /// # Shapes
    /// - output: `[d]` and `[d]`
    ///
    /// # Panics
    /// When the session names rows past the catalogue's end.
    #[must_use]
    pub fn user_embeddings(&self, session: &Session) -> (Vec<f32>, Vec<f32>) {
        let context = session.context_items();
        let u0 =
            EncodedSession::of(&context, self.item_table(), self.encoder()).user_embedding(None);
        let rows = with_session(negatives(self), &context, &session.dismissed(), self);
        let tuned = kernels::adapt(&u0, &rows, self.adapter(), self.config());
        (u0, tuned)
    }
}

/// The pack's fixed negatives.
pub(crate) fn negatives(pack: &Pack) -> AdaptRows {
    let mut rows = AdaptRows::default();
    for &row in &pack.adapter().negatives {
        rows.negatives.extend(pack.item_table().row(row as usize));
        rows.negative_bias
            .push(pack.item_table().bias[row as usize]);
    }
    rows
}

/// Adds the context items as positives, and the dismissed products as heavier negatives.
pub(crate) fn with_session(
    mut rows: AdaptRows,
    context: &[Event],
    dismissed: &[ItemIx],
    pack: &Pack,
) -> AdaptRows {
    let table = pack.item_table();
    for event in context {
        rows.positives.extend(table.row(event.item.row()));
        rows.positive_bias.push(table.bias[event.item.row()]);
    }
    for item in dismissed {
        rows.negatives.extend(table.row(item.row()));
        rows.negative_bias
            .push(table.bias[item.row()] + pack.config().dismiss_weight.max(1.0).ln());
    }
    rows
}

/// A user embedding between the frozen and the fine-tuned one; `gate` 1 is all fine-tuned.
pub(crate) fn blend(frozen: &[f32], tuned: &[f32], gate: f32) -> Vec<f32> {
    frozen
        .iter()
        .zip(tuned)
        .map(|(f, t)| f + gate * (t - f))
        .collect()
}

/// The embeddings fine-tuned without each context item, where fine-tuning is to be trusted; else
/// `None`, and the gate is shut.
///
/// Training chose the gate for this number of context items. The items themselves may contradict
/// it: if fine-tuning on all but one makes the one left out less likely on average, it is not
/// trusted with all of them either.
///
/// # Shapes
/// - `frozen`, output: `[context items, d]`
pub(crate) fn tuned_without(
    frozen: &[Vec<f32>],
    rows: &AdaptRows,
    gate: f32,
    pack: &Pack,
) -> Option<Vec<Vec<f32>>> {
    let d = pack.item_table().d;
    if frozen.len() < 2 {
        // Nothing is left to fine-tune on, and nothing to check it by.
        return Some(frozen.to_vec());
    }
    let mut gain = 0.0;
    let tuned = frozen.iter().enumerate().map(|(left_out, u0)| {
        let tuned = kernels::adapt_without(Some(left_out), u0, rows, pack.adapter(), pack.config());
        let tuned = blend(u0, &tuned, gate);
        let (held_out, bias) = (
            &rows.positives[left_out * d..(left_out + 1) * d],
            rows.positive_bias[left_out],
        );
        let likely =
            |u: &[f32]| kernels::log_likelihood(u, held_out, bias, rows, pack.config().logit_scale);
        gain += likely(&tuned) - likely(u0);
        tuned
    });
    let tuned = tuned.collect();
    (gain > 0.0).then_some(tuned)
}
