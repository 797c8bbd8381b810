//! `households.csv`: known attributes of some shoppers, one row for each.

use std::collections::HashMap;
use std::path::Path;

use super::FileError;
use super::table::{Columns, RowPosition, place_of, read_table};
use super::write::{CellValue, ColumnType, write_table};

const COLUMNS: Columns = Columns {
    required: &["user_id"],
    optional: &[],
    what: "household",
};
const USER: usize = 0;

/// One shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// The shopper's id in `events.csv`.
    pub user_id: String,
    /// A value for each attribute, "" if unknown.
    pub values: Vec<String>,
}

/// What a households file holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Households {
    /// Names of the attributes: every column but `user_id`.
    pub attributes: Vec<String>,
    /// The shoppers in file order.
    pub rows: Vec<Household>,
}

/// Reads households from CSV or Parquet: `user_id`, and a column for each attribute. A cell may be
/// empty.
///
/// # Errors
/// [`FileError`] with file, line and field: no `user_id`, an empty or duplicate id, or no
/// attribute.
pub fn read_households(path: &Path) -> Result<Households, FileError> {
    let mut rows = Vec::new();
    let mut places: HashMap<String, RowPosition> = HashMap::new();
    let header = read_table(path, &COLUMNS, |header, row| {
        let user = row.id(USER)?;
        if let Some(&first) = places.get(user) {
            return Err(FileError::DuplicateId {
                path: path.to_owned(),
                field: "user_id".to_owned(),
                id: user.to_owned(),
                first: place_of(path, first),
                second: place_of(path, row.at()),
            });
        }
        places.insert(user.to_owned(), row.at());
        let values = header
            .extra
            .iter()
            .map(|(_, index)| row.extra(*index).trim().to_owned())
            .collect();
        rows.push(Household {
            user_id: user.to_owned(),
            values,
        });
        Ok(())
    })?;
    if header.extra.is_empty() {
        return Err(FileError::MissingColumn {
            path: path.to_owned(),
            column: "age".to_owned(),
            found: "user_id alone".to_owned(),
            advice: "add a column with any name for each attribute".to_owned(),
        });
    }
    Ok(Households {
        attributes: header.extra.into_iter().map(|(name, _)| name).collect(),
        rows,
    })
}

/// Writes households as [`read_households`] reads them.
///
/// # Errors
/// [`FileError::Write`].
pub fn write_households(
    path: &Path,
    attributes: &[String],
    rows: &[Household],
) -> Result<(), FileError> {
    let names = std::iter::once("user_id").chain(attributes.iter().map(String::as_str));
    let columns: Vec<(&str, ColumnType)> = names.map(|name| (name, ColumnType::Text)).collect();
    write_table(path, &columns, |sink| {
        for row in rows {
            let values = row.values.iter().map(|value| CellValue::Text(value));
            sink(
                &std::iter::once(CellValue::Text(&row.user_id))
                    .chain(values)
                    .collect::<Vec<_>>(),
            )?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn households_come_back_and_a_shopper_stands_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("households.csv");
        let row = |user: &str, values: [&str; 2]| Household {
            user_id: user.to_owned(),
            values: values.map(str::to_owned).to_vec(),
        };
        let all = Households {
            attributes: vec!["age".to_owned(), "children".to_owned()],
            rows: vec![row("a", ["19-34", ""]), row("b", ["55+", "no"])],
        };
        write_households(&path, &all.attributes, &all.rows).unwrap();
        assert_eq!(read_households(&path).unwrap(), all);
        std::fs::write(&path, "user_id,age\na,1\na,2\n").unwrap();
        let error = read_households(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 3") && error.contains("'a' is already in line 2"),
            "{error}"
        );
        std::fs::write(&path, "user_id\na\n").unwrap();
        assert!(
            read_households(&path)
                .unwrap_err()
                .to_string()
                .contains("a column with any name for each attribute")
        );
    }
}
