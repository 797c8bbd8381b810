//! A table that is labelled row by row.

use std::collections::BTreeMap;

use fewshop_table::{
    Asked, Explanation, Predictor, Settings, Table, TableError, Task, answer_draw, draw, figures,
    type_columns,
};

use crate::csv;
use crate::json::list;
use crate::reply;

/// Most cells of a table in a tab: with more, a browser on a phone may close the tab.
pub const MAX_TAB_CELLS: usize = 4_000_000;
/// Most rows that a point of the learning curve asks about.
const CURVE_QUESTIONS: usize = 60;

/// A table, what is to be predicted, and the fit to its labels.
#[derive(Debug, Clone)]
pub struct Session {
    table: Table,
    source: Option<Table>,
    target: Option<usize>,
    settings: Settings,
    fitted: Option<Predictor>,
    /// The last explanation: a click on a row and the file of answers ask for the same.
    explained: BTreeMap<usize, Explanation>,
}

impl Session {
    /// Reads a table from text.
    ///
    /// # Errors
    /// As [`Table::parse`].
    pub fn read(text: &str) -> Result<Self, TableError> {
        Ok(Self {
            table: Table::parse(text, MAX_TAB_CELLS)?,
            source: None,
            target: None,
            settings: Settings::default(),
            fitted: None,
            explained: BTreeMap::new(),
        })
    }

    /// Takes labelled rows of other sites, with the same columns; `None` removes them.
    ///
    /// # Errors
    /// As [`Table::parse`].
    pub fn set_source(&mut self, text: Option<&str>) -> Result<(), TableError> {
        self.source = text
            .map(|text| Table::parse(text, MAX_TAB_CELLS))
            .transpose()?;
        self.forget_fit();
        Ok(())
    }

    /// Names and sizes, as JSON.
    #[must_use]
    pub fn about(&self) -> String {
        reply::table(&self.table)
    }

    /// Cells of these rows and columns, as JSON; rows and columns that are not there are left out.
    #[must_use]
    pub fn rows(&self, rows: &[usize], columns: &[usize]) -> String {
        let here = |all: &[usize], end: usize| -> Vec<usize> {
            all.iter().copied().filter(|at| *at < end).collect()
        };
        let rows = here(rows, self.table.rows());
        reply::rows(&self.table, &rows, &here(columns, self.table.names().len()))
    }

    /// Chooses the column that is predicted.
    ///
    /// # Errors
    /// [`TableError::NoTarget`].
    pub fn choose(&mut self, target: &str) -> Result<(), TableError> {
        self.target = Some(self.table.find(target)?);
        self.forget_fit();
        Ok(())
    }

    /// Corrects how a column is used: `auto`, `use`, `number`, `date`, `category` or `left_out`.
    ///
    /// # Errors
    /// When there is no such column or kind.
    pub fn correct(&mut self, column: &str, kind: &str) -> Result<(), TableError> {
        self.table.find(column)?;
        self.settings.left_out.retain(|name| name != column);
        self.settings.asked.remove(column);
        let asked = match kind {
            "auto" => None,
            "use" => Some(Asked::Use),
            "number" => Some(Asked::Number),
            "date" => Some(Asked::Date),
            "category" => Some(Asked::Category),
            "left_out" => {
                self.settings.left_out.push(column.to_owned());
                None
            }
            other => {
                return Err(TableError::Setting(format!(
                    "a column cannot be '{other}', expected auto, use, number, date, category or left_out"
                )));
            }
        };
        if let Some(asked) = asked {
            self.settings.asked.insert(column.to_owned(), asked);
        }
        self.forget_fit();
        Ok(())
    }

    /// Says whether the target is a number, a class (`Some(false)`), or what it looks like.
    pub fn set_numbers(&mut self, is_number: Option<bool>) {
        self.settings.task = is_number.map(|is| if is { Task::Numbers } else { Task::Classes });
        self.forget_fit();
    }

    /// Writes the target of a row; an empty text makes it a question again.
    ///
    /// # Errors
    /// When no target is chosen or there is no such row.
    pub fn label(&mut self, row: usize, text: &str) -> Result<(), TableError> {
        let target = self.target()?;
        self.table.set_cell(target, row, text)?;
        self.forget_fit();
        Ok(())
    }

    /// The columns as they are used, also when there is nothing to learn from yet, as JSON.
    ///
    /// # Errors
    /// When no target is chosen.
    pub fn columns(&self) -> Result<String, TableError> {
        let columns = type_columns(&self.table, self.target()?, &self.settings);
        Ok(reply::columns(&columns))
    }

    /// Fits to the labels, and says what was found, as JSON.
    ///
    /// # Errors
    /// As [`Predictor::fit`]; also when no target is chosen.
    pub fn fit(&mut self) -> Result<String, TableError> {
        Ok(reply::fitted(self.fitted()?))
    }

    /// The rows with a value in the target, or those without; none without a target.
    #[must_use]
    pub fn order(&self, labelled: bool) -> Vec<usize> {
        let cells = self.target.map(|target| self.table.column(target));
        let cells = cells.unwrap_or_default().iter().enumerate();
        cells
            .filter(|(_, cell)| fewshop_table::is_missing(cell) != labelled)
            .map(|(row, _)| row)
            .collect()
    }

    /// The rows that are questions; none without a fit.
    pub fn questions(&mut self) -> Vec<usize> {
        self.fitted()
            .map(|fitted| fitted.questions().to_vec())
            .unwrap_or_default()
    }

    /// Answers for rows, as JSON; an empty list without a fit.
    pub fn answers(&mut self, rows: &[usize]) -> String {
        if self.fitted().is_err() {
            return "[]".to_owned();
        }
        let rows = rows.iter().filter(|row| **row < self.table.rows());
        let fitted = self.fitted.iter();
        let answers = fitted.flat_map(|fitted| {
            let rows = rows.clone();
            rows.map(|&row| reply::answer(&fitted.answer(&self.table, row)))
        });
        list(answers)
    }

    /// Why a row has its answer, as JSON.
    ///
    /// # Errors
    /// As [`Session::fit`]; also when there is no such row.
    pub fn explain(&mut self, row: usize) -> Result<String, TableError> {
        Ok(reply::explanation(&self.explanation(row)?))
    }

    /// The row that is most worth labelling.
    pub fn next_row(&mut self) -> Option<usize> {
        self.fitted().ok()?;
        self.fitted.as_ref()?.next_to_label(&self.table)
    }

    /// Rates and calibration of a class by the groups of a column, as JSON.
    ///
    /// # Errors
    /// As [`Session::fit`] and [`Predictor::groups`].
    pub fn groups(&mut self, column: &str, class: usize) -> Result<String, TableError> {
        self.fitted()?;
        let fitted = self.fitted.as_ref().expect("it was just fitted");
        fitted
            .groups(&self.table, column, class)
            .map(|groups| reply::groups(&groups))
    }

    /// How good answers are with `k` of the labels, on the other labelled rows, as JSON.
    ///
    /// # Errors
    /// When fewer than `k + 2` rows are labelled.
    pub fn curve_point(&self, k: usize, number: usize) -> Result<String, TableError> {
        let target = &self.table.names()[self.target()?];
        let draws = draw(
            &self.table,
            target,
            &self.settings,
            k,
            number + 1,
            CURVE_QUESTIONS,
        )?;
        let last = &draws[number];
        let (fitted, answers) = answer_draw(
            &self.table,
            self.source.as_ref(),
            target,
            &self.settings,
            last,
        )?;
        figures(&self.table, target, last, &fitted, &answers).map(|own| reply::figures(&own))
    }

    /// The line of names of the file of answers.
    ///
    /// # Errors
    /// As [`Session::fit`].
    pub fn csv_head(&mut self, stamps: &[String]) -> Result<String, TableError> {
        self.fitted()?;
        Ok(self
            .fitted
            .as_ref()
            .map_or_else(String::new, |fitted| csv::head(fitted, &self.table, stamps)))
    }

    /// Lines of the file of answers, of the questions from number `from` on, at most `n`; empty
    /// after the last.
    ///
    /// # Errors
    /// As [`Session::fit`].
    pub fn csv_rows(
        &mut self,
        from: usize,
        n: usize,
        reasons: bool,
        stamps: &[String],
    ) -> Result<String, TableError> {
        let questions = self.fitted()?.questions();
        let rows: Vec<usize> = questions.iter().skip(from).take(n).copied().collect();
        let mut out = String::new();
        for row in rows {
            let is_enough = self.fitted()?.check().is_enough();
            let why = match reasons && is_enough {
                true => Some(self.explanation(row)?),
                false => None,
            };
            if let Some(fitted) = &self.fitted {
                let answer = fitted.answer(&self.table, row);
                out += &csv::row(fitted, &self.table, &answer, why.as_ref(), stamps);
            }
        }
        Ok(out)
    }

    /// The table with its labels and all settings as text, of which a hash can be made.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut out = format!("{:?}", self.settings);
        for table in std::iter::once(&self.table).chain(&self.source) {
            for (at, name) in table.names().iter().enumerate() {
                // No cell can imitate a boundary: lengths stand before texts.
                out += &format!("\n{}:{name}", table.column(at).len());
                for cell in table.column(at) {
                    out += &format!("\n{}:{cell}", cell.len());
                }
            }
        }
        out + &format!("\n{:?}", self.target)
    }

    fn target(&self) -> Result<usize, TableError> {
        self.target.ok_or_else(|| TableError::NoTarget {
            target: String::new(),
            found: self.table.names().join(", "),
        })
    }

    fn forget_fit(&mut self) {
        self.fitted = None;
        self.explained.clear();
    }

    fn fitted(&mut self) -> Result<&Predictor, TableError> {
        if self.fitted.is_none() {
            let target = &self.table.names()[self.target()?];
            let fitted = match &self.source {
                Some(source) => {
                    Predictor::fit_with_source(&self.table, source, target, &self.settings)?
                }
                None => Predictor::fit(&self.table, target, &self.settings)?,
            };
            self.fitted = Some(fitted);
        }
        Ok(self.fitted.as_ref().expect("it was just fitted"))
    }

    fn explanation(&mut self, row: usize) -> Result<Explanation, TableError> {
        if let Some(known) = self.explained.get(&row) {
            return Ok(known.clone());
        }
        self.fitted()?;
        let fitted = self.fitted.as_ref().expect("it was just fitted");
        let why = fitted.explain(&self.table, row)?;
        self.explained.insert(row, why.clone());
        Ok(why)
    }
}
