//! The engine behind the JavaScript class, in plain Rust.

use fewshop_core::protocol::{Backend, Shelf, ShelfRequest, Status};
use fewshop_core::{
    Event, Filter, ItemId, ItemIx, Recommendation, Session, TaskAnswer, TaskRequest,
};
use fewshop_model::{Compute, Pack, RankError, RankOptions, Recommender, Step, TaskError};

use crate::EngineError;

/// Facts of one run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// Number of context items that it learned from.
    pub shots: usize,
    /// Blend weight of the fine-tuned user embedding against the frozen one.
    pub gate: f32,
    /// Wall time in milliseconds.
    pub ms: f64,
    /// Milliseconds by step, if they were measured.
    pub steps_ms: Option<[f64; Step::ALL.len()]>,
    /// The loss of fine-tuning before and after.
    pub losses: Option<[f32; 2]>,
    /// The products nearest to the user embedding, with their cosine.
    pub nearest: Vec<(ItemIx, f32)>,
}

/// A recommender that remembers the facts of its last run.
///
/// Cheap to clone: a clone can rank while the original takes further events, so an answer never
/// blocks an event.
#[derive(Debug, Clone)]
pub struct Engine {
    recommender: Recommender,
    backend: Backend,
    last: Run,
}

impl Engine {
    /// An engine with an empty session.
    #[must_use]
    pub fn new(pack: Pack, compute: Compute) -> Self {
        let backend = match compute {
            Compute::Kernels => Backend::Cpu,
            // burn on any other device than a GPU is for tests of the model, never for JavaScript.
            _ => Backend::Wgpu,
        };
        Self {
            recommender: Recommender::new(pack, compute),
            backend,
            last: Run::default(),
        }
    }

    /// Adds one event to the session.
    ///
    /// # Errors
    /// An unknown row; nothing is added.
    pub fn observe(&mut self, event: Event) -> Result<(), EngineError> {
        Ok(self.recommender.observe(event)?)
    }

    /// Removes the last event and returns it.
    pub fn undo(&mut self) -> Option<Event> {
        self.recommender.undo()
    }

    /// Forgets the session and all earlier visits.
    pub fn forget(&mut self) {
        self.recommender.forget();
    }

    /// Replaces the current session.
    ///
    /// # Errors
    /// An unknown row; the previous session stays.
    pub fn set_session(&mut self, session: Session) -> Result<(), EngineError> {
        Ok(self.recommender.set_session(session)?)
    }

    /// The pack that it ranks with.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        self.recommender.pack()
    }

    /// The row of a product's id.
    #[must_use]
    pub fn item_row(&self, id: &str) -> Option<ItemIx> {
        self.recommender.catalogue().ix(&ItemId::from(id))
    }

    /// Picks for the current session. The run's time stays 0, since there is no clock here.
    ///
    /// # Errors
    /// `n` is 0, or the backend failed.
    pub async fn rank(
        &self,
        n: usize,
        filter: Filter,
    ) -> Result<(Vec<Recommendation>, Run), EngineError> {
        let ranking = self
            .recommender
            .rank(&self.options(n, filter, Vec::new()))
            .await?;
        let run = Run {
            shots: ranking.context_items,
            gate: ranking.gate,
            losses: ranking.losses,
            nearest: ranking.nearest,
            ..Run::default()
        };
        Ok((ranking.picks, run))
    }

    /// Fills shelves for the current session; work that they share is done once. The run is that of
    /// the first shelf that learns from the session. `done` is called at the end of each step.
    ///
    /// # Errors
    /// There is no shelf, one wants 0 picks or names an unknown row, or the backend failed.
    pub async fn fill(
        &self,
        requests: &[ShelfRequest],
        done: &mut dyn FnMut(Step),
    ) -> Result<(Vec<Shelf>, Run), EngineError> {
        if requests.is_empty() {
            return Err(RankError::NothingRequested.into());
        }
        let options: Vec<RankOptions> = requests
            .iter()
            .map(|request| RankOptions {
                objective: request.objective,
                ..self.options(request.n, request.filter.clone(), request.seeds.clone())
            })
            .collect();
        let mut shelves = Vec::with_capacity(requests.len());
        let mut learned = None;
        for (request, ranking) in requests
            .iter()
            .zip(self.recommender.rank_all(&options, done).await?)
        {
            if request.seeds.is_empty() && learned.is_none() {
                learned = Some(Run {
                    shots: ranking.context_items,
                    gate: ranking.gate,
                    losses: ranking.losses,
                    nearest: ranking.nearest,
                    ..Run::default()
                });
            }
            shelves.push(Shelf {
                name: request.name.clone(),
                picks: ranking.picks,
            });
        }
        // If all shelves had seeds, the size of the session is still known.
        let known = Run {
            shots: self
                .recommender
                .session()
                .context_items()
                .len()
                .min(fewshop_model::MAX_CONTEXT_ITEMS),
            ..Run::default()
        };
        Ok((shelves, learned.unwrap_or(known)))
    }

    /// Answers tasks, in the order of the requests. A task that the pack does not hold, or whose
    /// weights this program cannot read, has no predictions: the shelves beside it must not fail.
    ///
    /// # Errors
    /// [`EngineError::Task`] for a task that this program does not know.
    pub fn answer_all(&self, requests: &[TaskRequest]) -> Result<Vec<TaskAnswer>, EngineError> {
        let answer = |request: &TaskRequest| {
            let (model, session) = (self.recommender.model(), self.recommender.session());
            let predictions = match model.answer(&request.task, session, request.max as usize) {
                Ok(predictions) => predictions,
                Err(TaskError::NotInPack { .. } | TaskError::Unreadable { .. }) => Vec::new(),
                Err(error) => return Err(EngineError::Task(error)),
            };
            Ok(TaskAnswer {
                task: request.task.clone(),
                predictions,
            })
        };
        requests.iter().map(answer).collect()
    }

    fn options(&self, n: usize, filter: Filter, seeds: Vec<ItemIx>) -> RankOptions {
        // A request for four billion picks asks for all products, and must not reserve room for
        // more.
        let n = n.min(self.recommender.catalogue().len());
        RankOptions {
            n,
            filter,
            seeds,
            ..RankOptions::default()
        }
    }

    /// Score and full reason of one product.
    ///
    /// # Errors
    /// An unknown row, or the backend failed.
    pub async fn explain(&self, item: ItemIx) -> Result<Recommendation, EngineError> {
        Ok(self.recommender.explain(item).await?)
    }

    /// Records the facts of a run.
    pub fn ran(&mut self, run: Run) {
        self.last = run;
    }

    /// The state of the engine.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            backend: self.backend,
            backend_reason: match self.backend {
                Backend::Cpu => "CPU: WebAssembly kernels",
                Backend::Wgpu => "WebGPU: burn tensors",
            }
            .to_owned(),
            items: self.recommender.catalogue().len(),
            shots: self.last.shots,
            gate: self.last.gate,
            last_run_ms: self.last.ms,
            steps_ms: (self.last.steps_ms).map_or_else(Vec::new, Vec::from),
            losses: self.last.losses.map_or_else(Vec::new, Vec::from),
            nearest: self.last.nearest.clone(),
            pack: self.recommender.pack().fingerprint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::{EventKind, Objective};
    use fewshop_model::tasks::offers::{EVIDENCE_LEVELS, OfferWeights, ShippedOffer};
    use fewshop_model::toy;
    use pollster::block_on;

    use super::*;

    fn engine(seen: &[u32]) -> Engine {
        let mut engine = Engine::new(toy::pack(), Compute::Kernels);
        engine
            .set_session(Session::of_items(
                &seen.iter().map(|&row| ItemIx(row)).collect::<Vec<_>>(),
            ))
            .unwrap();
        engine
    }

    fn shelf(name: &str, n: usize, seeds: &[u32]) -> ShelfRequest {
        ShelfRequest {
            name: name.into(),
            n,
            filter: Filter::ALL,
            seeds: seeds.iter().map(|&row| ItemIx(row)).collect(),
            objective: Objective::Likely,
        }
    }

    #[test]
    fn more_picks_than_products_are_all_that_are_not_seen() {
        let engine = engine(&[0, 1]);
        let items = engine.status().items;
        let (picks, run) = block_on(engine.rank(usize::MAX, Filter::ALL)).unwrap();
        assert_eq!(picks.len(), items - 2);
        assert_eq!(run.shots, 2);
    }

    #[test]
    fn shelves_come_in_the_order_asked_for_and_the_run_is_the_sessions_own() {
        let (shelves, run) = block_on(engine(&[0, 1, 2]).fill(
            &[shelf("with", 2, &[30]), shelf("picked", 4, &[])],
            &mut |_| {},
        ))
        .unwrap();
        assert_eq!(
            shelves
                .iter()
                .map(|s| (s.name.as_str(), s.picks.len()))
                .collect::<Vec<_>>(),
            [("with", 2), ("picked", 4)]
        );
        assert_eq!(run.shots, 3);
    }

    #[test]
    fn shelves_of_one_session_share_its_run_and_are_what_each_would_be_alone() {
        let shelves = [
            shelf("a", 5, &[]),
            ShelfRequest {
                filter: Filter::of_category(vec!["Bakery".into()]),
                ..shelf("b", 3, &[])
            },
        ];
        let engine = engine(&[0, 21, 2]);
        let mut scans = 0;
        let (both, _) =
            block_on(engine.fill(&shelves, &mut |step| scans += u32::from(step == Step::Scan)))
                .unwrap();
        assert_eq!(scans, 1);
        for (shelf, filled) in shelves.iter().zip(both) {
            let (alone, _) =
                block_on(engine.fill(std::slice::from_ref(shelf), &mut |_| {})).unwrap();
            assert_eq!(alone, [filled]);
        }
    }

    #[test]
    fn the_status_tells_the_steps_and_losses_of_the_last_run_alone() {
        let mut engine = engine(&[0, 1, 2, 3, 4]);
        let before = engine.status();
        assert!(before.steps_ms.is_empty() && before.losses.is_empty());
        let (_, run) = block_on(engine.fill(&[shelf("a", 5, &[])], &mut |_| {})).unwrap();
        assert_eq!(run.losses.is_some(), run.gate > 0.0);
        if let Some([start, end]) = run.losses {
            assert!(end < start, "{start} {end}");
        }
        let steps_ms = Some([1.0, 2.0, 3.0, 4.0, 5.0]);
        let gate = run.gate;
        let near = run.nearest.clone();
        assert_eq!(near.len(), 5);
        assert!(near.is_sorted_by(|a, b| a.1 >= b.1) && near.iter().all(|near| near.1 <= 1.001));
        assert!(near.iter().all(|near| near.0.0 > 4), "{near:?}");
        engine.ran(Run { steps_ms, ..run });
        assert_eq!(engine.status().nearest, near);
        assert_eq!(engine.status().steps_ms, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(engine.status().losses.len(), 2 * usize::from(gate > 0.0));
        engine.ran(Run::default());
        let after = engine.status();
        assert!(after.steps_ms.is_empty() && after.losses.is_empty() && after.nearest.is_empty());
    }

    #[test]
    fn one_bad_shelf_fails_the_request_by_name() {
        let code = |shelf| {
            block_on(engine(&[0]).fill(&[shelf], &mut |_| {}))
                .unwrap_err()
                .code()
        };
        assert_eq!(code(shelf("a", 0, &[])), "nothing_wanted");
        let nothing = block_on(engine(&[0]).fill(&[], &mut |_| {})).unwrap_err();
        assert_eq!(nothing.code(), "nothing_wanted");
        assert_eq!(code(shelf("a", 1, &[9_999])), "unknown_item");
    }

    #[test]
    fn a_clone_answers_for_the_session_that_it_was_made_with() {
        let mut engine = engine(&[0]);
        let before = engine.clone();
        engine
            .observe(Event::new(ItemIx(1), EventKind::View))
            .unwrap();
        assert_eq!(block_on(before.rank(3, Filter::ALL)).unwrap().1.shots, 1);
        assert_eq!(block_on(engine.rank(3, Filter::ALL)).unwrap().1.shots, 2);
    }

    fn request(task: &str, max: u32) -> TaskRequest {
        TaskRequest {
            task: task.to_owned(),
            max,
        }
    }

    #[test]
    fn a_task_that_the_pack_does_not_hold_has_no_predictions_and_an_unknown_one_is_an_error() {
        let mut plain = toy::pack().parts().clone();
        (plain.attributes, plain.offers) = (None, None);
        let engine = Engine::new(Pack::new(plain).unwrap(), Compute::Kernels);
        let both = [request("attributes", 9), request("offers", 3)];
        let answers = engine.answer_all(&both).unwrap();
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(|answer| answer.predictions.is_empty()));
        let unknown = engine.answer_all(&[request("weather", 1)]).unwrap_err();
        assert_eq!(unknown.code(), "bad_argument");
    }

    #[test]
    fn offers_are_those_that_fit_the_session_and_say_why() {
        let offer = |id: &str, rate: f32, items: &[u32]| ShippedOffer {
            id: id.into(),
            title: id.into(),
            rates: [rate, rate],
            items: items.to_vec(),
        };
        // What others redeem, what was bought before, and the part of the shop.
        let weights = [[1.0, 0.0, 0.0, 2.0, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0]; EVIDENCE_LEVELS.len()];
        let offers = OfferWeights {
            offers: vec![
                offer("bread", -6.0, &[20, 21, 22]),
                offer("fruit", -5.0, &[0, 1]),
            ],
            weights,
        };
        let mut engine = Engine::new(
            toy::pack()
                .edit(|parts| parts.offers = Some(offers))
                .unwrap(),
            Compute::Kernels,
        );
        let first = |engine: &Engine| {
            let mut answers = engine.answer_all(&[request("offers", 1)]).unwrap();
            let prediction = answers.remove(0).predictions.remove(0);
            let outcome = prediction.outcomes.clone().unwrap().remove(0);
            (prediction, outcome)
        };
        let (fruit, outcome) = first(&engine);
        assert_eq!(
            (&*fruit.target, &*fruit.evidence.reason),
            ("fruit", "most_redeemed")
        );
        assert_eq!(
            outcome.probability, outcome.base_rate,
            "nothing is expected of a new shopper"
        );
        engine
            .observe(Event::new(ItemIx(21), EventKind::Cart))
            .unwrap();
        let (bread, outcome) = first(&engine);
        let evidence = bread.evidence;
        assert_eq!(
            (
                &*bread.target,
                &*evidence.reason,
                evidence.examples,
                evidence.covers
            ),
            ("bread", "covered", 1, 3)
        );
        assert!(outcome.probability > outcome.base_rate && evidence.items.len() == 3);
        engine.forget();
        engine
            .observe(Event::new(ItemIx(24), EventKind::View))
            .unwrap();
        let (part, _) = first(&engine);
        assert_eq!(
            (&*part.evidence.reason, part.evidence.examples),
            ("same_part", 1)
        );
        let all = engine.answer_all(&[request("offers", 9)]).unwrap();
        assert_eq!(all[0].predictions.len(), 2);
    }

    #[test]
    fn ids_lead_to_rows() {
        assert_eq!(engine(&[]).item_row("toy7"), Some(ItemIx(7)));
        assert_eq!(engine(&[]).item_row("no such thing"), None);
    }
}
