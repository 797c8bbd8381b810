//! `fewshop evaluate --baseline mlp`.

use fewshop_eval::Contender;

use super::*;

pub(super) fn section(evaluation: &Evaluation, id: &str) -> String {
    let mut out = super::section(
        "Few samples: alone, or with pre-training",
        "The classic small network is trained on each new shopper's few products, once from a random start and once after pre-training on \
         the whole log. The difference is the value of learning from all other shoppers.",
    );
    let lows = evaluation.transfer.values().map(|d| d.ndcg_interval[0]);
    let gains: Vec<f64> = evaluation.transfer.values().map(|d| d.ndcg_at_10).collect();
    let (min, max) = gains
        .iter()
        .fold((f64::MAX, f64::MIN), |(low, high), &gain| {
            (low.min(gain), high.max(gain))
        });
    let clear = lows.filter(|low| *low > 0.0).count();
    let text = format!(
        "pre-training gains {} to {} NDCG@10; the gain is significant for {clear} of {} numbers of known products.",
        plus(min, 3),
        plus(max, 3),
        evaluation.transfer.len()
    );
    let all = clear == evaluation.transfer.len();
    out += &verdict(
        if all { "good" } else { "same" },
        if all {
            "Pre-training matters:"
        } else {
            "It depends:"
        },
        &text,
    );
    let names: Vec<String> = evaluation
        .transfer
        .keys()
        .map(|k| format!("{k} {}", super::super::page::unit(evaluation.unit, *k)))
        .collect();
    let bars: Vec<Bar<'_>> = names
        .iter()
        .zip(evaluation.transfer.values())
        .map(|(name, d)| Bar {
            name,
            value: d.ndcg_at_10,
            interval: Some(d.ndcg_interval),
            class: Verdict::of(d.ndcg_interval).class(),
            label: plus(d.ndcg_at_10, 3),
        })
        .collect();
    let described: Vec<String> = bars
        .iter()
        .map(|bar| format!("{}: {}", bar.name, bar.label))
        .collect();
    let title = format!("Gain from pre-training, {id}");
    let frame = Frame {
        title: &title,
        description: &described.join(", "),
        x: "NDCG@10, pre-trained start minus random start",
        y: "",
    };
    out += &figure(
        |width| charts::bars(&frame, &bars, width),
        "Lines: 95 % intervals over shoppers.",
        "",
    );
    let of = |name: &str| evaluation.contenders.iter().find(|one| one.name == name);
    let (alone, taught) = (of("mlp alone"), of("mlp with transfer"));
    let ndcg = |one: Option<&Contender>, k: &u32| {
        one.and_then(|one| one.by_k.get(k))
            .map_or_else(String::new, |figures| format!("{:.3}", figures.ndcg_at_10))
    };
    let row = |(k, d): (&u32, &fewshop_eval::Difference)| {
        let own = evaluation
            .adapted
            .get(k)
            .map_or_else(String::new, |figures| format!("{:.3}", figures.ndcg_at_10));
        vec![
            k.to_string(),
            ndcg(alone, k),
            ndcg(taught, k),
            signed(d.ndcg_at_10, d.ndcg_interval),
            own,
        ]
    };
    let rows: Vec<Vec<String>> = evaluation.transfer.iter().map(row).collect();
    out + &table(
        &[
            "known",
            "alone",
            "taught start",
            "difference, 95 %",
            "Fewshop",
        ],
        &rows,
    )
}
