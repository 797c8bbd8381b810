//! JSON lines and JSON lists as tables, and the events that GA4 exports to BigQuery.

use std::path::Path;

use serde_json::{Map, Value};

use crate::files::columns::ParquetTable;
use crate::files::error::shorten;
use crate::files::table::{Header, Reader, RowPosition, TableRow};
use crate::files::{FileError, Place};

/// The columns of a GA4 export that are read.
const GA4_ROOTS: [&str; 7] = [
    "event_date",
    "event_timestamp",
    "event_name",
    "user_pseudo_id",
    "user_id",
    "event_params",
    "items",
];

/// The columns of the table that a GA4 export becomes, a row for each product of an event.
pub(crate) const GA4_COLUMNS: [&str; 11] = [
    "event_timestamp",
    "event_name",
    "user_pseudo_id",
    "ga_session_id",
    "item_id",
    "item_name",
    "item_brand",
    "item_variant",
    "item_category",
    "price",
    "quantity",
];

/// Whether the columns of a Parquet file are those of a GA4 export, with nested products.
pub(crate) fn is_ga4(names: &[String]) -> bool {
    let has = |name: &str| names.iter().any(|other| other == name);
    has("event_name")
        && has("event_timestamp")
        && names.iter().any(|name| name.starts_with("items."))
}

fn is_ga4_event(value: &Value) -> bool {
    value.get("event_name").is_some()
        && value.get("event_timestamp").is_some()
        && (value.get("items").is_some() || value.get("event_params").is_some())
        && value.get("item_id").is_none()
}

/// Number of objects whose keys become the columns.
const HEAD: usize = 200;

/// Reads JSON: an object in each line, objects one behind the other, or a list of them.
pub(crate) fn read(
    path: &Path,
    text: &[u8],
    reader: &mut Reader<'_, '_>,
) -> Result<Header, FileError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let is_list = text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
    let mut table = Table::new(path, reader);
    if is_list {
        let values: Vec<Value> =
            serde_json::from_slice(text).map_err(|error| not_json(path, error.line(), &error))?;
        for (nth, value) in values.into_iter().enumerate() {
            table.add(value, RowPosition::Row(nth as u64 + 1))?;
        }
        return table.end();
    }
    let mut line = 1u64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        let one = &rest[..end];
        if !one.iter().all(u8::is_ascii_whitespace) {
            match serde_json::from_slice::<Value>(one) {
                Ok(value) => table.add(value, RowPosition::Line(line))?,
                Err(error) if error.is_eof() && line == 1 => {
                    // An object over several lines: the whole text is such objects.
                    let values = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
                    let mut nth = 0;
                    for value in values {
                        let value = value.map_err(|error| not_json(path, error.line(), &error))?;
                        nth += 1;
                        table.add(value, RowPosition::Row(nth))?;
                    }
                    return table.end();
                }
                Err(error) => table.broken(line as usize, &error)?,
            }
        }
        rest = rest.get(end + 1..).unwrap_or(&[]);
        line += 1;
    }
    table.end()
}

/// Reads a GA4 export as Parquet.
pub(crate) fn read_nested(
    path: &Path,
    parquet: &ParquetTable,
    reader: &mut Reader<'_, '_>,
) -> Result<Header, FileError> {
    let mut table = Table::new(path, reader);
    let mut row = 0;
    parquet.nested_rows(&GA4_ROOTS, |value| {
        row += 1;
        table.add(value, RowPosition::Row(row))
    })?;
    table.end()
}

fn not_json(path: &Path, line: usize, error: &serde_json::Error) -> FileError {
    FileError::Field {
        path: path.to_owned(),
        place: Place::Line(line.max(1) as u64),
        field: String::new(),
        found: shorten(&error.to_string()).into(),
        expected: "a JSON object in each line".into(),
        advice: "export it again as JSON lines".into(),
    }
}

/// Objects as rows.
struct Table<'a, 'b, 'c> {
    path: &'a Path,
    reader: &'a mut Reader<'b, 'c>,
    header: Option<Header>,
    names: Vec<String>,
    is_ga4: bool,
    /// Objects from before the columns are known.
    held: Vec<(Value, RowPosition)>,
    rows: usize,
    objects: usize,
    cells: Vec<String>,
}

impl<'a, 'b, 'c> Table<'a, 'b, 'c> {
    fn new(path: &'a Path, reader: &'a mut Reader<'b, 'c>) -> Self {
        Self {
            path,
            reader,
            header: None,
            names: Vec::new(),
            is_ga4: false,
            held: Vec::new(),
            rows: 0,
            objects: 0,
            cells: Vec::new(),
        }
    }

    fn broken(&mut self, line: usize, error: &serde_json::Error) -> Result<(), FileError> {
        let path = self.path;
        (self.reader.broken)(&|| not_json(path, line, error))
    }

    fn add(&mut self, value: Value, at: RowPosition) -> Result<(), FileError> {
        self.objects += 1;
        if self.header.is_none() {
            let ga4 = is_ga4_event(&value);
            self.held.push((value, at));
            if ga4 || self.held.len() >= HEAD {
                self.start()?;
            }
            return Ok(());
        }
        self.row(&value, at)
    }

    fn start(&mut self) -> Result<(), FileError> {
        self.is_ga4 = self.held.iter().any(|(value, _)| is_ga4_event(value));
        if self.is_ga4 {
            self.names = GA4_COLUMNS.map(str::to_owned).to_vec();
        } else {
            for (value, _) in &self.held {
                for name in value.as_object().into_iter().flat_map(Map::keys) {
                    if !self.names.contains(name) {
                        self.names.push(name.clone());
                    }
                }
            }
        }
        self.header = Some((self.reader.start)(self.names.clone(), &[])?.header);
        for (value, at) in std::mem::take(&mut self.held) {
            self.row(&value, at)?;
        }
        Ok(())
    }

    fn row(&mut self, value: &Value, at: RowPosition) -> Result<(), FileError> {
        if self.is_ga4 {
            let items = value.get("items").and_then(Value::as_array);
            for item in items.into_iter().flatten() {
                self.cells = ga4_cells(value, item);
                self.emit(at)?;
            }
            return Ok(());
        }
        let mut cells = std::mem::take(&mut self.cells);
        cells.clear();
        cells.extend(
            self.names
                .iter()
                .map(|name| value.get(name).map(text_of).unwrap_or_default()),
        );
        self.cells = cells;
        self.emit(at)
    }

    fn emit(&mut self, at: RowPosition) -> Result<(), FileError> {
        let Some(header) = &self.header else {
            return Ok(());
        };
        self.rows += 1;
        let row = TableRow::made(self.path, header, &self.cells, at);
        (self.reader.each)(header, &row)
    }

    fn end(mut self) -> Result<Header, FileError> {
        if self.header.is_none() && !self.held.is_empty() {
            self.start()?;
        }
        match self.header {
            Some(header) if self.rows > 0 => Ok(header),
            Some(_) if self.is_ga4 => Err(FileError::Mapping {
                path: self.path.to_owned(),
                problem: format!("none of {} events has products in 'items'", self.objects),
                advice: "send item_id with the events view_item, add_to_cart and purchase of GA4"
                    .to_owned(),
            }),
            _ => Err(FileError::HeaderOnly {
                path: self.path.to_owned(),
                what: self.reader.what,
            }),
        }
    }
}

/// A value as the text of a cell; a list of texts is a path.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(text_of).collect();
            texts.join(" > ")
        }
        other => other.to_string(),
    }
}

/// The row of one product of a GA4 event.
fn ga4_cells(event: &Value, item: &Value) -> Vec<String> {
    let field = |value: &Value, name: &str| value.get(name).map(text_of).unwrap_or_default();
    let session = event
        .get("event_params")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|param| param.get("key").and_then(Value::as_str) == Some("ga_session_id"))
        .and_then(|param| param.get("value"))
        .and_then(|value| {
            ["int_value", "string_value"]
                .iter()
                .find_map(|kind| value.get(kind).filter(|value| !value.is_null()))
        })
        .map(text_of)
        .unwrap_or_default();
    let levels: Vec<String> = ["item_category", "item_category2", "item_category3"]
        .iter()
        .chain(&["item_category4", "item_category5"])
        .map(|name| field(item, name))
        .filter(|level| !level.trim().is_empty() && level != "(not set)")
        .collect();
    let known = |text: String| {
        if text == "(not set)" {
            String::new()
        } else {
            text
        }
    };
    let user = match field(event, "user_pseudo_id") {
        id if id.is_empty() => field(event, "user_id"),
        id => id,
    };
    vec![
        field(event, "event_timestamp"),
        field(event, "event_name"),
        user,
        session,
        known(field(item, "item_id")),
        known(field(item, "item_name")),
        known(field(item, "item_brand")),
        known(field(item, "item_variant")),
        levels.join(" > "),
        field(item, "price"),
        field(item, "quantity"),
    ]
}
