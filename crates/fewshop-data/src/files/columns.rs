//! Parquet columns as plain vectors.

use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::error::shorten;
use super::guard::guarded;
use super::{FileError, Place, nested, pages};

/// The values of one column, `None` where the file has a null.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    Ints(Vec<Option<i64>>),
    Floats(Vec<Option<f64>>),
    Texts(Vec<Option<ByteArray>>),
    /// Microseconds since 1970.
    Times(Vec<Option<i64>>),
}

impl Column {
    fn kind(&self) -> &'static str {
        match self {
            Self::Ints(_) => "whole numbers",
            Self::Floats(_) => "numbers",
            Self::Texts(_) => "text",
            Self::Times(_) => "times",
        }
    }

    fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Ints(a), Self::Ints(b)) | (Self::Times(a), Self::Times(b)) => a.extend(b),
            (Self::Floats(a), Self::Floats(b)) => a.extend(b),
            (Self::Texts(a), Self::Texts(b)) => a.extend(b),
            _ => unreachable!("a column has one type in all row groups of a file"),
        }
    }
}

/// A Parquet file whose columns are read by name.
pub(crate) struct ParquetTable {
    path: PathBuf,
    reader: SerializedFileReader<File>,
    /// The same file, for checks before the reader decodes it.
    file: File,
    /// Its bytes.
    size: u64,
}

/// Maximum number of rows: a constant, plus this many for each byte of the file. Repeated values
/// take no room in Parquet, so without a limit a few bytes could ask for billions of rows. In a log
/// of a million rows a row takes two to ten bytes.
const MAX_ROWS: [u64; 2] = [1 << 16, 16];
/// The same for the bytes of a column's texts.
const MAX_TEXT: [u64; 2] = [4 << 20, 64];

/// Rows that [`ParquetTable::stream`] holds at a time: a few megabytes in each column.
const STREAM_ROWS: usize = 1 << 16;

/// A column of a row group that is being read.
struct ColumnPart {
    name: String,
    /// In the whole group.
    rows: usize,
    /// Its highest definition level; 0 if no value can be missing.
    levels: i16,
    scale: Option<Scale>,
    /// Digits after the point, of decimals.
    decimals: Option<i32>,
    reader: ColumnReader,
}

impl ParquetTable {
    /// Opens the file; `path` is used only in messages.
    pub(crate) fn open(path: &Path, source: File) -> Result<Self, FileError> {
        let unreadable = |source| FileError::Read {
            path: path.to_owned(),
            source,
        };
        let size = source.metadata().map_err(unreadable)?.len();
        let file = source.try_clone().map_err(unreadable)?;
        pages::check_footer(&mut &file)
            .map_err(unreadable)?
            .map_err(|problem| damaged(path, &problem))?;
        let reader =
            guarded(|| SerializedFileReader::new(source)).map_err(|panic| damaged(path, &panic))?;
        let reader = reader.map_err(|error| broken(path, &error))?;
        let mut rows = reader
            .metadata()
            .row_groups()
            .iter()
            .map(|group| u64::try_from(group.num_rows()));
        let rows = rows.try_fold(0u64, |sum, rows| {
            rows.ok().and_then(|rows| sum.checked_add(rows))
        });
        if rows
            .is_none_or(|rows| rows > MAX_ROWS[0].saturating_add(MAX_ROWS[1].saturating_mul(size)))
        {
            let rows = rows.map_or_else(|| "no number of".to_owned(), |rows| rows.to_string());
            return Err(FileError::Parquet {
                path: path.to_owned(),
                message: format!("it claims {rows} rows in {size} bytes"),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            reader,
            file,
            size,
        })
    }

    /// Names of the columns, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let schema = self.reader.metadata().file_metadata().schema_descr_ptr();
        schema
            .columns()
            .iter()
            .map(|column| column.path().string())
            .collect()
    }

    pub(crate) fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    /// Number of rows of a row group.
    pub(crate) fn rows_of(&self, group: usize) -> usize {
        let groups = self.reader.metadata().row_groups();
        groups
            .get(group)
            .and_then(|group| usize::try_from(group.num_rows()).ok())
            .unwrap_or(0)
    }

    /// Whether a column holds one value of a readable type in each row.
    pub(crate) fn is_readable(&self, index: usize) -> bool {
        let schema = self.reader.metadata().file_metadata().schema_descr_ptr();
        let column = schema.column(index);
        column.max_rep_level() == 0
            && (column.physical_type() != Type::FIXED_LEN_BYTE_ARRAY || is_decimal(&column))
    }

    /// Calls `each` with the rows of a file with nested columns, as JSON; `roots` are the columns
    /// that are decoded.
    ///
    /// # Errors
    /// When the file is damaged, or `each` fails.
    pub(crate) fn nested_rows(
        &self,
        roots: &[&str],
        mut each: impl FnMut(serde_json::Value) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        let names = self.names();
        for group in 0..self.groups() {
            for (index, name) in names.iter().enumerate() {
                let root = name.split('.').next().unwrap_or(name);
                if !roots.contains(&root) {
                    continue;
                }
                let column = self.reader.metadata().row_group(group).column(index);
                let (start, len) =
                    guarded(|| column.byte_range()).map_err(|panic| damaged(&self.path, &panic))?;
                pages::check_pages(&mut &self.file, start, len)
                    .map_err(|source| FileError::Read {
                        path: self.path.clone(),
                        source,
                    })?
                    .map_err(|problem| damaged(&self.path, &problem))?;
            }
        }
        let opened = guarded(|| nested::open(&self.reader, roots));
        let mut rows = opened
            .map_err(|panic| damaged(&self.path, &panic))?
            .map_err(|error| broken(&self.path, &error))?;
        loop {
            let next = guarded(|| {
                rows.next()
                    .map(|row| row.map(|row| nested::value_of_row(&row)))
            });
            match next.map_err(|panic| damaged(&self.path, &panic))? {
                None => return Ok(()),
                Some(row) => each(row.map_err(|error| broken(&self.path, &error))?)?,
            }
        }
    }

    /// Reads one column of one row group.
    pub(crate) fn group(&self, group: usize, index: usize) -> Result<Column, FileError> {
        guarded(|| self.decode(group, index)).map_err(|panic| damaged(&self.path, &panic))?
    }

    /// Calls `each` with the values of some columns, in the order of `names`, a part of the rows at a
    /// time: a log of tens of millions of rows does not fit into memory as whole columns.
    ///
    /// # Errors
    /// When a column is missing or cannot be read, or `each` fails.
    pub(crate) fn stream<E: From<FileError>>(
        &self,
        names: &[&str],
        mut each: impl FnMut(&[Column]) -> Result<(), E>,
    ) -> Result<(), E> {
        let indices: Vec<usize> = names
            .iter()
            .map(|name| self.index(name))
            .collect::<Result<_, _>>()?;
        let guard = |panic: String| damaged(&self.path, &panic);
        for group in 0..self.groups() {
            let mut parts = guarded(|| {
                let parts = indices.iter().map(|&index| self.part(group, index));
                parts.collect::<Result<Vec<_>, _>>()
            })
            .map_err(guard)??;
            // A group without columns or rows has nothing to read.
            let mut left = parts.first().map_or(0, |part| part.rows);
            while left > 0 {
                let rows = left.min(STREAM_ROWS);
                let columns = guarded(|| {
                    let columns = parts.iter_mut().map(|part| self.take(part, rows));
                    columns.collect::<Result<Vec<_>, _>>()
                })
                .map_err(guard)??;
                each(&columns)?;
                left -= rows;
            }
        }
        Ok(())
    }

    fn decode(&self, group: usize, index: usize) -> Result<Column, FileError> {
        let mut part = self.part(group, index)?;
        let rows = part.rows;
        self.take(&mut part, rows)
    }

    /// Opens one column of one row group.
    fn part(&self, group: usize, index: usize) -> Result<ColumnPart, FileError> {
        let broken = |error: parquet::errors::ParquetError| broken(&self.path, &error);
        let row_group = self.reader.get_row_group(group).map_err(broken)?;
        let descriptor = row_group.metadata().column(index).column_descr_ptr();
        let name = descriptor.path().string();
        if descriptor.max_rep_level() > 0 {
            return Err(self.unreadable(&name, "lists"));
        }
        let rows = usize::try_from(row_group.metadata().num_rows())
            .ok()
            .ok_or_else(|| self.unreadable(&name, "a negative row count"))?;
        let (start, len) = row_group.metadata().column(index).byte_range();
        pages::check_pages(&mut &self.file, start, len)
            .map_err(|source| FileError::Read {
                path: self.path.clone(),
                source,
            })?
            .map_err(|problem| damaged(&self.path, &problem))?;
        Ok(ColumnPart {
            name,
            rows,
            levels: descriptor.max_def_level(),
            scale: micros_per_unit(&descriptor),
            decimals: is_decimal(&descriptor).then(|| descriptor.type_scale()),
            reader: row_group.get_column_reader(index).map_err(broken)?,
        })
    }

    /// The next `rows` values.
    fn take(&self, part: &mut ColumnPart, rows: usize) -> Result<Column, FileError> {
        let broken = |error: parquet::errors::ParquetError| broken(&self.path, &error);
        let ColumnPart {
            name,
            levels,
            scale,
            decimals,
            reader,
            ..
        } = part;
        let (levels, scale) = (*levels, *scale);
        let decimals = *decimals;
        let column = match reader {
            ColumnReader::Int32ColumnReader(reader) => {
                let values = read(reader, rows, levels).map_err(broken)?;
                let wide = each(values, i64::from);
                match scale {
                    Some(scale) => Column::Times(each(wide, |value| scale.apply(value))),
                    None => of_decimals(wide, decimals),
                }
            }
            ColumnReader::Int64ColumnReader(reader) => {
                let values = read(reader, rows, levels).map_err(broken)?;
                match scale {
                    Some(scale) => Column::Times(each(values, |value| scale.apply(value))),
                    None => of_decimals(values, decimals),
                }
            }
            ColumnReader::Int96ColumnReader(reader) => {
                let values = read(reader, rows, levels).map_err(broken)?;
                Column::Times(each(values, |value| value.to_micros()))
            }
            ColumnReader::FloatColumnReader(reader) => {
                let values = read(reader, rows, levels).map_err(broken)?;
                Column::Floats(each(values, f64::from))
            }
            ColumnReader::DoubleColumnReader(reader) => {
                Column::Floats(read(reader, rows, levels).map_err(broken)?)
            }
            ColumnReader::ByteArrayColumnReader(reader) => {
                let values: Vec<Option<ByteArray>> = read(reader, rows, levels).map_err(broken)?;
                let text: u64 = values
                    .iter()
                    .flatten()
                    .map(|value| value.len() as u64)
                    .sum();
                if text > MAX_TEXT[0] + MAX_TEXT[1].saturating_mul(self.size) {
                    return Err(damaged(
                        &self.path,
                        &format!("column '{}' holds {text} bytes of text", shorten(name)),
                    ));
                }
                match decimals {
                    Some(scale) => Column::Floats(each(values, |v| decimal(v.data(), scale))),
                    None => Column::Texts(values),
                }
            }
            ColumnReader::BoolColumnReader(reader) => {
                let values = read(reader, rows, levels).map_err(broken)?;
                Column::Ints(each(values, i64::from))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                let Some(scale) = decimals else {
                    return Err(self.unreadable(name, "bytes of fixed length"));
                };
                let values = read(reader, rows, levels).map_err(broken)?;
                Column::Floats(each(values, |v| decimal(v.data(), scale)))
            }
        };
        Ok(column)
    }

    /// The position of a column.
    fn index(&self, name: &str) -> Result<usize, FileError> {
        let names = self.names();
        let index = names.iter().position(|other| other == name);
        index.ok_or_else(|| FileError::MissingColumn {
            path: self.path.clone(),
            column: name.to_owned(),
            found: super::table::list(&names),
            advice: "check that it is the right file".to_owned(),
        })
    }

    /// Reads a whole column by name.
    fn whole(&self, name: &str) -> Result<Column, FileError> {
        let index = self.index(name)?;
        let mut whole: Option<Column> = None;
        for group in 0..self.groups() {
            let part = self.group(group, index)?;
            match &mut whole {
                Some(whole) => whole.append(part),
                None => whole = Some(part),
            }
        }
        whole.ok_or_else(|| FileError::HeaderOnly {
            path: self.path.clone(),
            what: "row",
        })
    }

    /// A column of whole numbers.
    pub(crate) fn ints(&self, name: &str) -> Result<Vec<Option<i64>>, FileError> {
        match self.whole(name)? {
            Column::Ints(values) => Ok(values),
            // pandas writes a column of integers with missing values as floats.
            Column::Floats(values) => Ok(values
                .into_iter()
                .map(|value| value.filter(|v| v.is_finite()).map(|v| v as i64))
                .collect()),
            other => Err(self.wrong_kind(name, &other, "whole numbers")),
        }
    }

    /// A column of numbers.
    pub(crate) fn floats(&self, name: &str) -> Result<Vec<Option<f64>>, FileError> {
        match self.whole(name)? {
            Column::Floats(values) => Ok(values),
            Column::Ints(values) => Ok(each(values, |v| v as f64)),
            other => Err(self.wrong_kind(name, &other, "numbers")),
        }
    }

    /// A column of times, in microseconds since 1970.
    pub(crate) fn times(&self, name: &str) -> Result<Vec<Option<i64>>, FileError> {
        match self.whole(name)? {
            Column::Times(values) => Ok(values),
            other => Err(self.wrong_kind(name, &other, "times")),
        }
    }

    /// A column of text, nulls as "".
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, FileError> {
        let column = self.whole(name)?;
        let Column::Texts(values) = column else {
            return Err(self.wrong_kind(name, &column, "text"));
        };
        let text = |(row, value): (usize, Option<ByteArray>)| {
            let bytes = value.as_ref().map_or(&[][..], |value| value.data());
            std::str::from_utf8(bytes)
                .map(str::to_owned)
                .ok()
                .ok_or_else(|| FileError::NotUtf8 {
                    path: self.path.clone(),
                    place: Place::Row(row as u64 + 1),
                    field: name.to_owned(),
                    found: shorten(&String::from_utf8_lossy(bytes)),
                })
        };
        values.into_iter().enumerate().map(text).collect()
    }

    fn unreadable(&self, name: &str, what: &str) -> FileError {
        FileError::Parquet {
            path: self.path.clone(),
            message: format!("column '{}' holds {what}", shorten(name)),
        }
    }

    /// The error for a column whose values are not `expected`.
    pub(crate) fn wrong_kind(&self, name: &str, column: &Column, expected: &str) -> FileError {
        FileError::Parquet {
            path: self.path.clone(),
            message: format!(
                "column '{name}' holds {}, expected {expected}",
                column.kind()
            ),
        }
    }
}

fn broken(path: &Path, error: &parquet::errors::ParquetError) -> FileError {
    FileError::Parquet {
        path: path.to_owned(),
        message: shorten(&error.to_string()),
    }
}

fn damaged(path: &Path, panic: &str) -> FileError {
    FileError::Parquet {
        path: path.to_owned(),
        message: format!("it is damaged: {}", shorten(panic)),
    }
}

/// The next `rows` values of a flat column, with the nulls restored.
fn read<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: usize,
    levels: i16,
) -> Result<Vec<Option<T::T>>, parquet::errors::ParquetError> {
    let (mut defined, mut values) = (Vec::new(), Vec::new());
    let mut left = rows;
    while left > 0 {
        let (records, _, _) = reader.read_records(left, Some(&mut defined), None, &mut values)?;
        if records == 0 {
            return Err(parquet::errors::ParquetError::General(format!(
                "{left} of {rows} rows are missing"
            )));
        }
        left -= records;
    }
    if levels == 0 {
        return Ok(values.into_iter().map(Some).collect());
    }
    let mut values = values.into_iter();
    let out = defined
        .into_iter()
        .map(|level| if level == levels { values.next() } else { None })
        .collect();
    Ok(out)
}

/// Whole numbers, or decimals stored as such.
/// Every value that is there, changed.
fn each<T, U>(values: Vec<Option<T>>, change: impl Fn(T) -> U) -> Vec<Option<U>> {
    values.into_iter().map(|value| value.map(&change)).collect()
}

fn of_decimals(values: Vec<Option<i64>>, scale: Option<i32>) -> Column {
    match scale {
        None | Some(0) => Column::Ints(values),
        Some(scale) => Column::Floats(each(values, |v| v as f64 / 10f64.powi(scale))),
    }
}

/// A decimal as Parquet stores long ones: a big-endian integer of any length.
fn decimal(bytes: &[u8], scale: i32) -> f64 {
    let sign = bytes.first().is_some_and(|&first| first >= 0x80);
    let start = if sign { -1.0 } else { 0.0 };
    let whole = bytes
        .iter()
        .fold(start, |sum: f64, &b| sum * 256.0 + f64::from(b));
    whole / 10f64.powi(scale)
}

fn is_decimal(descriptor: &ColumnDescriptor) -> bool {
    matches!(descriptor.logical_type_ref(), Some(LogicalType::Decimal(_)))
        || descriptor.converted_type() == ConvertedType::DECIMAL
}

/// Converts a stored number to microseconds.
#[derive(Clone, Copy)]
enum Scale {
    Times(i64),
    Over(i64),
}

impl Scale {
    fn apply(self, value: i64) -> i64 {
        match self {
            Self::Times(factor) => value.saturating_mul(factor),
            Self::Over(divisor) => value.div_euclid(divisor),
        }
    }
}

/// The scale of a column of times or dates, `None` for a column of numbers.
fn micros_per_unit(descriptor: &ColumnDescriptor) -> Option<Scale> {
    match descriptor.logical_type_ref() {
        Some(LogicalType::Timestamp(time)) => Some(match time.unit {
            TimeUnit::MILLIS => Scale::Times(1_000),
            TimeUnit::MICROS => Scale::Times(1),
            TimeUnit::NANOS => Scale::Over(1_000),
        }),
        Some(LogicalType::Date) => Some(Scale::Times(86_400_000_000)),
        _ => match descriptor.converted_type() {
            ConvertedType::TIMESTAMP_MILLIS => Some(Scale::Times(1_000)),
            ConvertedType::TIMESTAMP_MICROS => Some(Scale::Times(1)),
            ConvertedType::DATE => Some(Scale::Times(86_400_000_000)),
            _ => None,
        },
    }
}
