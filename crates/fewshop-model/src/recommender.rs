//! One shopper and one model: the session and what can be reused between two of its runs.

use std::sync::Arc;

use fewshop_core::{
    AttributePrediction, Catalogue, Event, ItemIx, OfferPick, Recommendation, Session,
};

use crate::compute::Compute;
use crate::features::DayPromotions;
use crate::pack::Pack;
use crate::ranking::run::Run;
use crate::ranking::shopper_history::VisitHistory;
use crate::ranking::{Candidates, Model, RankError, RankOptions, Ranking, Step};

/// A [`Model`] with the session of one shopper, on one backend.
///
/// It aggregates the earlier visits, and finds the day's promotions, once instead of once a run. A clone is cheap: the model is
/// shared.
#[derive(Debug, Clone)]
pub struct Recommender {
    model: Arc<Model>,
    compute: Compute,
    session: Session,
    /// Of the session's earlier visits.
    visits: Option<Arc<VisitHistory>>,
    /// Of the session's day.
    promotions: Arc<DayPromotions>,
}

impl Recommender {
    /// A recommender with an empty session.
    #[must_use]
    pub fn new(pack: Pack, compute: Compute) -> Self {
        Self::with_model(Arc::new(Model::new(pack)), compute)
    }

    /// A recommender with an empty session, on a model that others may use too.
    #[must_use]
    pub fn with_model(model: Arc<Model>, compute: Compute) -> Self {
        Self {
            model,
            compute,
            session: Session::default(),
            visits: None,
            promotions: Arc::default(),
        }
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The pack.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        self.model.pack()
    }

    /// The products.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        self.model.catalogue()
    }

    /// The session so far.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Replaces the session.
    ///
    /// # Errors
    /// [`RankError::UnknownItem`]; the previous session stays.
    pub fn set_session(&mut self, session: Session) -> Result<(), RankError> {
        self.model.check_session(&session)?;
        if self.session.visits != session.visits {
            self.visits = self.model.visit_history(&session.visits).map(Arc::new);
        }
        if self.session.day != session.day {
            self.promotions = Arc::new(self.model.promotions_on(session.day));
        }
        self.session = session;
        Ok(())
    }

    /// Adds an event to the session.
    ///
    /// # Errors
    /// [`RankError::UnknownItem`]; nothing is added.
    pub fn observe(&mut self, event: Event) -> Result<(), RankError> {
        self.model.check(event.item)?;
        self.session.events.push(event);
        Ok(())
    }

    /// Removes the last event and returns it.
    pub fn undo(&mut self) -> Option<Event> {
        self.session.events.pop()
    }

    /// Forgets the session and all earlier visits.
    pub fn forget(&mut self) {
        self.session = Session::default();
        self.visits = None;
        self.promotions = Arc::default();
    }

    /// Predictions for the shopper's household; see [`Model::profile`].
    #[must_use]
    pub fn profile(&self) -> Vec<AttributePrediction> {
        self.model.profile(&self.session)
    }

    /// The best `n` offers for the session; see [`Model::offers`].
    #[must_use]
    pub fn offers(&self, n: usize) -> Vec<OfferPick> {
        self.model.offers(&self.session, n)
    }

    /// Ranks the catalogue for the session, without the products that it contains.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn rank(&self, options: &RankOptions) -> Result<Ranking, RankError> {
        let mut rankings = self
            .rank_all(std::slice::from_ref(options), &mut |_| {})
            .await?;
        Ok(rankings.pop().unwrap_or_default())
    }

    /// Answers several questions about one session. Questions that learn from the same context items
    /// share the learning and the scan. `done` is called after each step, for callers that measure
    /// time: this crate has no clock.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn rank_all(
        &self,
        options: &[RankOptions],
        done: &mut dyn FnMut(Step),
    ) -> Result<Vec<Ranking>, RankError> {
        self.model.check_catalogue()?;
        self.run().rank_all(options, done).await
    }

    /// Score and full reason of one product, whether it would be picked or not.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn explain(&self, item: ItemIx) -> Result<Recommendation, RankError> {
        self.run().explain(item).await
    }

    /// The candidates for the session with their features.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn candidates(&self, options: &RankOptions) -> Result<Candidates, RankError> {
        self.model.check_catalogue()?;
        self.run().candidates(options).await
    }

    fn run(&self) -> Run<'_> {
        Run {
            model: &self.model,
            session: &self.session,
            visits: self.visits.as_deref(),
            promotions: &self.promotions,
            compute: &self.compute,
        }
    }
}
