//! Training card and settings, which are stored in the header only.

use crate::error::PackError;
use crate::features::FEATURE_NAMES;
use crate::pack::PackParts;
use crate::pack::container::{Container, PLAIN_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};

/// Maximum of steps times negatives times vector size: leave-one-out fine-tuning over 20 context
/// items then takes a fifth of a second. The defaults give 41,000.
const MAX_ADAPTER_WORK: usize = 10_000_000;
/// Maximum of the weights and of the ridge that a refresh uses; trained ones are below 100.
const MAX_REFRESH: f32 = 1_000.0;
/// Maximum of the partners that a refresh keeps by one weighting: a row of pairs holds 65,535.
const MAX_KEPT: usize = 10_000;
/// Maximum number of context items that a fallback tells apart: a session's latest 64 are read.
const MAX_FALLBACK: usize = 64;
/// Maximum of candidates per channel times hidden units of the ranker; the defaults give 7,680.
const MAX_RANKER_WORK: usize = 1_000_000;

pub(in crate::pack) struct Settings;

impl Section for Settings {
    const NAMES: &'static [&'static str] = &[];
    const SINCE: u32 = PLAIN_VERSION;
    const NEEDS_CATALOGUE: bool = false;

    fn write(parts: &PackParts, _: &mut Writer, meta: &mut Meta) -> Result<bool, PackError> {
        meta.card = parts.card.clone();
        meta.config = parts.config.clone();
        // Without a ranker there is nothing that reads features.
        if parts.has_catalogue() {
            meta.features = FEATURE_NAMES.iter().map(ToString::to_string).collect();
        }
        Ok(true)
    }

    fn read(_: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if !meta.tasks_only && !meta.features.iter().eq(FEATURE_NAMES.iter()) {
            return Err(PackError::field(
                "features",
                "do not match the features of this program: train the pack again",
            ));
        }
        parts.card = std::mem::take(&mut meta.card);
        parts.config = std::mem::take(&mut meta.config);
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        if !parts.has_catalogue() {
            return Ok(());
        }
        let c = &parts.config;
        let finite = [
            c.logit_scale,
            c.adapter_l2,
            c.dismiss_weight,
            c.covisit_alpha,
            c.covisit_shrink,
            c.cosine_shrink,
            c.sessions,
        ];
        if finite.iter().any(|v| !(v.is_finite() && *v >= 0.0)) {
            return Err(PackError::field(
                "config",
                "must hold finite numbers of 0 or more",
            ));
        }
        if let Some(refresh) = &c.refresh {
            let numbers = [
                refresh.count_weight,
                refresh.regression_weight,
                refresh.length_power,
                refresh.ridge,
            ];
            let is_odd = numbers.iter().any(|v| !(0.0..=MAX_REFRESH).contains(v))
                || refresh
                    .keep
                    .iter()
                    .any(|keep| !(1..=MAX_KEPT).contains(keep));
            if is_odd {
                return Err(PackError::field(
                    "config.refresh",
                    format!(
                        "must hold numbers of 0 to {MAX_REFRESH} and partners of 1 to {MAX_KEPT}"
                    ),
                ));
            }
        }
        if c.fallback.len() > MAX_FALLBACK {
            return Err(PackError::field(
                "config.fallback",
                format!(
                    "has {} entries, at most {MAX_FALLBACK} are allowed",
                    c.fallback.len()
                ),
            ));
        }
        // The work per click grows with these; a hostile pack must not hang the page.
        let adapter = c
            .adapter_steps
            .saturating_mul(parts.adapter.negatives.len())
            .saturating_mul(parts.item_table.d);
        let ranker = c.candidates.saturating_mul(parts.ranker.hidden.max(1));
        if c.candidates == 0
            || c.candidates > 10_000
            || adapter > MAX_ADAPTER_WORK
            || ranker > MAX_RANKER_WORK
        {
            return Err(PackError::field(
                "config",
                "asks for no candidates, or for more work per click than is allowed (candidates x hidden units, or steps x negatives x numbers)",
            ));
        }
        Ok(())
    }

    fn reorder(_: &PackParts, _: &RowOrder, _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }

    fn grow(_: &PackParts, _: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }
}
