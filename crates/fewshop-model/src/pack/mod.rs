//! The pack: the complete result of training, as one validated value and as bytes.
//! `docs/pack-format.md` describes the bytes.
//!
//! [`PackParts`] are the parts as plain data; a [`Pack`] is parts that fit together. A part is
//! written, read, checked, reordered and grown by its section (`sections/`, one file each).

mod card;
#[cfg(test)]
mod catalogue_tests;
mod container;
mod meta;
mod section;
mod sections;
#[cfg(test)]
mod tests;
mod varint;

use std::collections::BTreeMap;

use fewshop_core::{Catalogue, Promotion};

pub use card::Card;
pub use container::FORMAT_VERSION;
pub use section::NewItem;

use container::{Container, Writer};
use meta::Meta;
use section::{RowOrder, Sections};

use crate::business_rules::BusinessRules;
use crate::error::PackError;
use crate::features::{ActiveGroups, FeatureGroup};
use crate::weights::{
    AdapterWeights, AttributeWeights, CategoryLifts, EncoderWeights, ItemTable, ModelConfig,
    OfferWeights, PairTable, RankerWeights, TaskWeights, Variants,
};

/// The unchecked parts of a pack: [`Pack::new`] checks and joins them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PackParts {
    /// Training card.
    pub card: Card,
    /// Settings.
    pub config: ModelConfig,
    /// Items.
    pub catalogue: Catalogue,
    /// Sessions that contain each item, `[items]`.
    pub popularity: Vec<u32>,
    /// The same over the last part of the log alone: recent popularity.
    pub recent_popularity: Vec<u32>,
    /// Probability that a shopper who took the item takes it again in the next visit, `[items]`, 0
    /// to 1; one byte in the file.
    pub repeat_rates: Vec<f32>,
    /// Item vectors.
    pub item_table: ItemTable,
    /// Pair counts and regression weights.
    pub pairs: PairTable,
    /// Session encoder.
    pub encoder: EncoderWeights,
    /// On-device adapter.
    pub adapter: AdapterWeights,
    /// Ranker.
    pub ranker: RankerWeights,
    /// Business rules; empty in a newly trained pack.
    pub rules: BusinessRules,
    /// Prediction heads for household attributes, if any were trained.
    pub attributes: Option<AttributeWeights>,
    /// Offers and the weights that rank them, if any were fitted.
    pub offers: Option<OfferWeights>,
    /// Rows of items that were added after training, in ascending order; they have no sales in the
    /// log.
    pub new_items: Vec<u32>,
    /// Sessions since the training that contain each item, `[items]`; empty in a pack that was
    /// never refreshed.
    pub seasonal_counts: Vec<u32>,
    /// Tasks that have no section of their own, by name.
    pub tasks: BTreeMap<String, TaskWeights>,
    /// What is in the leaflet or on display, sorted by [`Promotion::key`]; may be empty. The file
    /// rounds a share up to a multiple of 1/255.
    pub promotions: Vec<Promotion>,
    /// How much more often two categories are bought together than their sales explain.
    pub category_lifts: Option<CategoryLifts>,
    /// Which products are variants of one thing, if the shop says so.
    pub variants: Option<Variants>,
}

impl PackParts {
    /// Whether there are products. Without them a pack holds a card and tasks, and nothing else.
    #[must_use]
    pub fn has_catalogue(&self) -> bool {
        !self.catalogue.is_empty()
    }

    /// Parts without a catalogue: all that is about products must be missing too.
    fn check_without_catalogue(&self) -> Result<(), PackError> {
        let alone = Self {
            card: self.card.clone(),
            tasks: self.tasks.clone(),
            ..Self::default()
        };
        if self.tasks.is_empty() || *self != alone {
            return Err(PackError::field(
                "catalogue",
                "has no items: a pack without a catalogue holds tasks, and nothing that is about products",
            ));
        }
        Ok(())
    }
}

/// The complete result of training: parts that fit together. Changes go through [`Pack::edit`],
/// which checks them again.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    parts: PackParts,
    hash: [u8; 32],
}

impl Pack {
    /// Checks the parts against each other and joins them.
    ///
    /// # Errors
    /// [`PackError::Field`] names the part that does not fit.
    pub fn new(parts: PackParts) -> Result<Self, PackError> {
        <sections::All as Sections>::check(&parts)?;
        if !parts.has_catalogue() {
            parts.check_without_catalogue()?;
        }
        Ok(Self {
            parts,
            hash: [0; 32],
        })
    }

    /// The same pack with changed parts. It no longer equals the file that it was read from, so its
    /// [`fingerprint`](Self::fingerprint) is zeros.
    ///
    /// # Errors
    /// [`PackError::Field`] names the part that does not fit.
    pub fn edit(self, change: impl FnOnce(&mut PackParts)) -> Result<Self, PackError> {
        let mut parts = self.parts;
        change(&mut parts);
        Self::new(parts)
    }

    /// The same pack with its rows in another order: `order` holds the old row of each new one.
    /// Attribute heads are left out if the order changes the numbers of the item groups.
    ///
    /// # Errors
    /// [`PackError::Field`] if `order` does not name each row once.
    pub fn reordered(&self, order: &[usize]) -> Result<Self, PackError> {
        reordered::<sections::All>(&self.parts, order).and_then(Self::new)
    }

    /// The same pack with new items after its own. A new item has the weighted means of its
    /// neighbours; one without neighbours was never sold. The pack's old items do not change,
    /// except for the pairs that they gain. Attribute heads are left out if the new items bring new
    /// groups.
    ///
    /// # Errors
    /// [`PackError::Field`] if a neighbour, vector or item does not fit the pack.
    pub fn grown(&self, added: &[NewItem]) -> Result<Self, PackError> {
        grown::<sections::All>(&self.parts, added).and_then(Self::new)
    }

    /// The pack as a file.
    ///
    /// # Errors
    /// [`PackError::Field`] if the training card cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PackError> {
        let (mut out, mut meta) = (Writer::default(), Meta::default());
        let version = <sections::All as Sections>::write(&self.parts, &mut out, &mut meta)?;
        out.finish(version, &meta)
            .map_err(|err| PackError::field("card", err))
    }

    /// Reads a pack from an untrusted source: everything is checked.
    ///
    /// # Errors
    /// [`PackError`] names the problem and its place.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PackError> {
        Self::from_hashed_bytes(bytes, None)
    }

    /// The same, with the SHA-256 of all but the last 32 bytes in hex if it is known already: a
    /// browser computes it fifteen times faster than WebAssembly does.
    ///
    /// # Errors
    /// [`PackError`] names the problem and its place.
    pub fn from_hashed_bytes(bytes: &[u8], digest: Option<&str>) -> Result<Self, PackError> {
        let file = Container::parse(bytes, digest)?;
        let is_known = |name: &str| <sections::All as Sections>::knows(name, file.version);
        if let Some(name) = file.names().find(|name| !is_known(name)) {
            return Err(PackError::field(
                name,
                "is not a section of this format version",
            ));
        }
        let mut parts = PackParts::default();
        <sections::All as Sections>::read(&file, &mut Meta::read(&file)?, &mut parts)?;
        let hash = file.hash;
        Ok(Self {
            hash,
            ..Self::new(parts)?
        })
    }

    /// First 8 bytes of the file's SHA-256 in hex; zeros for a pack that was not read from a file.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&self.hash[..8])
    }

    /// All parts.
    #[must_use]
    pub fn parts(&self) -> &PackParts {
        &self.parts
    }

    /// See [`PackParts::has_catalogue`].
    #[must_use]
    pub fn has_catalogue(&self) -> bool {
        self.parts.has_catalogue()
    }

    /// The weights of a task that has no section of its own.
    #[must_use]
    pub fn task(&self, name: &str) -> Option<&TaskWeights> {
        self.parts.tasks.get(name)
    }

    /// See [`PackParts::card`].
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.parts.card
    }

    /// See [`PackParts::config`].
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.parts.config
    }

    /// See [`PackParts::catalogue`].
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.parts.catalogue
    }

    /// See [`PackParts::popularity`].
    #[must_use]
    pub fn popularity(&self) -> &[u32] {
        &self.parts.popularity
    }

    /// See [`PackParts::recent_popularity`].
    #[must_use]
    pub fn recent_popularity(&self) -> &[u32] {
        &self.parts.recent_popularity
    }

    /// See [`PackParts::repeat_rates`].
    #[must_use]
    pub fn repeat_rates(&self) -> &[f32] {
        &self.parts.repeat_rates
    }

    /// Whether the ranker reads any feature of a group.
    #[must_use]
    pub fn reads(&self, group: FeatureGroup) -> bool {
        ActiveGroups::of(&self.parts.ranker.inv_std).contains(group)
    }

    /// See [`PackParts::item_table`].
    #[must_use]
    pub fn item_table(&self) -> &ItemTable {
        &self.parts.item_table
    }

    /// See [`PackParts::pairs`].
    #[must_use]
    pub fn pairs(&self) -> &PairTable {
        &self.parts.pairs
    }

    /// See [`PackParts::encoder`].
    #[must_use]
    pub fn encoder(&self) -> &EncoderWeights {
        &self.parts.encoder
    }

    /// See [`PackParts::adapter`].
    #[must_use]
    pub fn adapter(&self) -> &AdapterWeights {
        &self.parts.adapter
    }

    /// See [`PackParts::ranker`].
    #[must_use]
    pub fn ranker(&self) -> &RankerWeights {
        &self.parts.ranker
    }

    /// See [`PackParts::rules`].
    #[must_use]
    pub fn rules(&self) -> &BusinessRules {
        &self.parts.rules
    }

    /// See [`PackParts::attributes`].
    #[must_use]
    pub fn attributes(&self) -> Option<&AttributeWeights> {
        self.parts.attributes.as_ref()
    }

    /// See [`PackParts::offers`].
    #[must_use]
    pub fn offers(&self) -> Option<&OfferWeights> {
        self.parts.offers.as_ref()
    }

    /// See [`PackParts::new_items`].
    #[must_use]
    pub fn new_items(&self) -> &[u32] {
        &self.parts.new_items
    }

    /// See [`PackParts::seasonal_counts`].
    #[must_use]
    pub fn seasonal_counts(&self) -> &[u32] {
        &self.parts.seasonal_counts
    }

    /// See [`PackParts::promotions`].
    #[must_use]
    pub fn promotions(&self) -> &[Promotion] {
        &self.parts.promotions
    }
}

/// Rows of a pack without a catalogue cannot be moved or added to.
fn check_has_catalogue(parts: &PackParts) -> Result<(), PackError> {
    match parts.has_catalogue() {
        true => Ok(()),
        false => Err(PackError::field(
            "catalogue",
            "is not in this pack: it holds tasks alone",
        )),
    }
}

fn reordered<All: Sections>(before: &PackParts, order: &[usize]) -> Result<PackParts, PackError> {
    check_has_catalogue(before)?;
    let order = RowOrder::new(order, before.catalogue.len())?;
    let mut parts = before.clone();
    All::reorder(before, &order, &mut parts)?;
    Ok(parts)
}

fn grown<All: Sections>(before: &PackParts, added: &[NewItem]) -> Result<PackParts, PackError> {
    check_has_catalogue(before)?;
    let (n, d) = (before.catalogue.len(), before.item_table.d);
    for new in added {
        let mut rows = new.neighbours.iter().map(|&(row, _)| row);
        if let Some(row) = rows.find(|&row| row as usize >= n) {
            return Err(PackError::field(
                "neighbours",
                format!("of '{}' name row {row}, the catalogue has {n}", new.item.id),
            ));
        }
        if let Some(vector) = new.vector.as_ref().filter(|vector| vector.len() != d) {
            return Err(PackError::field(
                "vector",
                format!(
                    "of '{}' has {} numbers, expected {d}",
                    new.item.id,
                    vector.len()
                ),
            ));
        }
    }
    let mut parts = before.clone();
    All::grow(before, added, &mut parts)?;
    Ok(parts)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
