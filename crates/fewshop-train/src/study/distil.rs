//! Measures the gain of a larger ranker, how much of it a student keeps, and the cost of rounding
//! the item vectors.

use std::fmt::Write;

use anyhow::Result;
use fewshop_data::progress::quietly;
use fewshop_eval::{EvalSet, Interval, PICKS, ScoredCase, mean_over_k, paired};
use fewshop_model::{Model, Pack};
use serde::{Deserialize, Serialize};

use crate::compress;
use crate::learner::{self, DistilConfig, Training};

/// Bits that the vectors are rounded to, in addition to eight.
const BITS: [u32; 4] = [7, 6, 5, 4];
/// Numbers of codes per product to evaluate.
const CODES: [usize; 3] = [32, 16, 8];

/// One row of a comparison: a ranking and its metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRow {
    /// Its name.
    pub name: String,
    /// NDCG@10, mean over k; for students also the mean over their seeds.
    #[serde(rename = "ndcg@10")]
    pub ndcg: f64,
    /// NDCG@10 minus that of the table's first row.
    pub minus_first: f64,
    /// Its 95 % interval: paired, over resampled shoppers.
    #[serde(rename = "minus_first 95%")]
    pub minus_first_interval: Interval,
    /// NDCG@10 relative to the first row's.
    pub share_of_first: f64,
}

/// Both tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DistilResult {
    /// Number of evaluation cases.
    pub cases: usize,
    /// Rankers: the teacher first.
    pub rankers: Vec<MetricRow>,
    /// Distilled students minus plain ones of the same seeds.
    pub distilled_minus_plain: f64,
    /// Its interval.
    #[serde(rename = "distilled_minus_plain 95%")]
    pub distilled_minus_plain_interval: Interval,
    /// Item vectors: the unrounded ones first.
    pub vectors: Vec<MetricRow>,
}

/// Trains teacher and students, and evaluates them and the rounded vectors.
///
/// # Errors
/// If the log is too small to learn from, or a pack cannot rank.
pub fn run(training: Training<'_>, settings: &DistilConfig) -> Result<DistilResult> {
    let trained = learner::distil(training, settings)?;
    let ask = |pack: &Pack| evaluate(pack, &trained.eval_set);
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
    Ok(DistilResult {
        cases: teacher.len(),
        rankers: lines(names.into_iter().zip([teacher, plain, distilled])),
        distilled_minus_plain: difference,
        distilled_minus_plain_interval: interval,
        vectors: lines(vectors.into_iter()),
    })
}

/// The same pack with vectors of fewer and fewer bytes, as a device reads them.
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
        .filter(|&subspaces| fewshop_model::ItemTable::can_cut(eight.item_table().d, subspaces));
    let codes = codes.map(|subspaces| {
        (
            format!("{subspaces} codes"),
            compress::coded(eight.item_table(), subspaces, seed),
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

fn evaluate(pack: &Pack, eval_set: &EvalSet) -> Result<Vec<ScoredCase>> {
    let model = Model::new(pack.clone());
    let ranked = quietly(|| fewshop_eval::recommend(&model, &eval_set.queries, PICKS, false))?;
    Ok(fewshop_eval::score(
        &eval_set.queries,
        &eval_set.relevant,
        &ranked,
    ))
}

/// NDCG@10 of each case, averaged over several rankings of it.
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

fn lines(named: impl Iterator<Item = (String, Vec<ScoredCase>)>) -> Vec<MetricRow> {
    let all: Vec<(String, Vec<ScoredCase>)> = named.collect();
    let Some(first) = all.first().map(|(_, scored)| scored) else {
        return Vec::new();
    };
    let whole = mean_over_k(first);
    let line = |(name, scored): &(String, Vec<ScoredCase>)| {
        let (minus_first, minus_first_interval) = paired(scored, first);
        let ndcg = mean_over_k(scored);
        let share_of_first = if whole > 0.0 { ndcg / whole } else { 1.0 };
        MetricRow {
            name: name.clone(),
            ndcg,
            minus_first,
            minus_first_interval,
            share_of_first,
        }
    };
    all.iter().map(line).collect()
}

/// Formats the result as text.
#[must_use]
pub fn table(found: &DistilResult) -> String {
    let mut out = format!(
        "NDCG@10, mean over k, {} validation cases; in brackets 95 % intervals, paired, over resampled shoppers\n",
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
