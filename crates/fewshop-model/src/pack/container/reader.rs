//! Reads the container and checks its frame: header, layout, checksums and hash.

use fewshop_core::checksum::crc32;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::{
    ALIGN, Dtype, Entry, FORMAT_VERSION, HASH, MAGIC, MAX_HEADER, MAX_SECTIONS, PLAIN_VERSION,
    PREFIX,
};
use crate::error::PackError;
use crate::pack::hex;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderIn<'a> {
    #[serde(borrow)]
    meta: &'a RawValue,
    sections: Vec<Entry>,
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
    /// Checks and parses a file. `digest` is the SHA-256 of all but the last 32 bytes in hex, if it
    /// is known already.
    pub(crate) fn parse(bytes: &'a [u8], digest: Option<&str>) -> Result<Self, PackError> {
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
        let mut hash = [0; HASH];
        hash.copy_from_slice(&bytes[body_end..]);
        let is_whole = match digest {
            Some(digest) => hex(&hash) == digest,
            None => Sha256::digest(&bytes[..body_end])[..] == hash,
        };
        for entry in &header.sections {
            if crc32(&bytes[entry.offset..entry.offset + entry.length]) != entry.crc32 {
                return Err(PackError::Checksum {
                    section: entry.name.clone(),
                });
            }
        }
        if !is_whole {
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

pub(super) fn from_planes<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    let len = bytes.len() / N;
    (0..len).map(move |at| std::array::from_fn(|plane| bytes[plane * len + at]))
}

/// Sections must follow each other without gap, overlap or repetition and fill the file to the
/// hash.
pub(super) fn check_layout(
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
