//! Which row to label next.

use crate::math::squared_distance;
use crate::predictor::{Outcome, Predictor};
use crate::table::Table;

/// Questions that are compared with each other, spread over all of them.
const COMPARED: usize = 240;

impl Predictor {
    /// The question whose label would say most about the others: uncertain itself, and like many
    /// other questions (information density, Settles and Craven 2008). `None` without a question.
    #[must_use]
    pub fn next_to_label(&self, table: &Table) -> Option<usize> {
        let step = self.questions().len().div_ceil(COMPARED).max(1);
        let rows: Vec<usize> = self.questions().iter().copied().step_by(step).collect();
        let encoded: Vec<Vec<f64>> = rows
            .iter()
            .map(|&row| self.encoder.row(table, row))
            .collect();
        let width = self.encoder.width().max(1) as f64;
        let unsure = |outcome: &Outcome| match outcome {
            // All numbers have intervals of one width.
            Outcome::Number { .. } => 1.0,
            Outcome::Classes(all) => all
                .iter()
                .map(|class| -class.probability * class.probability.max(1e-12).ln())
                .sum(),
        };
        let likeness = |a: &[f64], b: &[f64]| (-squared_distance(a, b) / (2.0 * width)).exp();
        let score = |row: &[f64]| {
            let density: f64 = encoded.iter().map(|other| likeness(row, other)).sum();
            // Rows like one that is labelled add little.
            let known = (0..self.x.rows)
                .map(|at| likeness(row, self.x.row(at)))
                .fold(0.0, f64::max);
            unsure(&self.outcome(row)) * density / encoded.len() as f64 * (1.0 - known)
        };
        let mut best: Option<(f64, usize)> = None;
        for (&row, values) in rows.iter().zip(&encoded) {
            let score = score(values);
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, row));
            }
        }
        best.map(|(_, row)| row)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Predictor, Settings, Table};

    #[test]
    fn the_next_row_is_a_question_between_the_classes_and_not_a_lonely_one() {
        let cell = |i: usize| format!("{}", if i == 29 { 900 } else { i % 29 });
        let label = |i: usize| match i {
            0..4 => "a",
            24..28 => "b",
            _ => "",
        };
        let columns = vec![
            (0..30).map(cell).collect(),
            (0..30).map(|i| label(i).to_owned()).collect(),
        ];
        let table = Table::new(vec!["x".to_owned(), "y".to_owned()], columns).unwrap();
        let settings = Settings {
            asked: [("x".to_owned(), crate::Asked::Number)].into(),
            ..Settings::default()
        };
        let fitted = Predictor::fit(&table, "y", &settings).unwrap();
        let next = fitted.next_to_label(&table).unwrap();
        assert!((8..20).contains(&next), "{next}");
    }
}
