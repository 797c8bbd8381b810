//! Reads rows of a spreadsheet, for raw logs that are published as one.

use std::path::Path;

use calamine::{Data, Reader, open_workbook_auto};

use super::FileError;
use super::guard::guarded;
use super::table::{Columns, Header, RowPosition, TableRow, find_columns};
use super::time::from_civil;

/// Calls `each` with every row of every sheet that has a header; the sheets must have the same
/// columns.
///
/// # Errors
/// When the file is not a spreadsheet, a sheet lacks a required column, there are no rows, or
/// `each` fails.
pub(crate) fn read_sheets(
    path: &Path,
    columns: &Columns,
    mut each: impl FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let broken = |message: String| FileError::Format {
        path: path.to_owned(),
        found: format!(
            "a spreadsheet that cannot be read ({})",
            super::shorten(&message)
        ),
        expected: "an xlsx file".to_owned(),
        advice: "save it again, or save it as 'CSV UTF-8'".to_owned(),
    };
    let mut book = guarded(|| open_workbook_auto(path))
        .map_err(broken)?
        .map_err(|error| broken(error.to_string()))?;
    let mut rows = 0u64;
    let mut cells: Vec<String> = Vec::new();
    for sheet in book.sheet_names() {
        let range = guarded(|| book.worksheet_range(&sheet))
            .map_err(broken)?
            .map_err(|error| broken(error.to_string()))?;
        let first = range.start().map_or(0, |(row, _)| u64::from(row)) + 1;
        let mut lines = range.rows();
        let Some(names) = lines.next() else { continue };
        let header = find_columns(
            path,
            columns,
            names
                .iter()
                .map(|cell| text(cell).trim().to_owned())
                .collect(),
        )?;
        for (at, line) in lines.enumerate() {
            if line.iter().all(|cell| *cell == Data::Empty) {
                continue;
            }
            cells.clear();
            cells.extend(line.iter().map(text));
            each(
                &header,
                &TableRow::made(
                    path,
                    &header,
                    &cells,
                    RowPosition::Row(first + at as u64 + 1),
                ),
            )?;
            rows += 1;
        }
    }
    if rows == 0 {
        Err(FileError::HeaderOnly {
            path: path.to_owned(),
            what: columns.what,
        })
    } else {
        Ok(())
    }
}

/// A cell as text, as in a CSV file.
fn text(cell: &Data) -> String {
    match cell {
        Data::DateTime(time) if time.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            let [month, day, hour, minute, second] =
                [month, day, hour, minute, second].map(u32::from);
            from_civil(year.into(), month, day, hour, minute, second)
                .map_or_else(String::new, super::format_time)
        }
        Data::Empty => String::new(),
        other => other.to_string(),
    }
}
