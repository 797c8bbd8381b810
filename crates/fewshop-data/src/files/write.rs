//! Writes rows as CSV, or as Parquet if the name ends in `.parquet`.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::{FileError, write_atomically};

/// The type of a column's values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ColumnType {
    Text,
    Whole,
    Number,
}

/// One field of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CellValue<'a> {
    Text(&'a str),
    Whole(i64),
    Number(f32),
    None,
}

/// Takes one row, with one cell for each column.
pub(crate) type RowSink<'a> = dyn FnMut(&[CellValue<'_>]) -> io::Result<()> + 'a;

/// Writes a whole table, atomically. `fill` calls the sink once for each row.
pub(crate) fn write_table(
    path: &Path,
    columns: &[(&str, ColumnType)],
    fill: impl FnOnce(&mut RowSink<'_>) -> io::Result<()>,
) -> Result<(), FileError> {
    let parquet = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
    write_atomically(path, |out| {
        if parquet {
            write_parquet(out, columns, fill)
        } else {
            write_csv(out, columns, fill)
        }
    })
}

fn write_csv(
    out: &mut impl Write,
    columns: &[(&str, ColumnType)],
    fill: impl FnOnce(&mut RowSink<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(columns.iter().map(|(name, _)| name))?;
    let mut text = String::new();
    fill(&mut |cells| {
        for cell in cells {
            text.clear();
            let field = match cell {
                CellValue::Text(field) => field,
                CellValue::None => "",
                CellValue::Whole(value) => {
                    text.push_str(&value.to_string());
                    text.as_str()
                }
                CellValue::Number(value) => {
                    text.push_str(&value.to_string());
                    text.as_str()
                }
            };
            writer.write_field(field)?;
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(())
    })?;
    writer.flush()
}

/// One column's values, kept until the file is written in one row group.
#[derive(Default)]
struct Buffer {
    defined: Vec<i16>,
    texts: Vec<ByteArray>,
    wholes: Vec<i64>,
    numbers: Vec<f64>,
}

fn write_parquet(
    out: &mut (impl Write + Send),
    columns: &[(&str, ColumnType)],
    fill: impl FnOnce(&mut RowSink<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffers: Vec<Buffer> = columns.iter().map(|_| Buffer::default()).collect();
    fill(&mut |cells| {
        for (cell, buffer) in cells.iter().zip(&mut buffers) {
            buffer
                .defined
                .push(i16::from(!matches!(cell, CellValue::None)));
            match *cell {
                CellValue::Text(text) => buffer.texts.push(text.into()),
                CellValue::Whole(value) => buffer.wholes.push(value),
                // Converted through text, so that 3.59 stays 3.59 and does not become
                // 3.5899999141693115.
                CellValue::Number(value) => buffer
                    .numbers
                    .push(value.to_string().parse().unwrap_or(f64::from(value))),
                CellValue::None => {}
            }
        }
        Ok(())
    })?;
    save_parquet(out, columns, &buffers).map_err(io::Error::other)
}

fn save_parquet(
    out: &mut (impl Write + Send),
    columns: &[(&str, ColumnType)],
    buffers: &[Buffer],
) -> Result<(), parquet::errors::ParquetError> {
    let field = |&(name, kind): &(&str, ColumnType)| {
        let (physical, logical) = match kind {
            ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ColumnType::Whole => (Physical::INT64, None),
            ColumnType::Number => (Physical::DOUBLE, None),
        };
        let builder = Type::primitive_type_builder(name, physical).with_logical_type(logical);
        builder
            .with_repetition(Repetition::OPTIONAL)
            .build()
            .map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(
        Type::group_type_builder("rows")
            .with_fields(fields)
            .build()?,
    );
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    for ((_, kind), buffer) in columns.iter().zip(buffers) {
        let Some(mut column) = group.next_column()? else {
            break;
        };
        match kind {
            ColumnType::Text => {
                save_column::<ByteArrayType>(&mut column, &buffer.texts, &buffer.defined)?
            }
            ColumnType::Whole => {
                save_column::<Int64Type>(&mut column, &buffer.wholes, &buffer.defined)?
            }
            ColumnType::Number => {
                save_column::<DoubleType>(&mut column, &buffer.numbers, &buffer.defined)?
            }
        }
        column.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(())
}

fn save_column<T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    values: &[T::T],
    defined: &[i16],
) -> Result<(), parquet::errors::ParquetError> {
    column
        .typed::<T>()
        .write_batch(values, Some(defined), None)
        .map(drop)
}
