//! The figures as a table for readers.

use std::fmt::Write;

use super::{Quality, TogetherResult, TogetherRow, Told};

/// A number of visits as readers write it: 10,000.
#[must_use]
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The figures as a Markdown table.
#[must_use]
pub fn table(result: &TogetherResult) -> String {
    let mut out = format!(
        "NDCG@10 of {} cases of {} shoppers; gains over the pack as trained, means over k, with 95 % intervals over shoppers\n\
         Watched: {} products; a visit of {} and more products reports at most {} of them. {} of {} sessions are such visits; δ = {} a visit; \
         {} draws of visits and noise a row, the worst and the best in parentheses; each of two aggregators adds its noise\n\n",
        grouped(result.cases[0]),
        grouped(result.cases[1]),
        result.watched,
        result.shortest,
        result.most,
        grouped(result.available),
        grouped(result.sessions),
        result.delta,
        result.seeds,
    );
    let ks: Vec<u32> = result
        .rows
        .first()
        .map(|row| row.all.by_k.keys().copied().collect())
        .unwrap_or_default();
    out += "| refreshed by | σ | kept |";
    for k in &ks {
        let _ = write!(out, " k = {k} |");
    }
    out += " mean | gain | mean beyond 50 | gain | before any click | gain |\n|---|---|---|";
    out += &"---|".repeat(ks.len() + 6);
    out.push('\n');
    let mut repeats = false;
    for row in &result.rows {
        let (name, sigma, is_noisy) = match row.told {
            Told::Nothing => ("nothing".to_owned(), String::new(), false),
            Told::Sessions => (
                "all sessions, in the clear".to_owned(),
                String::new(),
                false,
            ),
            Told::Pairs(0) => ("the same without pairs".to_owned(), String::new(), false),
            Told::Pairs(n) => (
                format!("the same with {} pairs", grouped(n)),
                String::new(),
                false,
            ),
            Told::Counts => (
                format!("exact counts of {} visits", grouped(result.available)),
                String::new(),
                false,
            ),
            Told::Noisy {
                epsilon,
                sigma,
                visits,
                resampled,
            } => {
                repeats |= resampled;
                let star = if resampled { "*" } else { "" };
                (
                    format!("ε = {epsilon}, {}{star} visits", grouped(visits)),
                    format!("{sigma:.1}"),
                    true,
                )
            }
        };
        let kept = match row.told {
            Told::Nothing | Told::Sessions | Told::Pairs(_) => String::new(),
            Told::Counts | Told::Noisy { .. } => format!("{:.2}", row.kept),
        };
        let _ = write!(out, "| {name} | {sigma} | {kept} |");
        for k in &ks {
            let _ = write!(out, " {:.4} |", row.all.by_k.get(k).copied().unwrap_or(0.0));
        }
        let gain = |quality: &Quality| match row.told {
            Told::Nothing => String::new(),
            _ => {
                let [low, high] = quality.interval;
                let [worst, best] = quality.draws;
                let draws = if is_noisy {
                    format!(" ({worst:+.4} to {best:+.4})")
                } else {
                    String::new()
                };
                format!("{:+.4} [{low:+.4}, {high:+.4}]{draws}", quality.gain)
            }
        };
        for quality in [&row.all, &row.beyond, &row.first] {
            let _ = write!(out, " {:.4} | {} |", quality.mean, gain(quality));
        }
        out.push('\n');
    }
    if repeats {
        out += "\n* more visits than the log has: drawn with replacement, so they repeat each other, and only the noise is that of so many\n";
    }
    let helping = |of: fn(&TogetherRow) -> &Quality| {
        let rows = result.rows.iter().filter(|row| of(row).helps());
        let names: Vec<String> = rows
            .filter_map(|row| match row.told {
                Told::Noisy {
                    epsilon, visits, ..
                } => Some(format!("ε = {epsilon} with {} visits", grouped(visits))),
                _ => None,
            })
            .collect();
        if names.is_empty() {
            "at no ε and number of visits tried".to_owned()
        } else {
            names.join("; ")
        }
    };
    let _ = writeln!(
        out,
        "\nBetter than no refresh beyond chance, and in every draw\nafter clicks: {}\nbefore any click: {}",
        helping(|row| &row.all),
        helping(|row| &row.first)
    );
    out
}
