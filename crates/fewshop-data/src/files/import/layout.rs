//! Which column of a file holds which field: given, recognised, or proposed.

use std::path::Path;

use fewshop_core::EventKind;

use super::formats::{
    FORMATS, Format, Role, Shape, YOOCHOOSE_BUYS, YOOCHOOSE_CLICKS, find, plain_name, synonyms,
};
use super::options::Reading;
use super::times::read_time;
use crate::files::FileError;
use crate::files::error::shorten;
use crate::files::table::{Columns, Header, list};

/// How a file is read.
pub(crate) struct Layout {
    pub(crate) header: Header,
    pub(crate) format: Option<&'static Format>,
    pub(crate) first_is_row: bool,
    /// What all of its events are, if it does not say.
    pub(crate) kind: Option<EventKind>,
    /// What was recognised, for people.
    pub(crate) note: Option<String>,
    /// Whether it has all columns under their own names.
    pub(crate) is_plain: bool,
}

impl Layout {
    pub(crate) fn shape(&self) -> Shape {
        self.format.map_or(Shape::Rows, |format| format.shape)
    }
}

/// The types of RecBole's headers.
const TYPES: [&str; 4] = [":token", ":token_seq", ":float", ":float_seq"];

/// Decides how to read a file from its header (or, without one, from its first row).
///
/// # Errors
/// When columns are missing, or the file has no header, or is for another argument.
pub(crate) fn resolve(
    path: &Path,
    role: Role,
    columns: &Columns,
    mut names: Vec<String>,
    cells: &[&str],
    reading: &Reading,
) -> Result<Layout, FileError> {
    if names.iter().all(String::is_empty) {
        return Err(FileError::Empty {
            path: path.to_owned(),
            expected: columns.required.join(", "),
        });
    }
    if let Some(layout) = yoochoose(role, cells) {
        return Ok(layout);
    }
    let typed = strip_types(&mut names);
    let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
    let given: Vec<(usize, Option<usize>)> = given(path, role, &names, &plain, reading)?;
    let format = if is_canonical(columns, &names) {
        None
    } else {
        FORMATS
            .iter()
            .find(|format| format.role == role && format.fits(&plain, typed))
    };
    let mut indices: Vec<Option<usize>> = columns
        .required
        .iter()
        .chain(columns.optional)
        .map(|aliases| {
            aliases
                .split('|')
                .find_map(|alias| names.iter().position(|n| n == alias))
        })
        .collect();
    if let Some(format) = format {
        indices.fill(None);
        for &(field, aliases) in format.columns {
            indices[field] = find(&plain, aliases);
        }
    }
    for &(field, index) in &given {
        indices[field] = index;
    }
    let needed = |index: &Option<usize>| index.is_some();
    let is_enough = match role {
        Role::Items => needed(&indices[0]),
        Role::Events => {
            needed(&indices[crate::files::events::ITEM])
                && needed(&indices[crate::files::events::TIME])
                && (needed(&indices[0]) || needed(&indices[1]))
        }
    };
    let missing: Vec<usize> = (0..columns.required.len())
        .filter(|&field| indices[field].is_none())
        .collect();
    let shaped = format.is_some_and(|format| format.shape != Shape::Rows);
    // Who names columns, or brings a known export, need not bring them all.
    // Sessions can be cut, guests have no id, and a quantity is 1 where nothing else is said; what
    // an event is nobody can guess.
    let is_told = missing.iter().all(|&field| match role {
        Role::Items => false,
        Role::Events => match role.fields()[field] {
            "user_id" | "session_id" | "quantity" => true,
            "event" => reading.event.is_some(),
            _ => false,
        },
    });
    let complete = if given.is_empty() && format.is_none() && !reading.is_partial {
        missing.is_empty() || (is_told && is_enough)
    } else {
        is_enough || shaped
    };
    if !complete {
        return Err(refused(
            path, role, columns, &names, &plain, cells, &missing, &given,
        ));
    }
    for index in indices.iter().flatten() {
        let twice = names.iter().filter(|name| **name == names[*index]).count() > 1;
        if twice {
            return Err(FileError::DuplicateColumn {
                path: path.to_owned(),
                column: shorten(&names[*index]),
            });
        }
    }
    let extra = if format.is_some() {
        Vec::new()
    } else {
        names
            .iter()
            .enumerate()
            .filter(|(index, name)| !indices.contains(&Some(*index)) && !name.is_empty())
            .map(|(index, name)| (name.clone(), index))
            .collect()
    };
    let kind = format.and_then(|format| format.kind).or(reading.event);
    Ok(Layout {
        header: Header::new(indices, extra, names),
        format,
        first_is_row: false,
        kind,
        note: format.map(|format| format!("read as {}", format.said)),
        is_plain: format.is_none() && given.is_empty() && missing.is_empty(),
    })
}

fn is_canonical(columns: &Columns, names: &[String]) -> bool {
    columns
        .required
        .iter()
        .all(|column| names.iter().any(|name| name == column))
}

/// Removes RecBole's types, if every name has one.
fn strip_types(names: &mut [String]) -> bool {
    let stripped = |name: &str| {
        TYPES
            .iter()
            .find_map(|kind| name.strip_suffix(kind))
            .map(str::to_owned)
    };
    let all: Option<Vec<String>> = names.iter().map(|name| stripped(name)).collect();
    match all {
        Some(all) => {
            names.clone_from_slice(&all);
            true
        }
        None => false,
    }
}

/// Yoochoose's files have no header: a session, an ISO time, a product, and a category or a price
/// and a quantity.
fn yoochoose(role: Role, cells: &[&str]) -> Option<Layout> {
    let whole = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_time =
        |text: &str| text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    let (session, time, item) = (cells.first()?, cells.get(1)?, cells.get(2)?);
    if !whole(session) || !is_time(time) || !whole(item) {
        return None;
    }
    let (names, kind): (&[&str], _) = match cells.len() {
        4 => (&YOOCHOOSE_CLICKS, EventKind::View),
        5 => (&YOOCHOOSE_BUYS, EventKind::Purchase),
        _ => return None,
    };
    let format = FORMATS
        .iter()
        .find(|format| format.role == role && format.name == "yoochoose")?;
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut indices = vec![None; role.fields().len()];
    for &(field, aliases) in format.columns {
        indices[field] = find(&names, aliases);
    }
    Some(Layout {
        header: Header::new(indices, Vec::new(), names),
        format: Some(format),
        first_is_row: true,
        kind: Some(kind),
        note: Some(format!("read as {}, which have no header", format.said)),
        is_plain: false,
    })
}

/// The columns that the user names: field and index.
fn given(
    path: &Path,
    role: Role,
    names: &[String],
    plain: &[String],
    reading: &Reading,
) -> Result<Vec<(usize, Option<usize>)>, FileError> {
    let mut out = Vec::new();
    for (field, column, strict) in reading.columns(role) {
        let Some(number) = role.field(field) else {
            continue;
        };
        let Some(column) = column else {
            out.push((number, None));
            continue;
        };
        let index = names
            .iter()
            .position(|name| name == column)
            .or_else(|| find(plain, &plain_name(column)));
        match index {
            Some(index) => out.push((number, Some(index))),
            None if strict => {
                return Err(FileError::Mapping {
                    path: path.to_owned(),
                    problem: format!(
                        "there is no column '{}' for {field}, found {}",
                        shorten(column),
                        list(names)
                    ),
                    advice: format!(
                        "name one of these, or `{field}=` if the file has no such column"
                    ),
                });
            }
            None => {}
        }
    }
    Ok(out)
}

/// Field and column of a proposal: what is there already, or the likeliest column by name.
pub(crate) fn proposal(role: Role, names: &[String]) -> Vec<(&'static str, Option<usize>)> {
    let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
    let mut taken: Vec<usize> = Vec::new();
    role.fields()
        .iter()
        .map(|&field| {
            let index = synonyms(role, field).split('|').find_map(|alias| {
                (0..plain.len()).find(|index| plain[*index] == alias && !taken.contains(index))
            });
            taken.extend(index);
            (field, index)
        })
        .collect()
}

/// The error for a header with too few of the columns, with what might help.
#[expect(clippy::too_many_arguments, reason = "all that the header says")]
fn refused(
    path: &Path,
    role: Role,
    columns: &Columns,
    names: &[String],
    plain: &[String],
    cells: &[&str],
    missing: &[usize],
    given: &[(usize, Option<usize>)],
) -> FileError {
    let other = FORMATS
        .iter()
        .find(|format| format.role != role && format.fits(plain, false));
    if let Some(other) = other {
        return FileError::OtherRole {
            path: path.to_owned(),
            found: other.said.to_owned(),
            expected: match role {
                Role::Items => "a file of products".to_owned(),
                Role::Events => "a file of events or orders".to_owned(),
            },
            advice: format!("give it with {}", other.role.argument()),
        };
    }
    let (other_role, found) = match role {
        Role::Items => (Role::Events, "events"),
        Role::Events => (Role::Items, "products"),
    };
    if other_role.fields()[..6]
        .iter()
        .all(|field| plain.iter().any(|name| name == field))
    {
        return FileError::OtherRole {
            path: path.to_owned(),
            found: found.to_owned(),
            expected: match role {
                Role::Items => "a file of products".to_owned(),
                Role::Events => "a file of events or orders".to_owned(),
            },
            advice: format!("give it with {}", other_role.argument()),
        };
    }
    if is_data(role, cells) {
        return FileError::NoHeader {
            path: path.to_owned(),
            found: list(names),
            advice: if names.len() == columns.required.len() {
                format!("such as {}", columns.required.join(","))
            } else {
                format!("with those of {} that it has", role.fields().join(","))
            },
        };
    }
    let proposed = proposal(role, names);
    let found = list(names);
    let named: Vec<&str> = missing
        .iter()
        .filter(|field| !given.iter().any(|(other, _)| other == *field))
        .map(|&field| role.fields()[field])
        .collect();
    let column = |field: &str| {
        let index = proposed.iter().find(|(other, _)| *other == field)?.1?;
        names.get(index)
    };
    let key_fields: &[&str] = match role {
        Role::Items => &["item_id"],
        Role::Events => &["item_id", "time"],
    };
    let is_there = |field: &str| !named.contains(&field) || column(field).is_some();
    let whose = role == Role::Items || is_there("user_id") || is_there("session_id");
    let advice = if key_fields.iter().all(|field| is_there(field)) && whose {
        if named == ["event"] || (named.contains(&"event") && column("event").is_none()) {
            return FileError::MissingColumn {
                path: path.to_owned(),
                column: "event".to_owned(),
                found,
                advice: "add it, or say what all events are: --event view, cart or purchase"
                    .to_owned(),
            };
        }
        let pairs: Vec<String> = named
            .iter()
            .map(|field| format!("{field}={}", column(field).map_or("", String::as_str)))
            .collect();
        format!(
            "add {}, or say which columns they are, perhaps with --columns \"{}\" (nothing behind '=' is a column that the file lacks); `fewshop map` writes this into a file",
            if named.len() == 1 { "it" } else { "them" },
            pairs.join(",")
        )
    } else {
        let lacking: Vec<&&str> = key_fields.iter().filter(|field| !is_there(field)).collect();
        let lacking = match lacking.first() {
            Some(first) => (**first).to_owned(),
            None => "user_id or session_id".to_owned(),
        };
        format!(
            "add it; no column here looks like {lacking}, without which the file cannot be read"
        )
    };
    FileError::MissingColumn {
        path: path.to_owned(),
        column: named.join("', '"),
        found,
        advice,
    }
}

/// Whether a first line is a row: it has a time, a number or a kind of event, and no name of a
/// field.
fn is_data(role: Role, cells: &[&str]) -> bool {
    let is_value = |cell: &&str| {
        let cell = cell.trim();
        cell.parse::<f64>().is_ok()
            || read_time(cell, None, i64::MAX).is_ok()
            || EventKind::from_name(cell).is_some()
    };
    let known = |cell: &&str| {
        let plain = plain_name(cell);
        role.fields()
            .iter()
            .any(|field| synonyms(role, field).split('|').any(|alias| alias == plain))
    };
    !cells.is_empty() && cells.iter().any(is_value) && !cells.iter().any(known)
}
