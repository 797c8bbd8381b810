//! Tasks: a few examples in, calibrated answers out.

pub mod attributes;
pub mod offers;

use fewshop_core::{Event, EventKind, ItemIx};

use crate::pack::Pack;
use crate::ranking::session_encoder::EncodedSession;

/// The frozen taste of all that is known of a shopper, `[d]`: zeros where nothing is.
#[must_use]
pub fn user_embedding(visits: &[Vec<ItemIx>], shots: &[Event], pack: &Pack) -> Vec<f32> {
    EncodedSession::of(&together(visits, shots), pack.item_table(), pack.encoder())
        .user_embedding(None)
}

/// Oldest first.
pub(crate) fn together(visits: &[Vec<ItemIx>], shots: &[Event]) -> Vec<Event> {
    let before = visits
        .iter()
        .rev()
        .flatten()
        .map(|&item| Event::new(item, EventKind::Purchase));
    before.chain(shots.iter().copied()).collect()
}
