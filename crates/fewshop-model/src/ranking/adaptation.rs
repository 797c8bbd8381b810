//! What a taste is fine-tuned on: the shots for it; the pack's fixed negatives and what was turned
//! down against it.

use fewshop_core::{Event, ItemIx, Session};

use crate::kernels::{self, AdaptRows};
use crate::pack::Pack;
use crate::ranking::session_encoder::Encoded;

impl Pack {
    /// The taste before and after fine-tuning on all shots of a session, before any gate: what
    /// training chooses the gate by.
    ///
    /// # Shapes
    /// - output: `[d]` and `[d]`
    ///
    /// # Panics
    /// When the session names rows past the catalogue's end.
    #[must_use]
    pub fn tastes(&self, session: &Session) -> (Vec<f32>, Vec<f32>) {
        let shots = session.shots();
        let u0 = Encoded::of(&shots, &self.table, &self.encoder).taste(None);
        let rows = with_shots(negatives(self), &shots, &session.dismissed(), self);
        let tuned = kernels::adapt(&u0, &rows, &self.adapter, &self.config);
        (u0, tuned)
    }
}

/// The pack's fixed negatives.
pub(crate) fn negatives(pack: &Pack) -> AdaptRows {
    let mut rows = AdaptRows::default();
    for &row in &pack.adapter.negatives {
        rows.negatives.extend(pack.table.row(row as usize));
        rows.negative_bias.push(pack.table.bias[row as usize]);
    }
    rows
}

/// Adds the shots, and what the shopper dismissed as heavier negatives.
pub(crate) fn with_shots(
    mut rows: AdaptRows,
    shots: &[Event],
    dismissed: &[ItemIx],
    pack: &Pack,
) -> AdaptRows {
    let table = &pack.table;
    for shot in shots {
        rows.positives.extend(table.row(shot.item.row()));
        rows.positive_bias.push(table.bias[shot.item.row()]);
    }
    for item in dismissed {
        rows.negatives.extend(table.row(item.row()));
        rows.negative_bias
            .push(table.bias[item.row()] + pack.config.dismiss_weight.max(1.0).ln());
    }
    rows
}

/// A taste between the frozen and the fine-tuned one: `weight` 1 is all fine-tuned.
pub(crate) fn mix(frozen: &[f32], tuned: &[f32], weight: f32) -> Vec<f32> {
    frozen
        .iter()
        .zip(tuned)
        .map(|(f, t)| f + weight * (t - f))
        .collect()
}
