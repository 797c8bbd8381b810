//! The labelled rows as the network has read them, and its answer for a question.

use super::kernels::{attend, by_number, multiply, norm};
use super::{INPUTS, Network, Shape};
use crate::cells::{Place, Scores, choose, write_row};
use crate::math::{Matrix, compare_rows};

/// Arrays of a block.
const OF_BLOCK: usize = 14;

/// What the network keeps of the labelled rows: keys and values of each block.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    network: Network,
    places: Vec<Place>,
    /// −1 where the classes changed places, so that swapped labels give swapped answers.
    sign: f64,
    /// Of each block, for each cell as the kernel reads them.
    keys: Vec<Vec<f32>>,
    /// Of each block, `[cells, labelled rows, width]`.
    values: Vec<Vec<f32>>,
}

/// The labelled rows in the order and with the sign in which the network reads them: neither the
/// order of a table's rows nor which class is called 1 changes an answer.
pub(crate) struct Reading {
    pub(crate) places: Vec<Place>,
    pub(crate) sign: f64,
    order: Vec<usize>,
}

impl Reading {
    pub(crate) fn of(places: Vec<Place>, x: &Matrix, outcomes: &[f64]) -> Self {
        let compare = |a: usize, b: usize| compare_rows(x.row(a), x.row(b));
        let mut order: Vec<usize> = (0..x.rows).collect();
        order.sort_by(|&a, &b| compare(a, b));
        // The larger class is 1; of two equal ones that which has more of the rows sorted first.
        let ones: f64 = outcomes.iter().sum();
        let lead = ones - outcomes.len() as f64 / 2.0;
        let lead = if lead == 0.0 {
            order
                .chunk_by(|&a, &b| compare(a, b).is_eq())
                .map(|equal| equal.iter().map(|&row| 2.0 * outcomes[row] - 1.0).sum())
                .find(|lead: &f64| *lead != 0.0)
                .unwrap_or(0.0)
        } else {
            lead
        };
        let sign = if lead < 0.0 { -1.0 } else { 1.0 };
        order.sort_by(|&a, &b| {
            compare(a, b).then_with(|| (sign * outcomes[a]).total_cmp(&(sign * outcomes[b])))
        });
        Self {
            places: choose(places, x, outcomes),
            sign,
            order,
        }
    }

    /// The cells of the labelled rows, in order.
    pub(crate) fn labelled(&self, x: &Matrix, outcomes: &[f64], scores: &[Scores]) -> Vec<f32> {
        let mut out = Vec::new();
        for &row in &self.order {
            let label = self.sign * (2.0 * outcomes[row] - 1.0);
            let scores = scores[row].map(|score| self.sign * score);
            write_row(
                &self.places,
                x.row(row),
                scores,
                label as f32,
                |_| false,
                &mut out,
            );
        }
        out
    }

    /// The cells of a question.
    pub(crate) fn question(&self, row: &[f64], scores: Scores) -> Vec<f32> {
        question(&self.places, self.sign, row, scores, |_| false)
    }
}

fn question(
    places: &[Place],
    sign: f64,
    row: &[f64],
    scores: Scores,
    is_absent: impl Fn(usize) -> bool,
) -> Vec<f32> {
    let mut out = Vec::new();
    let scores = scores.map(|score| sign * score);
    write_row(places, row, scores, 0.0, is_absent, &mut out);
    out
}

impl Context {
    /// Reads the labelled rows, of which `scores` are those when they are left out.
    pub(crate) fn new(
        network: &Network,
        places: Vec<Place>,
        x: &Matrix,
        outcomes: &[f64],
        scores: &[Scores],
    ) -> Self {
        let reading = Reading::of(places, x, outcomes);
        let inputs = reading.labelled(x, outcomes, scores);
        Self {
            places: reading.places,
            sign: reading.sign,
            ..Self::of_cells(network, &inputs, x.rows)
        }
    }

    /// Reads the cells of labelled rows.
    pub(crate) fn of_cells(network: &Network, inputs: &[f32], rows: usize) -> Self {
        let mut out = Self {
            network: network.clone(),
            places: Vec::new(),
            sign: 1.0,
            keys: Vec::new(),
            values: Vec::new(),
        };
        out.read(inputs, rows);
        out
    }

    fn read(&mut self, inputs: &[f32], rows: usize) {
        let Shape { width, blocks, .. } = self.network.shape();
        let cells = inputs.len() / INPUTS / rows;
        let mut x = embed(&self.network, inputs);
        let mut normed = vec![0.0; x.len()];
        let mut turned = vec![0.0; x.len()];
        for block in 0..blocks {
            let array = |at: usize| self.network.array(1 + block * OF_BLOCK + at);
            norm(&x, array(0), &mut normed);
            // By cell, so that a question reads one stretch of memory for each of its cells.
            for (at, from) in normed.chunks_exact(width).enumerate() {
                let to = (at % cells * rows + at / cells) * width;
                turned[to..to + width].copy_from_slice(from);
            }
            let mut values = vec![0.0; x.len()];
            multiply(&turned, array(2), width, &mut values, false);
            let mut keys = Vec::new();
            for of_cell in values.chunks_exact(rows * width) {
                by_number(of_cell, width, &mut keys);
            }
            self.keys.push(keys);
            multiply(&turned, array(3), width, &mut values, false);
            self.values.push(values);
            if block + 1 < blocks {
                self.block(block, &mut x, rows, false);
            }
        }
    }

    /// What is added to the log-odds of a question. Typed columns with `is_absent` count as missing.
    pub(crate) fn at(&self, row: &[f64], scores: Scores, is_absent: impl Fn(usize) -> bool) -> f64 {
        let absent = |at: usize| is_absent(self.places[at].column);
        let inputs = question(&self.places, self.sign, row, scores, absent);
        self.sign * f64::from(self.correction(&inputs))
    }

    /// The head's number for the cells of one row.
    pub(crate) fn correction(&self, inputs: &[f32]) -> f32 {
        let Shape { width, blocks, .. } = self.network.shape();
        let mut x = embed(&self.network, inputs);
        for block in 0..blocks {
            self.block(block, &mut x, 1, block + 1 == blocks);
        }
        let last = 1 + blocks * OF_BLOCK;
        let mut normed = vec![0.0; width];
        norm(&x[x.len() - width..], self.network.array(last), &mut normed);
        let head = self.network.array(last + 1);
        normed.iter().zip(head).map(|(a, b)| a * b).sum()
    }

    /// One block over some rows, `[rows, cells, width]`. After the last block only the label's cell
    /// of one row is asked for, and only that is brought up to date.
    fn block(&self, block: usize, x: &mut [f32], rows: usize, is_last: bool) {
        let Shape {
            width,
            heads,
            hidden,
            ..
        } = self.network.shape();
        let array = |at: usize| self.network.array(1 + block * OF_BLOCK + at);
        let cells = x.len() / rows / width;
        let keys_of_cell = self.keys[block].len() / cells;
        let values_of_cell = self.values[block].len() / cells;
        let mut normed = vec![0.0; x.len()];
        let mut queries = vec![0.0; x.len()];
        let mut read = vec![0.0; x.len()];
        let mut scores = Vec::new();

        norm(x, array(0), &mut normed);
        multiply(&normed, array(1), width, &mut queries, false);
        for (at, (query, out)) in queries
            .chunks_exact(width)
            .zip(read.chunks_exact_mut(width))
            .enumerate()
        {
            let cell = at % cells;
            let keys = &self.keys[block][cell * keys_of_cell..][..keys_of_cell];
            let values = &self.values[block][cell * values_of_cell..][..values_of_cell];
            attend(query, keys, values, heads, true, &mut scores, out);
        }
        multiply(&read, array(4), width, x, true);

        norm(x, array(5), &mut normed);
        let mut values = vec![0.0; x.len()];
        multiply(&normed, array(7), width, &mut values, false);
        let of_row = cells * width;
        let mut keys = Vec::new();
        for row in values.chunks_exact(of_row) {
            by_number(row, width, &mut keys);
        }
        let keys_of_row = keys.len() / rows;
        multiply(&normed, array(8), width, &mut values, false);
        let start = if is_last { x.len() - width } else { 0 };
        let x = &mut x[start..];
        let (queries, read) = (&mut queries[start..], &mut read[start..]);
        let normed = &mut normed[start..];
        multiply(normed, array(6), width, queries, false);
        for (at, (query, out)) in queries
            .chunks_exact(width)
            .zip(read.chunks_exact_mut(width))
            .enumerate()
        {
            let row = at / cells;
            let keys = &keys[row * keys_of_row..][..keys_of_row];
            let values = &values[row * of_row..][..of_row];
            attend(query, keys, values, heads, false, &mut scores, out);
        }
        multiply(read, array(9), width, x, true);

        norm(x, array(10), normed);
        let mut units: Vec<f32> = array(12).repeat(x.len() / width);
        multiply(normed, array(11), hidden, &mut units, true);
        for unit in &mut units {
            *unit = unit.max(0.0);
        }
        multiply(&units, array(13), width, x, true);
    }
}

fn embed(network: &Network, inputs: &[f32]) -> Vec<f32> {
    let width = network.shape().width;
    let mut x = vec![0.0; inputs.len() / INPUTS * width];
    multiply(inputs, network.array(0), width, &mut x, false);
    x
}
