//! What is in the leaflet or on display; optional.

use fewshop_core::{ItemIx, Place, Promotion, order};

use crate::error::PackError;
use crate::pack::PackParts;
use crate::pack::container::{Container, PROMOTIONS_VERSION, Writer};
use crate::pack::meta::Meta;
use crate::pack::section::{NewItem, RowOrder, Section};
use crate::pack::varint::{read_varint, write_varint};

const NAME: &str = "promotions";
/// The first day of all, in two's complement.
const FIRST: &str = "promotions.first";
/// Gaps between the rows.
const GAPS: &str = "promotions.gaps";
/// First days, as days after the first day of all.
const FROM: &str = "promotions.from";
/// Last days, as days after the promotion's own first day.
const DAYS: &str = "promotions.days";
const PLACES: &str = "promotions.places";
const SHARES: &str = "promotions.shares";
/// Two years of a chain with 10,000 products in every leaflet; a bound on what a hostile pack can
/// ask for.
const MAX_PROMOTIONS: usize = 2_000_000;
/// Steps of a share: one byte.
const STEPS: f32 = 255.0;

pub(in crate::pack) struct Promotions;

impl Section for Promotions {
    const NAMES: &'static [&'static str] = &[FIRST, GAPS, FROM, DAYS, PLACES, SHARES];
    const SINCE: u32 = PROMOTIONS_VERSION;
    const NEEDS_CATALOGUE: bool = true;

    fn write(parts: &PackParts, out: &mut Writer, _: &mut Meta) -> Result<bool, PackError> {
        let rows = &parts.promotions;
        let Some(first) = rows.iter().map(|row| row.from_day).min() else {
            return Ok(false);
        };
        let (mut gaps, mut from, mut days) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = 0;
        for row in rows {
            write_varint(&mut gaps, row.item.0 - last);
            write_varint(&mut from, row.from_day.abs_diff(first));
            write_varint(&mut days, row.to_day.abs_diff(row.from_day));
            last = row.item.0;
        }
        out.u32(FIRST, &[first.cast_unsigned()]);
        out.u8(GAPS, &gaps);
        out.u8(FROM, &from);
        out.u8(DAYS, &days);
        let places: Vec<u8> = rows.iter().map(|row| row.place as u8).collect();
        out.u8(PLACES, &places);
        let shares: Vec<u8> = rows.iter().map(|row| quantise_share(row.share)).collect();
        out.u8(SHARES, &shares);
        Ok(true)
    }

    fn read(file: &Container<'_>, meta: &mut Meta, parts: &mut PackParts) -> Result<(), PackError> {
        if Self::NAMES.iter().any(|name| file.has(name)) {
            parts.promotions = read_promotions(file, meta.items)?;
        }
        Ok(())
    }

    fn check(parts: &PackParts) -> Result<(), PackError> {
        let (n, rows) = (parts.catalogue.len(), &parts.promotions);
        check_count(rows.len())?;
        if let Some(row) = rows.iter().find(|row| row.item.row() >= n) {
            return Err(PackError::field(
                NAME,
                format!("names row {}, the catalogue has {n}", row.item.0),
            ));
        }
        if !rows.is_sorted_by_key(Promotion::key) {
            return Err(PackError::field(
                NAME,
                "must be sorted by row, first day and place",
            ));
        }
        if let Some(row) = rows.iter().find(|row| row.to_day < row.from_day) {
            return Err(PackError::field(
                NAME,
                format!("of row {} end before they begin", row.item.0),
            ));
        }
        if rows
            .iter()
            .any(|row| !(row.share > 0.0 && row.share <= 1.0))
        {
            return Err(PackError::field(
                NAME,
                "must have shares above 0 and at most 1",
            ));
        }
        Ok(())
    }

    fn reorder(
        before: &PackParts,
        order: &RowOrder,
        parts: &mut PackParts,
    ) -> Result<(), PackError> {
        let rows = before.promotions.iter().map(|row| Promotion {
            item: ItemIx(order.row(row.item.0)),
            ..*row
        });
        parts.promotions = rows.collect();
        order::sort_by_key(&mut parts.promotions, Promotion::key);
        Ok(())
    }

    /// New items have none: nobody has promoted them yet.
    fn grow(_: &PackParts, _: &[NewItem], _: &mut PackParts) -> Result<(), PackError> {
        Ok(())
    }
}

/// The share in steps of 1/255, rounded up, so that a promotion never becomes 0. A share that was
/// read stays the same step.
fn quantise_share(share: f32) -> u8 {
    let near = (share * STEPS).round();
    let up = if near / STEPS < share {
        near + 1.0
    } else {
        near
    };
    up as u8
}

fn check_count(rows: usize) -> Result<(), PackError> {
    match rows {
        ..=MAX_PROMOTIONS => Ok(()),
        _ => Err(PackError::field(
            NAME,
            format!("are {rows}, at most {MAX_PROMOTIONS} are allowed"),
        )),
    }
}

fn read_promotions(file: &Container<'_>, n: usize) -> Result<Vec<Promotion>, PackError> {
    let count = file.len_of(SHARES)?;
    check_count(count)?;
    if count == 0 {
        // A pack without promotions has no sections for them.
        return Err(PackError::field(SHARES, "is empty"));
    }
    let shares = file.u8(SHARES, count)?;
    let places = file.u8(PLACES, count)?;
    let first = file.u32(FIRST, Some(1))?[0].cast_signed();
    let numbers = |name: &str| -> Result<_, PackError> {
        let bytes = file.u8(name, file.len_of(name)?)?;
        // A number takes at least one byte.
        match bytes.len() < count {
            true => Err(PackError::field(
                name,
                format!("has {} bytes for {count} promotions", bytes.len()),
            )),
            false => Ok(bytes.iter()),
        }
    };
    let (mut gaps, mut from, mut days) = (numbers(GAPS)?, numbers(FROM)?, numbers(DAYS)?);
    let mut rows = Vec::with_capacity(count);
    let mut item = 0u32;
    for (&share, &place) in shares.iter().zip(places) {
        item = read_varint(&mut gaps)
            .and_then(|gap| item.checked_add(gap))
            .filter(|&item| (item as usize) < n)
            .ok_or_else(|| PackError::field(GAPS, format!("lead out of the {n} items")))?;
        let from_day = read_varint(&mut from)
            .and_then(|days| first.checked_add_unsigned(days))
            .ok_or_else(|| PackError::field(FROM, "lead out of the days of 32 bits"))?;
        let to_day = read_varint(&mut days)
            .and_then(|days| from_day.checked_add_unsigned(days))
            .ok_or_else(|| PackError::field(DAYS, "lead out of the days of 32 bits"))?;
        let place = *Place::ALL.get(usize::from(place)).ok_or_else(|| {
            PackError::field(
                PLACES,
                format!("holds {place}, expected 0 for leaflet or 1 for display"),
            )
        })?;
        rows.push(Promotion {
            item: ItemIx(item),
            from_day,
            to_day,
            share: f32::from(share) / STEPS,
            place,
        });
    }
    for (name, rest) in [(GAPS, gaps), (FROM, from), (DAYS, days)] {
        if !rest.as_slice().is_empty() {
            return Err(PackError::field(name, "has bytes left over"));
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::Pack;
    use crate::toy;

    #[test]
    fn a_share_is_rounded_up_and_stays_the_same_step() {
        for step in 1..=255u8 {
            assert_eq!(quantise_share(f32::from(step) / STEPS), step);
        }
        for (share, step) in [
            (f32::MIN_POSITIVE, 1),
            (0.02, 6),
            (0.5, 128),
            (0.999, 255),
            (1.0, 255),
        ] {
            assert_eq!(quantise_share(share), step, "{share}");
        }
    }

    /// The toy pack with these sections of promotions.
    fn with_sections(
        first: &[u32],
        [gaps, from, days, places, shares]: [&[u8]; 5],
    ) -> Result<Pack, PackError> {
        let (mut out, mut meta) = (Writer::default(), Meta::default());
        type All = crate::pack::sections::All;
        <All as crate::pack::section::Sections>::write(toy::pack().parts(), &mut out, &mut meta)?;
        out.u32(FIRST, first);
        for (name, bytes) in [
            (GAPS, gaps),
            (FROM, from),
            (DAYS, days),
            (PLACES, places),
            (SHARES, shares),
        ] {
            out.u8(name, bytes);
        }
        Pack::from_bytes(&out.finish(PROMOTIONS_VERSION, &meta).unwrap())
    }

    #[test]
    fn hostile_sections_are_refused() {
        const LATE: u32 = i32::MAX.cast_unsigned();
        let good: [&[u8]; 5] = [&[1, 0], &[0, 7], &[6, 6], &[0, 1], &[255, 1]];
        let pack = with_sections(&[17_441], good).unwrap();
        assert_eq!(pack.promotions()[1].from_day, 17_448);
        let changed = |at: usize, bytes: &'static [u8]| {
            let mut sections = good;
            sections[at] = bytes;
            sections
        };
        /// First day, the other sections, and a part of the message.
        type Case<'a> = (&'a [u32], [&'a [u8]; 5], &'a str);
        let cases: [Case<'_>; 16] = [
            (&[], good, FIRST),
            (&[1, 2], good, FIRST),
            (&[LATE], good, "32 bits"),
            (&[0], changed(0, &[1, 59]), "out of the 60 items"),
            (
                &[0],
                changed(0, &[255, 255, 255, 255, 255, 1]),
                "out of the 60 items",
            ),
            (&[0], changed(0, &[1]), "1 bytes for 2 promotions"),
            (&[0], changed(0, &[1, 0, 0]), "bytes left over"),
            (&[0], changed(1, &[0, 128]), "32 bits"),
            (&[0], changed(1, &[7, 0]), "sorted"),
            (&[0], changed(1, &[0, 7, 0]), "bytes left over"),
            (&[0], changed(2, &[6]), "1 bytes for 2 promotions"),
            (&[0], changed(2, &[6, 255, 255, 255, 255, 15]), "32 bits"),
            (
                &[0],
                changed(3, &[0, 2]),
                "expected 0 for leaflet or 1 for display",
            ),
            (&[0], changed(3, &[0]), PLACES),
            (&[0], changed(4, &[255, 0]), "above 0"),
            (&[0], changed(4, &[]), "is empty"),
        ];
        for (first, sections, expected) in cases {
            let error = with_sections(first, sections).unwrap_err();
            assert_eq!(error.code(), "pack_field");
            assert!(error.to_string().contains(expected), "{expected}: {error}");
        }
    }
}
