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

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::error::PackError;

const MAGIC: &[u8; 8] = b"FEWSHOP\n";
/// The newest version that this code reads; it is written only if a pack needs it.
pub const FORMAT_VERSION: u32 = 6;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderIn<'a> {
    #[serde(borrow)]
    meta: &'a RawValue,
    sections: Vec<Entry>,
}

#[derive(Serialize)]
struct HeaderOut<'a, M: Serialize> {
    meta: &'a M,
    sections: &'a [Entry],
}

/// Collects sections and lays them out.
#[derive(Default)]
pub(crate) struct Writer {
    sections: Vec<(Entry, Vec<u8>)>,
}

impl Writer {
    pub(crate) fn bytes(&mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) {
        debug_assert_eq!(
            shape.iter().product::<usize>() * dtype.size(),
            bytes.len(),
            "{name}"
        );
        let crc32 = crc32fast::hash(&bytes);
        let entry = Entry {
            name: name.to_owned(),
            dtype,
            shape: shape.to_vec(),
            offset: 0,
            length: bytes.len(),
            crc32,
        };
        self.sections.push((entry, bytes));
    }

    /// Whether a section with this name has been written.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.sections.iter().any(|(entry, _)| entry.name == name)
    }

    pub(crate) fn f32(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.bytes(
            name,
            Dtype::F32,
            shape,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        );
    }

    /// Rounded to 8 bits of precision: an error of 0.2 % at most.
    pub(crate) fn bf16(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        self.bytes(
            name,
            Dtype::Bf16,
            shape,
            to_planes(values.iter().map(|&value| to_bf16(value).to_le_bytes())),
        );
    }

    pub(crate) fn u32(&mut self, name: &str, values: &[u32]) {
        self.bytes(
            name,
            Dtype::U32,
            &[values.len()],
            to_planes(values.iter().map(|v| v.to_le_bytes())),
        );
    }

    pub(crate) fn u16(&mut self, name: &str, values: &[u16]) {
        self.bytes(
            name,
            Dtype::U16,
            &[values.len()],
            to_planes(values.iter().map(|v| v.to_le_bytes())),
        );
    }

    pub(crate) fn u8(&mut self, name: &str, values: &[u8]) {
        self.bytes(name, Dtype::U8, &[values.len()], values.to_vec());
    }

    pub(crate) fn i8(&mut self, name: &str, shape: &[usize], values: &[i8]) {
        self.bytes(
            name,
            Dtype::I8,
            shape,
            values.iter().map(|v| v.cast_unsigned()).collect(),
        );
    }

    pub(crate) fn utf8(&mut self, name: &str, text: &str) {
        self.bytes(name, Dtype::Utf8, &[text.len()], text.as_bytes().to_vec());
    }

    /// Builds the whole file. Offsets depend on the length of the header and are part of it, so the
    /// reserved space grows until the header fits.
    pub(crate) fn finish<M: Serialize>(
        mut self,
        version: u32,
        meta: &M,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let mut header_len = 0;
        let header = loop {
            let mut at = PREFIX + header_len;
            for (entry, bytes) in &mut self.sections {
                at = at.next_multiple_of(ALIGN);
                entry.offset = at;
                at += bytes.len();
            }
            let entries: Vec<Entry> = self
                .sections
                .iter()
                .map(|(entry, _)| entry.clone())
                .collect();
            let mut header = serde_json::to_vec(&HeaderOut {
                meta,
                sections: &entries,
            })?;
            if header.len() <= header_len {
                header.resize(header_len, b' ');
                break header;
            }
            header_len = header.len().next_multiple_of(ALIGN);
        };
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&version.to_le_bytes());
        out.extend_from_slice(&u32::try_from(header_len).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&header);
        for (entry, bytes) in &self.sections {
            out.resize(entry.offset, 0);
            out.extend_from_slice(bytes);
        }
        let hash = Sha256::digest(&out);
        out.extend_from_slice(&hash);
        Ok(out)
    }
}

/// A parsed file: every section has been checked to be inside it, without overlap, with the right
/// length and checksum.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
    /// SHA-256 over the file.
    pub(crate) hash: [u8; HASH],
    /// The header's `meta`, as unparsed text.
    pub(crate) meta: &'a str,
    pub(crate) version: u32,
}

impl<'a> Container<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, PackError> {
        if bytes.is_empty() {
            return Err(PackError::Empty);
        }
        let magic = &bytes[..bytes.len().min(MAGIC.len())];
        if magic != &MAGIC[..magic.len()] {
            return Err(PackError::NotAPack);
        }
        if bytes.len() < PREFIX + HASH {
            return Err(PackError::Truncated {
                expected: PREFIX + HASH,
                found: bytes.len(),
            });
        }
        let version = u32_at(bytes, 8);
        if !(PLAIN_VERSION..=FORMAT_VERSION).contains(&version) {
            return Err(PackError::Version {
                found: version,
                expected: FORMAT_VERSION,
            });
        }
        let header_len = u32_at(bytes, 12) as usize;
        if header_len > MAX_HEADER {
            return Err(PackError::field(
                "header",
                format!("is {header_len} bytes long, at most {MAX_HEADER} are allowed"),
            ));
        }
        let body_end = bytes.len() - HASH;
        if PREFIX + header_len > body_end {
            return Err(PackError::Truncated {
                expected: PREFIX + header_len + HASH,
                found: bytes.len(),
            });
        }
        let header = std::str::from_utf8(&bytes[PREFIX..PREFIX + header_len])
            .map_err(|err| PackError::field("header", err))?;
        let header: HeaderIn<'a> =
            serde_json::from_str(header).map_err(|err| PackError::field("header", err))?;
        check_layout(&header.sections, PREFIX + header_len, body_end, bytes)?;
        // Lengths are checked first, so that a cut file is reported as truncated and not as
        // corrupt.
        let hash: [u8; HASH] = Sha256::digest(&bytes[..body_end]).into();
        for entry in &header.sections {
            if crc32fast::hash(&bytes[entry.offset..entry.offset + entry.length]) != entry.crc32 {
                return Err(PackError::Checksum {
                    section: entry.name.clone(),
                });
            }
        }
        if hash != bytes[body_end..] {
            return Err(PackError::Checksum {
                section: "the whole file".to_owned(),
            });
        }
        Ok(Self {
            bytes,
            entries: header.sections,
            hash,
            meta: header.meta.get(),
            version,
        })
    }

    /// Size of the whole file in bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Names of all sections.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// Whether there is a section with this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().any(|other| other == name)
    }

    /// The first dimension of a section.
    pub(crate) fn len_of(&self, name: &str) -> Result<usize, PackError> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| PackError::field(name, "is missing"))?;
        Ok(entry.shape.first().copied().unwrap_or(0))
    }

    fn section(
        &self,
        name: &str,
        dtype: Dtype,
        shape: Option<&[usize]>,
    ) -> Result<&'a [u8], PackError> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| PackError::field(name, "is missing"))?;
        if entry.dtype != dtype {
            return Err(PackError::field(
                name,
                format!("has the type {:?}, expected {dtype:?}", entry.dtype),
            ));
        }
        if let Some(shape) = shape
            && entry.shape != shape
        {
            return Err(PackError::field(
                name,
                format!("has the shape {:?}, expected {shape:?}", entry.shape),
            ));
        }
        Ok(&self.bytes[entry.offset..entry.offset + entry.length])
    }

    pub(crate) fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, PackError> {
        let bytes = self.section(name, Dtype::F32, Some(shape))?;
        finite(
            name,
            bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&b| f32::from_le_bytes(b))
                .collect(),
        )
    }

    pub(crate) fn bf16(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, PackError> {
        let bytes = self.section(name, Dtype::Bf16, Some(shape))?;
        finite(
            name,
            from_planes(bytes)
                .map(|b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16))
                .collect(),
        )
    }

    pub(crate) fn u32(&self, name: &str, len: Option<usize>) -> Result<Vec<u32>, PackError> {
        let shape = len.map(|len| [len]);
        let bytes = self.section(name, Dtype::U32, shape.as_ref().map(<[usize; 1]>::as_slice))?;
        Ok(from_planes(bytes).map(u32::from_le_bytes).collect())
    }

    pub(crate) fn u16(&self, name: &str, len: usize) -> Result<Vec<u16>, PackError> {
        Ok(from_planes(self.section(name, Dtype::U16, Some(&[len]))?)
            .map(u16::from_le_bytes)
            .collect())
    }

    pub(crate) fn u8(&self, name: &str, len: usize) -> Result<&'a [u8], PackError> {
        self.section(name, Dtype::U8, Some(&[len]))
    }

    pub(crate) fn shaped_u8(&self, name: &str, shape: &[usize]) -> Result<&'a [u8], PackError> {
        self.section(name, Dtype::U8, Some(shape))
    }

    pub(crate) fn i8(&self, name: &str, shape: &[usize]) -> Result<Vec<i8>, PackError> {
        Ok(self
            .section(name, Dtype::I8, Some(shape))?
            .iter()
            .map(|b| b.cast_signed())
            .collect())
    }

    pub(crate) fn utf8(&self, name: &str) -> Result<&'a str, PackError> {
        std::str::from_utf8(self.section(name, Dtype::Utf8, None)?)
            .map_err(|err| PackError::field(name, err))
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn finite(name: &str, values: Vec<f32>) -> Result<Vec<f32>, PackError> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(PackError::field(
            name,
            format!("holds {} at {at}, expected finite numbers", values[at]),
        )),
        None => Ok(values),
    }
}

/// The nearest bf16 number, ties to even.
fn to_bf16(value: f32) -> u16 {
    let bits = value.to_bits();
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1)) >> 16;
    // The largest numbers would round to infinity.
    if f32::from_bits(rounded << 16).is_finite() {
        rounded as u16
    } else {
        (bits >> 16) as u16
    }
}

/// All first bytes, all second bytes, and so on.
fn to_planes<const N: usize>(values: impl Iterator<Item = [u8; N]>) -> Vec<u8> {
    let mut planes: [Vec<u8>; N] = std::array::from_fn(|_| Vec::new());
    for value in values {
        for (plane, byte) in planes.iter_mut().zip(value) {
            plane.push(byte);
        }
    }
    planes.concat()
}

fn from_planes<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    let len = bytes.len() / N;
    (0..len).map(move |at| std::array::from_fn(|plane| bytes[plane * len + at]))
}

/// Sections must follow each other without gap, overlap or repetition and fill the file to the
/// hash.
fn check_layout(
    sections: &[Entry],
    start: usize,
    end: usize,
    bytes: &[u8],
) -> Result<(), PackError> {
    if sections.len() > MAX_SECTIONS {
        return Err(PackError::field(
            "sections",
            format!("are {}, at most {MAX_SECTIONS} are allowed", sections.len()),
        ));
    }
    let mut at = start;
    for (nth, entry) in sections.iter().enumerate() {
        if sections[..nth]
            .iter()
            .any(|before| before.name == entry.name)
        {
            return Err(PackError::field(&entry.name, "stands twice"));
        }
        let elements = entry
            .shape
            .iter()
            .try_fold(1usize, |n, &dim| n.checked_mul(dim));
        if elements.and_then(|n| n.checked_mul(entry.dtype.size())) != Some(entry.length) {
            return Err(PackError::field(
                &entry.name,
                format!(
                    "is {} bytes long, which does not match its shape {:?}",
                    entry.length, entry.shape
                ),
            ));
        }
        let aligned = at.next_multiple_of(ALIGN);
        if entry.offset != aligned {
            return Err(PackError::field(
                &entry.name,
                format!("starts at {}, expected {aligned}", entry.offset),
            ));
        }
        if bytes
            .get(at..aligned)
            .is_some_and(|gap| gap.iter().any(|&b| b != 0))
        {
            return Err(PackError::field(
                &entry.name,
                "has bytes other than zero in the gap before it",
            ));
        }
        at = match entry.offset.checked_add(entry.length) {
            Some(after) if after <= end => after,
            _ => {
                let expected = entry
                    .offset
                    .saturating_add(entry.length)
                    .saturating_add(HASH);
                return Err(PackError::Truncated {
                    expected,
                    found: bytes.len(),
                });
            }
        };
    }
    if at != end {
        return Err(PackError::field(
            "sections",
            format!("end at {at}, the hash starts at {end}: bytes are left over"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
