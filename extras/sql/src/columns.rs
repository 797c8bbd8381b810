//! Registers files as tables and determines the representations of their columns.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::prelude::{CsvReadOptions, ParquetReadOptions, SessionContext};

use crate::SqlError;
use crate::sql::{ColumnKind, Kinds};

/// Maximum length of a header in a CSV file.
const MAX_HEADER: u64 = 1 << 20;

const IDS: &[ColumnKind] = &[ColumnKind::Text, ColumnKind::Whole];

fn unreadable(path: &Path, reason: impl std::fmt::Display) -> SqlError {
    let reason = reason
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    SqlError::Read {
        path: path.to_owned(),
        reason,
    }
}

/// Registers the file as a table.
async fn register(
    context: &SessionContext,
    table: &'static str,
    path: &Path,
) -> Result<(), SqlError> {
    let unreadable = |error: &dyn std::fmt::Display| unreadable(path, error);
    let whole = std::fs::canonicalize(path).map_err(|error| unreadable(&error))?;
    let name = whole
        .to_str()
        .ok_or_else(|| unreadable(&"its path is not UTF-8"))?;
    if name.contains(['*', '?', '[']) {
        return Err(SqlError::Pattern {
            path: path.to_owned(),
        });
    }
    let mut file = File::open(&whole).map_err(|error| unreadable(&error))?;
    if file
        .metadata()
        .map_err(|error| unreadable(&error))?
        .is_dir()
    {
        return Err(unreadable(&"it is a folder"));
    }
    let mut magic = [0; 4];
    let is_parquet = file.read_exact(&mut magic).is_ok() && &magic == b"PAR1";
    let extension = Path::new(name)
        .extension()
        .map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()));
    let done = if is_parquet {
        let options = ParquetReadOptions {
            file_extension: &extension,
            ..ParquetReadOptions::default()
        };
        context.register_parquet(table, name, options).await
    } else {
        let header = header(&whole).map_err(|error| unreadable(&error))?;
        // Types are not inferred from values: `007` and `7` are two ids.
        let schema = Schema::new(
            header
                .iter()
                .map(|name| Field::new(name, DataType::Utf8, true))
                .collect::<Vec<_>>(),
        );
        let options = CsvReadOptions::new()
            .has_header(true)
            .schema(&schema)
            .file_extension(&extension)
            .newlines_in_values(true);
        context.register_csv(table, name, options).await
    };
    done.map_err(|error| unreadable(&error))
}

/// The names in the first line of a CSV file.
fn header(path: &Path) -> std::io::Result<Vec<String>> {
    let mut line = String::new();
    BufReader::new(File::open(path)?.take(MAX_HEADER)).read_line(&mut line)?;
    let line = line
        .trim_start_matches('\u{feff}')
        .trim_end_matches(['\r', '\n']);
    Ok(line
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned())
        .collect())
}

fn kind(data_type: &DataType) -> Option<ColumnKind> {
    Some(match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ColumnKind::Text,
        DataType::Dictionary(_, values) => kind(values).filter(|kind| *kind == ColumnKind::Text)?,
        whole if whole.is_integer() => ColumnKind::Whole,
        DataType::Float32 | DataType::Float64 => ColumnKind::Number,
        DataType::Timestamp(unit, _) => ColumnKind::Time {
            per_second: match unit {
                TimeUnit::Second => 1,
                TimeUnit::Millisecond => 1_000,
                TimeUnit::Microsecond => 1_000_000,
                TimeUnit::Nanosecond => 1_000_000_000,
            },
        },
        _ => return None,
    })
}

/// The representation of a column, which must be one of `allowed`; `None` allows all.
async fn column(
    context: &SessionContext,
    table: &'static str,
    path: &Path,
    column: &'static str,
    (allowed, expected): (Option<&[ColumnKind]>, &'static str),
) -> Result<ColumnKind, SqlError> {
    let provider = context
        .table_provider(table)
        .await
        .map_err(|error| unreadable(path, error))?;
    let schema = provider.schema();
    let Ok(field) = schema.field_with_name(column) else {
        let found = schema
            .fields()
            .iter()
            .take(12)
            .map(|field| field.name().chars().take(40).collect::<String>());
        return Err(SqlError::MissingColumn {
            path: path.to_owned(),
            column,
            found: found.collect::<Vec<_>>().join(", "),
        });
    };
    let found =
        kind(field.data_type()).filter(|kind| allowed.is_none_or(|allowed| allowed.contains(kind)));
    found.ok_or_else(|| SqlError::ColumnType {
        path: path.to_owned(),
        column,
        found: field.data_type().to_string(),
        expected,
    })
}

/// Registers both files and checks their columns.
pub(crate) async fn open(
    context: &SessionContext,
    events: &Path,
    items: &Path,
) -> Result<Kinds, SqlError> {
    register(context, "events", events).await?;
    register(context, "items", items).await?;
    let ids = (Some(IDS), "text or whole numbers");
    let text = (Some(&[ColumnKind::Text][..]), "text");
    let numbers = (
        Some(&[ColumnKind::Text, ColumnKind::Whole, ColumnKind::Number][..]),
        "text or numbers",
    );
    column(context, "events", events, "event", text).await?;
    Ok(Kinds {
        user: column(context, "events", events, "user_id", ids).await?,
        session: column(context, "events", events, "session_id", ids).await?,
        time: column(
            context,
            "events",
            events,
            "time",
            (None, "text, numbers or timestamps"),
        )
        .await?,
        item: column(context, "events", events, "item_id", ids).await?,
        quantity: column(context, "events", events, "quantity", numbers).await?,
        catalogue: column(context, "items", items, "item_id", ids).await?,
    })
}
