//! Business rules; optional. JSON, because they are few and readable.

use fewshop_core::ItemIx;

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, RULES_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};

const NAME: &str = "rules";

pub(in crate::pack) struct Rules;

impl Section for Rules {
    const NAMES: &'static [&'static str] = &[NAME];
    const SINCE: u32 = RULES_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        let is_there = !parts.rules.is_empty();
        if is_there {
            let json = serde_json::to_string(&parts.rules);
            out.utf8(NAME, &json.map_err(|err| PackError::field(NAME, err))?);
        }
        Ok(is_there)
    }

    fn read(file: &Container<'_>, _: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if file.has(NAME) {
            let rules = serde_json::from_str(file.utf8(NAME)?);
            parts.rules = rules.map_err(|err| PackError::field(NAME, err))?;
        }
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        (parts.rules.check(&parts.catalogue)).map_err(|problem| PackError::field(NAME, problem))
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        let rules = &mut parts.rules;
        rules.clone_from(&before.rules);
        let row = |item: &mut ItemIx| item.0 = order.row(item.0);
        let pins = rules.pins.iter_mut().map(|pin| &mut pin.item);
        let shifts = rules.shifts.iter_mut().map(|shift| &mut shift.item);
        pins.chain(shifts)
            .chain(&mut rules.exclude)
            .chain(&mut rules.out_of_stock)
            .for_each(row);
        Ok(())
    }

    /// Existing rules do not refer to new items.
    fn grow(_: &PackParts, _: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }
}
