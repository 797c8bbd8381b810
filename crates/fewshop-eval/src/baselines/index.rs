//! The sessions by product and the products by session: memory grows with the number of events,
//! never with `items²`.

use fewshop_core::EventKind;
use fewshop_data::files::Log;

/// A log as two lists of lists.
pub(super) struct Index {
    sessions: Vec<Vec<u32>>,
    holding: Vec<Vec<u32>>,
    popularity: Vec<u32>,
}

impl Index {
    pub(super) fn of(log: &Log, items: usize) -> Self {
        let taken = |session: &fewshop_data::files::LoggedSession| -> Vec<u32> {
            session
                .items
                .iter()
                .filter(|i| i.kind != EventKind::Dismiss)
                .map(|i| i.item.0)
                .collect()
        };
        Self::from_sessions(
            log.sessions
                .iter()
                .map(taken)
                .filter(|s| !s.is_empty())
                .collect(),
            items,
        )
    }

    /// Each session holds distinct rows below `items`.
    pub(super) fn from_sessions(sessions: Vec<Vec<u32>>, items: usize) -> Self {
        let mut holding = vec![Vec::new(); items];
        for (nth, session) in sessions.iter().enumerate() {
            for &item in session {
                holding[item as usize].push(nth as u32);
            }
        }
        let popularity = holding.iter().map(|list| list.len() as u32).collect();
        Self {
            sessions,
            holding,
            popularity,
        }
    }

    /// Number of sessions.
    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    pub(super) fn items(&self) -> usize {
        self.holding.len()
    }

    pub(super) fn sessions(&self) -> &[Vec<u32>] {
        &self.sessions
    }

    pub(super) fn popularity(&self) -> &[u32] {
        &self.popularity
    }

    /// Sessions that contain a product, in order of time.
    pub(super) fn holding(&self, item: usize) -> &[u32] {
        &self.holding[item]
    }

    /// Calls `each` with the products of every session that contains `item`, itself included.
    pub(super) fn beside(&self, item: usize, mut each: impl FnMut(&[u32])) {
        for &session in &self.holding[item] {
            each(&self.sessions[session as usize]);
        }
    }
}
