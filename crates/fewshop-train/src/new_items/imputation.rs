//! Adds products to a trained pack.

use anyhow::{Context, Result, bail};
use fewshop_model::{NewItem, Pack};

use crate::learner::in_shelf_order;

/// The pack with new products in their shelf order.
///
/// A new product gets the weighted mean of its neighbours' values: see [`Pack::grown`]. Attribute
/// heads are kept if the new products do not change the groups that these count.
///
/// # Errors
/// If an id is already in the pack, or a neighbour or vector does not fit the pack.
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
