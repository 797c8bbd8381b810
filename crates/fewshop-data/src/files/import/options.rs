//! How to read a shop's files where they do not say it themselves.

use std::collections::BTreeMap;
use std::path::Path;

use fewshop_core::EventKind;
use serde::{Deserialize, Serialize};

use super::formats::{Role, plain_name};
use super::ids::IdForm;
use super::prices::Decimal;
use super::times::DateOrder;
use crate::files::FileError;

/// Quiet time between two sessions of a shopper, in seconds.
pub const SESSION_GAP_S: i64 = 30 * 60;

/// How to read a shop's files.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Columns of the products file by field; `None` where it has no such column.
    pub items: BTreeMap<String, Option<String>>,
    /// The same for the events file.
    pub events: BTreeMap<String, Option<String>>,
    /// Columns for whichever file has the field.
    pub either: BTreeMap<String, Option<String>>,
    /// What events are called, as plain names; `None` for events that are left out.
    pub event_names: BTreeMap<String, Option<EventKind>>,
    /// What events are in a file that has no column for that.
    pub event: Option<EventKind>,
    /// Between the levels of a category.
    pub category_separator: Option<String>,
    /// The decimal character of prices.
    pub decimal: Option<Decimal>,
    /// What is first in dates with slashes.
    pub dates: Option<DateOrder>,
    /// Quiet seconds after which a shopper's next event begins a session, in files without
    /// sessions.
    pub session_gap_s: i64,
    /// Differences between ids that are overlooked.
    pub match_ids: Vec<IdForm>,
    /// Whether ids that match only in another form are other products.
    pub match_exactly: bool,
    /// Whether a plain file of products may lack columns, because it only changes some cells.
    pub is_partial: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            events: BTreeMap::new(),
            either: BTreeMap::new(),
            event_names: BTreeMap::new(),
            event: None,
            category_separator: None,
            decimal: None,
            dates: None,
            session_gap_s: SESSION_GAP_S,
            match_ids: Vec::new(),
            match_exactly: false,
            is_partial: false,
        }
    }
}

/// A mapping file: [`Reading`] as TOML.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MappingFile {
    /// Column by field, "" for none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<String, String>,
    /// Column by field, "" for none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<String, String>,
    /// Names of events by kind; `ignore` for those that are left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub event_names: BTreeMap<String, Vec<String>>,
    /// What all events are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Between the levels of a category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_separator: Option<String>,
    /// `point` or `comma`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<String>,
    /// `day-first` or `month-first`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dates: Option<String>,
    /// Minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_gap_minutes: Option<u32>,
    /// `decimals`, `zeros` or `case`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_ids: Vec<String>,
}

impl Reading {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// When it cannot be read, or has a word that is not known.
    pub fn of_file(path: &Path) -> Result<Self, FileError> {
        let text = std::fs::read_to_string(path).map_err(|source| FileError::Read {
            path: path.to_owned(),
            source,
        })?;
        let bad = |problem: String| FileError::Mapping {
            path: path.to_owned(),
            problem: super::super::shorten(&problem),
            advice: "`fewshop map FILE` writes a mapping that is right".to_owned(),
        };
        let file: MappingFile = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                1 + text[..span.start.min(text.len())].matches('\n').count()
            });
            bad(format!("line {line}: {}", error.message()))
        })?;
        let mut out = Self::default();
        for (role, columns) in [(Role::Items, &file.items), (Role::Events, &file.events)] {
            for (field, column) in columns {
                out.set_column(Some(role), field, column).map_err(bad)?;
            }
        }
        for (kind, names) in &file.event_names {
            for name in names {
                out.set_event(kind, name).map_err(bad)?;
            }
        }
        if let Some(kind) = &file.event {
            out.event = Some(kind_named(kind).map_err(bad)?);
        }
        out.category_separator = file.category_separator;
        if let Some(decimal) = &file.decimal {
            out.decimal = Some(decimal_named(decimal).map_err(bad)?);
        }
        if let Some(dates) = &file.dates {
            out.dates = Some(dates_named(dates).map_err(bad)?);
        }
        if let Some(minutes) = file.session_gap_minutes {
            out.session_gap_s = i64::from(minutes) * 60;
        }
        for form in &file.match_ids {
            out.add_match(form).map_err(bad)?;
        }
        Ok(out)
    }

    /// Adds `item_id=sku`, `events.time=created_at` or `brand=` (no such column).
    ///
    /// # Errors
    /// With what is wrong with the text.
    pub fn add_column(&mut self, text: &str) -> Result<(), String> {
        let (field, column) = text
            .split_once('=')
            .ok_or_else(|| format!("expected FIELD=COLUMN such as item_id=sku, found '{text}'"))?;
        let (role, field) = match field.trim().split_once('.') {
            Some(("items", field)) => (Some(Role::Items), field),
            Some(("events", field)) => (Some(Role::Events), field),
            _ => (None, field.trim()),
        };
        self.set_column(role, field, column)
    }

    fn set_column(&mut self, role: Option<Role>, field: &str, column: &str) -> Result<(), String> {
        let column = column.trim();
        let column = (!column.is_empty() && column != "-").then(|| column.to_owned());
        let has = |role: Role| role.field(field).is_some();
        let columns = match role {
            Some(Role::Items) if has(Role::Items) => &mut self.items,
            Some(Role::Events) if has(Role::Events) => &mut self.events,
            None if has(Role::Items) && has(Role::Events) => &mut self.either,
            None if has(Role::Items) => &mut self.items,
            None if has(Role::Events) => &mut self.events,
            _ => {
                let mut fields: Vec<&str> = Role::Items.fields().to_vec();
                fields.extend(Role::Events.fields());
                if let Some(role) = role {
                    fields = role.fields().to_vec();
                }
                return Err(format!(
                    "'{field}' is no field, expected one of {}",
                    fields.join(", ")
                ));
            }
        };
        columns.insert(field.to_owned(), column);
        Ok(())
    }

    /// Adds `view=view_item` or `ignore=scroll`.
    ///
    /// # Errors
    /// With what is wrong with the text.
    pub fn add_event(&mut self, text: &str) -> Result<(), String> {
        let (kind, name) = text
            .split_once('=')
            .ok_or_else(|| format!("expected KIND=NAME such as view=view_item, found '{text}'"))?;
        self.set_event(kind.trim(), name)
    }

    fn set_event(&mut self, kind: &str, name: &str) -> Result<(), String> {
        let kind = match kind {
            "ignore" => None,
            kind => Some(kind_named(kind)?),
        };
        self.event_names.insert(plain_name(name), kind);
        Ok(())
    }

    /// Adds a difference between ids that is overlooked, or `exact`.
    ///
    /// # Errors
    /// With the names.
    pub fn add_match(&mut self, name: &str) -> Result<(), String> {
        match name.trim() {
            "exact" => self.match_exactly = true,
            name => self.match_ids.push(form_named(name)?),
        }
        Ok(())
    }

    /// An id without the differences that are overlooked.
    #[must_use]
    pub fn form_of(&self, id: &str) -> String {
        super::ids::form_of(&self.match_ids, id)
    }

    /// The columns that are given for a file, and whether each must be there.
    pub(crate) fn columns(&self, role: Role) -> impl Iterator<Item = (&str, Option<&str>, bool)> {
        let own = match role {
            Role::Items => &self.items,
            Role::Events => &self.events,
        };
        self.either
            .iter()
            .filter(|(field, _)| !own.contains_key(*field))
            .map(|(field, column)| (field.as_str(), column.as_deref(), false))
            .chain(
                own.iter()
                    .map(|(field, column)| (field.as_str(), column.as_deref(), true)),
            )
    }

    /// What an event's name means: as given, or as usual; `Some(None)` leaves the event out.
    pub(crate) fn kind_of(&self, name: &str) -> Option<Option<EventKind>> {
        if !self.event_names.is_empty()
            && let Some(kind) = self.event_names.get(&plain_name(name))
        {
            return Some(*kind);
        }
        super::formats::kind_of(name)
    }
}

/// A kind of event by its name.
///
/// # Errors
/// With the names.
pub fn kind_named(name: &str) -> Result<EventKind, String> {
    EventKind::from_name(name.trim()).ok_or_else(|| {
        format!(
            "'{name}' is no kind of event, expected {}",
            EventKind::LISTED
        )
    })
}

/// `point` or `comma`.
///
/// # Errors
/// With both words.
pub fn decimal_named(name: &str) -> Result<Decimal, String> {
    match name {
        "point" => Ok(Decimal::Point),
        "comma" => Ok(Decimal::Comma),
        _ => Err(format!("expected point or comma, found '{name}'")),
    }
}

/// `day-first` or `month-first`.
///
/// # Errors
/// With both words.
pub fn dates_named(name: &str) -> Result<DateOrder, String> {
    match name {
        "day-first" => Ok(DateOrder::DayFirst),
        "month-first" => Ok(DateOrder::MonthFirst),
        _ => Err(format!("expected day-first or month-first, found '{name}'")),
    }
}

/// A difference between ids by its name.
///
/// # Errors
/// With the names.
pub fn form_named(name: &str) -> Result<IdForm, String> {
    IdForm::ALL
        .into_iter()
        .find(|form| form.name() == name.trim())
        .ok_or_else(|| format!("expected decimals, zeros, case or exact, found '{name}'"))
}
