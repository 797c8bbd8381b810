//! One shopper, one pack: from a session to a ranked list with reasons.

use std::sync::Arc;

use fewshop_core::{
    Catalogue, Event, ItemIx, MerchantRule, Reason, Recommendation, Session, Share,
};

use crate::business_rules::Hand;
use crate::compute::Compute;
use crate::features::{FEATURES, Facts, Part};
use crate::kernels::{self, AdaptRows};
use crate::offers;
use crate::pack::Pack;
use crate::profile::ProfileInputs;
use crate::ranking::adaptation::{mix, negatives, with_shots};
use crate::ranking::feature_matrix::{Board, Evidence};
use crate::ranking::options::{Candidates, RankError, RankOptions, Ranking, Step};
use crate::ranking::pair_scores::{Channels, Sums};
use crate::ranking::session_encoder::{Encoded, MAX_SHOTS};
use crate::ranking::shopper_history::{Known, Past};

/// Ranks a catalogue for one session.
///
/// Cheap to make a second one of: the pack is shared.
#[derive(Debug, Clone)]
pub struct Recommender {
    pack: Arc<Pack>,
    facts: Arc<Facts>,
    negatives: Arc<AdaptRows>,
    hand: Option<Arc<Hand>>,
    compute: Compute,
    session: Session,
    /// How the profile heads read products; none where the pack has no heads.
    profile: Option<Arc<ProfileInputs>>,
    /// None where the pack has no offers.
    offers: Option<Arc<offers::Shelf>>,
    /// What the session's earlier visits say: the same for all of a visit's runs.
    past: Option<Arc<Past>>,
}

/// What one set of shots teaches, whatever shelf it is for.
#[derive(Debug)]
struct Learned<'a> {
    shots: Vec<Event>,
    known: Known<'a>,
    gate: f32,
    /// The taste without each shot.
    tastes_without: Vec<Vec<f32>>,
    /// Of all products.
    logits: Vec<f32>,
    channels: Channels,
}

impl Learned<'_> {
    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            shots: &self.shots,
            known: &self.known,
        }
    }
}

impl Recommender {
    /// A recommender with an empty session.
    #[must_use]
    pub fn new(pack: Pack, compute: Compute) -> Self {
        let facts = Facts::of(&pack);
        let negatives = negatives(&pack);
        let hand = Hand::of(&pack.rules, &facts.category, &pack.catalogue);
        let profile = pack
            .profile
            .as_ref()
            .map(|_| Arc::new(ProfileInputs::of(&pack)));
        let offers = offers::Shelf::of(&pack).map(Arc::new);
        Self {
            offers,
            hand: hand.map(Arc::new),
            pack: Arc::new(pack),
            facts: Arc::new(facts),
            negatives: Arc::new(negatives),
            compute,
            session: Session::default(),
            profile,
            past: None,
        }
    }

    /// How the profile heads read products.
    pub(crate) fn profile_inputs(&self) -> Option<&ProfileInputs> {
        self.profile.as_deref()
    }

    /// The offers, made ready.
    pub(crate) fn offer_shelf(&self) -> Option<&offers::Shelf> {
        self.offers.as_deref()
    }

    /// The pack.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The products.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.pack.catalogue
    }

    /// The session so far.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Takes this session as the one at hand.
    ///
    /// # Errors
    /// [`RankError::UnknownItem`]; the session before it stays.
    pub fn set_session(&mut self, session: Session) -> Result<(), RankError> {
        let known = session
            .visits
            .iter()
            .flatten()
            .copied()
            .chain(session.events.iter().map(|event| event.item));
        for item in known {
            self.check(item)?;
        }
        if self.session.visits != session.visits {
            self.past = Past::of(&session.visits, &self.pack, &self.facts).map(Arc::new);
        }
        self.session = session;
        Ok(())
    }

    /// Adds what the shopper did.
    ///
    /// # Errors
    /// [`RankError::UnknownItem`]; nothing is added.
    pub fn observe(&mut self, event: Event) -> Result<(), RankError> {
        self.check(event.item)?;
        self.session.events.push(event);
        Ok(())
    }

    /// Takes the last event back and returns it.
    pub fn undo(&mut self) -> Option<Event> {
        self.session.events.pop()
    }

    /// Forgets the session and all earlier visits: as if new.
    pub fn forget(&mut self) {
        self.session = Session::default();
        self.past = None;
    }

    /// Ranks the catalogue without what the session has already seen.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn rank(&self, options: &RankOptions) -> Result<Ranking, RankError> {
        let mut rankings = self
            .rank_all(std::slice::from_ref(options), &mut |_| {})
            .await?;
        Ok(rankings.pop().unwrap_or_default())
    }

    /// Answers several questions about one session. What they have in common, learning and the
    /// scan, is done once. `done` hears of each step as it ends: there is no clock here, but the
    /// caller may have one.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn rank_all(
        &self,
        options: &[RankOptions],
        done: &mut dyn FnMut(Step),
    ) -> Result<Vec<Ranking>, RankError> {
        let mut learned: Vec<(&RankOptions, Learned<'_>)> = Vec::new();
        let mut rankings = Vec::with_capacity(options.len());
        for options in options {
            if options.n == 0 {
                return Err(RankError::NothingWanted);
            }
            let same = |before: &RankOptions| {
                before.seeds == options.seeds && before.frozen == options.frozen
            };
            let at = match learned.iter().position(|(before, _)| same(before)) {
                Some(at) => at,
                None => {
                    learned.push((options, self.learn(options, done).await?));
                    learned.len() - 1
                }
            };
            rankings.push(self.fill(&learned[at].1, options, done).await?);
        }
        Ok(rankings)
    }

    /// Picks and reasons from what was learned.
    async fn fill(
        &self,
        learned: &Learned<'_>,
        options: &RankOptions,
        done: &mut dyn FnMut(Step),
    ) -> Result<Ranking, RankError> {
        let items = self.select(learned, options);
        done(Step::Candidates);
        let board = self.board(learned, &items);
        let mut scores = self.compute.score(&board.features, &self.pack).await?;
        scores.iter_mut().for_each(|score| *score = finite(*score));
        let best = self.order(&items, &scores, options);
        let (best, rules): (Vec<usize>, Vec<Option<MerchantRule>>) = best.into_iter().unzip();
        done(Step::Ranker);
        let reasons = if options.reasons {
            let picked: Vec<f32> = best.iter().map(|&at| scores[at]).collect();
            self.reasons(learned, &board, &items, &best, &picked)
        } else {
            vec![Reason::PopularHere; best.len()]
        };
        done(Step::Reasons);
        let pick = |((at, reason), rule)| Recommendation {
            item: ItemIx(items[at]),
            score: scores[at],
            reason,
            rule,
        };
        let picks = best.into_iter().zip(reasons).zip(rules).map(pick).collect();
        Ok(Ranking {
            picks,
            gate: learned.gate,
            shots: learned.shots.len(),
        })
    }

    /// The best by score; where the merchant has rules, these have the last word.
    fn order(
        &self,
        items: &[u32],
        scores: &[f32],
        options: &RankOptions,
    ) -> Vec<(usize, Option<MerchantRule>)> {
        let best = |n| kernels::top_k(scores, n, |_| true);
        match &self.hand {
            None => best(options.n)
                .into_iter()
                .map(|at| (at as usize, None))
                .collect(),
            Some(hand) => {
                let pins = options.seeds.is_empty();
                hand.order(
                    &best(items.len()),
                    items,
                    &self.facts.category,
                    &options.filter,
                    pins,
                    options.n,
                )
            }
        }
    }

    /// Score and full reason of one product, picked or not.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn explain(&self, item: ItemIx) -> Result<Recommendation, RankError> {
        self.check(item)?;
        let options = RankOptions::default();
        let learned = self.learn(&options, &mut |_| {}).await?;
        let mut items = self.select(&learned, &options);
        let at = items.binary_search(&item.0).unwrap_or_else(|at| {
            items.insert(at, item.0);
            at
        });
        let board = self.board(&learned, &items);
        // By the kernels whatever the backend: a GPU would be asked for one row.
        let score = finite(
            kernels::rank(
                &board.features[at * FEATURES..(at + 1) * FEATURES],
                &self.pack.ranker,
            )[0],
        );
        let reason = self
            .reasons(&learned, &board, &items, &[at], &[score])
            .remove(0);
        let rule = self.hand.as_ref().and_then(|hand| hand.word(item.0, true));
        Ok(Recommendation {
            item,
            score,
            reason,
            rule,
        })
    }

    /// The candidates for the session at hand.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn candidates(&self, options: &RankOptions) -> Result<Candidates, RankError> {
        let learned = self.learn(options, &mut |_| {}).await?;
        let items = self.select(&learned, options);
        let features = self.board(&learned, &items).features;
        Ok(Candidates {
            items,
            features,
            gate: learned.gate,
        })
    }

    fn board<'a>(&'a self, learned: &'a Learned<'_>, items: &'a [u32]) -> Board<'a> {
        Board::of(
            items,
            learned.evidence(),
            &learned.logits,
            &learned.channels,
            &self.pack,
            &self.facts,
        )
    }

    /// What may be used of this device's own knowledge under these options. For given seeds the
    /// earlier visits stay out: what goes well with a product is asked of the product.
    fn known(&self, options: &RankOptions) -> Known<'_> {
        if options.frozen {
            return Known::default();
        }
        let past = if options.seeds.is_empty() {
            self.past.as_deref()
        } else {
            None
        };
        Known::of(past, self.session.dismissed(), &self.pack, &self.facts)
    }

    fn check(&self, item: ItemIx) -> Result<(), RankError> {
        let items = self.pack.catalogue.len();
        if item.row() < items {
            Ok(())
        } else {
            Err(RankError::UnknownItem { row: item.0, items })
        }
    }

    fn shots(&self, options: &RankOptions) -> Result<Vec<Event>, RankError> {
        let mut shots = if options.seeds.is_empty() {
            self.session.shots()
        } else {
            for &seed in &options.seeds {
                self.check(seed)?;
            }
            Session::of_items(&options.seeds).shots()
        };
        shots.drain(..shots.len().saturating_sub(MAX_SHOTS));
        Ok(shots)
    }

    async fn learn(
        &self,
        options: &RankOptions,
        done: &mut dyn FnMut(Step),
    ) -> Result<Learned<'_>, RankError> {
        let (pack, shots, known) = (&*self.pack, self.shots(options)?, self.known(options));
        let encoded = Encoded::of(&shots, &pack.table, &pack.encoder);
        let by_shots = &pack.adapter.gate;
        let weight = match shots.len() {
            0 => 0.0,
            _ if options.frozen => 0.0,
            k => by_shots[(k - 1).min(by_shots.len() - 1)],
        };
        let mut gate = 0.0;
        let mut u = encoded.taste(None);
        let mut tastes_without: Vec<Vec<f32>> = (0..shots.len())
            .map(|shot| encoded.taste(Some(shot)))
            .collect();
        if weight > 0.0 {
            let rows = with_shots((*self.negatives).clone(), &shots, &known.dismissed, pack);
            if let Some(tuned) = self.tuned_without(&tastes_without, &rows, weight) {
                tastes_without = tuned;
                gate = weight;
                let tuned = self.compute.adapt(&u, &rows, pack).await?;
                u = mix(&u, &tuned, gate);
            }
        }
        done(Step::Adapt);
        let logits = self.compute.scan(&u, pack).await?;
        done(Step::Scan);
        let channels = Channels::of(&shots, pack, &self.facts);
        done(Step::Candidates);
        Ok(Learned {
            shots,
            known,
            gate,
            tastes_without,
            logits,
            channels,
        })
    }

    /// The gate. Training chose a weight for so many shots, unless the shots themselves speak
    /// against it: where fine-tuning on all but one shot makes the one left out less likely on
    /// average, it is not trusted with the rest either. The tastes fine-tuned without each shot,
    /// where it is trusted.
    fn tuned_without(
        &self,
        frozen: &[Vec<f32>],
        rows: &AdaptRows,
        weight: f32,
    ) -> Option<Vec<Vec<f32>>> {
        let (pack, d) = (&*self.pack, self.pack.table.d);
        if frozen.len() < 2 {
            // Nothing is left to fine-tune on, and nothing to check it by.
            return Some(frozen.to_vec());
        }
        let mut gain = 0.0;
        let tuned = frozen.iter().enumerate().map(|(left_out, u0)| {
            let tuned =
                kernels::adapt_without(Some(left_out), u0, rows, &pack.adapter, &pack.config);
            let tuned = mix(u0, &tuned, weight);
            let (held, bias) = (
                &rows.positives[left_out * d..(left_out + 1) * d],
                rows.positive_bias[left_out],
            );
            let likely =
                |u: &[f32]| kernels::log_likelihood(u, held, bias, rows, pack.config.logit_scale);
            gain += likely(&tuned) - likely(u0);
            tuned
        });
        let tuned = tuned.collect();
        (gain > 0.0).then_some(tuned)
    }

    /// The best of each channel among the products that are allowed and not yet seen.
    fn select(
        &self,
        Learned {
            shots,
            known,
            logits,
            channels,
            ..
        }: &Learned<'_>,
        options: &RankOptions,
    ) -> Vec<u32> {
        let (pack, facts) = (&*self.pack, &*self.facts);
        let mut open = vec![true; pack.catalogue.len()];
        for item in self
            .session
            .seen()
            .into_iter()
            .chain(shots.iter().map(|shot| shot.item))
        {
            open[item.row()] = false;
        }
        for row in self.hand.iter().flat_map(|hand| hand.closed()) {
            open[row as usize] = false;
        }
        if !options.filter.category.is_empty() {
            let allowed = facts.allowed(&options.filter, pack.catalogue.items());
            for (open, &category) in open.iter_mut().zip(&facts.category) {
                *open &= allowed[category as usize];
            }
        }
        if !options.filter.among.is_empty() {
            let mut among = vec![false; open.len()];
            for item in &options.filter.among {
                if let Some(is) = among.get_mut(item.row()) {
                    *is = true;
                }
            }
            open.iter_mut()
                .zip(among)
                .for_each(|(open, among)| *open &= among);
        }
        // At least n from each channel, so that a small filter still fills a shelf; no room for
        // more than there is.
        let take = pack.config.candidates.max(options.n).min(open.len());
        let mut items: Vec<u32> = Vec::with_capacity(6 * take);
        let popular = facts
            .by_popularity
            .iter()
            .copied()
            .filter(|&row| open[row as usize])
            .take(take);
        items.extend(popular);
        if facts.has(Part::Vectors) {
            items.extend(kernels::top_k(logits, take, |row| open[row]));
        }
        for part in [Part::Covisit, Part::Cosine, Part::Regression]
            .into_iter()
            .filter(|part| facts.has(*part))
        {
            let score = |sums: &Sums| match part {
                Part::Covisit => sums.covisit,
                Part::Cosine => sums.cosine,
                _ => sums.regression,
            };
            let scores = channels.all().map(|(row, sums)| (row, score(sums)));
            items.extend(kernels::top_k_of(
                scores.filter(|&(row, score)| score > 0.0 && open[row as usize]),
                take,
            ));
        }
        if facts.has(Part::Visits) {
            let scores = known.covisit();
            items.extend(kernels::top_k(scores, take, |row| {
                scores[row] > 0.0 && open[row]
            }));
        }
        items.extend(
            known
                .taken_before()
                .iter()
                .copied()
                .filter(|&row| open[row as usize]),
        );
        if let (Some(hand), true) = (&self.hand, options.seeds.is_empty()) {
            items.extend(hand.pinned().filter(|&row| open[row as usize]));
        }
        items.sort_unstable();
        items.dedup();
        items
    }

    /// True reasons by leaving out: how far the score of a pick falls without each shot, everything
    /// else the same. By the kernels whatever the backend: a few tens of microseconds a shot.
    ///
    /// # Shapes
    /// - `picks`, `scores`: places among the candidates `items`, and what the ranker gave them
    fn reasons(
        &self,
        learned: &Learned<'_>,
        board: &Board<'_>,
        items: &[u32],
        picks: &[usize],
        scores: &[f32],
    ) -> Vec<Reason> {
        let mut falls = vec![Vec::with_capacity(learned.shots.len()); picks.len()];
        for (left_out, taste) in learned.tastes_without.iter().enumerate() {
            let without = kernels::rank(&board.without(left_out, taste, picks), &self.pack.ranker);
            for (falls, (score, without)) in falls.iter_mut().zip(scores.iter().zip(without)) {
                falls.push(score - finite(without));
            }
        }
        let visits = |at: usize| learned.known.times_taken(items[at]);
        picks
            .iter()
            .zip(falls)
            .map(|(&at, falls)| reason(&learned.shots, &falls, visits(at)))
            .collect()
    }
}

/// A pack's numbers are finite, what is made of them need not be: large ones overflow, and what is
/// no number would stand in front of the shelf. Bounded, so that the sum of a reason's falls stays
/// a number too.
fn finite(score: f32) -> f32 {
    const MOST: f32 = 1e30;
    if score.is_nan() {
        -MOST
    } else {
        score.clamp(-MOST, MOST)
    }
}

/// Falls of less than this are noise of a score whose spread over a shelf is several units.
const LEAST_FALL: f32 = 0.02;

fn reason(shots: &[Event], falls: &[f32], visits: u32) -> Reason {
    let sum: f32 = falls.iter().filter(|&&fall| fall > LEAST_FALL).sum();
    if sum <= 0.0 {
        return if visits > 0 {
            Reason::TakenBefore { visits }
        } else {
            Reason::PopularHere
        };
    }
    let mut shares: Vec<Share> = shots
        .iter()
        .zip(falls)
        .filter(|&(_, &fall)| fall > LEAST_FALL)
        .map(|(shot, fall)| Share {
            item: shot.item,
            share: fall / sum,
        })
        .collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.item.cmp(&b.item)));
    Reason::BecauseOf { shots: shares }
}
