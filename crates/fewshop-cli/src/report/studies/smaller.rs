//! `fewshop compress`.

use fewshop_train::compress::CompressionResult;

use super::super::compression;
use super::super::html::thousands;
use super::*;

pub(super) fn section(search: &CompressionResult, id: &str) -> String {
    let mut out = super::section(
        "A smaller file for the phone",
        "Each shopper's device downloads the shop's pack once. Here the pack is compressed in several ways, and each version ranks for the same queries; \
         bytes are those on the wire (brotli).",
    );
    let (Some(first), Some(taken)) = (search.tried.first(), search.tried.get(search.chosen)) else {
        return out;
    };
    let kb = |bytes: usize| format!("{:.0} kB", bytes as f64 / 1e3);
    let difference = signed(taken.minus_full, taken.minus_full_interval);
    out += &if search.chosen == 0 {
        let text = format!(
            "within {} no version ranked better than the original pack ({}).",
            kb(search.budget_bytes),
            kb(first.brotli_bytes)
        );
        verdict("same", "Unchanged:", &text)
    } else {
        let kind = Verdict::of(taken.minus_full_interval);
        let (word, judged) = match kind {
            Verdict::Loss => ("Smaller and clearly worse:", "the picks lose"),
            _ => (
                "Smaller without a clear loss:",
                "these queries show no difference in the quality of the picks",
            ),
        };
        let text = format!(
            "{} instead of {}; {judged} (NDCG@10 {:.1} % of the original, difference {difference}). It is the best of {} versions, chosen on the same {} \
             queries, so this figure is somewhat optimistic.",
            kb(taken.brotli_bytes),
            kb(first.brotli_bytes),
            100.0 * taken.share_of_full,
            search.tried.len(),
            thousands(search.cases)
        );
        verdict(
            if kind == Verdict::Loss { "bad" } else { "good" },
            word,
            &text,
        )
    };
    out += &figure(
        |width| compression::chart(search, id, width),
        "One line for each format of the products' vectors. Its points, from left to right, keep 25, 50, 75 and 100 % of the pairs of \
         products. The scale does not start at zero.",
        "",
    );
    let mut order: Vec<usize> = (0..search.tried.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(search.tried[at].brotli_bytes));
    let row = |&at: &usize| {
        let one = &search.tried[at];
        let name = if at == search.chosen {
            format!("{} (taken)", one.name)
        } else {
            one.name.clone()
        };
        let minus = if at == 0 {
            String::new()
        } else {
            signed(one.minus_full, one.minus_full_interval)
        };
        vec![
            name,
            kb(one.brotli_bytes),
            format!("{:.4}", one.ndcg),
            format!("{:.1} %", 100.0 * one.share_of_full),
            minus,
        ]
    };
    let head = [
        "",
        "bytes",
        "NDCG@10",
        "of the original",
        "minus the original, 95 %",
    ];
    let best: Vec<Vec<String>> = order
        .iter()
        .filter(|&&at| search.tried[at].on_front || at == search.chosen || at == 0)
        .map(row)
        .collect();
    out += &table(&head, &best);
    out + &details(
        "All versions",
        &head,
        &order.iter().map(row).collect::<Vec<_>>(),
    )
}
