//! How far figures vary between trainings that differ only in the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use fewshop_core::metrics::CaseScore;

use crate::ScoredCase;

/// Mean NDCG@10 and Recall@20 by k.
#[must_use]
pub fn means(scored: &[ScoredCase]) -> BTreeMap<u32, CaseScore> {
    let mut sums: BTreeMap<u32, (f64, CaseScore)> = BTreeMap::new();
    for one in scored {
        let (n, sum) = sums.entry(one.k).or_default();
        *n += 1.0;
        sum.ndcg_at_10 += one.score.ndcg_at_10;
        sum.recall_at_20 += one.score.recall_at_20;
    }
    let mean = |(k, (n, sum)): (u32, (f64, CaseScore))| {
        (
            k,
            CaseScore {
                ndcg_at_10: sum.ndcg_at_10 / n,
                recall_at_20: sum.recall_at_20 / n,
                ..CaseScore::default()
            },
        )
    };
    sums.into_iter().map(mean).collect()
}

/// Each seed's means by k, and below them mean, range and standard deviation over the seeds.
#[must_use]
pub fn table(figures: &[(u64, BTreeMap<u32, CaseScore>)]) -> String {
    let ks: BTreeSet<u32> = figures
        .iter()
        .flat_map(|(_, means)| means.keys().copied())
        .collect();
    let mut out = String::new();
    for (metric, of) in [
        ("NDCG@10", (|m| m.ndcg_at_10) as fn(&CaseScore) -> f64),
        ("Recall@20", |m| m.recall_at_20),
    ] {
        let _ = write!(out, "{metric:<14}");
        for k in &ks {
            let _ = write!(out, " {:>16}", format!("k = {k}"));
        }
        out.push('\n');
        for (seed, means) in figures {
            let _ = write!(out, "{:<14}", format!("seed {seed}"));
            for k in &ks {
                let _ = write!(out, " {:>16.4}", means.get(k).map_or(f64::NAN, of));
            }
            out.push('\n');
        }
        let spreads: Vec<Spread> = ks
            .iter()
            .map(|k| {
                spread(
                    &figures
                        .iter()
                        .filter_map(|(_, means)| means.get(k).map(of))
                        .collect::<Vec<f64>>(),
                )
            })
            .collect();
        let mut line = |name: &str, words: &dyn Fn(&Spread) -> String| {
            let _ = write!(out, "{name:<14}");
            for spread in &spreads {
                let _ = write!(out, " {:>16}", words(spread));
            }
            out.push('\n');
        };
        line("mean", &|s| format!("{:.4}", s.mean));
        line("min to max", &|s| format!("{:.4} to {:.4}", s.low, s.high));
        line("sd", &|s| format!("{:.4}", s.sd));
    }
    out
}

#[derive(Debug, PartialEq)]
struct Spread {
    mean: f64,
    low: f64,
    high: f64,
    /// Standard deviation of a sample: the divisor is one less than the number of values.
    sd: f64,
}

fn spread(values: &[f64]) -> Spread {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values
        .iter()
        .map(|value| (value - mean) * (value - mean))
        .sum();
    Spread {
        mean,
        low: values.iter().copied().fold(f64::INFINITY, f64::min),
        high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        sd: (squares / f64::max(n - 1.0, 1.0)).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_a_sample() {
        let s = spread(&[0.25, 0.5, 0.75]);
        assert_eq!((s.mean, s.low, s.high, s.sd), (0.5, 0.25, 0.75, 0.25));
        assert_eq!(spread(&[0.5]).sd, 0.0);
    }

    #[test]
    fn each_seed_is_a_row_and_each_k_a_column() {
        let means = |ndcg| {
            BTreeMap::from([
                (
                    1,
                    CaseScore {
                        ndcg_at_10: ndcg,
                        ..CaseScore::default()
                    },
                ),
                (10, CaseScore::default()),
            ])
        };
        let text = table(&[(7, means(0.25)), (8, means(0.75))]);
        assert!(
            text.contains("seed 7") && text.contains("0.2500 to 0.7500") && text.contains("k = 10"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 12);
    }
}
