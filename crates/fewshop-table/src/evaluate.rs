//! How good answers are on rows whose target is known: draws of labelled rows and questions.

use crate::error::TableError;
use crate::math::{Random, log_loss, logit};
use crate::predictor::{Answer, Outcome, Predictor};
use crate::settings::Settings;
use crate::table::{Table, is_missing};
use crate::target::{Labels, Target, Task};

/// Probabilities are kept this far from 0 and 1 before their loss is taken.
const CLIP: f64 = 1e-3;

/// Rows that are labelled, and rows that are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// Rows whose target is read.
    pub shots: Vec<usize>,
    /// Rows whose target is only compared.
    pub questions: Vec<usize>,
}

/// Figures of one draw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Mean log loss; for a number the squared error over the variance of the questions.
    pub loss: f64,
    /// The same of the base rate, or of the mean of the shots.
    pub base_loss: f64,
    /// Area under the curve of the second of two classes.
    pub auc: Option<f64>,
    /// Share of questions whose most probable class is theirs.
    pub accuracy: Option<f64>,
    /// Whether the answers would be given.
    pub is_enough: bool,
}

/// Draws `k` of the labelled rows, at least one of each of two classes, and up to `questions` of
/// the others, `draws` times.
///
/// # Errors
/// As [`Predictor::fit`]; also when fewer than `k + 2` rows are labelled.
pub fn draw(
    table: &Table,
    target: &str,
    settings: &Settings,
    k: usize,
    draws: usize,
    questions: usize,
) -> Result<Vec<Draw>, TableError> {
    let read = Target::read(table, target, settings.task)?;
    if k < 2 || read.labelled.len() < k + 2 {
        return Err(TableError::Setting(format!(
            "k = {k} needs at least 2 rows to learn from and 2 more to compare with: '{}' is filled in {} rows",
            crate::error::shorten(target),
            read.labelled.len()
        )));
    }
    let cells = table.column(read.column);
    let is_same = |a: usize, b: usize| match read.labels {
        Labels::Classes(..) => read.class(&cells[a]) == read.class(&cells[b]),
        Labels::Numbers(_) => cells[a] == cells[b],
    };
    let mut out = Vec::with_capacity(draws);
    for number in 0..draws {
        let mut random = Random::new(settings.seed, 1_000_000 + number as u64);
        let mut rows = read.labelled.clone();
        // A draw of one class cannot be learned from; with a very rare class one of its rows is
        // put in instead of drawing for ever.
        for _ in 0..1_000 {
            random.shuffle(&mut rows);
            if rows[..k].iter().any(|&row| !is_same(row, rows[0])) {
                break;
            }
        }
        if let Some(other) = (k..rows.len()).find(|&at| !is_same(rows[at], rows[0]))
            && rows[..k].iter().all(|&row| is_same(row, rows[0]))
        {
            rows.swap(k - 1, other);
        }
        let end = rows.len().min(k.saturating_add(questions));
        out.push(Draw {
            shots: rows[..k].to_vec(),
            questions: rows[k..end].to_vec(),
        });
    }
    Ok(out)
}

/// Fits to a draw's shots and answers its questions. The targets of the questions are emptied
/// before the fit, so nothing can read them.
///
/// # Errors
/// As [`Predictor::fit`].
pub fn answer_draw(
    table: &Table,
    source: Option<&Table>,
    target: &str,
    settings: &Settings,
    draw: &Draw,
) -> Result<(Predictor, Vec<Answer>), TableError> {
    let at = table.find(target)?;
    let rows: Vec<usize> = draw.shots.iter().chain(&draw.questions).copied().collect();
    if let Some(row) = rows.iter().find(|row| **row >= table.rows()) {
        return Err(TableError::Setting(format!(
            "a draw names row {row}, the last is {}: rows are counted from 0",
            table.rows().saturating_sub(1)
        )));
    }
    let mut cells: Vec<String> = rows
        .iter()
        .map(|&row| table.column(at)[row].clone())
        .collect();
    cells[draw.shots.len()..].iter_mut().for_each(String::clear);
    let asked = table.pick(&rows).with_column(at, cells);
    let fitted = match source {
        Some(source) => Predictor::fit_with_source(&asked, source, target, settings)?,
        None => Predictor::fit(&asked, target, settings)?,
    };
    let mut answers: Vec<Answer> = (draw.shots.len()..rows.len())
        .map(|row| fitted.answer(&asked, row))
        .collect();
    for (answer, &row) in answers.iter_mut().zip(&draw.questions) {
        answer.row = row;
    }
    Ok((fitted, answers))
}

/// The labelled rows after `count` labels in which each time the row that
/// [`Predictor::next_to_label`] proposes is labelled: `shots` first, then rows of `pool`. Only the targets of
/// rows that are labelled by then are read.
///
/// # Errors
/// As [`Predictor::fit`].
pub fn follow_proposals(
    table: &Table,
    target: &str,
    settings: &Settings,
    shots: &[usize],
    pool: &[usize],
    count: usize,
) -> Result<Vec<usize>, TableError> {
    let at = table.find(target)?;
    let rows: Vec<usize> = shots.iter().chain(pool).copied().collect();
    let known = |place: usize| table.column(at)[rows[place]].clone();
    let cells = (0..rows.len())
        .map(|place| match place < shots.len() {
            true => known(place),
            false => String::new(),
        })
        .collect();
    let mut asked = table.pick(&rows).with_column(at, cells);
    let mut out = shots.to_vec();
    while out.len() < count {
        let fitted = Predictor::fit(&asked, target, settings)?;
        let Some(next) = fitted.next_to_label(&asked) else {
            break;
        };
        asked.set_cell(at, next, &known(next))?;
        out.push(rows[next]);
    }
    Ok(out)
}

/// Compares the answers of a draw with the table's own values.
///
/// # Errors
/// [`TableError::Setting`] when a question has no known target.
pub fn figures(
    table: &Table,
    target: &str,
    draw: &Draw,
    fitted: &Predictor,
    answers: &[Answer],
) -> Result<Figures, TableError> {
    let cells = table.column(table.find(target)?);
    if let Some(row) = draw.questions.iter().find(|row| is_missing(&cells[**row])) {
        return Err(TableError::Setting(format!(
            "row {} has no value in '{}' to compare with",
            row + 1,
            crate::error::shorten(target)
        )));
    }
    match &fitted.target.labels {
        Labels::Numbers(shots) => {
            // All rows say how numbers are written; a few shots may not.
            let read = Target::read(table, target, Some(Task::Numbers))?;
            let truth: Vec<f64> = answers
                .iter()
                .filter_map(|answer| read.number(&cells[answer.row]))
                .collect();
            Ok(of_numbers(&truth, shots, fitted, answers))
        }
        Labels::Classes(classes, of) => Ok(of_classes(cells, classes, of, fitted, answers)),
    }
}

fn of_numbers(truth: &[f64], shots: &[f64], fitted: &Predictor, answers: &[Answer]) -> Figures {
    let mean = truth.iter().sum::<f64>() / truth.len().max(1) as f64;
    let variance = truth
        .iter()
        .map(|y| (y - mean) * (y - mean))
        .sum::<f64>()
        .max(1e-12);
    let guess = shots.iter().sum::<f64>() / shots.len() as f64;
    let errors = answers
        .iter()
        .zip(truth)
        .map(|(answer, y)| match answer.outcome {
            Outcome::Number { value, .. } => (value - y) * (value - y),
            Outcome::Classes(_) => 0.0,
        });
    Figures {
        loss: errors.sum::<f64>() / variance,
        base_loss: truth.iter().map(|y| (guess - y) * (guess - y)).sum::<f64>() / variance,
        auc: None,
        accuracy: None,
        is_enough: fitted.check().is_enough(),
    }
}

fn of_classes(
    cells: &[String],
    classes: &[String],
    of: &[usize],
    fitted: &Predictor,
    answers: &[Answer],
) -> Figures {
    let n = answers.len() as f64;
    let (mut loss, mut base_loss, mut hits) = (0.0, 0.0, 0.0);
    let mut scored: Vec<(f64, bool)> = Vec::new();
    for answer in answers {
        let Outcome::Classes(all) = &answer.outcome else {
            continue;
        };
        // A class that no shot has: neither model knows it.
        let truth = fitted.target.class(&cells[answer.row]);
        let p = truth.map_or(CLIP, |class| all[class].probability);
        loss += log_loss(logit(p.clamp(CLIP, 1.0 - CLIP)), 1.0);
        let rate = truth.map_or(CLIP, |class| {
            let shots = of.iter().filter(|c| **c == class).count() as f64;
            (shots + 1.0) / (of.len() as f64 + classes.len() as f64)
        });
        base_loss -= rate.ln();
        let best = (0..all.len()).fold(0, |best, at| {
            if all[at].probability > all[best].probability {
                at
            } else {
                best
            }
        });
        hits += f64::from(u8::from(Some(best) == truth));
        if all.len() == 2 {
            scored.push((all[1].probability, truth == Some(1)));
        }
    }
    Figures {
        loss: loss / n,
        base_loss: base_loss / n,
        auc: auc(&mut scored),
        accuracy: Some(hits / n),
        is_enough: fitted.check().is_enough(),
    }
}

/// The share of pairs in the right order, ties half; `None` without a pair.
fn auc(scored: &mut [(f64, bool)]) -> Option<f64> {
    scored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let positives = scored.iter().filter(|s| s.1).count() as f64;
    let negatives = scored.len() as f64 - positives;
    let (mut below, mut sum) = (0.0, 0.0);
    for tied in scored.chunk_by(|a, b| a.0 == b.0) {
        let own = tied.iter().filter(|s| s.1).count() as f64;
        let other = tied.len() as f64 - own;
        sum += own * (below + 0.5 * other);
        below += other;
    }
    (positives * negatives > 0.0).then(|| sum / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_count_half_in_the_area_under_the_curve() {
        let mut scored = vec![(0.5, true), (0.5, false), (0.9, true), (0.1, false)];
        assert_eq!(auc(&mut scored), Some(0.875));
        assert_eq!(auc(&mut [(0.5, true)]), None);
    }
}
