//! Formats a search as text.

use std::fmt::Write;

use super::interval::Interval;
use super::search::{End, Outcome, RUNGS, Row};
use super::space::words;

/// The trials, those that reached the highest rung first.
#[must_use]
pub fn table(outcome: &Outcome) -> String {
    let mut rows: Vec<&Row> = outcome.rows.iter().collect();
    let gain = |row: &Row| {
        row.gain
            .map_or(if row.trial == 0 { 0.0 } else { f64::MIN }, |gain| {
                gain.mean
            })
    };
    rows.sort_by(|a, b| {
        b.rung
            .cmp(&a.rung)
            .then(gain(b).total_cmp(&gain(a)))
            .then(a.trial.cmp(&b.trial))
    });
    let mut out = format!(
        "{:>5} {:>5} {:>8}  {:<30} {:>8}  settings\n",
        "trial", "rung", "NDCG@10", "against trial 0 (95 %)", "time"
    );
    for row in rows {
        let reached = row.rung.map_or_else(
            || "-".to_owned(),
            |rung| format!("{}/{}", rung + 1, RUNGS.len()),
        );
        let ndcg = row
            .rung
            .map_or_else(|| "-".to_owned(), |_| format!("{:.4}", row.ndcg));
        let settings = match (&row.failed, row.trial) {
            (Some(why), _) => format!("{} (failed: {why})", words(&row.settings)),
            (None, 0) => "(the initial settings)".to_owned(),
            (None, _) => words(&row.settings),
        };
        let gain = row.gain.as_ref().map_or_else(String::new, written);
        let _ = writeln!(
            out,
            "{:>5} {reached:>5} {ndcg:>8}  {gain:<30} {:>8}  {settings}",
            row.trial,
            clock(row.seconds)
        );
    }
    out
}

/// The selection and its reason, in one or two sentences.
#[must_use]
pub fn verdict(outcome: &Outcome) -> String {
    let spent = format!(
        "{} fits in {}",
        outcome.fits + outcome.reused,
        clock(outcome.seconds)
    );
    let end = match outcome.end {
        End::Done => "",
        End::OutOfTime => " The time was used up before all trials were finished.",
        End::TooShort => {
            return format!(
                "Kept the initial settings: the time is too short to train them and one other trial on all folds \
                 ({spent}). Give a longer --budget; finished fits are reused."
            );
        }
    };
    let confidence = match outcome.finalists {
        0 | 1 => "95 % interval".to_owned(),
        count => format!("95 % interval, widened for the best of {count}"),
    };
    match &outcome.best {
        Some((trial, interval)) if outcome.chosen == *trial => format!(
            "Chose trial {trial}: {} ({confidence}) NDCG@10 against trial 0 on shoppers that no earlier choice depended on; {spent}.{end}",
            written(interval)
        ),
        Some((trial, interval)) => format!(
            "Kept the initial settings: the best other trial, {trial}, differs by {} ({confidence}), which may be luck; \
             {spent}.{end}",
            written(interval)
        ),
        None => format!(
            "Kept the initial settings: no other trial reached the last rung; {spent}.{end}"
        ),
    }
}

fn written(interval: &Interval) -> String {
    format!(
        "{:+.4} [{:+.4}, {:+.4}]",
        interval.mean, interval.low, interval.high
    )
}

fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}
