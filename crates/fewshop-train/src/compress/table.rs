//! Formats the mixes as text.

use std::fmt::Write;

use super::CompressionResult;

/// Lists the mixes by length, with `*` at those that no smaller mix equals.
#[must_use]
pub fn table(found: &CompressionResult) -> String {
    let mut out = format!(
        "NDCG@10: mean over k, {} cases; in brackets 95 % intervals, paired, over resampled shoppers; * no smaller mix ranks as well\n  {:<52} {:>11} {:>11} {:>8} {:>8}  minus the input pack\n",
        found.cases, "mix", "raw", "brotli 11", "NDCG@10", "of full"
    );
    let mut order: Vec<usize> = (0..found.tried.len()).collect();
    order.sort_by(|&a, &b| {
        found.tried[b]
            .brotli_bytes
            .cmp(&found.tried[a].brotli_bytes)
    });
    for at in order {
        let one = &found.tried[at];
        let [low, high] = one.minus_full_interval;
        let _ = writeln!(
            out,
            "{} {:<52} {:>11} {:>11} {:>8.4} {:>6.2} %  {:+.4} [{low:+.4}, {high:+.4}]{}",
            if one.on_front { '*' } else { ' ' },
            one.name,
            one.raw_bytes,
            one.brotli_bytes,
            one.ndcg,
            100.0 * one.share_of_full,
            one.minus_full,
            if at == found.chosen { "  <- taken" } else { "" }
        );
    }
    out
}
