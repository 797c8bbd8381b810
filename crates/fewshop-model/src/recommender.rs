//! One shopper, one pack: from a session to a ranked list with reasons.

use std::sync::Arc;

use fewshop_core::{Catalogue, Event, Filter, ItemIx, Reason, Recommendation, Session, Share};

use crate::compute::{Compute, ComputeError};
use crate::encoder::{MAX_SHOTS, encode};
use crate::features::{Channels, Evidence, Facts, Part, features};
use crate::kernels::{self, AdaptRows};
use crate::known::Known;
use crate::pack::Pack;

/// What is asked of [`Recommender::rank`].
#[derive(Debug, Clone, PartialEq)]
pub struct RankOptions {
    /// Picks wanted; fewer come where fewer are allowed.
    pub n: usize,
    /// Products allowed.
    pub filter: Filter,
    /// Rank for these products instead of the session's shots, as for 'goes well with'.
    pub seeds: Vec<ItemIx>,
    /// Leave out all that is learned on the device: fine-tuning, earlier visits, and what dismissals say of other products.
    pub frozen: bool,
    /// Work out why each was picked: one more run a shot.
    pub reasons: bool,
}

impl Default for RankOptions {
    fn default() -> Self {
        Self { n: 20, filter: Filter::ALL, seeds: Vec::new(), frozen: false, reasons: true }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranking {
    /// Best first.
    pub picks: Vec<Recommendation>,
    /// Weight of the fine-tuned taste against the frozen one, 0 to 1.
    pub gate: f32,
    /// Shots learned from.
    pub shots: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RankError {
    /// `n` is 0.
    #[error("0 picks were asked for: ask for 1 at least")]
    NothingWanted,
    /// A row past the catalogue's end.
    #[error("item row {row} is not in the catalogue of {items}: rows count from 0 and belong to one pack")]
    UnknownItem {
        /// The row.
        row: u32,
        /// Products there are.
        items: usize,
    },
    /// The backend failed.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}

/// Which products the ranker looks at, and all that it sees of them. Training reads this too: the same code makes its examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// Rows, each once.
    pub items: Vec<u32>,
    /// `[items, FEATURES]`, row-major.
    pub features: Vec<f32>,
    /// Weight of the fine-tuned taste in them.
    pub gate: f32,
}

/// Ranks a catalogue for one session.
///
/// Cheap to make a second one of: the pack is shared.
#[derive(Debug, Clone)]
pub struct Recommender {
    pack: Arc<Pack>,
    facts: Arc<Facts>,
    negatives: Arc<AdaptRows>,
    compute: Compute,
    session: Session,
}

impl Recommender {
    /// A recommender with an empty session.
    #[must_use]
    pub fn new(pack: Pack, compute: Compute) -> Self {
        let facts = Facts::of(&pack);
        let negatives = negatives(&pack);
        Self {
            pack: Arc::new(pack),
            facts: Arc::new(facts),
            negatives: Arc::new(negatives),
            compute,
            session: Session::default(),
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
        let known = session.visits.iter().flatten().copied().chain(session.events.iter().map(|event| event.item));
        for item in known {
            self.check(item)?;
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
    }

    /// Ranks the catalogue without what the session has already seen.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn rank(&self, options: &RankOptions) -> Result<Ranking, RankError> {
        if options.n == 0 {
            return Err(RankError::NothingWanted);
        }
        let shots = self.shots(options)?;
        let known = self.known(options);
        let evidence = Evidence { shots: &shots, known: &known };
        let candidates = self.candidates_for(evidence, options).await?;
        let scores = self.compute.score(&candidates.features, &self.pack).await?;
        let best = kernels::top_k(&scores, options.n, |_| true);
        let picks: Vec<(u32, f32)> = best.iter().map(|&at| (candidates.items[at as usize], scores[at as usize])).collect();
        let reasons = if options.reasons {
            self.reasons(evidence, &candidates.items, &picks, candidates.gate)
        } else {
            vec![Reason::PopularHere; picks.len()]
        };
        let picks = picks
            .into_iter()
            .zip(reasons)
            .map(|((row, score), reason)| Recommendation { item: ItemIx(row), score, reason })
            .collect();
        Ok(Ranking { picks, gate: candidates.gate, shots: shots.len() })
    }

    /// Score and full reason of one product, picked or not.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn explain(&self, item: ItemIx) -> Result<Recommendation, RankError> {
        self.check(item)?;
        let options = RankOptions::default();
        let shots = self.shots(&options)?;
        let known = self.known(&options);
        let evidence = Evidence { shots: &shots, known: &known };
        let mut candidates = self.candidates_for(evidence, &options).await?.items;
        if !candidates.contains(&item.0) {
            candidates.push(item.0);
        }
        let gate = self.gate(evidence);
        let score = self.score_on_cpu(evidence, &candidates, &[item.0], gate)[0];
        let reason = self.reasons(evidence, &candidates, &[(item.0, score)], gate).remove(0);
        Ok(Recommendation { item, score, reason })
    }

    /// The candidates for the session at hand.
    ///
    /// # Errors
    /// See [`RankError`].
    pub async fn candidates(&self, options: &RankOptions) -> Result<Candidates, RankError> {
        let (shots, known) = (self.shots(options)?, self.known(options));
        self.candidates_for(Evidence { shots: &shots, known: &known }, options).await
    }

    /// What may be used of this device's own knowledge under these options. For given seeds the earlier visits stay out: what goes well with a product is
    /// asked of the product.
    fn known(&self, options: &RankOptions) -> Known<'_> {
        if options.frozen {
            return Known::default();
        }
        let visits: &[Vec<ItemIx>] = if options.seeds.is_empty() { &self.session.visits } else { &[] };
        Known::of(visits, self.session.dismissed(), &self.pack, &self.facts)
    }

    fn check(&self, item: ItemIx) -> Result<(), RankError> {
        let items = self.pack.catalogue.len();
        if item.row() < items { Ok(()) } else { Err(RankError::UnknownItem { row: item.0, items }) }
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

    async fn candidates_for(&self, evidence: Evidence<'_>, options: &RankOptions) -> Result<Candidates, RankError> {
        let (pack, facts) = (&*self.pack, &*self.facts);
        let u0 = encode(evidence.shots, &pack.table, &pack.encoder);
        let gate = if options.frozen { 0.0 } else { self.gate(evidence) };
        let u = if gate > 0.0 {
            let tuned = self.compute.adapt(&u0, &self.adapt_rows(evidence), pack).await?;
            mix(&u0, &tuned, gate)
        } else {
            u0
        };
        let logits = self.compute.scan(&u, pack).await?;
        let channels = Channels::of(evidence.shots, pack, facts);
        let items = self.select(evidence, &logits, &channels, options);
        let features = features(&items, evidence, &logits, &channels, pack, facts);
        Ok(Candidates { items, features, gate })
    }

    /// The best of each channel among the products that are allowed and not yet seen.
    fn select(
        &self,
        Evidence { shots, known }: Evidence<'_>,
        logits: &[f32],
        channels: &Channels,
        options: &RankOptions,
    ) -> Vec<u32> {
        let (pack, facts) = (&*self.pack, &*self.facts);
        let mut open = vec![true; pack.catalogue.len()];
        for item in self.session.seen().into_iter().chain(shots.iter().map(|shot| shot.item)) {
            open[item.row()] = false;
        }
        if !options.filter.category.is_empty() {
            for (open, item) in open.iter_mut().zip(pack.catalogue.items()) {
                *open &= options.filter.allows(item);
            }
        }
        // At least n from each channel, so that a small filter still fills a shelf; no room for more than there is.
        let take = pack.config.candidates.max(options.n).min(open.len());
        let mut items: Vec<u32> = Vec::with_capacity(6 * take);
        let popular = facts.by_popularity.iter().copied().filter(|&row| open[row as usize]).take(take);
        items.extend(popular);
        if facts.has(Part::Vectors) {
            items.extend(kernels::top_k(logits, take, |row| open[row]));
        }
        for (part, scores) in [
            (Part::Covisit, &*channels.covisit),
            (Part::Cosine, &*channels.cosine),
            (Part::Regression, &*channels.regression),
            (Part::Visits, known.covisit()),
        ] {
            if facts.has(part) {
                items.extend(kernels::top_k(scores, take, |row| scores[row] > 0.0 && open[row]));
            }
        }
        items.extend(known.taken_before().iter().copied().filter(|&row| open[row as usize]));
        items.sort_unstable();
        items.dedup();
        items
    }

    fn adapt_rows(&self, evidence: Evidence<'_>) -> AdaptRows {
        with_shots((*self.negatives).clone(), evidence.shots, &evidence.known.dismissed, &self.pack)
    }

    /// The weight that training found best for so many shots, unless the shots themselves speak against it: where fine-tuning on
    /// all but one shot makes the one left out less likely on average, it is not trusted with the rest either.
    fn gate(&self, evidence: Evidence<'_>) -> f32 {
        let (pack, shots) = (&*self.pack, evidence.shots);
        let by_shots = &pack.adapter.gate;
        let weight = match shots.len() {
            0 => 0.0,
            k => by_shots[(k - 1).min(by_shots.len() - 1)],
        };
        if weight == 0.0 || shots.len() < 2 {
            return weight;
        }
        let all = self.adapt_rows(evidence);
        let d = pack.table.d;
        let mut gain = 0.0;
        for left_out in 0..shots.len() {
            let rest: Vec<Event> = shots.iter().enumerate().filter(|&(j, _)| j != left_out).map(|(_, &shot)| shot).collect();
            let mut rows = all.clone();
            let held: Vec<f32> = rows.positives.drain(left_out * d..(left_out + 1) * d).collect();
            let bias = rows.positive_bias.remove(left_out);
            let u0 = encode(&rest, &pack.table, &pack.encoder);
            let tuned = mix(&u0, &kernels::adapt(&u0, &rows, &pack.adapter, &pack.config), weight);
            gain += log_likelihood(&tuned, &held, bias, &rows, pack) - log_likelihood(&u0, &held, bias, &rows, pack);
        }
        if gain > 0.0 { weight } else { 0.0 }
    }

    /// True reasons by leaving out: how far the score of a pick falls without each shot, everything else the same.
    fn reasons(&self, evidence: Evidence<'_>, candidates: &[u32], picks: &[(u32, f32)], gate: f32) -> Vec<Reason> {
        let shots = evidence.shots;
        let rows: Vec<u32> = picks.iter().map(|&(row, _)| row).collect();
        let mut falls = vec![Vec::with_capacity(shots.len()); picks.len()];
        for left_out in 0..shots.len() {
            let rest: Vec<Event> = shots.iter().enumerate().filter(|&(j, _)| j != left_out).map(|(_, &shot)| shot).collect();
            let without = self.score_on_cpu(Evidence { shots: &rest, ..evidence }, candidates, &rows, gate);
            for (pick, score) in without.into_iter().enumerate() {
                falls[pick].push(picks[pick].1 - score);
            }
        }
        picks.iter().zip(falls).map(|(&(row, _), falls)| reason(shots, &falls, evidence.known.times_taken(row))).collect()
    }

    /// Scores of `wanted` among fixed candidates, by the kernels whatever the backend: a few tens of microseconds, where a GPU
    /// would be asked three times a shot.
    fn score_on_cpu(&self, evidence: Evidence<'_>, candidates: &[u32], wanted: &[u32], gate: f32) -> Vec<f32> {
        let (pack, facts) = (&*self.pack, &*self.facts);
        let mut u = encode(evidence.shots, &pack.table, &pack.encoder);
        if gate > 0.0 && !evidence.shots.is_empty() {
            u = mix(&u, &kernels::adapt(&u, &self.adapt_rows(evidence), &pack.adapter, &pack.config), gate);
        }
        // Features read the logits of candidates alone: a whole scan a shot would be most of the work.
        let mut logits = vec![0.0; pack.table.len()];
        for &row in candidates {
            logits[row as usize] = kernels::logit(&pack.table, row as usize, &u, pack.config.logit_scale);
        }
        let channels = Channels::of(evidence.shots, pack, facts);
        let features = features(candidates, evidence, &logits, &channels, pack, facts);
        let scores = kernels::rank(&features, &pack.ranker);
        wanted.iter().map(|row| candidates.iter().position(|c| c == row).map_or(f32::MIN, |at| scores[at])).collect()
    }
}

impl Pack {
    /// The taste before and after fine-tuning on all shots of a session, before any gate: what training chooses the gate by.
    ///
    /// # Shapes
    /// - output: `[d]` and `[d]`
    ///
    /// # Panics
    /// When the session names rows past the catalogue's end.
    #[must_use]
    pub fn tastes(&self, session: &Session) -> (Vec<f32>, Vec<f32>) {
        let shots = session.shots();
        let u0 = encode(&shots, &self.table, &self.encoder);
        let rows = with_shots(negatives(self), &shots, &session.dismissed(), self);
        let tuned = kernels::adapt(&u0, &rows, &self.adapter, &self.config);
        (u0, tuned)
    }
}

/// The pack's fixed negatives.
fn negatives(pack: &Pack) -> AdaptRows {
    let mut rows = AdaptRows::default();
    for &row in &pack.adapter.negatives {
        rows.negatives.extend(pack.table.row(row as usize));
        rows.negative_bias.push(pack.table.bias[row as usize]);
    }
    rows
}

/// Adds the shots, and what the shopper dismissed as heavier negatives.
fn with_shots(mut rows: AdaptRows, shots: &[Event], dismissed: &[ItemIx], pack: &Pack) -> AdaptRows {
    let table = &pack.table;
    for shot in shots {
        rows.positives.extend(table.row(shot.item.row()));
        rows.positive_bias.push(table.bias[shot.item.row()]);
    }
    for item in dismissed {
        rows.negatives.extend(table.row(item.row()));
        rows.negative_bias.push(table.bias[item.row()] + pack.config.dismiss_weight.max(1.0).ln());
    }
    rows
}

/// Falls of less than this are noise of a score whose spread over a shelf is several units.
const LEAST_FALL: f32 = 0.02;

fn reason(shots: &[Event], falls: &[f32], visits: u32) -> Reason {
    let sum: f32 = falls.iter().filter(|&&fall| fall > LEAST_FALL).sum();
    if sum <= 0.0 {
        return if visits > 0 { Reason::TakenBefore { visits } } else { Reason::PopularHere };
    }
    let mut shares: Vec<Share> = shots
        .iter()
        .zip(falls)
        .filter(|&(_, &fall)| fall > LEAST_FALL)
        .map(|(shot, fall)| Share { item: shot.item, share: fall / sum })
        .collect();
    shares.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.item.cmp(&b.item)));
    Reason::BecauseOf { shots: shares }
}

fn mix(frozen: &[f32], tuned: &[f32], weight: f32) -> Vec<f32> {
    frozen.iter().zip(tuned).map(|(f, t)| f + weight * (t - f)).collect()
}

/// Log-likelihood of one product against the negatives.
fn log_likelihood(u: &[f32], row: &[f32], bias: f32, rows: &AdaptRows, pack: &Pack) -> f32 {
    let scale = pack.config.logit_scale;
    let own = scale * kernels::dot(u, row) + bias;
    let others: Vec<f32> = rows
        .negatives
        .chunks_exact(u.len())
        .zip(&rows.negative_bias)
        .map(|(row, bias)| scale * kernels::dot(u, row) + bias)
        .collect();
    let shift = others.iter().copied().fold(own, f32::max);
    own - shift - ((own - shift).exp() + others.iter().map(|z| (z - shift).exp()).sum::<f32>()).ln()
}
