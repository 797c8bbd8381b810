//! One run: the steps from a session to ranked picks, on a backend.

use std::collections::HashSet;

use fewshop_core::{BusinessRule, Event, ItemIx, Objective, Reason, Recommendation, Session};

use crate::compute::Compute;
use crate::features::{DayPromotions, FEATURE_NAMES, FEATURES, FeatureGroup};
use crate::kernels;
use crate::pack::Pack;
use crate::ranking::adaptation::{blend, tuned_without, with_session};
use crate::ranking::candidates::Candidates;
use crate::ranking::feature_matrix::{Evidence, FeatureMatrix};
use crate::ranking::model::Model;
use crate::ranking::options::{RankError, RankOptions, Ranking, Step};
use crate::ranking::pair_scores::PairScores;
use crate::ranking::session_encoder::{EncodedSession, MAX_CONTEXT_ITEMS};
use crate::ranking::shopper_history::{ShopperHistory, VisitHistory};
use crate::weights::Channel;

/// Products reported as nearest to the user embedding.
const NEAREST: usize = 5;

/// A session of one model on one backend. The rows of the session are checked already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) model: &'a Model,
    pub(crate) session: &'a Session,
    /// Of the session's earlier visits.
    pub(crate) visits: Option<&'a VisitHistory>,
    /// Of the session's day.
    pub(crate) promotions: &'a DayPromotions,
    pub(crate) compute: &'a Compute,
}

/// What was learned from one set of context items, whatever shelf it is for.
#[derive(Debug)]
pub(crate) struct LearnedSession<'a> {
    pub(crate) context: Vec<Event>,
    /// As which part of one each context item counts: what stands for the shopper's words counts as
    /// one together.
    pub(crate) parts: Vec<f32>,
    pub(crate) history: ShopperHistory<'a>,
    /// What the shop promotes on the day of the session.
    pub(crate) promotions: &'a DayPromotions,
    /// Blend weight of the fine-tuned user embedding.
    gate: f32,
    /// Of fine-tuning, before and after.
    losses: Option<[f32; 2]>,
    nearest: Vec<(ItemIx, f32)>,
    /// The user embedding without each context item.
    pub(crate) embeddings_without: Vec<Vec<f32>>,
    /// Of all products.
    pub(crate) logits: Vec<f32>,
    pub(crate) pair_scores: PairScores,
}

/// The number of context items, to which training chose gates and fallbacks.
fn whole(parts: &[f32]) -> usize {
    let sum: f32 = parts.iter().sum();
    (sum.round() as usize).max(usize::from(!parts.is_empty()))
}

/// Whether a product is in the leaflet that day.
fn is_promoted(promotions: &DayPromotions, row: u32) -> bool {
    promotions.shares(row as usize).leaflet > 0.0
}

/// The products nearest to a user embedding by cosine, without the context items.
///
/// # Shapes
/// - `u`: `[d]`
/// - `logits`: `[items]`, of the scan with `u`
fn nearest(context: &[Event], u: &[f32], logits: &[f32], pack: &Pack) -> Vec<(ItemIx, f32)> {
    if context.is_empty() {
        return Vec::new();
    }
    let table = pack.item_table();
    let length = |row: &[f32]| kernels::dot(row, row).sqrt().max(f32::MIN_POSITIVE);
    let unit = pack.config().logit_scale * length(u);
    let mut near: Vec<(ItemIx, f32)> = Vec::with_capacity(NEAREST + 1);
    for (row, (logit, bias)) in logits.iter().zip(&table.bias).enumerate() {
        // A logit is the product with the embedding and the item's bias, which is no nearness.
        let along = (logit - bias) / unit;
        let least = near.get(NEAREST - 1).map_or(f32::MIN, |last| last.1);
        // Rows are about 1 long: the exact length is computed only for those that may be near.
        if along < 0.9 * least || context.iter().any(|event| event.item.row() == row) {
            continue;
        }
        let cosine = along / length(&table.row(row));
        let at = near.iter().take_while(|other| other.1 >= cosine).count();
        near.insert(at, (ItemIx::from(row), cosine));
        near.truncate(NEAREST);
    }
    near
}

impl<'a> Run<'a> {
    /// Answers several questions about the session; see
    /// [`Recommender::rank_all`](crate::Recommender::rank_all).
    pub(crate) async fn rank_all(
        &self,
        options: &[RankOptions],
        done: &mut dyn FnMut(Step),
    ) -> Result<Vec<Ranking>, RankError> {
        let mut learned: Vec<(&RankOptions, LearnedSession<'_>)> = Vec::new();
        let mut rankings = Vec::with_capacity(options.len());
        for options in options {
            if options.n == 0 {
                return Err(RankError::NothingRequested);
            }
            if matches!(
                options.objective,
                Objective::Complements | Objective::Similar
            ) {
                rankings.push(self.related(options)?);
                done(Step::Ranker);
                continue;
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

    /// Picks about the seeds, for which nothing is learned.
    fn related(&self, options: &RankOptions) -> Result<Ranking, RankError> {
        let context = self.context(options)?;
        let open = (self.model).open_rows(self.session, self.promotions, options);
        let mut picks = self.model.related(&context, &open, options);
        for pick in &mut picks {
            pick.promoted = is_promoted(self.promotions, pick.item.0);
        }
        Ok(Ranking {
            picks,
            gate: 0.0,
            context_items: context.len(),
            losses: None,
            nearest: Vec::new(),
        })
    }

    /// Picks and reasons from what was learned.
    async fn fill(
        &self,
        learned: &LearnedSession<'_>,
        options: &RankOptions,
        done: &mut dyn FnMut(Step),
    ) -> Result<Ranking, RankError> {
        let model = self.model;
        let items = model.candidate_rows(self.session, learned, options);
        done(Step::Candidates);
        let matrix = self.matrix(learned, &items);
        let is_personal = options.objective == Objective::Personal;
        // A channel's scores are no logarithms of odds that could be compared with everyone's.
        let fallback = model.fallback(learned).filter(|_| !is_personal);
        let mut scores = match fallback {
            Some(channel) => channel_scores(&matrix.features, channel),
            None => self.compute.score(&matrix.features, model.pack()).await?,
        };
        scores.iter_mut().for_each(|score| *score = finite(*score));
        let is_compared = (options.reasons || is_personal) && fallback.is_none();
        let comparison = match is_compared {
            true => model.compare(learned, &items, &scores),
            false => None,
        };
        let own = scores;
        let personal = (comparison.as_ref())
            .filter(|_| is_personal)
            .map(|comparison| model.personal_scores(learned, &items, comparison));
        let scores = personal.as_deref().unwrap_or(&own);
        let (best, rules): (Vec<usize>, Vec<Option<BusinessRule>>) =
            self.order(&items, scores, options).into_iter().unzip();
        done(Step::Ranker);
        let lift = |at: usize| comparison.as_ref().map(|comparison| comparison.lift(at));
        let reasons = if options.reasons {
            let picked: Vec<f32> = best.iter().map(|&at| own[at]).collect();
            let lifts: Vec<Option<f32>> = best.iter().map(|&at| lift(at)).collect();
            model.reasons(learned, &matrix, &items, &best, &picked, &lifts)
        } else {
            vec![Reason::PopularHere; best.len()]
        };
        done(Step::Reasons);
        let pick = |((at, reason), rule)| Recommendation {
            item: ItemIx(items[at]),
            score: scores[at],
            reason,
            rule,
            promoted: is_promoted(learned.promotions, items[at]),
            lift: lift(at),
        };
        let picks = best.into_iter().zip(reasons).zip(rules).map(pick).collect();
        Ok(Ranking {
            picks,
            gate: learned.gate,
            context_items: learned.context.len(),
            losses: learned.losses,
            nearest: learned.nearest.clone(),
        })
    }

    /// The best by score, then the business rules. Positions among `items`.
    fn order(
        &self,
        items: &[u32],
        scores: &[f32],
        options: &RankOptions,
    ) -> Vec<(usize, Option<BusinessRule>)> {
        let is_personal = options.objective == Objective::Personal;
        let best = |n| {
            let has_variants = self.model.pack().parts().variants.is_some();
            let all = if is_personal || has_variants {
                items.len()
            } else {
                n
            };
            let mut best = kernels::top_k(scores, all, &|_| true);
            if is_personal {
                self.model.keep_one_a_title(&mut best, items, true);
            }
            if has_variants {
                self.model.keep_one_a_group(&mut best, items, true);
            }
            best.truncate(n);
            best
        };
        match &self.model.rules {
            None => best(options.n)
                .into_iter()
                .map(|at| (at as usize, None))
                .collect(),
            Some(rules) => rules.order(
                &best(items.len()),
                items,
                &self.model.stats.columns.category,
                &options.filter,
                options.seeds.is_empty(),
                options.n,
            ),
        }
    }

    /// Score and full reason of one product, picked or not.
    pub(crate) async fn explain(&self, item: ItemIx) -> Result<Recommendation, RankError> {
        let model = self.model;
        model.check(item)?;
        let options = RankOptions::default();
        let learned = self.learn(&options, &mut |_| {}).await?;
        let mut items = model.candidate_rows(self.session, &learned, &options);
        let at = items.binary_search(&item.0).unwrap_or_else(|at| {
            items.insert(at, item.0);
            at
        });
        let matrix = self.matrix(&learned, &items);
        let features = &matrix.features[at * FEATURES..(at + 1) * FEATURES];
        // On the kernels whatever the backend: a GPU would compute a single row.
        let score = finite(model.scores(&learned, features)[0]);
        let lift = match model.fallback(&learned) {
            Some(_) => None,
            None => {
                let scores = model.scores(&learned, &matrix.features);
                let comparison = model.compare(&learned, &items, &scores);
                comparison.map(|comparison| comparison.lift(at))
            }
        };
        let reason = model
            .reasons(&learned, &matrix, &items, &[at], &[score], &[lift])
            .remove(0);
        let rule = model
            .rules
            .as_ref()
            .and_then(|rules| rules.rule_for(item, true));
        Ok(Recommendation {
            item,
            score,
            reason,
            rule,
            promoted: is_promoted(learned.promotions, item.0),
            lift,
        })
    }

    /// The candidates with their features.
    pub(crate) async fn candidates(&self, options: &RankOptions) -> Result<Candidates, RankError> {
        let learned = self.learn(options, &mut |_| {}).await?;
        let items = self.model.candidate_rows(self.session, &learned, options);
        let features = self.matrix(&learned, &items).features;
        Ok(Candidates {
            items: items.into_iter().map(ItemIx).collect(),
            features,
            gate: learned.gate,
        })
    }

    fn matrix<'b>(&self, learned: &'b LearnedSession<'_>, items: &'b [u32]) -> FeatureMatrix<'b>
    where
        'a: 'b,
    {
        let evidence = Evidence {
            context: &learned.context,
            parts: &learned.parts,
            history: &learned.history,
            promotions: learned.promotions,
        };
        FeatureMatrix::of(
            items,
            evidence,
            &learned.logits,
            &learned.pair_scores,
            self.model.pack(),
            &self.model.stats,
        )
    }

    /// Encodes the context, fine-tunes the user embedding, and scans the item table.
    async fn learn(
        &self,
        options: &RankOptions,
        done: &mut dyn FnMut(Step),
    ) -> Result<LearnedSession<'a>, RankError> {
        let (model, pack) = (self.model, self.model.pack());
        let (context, history) = (self.context(options)?, self.history(options));
        let parts = self.parts(&context, options);
        let encoded = EncodedSession::weighted(&context, &parts, pack.item_table(), pack.encoder());
        let gates = &pack.adapter().gate;
        let chosen_gate = match whole(&parts) {
            0 => 0.0,
            _ if options.frozen => 0.0,
            k => gates[(k - 1).min(gates.len() - 1)],
        };
        let mut gate = 0.0;
        let mut losses = None;
        let mut u = encoded.user_embedding(None);
        let mut embeddings_without: Vec<Vec<f32>> = (0..context.len())
            .map(|left_out| encoded.user_embedding(Some(left_out)))
            .collect();
        if chosen_gate > 0.0 {
            let rows = with_session(model.negatives.clone(), &context, &history.dismissed, pack);
            if let Some(tuned) = tuned_without(&embeddings_without, &rows, chosen_gate, pack) {
                embeddings_without = tuned;
                gate = chosen_gate;
                let tuned = self.compute.adapt(&u, &rows, pack).await?;
                // On the kernels whatever the backend: two passes over a hundred rows.
                losses = Some(
                    [&u, &tuned]
                        .map(|at| kernels::loss(at, &u, &rows, pack.adapter(), pack.config())),
                );
                u = blend(&u, &tuned, gate);
            }
        }
        done(Step::Adapt);
        let logits = self.compute.scan(&u, pack).await?;
        let nearest = nearest(&context, &u, &logits, pack);
        done(Step::Scan);
        let reads_order = model.groups.contains(FeatureGroup::Order);
        let pair_scores = PairScores::of(&context, &parts, pack, &model.stats, reads_order);
        done(Step::Candidates);
        Ok(LearnedSession {
            context,
            parts,
            history,
            promotions: self.promotions,
            gate,
            losses,
            nearest,
            embeddings_without,
            logits,
            pair_scores,
        })
    }

    /// The context items: the seeds if there are any, else the session's latest ones.
    fn context(&self, options: &RankOptions) -> Result<Vec<Event>, RankError> {
        let mut context = if options.seeds.is_empty() {
            self.session.context_items()
        } else {
            for &seed in &options.seeds {
                self.model.check(seed)?;
            }
            Session::of_items(&options.seeds).context_items()
        };
        context.drain(..context.len().saturating_sub(MAX_CONTEXT_ITEMS));
        Ok(context)
    }

    /// As which part of one each context item counts.
    fn parts(&self, context: &[Event], options: &RankOptions) -> Vec<f32> {
        let Session { asked, events, .. } = self.session;
        if !options.seeds.is_empty() || asked.is_empty() {
            return vec![1.0; context.len()];
        }
        // The newest question that an item stands for, unless the shopper chose it.
        let question = |event: &Event| {
            let is_chosen = events.iter().any(|chosen| chosen.item == event.item);
            let question = asked.iter().rposition(|words| words.contains(&event.item));
            question.filter(|_| !is_chosen)
        };
        let questions: Vec<Option<usize>> = context.iter().map(question).collect();
        let same = |question| questions.iter().filter(|other| **other == question).count();
        let part = |question: &Option<usize>| match question {
            None => 1.0,
            Some(_) => 1.0 / same(*question) as f32,
        };
        questions.iter().map(part).collect()
    }

    /// The part of the shopper's history that these options allow. Seeds exclude the earlier
    /// visits: 'goes well with' is a question about the product, not about the shopper.
    fn history(&self, options: &RankOptions) -> ShopperHistory<'a> {
        if options.frozen {
            return ShopperHistory::default();
        }
        let visits = self.visits.filter(|_| options.seeds.is_empty());
        let dismissed = self.session.dismissed();
        ShopperHistory::of(visits, dismissed, self.model.pack(), &self.model.stats)
    }
}

impl Model {
    /// Leaves out products whose title came before, which look like the same card twice. With `pins`
    /// the products that the shop pinned stay. Before the rules, because a pin counts places.
    ///
    /// # Shapes
    /// - `ranked`: positions among `items`, best first
    pub(crate) fn keep_one_a_title(&self, ranked: &mut Vec<u32>, items: &[u32], pins: bool) {
        self.keep_one_each(ranked, items, pins, &self.stats.columns.title);
    }

    /// The same for variants: of a shirt in three sizes the best one stays.
    pub(crate) fn keep_one_a_group(&self, ranked: &mut Vec<u32>, items: &[u32], pins: bool) {
        if let Some(variants) = &self.pack().parts().variants {
            self.keep_one_each(ranked, items, pins, &variants.group);
        }
    }

    /// Keeps the first product of each number in `of`, which 0 is none of.
    fn keep_one_each(&self, ranked: &mut Vec<u32>, items: &[u32], pins: bool, of: &[u32]) {
        let rules = self.rules.as_ref().filter(|_| pins);
        let is_pinned = |row| {
            let mut pinned = rules.iter().flat_map(|rules| rules.pinned());
            pinned.any(|item| item.0 == row)
        };
        let mut shown = HashSet::new();
        ranked.retain(|&at| {
            let row = items[at as usize];
            let number = of[row as usize];
            number == 0 || shown.insert(number) || is_pinned(row)
        });
    }

    /// What ranks in place of the ranker, which knows more than a channel as soon as there are
    /// earlier visits or dismissals.
    fn fallback(&self, learned: &LearnedSession<'_>) -> Option<Channel> {
        let fallback = &self.pack().config().fallback;
        let last = fallback.len().checked_sub(1)?;
        let k = whole(&learned.parts).checked_sub(1)?;
        if learned.history.is_empty() {
            fallback[k.min(last)]
        } else {
            None
        }
    }

    /// Scores of rows of features, on the kernels.
    pub(crate) fn scores(&self, learned: &LearnedSession<'_>, features: &[f32]) -> Vec<f32> {
        match self.fallback(learned) {
            Some(channel) => channel_scores(features, channel),
            None => kernels::rank(features, self.pack().ranker()),
        }
    }
}

/// A channel's own score; equal ones by popularity.
///
/// # Shapes
/// - `features`: `[rows, FEATURES]`
#[must_use]
pub fn channel_scores(features: &[f32], channel: Channel) -> Vec<f32> {
    const TIE: f32 = 1e-4;
    let at = |name| FEATURE_NAMES.iter().position(|&feature| feature == name);
    let (own, popularity) = (at(channel.feature()), at(Channel::Popularity.feature()));
    let value = |row: &[f32], at: Option<usize>| at.map_or(0.0, |at| row[at]);
    features
        .chunks_exact(FEATURES)
        .map(|row| value(row, own) + TIE * value(row, popularity))
        .collect()
}

/// A finite score. The numbers of a pack are finite, but large ones overflow on the way, and a NaN
/// would come first on the shelf. The bound keeps the sum of an explanation's falls finite too.
pub(crate) fn finite(score: f32) -> f32 {
    const MAX: f32 = 1e30;
    if score.is_nan() {
        -MAX
    } else {
        score.clamp(-MAX, MAX)
    }
}
