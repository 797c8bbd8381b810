//! The JavaScript class. Errors are thrown as the JSON of [`crate::error`].

use fewshop_table::TableError;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::session::Session;

fn thrown(error: TableError) -> String {
    crate::error(&error)
}

/// A table that is labelled row by row. Rows and columns count from 0; lists and objects are JSON.
#[wasm_bindgen]
#[derive(Debug)]
pub struct TableSession(Session);

#[wasm_bindgen]
impl TableSession {
    /// Reads a table from text.
    ///
    /// # Errors
    /// When it cannot be read.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str) -> Result<Self, String> {
        Session::read(text).map(Self).map_err(thrown)
    }

    /// Takes labelled rows of other sites; none removes them.
    ///
    /// # Errors
    /// When they cannot be read.
    #[wasm_bindgen(js_name = setSource)]
    pub fn set_source(&mut self, text: Option<String>) -> Result<(), String> {
        self.0.set_source(text.as_deref()).map_err(thrown)
    }

    /// Names and sizes.
    #[must_use]
    pub fn about(&self) -> String {
        self.0.about()
    }

    /// Cells.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript hands lists over")]
    pub fn rows(&self, rows: Vec<usize>, columns: Vec<usize>) -> String {
        self.0.rows(&rows, &columns)
    }

    /// Chooses the column that is predicted.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn choose(&mut self, target: &str) -> Result<(), String> {
        self.0.choose(target).map_err(thrown)
    }

    /// Corrects how a column is used.
    ///
    /// # Errors
    /// When there is no such column or kind.
    pub fn correct(&mut self, column: &str, kind: &str) -> Result<(), String> {
        self.0.correct(column, kind).map_err(thrown)
    }

    /// Says whether the target is a number.
    #[wasm_bindgen(js_name = setNumbers)]
    pub fn set_numbers(&mut self, is_number: Option<bool>) {
        self.0.set_numbers(is_number);
    }

    /// Writes the target of a row.
    ///
    /// # Errors
    /// When no target is chosen or there is no such row.
    pub fn label(&mut self, row: usize, text: &str) -> Result<(), String> {
        self.0.label(row, text).map_err(thrown)
    }

    /// The columns as they are used.
    ///
    /// # Errors
    /// When no target is chosen.
    pub fn columns(&self) -> Result<String, String> {
        self.0.columns().map_err(thrown)
    }

    /// Fits to the labels.
    ///
    /// # Errors
    /// When there is nothing to learn from.
    pub fn fit(&mut self) -> Result<String, String> {
        self.0.fit().map_err(thrown)
    }

    /// The rows with a value in the target, or those without.
    #[must_use]
    pub fn order(&self, labelled: bool) -> Vec<usize> {
        self.0.order(labelled)
    }

    /// The rows that are questions.
    pub fn questions(&mut self) -> Vec<usize> {
        self.0.questions()
    }

    /// Answers for rows.
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript hands lists over")]
    pub fn answers(&mut self, rows: Vec<usize>) -> String {
        self.0.answers(&rows)
    }

    /// Why a row has its answer.
    ///
    /// # Errors
    /// When there is nothing to learn from, or no such row.
    pub fn explain(&mut self, row: usize) -> Result<String, String> {
        self.0.explain(row).map_err(thrown)
    }

    /// The row that is most worth labelling.
    #[wasm_bindgen(js_name = next)]
    pub fn next_row(&mut self) -> Option<usize> {
        self.0.next_row()
    }

    /// Rates and calibration of a class by group.
    ///
    /// # Errors
    /// When there is nothing to learn from, or the column has no groups.
    pub fn groups(&mut self, column: &str, class: usize) -> Result<String, String> {
        self.0.groups(column, class).map_err(thrown)
    }

    /// A point of the learning curve.
    ///
    /// # Errors
    /// When too few rows are labelled.
    #[wasm_bindgen(js_name = curvePoint)]
    pub fn curve_point(&self, k: usize, number: usize) -> Result<String, String> {
        self.0.curve_point(k, number).map_err(thrown)
    }

    /// The line of names of the file of answers.
    ///
    /// # Errors
    /// When there is nothing to learn from.
    #[wasm_bindgen(js_name = csvHead)]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript hands lists over")]
    pub fn csv_head(&mut self, stamps: Vec<String>) -> Result<String, String> {
        self.0.csv_head(&stamps).map_err(thrown)
    }

    /// Lines of the file of answers.
    ///
    /// # Errors
    /// When there is nothing to learn from.
    #[wasm_bindgen(js_name = csvRows)]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript hands lists over")]
    pub fn csv_rows(
        &mut self,
        from: usize,
        n: usize,
        reasons: bool,
        stamps: Vec<String>,
    ) -> Result<String, String> {
        self.0.csv_rows(from, n, reasons, &stamps).map_err(thrown)
    }

    /// The table with its labels as text, of which a hash can be made.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint()
    }
}
