//! The optional offers: one JSON section, because it is small and readable. Rows are stored as
//! differences, which compress well.

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, RULES_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};
use crate::weights::OfferWeights;

const SECTION: &str = "offers";

pub(in crate::pack) struct Offers;

impl Section for Offers {
    const NAMES: &'static [&'static str] = &[SECTION];
    const SINCE: u32 = RULES_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        if let Some(offers) = &parts.offers {
            write(offers, out)?;
        }
        Ok(parts.offers.is_some())
    }

    fn read(file: &Container<'_>, _: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        parts.offers = read(file)?;
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        (parts.offers.as_ref()).map_or(Ok(()), |offers| offers.check(parts.catalogue.len()))
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        parts.offers.clone_from(&before.offers);
        for offer in parts
            .offers
            .iter_mut()
            .flat_map(|offers| &mut offers.offers)
        {
            offer.items = order.rows(&offer.items);
        }
        Ok(())
    }

    /// Offers keep covering the same items.
    fn grow(_: &PackParts, _: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }
}

fn write(offers: &OfferWeights, out: &mut Writer) -> Result<(), PackError> {
    let mut steps = offers.clone();
    for offer in &mut steps.offers {
        let mut before = 0;
        offer
            .items
            .iter_mut()
            .for_each(|row| *row -= std::mem::replace(&mut before, *row));
    }
    out.utf8(
        SECTION,
        &serde_json::to_string(&steps).map_err(|err| PackError::field(SECTION, err))?,
    );
    Ok(())
}

fn read(file: &Container<'_>) -> Result<Option<OfferWeights>, PackError> {
    if !file.has(SECTION) {
        return Ok(None);
    }
    let mut offers: OfferWeights =
        serde_json::from_str(file.utf8(SECTION)?).map_err(|err| PackError::field(SECTION, err))?;
    for offer in &mut offers.offers {
        let mut row = 0u32;
        for step in &mut offer.items {
            row = row
                .checked_add(*step)
                .ok_or_else(|| PackError::field(SECTION, "hold a row past all numbers"))?;
            *step = row;
        }
    }
    Ok(Some(offers))
}
