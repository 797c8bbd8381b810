//! Writes the container: collects sections and lays them out.

use fewshop_core::checksum::crc32;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{ALIGN, Dtype, Entry, MAGIC, PREFIX};

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
        let crc32 = crc32(&bytes);
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

/// The nearest bf16 number, ties to even.
pub(super) fn to_bf16(value: f32) -> u16 {
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
pub(super) fn to_planes<const N: usize>(values: impl Iterator<Item = [u8; N]>) -> Vec<u8> {
    let mut planes: [Vec<u8>; N] = std::array::from_fn(|_| Vec::new());
    for value in values {
        for (plane, byte) in planes.iter_mut().zip(value) {
            plane.push(byte);
        }
    }
    planes.concat()
}
