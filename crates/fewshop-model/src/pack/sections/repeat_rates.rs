//! The probability that each item is taken again in the next visit, with one byte per number.

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, PLAIN_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section, check_length};

const NAME: &str = "repeat";

pub(in crate::pack) struct RepeatRates;

impl Section for RepeatRates {
    const NAMES: &'static [&'static str] = &[NAME];
    const SINCE: u32 = PLAIN_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        let rates = parts.repeat_rates.iter();
        let q: Vec<u8> = rates.map(|r| (r * 255.0).round() as u8).collect();
        out.u8(NAME, &q);
        Ok(true)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        let q = file.u8(NAME, meta.items)?;
        parts.repeat_rates = q.iter().map(|&q| f32::from(q) / 255.0).collect();
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        check_length(NAME, parts.repeat_rates.len(), parts.catalogue.len())?;
        if parts.repeat_rates.iter().any(|r| !(0.0..=1.0).contains(r)) {
            return Err(PackError::field(NAME, "must hold numbers from 0 to 1"));
        }
        Ok(())
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        parts.repeat_rates = order.permuted(&before.repeat_rates);
        Ok(())
    }

    fn grow(before: &PackParts, added: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        let rates = &before.repeat_rates;
        let mean = rates.iter().sum::<f32>() / rates.len() as f32;
        for new in added {
            let rate = new.mean(|row| rates[row], mean).clamp(0.0, 1.0);
            parts.repeat_rates.push(rate);
        }
        Ok(())
    }
}
