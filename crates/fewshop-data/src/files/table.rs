//! Reads the rows of a CSV or Parquet file one after the other, by column name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::path::Path;
use std::str::FromStr;

use csv::ByteRecord;

use super::columns::{Column, ParquetTable};
use super::error::shorten;
use super::time::format_time;
use super::{FileError, Place};

/// The columns of a kind of file.
pub struct Columns {
    /// Required columns, numbered from 0 in this order. `a|b` is a column that some files call `b`.
    pub required: &'static [&'static str],
    /// Optional columns; their numbers follow the required ones.
    pub optional: &'static [&'static str],
    /// The noun for a row in messages.
    pub what: &'static str,
}

/// The positions of the columns in this file.
#[derive(Debug)]
pub struct Header {
    /// Index in the file of each known column, required ones first.
    indices: Vec<Option<usize>>,
    /// Names and indices of all others.
    pub extra: Vec<(String, usize)>,
    names: Vec<String>,
}

impl Header {
    /// Whether the file has the known column `number`.
    pub fn has(&self, number: usize) -> bool {
        self.indices[number].is_some()
    }
}

/// One row.
#[derive(Clone, Copy)]
pub struct TableRow<'a> {
    path: &'a Path,
    header: &'a Header,
    cells: Cells<'a>,
    placeless: bool,
}

#[derive(Clone, Copy)]
enum Cells<'a> {
    Csv {
        text: &'a str,
        record: &'a ByteRecord,
    },
    Parquet {
        columns: &'a [TextColumn],
        row: usize,
        before: u64,
    },
    Sheet {
        cells: &'a [String],
        row: u64,
    },
}

/// A point in a file, returned by [`TableRow::at`]. It is cheap to keep; [`place_of`] converts it
/// to a line number, which is slow.
#[derive(Debug, Clone, Copy)]
pub enum RowPosition {
    /// Offset of a record in a text file.
    Byte(u64),
    /// Row of a Parquet file or a spreadsheet, counted from 1.
    Row(u64),
}

impl<'a> TableRow<'a> {
    /// A row of a spreadsheet; `row` is the spreadsheet's own row number.
    pub(super) fn of_sheet(
        path: &'a Path,
        header: &'a Header,
        cells: &'a [String],
        row: u64,
    ) -> Self {
        Self {
            path,
            header,
            cells: Cells::Sheet { cells, row },
            placeless: false,
        }
    }

    /// The same row without positions in its errors: finding the line of each of a million bad rows
    /// would take hours.
    pub fn placeless(self) -> Self {
        Self {
            placeless: true,
            ..self
        }
    }

    fn cell(&self, index: usize) -> &str {
        match &self.cells {
            Cells::Csv { text, record } => record
                .range(index)
                .and_then(|range| text.get(range))
                .unwrap_or(""),
            Cells::Parquet { columns, row, .. } => columns[index].get(*row),
            Cells::Sheet { cells, .. } => cells.get(index).map_or("", String::as_str),
        }
    }

    /// Text of the known column `number`, unchanged; "" if the file lacks the column.
    pub fn raw(&self, number: usize) -> &str {
        self.header.indices[number].map_or("", |index| self.cell(index))
    }

    /// Text of the known column `number`, trimmed.
    pub fn text(&self, number: usize) -> &str {
        self.raw(number).trim()
    }

    /// Text of another column, by its index in the file.
    pub fn extra(&self, index: usize) -> &str {
        self.cell(index)
    }

    /// The start of the row.
    pub fn at(&self) -> RowPosition {
        match &self.cells {
            Cells::Csv { record, .. } => {
                RowPosition::Byte(record.position().map_or(0, csv::Position::byte))
            }
            Cells::Parquet { row, before, .. } => RowPosition::Row(before + *row as u64 + 1),
            Cells::Sheet { row, .. } => RowPosition::Row(*row),
        }
    }

    /// The error for the value in the known column `number`.
    pub fn error(&self, number: usize, expected: &str, advice: &str) -> FileError {
        let field = self.header.indices[number]
            .map_or_else(String::new, |index| shorten(&self.header.names[index]));
        FileError::Field {
            path: self.path.to_owned(),
            place: if self.placeless {
                Place::Line(0)
            } else {
                place_of(self.path, self.at())
            },
            field,
            found: shorten(self.raw(number)).into(),
            expected: expected.into(),
            advice: advice.into(),
        }
    }

    /// Text that must not be empty.
    pub fn id(&self, number: usize) -> Result<&str, FileError> {
        let text = self.text(number);
        if text.is_empty() {
            Err(self.error(number, "an id", "fill it in or remove the row"))
        } else {
            Ok(text)
        }
    }

    /// An integer, also in the form `3.0` that spreadsheets write.
    pub fn whole<T: FromStr>(&self, number: usize, expected: &str) -> Result<T, FileError> {
        let text = self.text(number);
        let plain = text
            .split_once('.')
            .filter(|(_, zeros)| zeros.bytes().all(|b| b == b'0'))
            .map_or(text, |(head, _)| head);
        plain
            .parse()
            .ok()
            .ok_or_else(|| self.error(number, expected, "correct the number"))
    }
}

/// Converts a point to the line or row number that an editor shows. Reads the file again up to that
/// point.
pub fn place_of(path: &Path, at: RowPosition) -> Place {
    let byte = match at {
        RowPosition::Row(row) => return Place::Row(row),
        RowPosition::Byte(byte) => byte,
    };
    let (mut line, mut seen, mut after_cr) = (1u64, 0u64, false);
    // The reader's own line count is off after blank lines and lone carriage returns, hence the
    // count by hand. A file that was deleted in the meantime gives line 1: the error that is being
    // reported matters more.
    if let Ok(file) = File::open(path) {
        let mut reader = BufReader::with_capacity(1 << 16, file);
        'file: while let Ok(chunk) = reader.fill_buf() {
            if chunk.is_empty() {
                break;
            }
            for &b in chunk {
                // Line ends at the point itself are skipped blank lines, or the end of the previous
                // line.
                if seen >= byte && b != b'\n' && b != b'\r' {
                    break 'file;
                }
                if b == b'\r' || (b == b'\n' && !after_cr) {
                    line += 1;
                }
                after_cr = b == b'\r';
                seen += 1;
            }
            let used = chunk.len();
            reader.consume(used);
        }
    }
    Place::Line(line)
}

/// Calls `each` with every row of the file.
///
/// # Errors
/// When the file cannot be read, lacks a required column, has no rows, or `each` fails.
pub fn read_table(
    path: &Path,
    columns: &Columns,
    each: impl FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
) -> Result<Header, FileError> {
    read_table_past(path, columns, each, &mut |error| Err(error()))
}

/// The callback for a record that is not a valid row. The error is built only on demand, because it
/// has to find its line number.
pub type Broken<'a> = dyn FnMut(&dyn Fn() -> FileError) -> Result<(), FileError> + 'a;

/// [`read_table`], but an invalid record of a CSV file (too many or too few fields, not UTF-8) is
/// passed to `broken`, which may continue without it.
///
/// # Errors
/// As [`read_table`], or when `broken` fails.
pub fn read_table_past(
    path: &Path,
    columns: &Columns,
    mut each: impl FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
    broken: &mut Broken<'_>,
) -> Result<Header, FileError> {
    let unreadable = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(std::io::Error::new(
            std::io::ErrorKind::IsADirectory,
            "it is a folder",
        )));
    }
    let mut magic = Vec::with_capacity(4);
    file.by_ref()
        .take(4)
        .read_to_end(&mut magic)
        .map_err(unreadable)?;
    let named_parquet = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
    if magic.is_empty() {
        return Err(FileError::Empty {
            path: path.to_owned(),
            expected: columns.required.join(", "),
        });
    }
    if magic == b"PAR1" {
        return read_parquet(path, file, columns, each);
    }
    let format = |found: &str, advice: &str| FileError::Format {
        path: path.to_owned(),
        found: found.to_owned(),
        expected: "a CSV or Parquet file".to_owned(),
        advice: advice.to_owned(),
    };
    match magic.as_slice() {
        [b'P', b'K', 3, 4] => {
            return Err(format(
                "a spreadsheet or zip file",
                "export the sheet as 'CSV UTF-8', or unzip it",
            ));
        }
        [0x1f, 0x8b, ..] => return Err(format("a gzip file", "unpack it with gunzip")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(format("UTF-16 text", "save it again as 'CSV UTF-8'"));
        }
        _ if named_parquet => {
            return Err(format(
                "a file without Parquet's magic bytes",
                "write it again, or name it .csv if it is text",
            ));
        }
        _ => {}
    }
    file.rewind().map_err(unreadable)?;
    read_csv(path, file, columns, &mut each, broken)
}

fn read_csv(
    path: &Path,
    file: File,
    columns: &Columns,
    each: &mut dyn FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
    broken: &mut Broken<'_>,
) -> Result<Header, FileError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 18)
        .from_reader(file);
    let mut record = ByteRecord::new();
    let mut header: Option<Header> = None;
    let mut rows = 0u64;
    loop {
        let more =
            reader
                .read_byte_record(&mut record)
                .map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(source) => FileError::Read {
                        path: path.to_owned(),
                        source,
                    },
                    other => FileError::Read {
                        path: path.to_owned(),
                        source: std::io::Error::other(format!("{other:?}")),
                    },
                })?;
        if !more {
            break;
        }
        let Some(text) = utf8(&record) else {
            let error = || not_utf8(path, &record, header.as_ref());
            // Without a header, no row can be read.
            if header.is_none() {
                return Err(error());
            }
            rows += 1;
            broken(&error)?;
            continue;
        };
        let Some(header) = &header else {
            let names = (0..record.len())
                .map(|i| {
                    record
                        .range(i)
                        .and_then(|r| text.get(r))
                        .unwrap_or("")
                        .trim()
                        .to_owned()
                })
                .collect();
            header = Some(find_columns(path, columns, names)?);
            continue;
        };
        if record.len() != header.names.len() {
            let at = RowPosition::Byte(record.position().map_or(0, csv::Position::byte));
            rows += 1;
            broken(&|| FileError::FieldCount {
                path: path.to_owned(),
                place: place_of(path, at),
                found: record.len(),
                expected: header.names.len(),
            })?;
            continue;
        }
        each(
            header,
            &TableRow {
                path,
                header,
                cells: Cells::Csv {
                    text,
                    record: &record,
                },
                placeless: false,
            },
        )?;
        rows += 1;
    }
    let header = header.ok_or_else(|| FileError::Empty {
        path: path.to_owned(),
        expected: columns.required.join(", "),
    })?;
    if rows == 0 {
        Err(FileError::HeaderOnly {
            path: path.to_owned(),
            what: columns.what,
        })
    } else {
        Ok(header)
    }
}

/// All fields of the record as one text, `None` unless each field is valid UTF-8.
fn utf8(record: &ByteRecord) -> Option<&str> {
    let text = std::str::from_utf8(record.as_slice()).ok()?;
    let whole = (0..record.len()).all(|i| {
        record
            .range(i)
            .is_some_and(|r| text.is_char_boundary(r.start) && text.is_char_boundary(r.end))
    });
    whole.then_some(text)
}

fn not_utf8(path: &Path, record: &ByteRecord, header: Option<&Header>) -> FileError {
    let at = RowPosition::Byte(record.position().map_or(0, csv::Position::byte));
    let broken = record
        .iter()
        .position(|field| std::str::from_utf8(field).is_err())
        .unwrap_or(0);
    let name = header
        .and_then(|header| header.names.get(broken))
        .map(|name| shorten(name));
    FileError::NotUtf8 {
        path: path.to_owned(),
        place: place_of(path, at),
        field: name.unwrap_or_else(|| format!("column {}", broken + 1)),
        found: shorten(&String::from_utf8_lossy(
            record.get(broken).unwrap_or_default(),
        )),
    }
}

/// Looks the columns up in the header.
pub(super) fn find_columns(
    path: &Path,
    columns: &Columns,
    names: Vec<String>,
) -> Result<Header, FileError> {
    if names.iter().all(String::is_empty) {
        return Err(FileError::Empty {
            path: path.to_owned(),
            expected: columns.required.join(", "),
        });
    }
    for (index, name) in names.iter().enumerate() {
        if !name.is_empty() && names[..index].contains(name) {
            return Err(FileError::DuplicateColumn {
                path: path.to_owned(),
                column: shorten(name),
            });
        }
    }
    let find = |column: &str| {
        column
            .split('|')
            .find_map(|alias| names.iter().position(|name| name == alias))
    };
    for &column in columns.required {
        if find(column).is_none() {
            return Err(FileError::MissingColumn {
                path: path.to_owned(),
                column: column.split('|').next().unwrap_or(column).to_owned(),
                found: list(&names),
                advice: advice_for(column.split('|').next().unwrap_or(column), &names),
            });
        }
    }
    let indices: Vec<Option<usize>> = columns
        .required
        .iter()
        .chain(columns.optional)
        .map(|column| find(column))
        .collect();
    let extra = names
        .iter()
        .enumerate()
        .filter(|(index, name)| !indices.contains(&Some(*index)) && !name.is_empty());
    let extra = extra.map(|(index, name)| (name.clone(), index)).collect();
    Ok(Header {
        indices,
        extra,
        names,
    })
}

fn advice_for(column: &str, names: &[String]) -> String {
    let plain = |name: &str| {
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    if let [only] = names
        && let Some((separator, name)) = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")]
            .into_iter()
            .find(|(c, _)| only.contains(*c))
        && only
            .split(separator)
            .any(|part| plain(part) == plain(column))
    {
        return format!("the fields are separated by {name}: save the file with commas");
    }
    match names.iter().find(|name| plain(name) == plain(column)) {
        Some(name) => format!("rename '{}' to '{column}'", shorten(name)),
        None => "add it; cells with unknown values may stay empty".to_owned(),
    }
}

/// Up to twelve names, for a message.
pub(crate) fn list(names: &[String]) -> String {
    let mut out = names
        .iter()
        .take(12)
        .map(|name| shorten(name))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > 12 {
        out.push_str(", …");
    }
    out
}

/// One Parquet column of a row group as text.
struct TextColumn {
    text: String,
    ends: Vec<usize>,
}

impl TextColumn {
    fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }

    fn of(path: &Path, name: &str, column: Column, before: u64) -> Result<Self, FileError> {
        let (mut text, mut ends) = (String::new(), Vec::new());
        let mut push = |value: Option<&str>| {
            text.push_str(value.unwrap_or(""));
            ends.push(text.len());
        };
        match column {
            Column::Ints(values) => values
                .iter()
                .for_each(|value| push(value.map(|v| v.to_string()).as_deref())),
            Column::Floats(values) => values
                .iter()
                .for_each(|value| push(value.map(|v| v.to_string()).as_deref())),
            Column::Times(values) => values
                .iter()
                .for_each(|v| push(v.map(|v| format_time(v.div_euclid(1_000_000))).as_deref())),
            Column::Texts(values) => {
                for (row, value) in values.iter().enumerate() {
                    let bytes = value.as_ref().map_or(&[][..], |value| value.data());
                    let value =
                        std::str::from_utf8(bytes)
                            .ok()
                            .ok_or_else(|| FileError::NotUtf8 {
                                path: path.to_owned(),
                                place: Place::Row(before + row as u64 + 1),
                                field: shorten(name),
                                found: shorten(&String::from_utf8_lossy(bytes)),
                            })?;
                    push(Some(value));
                }
            }
        }
        Ok(Self { text, ends })
    }
}

fn read_parquet(
    path: &Path,
    file: File,
    columns: &Columns,
    mut each: impl FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
) -> Result<Header, FileError> {
    let table = ParquetTable::open(path, file)?;
    let header = find_columns(path, columns, table.names())?;
    let mut before = 0u64;
    for group in 0..table.groups() {
        let mut texts = Vec::with_capacity(header.names.len());
        for (index, name) in header.names.iter().enumerate() {
            texts.push(TextColumn::of(
                path,
                name,
                table.group(group, index)?,
                before,
            )?);
        }
        let rows = texts.first().map_or(0, |column| column.ends.len());
        for row in 0..rows {
            each(
                &header,
                &TableRow {
                    path,
                    header: &header,
                    cells: Cells::Parquet {
                        columns: &texts,
                        row,
                        before,
                    },
                    placeless: false,
                },
            )?;
        }
        before += rows as u64;
    }
    if before == 0 {
        Err(FileError::HeaderOnly {
            path: path.to_owned(),
            what: columns.what,
        })
    } else {
        Ok(header)
    }
}
