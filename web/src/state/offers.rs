//! The offers that the catalogue's file lists for new shoppers.

use fewshop_core::{Evidence, ItemIx, Outcome, Prediction, REDEEMED};

/// An offer from the file; `None` if it is not a valid offer of this shop, and is then not shown.
pub(super) fn read_offer(fields: &[String], rows: usize) -> Option<Prediction> {
    let [id, title, covers, everyone, items @ ..] = fields else {
        return None;
    };
    // In hundred-thousandths: parsing fractions would add 10 kB to the page.
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
    Some(Prediction {
        target: id.clone(),
        title: title.clone(),
        outcomes: Some(vec![Outcome {
            value: REDEEMED.to_owned(),
            probability: everyone,
            base_rate: everyone,
        }]),
        evidence: Evidence {
            reason: String::new(),
            examples: 0,
            covers: covers.parse().ok()?,
            items,
        },
    })
}
