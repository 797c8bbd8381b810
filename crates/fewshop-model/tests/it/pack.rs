//! The pack file: a written file is read back, and any other file is refused.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test on bytes that it wrote itself"
)]

use fewshop_model::{ItemTable, Pack, PackError, toy};
use proptest::prelude::*;

fn bytes() -> Vec<u8> {
    toy::pack().to_bytes().unwrap()
}

#[track_caller]
fn check_code(bytes: &[u8], code: &str) {
    assert_eq!(Pack::from_bytes(bytes).unwrap_err().code(), code);
}

/// Replaces text in the header by other text of the same length and changes nothing else.
fn with_header(from: &str, to: &str) -> Vec<u8> {
    let mut bytes = bytes();
    assert_eq!(from.len(), to.len());
    let at = bytes
        .windows(from.len())
        .position(|w| w == from.as_bytes())
        .expect("the header holds the text");
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    bytes
}

#[test]
fn a_written_pack_is_read_back() {
    let pack = toy::pack();
    let again = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
    assert_eq!(again, pack);
    assert_eq!(again.fingerprint().len(), 16);
}

#[test]
fn an_empty_file_is_refused() {
    check_code(&[], "pack_empty");
    check_code(b"PK\x03\x04 something else", "pack_not_a_pack");
}

#[test]
fn every_truncation_is_detected() {
    let bytes = bytes();
    for len in (8..bytes.len()).step_by(97) {
        let err = Pack::from_bytes(&bytes[..len]).unwrap_err();
        assert!(
            matches!(
                err.code(),
                "pack_truncated" | "pack_field" | "pack_checksum"
            ),
            "{len}: {err}"
        );
    }
    check_code(&bytes[..bytes.len() / 2], "pack_truncated");
}

#[test]
fn bytes_left_over_are_refused() {
    let mut bytes = bytes();
    bytes.extend_from_slice(&[0; 8]);
    check_code(&bytes, "pack_field");
}

#[test]
fn another_version_is_refused_by_number() {
    let mut bytes = bytes();
    bytes[8] = 11;
    assert!(matches!(
        Pack::from_bytes(&bytes),
        Err(PackError::Version { found: 11, .. })
    ));
}

#[test]
fn a_huge_header_is_refused_before_it_is_read() {
    let mut bytes = bytes();
    bytes[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    check_code(&bytes, "pack_field");
}

#[test]
fn a_shape_that_does_not_fit_its_bytes_is_refused() {
    check_code(
        &with_header("\"shape\":[8,60]", "\"shape\":[8,99]"),
        "pack_field",
    );
}

#[test]
fn sections_must_not_repeat_or_overlap() {
    check_code(
        &with_header("\"items.bias\"", "\"popularity\""),
        "pack_field",
    );
    let text = String::from_utf8_lossy(&bytes()).into_owned();
    let at = text.find("\"offset\":").unwrap() + 9;
    let offset = &text[at..at + text[at..].find(',').unwrap()];
    let other = "1".repeat(offset.len());
    check_code(
        &with_header(
            &format!("\"offset\":{offset}"),
            &format!("\"offset\":{other}"),
        ),
        "pack_field",
    );
}

proptest! {
    #[test]
    fn every_flipped_bit_is_detected(at in 0usize..1_000_000, bit in 0u8..8) {
        let mut bytes = bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert!(Pack::from_bytes(&bytes).is_err());
    }

    #[test]
    fn noise_is_refused_without_a_panic(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = b"FEWSHOP\n\x01\0\0\0".to_vec();
        bytes.extend(noise);
        prop_assert!(Pack::from_bytes(&bytes).is_err());
    }
}

/// The toy pack with vectors of few distinct parts, split into this many sub-vectors.
fn coded(subspaces: usize, pick: impl Fn(usize, usize) -> u8) -> Pack {
    let pack = toy::pack();
    let (n, d) = (pack.item_table().len(), pack.item_table().d);
    let width = d / subspaces;
    let numbers = |row: usize| {
        let pick = &pick;
        (0..subspaces).flat_map(move |subspace| {
            let code = usize::from(pick(row, subspace));
            (0..width).map(move |i| ((code * 31 + subspace * 7 + i * 3) % 255) as u8 as i8)
        })
    };
    let q = (0..n).flat_map(numbers).collect();
    let coded =
        pack.edit(|parts| (parts.item_table.q, parts.item_table.subspaces) = (q, subspaces));
    coded.unwrap()
}

#[test]
fn only_a_pack_with_codes_has_the_new_version() {
    assert_eq!(bytes()[8], 3);
    let pack = coded(4, |row, subspace| ((row + subspace) % 5) as u8);
    let bytes = pack.to_bytes().unwrap();
    assert_eq!(bytes[8], 5);
    let again = Pack::from_bytes(&bytes).unwrap();
    assert_eq!(again.item_table(), pack.item_table());
    assert_eq!(
        again.to_bytes().unwrap(),
        bytes,
        "a pack is written as the file that it was read from"
    );
}

proptest! {
    #[test]
    fn codes_are_read_back_as_the_numbers_that_they_name(
        subspaces in prop::sample::select(vec![1usize, 2, 4, 8]),
        picks in prop::collection::vec(any::<u8>(), 8 * 60),
    ) {
        let pack = coded(subspaces, |row, subspace| picks[row * 8 + subspace]);
        let again = Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap();
        prop_assert_eq!(again.item_table(), pack.item_table());
    }

    #[test]
    fn fewer_steps_lose_at_most_half_a_step(rows in prop::collection::vec(-3.0f32..3.0, 4 * 8), steps in prop::sample::select(vec![7.0f32, 15.0, 31.0, 127.0])) {
        let table = ItemTable::quantise_to(&rows, 8, vec![0.0; 4], steps);
        for (nth, row) in rows.chunks_exact(8).enumerate() {
            for (x, back) in row.iter().zip(table.row(nth)) {
                prop_assert!((x - back).abs() <= table.scale[nth] * 0.501, "{} became {}", x, back);
            }
        }
    }
}
