//! Puts products into a pack that were not there when it was trained.

use anyhow::{Context, Result, bail};
use fewshop_model::{NewItem, Pack};

use crate::learner::in_shelf_order;

/// The pack with new products in their place on the shelf.
///
/// What a new product has is the weighted mean of its neighbours': see [`Pack::grown`]. Attribute
/// heads are kept if the new products leave the groups that these count as they were.
///
/// # Errors
/// When an id is in the pack already, or a neighbour or vector does not fit the pack.
pub fn add(pack: &Pack, added: &[NewItem]) -> Result<Pack> {
    let (n, d) = (pack.catalogue().len(), pack.item_table().d);
    for new in added {
        let id = &new.item.id;
        if pack.catalogue().ix(id).is_some() {
            bail!("item '{id}' is in the pack already: leave it out, or train again to change it");
        }
        if let Some((row, _)) = new.neighbours.iter().find(|(row, _)| *row as usize >= n) {
            bail!("item '{id}' has the neighbour {row}, the pack has {n} products");
        }
        if let Some(vector) = new.vector.as_ref().filter(|vector| vector.len() != d) {
            bail!(
                "item '{id}' has a vector of {} numbers, those of the pack have {d}",
                vector.len()
            );
        }
    }
    let grown = pack.grown(added);
    in_shelf_order(&grown.context("the new products do not fit the pack's")?)
}
