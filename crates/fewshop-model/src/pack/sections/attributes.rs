//! Prediction heads for household attributes; optional: sections `profile.*` and `meta.profile`, all
//! of them or none.

use serde::{Deserialize, Serialize};

use crate::error::PackError;
use crate::features::CatalogueGroups;
use crate::pack::PackParts;
use crate::pack::container::{Container, RULES_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};
use crate::weights::{AttributeHead, AttributeWeights, PLAIN_FEATURES};

pub(in crate::pack) struct Attributes;

impl Section for Attributes {
    const NAMES: &'static [&'static str] = &[
        "profile.mean",
        "profile.inv_std",
        "profile.w1",
        "profile.b1",
        "profile.w2",
        "profile.b2",
    ];
    const SINCE: u32 = RULES_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, meta: &mut Meta) -> Result<bool, PackError> {
        meta.profile = (parts.attributes.as_ref()).map(|heads| write(heads, out));
        Ok(parts.attributes.is_some())
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        parts.attributes = read(file, meta.profile.take())?;
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let Some(heads) = &parts.attributes else {
            return Ok(());
        };
        let groups = CatalogueGroups::of(&parts.catalogue).total();
        heads.check(PLAIN_FEATURES + groups + parts.item_table.d)
    }

    /// The heads' features are numbered item groups, and the numbers follow the order of the
    /// catalogue. If the new order changes these numbers, the heads are left out.
    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        if before.attributes.is_some() {
            let old = CatalogueGroups::of(&before.catalogue);
            let new = CatalogueGroups::of(&parts.catalogue);
            let is_same = |(old, new): (&Vec<u32>, &Vec<u32>)| order.permuted(old) == *new;
            if !old.groups.iter().zip(&new.groups).all(is_same) {
                parts.attributes = None;
            }
        }
        Ok(())
    }

    /// A new group would be a feature that the heads were not trained on, so they are left out.
    fn grow(before: &PackParts, _: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        if before.attributes.is_some() {
            let old = CatalogueGroups::of(&before.catalogue);
            let new = CatalogueGroups::of(&parts.catalogue);
            if old.sizes != new.sizes {
                parts.attributes = None;
            }
        }
        Ok(())
    }
}

/// Values of the heads that are not arrays.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pack) struct AttributesMeta {
    hidden: usize,
    heads: Vec<AttributeHead>,
}

/// No catalogue has more features; this bounds the allocations of a hostile header.
const MAX_FEATURES: usize = 4_096;

fn write(profile: &AttributeWeights, out: &mut Writer) -> AttributesMeta {
    let (f, h, c) = (profile.mean.len(), profile.hidden, profile.outputs());
    out.bf16("profile.mean", &[f], &profile.mean);
    out.bf16("profile.inv_std", &[f], &profile.inv_std);
    out.bf16("profile.w1", &[f, h], &profile.w1);
    out.f32("profile.b1", &[h], &profile.b1);
    out.bf16("profile.w2", &[if h == 0 { f } else { h }, c], &profile.w2);
    out.f32("profile.b2", &[c], &profile.b2);
    AttributesMeta {
        hidden: h,
        heads: profile.heads.clone(),
    }
}

fn read(
    file: &Container<'_>,
    meta: Option<AttributesMeta>,
) -> Result<Option<AttributeWeights>, PackError> {
    let Some(meta) = meta else {
        return match file.names().find(|name| Attributes::NAMES.contains(name)) {
            Some(name) => Err(PackError::field(
                name,
                "is present without 'profile' in meta",
            )),
            None => Ok(None),
        };
    };
    let f = file.len_of("profile.mean")?;
    let outputs: usize = meta.heads.iter().map(|head| head.values.len()).sum();
    if f > MAX_FEATURES || meta.hidden > MAX_FEATURES || outputs > MAX_FEATURES {
        return Err(PackError::field(
            "profile",
            "asks for more numbers than is allowed",
        ));
    }
    let (h, read) = (meta.hidden, if meta.hidden == 0 { f } else { meta.hidden });
    Ok(Some(AttributeWeights {
        heads: meta.heads,
        hidden: h,
        mean: file.bf16("profile.mean", &[f])?,
        inv_std: file.bf16("profile.inv_std", &[f])?,
        w1: file.bf16("profile.w1", &[f, h])?,
        b1: file.f32("profile.b1", &[h])?,
        w2: file.bf16("profile.w2", &[read, outputs])?,
        b2: file.f32("profile.b2", &[outputs])?,
    }))
}
