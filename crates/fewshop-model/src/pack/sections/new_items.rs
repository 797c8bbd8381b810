//! Rows of the items that were added after training; a list in the header, optional.

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, RULES_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};

const NAME: &str = "fresh";

pub(in crate::pack) struct NewItems;

impl Section for NewItems {
    const NAMES: &'static [&'static str] = &[];
    const SINCE: u32 = RULES_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, _: &mut Writer, meta: &mut Meta) -> Result<bool, PackError> {
        meta.fresh.clone_from(&parts.new_items);
        Ok(!parts.new_items.is_empty())
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        parts.new_items = std::mem::take(&mut meta.fresh);
        if file.version < Self::SINCE && !parts.new_items.is_empty() {
            return Err(PackError::field(NAME, "is not part of this format version"));
        }
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let (n, rows) = (parts.catalogue.len(), &parts.new_items);
        if !rows.windows(2).all(|pair| pair[0] < pair[1])
            || rows.last().is_some_and(|&row| row as usize >= n)
        {
            return Err(PackError::field(
                NAME,
                format!("must hold rows of the catalogue of {n}, in ascending order"),
            ));
        }
        Ok(())
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        parts.new_items = order.rows(&before.new_items);
        Ok(())
    }

    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        let n = before.catalogue.len();
        let rows = n..n + added.len();
        parts.new_items.extend(rows.map(|row| row as u32));
        Ok(())
    }
}
