//! The row order of a pack: similar products are adjacent, as on a shelf.
//!
//! The trained weights do not depend on it, but similar neighbours compress better: the page's copy
//! of Complete Journey's catalogue goes from 104 to 73 kB (brotli).

use anyhow::Result;
use fewshop_model::Pack;

/// The same pack with its rows in the order of category, title, brand and size. Attribute heads are
/// left out if this order changes the numbers of the item groups.
///
/// # Errors
/// Never for a valid pack; its parts are checked again.
pub(crate) fn in_shelf_order(pack: &Pack) -> Result<Pack> {
    let items = pack.catalogue().items();
    let mut order: Vec<usize> = (0..items.len()).collect();
    let key = |row: usize| {
        (
            &items[row].category,
            &items[row].title,
            &items[row].brand,
            &items[row].size,
            &items[row].id,
        )
    };
    order.sort_by(|&a, &b| key(a).cmp(&key(b)));
    Ok(pack.reordered(&order)?)
}
