//! Makes a trained pack smaller: fewer bits or product quantisation for its item vectors
//! ([`vectors`]), fewer pairs and fewer weights of the ranker ([`prune`]), and the combination of
//! these that ranks best within a budget of bytes ([`search`]).
//!
//! The budget applies to bytes on the wire: packs are transferred with brotli at its highest
//! quality.

mod prune;
mod search;
mod table;
mod vectors;

use std::io::Write as _;

use anyhow::Result;
use fewshop_model::{ItemTable, Pack};
use serde::{Deserialize, Serialize};

pub use prune::{pairs, ranker};
pub use search::{CompressedPack, CompressionResult, CompressionRow, search};
pub use table::table;
pub use vectors::{bits_of, coded, rounded};

/// How item vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vectors {
    /// As in the input pack.
    AsIs,
    /// This number of bits per number.
    Bits(u32),
    /// Product quantisation with this number of one-byte codes.
    Codes(usize),
}

impl Vectors {
    /// The table in this form.
    #[must_use]
    pub fn of(self, table: &ItemTable, seed: u64) -> ItemTable {
        match self {
            Self::AsIs => table.clone(),
            Self::Bits(bits) => rounded(table, bits),
            Self::Codes(subspaces) => coded(table, subspaces, seed),
        }
    }

    /// Its name in tables; `bits` is the number of bits in the input pack.
    #[must_use]
    pub fn name(self, bits: u32) -> String {
        match self {
            Self::AsIs if bits == 0 => "codes as they are".to_owned(),
            Self::AsIs => format!("{bits} bits"),
            Self::Bits(bits) => format!("{bits} bits"),
            Self::Codes(subspaces) => format!("{subspaces} codes"),
        }
    }
}

/// A combination of compression steps for a pack.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mix {
    /// Item vectors.
    pub vectors: Vectors,
    /// Share of each product's pairs to keep.
    pub pairs: f64,
    /// Share of the ranker's first-layer weights to set to 0.
    pub ranker_zeros: f64,
}

impl Mix {
    /// Nothing.
    pub const NONE: Self = Self {
        vectors: Vectors::AsIs,
        pairs: 1.0,
        ranker_zeros: 0.0,
    };

    /// Applies this mix to a pack, with the given item table.
    fn apply(self, pack: &Pack, table: &ItemTable) -> Result<Pack> {
        let small = pack.clone().edit(|parts| {
            parts.item_table = table.clone();
            if self.pairs < 1.0 {
                parts.pairs = pairs(pack, self.pairs);
            }
            parts.pairs.joined = true;
            if self.ranker_zeros > 0.0 {
                parts.ranker = ranker(&parts.ranker, self.ranker_zeros);
            }
        })?;
        Ok(small)
    }
}

/// Compressed length: brotli at quality 11, with the window that `cargo xtask size` and the built
/// page use.
///
/// # Errors
/// If the compressor fails.
pub fn on_the_wire(bytes: &[u8]) -> Result<usize> {
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, 1 << 16, 11, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    drop(writer);
    Ok(small.len())
}
