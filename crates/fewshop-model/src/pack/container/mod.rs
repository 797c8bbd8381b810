//! The container format of a pack: a bounded JSON header, checked sections, and one hash over
//! everything. It does not depend on the contents of the sections.
//!
//! ```text
//! 0   8 bytes   magic "FEWSHOP\n"
//! 8   u32       format version
//! 12  u32       header length H, at most 1 MiB
//! 16  H bytes   header: JSON {"meta": .., "sections": [{name, dtype, shape, offset, length, crc32}, ..]}
//!     ..        sections in the order of the header, each at the next multiple of 8, gaps of zero bytes
//! -32 32 bytes  SHA-256 over all bytes before
//! ```
//! All numbers of the frame are little-endian. The file ends with the hash: nothing may follow.
//!
//! A pack is transferred compressed, so sections are laid out for the compressor: u16, u32 and bf16
//! are stored in *planes*, the lowest bytes of all numbers first, then the next ones, so that
//! similar bytes are adjacent.

mod reader;
mod writer;

use serde::{Deserialize, Serialize};

pub(crate) use reader::Container;
pub(crate) use writer::Writer;

const MAGIC: &[u8; 8] = b"FEWSHOP\n";
/// The newest version that this code reads; it is written only if a pack needs it.
pub const FORMAT_VERSION: u32 = 10;
/// The version of packs that store each pair of products once.
pub(crate) const JOINED_VERSION: u32 = 10;
/// The version of packs with groups of variants.
pub(crate) const VARIANTS_VERSION: u32 = 9;
/// The version of packs with lifts of categories.
pub(crate) const LIFTS_VERSION: u32 = 8;
/// The version of packs with promotions.
pub(crate) const PROMOTIONS_VERSION: u32 = 7;
/// The version of packs with tasks in the common section, and of packs without a catalogue.
pub(crate) const TASKS_VERSION: u32 = 6;
/// The version of packs whose vectors are product-quantised.
pub(crate) const QUANTISED_VERSION: u32 = 5;
/// The version of packs with sections that training does not write, such as business rules.
pub(crate) const RULES_VERSION: u32 = 4;
/// The oldest version that this code reads. It is written unless a pack needs a newer one, so that
/// older programs can read the pack.
pub(crate) const PLAIN_VERSION: u32 = 3;
const PREFIX: usize = 16;
const HASH: usize = 32;
/// A header has a few kilobytes; a larger one is an attack on the parser.
const MAX_HEADER: usize = 1 << 20;
const MAX_SECTIONS: usize = 64;
const ALIGN: usize = 8;

/// Element type of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dtype {
    U8,
    I8,
    U16,
    U32,
    /// The upper half of an f32.
    Bf16,
    F32,
    Utf8,
}

impl Dtype {
    fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Utf8 => 1,
            Self::U16 | Self::Bf16 => 2,
            Self::U32 | Self::F32 => 4,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    offset: usize,
    length: usize,
    crc32: u32,
}

#[cfg(test)]
mod tests {
    use super::reader::{check_layout, from_planes};
    use super::writer::{to_bf16, to_planes};
    use super::*;
    use crate::error::PackError;

    /// 2^61 rows of 8 bytes are 2^64 bytes: unchecked, the product wraps to 0, the length of an
    /// empty section.
    #[test]
    fn a_shape_that_overflows_is_refused() {
        let entry = Entry {
            name: "x".into(),
            dtype: Dtype::U8,
            shape: vec![1 << 61, 8],
            offset: 16,
            length: 0,
            crc32: 0,
        };
        assert!(matches!(
            check_layout(&[entry], 16, 16, &[0; 48]),
            Err(PackError::Field { .. })
        ));
    }

    #[test]
    fn numbers_are_stored_in_planes_and_read_back() {
        let bytes = to_planes([0x0102u16, 0x0304].into_iter().map(u16::to_le_bytes));
        assert_eq!(bytes, [2, 4, 1, 3]);
        assert_eq!(
            from_planes(&bytes)
                .map(u16::from_le_bytes)
                .collect::<Vec<_>>(),
            [0x0102, 0x0304]
        );
    }

    #[test]
    fn bf16_rounds_to_the_nearest_number() {
        for (value, expected) in [
            (1.0, 1.0),
            (-0.0, -0.0),
            (1.0 + 1.0 / 512.0, 1.0),
            (std::f32::consts::PI, 3.140_625),
            (f32::MAX, 3.389_531_4e38),
        ] {
            let back = f32::from_bits(u32::from(to_bf16(value)) << 16);
            assert_eq!(back.to_bits(), f32::to_bits(expected), "{value}");
            assert_eq!(to_bf16(back), to_bf16(value));
        }
    }

    #[test]
    fn a_gap_must_be_zero() {
        let entry = |offset| Entry {
            name: format!("x{offset}"),
            dtype: Dtype::U8,
            shape: vec![1],
            offset,
            length: 1,
            crc32: 0,
        };
        let mut bytes = [0u8; 80];
        assert_eq!(
            check_layout(&[entry(16), entry(24)], 16, 25, &bytes),
            Ok(())
        );
        bytes[20] = 1;
        assert!(check_layout(&[entry(16), entry(24)], 16, 25, &bytes).is_err());
    }
}
