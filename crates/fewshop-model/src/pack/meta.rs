//! The header's `meta`: small values that are not arrays.

use serde::{Deserialize, Serialize};

use super::Card;
use super::container::{Container, TASKS_VERSION};
use super::sections::AttributesMeta;
use crate::error::PackError;
use crate::weights::ModelConfig;

/// No shop has more items; this bounds the allocations of a hostile header before the sections are
/// read.
const MAX_ITEMS: usize = 5_000_000;
const MAX_HIDDEN: usize = 4_096;

/// Values that the sections write into the header, in the order of the file. They include the
/// feature names, because weights only apply to the features that they were trained with. A new
/// section needs no field here; its small values are JSON in a text section, like `rules` and
/// `offers`.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meta {
    pub(super) card: Card,
    pub(super) config: ModelConfig,
    pub(super) items: usize,
    pub(super) d: usize,
    pub(super) encoder_hidden: usize,
    pub(super) recency: f32,
    pub(super) ranker_hidden: usize,
    pub(super) ranker_bias: f32,
    pub(super) features: Vec<String>,
    pub(super) pair_count_min: f32,
    pub(super) pair_count_max: f32,
    pub(super) pair_regression_max: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) profile: Option<AttributesMeta>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) fresh: Vec<u32>,
    /// The file holds no catalogue.
    #[serde(skip)]
    pub(super) tasks_only: bool,
}

impl Meta {
    pub(super) fn read(file: &Container<'_>) -> Result<Self, PackError> {
        let mut meta: Self =
            serde_json::from_str(file.meta).map_err(|err| PackError::field("meta", err))?;
        if meta.items > MAX_ITEMS
            || meta.d > 1024
            || meta.encoder_hidden > MAX_HIDDEN
            || meta.ranker_hidden > MAX_HIDDEN
        {
            return Err(PackError::field(
                "meta",
                "asks for more items or numbers than is allowed",
            ));
        }
        meta.tasks_only = file.version >= TASKS_VERSION && meta.items == 0;
        if meta.tasks_only {
            return meta.without_catalogue();
        }
        let scales = [
            meta.recency,
            meta.ranker_bias,
            meta.pair_count_max,
            meta.pair_regression_max,
        ];
        if scales.iter().any(|v| !v.is_finite())
            || !(meta.pair_count_min > 0.0 && meta.pair_count_min <= meta.pair_count_max)
        {
            return Err(PackError::field("meta", "must hold finite numbers"));
        }
        Ok(meta)
    }

    /// Refuses what belongs to a catalogue. The sections check the rest.
    fn without_catalogue(self) -> Result<Self, PackError> {
        let is_shop = self.d != 0
            || self.encoder_hidden != 0
            || self.ranker_hidden != 0
            || self.profile.is_some()
            || !self.features.is_empty()
            || !self.fresh.is_empty();
        if is_shop {
            return Err(PackError::field(
                "meta",
                "describes a shop without items: a catalogue, its vectors, pairs and networks are there together or not at all",
            ));
        }
        Ok(self)
    }
}
