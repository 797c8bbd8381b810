//! A table as it was read: names and texts.

use crate::error::{TableError, list, shorten};

/// Most rows of a table.
pub const MAX_ROWS: usize = 200_000;
/// Most columns of a table.
pub const MAX_COLUMNS: usize = 2_000;
/// Most cells of a table: what fits into a browser tab.
pub const MAX_CELLS: usize = 20_000_000;

/// A table of texts, by column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Vec<String>>,
    rows: usize,
}

impl Table {
    /// A table from its columns. Cells are trimmed.
    ///
    /// # Errors
    /// [`TableError`] when the columns differ in length, two have one name, or the table is larger
    /// than [`MAX_ROWS`], [`MAX_COLUMNS`] or [`MAX_CELLS`].
    pub fn new(names: Vec<String>, mut columns: Vec<Vec<String>>) -> Result<Self, TableError> {
        let rows = columns.first().map_or(0, Vec::len);
        if names.len() != columns.len() {
            return Err(TableError::Shape {
                found: format!("{} names for {} columns", names.len(), columns.len()),
                expected: "one name a column".to_owned(),
            });
        }
        check_size(rows, columns.len())?;
        for (at, (name, column)) in names.iter().zip(&columns).enumerate() {
            if column.len() != rows {
                return Err(TableError::Shape {
                    found: format!("the column '{}' has {} cells", shorten(name), column.len()),
                    expected: format!("{rows} as in the first column"),
                });
            }
            if names[..at].contains(name) {
                return Err(TableError::Shape {
                    found: format!("the column '{}' occurs twice", shorten(name)),
                    expected: "each name once".to_owned(),
                });
            }
        }
        for cell in columns.iter_mut().flatten() {
            let trimmed = cell.trim();
            if trimmed.len() < cell.len() {
                *cell = trimmed.to_owned();
            }
        }
        Ok(Self {
            names,
            columns,
            rows,
        })
    }

    /// A table from rows of cells.
    ///
    /// # Errors
    /// As [`Table::new`]; also when a row has more or fewer cells than there are names.
    pub fn from_rows(names: &[&str], rows: &[Vec<&str>]) -> Result<Self, TableError> {
        if let Some(at) = rows.iter().position(|row| row.len() != names.len()) {
            return Err(TableError::Shape {
                found: format!("row {} has {} cells", at + 1, rows[at].len()),
                expected: format!("{} as there are names", names.len()),
            });
        }
        let columns = (0..names.len())
            .map(|at| rows.iter().map(|row| row[at].to_owned()).collect())
            .collect();
        Self::new(names.iter().map(|&name| name.to_owned()).collect(), columns)
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Cells of the column with this number.
    #[must_use]
    pub fn column(&self, at: usize) -> &[String] {
        &self.columns[at]
    }

    /// The number of the column with this name.
    ///
    /// # Errors
    /// [`TableError::NoTarget`].
    pub fn find(&self, name: &str) -> Result<usize, TableError> {
        self.names
            .iter()
            .position(|other| other == name)
            .ok_or_else(|| TableError::NoTarget {
                target: shorten(name),
                found: list(self.names.iter().map(String::as_str)),
            })
    }

    /// Writes a cell, for instance a label; it is trimmed.
    ///
    /// # Errors
    /// [`TableError::Setting`] when there is no such row or column.
    pub fn set_cell(&mut self, at: usize, row: usize, text: &str) -> Result<(), TableError> {
        let (rows, columns) = (self.rows, self.columns.len());
        let cell = self
            .columns
            .get_mut(at)
            .and_then(|column| column.get_mut(row));
        let cell = cell.ok_or_else(|| {
            TableError::Setting(format!(
                "there is no cell in row {row}, column {at}: the table has {rows} rows and {columns} columns, counted from 0"
            ))
        })?;
        text.trim().clone_into(cell);
        Ok(())
    }

    /// The rows with these numbers.
    #[must_use]
    pub fn pick(&self, rows: &[usize]) -> Self {
        let pick = |column: &Vec<String>| rows.iter().map(|&row| column[row].clone()).collect();
        Self {
            names: self.names.clone(),
            columns: self.columns.iter().map(pick).collect(),
            rows: rows.len(),
        }
    }

    /// The same table with other cells in one column.
    #[must_use]
    pub(crate) fn with_column(mut self, at: usize, cells: Vec<String>) -> Self {
        self.columns[at] = cells;
        self
    }
}

/// Refuses a table that is too large; readers call it while they read.
///
/// # Errors
/// [`TableError::TooLarge`].
pub fn check_size(rows: usize, columns: usize) -> Result<(), TableError> {
    let too_large = |what, found, most, advice| {
        Err(TableError::TooLarge {
            what,
            found,
            most,
            advice,
        })
    };
    if columns > MAX_COLUMNS {
        let advice = "keep the columns that could matter for the target";
        return too_large("columns", columns, MAX_COLUMNS, advice);
    }
    if rows > MAX_ROWS {
        let advice = "keep the labelled rows, and ask about the others in parts";
        return too_large("rows", rows, MAX_ROWS, advice);
    }
    if rows * columns > MAX_CELLS {
        let advice = "ask in parts, or keep fewer columns";
        return too_large("cells", rows * columns, MAX_CELLS, advice);
    }
    Ok(())
}

/// Whether the cell means that the value is not known. `none` is not among them: it is a value in
/// many tables ("other debtors: none"). A spreadsheet's errors are.
#[must_use]
pub fn is_missing(cell: &str) -> bool {
    cell.is_empty() || cell.len() <= 7 && is_mark(cell)
}

#[inline(never)]
fn is_mark(cell: &str) -> bool {
    [
        "na", "n/a", "nan", "null", "<null>", "<na>", "?", "#n/a", "#div/0!", "#value!", "#ref!",
        "#name?", "#num!", "#null!",
    ]
    .iter()
    .any(|word| cell.eq_ignore_ascii_case(word))
}
