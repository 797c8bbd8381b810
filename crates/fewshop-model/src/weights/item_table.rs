//! Item vectors with one byte per number.

/// Quantisation steps on either side of 0: six bits. Seven bits cost 69 kB more on the wire for
/// 8,547 items without a measurable gain on validation cases; see `docs/performance.md`.
const STEPS: f32 = 31.0;

/// Maximum size of one sub-vector of product quantisation. One byte of the file becomes this many
/// bytes in memory, and a hostile file must not exhaust it.
pub(crate) const MAX_SUB_VECTOR_WIDTH: usize = 16;

/// Item vectors with one byte per number: `x[i][j] = scale[i] * q[i][j]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ItemTable {
    /// Size of a row.
    pub d: usize,
    /// `[items, d]`, row-major.
    pub q: Vec<i8>,
    /// `[items]`, positive or 0.
    pub scale: Vec<f32>,
    /// `[items]`: added to the scaled dot product with the user embedding.
    pub bias: Vec<f32>,
    /// Number of subspaces if the file stores centroid numbers (product quantisation); 0 otherwise.
    /// The numbers in `q` are the same either way.
    pub subspaces: usize,
}

impl ItemTable {
    /// Whether rows of `d` numbers can be split into `subspaces` equal sub-vectors, which product
    /// quantisation requires.
    #[must_use]
    pub fn can_cut(d: usize, subspaces: usize) -> bool {
        d > 0
            && subspaces > 0
            && d.is_multiple_of(subspaces)
            && d / subspaces <= MAX_SUB_VECTOR_WIDTH
    }

    /// Quantises rows of `d` numbers.
    ///
    /// # Shapes
    /// - `rows`: `[items, d]`, finite
    /// - `bias`: `[items]`
    ///
    /// # Panics
    /// If the lengths do not fit together.
    #[must_use]
    pub fn quantise(rows: &[f32], d: usize, bias: Vec<f32>) -> Self {
        Self::quantise_to(rows, d, bias, STEPS)
    }

    /// The same with the given steps on either side of 0, at most 127.
    ///
    /// # Panics
    /// See [`Self::quantise`].
    #[must_use]
    pub fn quantise_to(rows: &[f32], d: usize, bias: Vec<f32>, steps: f32) -> Self {
        assert_eq!(rows.len(), d * bias.len(), "rows must be [bias.len(), d]");
        let mut table = Self {
            d,
            q: Vec::with_capacity(rows.len()),
            scale: Vec::with_capacity(bias.len()),
            bias,
            subspaces: 0,
        };
        for row in rows.chunks_exact(d) {
            let scale = row.iter().fold(0f32, |m, v| m.max(v.abs())) / steps;
            table.scale.push(scale);
            table.q.extend(row.iter().map(|v| {
                if scale > 0.0 {
                    (v / scale).round() as i8
                } else {
                    0
                }
            }));
        }
        table
    }

    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scale.len()
    }

    /// Whether there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scale.is_empty()
    }

    /// Adds `weight * x[row]` to `out`, `[d]`.
    pub fn add_row(&self, row: usize, weight: f32, out: &mut [f32]) {
        let w = weight * self.scale[row];
        for (o, &q) in out
            .iter_mut()
            .zip(&self.q[row * self.d..(row + 1) * self.d])
        {
            *o += w * f32::from(q);
        }
    }

    /// The row as numbers, `[d]`.
    #[must_use]
    pub fn row(&self, row: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.d];
        self.add_row(row, 1.0, &mut out);
        out
    }
}
