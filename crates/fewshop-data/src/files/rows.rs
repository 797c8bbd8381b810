//! Tables with any columns, and what is answered about their rows.

use std::path::Path;

use super::FileError;
use super::sheet::{is_workbook, read_first_sheet};
use super::table::{Columns, Header, TableRow, read_table_noting};
use super::write::{CellValue, ColumnType, write_table};

const COLUMNS: Columns = Columns {
    required: &[],
    optional: &[],
    what: "row",
};

/// A table with any columns, as texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnyTable {
    /// Names of the columns in file order. A column without a name is left out.
    pub names: Vec<String>,
    /// Cells by column, trimmed.
    pub columns: Vec<Vec<String>>,
    /// What the owner of the file should know, for people.
    pub notes: Vec<String>,
}

/// Reads a table with any columns from CSV, Parquet or the first sheet of a workbook that has rows. Reading stops at the first row past `most`
/// cells, so that a file of any size costs bounded memory.
///
/// # Errors
/// [`FileError`] with file and line: as for every table, or when it has more cells than `most`.
pub fn read_any_table(path: &Path, most: usize) -> Result<AnyTable, FileError> {
    let mut columns: Vec<Vec<String>> = Vec::new();
    let mut each = |header: &Header, row: &TableRow<'_>| {
        if columns.is_empty() {
            columns = vec![Vec::new(); header.extra.len()];
        }
        let rows = columns.first().map_or(0, Vec::len);
        if (rows + 1) * columns.len() > most {
            return Err(FileError::Format {
                path: path.to_owned(),
                found: format!("a table of more than {most} cells"),
                expected: "a smaller one".to_owned(),
                advice:
                    "keep the labelled rows and ask about the others in parts, or remove columns"
                        .to_owned(),
            });
        }
        for (column, (_, index)) in columns.iter_mut().zip(&header.extra) {
            column.push(row.extra(*index).trim().to_owned());
        }
        Ok(())
    };
    let (header, notes) = match is_workbook(path) {
        true => read_first_sheet(path, &COLUMNS, &mut each)?,
        false => {
            let (header, mut notes) = read_table_noting(path, &COLUMNS, &mut each)?;
            // The letters of a file that is not UTF-8 are a guess; a wrong separator shows in the columns.
            notes.retain(|note| note.starts_with("decoded"));
            (header, notes)
        }
    };
    Ok(AnyTable {
        names: header.extra.into_iter().map(|(name, _)| name).collect(),
        columns,
        notes,
    })
}

/// A cell of a written table.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyCell {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number, written with the digits of an `f32`.
    Number(f32),
    /// Nothing.
    Empty,
}

/// The type of a written column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnyType {
    /// Texts.
    Text,
    /// Whole numbers.
    Whole,
    /// Numbers.
    Number,
}

/// Writes a table with any columns as CSV or Parquet.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_any_table(
    path: &Path,
    columns: &[(String, AnyType)],
    rows: &[Vec<AnyCell>],
) -> Result<(), FileError> {
    let columns: Vec<(&str, ColumnType)> = columns
        .iter()
        .map(|(name, kind)| {
            let kind = match kind {
                AnyType::Text => ColumnType::Text,
                AnyType::Whole => ColumnType::Whole,
                AnyType::Number => ColumnType::Number,
            };
            (name.as_str(), kind)
        })
        .collect();
    write_table(path, &columns, |sink| {
        for row in rows {
            let cells: Vec<CellValue<'_>> = row
                .iter()
                .map(|cell| match cell {
                    AnyCell::Text(text) => CellValue::Text(text),
                    AnyCell::Whole(value) => CellValue::Whole(*value),
                    AnyCell::Number(value) => CellValue::Number(*value),
                    AnyCell::Empty => CellValue::None,
                })
                .collect();
            sink(&cells)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_table_comes_back_and_a_large_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["t.csv", "t.parquet"] {
            let path = folder.path().join(name);
            let columns = [("a", AnyType::Text), ("b", AnyType::Number)]
                .map(|(name, kind)| (name.to_owned(), kind));
            let rows = [
                vec![AnyCell::Text("x".to_owned()), AnyCell::Number(0.25)],
                vec![AnyCell::Text("y".to_owned()), AnyCell::Empty],
            ];
            write_any_table(&path, &columns, &rows).unwrap();
            let back = read_any_table(&path, 4).unwrap();
            assert_eq!(back.names, ["a", "b"]);
            assert_eq!(back.columns, [["x", "y"], ["0.25", ""]]);
            let error = read_any_table(&path, 3).unwrap_err().to_string();
            assert!(error.contains("more than 3 cells"), "{error}");
        }
    }
}
