//! Tasks that have no section of their own: one section of JSON with the settings of each, one of
//! numbers; optional. The only section besides the settings that a pack without a catalogue has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, TASKS_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};
use crate::weights::TaskWeights;

const NAME: &str = "tasks";
const NUMBERS: &str = "tasks.numbers";
/// Bounds on what a hostile pack can ask for.
const MAX_TASKS: usize = 16;
const MAX_NAME: usize = 40;
const MAX_SETTINGS: usize = 1 << 20;
const MAX_NUMBERS: usize = 1 << 22;

pub(in crate::pack) struct Tasks;

/// A task as the JSON holds it: its numbers stand in the other section, in the order of the names.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    settings: String,
    numbers: usize,
}

impl Section for Tasks {
    const NAMES: &'static [&'static str] = &[NAME, NUMBERS];
    const SINCE: u32 = TASKS_VERSION;
    const NEEDS_CATALOGUE: bool = false;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        if parts.tasks.is_empty() {
            return Ok(false);
        }
        let entry = |(name, task): (&String, &TaskWeights)| {
            let entry = Entry {
                settings: task.settings.clone(),
                numbers: task.numbers.len(),
            };
            (name.clone(), entry)
        };
        let entries: BTreeMap<String, Entry> = parts.tasks.iter().map(entry).collect();
        let json = serde_json::to_string(&entries);
        out.utf8(NAME, &json.map_err(|err| PackError::field(NAME, err))?);
        let tasks = parts.tasks.values();
        let numbers: Vec<f32> = tasks.flat_map(|task| &task.numbers).copied().collect();
        out.f32(NUMBERS, &[numbers.len()], &numbers);
        Ok(true)
    }

    fn read(file: &Container<'_>, _: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if !file.has(NAME) {
            return match file.has(NUMBERS) {
                true => Err(PackError::field(
                    NUMBERS,
                    format!("has no '{NAME}' beside it"),
                )),
                false => Ok(()),
            };
        }
        let entries: BTreeMap<String, Entry> =
            serde_json::from_str(file.utf8(NAME)?).map_err(|err| PackError::field(NAME, err))?;
        let total =
            (entries.values()).try_fold(0usize, |sum, entry| sum.checked_add(entry.numbers));
        let total = total.filter(|&total| total <= MAX_NUMBERS);
        let total = total.ok_or_else(too_many_numbers)?;
        let numbers = file.f32(NUMBERS, &[total])?;
        let mut rest = numbers.as_slice();
        for (name, entry) in entries {
            let (own, others) = rest.split_at(entry.numbers);
            rest = others;
            let weights = TaskWeights {
                settings: entry.settings,
                numbers: own.to_vec(),
            };
            parts.tasks.insert(name, weights);
        }
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        if parts.tasks.len() > MAX_TASKS {
            return Err(PackError::field(
                NAME,
                format!("are {}, at most {MAX_TASKS} are allowed", parts.tasks.len()),
            ));
        }
        for (name, task) in &parts.tasks {
            let is_name = (1..=MAX_NAME).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            if !is_name || task.settings.len() > MAX_SETTINGS {
                return Err(PackError::field(
                    NAME,
                    format!(
                        "must have names of 1 to {MAX_NAME} small letters, and settings of at most {MAX_SETTINGS} bytes"
                    ),
                ));
            }
            if task.numbers.iter().any(|x| !x.is_finite()) {
                return Err(PackError::field(NUMBERS, "must hold finite numbers"));
            }
        }
        let total: usize = parts.tasks.values().map(|task| task.numbers.len()).sum();
        if total > MAX_NUMBERS {
            return Err(too_many_numbers());
        }
        Ok(())
    }

    /// Nothing in it names a row.
    fn reorder(_: &PackParts, _: &RowOrder, _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }

    /// Nothing in it is about an item.
    fn grow(_: &PackParts, _: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }
}

fn too_many_numbers() -> PackError {
    PackError::field(NUMBERS, format!("may hold at most {MAX_NUMBERS} numbers"))
}
