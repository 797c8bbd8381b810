//! How much more often two categories are bought together than their sales explain; optional.

use std::collections::HashMap;

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, LIFTS_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section, check_length};
use crate::weights::{CategoryGroups, CategoryLifts};

/// Logarithms in steps of 1/16, the upper triangle row by row.
const LIFTS: &str = "category_lifts";
const UNIT: &str = "category_lifts.unit";
const STEPS: f32 = 16.0;
const ZERO: f32 = 128.0;

pub(in crate::pack) struct Lifts;

impl Section for Lifts {
    const NAMES: &'static [&'static str] = &[LIFTS, UNIT];
    const SINCE: u32 = LIFTS_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        let Some(lifts) = &parts.category_lifts else {
            return Ok(false);
        };
        let n = CategoryGroups::of(&parts.catalogue).paths.len();
        let upper = (0..n).flat_map(|a| (a..n).map(move |b| lifts.lifts[a * n + b]));
        let steps = upper.map(|lift| (lift.ln() * STEPS + ZERO).round().clamp(0.0, 255.0) as u8);
        out.u8(LIFTS, &steps.collect::<Vec<u8>>());
        out.f32(UNIT, &[1], &[lifts.unit]);
        Ok(true)
    }

    fn read(file: &Container<'_>, _: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if !Self::NAMES.iter().any(|name| file.has(name)) {
            return Ok(());
        }
        let n = CategoryGroups::of(&parts.catalogue).paths.len();
        let mut steps = file.u8(LIFTS, n * (n + 1) / 2)?.iter();
        let mut lifts = vec![1.0; n * n];
        for a in 0..n {
            for (b, &step) in (a..n).zip(&mut steps) {
                let lift = ((f32::from(step) - ZERO) / STEPS).exp();
                lifts[a * n + b] = lift;
                lifts[b * n + a] = lift;
            }
        }
        let unit = file.f32(UNIT, &[1])?[0];
        parts.category_lifts = Some(CategoryLifts { unit, lifts });
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let Some(CategoryLifts { unit, lifts }) = &parts.category_lifts else {
            return Ok(());
        };
        let n = CategoryGroups::of(&parts.catalogue).paths.len();
        check_length(LIFTS, lifts.len(), n * n)?;
        if !lifts.iter().all(|&lift| lift.is_normal() && lift > 0.0) {
            return Err(PackError::field(LIFTS, "must be positive"));
        }
        if !(unit.is_finite() && *unit >= 0.0) {
            return Err(PackError::field(UNIT, "must be 0 or positive"));
        }
        Ok(())
    }

    /// Its categories are sorted by name, whatever the order of the rows.
    fn reorder(_: &PackParts, _: &RowOrder, _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }

    /// A new category has nothing to do with the others yet.
    fn grow(before: &PackParts, _: &[NewItem], parts: &mut PackParts) -> Result<(), PackError> {
        let Some(old) = &before.category_lifts else {
            return Ok(());
        };
        let old_paths = CategoryGroups::of(&before.catalogue).paths;
        let paths = CategoryGroups::of(&parts.catalogue).paths;
        let (n, old_n) = (paths.len(), old_paths.len());
        let at: HashMap<&[String], usize> = (old_paths.iter().enumerate())
            .map(|(at, path)| (path.as_slice(), at))
            .collect();
        let mut lifts = vec![1.0; n * n];
        for (a, path) in paths.iter().enumerate() {
            for (b, other) in paths.iter().enumerate() {
                let old_at = at.get(path.as_slice()).zip(at.get(other.as_slice()));
                if let Some((&a_old, &b_old)) = old_at {
                    lifts[a * n + b] = old.lifts[a_old * old_n + b_old];
                }
            }
        }
        parts.category_lifts = Some(CategoryLifts {
            unit: old.unit,
            lifts,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use fewshop_core::Item;

    use super::*;
    use crate::pack::Pack;
    use crate::toy;

    fn with_lifts(lifts: Vec<f32>, unit: f32) -> Result<Pack, PackError> {
        toy::pack().edit(|parts| parts.category_lifts = Some(CategoryLifts { unit, lifts }))
    }

    /// The toy shop has six categories.
    fn some() -> Vec<f32> {
        let lift = |a: usize, b: usize| (((a * b) % 7) as f32 / 16.0 * 3.0).exp();
        (0..36).map(|at| lift(at / 6, at % 6)).collect()
    }

    #[test]
    fn lifts_survive_the_file_in_any_order_of_rows() {
        let pack = with_lifts(some(), 0.25).unwrap();
        let read = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
        let close = |pack: &Pack| {
            let lifts = pack.parts().category_lifts.clone().unwrap();
            let pairs = lifts.lifts.iter().zip(some());
            assert_eq!(lifts.unit, 0.25);
            pairs.for_each(|(a, b)| assert!((a / b - 1.0).abs() < 1e-4, "{a} {b}"));
        };
        close(&read);
        let order: Vec<usize> = (0..read.catalogue().len()).rev().collect();
        close(&read.reordered(&order).unwrap());
    }

    #[test]
    fn a_new_category_has_lift_1_and_the_others_keep_theirs() {
        let pack = with_lifts(some(), 0.25).unwrap();
        let mut item = Item::new("new", "New");
        item.category = vec!["Aquarium".into()];
        let grown = pack
            .grown(&[NewItem {
                item,
                neighbours: Vec::new(),
                vector: None,
            }])
            .unwrap();
        let lifts = &grown.parts().category_lifts.as_ref().unwrap().lifts;
        assert_eq!(lifts.len(), 49);
        assert!(lifts[..7].iter().all(|&lift| lift == 1.0));
        assert_eq!(lifts[6 * 7 + 6], some()[35]);
    }

    #[test]
    fn wrong_lifts_are_refused() {
        let message = |lifts, unit| with_lifts(lifts, unit).unwrap_err().to_string();
        assert!(message(vec![1.0; 35], 1.0).contains("has 35 numbers, expected 36"));
        assert!(message(vec![0.0; 36], 1.0).contains("positive"));
        assert!(message(vec![1.0; 36], f32::NAN).contains("0 or positive"));
    }
}
