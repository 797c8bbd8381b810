//! Reads rows of a spreadsheet: raw logs that are published as one, and tables.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use calamine::{Data, Range, Reader, SheetVisible, Sheets, open_workbook_auto};

use super::FileError;
use super::guard::guarded;
use super::table::{Columns, Header, RowPosition, TableRow, find_columns};
use super::time::from_civil;

/// Whether the file is a workbook (xlsx, ods or an old xls) by its first bytes. A zip file is taken for one,
/// too, and refused when it is opened.
pub(crate) fn is_workbook(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && [*b"PK\x03\x04", [0xd0, 0xcf, 0x11, 0xe0]].contains(&magic)
}

fn broken(path: &Path) -> impl Fn(String) -> FileError {
    |message| FileError::Format {
        path: path.to_owned(),
        found: format!(
            "a spreadsheet that cannot be read ({})",
            super::shorten(&message)
        ),
        expected: "an xlsx file".to_owned(),
        advice: "save it again, or save it as 'CSV UTF-8'".to_owned(),
    }
}

type Book = Sheets<BufReader<File>>;

fn open(path: &Path) -> Result<Book, FileError> {
    guarded(|| open_workbook_auto(path))
        .map_err(broken(path))?
        .map_err(|error| broken(path)(error.to_string()))
}

fn range(path: &Path, book: &mut Book, sheet: &str) -> Result<Range<Data>, FileError> {
    guarded(|| book.worksheet_range(sheet))
        .map_err(broken(path))?
        .map_err(|error| broken(path)(error.to_string()))
}

/// Calls `each` with every row of a sheet; nothing without a header. Returns it with the number of rows.
fn read_rows(
    path: &Path,
    columns: &Columns,
    range: &Range<Data>,
    each: &mut dyn FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
) -> Result<Option<(Header, u64)>, FileError> {
    let first = range.start().map_or(0, |(row, _)| u64::from(row)) + 1;
    let mut lines = range.rows();
    let Some(names) = lines.next() else {
        return Ok(None);
    };
    let names = names.iter().map(|cell| text(cell).trim().to_owned());
    let header = find_columns(path, columns, names.collect())?;
    let mut rows = 0;
    let mut cells: Vec<String> = Vec::new();
    for (at, line) in lines.enumerate() {
        if line.iter().all(|cell| *cell == Data::Empty) {
            continue;
        }
        cells.clear();
        cells.extend(line.iter().map(text));
        let position = RowPosition::Row(first + at as u64 + 1);
        each(&header, &TableRow::made(path, &header, &cells, position))?;
        rows += 1;
    }
    Ok(Some((header, rows)))
}

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
    let mut book = open(path)?;
    let mut rows = 0;
    for sheet in book.sheet_names() {
        let range = range(path, &mut book, &sheet)?;
        rows += read_rows(path, columns, &range, &mut each)?.map_or(0, |read| read.1);
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

/// Calls `each` with every row of the first sheet that has rows and is not hidden. The notes name it, where
/// others have rows as well.
///
/// # Errors
/// As [`read_sheets`].
pub(crate) fn read_first_sheet(
    path: &Path,
    columns: &Columns,
    each: &mut dyn FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
) -> Result<(Header, Vec<String>), FileError> {
    let mut book = open(path)?;
    let shown = book.sheets_metadata().iter();
    let shown: Vec<String> = shown
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut read = None;
    let mut others = Vec::new();
    for sheet in shown {
        let range = range(path, &mut book, &sheet)?;
        if range.height() < 2 {
            continue;
        }
        if read.is_some() {
            others.push(super::shorten(&sheet));
        } else if let Some((header, 1..)) = read_rows(path, columns, &range, each)? {
            read = Some((header, sheet));
        }
    }
    let Some((header, sheet)) = read else {
        return Err(FileError::HeaderOnly {
            path: path.to_owned(),
            what: columns.what,
        });
    };
    let note = format!(
        "the sheet '{}' is read, not {}: save another one as 'CSV UTF-8' to use it",
        super::shorten(&sheet),
        others.join(", ")
    );
    Ok((
        header,
        if others.is_empty() {
            Vec::new()
        } else {
            vec![note]
        },
    ))
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
