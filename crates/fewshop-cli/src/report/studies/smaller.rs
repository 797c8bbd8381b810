//! `fewshop compress`.

use fewshop_train::compress::Found;

use super::super::compression;
use super::super::html::thousands;
use super::*;

pub(super) fn section(search: &Found, id: &str) -> String {
    let mut out = super::section(
        "A smaller file for the phone",
        "Each shopper's device fetches the shop's pack once. Here it is written in smaller ways, and each is asked the same questions; \
         bytes are counted as they travel (brotli).",
    );
    let (Some(first), Some(taken)) = (search.tried.first(), search.tried.get(search.chosen)) else {
        return out;
    };
    let kb = |bytes: usize| format!("{:.0} kB", bytes as f64 / 1e3);
    let difference = signed(taken.minus_full, taken.minus_full_interval);
    out += &if search.chosen == 0 {
        let text = format!(
            "within {} nothing ranked better than the pack as it came ({}).",
            kb(search.budget_bytes),
            kb(first.brotli_bytes)
        );
        verdict("same", "Left as it is:", &text)
    } else {
        let kind = Verdict::of(taken.minus_full_interval);
        let (word, judged) = match kind {
            Verdict::Loss => ("Smaller, and clearly worse:", "the picks lose"),
            _ => (
                "Smaller at no clear loss:",
                "the picks are as good as these questions can tell",
            ),
        };
        let text = format!(
            "{} instead of {}; {judged} (NDCG@10 {:.1} % of before, difference {difference}). It is the best of {} tried on these very {} \
             questions, so a part of it is luck.",
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
        "A line for each way of writing the products' vectors. Its points, from left to right, keep 25, 50, 75 and 100 % of the pairs of \
         products. Mind the scale: it does not start at zero.",
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
        "of the whole",
        "minus the whole, 95 %",
    ];
    let best: Vec<Vec<String>> = order
        .iter()
        .filter(|&&at| search.tried[at].on_front || at == search.chosen || at == 0)
        .map(row)
        .collect();
    out += &table(&head, &best);
    out + &details(
        "All that was tried",
        &head,
        &order.iter().map(row).collect::<Vec<_>>(),
    )
}
