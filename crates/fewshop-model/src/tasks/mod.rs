//! Tasks: a few examples in, calibrated answers out.
//!
//! A [`Task`] is prepared from a pack once and then answers for any [`Examples`]. [`attributes`] and
//! [`offers`] are the tasks of a shop; [`PreparedTasks`] is the one list of them, and a new task is a
//! folder here and a line in that list. `docs/tasks.md` names the other files of a new task.

pub mod attributes;
mod list;
pub mod offers;
#[cfg(test)]
mod tests;

use fewshop_core::{Event, EventKind, ItemIx, Prediction, Session};

pub(crate) use list::PreparedTasks;
pub use list::TaskError;

use crate::error::PackError;
use crate::pack::Pack;
use crate::ranking::session_encoder::EncodedSession;
pub use crate::weights::EvidenceLevel;

/// What a task answers from. A task reads what it needs and ignores the rest.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Examples<'a> {
    /// What one shopper did; empty for a task that is not about shoppers.
    pub session: &'a Session,
}

impl<'a> From<&'a Session> for Examples<'a> {
    fn from(session: &'a Session) -> Self {
        Self { session }
    }
}

/// Something that a pack can answer besides a ranking.
pub trait Task: Sized {
    /// Its name in requests, in the pack and on the command line.
    const NAME: &'static str;

    /// Computes what does not depend on the examples. `None` if the pack does not hold this task.
    ///
    /// # Errors
    /// [`PackError::Field`] if the pack holds weights that this task cannot read.
    fn prepare(pack: &Pack) -> Result<Option<Self>, PackError>;

    /// At most `max` predictions, in the order of the task. Outcomes are `None` unless training has
    /// shown that the task beats the base rates with this many examples.
    fn answer(&self, pack: &Pack, examples: Examples<'_>, max: usize) -> Vec<Prediction>;
}

/// How much evidence a session holds; `None` if it holds none.
#[must_use]
pub fn evidence_level(session: &Session) -> Option<EvidenceLevel> {
    let visits = session.visits.iter().filter(|visit| !visit.is_empty());
    EvidenceLevel::of(session.chosen_items().len(), visits.count())
}

/// The user embedding before fine-tuning, from earlier visits and context items, `[d]`: zeros
/// without any.
#[must_use]
pub fn user_embedding(visits: &[Vec<ItemIx>], context: &[Event], pack: &Pack) -> Vec<f32> {
    EncodedSession::of(
        &together(visits, context),
        pack.item_table(),
        pack.encoder(),
    )
    .user_embedding(None)
}

/// Oldest first.
pub(crate) fn together(visits: &[Vec<ItemIx>], context: &[Event]) -> Vec<Event> {
    let before = visits
        .iter()
        .rev()
        .flatten()
        .map(|&item| Event::new(item, EventKind::Purchase));
    before.chain(context.iter().copied()).collect()
}
