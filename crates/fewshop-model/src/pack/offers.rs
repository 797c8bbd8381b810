//! The optional offers in the file: one section of JSON, for it is small and for people. Rows are
//! written as steps, which compress.

use super::Pack;
use super::container::{Container, Writer};
use crate::error::PackError;
use crate::weights::OfferWeights;

/// Their section.
pub(super) const SECTION: &str = "offers";

pub(super) fn write(offers: &OfferWeights, out: &mut Writer) -> Result<(), PackError> {
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

pub(super) fn read(file: &Container<'_>) -> Result<Option<OfferWeights>, PackError> {
    if !file.names().any(|name| name == SECTION) {
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

impl Pack {
    /// The same pack with these offers instead of its own, if it has any.
    ///
    /// # Errors
    /// [`PackError::Field`] when they do not fit its catalogue.
    pub fn with_offers(mut self, offers: Option<OfferWeights>) -> Result<Self, PackError> {
        self.offers = offers;
        self.hash = [0; 32];
        self.check_offers()?;
        Ok(self)
    }

    /// The same pack whose rows `fresh`, rising, are products that were put in after training.
    ///
    /// # Errors
    /// [`PackError::Field`] when they are not rows of its catalogue, each once and rising.
    pub fn with_fresh(mut self, fresh: Vec<u32>) -> Result<Self, PackError> {
        self.fresh = fresh;
        self.hash = [0; 32];
        self.check_offers()?;
        Ok(self)
    }

    pub(super) fn check_offers(&self) -> Result<(), PackError> {
        let n = self.catalogue.len();
        if !self.fresh.windows(2).all(|pair| pair[0] < pair[1])
            || self.fresh.last().is_some_and(|&row| row as usize >= n)
        {
            return Err(PackError::field(
                "fresh",
                format!("must hold rows of the catalogue of {n}, rising"),
            ));
        }
        self.offers
            .as_ref()
            .map_or(Ok(()), |offers| offers.check(n))
    }
}
