//! `fewshop study distil`.

use fewshop_train::study::distil::{DistilResult, MetricRow};

use super::*;

pub(super) fn section(study: &DistilResult, _: &str) -> String {
    let mut out = super::section(
        "Would a larger model help?",
        "A much larger ranker, too large for a phone, is trained on the same log. Then rankers of the shipped size are trained twice: on the \
         log alone, and on the log and the large ranker's scores.",
    );
    let student = study.rankers.get(1).map_or(1.0, |line| line.share_of_first);
    let kind = Verdict::of(study.distilled_minus_plain_interval);
    let difference = signed(
        study.distilled_minus_plain,
        study.distilled_minus_plain_interval,
    );
    let taught = match kind {
        Verdict::Gain => ("Worth trying:", "distillation from the large ranker helps"),
        Verdict::Same => (
            "Off:",
            "distillation from the large ranker brings no clear gain",
        ),
        Verdict::Loss => ("Off:", "distillation from the large ranker harms"),
    };
    let text = format!(
        "the small ranker reaches {:.1} % of the large one without distillation; {} ({difference} NDCG@10).",
        100.0 * student,
        taught.1
    );
    out += &verdict(kind.class(), taught.0, &text);
    out += &lines("ranker", "minus the large ranker, 95 %", &study.rankers);
    out += "<h3>Loss from rounding the products' vectors</h3>\n";
    out + &lines("vectors", "minus without rounding, 95 %", &study.vectors)
}

fn lines(name: &str, minus: &str, lines: &[MetricRow]) -> String {
    let row = |(nth, line): (usize, &MetricRow)| {
        let minus = if nth == 0 {
            String::new()
        } else {
            signed(line.minus_first, line.minus_first_interval)
        };
        vec![
            line.name.clone(),
            format!("{:.4}", line.ndcg),
            format!("{:.2} %", 100.0 * line.share_of_first),
            minus,
        ]
    };
    table(
        &[name, "NDCG@10", "of the first", minus],
        &lines.iter().enumerate().map(row).collect::<Vec<_>>(),
    )
}
