//! The offers that the catalogue's file lists for a stranger.

use fewshop_core::{ItemIx, OfferPick, OfferReason};

/// An offer as the file has it; `None` for one that is no offer of this shop, which is then not
/// shown.
pub(super) fn read_offer(fields: &[String], rows: usize) -> Option<OfferPick> {
    let [id, title, covers, everyone, items @ ..] = fields else {
        return None;
    };
    // In hundred-thousandths: the library's reader of fractions alone is 10 kB of the page.
    let everyone = everyone.parse::<u32>().ok()? as f32 / 1e5;
    let items = items
        .iter()
        .map(|row| {
            row.parse()
                .ok()
                .filter(|&row| (row as usize) < rows)
                .map(ItemIx)
        })
        .collect::<Option<_>>()?;
    Some(OfferPick {
        id: id.clone(),
        title: title.clone(),
        covers: covers.parse().ok()?,
        items,
        probability: everyone,
        everyone,
        reason: OfferReason::MostRedeemed,
        products: 0,
    })
}
