//! What a larger ranker knows more than the shipped one, how much of it a student keeps, and what
//! rounding the item vectors costs.

use std::fmt::Write;

use anyhow::Result;
use fewshop_data::progress::quietly;
use fewshop_eval::{EvalSet, Interval, PICKS, ScoredCase, mean_over_k, paired};
use fewshop_model::{Model, Pack};
use serde::{Deserialize, Serialize};

use crate::compress;
use crate::learner::{self, DistilConfig, Training};

/// Bits that the vectors are rounded to beside eight.
const BITS: [u32; 4] = [7, 6, 5, 4];
/// Codes a product that are tried.
const CODES: [usize; 3] = [32, 16, 8];

/// One way to rank beside another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// NDCG@10, mean over k; of students the mean over their seeds.
    #[serde(rename = "ndcg@10")]
    pub ndcg: f64,
    /// Minus the first line of its table.
    pub minus_first: f64,
    /// Its interval: shoppers resampled, pairs kept.
    #[serde(rename = "minus_first 95%")]
    pub minus_first_interval: Interval,
    /// Part of the first line's.
    pub share_of_first: f64,
}

/// Both tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Cases asked.
    pub cases: usize,
    /// Rankers: the teacher first.
    pub rankers: Vec<Line>,
    /// Distilled students minus plain ones of the same seeds.
    pub distilled_minus_plain: f64,
    /// Its interval.
    #[serde(rename = "distilled_minus_plain 95%")]
    pub distilled_minus_plain_interval: Interval,
    /// Vectors: those that are not rounded first.
    pub vectors: Vec<Line>,
}

/// Trains teacher and students, and asks them and the rounded vectors.
///
/// # Errors
/// When the log is too small to learn from, or a pack cannot rank.
pub fn run(training: Training<'_>, settings: &DistilConfig) -> Result<Found> {
    let trained = learner::distil(training, settings)?;
    let ask = |pack: &Pack| asked(pack, &trained.eval_set);
    let teacher = ask(&trained.teacher)?;
    let mean_of = |packs: &[Pack]| {
        Ok::<_, anyhow::Error>(mean(&packs.iter().map(ask).collect::<Result<Vec<_>>>()?))
    };
    let (plain, distilled) = (mean_of(&trained.plain)?, mean_of(&trained.distilled)?);
    let (difference, interval) = paired(&distilled, &plain);
    let hidden = training.config.ranker.hidden;
    let names = [
        format!(
            "teacher, {} networks of {} hidden units",
            settings.members.max(1),
            settings.hidden
        ),
        format!("student of {hidden}, plain"),
        format!("student of {hidden}, distilled"),
    ];
    let vectors = rounded(&trained.unrounded, &trained.eight_bits, training.seed)?;
    let vectors = vectors
        .into_iter()
        .map(|(name, pack)| Ok((name, ask(&pack)?)))
        .collect::<Result<Vec<_>>>()?;
    Ok(Found {
        cases: teacher.len(),
        rankers: lines(names.into_iter().zip([teacher, plain, distilled])),
        distilled_minus_plain: difference,
        distilled_minus_plain_interval: interval,
        vectors: lines(vectors.into_iter()),
    })
}

/// The same pack with vectors of ever fewer bytes, as a device reads them.
fn rounded(unrounded: &Pack, eight: &Pack, seed: u64) -> Result<Vec<(String, Pack)>> {
    let mut out = vec![
        ("not rounded".to_owned(), unrounded.clone()),
        ("8 bits".to_owned(), eight.clone()),
    ];
    let tables = BITS.map(|bits| {
        (
            format!("{bits} bits"),
            compress::rounded(eight.item_table(), bits),
        )
    });
    let codes = CODES
        .into_iter()
        .filter(|&spaces| fewshop_model::ItemTable::can_cut(eight.item_table().d, spaces));
    let codes = codes.map(|spaces| {
        (
            format!("{spaces} codes"),
            compress::coded(eight.item_table(), spaces, seed),
        )
    });
    for (name, table) in tables.into_iter().chain(codes) {
        out.push((
            name,
            Pack::from_bytes(
                &eight
                    .clone()
                    .edit(|parts| parts.item_table = table)?
                    .to_bytes()?,
            )?,
        ));
    }
    Ok(out)
}

fn asked(pack: &Pack, eval_set: &EvalSet) -> Result<Vec<ScoredCase>> {
    let model = Model::new(pack.clone());
    let ranked = quietly(|| fewshop_eval::recommend(&model, &eval_set.queries, PICKS, false))?;
    Ok(fewshop_eval::score(
        &eval_set.queries,
        &eval_set.relevant,
        &ranked,
    ))
}

/// NDCG@10 of each case, averaged over several answers to it.
fn mean(answers: &[Vec<ScoredCase>]) -> Vec<ScoredCase> {
    let Some(mut out) = answers.first().cloned() else {
        return Vec::new();
    };
    for (at, one) in out.iter_mut().enumerate() {
        one.score.ndcg_at_10 = answers
            .iter()
            .map(|answer| answer[at].score.ndcg_at_10)
            .sum::<f64>()
            / answers.len() as f64;
    }
    out
}

fn lines(named: impl Iterator<Item = (String, Vec<ScoredCase>)>) -> Vec<Line> {
    let all: Vec<(String, Vec<ScoredCase>)> = named.collect();
    let Some(first) = all.first().map(|(_, scored)| scored) else {
        return Vec::new();
    };
    let whole = mean_over_k(first);
    let line = |(name, scored): &(String, Vec<ScoredCase>)| {
        let (minus_first, minus_first_interval) = paired(scored, first);
        let ndcg = mean_over_k(scored);
        let share_of_first = if whole > 0.0 { ndcg / whole } else { 1.0 };
        Line {
            name: name.clone(),
            ndcg,
            minus_first,
            minus_first_interval,
            share_of_first,
        }
    };
    all.iter().map(line).collect()
}

/// As text.
#[must_use]
pub fn table(found: &Found) -> String {
    let mut out = format!(
        "NDCG@10, mean over k, {} validation cases; in brackets 95 % intervals, shoppers resampled, pairs kept\n",
        found.cases
    );
    for (title, lines) in [("ranker", &found.rankers), ("item vectors", &found.vectors)] {
        let _ = writeln!(
            out,
            "\n{title:<44} {:>8} {:>9}  minus the first",
            "NDCG@10", "of first"
        );
        for one in lines {
            let [low, high] = one.minus_first_interval;
            let _ = writeln!(
                out,
                "{:<44} {:>8.4} {:>7.2} %  {:+.4} [{low:+.4}, {high:+.4}]",
                one.name,
                one.ndcg,
                100.0 * one.share_of_first,
                one.minus_first
            );
        }
    }
    let [low, high] = found.distilled_minus_plain_interval;
    let _ = writeln!(
        out,
        "\ndistilled minus plain: {:+.4} [{low:+.4}, {high:+.4}]",
        found.distilled_minus_plain
    );
    out
}
