//! A network trained on made-up tables, which corrects the ensemble (a prior-data fitted network,
//! Müller et al. 2022).
//!
//! A row is a set of cells. A block lets each cell read the same cell of the labelled rows, then the
//! other cells of its row, then passes it through a perceptron. The head reads the label's cell of a
//! question and gives a number that is added to the log-odds of the gated ensemble. Nothing tells
//! the network an order of rows or columns.

mod context;
mod kernels;

pub(crate) use context::{Context, Reading};

use std::fmt;
use std::sync::{Arc, LazyLock};

pub use crate::cells::INPUTS;
use crate::error::TableError;

/// Added to the mean square before its root is taken (RMSNorm).
pub const NORM_EPSILON: f32 = 1e-6;

/// Most labelled rows of which a network reads a table. It was trained on up to 128, but with more than these it
/// changed the loss of real tables by less than 0.001, for most of the time that an answer takes.
pub const MAX_READ: usize = 32;
/// Most questions that a network corrects. With more, a label would take a browser tab seconds; so
/// that answers do not depend on where they are computed, this holds everywhere.
pub const MAX_CORRECTED: usize = 2_000;

const MAGIC: &[u8; 4] = b"FSTN";

/// The sizes of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Numbers that stand for a cell inside the network; a multiple of 8 and of four times `heads`.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Blocks.
    pub blocks: usize,
    /// Hidden units of a block's perceptron; a multiple of 8.
    pub hidden: usize,
}

impl Shape {
    /// Whether there can be such a network.
    ///
    /// # Errors
    /// [`TableError::Network`] when sizes do not fit together.
    pub fn check(&self) -> Result<(), TableError> {
        let is_valid = (8..=512).contains(&self.width)
            && (8..=2048).contains(&self.hidden)
            && self.heads > 0
            && self.width.is_multiple_of(8)
            && self.hidden.is_multiple_of(8)
            && self.width.is_multiple_of(4 * self.heads)
            && (1..=16).contains(&self.blocks);
        if is_valid {
            return Ok(());
        }
        Err(TableError::Network(format!(
            "it has {} heads, {} blocks, width {} and {} hidden units, expected a width of 8 to 512 that is a multiple of 8 and of four \
             times the heads, at most 16 blocks, and hidden units that are a multiple of 8",
            self.heads, self.blocks, self.width, self.hidden
        )))
    }

    /// The arrays of weights in the order in which they are stored, as rows and columns. A matrix
    /// `[in, out]` maps a row vector from the left.
    ///
    /// Input matrix; for each block the norm's gains and the matrices of queries, keys, values and
    /// output, first over rows, then over columns, then the norm's gains, two matrices and the bias
    /// between them of the perceptron; gains and weights of the head.
    #[must_use]
    pub fn arrays(&self) -> Vec<(usize, usize)> {
        let (w, h) = (self.width, self.hidden);
        let attention = [(1, w), (w, w), (w, w), (w, w), (w, w)];
        let mut out = vec![(INPUTS, w)];
        for _ in 0..self.blocks {
            out.extend(attention);
            out.extend(attention);
            out.extend([(1, w), (w, h), (1, h), (h, w)]);
        }
        out.extend([(1, w), (1, w)]);
        out
    }
}

#[derive(Debug, PartialEq)]
struct Weights {
    shape: Shape,
    arrays: Vec<Vec<f32>>,
}

/// A trained network. Copies share their weights.
#[derive(Clone, PartialEq)]
pub struct Network(Arc<Weights>);

impl fmt::Debug for Network {
    /// Sizes and a checksum (FNV-1a) of the weights: enough to tell two networks apart, and nothing that
    /// a log could not hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.arrays.iter().flatten();
        let bytes = bytes.flat_map(|weight| weight.to_le_bytes());
        let sum = bytes.fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        f.debug_struct("Network")
            .field("shape", &self.0.shape)
            .field("checksum", &format_args!("{sum:016x}"))
            .finish()
    }
}

// Weights are finite, which is checked when they are read.
impl Eq for Network {}

impl Network {
    /// A network from its arrays, in the order of [`Shape::arrays`].
    ///
    /// # Errors
    /// [`TableError::Network`] when sizes do not fit together or a weight is not finite.
    pub fn new(shape: Shape, arrays: Vec<Vec<f32>>) -> Result<Self, TableError> {
        shape.check()?;
        let sizes = shape.arrays();
        if arrays.len() != sizes.len() {
            return Err(TableError::Network(format!(
                "{} arrays of weights, expected {}",
                arrays.len(),
                sizes.len()
            )));
        }
        for (at, (array, (rows, columns))) in arrays.iter().zip(&sizes).enumerate() {
            if array.len() != rows * columns || array.iter().any(|weight| !weight.is_finite()) {
                return Err(TableError::Network(format!(
                    "array {at} has {} weights, expected {rows} × {columns} finite ones",
                    array.len()
                )));
            }
        }
        Ok(Self(Arc::new(Weights { shape, arrays })))
    }

    /// The network that comes with this crate: `prior.pack`, made by `fewshop table train-prior`.
    ///
    /// # Panics
    /// Never: a test reads the same bytes.
    #[must_use]
    pub fn shipped() -> Self {
        static SHIPPED: LazyLock<Network> = LazyLock::new(|| {
            Network::from_bytes(include_bytes!("../../prior.pack")).expect("a test reads it")
        });
        SHIPPED.clone()
    }

    /// Its sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.0.shape
    }

    /// The weights as bytes: sizes, then for each array its columns' scales and its weights in 8
    /// bits each; arrays of one row in 32 bits.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let shape = self.0.shape;
        let mut out = MAGIC.to_vec();
        for size in [shape.width, shape.heads, shape.blocks, shape.hidden] {
            out.extend((size as u32).to_le_bytes());
        }
        for (array, (rows, columns)) in self.0.arrays.iter().zip(shape.arrays()) {
            if rows == 1 {
                out.extend(array.iter().flat_map(|weight| weight.to_le_bytes()));
                continue;
            }
            let scales: Vec<f32> = (0..columns)
                .map(|column| {
                    let of_column = array.iter().skip(column).step_by(columns);
                    of_column.fold(1e-12f32, |top, weight| top.max(weight.abs())) / 127.0
                })
                .collect();
            out.extend(scales.iter().flat_map(|scale| scale.to_le_bytes()));
            for row in array.chunks_exact(columns) {
                let codes = row.iter().zip(&scales);
                out.extend(codes.map(|(weight, scale)| (weight / scale).round() as i8 as u8));
            }
        }
        out
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has written.
    ///
    /// # Errors
    /// [`TableError::Network`] when the bytes are not such a network.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TableError> {
        let short = || TableError::Network("the file is cut off or has bytes too many".to_owned());
        let (magic, mut rest) = bytes.split_at_checked(4).ok_or_else(short)?;
        if magic != MAGIC {
            return Err(TableError::Network(
                "it does not begin with the letters FSTN: is it from 'fewshop table train-prior'?"
                    .to_owned(),
            ));
        }
        let mut take = |count: usize| {
            let (taken, left) = rest.split_at_checked(count).ok_or_else(short)?;
            rest = left;
            Ok::<&[u8], TableError>(taken)
        };
        let floats = |bytes: &[u8]| -> Vec<f32> {
            let (fours, _) = bytes.as_chunks::<4>();
            fours.iter().map(|four| f32::from_le_bytes(*four)).collect()
        };
        let sizes = take(16)?;
        let size = |at: usize| {
            let bytes: [u8; 4] = std::array::from_fn(|byte| sizes[4 * at + byte]);
            u32::from_le_bytes(bytes) as usize
        };
        let shape = Shape {
            width: size(0).min(4096),
            heads: size(1).min(4096),
            blocks: size(2).min(64),
            hidden: size(3).min(4096),
        };
        let mut arrays = Vec::new();
        for (rows, columns) in shape.arrays() {
            if rows == 1 {
                arrays.push(floats(take(4 * columns)?));
                continue;
            }
            let scales = floats(take(4 * columns)?);
            let codes = take(rows * columns)?;
            let weights = codes.chunks_exact(columns).flat_map(|row| {
                let pairs = row.iter().zip(&scales);
                pairs.map(|(code, scale)| f32::from(*code as i8) * scale)
            });
            arrays.push(weights.collect());
        }
        if !rest.is_empty() {
            return Err(short());
        }
        Self::new(shape, arrays)
    }

    fn array(&self, at: usize) -> &[f32] {
        &self.0.arrays[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_network_is_read_and_written_without_a_change() {
        let network = Network::shipped();
        let bytes = network.to_bytes();
        assert_eq!(bytes, include_bytes!("../../prior.pack"));
        assert_eq!(Network::from_bytes(&bytes).expect("just written"), network);
    }

    #[test]
    fn a_damaged_network_is_refused() {
        let bytes = Network::shipped().to_bytes();
        let with = |at: usize, byte: u8| {
            let mut changed = bytes.clone();
            changed[at] = byte;
            changed
        };
        let mut nan = bytes.clone();
        nan[20..24].copy_from_slice(&f32::NAN.to_le_bytes());
        for (name, bytes) in [
            ("empty", Vec::new()),
            ("cut", bytes[..bytes.len() - 1].to_vec()),
            ("longer", [&bytes[..], &[0]].concat()),
            ("magic", with(0, b'X')),
            ("width", with(4, 7)),
            ("blocks", with(12, 200)),
            ("no heads", with(8, 0)),
            ("not a number", nan),
        ] {
            assert!(
                matches!(Network::from_bytes(&bytes), Err(TableError::Network(_))),
                "{name}"
            );
        }
    }
}
