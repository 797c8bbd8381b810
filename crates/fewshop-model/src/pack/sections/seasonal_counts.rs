//! The number of sessions since the training that contain each item; optional.

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, RULES_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};

const NAME: &str = "season";

pub(in crate::pack) struct SeasonalCounts;

impl Section for SeasonalCounts {
    const NAMES: &'static [&'static str] = &[NAME];
    const SINCE: u32 = RULES_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        let is_there = !parts.seasonal_counts.is_empty();
        if is_there {
            out.u32(NAME, &parts.seasonal_counts);
        }
        Ok(is_there)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if file.has(NAME) {
            parts.seasonal_counts = file.u32(NAME, Some(meta.items))?;
        }
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let (n, found) = (parts.catalogue.len(), parts.seasonal_counts.len());
        if found != 0 && found != n {
            return Err(PackError::field(
                NAME,
                format!("has {found} numbers, expected {n} or none"),
            ));
        }
        Ok(())
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        if !before.seasonal_counts.is_empty() {
            parts.seasonal_counts = order.permuted(&before.seasonal_counts);
        }
        Ok(())
    }

    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        if !before.seasonal_counts.is_empty() {
            let counts = added
                .iter()
                .map(|new| new.mean_count(&before.seasonal_counts));
            parts.seasonal_counts.extend(counts);
        }
        Ok(())
    }
}
