//! A table as the trainer of a network sees it: the cells that the network would read.

use crate::cells::{INPUTS, OWN_CELLS};
use crate::encode::Encoder;
use crate::ensemble::EnsembleSettings;
use crate::error::TableError;
use crate::head::Head;
use crate::network::{Context, Network, Reading};
use crate::settings::Settings;
use crate::table::Table;
use crate::target::{Labels, Target, Task};
use crate::typing::type_columns;

/// What a network reads of one table with two classes.
#[derive(Debug, Clone)]
pub struct Episode {
    /// Cells of a row.
    pub cells: usize,
    /// Labelled rows.
    pub labelled: usize,
    /// `[labelled, cells, INPUTS]`.
    pub context: Vec<f32>,
    /// `[questions, cells, INPUTS]`, in the order in which they were asked.
    pub questions: Vec<f32>,
    /// Log-odds of the gated ensemble for each question, of the class that the network calls 1.
    pub log_odds: Vec<f64>,
    /// Whether that class is the first of the table's, not the second.
    pub is_turned: bool,
}

/// Fits the ensemble to the labelled rows of a table with two classes and writes the cells of these
/// and of some questions.
///
/// # Errors
/// As [`Predictor::fit`](crate::Predictor::fit); also when there are not two classes.
pub fn episode(
    table: &Table,
    target: &str,
    questions: &[usize],
    settings: &Settings,
) -> Result<Episode, TableError> {
    let target = Target::read(table, target, Some(Task::Classes))?;
    let Labels::Classes(names, of) = &target.labels else {
        unreachable!("classes were asked for")
    };
    if names.len() != 2 {
        return Err(TableError::Setting(format!(
            "a network is trained on tables with two classes, this one has {}",
            names.len()
        )));
    }
    let columns = type_columns(table, target.column, settings);
    let encoder = Encoder::fit(&[table], &columns);
    let x = encoder.rows(table, &target.labelled);
    let outcomes: Vec<f64> = of.iter().map(|class| *class as f64).collect();
    let head = Head::fit(
        x.clone(),
        &outcomes,
        &EnsembleSettings::new(settings.seed),
        None,
        None,
    );
    let reading = Reading::of(encoder.places(), &x, &outcomes);
    let mut out = Episode {
        cells: reading.places.len() + OWN_CELLS,
        labelled: x.rows,
        context: reading.labelled(&x, &outcomes, &head.scores_left_out()),
        questions: Vec::new(),
        log_odds: Vec::new(),
        is_turned: reading.sign < 0.0,
    };
    for &row in questions {
        let encoded = encoder.row(table, row);
        let (opinion, scores) = head.opinion(&encoded);
        out.questions.extend(reading.question(&encoded, scores));
        out.log_odds.push(reading.sign * opinion.0);
    }
    Ok(out)
}

impl Episode {
    /// Reads the labelled rows, by the kernels that a predictor uses.
    #[must_use]
    pub fn read(&self, network: &Network) -> LabelledRows {
        LabelledRows {
            context: Context::of_cells(network, &self.context, self.labelled),
            size: self.cells * INPUTS,
        }
    }

    /// The corrections of a network for the questions.
    #[must_use]
    pub fn corrections(&self, network: &Network) -> Vec<f32> {
        self.read(network).corrections(&self.questions)
    }
}

/// The labelled rows of a table as a network has read them.
#[derive(Debug, Clone)]
pub struct LabelledRows {
    context: Context,
    size: usize,
}

impl LabelledRows {
    /// The corrections for the cells of questions, `[questions, cells, INPUTS]`.
    #[must_use]
    pub fn corrections(&self, questions: &[f32]) -> Vec<f32> {
        let questions = questions.chunks_exact(self.size);
        questions
            .map(|cells| self.context.correction(cells))
            .collect()
    }
}
