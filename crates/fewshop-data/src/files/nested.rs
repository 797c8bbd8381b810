//! Rows of a Parquet file with nested columns, as JSON.

use parquet::errors::ParquetError;
use parquet::file::metadata::FileMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::Type;
use serde_json::{Map, Value};

/// Opens the rows; columns besides `roots` are not decoded.
pub(super) fn open<'a>(
    reader: &'a SerializedFileReader<std::fs::File>,
    roots: &[&str],
) -> Result<RowIter<'a>, ParquetError> {
    let meta: &FileMetaData = reader.metadata().file_metadata();
    let schema = meta.schema();
    let fields = schema
        .get_fields()
        .iter()
        .filter(|field| roots.contains(&field.name()))
        .cloned()
        .collect();
    let projection = Type::group_type_builder(schema.name())
        .with_fields(fields)
        .build()?;
    reader.get_row_iter(Some(projection))
}

/// A row as a JSON object.
pub(super) fn value_of_row(row: &Row) -> Value {
    let fields = row
        .get_column_iter()
        .map(|(name, field)| (name.clone(), value_of(field)));
    Value::Object(fields.collect())
}

fn value_of(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => (*value).into(),
        Field::Byte(value) => (*value).into(),
        Field::Short(value) => (*value).into(),
        Field::Int(value) | Field::Date(value) => (*value).into(),
        Field::Long(value) | Field::TimestampMicros(value) | Field::TimestampMillis(value) => {
            (*value).into()
        }
        Field::UByte(value) => (*value).into(),
        Field::UShort(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        Field::ULong(value) => (*value).into(),
        Field::Float(value) => f64::from(*value).into(),
        Field::Double(value) => (*value).into(),
        Field::Str(text) => text.as_str().into(),
        Field::Group(row) => unwrapped(value_of_row(row)),
        Field::ListInternal(list) => list.elements().iter().map(value_of).collect(),
        other => other.to_string().into(),
    }
}

/// Writers wrap a list and its elements in groups of one field (`list`, `element`), which say
/// nothing.
fn unwrapped(value: Value) -> Value {
    match value {
        Value::Object(fields) if fields.len() == 1 => {
            let (name, inner) = fields.into_iter().next().unwrap_or_default();
            if matches!(name.as_str(), "list" | "element" | "item" | "array") {
                inner
            } else {
                Value::Object(Map::from_iter([(name, inner)]))
            }
        }
        other => other,
    }
}
