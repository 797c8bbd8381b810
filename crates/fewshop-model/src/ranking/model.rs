//! The model: a pack made ready for ranking, without any state of a shopper.

use fewshop_core::{
    AttributePrediction, Catalogue, ItemIx, OfferPick, Prediction, Recommendation, Session,
};

use crate::business_rules::AppliedRules;
use crate::compute::{Compute, on_kernels};
use crate::features::{
    ActiveGroups, DayPromotions, FeatureGroup, ItemCounts, ItemStats, PromotionCalendar,
};
use crate::kernels::AdaptRows;
use crate::pack::Pack;
use crate::ranking::adaptation::negatives;
use crate::ranking::candidates::Candidates;
use crate::ranking::lift_table::LiftTable;
use crate::ranking::options::{RankError, RankOptions, Ranking};
use crate::ranking::run::Run;
use crate::ranking::shopper_history::VisitHistory;
use crate::tasks::{Examples, PreparedTasks, TaskError};

/// A pack made ready for ranking. It holds no session: each method takes one and returns the same
/// answer every time, so threads can share a model.
///
/// The methods run on the CPU kernels and do not wait. [`Recommender`](crate::Recommender) keeps the
/// session of one shopper and runs on any backend.
#[derive(Debug)]
pub struct Model {
    pack: Pack,
    pub(crate) stats: ItemStats,
    pub(crate) lifts: LiftTable,
    pub(crate) groups: ActiveGroups,
    pub(crate) negatives: AdaptRows,
    /// `None` for a pack without business rules.
    pub(crate) rules: Option<AppliedRules>,
    /// Empty if the ranker does not read promotions.
    promotions: PromotionCalendar,
    tasks: PreparedTasks,
}

impl Model {
    /// Prepares a pack: statistics of every product, the rules, the promotions, the inputs of the tasks.
    #[must_use]
    pub fn new(pack: Pack) -> Self {
        let counts = ItemCounts {
            popularity: pack.popularity(),
            recent: pack.recent_popularity(),
            seasonal: pack.seasonal_counts(),
        };
        let stats = ItemStats::of(pack.catalogue(), counts, pack.item_table(), pack.config());
        let lifts = LiftTable::of(&pack, &stats.by_popularity);
        let groups = ActiveGroups::of(&pack.ranker().inv_std);
        let promotions = match pack.reads(FeatureGroup::Promotions) {
            true => pack.promotions(),
            false => &[],
        };
        Self {
            promotions: PromotionCalendar::of(promotions),
            groups,
            negatives: negatives(&pack),
            rules: AppliedRules::of(pack.rules(), &stats.columns.category, pack.catalogue()),
            tasks: PreparedTasks::of(&pack),
            lifts,
            stats,
            pack,
        }
    }

    /// The pack.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The products.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        self.pack.catalogue()
    }

    /// Ranks the catalogue for a session, without the products that the session contains.
    ///
    /// # Errors
    /// [`RankError::UnknownItem`] when the session or the options name a row past the catalogue's
    /// end, [`RankError::NothingRequested`] for 0 picks.
    pub fn rank(&self, session: &Session, options: &RankOptions) -> Result<Ranking, RankError> {
        let options = std::slice::from_ref(options);
        let mut rankings = self.with_run(session, |run| {
            on_kernels(run.rank_all(options, &mut |_| {}))
        })?;
        Ok(rankings.pop().unwrap_or_default())
    }

    /// Score and full reason of one product, whether it would be picked or not.
    ///
    /// # Errors
    /// [`RankError::UnknownItem`].
    pub fn explain(&self, session: &Session, item: ItemIx) -> Result<Recommendation, RankError> {
        self.with_run(session, |run| on_kernels(run.explain(item)))
    }

    /// The `n` products that go best with one product.
    ///
    /// # Errors
    /// See [`rank`](Self::rank).
    pub fn similar_items(&self, item: ItemIx, n: usize) -> Result<Vec<Recommendation>, RankError> {
        let options = RankOptions {
            n,
            seeds: vec![item],
            ..RankOptions::default()
        };
        Ok(self.rank(&Session::default(), &options)?.picks)
    }

    /// How many times as often a product is taken together with some others as its sales alone would
    /// explain, by the pack's pair counts and those of their categories.
    ///
    /// # Panics
    /// When a row is past the catalogue's end.
    #[must_use]
    pub fn lift(&self, seeds: &[ItemIx], item: ItemIx) -> f32 {
        let lift = |seed: &ItemIx| self.lifts.lift(seed.row(), item.row(), &self.pack);
        seeds.iter().map(lift).sum::<f32>() / seeds.len().max(1) as f32
    }

    /// The candidates for a session with their features. Training makes its examples with it.
    ///
    /// # Errors
    /// [`RankError::UnknownItem`].
    pub fn candidates(
        &self,
        session: &Session,
        options: &RankOptions,
    ) -> Result<Candidates, RankError> {
        self.with_run(session, |run| on_kernels(run.candidates(options)))
    }

    /// Names of the tasks that the pack holds.
    #[must_use]
    pub fn tasks(&self) -> Vec<&'static str> {
        self.tasks.names()
    }

    /// At most `max` predictions of the task of that name. The shapes are the same for every task.
    ///
    /// # Errors
    /// [`TaskError::Unknown`] and [`TaskError::NotInPack`] for a task that is not there,
    /// [`TaskError::Unreadable`] for weights that it cannot read, [`TaskError::UnknownItem`] when the
    /// session names a row past the catalogue's end.
    pub fn answer(
        &self,
        task: &str,
        session: &Session,
        max: usize,
    ) -> Result<Vec<Prediction>, TaskError> {
        if let Some(item) = self.unknown_item(session) {
            return Err(TaskError::UnknownItem {
                row: item.0,
                items: self.pack.catalogue().len(),
            });
        }
        (self.tasks).answer(&self.pack, task, Examples::from(session), max)
    }

    /// Predictions for the shopper's household, one for each attribute that the pack has a head for;
    /// empty in a pack without heads.
    ///
    /// # Panics
    /// When the session names rows past the catalogue's end.
    #[must_use]
    pub fn profile(&self, session: &Session) -> Vec<AttributePrediction> {
        match &self.tasks.attributes {
            Ok(Some(task)) => task.predict(&self.pack, session),
            _ => Vec::new(),
        }
    }

    /// The best `n` offers for a session by expected redemption; empty in a pack without offers.
    /// Before the first event these are the offers that others redeem most.
    ///
    /// # Panics
    /// When the session names rows past the catalogue's end.
    #[must_use]
    pub fn offers(&self, session: &Session, n: usize) -> Vec<OfferPick> {
        match &self.tasks.offers {
            Ok(Some(task)) => task.best(&self.pack, session, n),
            _ => Vec::new(),
        }
    }

    fn with_run<T>(
        &self,
        session: &Session,
        answer: impl FnOnce(Run<'_>) -> Result<T, RankError>,
    ) -> Result<T, RankError> {
        self.check_catalogue()?;
        self.check_session(session)?;
        let visits = self.visit_history(&session.visits);
        answer(Run {
            model: self,
            session,
            visits: visits.as_ref(),
            promotions: &self.promotions_on(session.day),
            compute: &Compute::Kernels,
        })
    }

    /// What the ranker reads as promoted on a day; nothing on an unknown one.
    pub(crate) fn promotions_on(&self, day: Option<i32>) -> DayPromotions {
        day.map_or_else(DayPromotions::default, |day| self.promotions.on(day))
    }

    /// The earlier visits, aggregated; `None` when nothing was taken or the ranker reads none.
    pub(crate) fn visit_history(&self, visits: &[Vec<ItemIx>]) -> Option<VisitHistory> {
        if self.groups.contains(FeatureGroup::Visits) {
            VisitHistory::of(visits, &self.pack, &self.stats)
        } else {
            None
        }
    }

    /// # Errors
    /// [`RankError::UnknownItem`] names the first row past the catalogue's end.
    pub(crate) fn check_session(&self, session: &Session) -> Result<(), RankError> {
        match self.unknown_item(session) {
            Some(item) => self.check(item),
            None => Ok(()),
        }
    }

    /// The first item of a session that is past the catalogue's end.
    fn unknown_item(&self, session: &Session) -> Option<ItemIx> {
        let visits = session.visits.iter().flatten().copied();
        let asked = session.asked.iter().flatten().copied();
        let events = session.events.iter().map(|event| event.item);
        (visits.chain(asked).chain(events)).find(|item| item.row() >= self.pack.catalogue().len())
    }

    /// # Errors
    /// [`RankError::NoCatalogue`] for a pack that holds tasks alone.
    pub(crate) fn check_catalogue(&self) -> Result<(), RankError> {
        match self.pack.has_catalogue() {
            true => Ok(()),
            false => Err(RankError::NoCatalogue),
        }
    }

    /// # Errors
    /// [`RankError::UnknownItem`].
    pub(crate) fn check(&self, item: ItemIx) -> Result<(), RankError> {
        let items = self.pack.catalogue().len();
        if item.row() < items {
            Ok(())
        } else {
            Err(RankError::UnknownItem { row: item.0, items })
        }
    }
}
