//! The optional profile heads in the file: sections `profile.*` and `meta.profile`, all of them or
//! none.

use serde::{Deserialize, Serialize};

use super::Pack;
use super::container::{Container, Writer};
use crate::catalogue_groups::CatalogueGroups;
use crate::error::PackError;
use crate::weights::{AttributeHead, PLAIN_FEATURES, ProfileWeights};

/// Their sections.
pub(super) const SECTIONS: [&str; 6] = [
    "profile.mean",
    "profile.inv_std",
    "profile.w1",
    "profile.b1",
    "profile.w2",
    "profile.b2",
];

/// What of the heads is no array.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileMeta {
    hidden: usize,
    heads: Vec<AttributeHead>,
}

/// No catalogue gives more features; it bounds what a hostile header can ask for.
const MOST_FEATURES: usize = 4_096;

pub(super) fn write(profile: &ProfileWeights, out: &mut Writer) -> ProfileMeta {
    let (f, h, c) = (profile.mean.len(), profile.hidden, profile.outputs());
    out.bf16("profile.mean", &[f], &profile.mean);
    out.bf16("profile.inv_std", &[f], &profile.inv_std);
    out.bf16("profile.w1", &[f, h], &profile.w1);
    out.f32("profile.b1", &[h], &profile.b1);
    out.bf16("profile.w2", &[if h == 0 { f } else { h }, c], &profile.w2);
    out.f32("profile.b2", &[c], &profile.b2);
    ProfileMeta {
        hidden: h,
        heads: profile.heads.clone(),
    }
}

pub(super) fn read(
    file: &Container<'_>,
    meta: Option<ProfileMeta>,
) -> Result<Option<ProfileWeights>, PackError> {
    let Some(meta) = meta else {
        return match file.names().find(|name| SECTIONS.contains(name)) {
            Some(name) => Err(PackError::field(
                name,
                "stands there without 'profile' in meta",
            )),
            None => Ok(None),
        };
    };
    let f = file.len_of("profile.mean")?;
    let outputs: usize = meta.heads.iter().map(|head| head.values.len()).sum();
    if f > MOST_FEATURES || meta.hidden > MOST_FEATURES || outputs > MOST_FEATURES {
        return Err(PackError::field(
            "profile",
            "asks for more numbers than is allowed",
        ));
    }
    let (h, read) = (meta.hidden, if meta.hidden == 0 { f } else { meta.hidden });
    Ok(Some(ProfileWeights {
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

impl Pack {
    /// The same pack with these heads instead of its own, if it has any.
    ///
    /// # Errors
    /// [`PackError::Field`] when they do not fit its catalogue or each other.
    pub fn with_profile(mut self, profile: Option<ProfileWeights>) -> Result<Self, PackError> {
        self.profile = profile;
        self.check_profile()?;
        Ok(self)
    }

    pub(super) fn check_profile(&self) -> Result<(), PackError> {
        let Some(profile) = &self.profile else {
            return Ok(());
        };
        let groups = CatalogueGroups::of(&self.catalogue).total();
        profile.check(PLAIN_FEATURES + groups + self.table.d)
    }
}
