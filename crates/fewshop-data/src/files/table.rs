//! Reads the rows of a CSV or Parquet file one after the other, by column name.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::str::FromStr;

use csv::ByteRecord;

use super::columns::{Column, ParquetTable};
use super::error::shorten;
use super::import::source::{self, Body, Source, TextKind, TextSource};
use super::import::{json, xml};
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
        self.indices.get(number).is_some_and(Option::is_some)
    }

    /// The name in the file of the known column `number`.
    #[must_use]
    pub fn name_of(&self, number: usize) -> Option<&str> {
        let index = (*self.indices.get(number)?)?;
        self.names.get(index).map(String::as_str)
    }

    pub(super) fn new(
        indices: Vec<Option<usize>>,
        extra: Vec<(String, usize)>,
        names: Vec<String>,
    ) -> Self {
        Self {
            indices,
            extra,
            names,
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}

/// What a reader makes of a file's first line.
pub(crate) struct Start {
    pub(crate) header: Header,
    /// Whether the line is the first row: the file has no header, and `header` is made up.
    pub(crate) first_is_row: bool,
}

/// One row.
#[derive(Clone, Copy)]
pub struct TableRow<'a> {
    path: &'a Path,
    header: &'a Header,
    cells: Cells<'a>,
}

#[derive(Clone, Copy)]
enum Cells<'a> {
    Csv {
        text: &'a str,
        record: &'a ByteRecord,
        /// Its line, if the text is not the file's own.
        line: Option<u64>,
    },
    Parquet {
        columns: &'a [Option<TextColumn>],
        row: usize,
        before: u64,
    },
    /// Cells that are in no file as they are: of a spreadsheet, or made of several rows.
    Made {
        cells: &'a [String],
        at: RowPosition,
    },
}

/// A point in a file, returned by [`TableRow::at`]. It is cheap to keep; [`place_of`] converts it
/// to a line number, which is slow.
#[derive(Debug, Clone, Copy)]
pub enum RowPosition {
    /// Offset of a record in a text file.
    Byte(u64),
    /// Line of a text, counted from 1.
    Line(u64),
    /// Row of a Parquet file or a spreadsheet, counted from 1.
    Row(u64),
}

impl RowPosition {
    /// The place for an error, as yet without a line in a text file.
    #[must_use]
    pub fn place(self) -> Place {
        match self {
            Self::Byte(byte) => Place::Byte(byte),
            Self::Line(line) => Place::Line(line),
            Self::Row(row) => Place::Row(row),
        }
    }
}

impl<'a> TableRow<'a> {
    /// A row of these cells, which come from `at` in the file.
    pub(super) fn made(
        path: &'a Path,
        header: &'a Header,
        cells: &'a [String],
        at: RowPosition,
    ) -> Self {
        Self {
            path,
            header,
            cells: Cells::Made { cells, at },
        }
    }

    fn cell(&self, index: usize) -> &str {
        match &self.cells {
            Cells::Csv { text, record, .. } => record
                .range(index)
                .and_then(|range| text.get(range))
                .unwrap_or(""),
            Cells::Parquet { columns, row, .. } => columns[index]
                .as_ref()
                .map_or("", |column| column.get(*row)),
            Cells::Made { cells, .. } => cells.get(index).map_or("", String::as_str),
        }
    }

    /// Text of the known column `number`, unchanged; "" if the file lacks the column.
    pub fn raw(&self, number: usize) -> &str {
        match self.header.indices.get(number) {
            Some(Some(index)) => self.cell(*index),
            _ => "",
        }
    }

    /// Text of the known column `number`, trimmed.
    pub fn text(&self, number: usize) -> &str {
        self.raw(number).trim()
    }

    /// The row's header.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.header
    }

    /// Text of another column, by its index in the file.
    pub fn extra(&self, index: usize) -> &str {
        self.cell(index)
    }

    /// The start of the row.
    pub fn at(&self) -> RowPosition {
        match &self.cells {
            Cells::Csv {
                line: Some(line), ..
            } => RowPosition::Line(*line),
            Cells::Csv { record, .. } => {
                RowPosition::Byte(record.position().map_or(0, csv::Position::byte))
            }
            Cells::Parquet { row, before, .. } => RowPosition::Row(before + *row as u64 + 1),
            Cells::Made { at, .. } => *at,
        }
    }

    /// The error for the value in the known column `number`.
    pub fn error(&self, number: usize, expected: &str, advice: &str) -> FileError {
        let field = self
            .header
            .name_of(number)
            .map_or_else(String::new, shorten);
        FileError::Field {
            path: self.path.to_owned(),
            place: self.at().place(),
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
        RowPosition::Line(line) => return Place::Line(line),
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

/// [`read_table`], with what had to be done to the file, for people.
///
/// # Errors
/// As [`read_table`].
pub(super) fn read_table_noting(
    path: &Path,
    columns: &Columns,
    mut each: impl FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
) -> Result<(Header, Vec<String>), FileError> {
    let source = source::open(path, &columns.required.join(", "))?;
    let notes = match &source {
        Source::Text(text) => text.notes.clone(),
        Source::Parquet(_) => Vec::new(),
    };
    let broken: &mut Broken<'_> = &mut |error| Err(error());
    Ok((
        read_opened(path, source, columns, &mut each, broken)?,
        notes,
    ))
}

/// The callback for a record that is not a valid row. The error has no line number yet
/// ([`FileError::located`]).
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
    let source = source::open(path, &columns.required.join(", "))?;
    read_opened(path, source, columns, &mut each, broken)
}

fn read_opened(
    path: &Path,
    source: Source,
    columns: &Columns,
    mut each: &mut dyn FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
    broken: &mut Broken<'_>,
) -> Result<Header, FileError> {
    read_source(
        path,
        source,
        &mut Reader {
            start: &mut |names, _| {
                Ok(Start {
                    header: find_columns(path, columns, names)?,
                    first_is_row: false,
                })
            },
            each: &mut each,
            broken,
            expected: &columns.required.join(", "),
            what: columns.what,
            with_extra: true,
        },
    )
    .map_err(FileError::located)
}

/// What to do with a first line: its names, and its cells if they are its own (a Parquet file and
/// JSON have names only).
pub(crate) type StartWith<'a> = dyn FnMut(Vec<String>, &[&str]) -> Result<Start, FileError> + 'a;

/// What to do with the parts of a table.
pub(crate) struct Reader<'a, 'b> {
    /// The first line's names, and whether they are its own (not a Parquet file's or JSON's).
    pub(crate) start: &'a mut StartWith<'b>,
    pub(crate) each: &'a mut dyn FnMut(&Header, &TableRow<'_>) -> Result<(), FileError>,
    pub(crate) broken: &'a mut Broken<'b>,
    /// The columns, for a message.
    pub(crate) expected: &'a str,
    /// A row, for a message.
    pub(crate) what: &'static str,
    /// Whether columns that are not known are decoded in a Parquet file.
    pub(crate) with_extra: bool,
}

/// Reads an opened file.
///
/// # Errors
/// When it has no header or rows, or a callback fails.
pub(super) fn read_source(
    path: &Path,
    source: Source,
    reader: &mut Reader<'_, '_>,
) -> Result<Header, FileError> {
    match source {
        Source::Parquet(file) => read_parquet(path, file, reader),
        Source::Text(TextSource { body, kind, .. }) => match (kind, body) {
            (TextKind::Separated(separator), Body::File(file)) => {
                read_csv(path, file, separator, None, reader)
            }
            (TextKind::Separated(separator), Body::Memory { text, first_line }) => {
                let lines = Lines {
                    text: &text,
                    at: 0,
                    line: first_line,
                };
                read_csv(path, text.as_slice(), separator, Some(lines), reader)
            }
            (TextKind::Json, body) => json::read(path, body.text(), reader),
            (TextKind::Xml, body) => xml::read(path, body.text(), reader),
        },
    }
}

/// Counts the lines of a text that is in memory.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first character at or behind `byte` that ends no line. Positions only grow.
    fn of(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(&b) = self.text.get(self.at) {
            if self.at >= byte && b != b'\n' && b != b'\r' {
                break;
            }
            if b == b'\n' || (b == b'\r' && self.text.get(self.at + 1) != Some(&b'\n')) {
                self.line += 1;
            }
            self.at += 1;
        }
        self.line
    }
}

fn read_csv(
    path: &Path,
    text: impl Read,
    separator: u8,
    mut lines: Option<Lines<'_>>,
    reader: &mut Reader<'_, '_>,
) -> Result<Header, FileError> {
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .buffer_capacity(1 << 18)
        .from_reader(text);
    let mut record = ByteRecord::new();
    let mut header: Option<Header> = None;
    let mut rows = 0u64;
    loop {
        let more =
            records
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
        let byte = record.position().map_or(0, csv::Position::byte);
        let line = lines.as_mut().map(|lines| lines.of(byte));
        let at = line.map_or(RowPosition::Byte(byte), RowPosition::Line);
        let Some(text) = utf8(&record) else {
            let error = || not_utf8(path, at, &record, header.as_ref());
            // Without a header, no row can be read.
            if header.is_none() {
                return Err(error());
            }
            rows += 1;
            (reader.broken)(&error)?;
            continue;
        };
        if header.is_none() {
            let cells: Vec<&str> = (0..record.len())
                .map(|i| record.range(i).and_then(|r| text.get(r)).unwrap_or(""))
                .collect();
            let names = cells.iter().map(|cell| cell.trim().to_owned()).collect();
            let start = (reader.start)(names, &cells)?;
            header = Some(start.header);
            if !start.first_is_row {
                continue;
            }
        }
        let Some(header) = &header else { continue };
        if record.len() != header.names.len() {
            rows += 1;
            (reader.broken)(&|| FileError::FieldCount {
                path: path.to_owned(),
                place: at.place(),
                found: record.len(),
                expected: header.names.len(),
            })?;
            continue;
        }
        (reader.each)(
            header,
            &TableRow {
                path,
                header,
                cells: Cells::Csv {
                    text,
                    record: &record,
                    line,
                },
            },
        )?;
        rows += 1;
    }
    let header = header.ok_or_else(|| FileError::Empty {
        path: path.to_owned(),
        expected: reader.expected.to_owned(),
    })?;
    if rows == 0 {
        Err(FileError::HeaderOnly {
            path: path.to_owned(),
            what: reader.what,
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

fn not_utf8(
    path: &Path,
    at: RowPosition,
    record: &ByteRecord,
    header: Option<&Header>,
) -> FileError {
    let broken = record
        .iter()
        .position(|field| std::str::from_utf8(field).is_err())
        .unwrap_or(0);
    let name = header
        .and_then(|header| header.names.get(broken))
        .map(|name| shorten(name));
    FileError::NotUtf8 {
        path: path.to_owned(),
        place: at.place(),
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
    let first_name = |column: &'static str| column.split('|').next().unwrap_or(column);
    let missing: Vec<&str> = columns
        .required
        .iter()
        .filter(|column| find(column).is_none())
        .map(|column| first_name(column))
        .collect();
    if let Some(first) = missing.first() {
        return Err(FileError::MissingColumn {
            path: path.to_owned(),
            column: missing.join("', '"),
            found: list(&names),
            advice: advice_for(first, &names),
        });
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

fn read_parquet(path: &Path, file: File, reader: &mut Reader<'_, '_>) -> Result<Header, FileError> {
    let table = ParquetTable::open(path, file)?;
    if json::is_ga4(&table.names()) {
        return json::read_nested(path, &table, reader);
    }
    let header = (reader.start)(table.names(), &[])?.header;
    let needed = |index: usize| header.indices.contains(&Some(index));
    let is_extra = |index: usize| header.extra.iter().any(|(_, extra)| *extra == index);
    let mut before = 0u64;
    for group in 0..table.groups() {
        let mut texts = Vec::with_capacity(header.names.len());
        for (index, name) in header.names.iter().enumerate() {
            // Columns that nobody needs are never decoded, and may hold anything.
            let wanted = reader.with_extra && is_extra(index) && table.is_readable(index);
            let column = if needed(index) || wanted {
                Some(table.group(group, index)?)
            } else {
                None
            };
            let text = column.map(|column| TextColumn::of(path, name, column, before));
            texts.push(text.transpose()?);
        }
        let rows = table.rows_of(group);
        for row in 0..rows {
            (reader.each)(
                &header,
                &TableRow {
                    path,
                    header: &header,
                    cells: Cells::Parquet {
                        columns: &texts,
                        row,
                        before,
                    },
                },
            )?;
        }
        before += rows as u64;
    }
    if before == 0 {
        Err(FileError::HeaderOnly {
            path: path.to_owned(),
            what: reader.what,
        })
    } else {
        Ok(header)
    }
}
