//! Measures a pack's ranking quality when its item table is perturbed and when clicks are noisy.

use std::fmt::Write;

use anyhow::{Result, ensure};
use fewshop_core::ItemIx;
use fewshop_data::files::EvalCase;
use fewshop_eval::{Difference, EvalSet, Figures, PICKS, RankingScorer, ScoredRanking, picks};
use fewshop_model::{ItemTable, Model, Pack, kernels};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Each context item is replaced with this probability: one in five.
const NOISE: f64 = 0.2;

/// Kinds of disturbance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disturbance {
    /// No disturbance.
    None,
    /// Each item vector moved in a random direction by this share of its length.
    Table(f64),
    /// Each context item replaced by a random product of the catalogue with a probability of one in
    /// five.
    NoiseClicks,
}

impl Disturbance {
    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::None => "as it is".to_owned(),
            Self::Table(share) => format!("item table moved by {share}"),
            Self::NoiseClicks => "one context item in five is noise".to_owned(),
        }
    }
}

/// Metrics of one pack under one disturbance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Robust {
    /// The pack's name.
    pub pack: String,
    /// The disturbance.
    pub disturbance: Disturbance,
    /// NDCG@10 of the pack's rankings.
    pub all: Figures,
    /// NDCG@10 of rankings by item vectors alone.
    pub vectors: Figures,
    /// Minus the same pack undisturbed.
    pub loss: Difference,
    /// The same of item vectors alone.
    pub vectors_loss: Difference,
    /// Minus the first pack under the same disturbance; 0 for the first one itself.
    pub minus_first: Difference,
    /// The same of item vectors alone.
    pub vectors_minus_first: Difference,
}

/// All results of the study.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RobustnessResult {
    /// Rows by pack, then by disturbance; each pack undisturbed first.
    pub rows: Vec<Robust>,
}

/// The item table with each vector moved in a random direction by `share` of its length.
///
/// # Errors
/// Never for a share that is finite.
pub fn disturbed(pack: &Pack, share: f64, seed: u64) -> Result<Pack> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let d = pack.item_table().d;
    let mut rows = Vec::with_capacity(pack.item_table().q.len());
    for row in 0..pack.item_table().len() {
        let x = pack.item_table().row(row);
        // A sum of twelve uniform numbers is close enough to normal for an isotropic direction.
        let noise: Vec<f32> = (0..d)
            .map(|_| (0..12).map(|_| rng.random_range(-0.5f32..0.5)).sum())
            .collect();
        let length = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>().sqrt();
        let scale = share as f32 * length(&x) / length(&noise).max(1e-6);
        rows.extend(x.iter().zip(&noise).map(|(x, n)| x + scale * n));
    }
    let table = ItemTable::quantise(&rows, d, pack.item_table().bias.clone());
    Ok(pack.clone().edit(|parts| parts.item_table = table)?)
}

/// Cases in which each context item is replaced with a probability of one in five, by a product
/// that is not yet in the case.
#[must_use]
pub fn noisy(eval_set: &EvalSet, items: usize, seed: u64) -> EvalSet {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let cases = eval_set.queries.iter().map(|case| {
        let mut context = case.context.clone();
        for at in 0..context.len() {
            if rng.random_bool(NOISE) {
                let other = ItemIx::from(rng.random_range(0..items));
                if !context.contains(&other) {
                    context[at] = other;
                }
            }
        }
        EvalCase {
            context,
            ..case.clone()
        }
    });
    EvalSet {
        queries: cases.collect(),
        relevant: eval_set.relevant.clone(),
    }
}

/// Evaluates packs on the same queries, undisturbed and disturbed. The queries use the rows of each
/// pack.
///
/// # Errors
/// If packs do not hold the same products, or one cannot rank.
pub fn run(
    packs: &[(String, Pack)],
    eval_set: &EvalSet,
    shares: &[f64],
    seed: u64,
) -> Result<RobustnessResult> {
    let mut out: Vec<Robust> = Vec::new();
    let Some((first_name, first)) = packs.first() else {
        return Ok(RobustnessResult::default());
    };
    for (name, pack) in packs {
        let same = pack
            .catalogue()
            .items()
            .iter()
            .map(|item| &item.id)
            .eq(first.catalogue().items().iter().map(|item| &item.id));
        ensure!(
            same,
            "{name} holds other products than {first_name}: train both on the same items"
        );
    }
    let scorer = RankingScorer::of(eval_set, first.popularity());
    let noise = noisy(eval_set, first.catalogue().len(), seed);
    let kinds = [Disturbance::None, Disturbance::NoiseClicks]
        .into_iter()
        .chain(shares.iter().map(|&share| Disturbance::Table(share)));
    let kinds: Vec<Disturbance> = kinds.collect();
    let mut firsts: Vec<[ScoredRanking; 2]> = Vec::new();
    for (name, pack) in packs {
        let mut clean: Option<[ScoredRanking; 2]> = None;
        for (nth, &kind) in kinds.iter().enumerate() {
            let (asked, table) = match kind {
                Disturbance::None => (eval_set, pack.clone()),
                Disturbance::NoiseClicks => (&noise, pack.clone()),
                Disturbance::Table(share) => (eval_set, disturbed(pack, share, seed)?),
            };
            let vectors = scorer.score(by_vectors(&table, &asked.queries));
            let ranked = scorer.score(picks(&Model::new(table), &asked.queries, false)?);
            let both = [ranked, vectors];
            let clean = clean.get_or_insert_with(|| both.clone());
            if firsts.len() <= nth {
                firsts.push(both.clone());
            }
            out.push(Robust {
                pack: name.clone(),
                disturbance: kind,
                all: scorer.all(&both[0]),
                vectors: scorer.all(&both[1]),
                loss: scorer.all_minus(&both[0], &clean[0]),
                vectors_loss: scorer.all_minus(&both[1], &clean[1]),
                minus_first: scorer.all_minus(&both[0], &firsts[nth][0]),
                vectors_minus_first: scorer.all_minus(&both[1], &firsts[nth][1]),
            });
        }
    }
    Ok(RobustnessResult { rows: out })
}

fn by_vectors(pack: &Pack, cases: &[EvalCase]) -> Vec<Vec<ItemIx>> {
    let one = |case: &EvalCase| {
        let (user_embedding, _) =
            pack.user_embeddings(&fewshop_core::Session::of_items(&case.context));
        let logits = kernels::scan(
            pack.item_table(),
            &user_embedding,
            pack.config().logit_scale,
        );
        kernels::top_k(&logits, PICKS, &|row| {
            !case.context.contains(&ItemIx::from(row))
        })
        .into_iter()
        .map(ItemIx)
        .collect()
    };
    use rayon::prelude::*;
    cases.par_iter().map(one).collect()
}

/// Formats the result as text.
#[must_use]
pub fn table(found: &RobustnessResult) -> String {
    let mut out = format!(
        "NDCG@10 over all cases; in brackets 95 % intervals, paired, over resampled shoppers\n{:<20} {:<26} {:>8} {:<26} {:<26} {:>8} {:<26} {:<26}\n",
        "pack",
        "disturbance",
        "pack",
        "minus as it is",
        "minus first",
        "vectors",
        "minus as it is",
        "minus first"
    );
    let signed = |d: &Difference| {
        let [low, high] = d.ndcg_interval;
        format!("{:+.4} [{low:+.4}, {high:+.4}]", d.ndcg_at_10)
    };
    for one in &found.rows {
        let _ = writeln!(
            out,
            "{:<20} {:<26} {:>8.4} {:<26} {:<26} {:>8.4} {:<26} {:<26}",
            one.pack,
            one.disturbance.name(),
            one.all.ndcg_at_10,
            signed(&one.loss),
            signed(&one.minus_first),
            one.vectors.ndcg_at_10,
            signed(&one.vectors_loss),
            signed(&one.vectors_minus_first)
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use fewshop_model::toy;

    use super::*;

    fn eval_set() -> EvalSet {
        let case = |n: u32| EvalCase {
            id: format!("c{n}"),
            user: format!("u{n}"),
            k: 5,
            context: (0..5).map(|i| ItemIx(n % 3 * 20 + i)).collect(),
            ..EvalCase::default()
        };
        let relevant = |n: u32| (5..9).map(|i| ItemIx(n % 3 * 20 + i)).collect();
        EvalSet {
            queries: (0..30).map(case).collect(),
            relevant: (0..30).map(relevant).collect(),
        }
    }

    #[test]
    fn a_vector_moves_by_the_given_share() {
        let pack = toy::pack();
        let moved = disturbed(&pack, 0.5, 7).unwrap();
        for row in 0..pack.item_table().len() {
            let (x, y) = (pack.item_table().row(row), moved.item_table().row(row));
            let length = |x: &mut dyn Iterator<Item = f32>| x.map(|x| x * x).sum::<f32>().sqrt();
            let share =
                length(&mut x.iter().zip(&y).map(|(x, y)| x - y)) / length(&mut x.iter().copied());
            // Rounding to six bits per number removes the rest.
            assert!((share - 0.5).abs() < 0.1, "{share}");
        }
        assert_eq!(disturbed(&pack, 0.5, 7).unwrap(), moved);
    }

    #[test]
    fn one_context_item_in_five_is_noise_and_none_is_repeated() {
        let (clean, noise) = (eval_set(), noisy(&eval_set(), 60, 7));
        let pairs = || {
            clean
                .queries
                .iter()
                .zip(&noise.queries)
                .flat_map(|(a, b)| a.context.iter().zip(&b.context))
        };
        let changed = pairs().filter(|(a, b)| a != b).count();
        assert!((15..45).contains(&changed), "{changed} of 150");
        for case in &noise.queries {
            let mut context = case.context.clone();
            context.sort_unstable();
            context.dedup();
            assert_eq!(context.len(), 5);
        }
    }

    #[test]
    fn disturbances_cost_quality_and_a_pack_equals_itself() {
        let pack = toy::pack();
        let packs = [("one".to_owned(), pack.clone()), ("same".to_owned(), pack)];
        let found = run(&packs, &eval_set(), &[2.0], 7).unwrap();
        assert_eq!(found.rows.len(), 6);
        assert!(
            found.rows[2].vectors_loss.ndcg_at_10 < 0.0,
            "{}",
            table(&found)
        );
        assert!(
            found.rows[3..]
                .iter()
                .all(|one| one.minus_first == Difference::default())
        );
        assert!(table(&found).contains("one context item in five is noise"));
    }
}
