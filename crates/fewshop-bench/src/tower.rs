//! A two-layer tower of 64 numbers, fine-tuned by Adam, with gradient and step fused by hand.
//!
//! `x = mean(positives) + u; h = relu(x W1 + b1); y = h W2 + b2; z = E y`, and the loss is the mean
//! over the positives of `-log softmax(z)` plus `l2` times the squares of all parameters.

use fewshop_model::kernels;
use wide::f32x8;

use crate::Task;

/// Numbers in a row.
pub const D: usize = 64;
/// `u`, `W1` row-major `[in, out]`, `b1`, `W2`, `b2`, one after the other.
pub const PARAMETERS: usize = D + 2 * (D * D + D);

const W1: usize = D;
const B1: usize = W1 + D * D;
const W2: usize = B1 + D;
const B2: usize = W2 + D * D;

/// Parameters, their Adam state and scratch buffers: allocated once and reused for each user.
#[derive(Debug, Clone)]
pub struct Tower {
    parameters: Vec<f32>,
    gradient: Vec<f32>,
    mean: Vec<f32>,
    squares: Vec<f32>,
    /// The task's rows, positives first.
    rows: Vec<f32>,
    centre: [f32; D],
    x: [f32; D],
    pre: [f32; D],
    hidden: [f32; D],
    y: [f32; D],
    z: Vec<f32>,
}

impl Default for Tower {
    fn default() -> Self {
        let zeros = || vec![0f32; PARAMETERS];
        Self {
            parameters: zeros(),
            gradient: zeros(),
            mean: zeros(),
            squares: zeros(),
            rows: Vec::new(),
            centre: [0.0; D],
            x: [0.0; D],
            pre: [0.0; D],
            hidden: [0.0; D],
            y: [0.0; D],
            z: Vec::new(),
        }
    }
}

impl Tower {
    /// Fine-tunes from the task's start and returns the user's vector; with `losses`, the loss
    /// before each step and after the last.
    ///
    /// # Shapes
    /// - `table`: `[items, 64]`
    ///
    /// # Panics
    /// When a row is past the table's end or the initial parameters have the wrong length.
    pub fn finetune(
        &mut self,
        table: &[f32],
        task: &Task,
        mut losses: Option<&mut Vec<f32>>,
    ) -> [f32; D] {
        self.parameters.copy_from_slice(&task.start);
        self.mean.fill(0.0);
        self.squares.fill(0.0);
        self.rows.clear();
        for &row in task.positives.iter().chain(&task.negatives) {
            self.rows
                .extend_from_slice(&table[row as usize * D..(row as usize + 1) * D]);
        }
        let shots = task.positives.len();
        self.centre = [0.0; D];
        for row in self.rows.chunks_exact(D).take(shots) {
            kernels::add_scaled(&mut self.centre, row, 1.0);
        }
        self.centre.iter_mut().for_each(|x| *x /= shots as f32);
        self.z.resize(self.rows.len() / D, 0.0);
        let (mut decay1, mut decay2) = (1.0, 1.0);
        for _ in 0..task.steps {
            self.forward();
            self.softmax(shots, task.l2, losses.as_deref_mut());
            self.backward();
            decay1 *= task.beta1;
            decay2 *= task.beta2;
            self.adam(task, decay1, decay2);
        }
        self.forward();
        if losses.is_some() {
            self.softmax(shots, task.l2, losses);
        }
        self.y
    }

    fn forward(&mut self) {
        for i in 0..D {
            self.x[i] = self.centre[i] + self.parameters[i];
        }
        self.pre.copy_from_slice(&self.parameters[B1..W2]);
        add_rows(&mut self.pre, &self.parameters[W1..B1], &self.x);
        self.hidden = self.pre.map(|x| x.max(0.0));
        self.y.copy_from_slice(&self.parameters[B2..]);
        add_rows(&mut self.y, &self.parameters[W2..B2], &self.hidden);
    }

    /// Writes the gradient of the logits to `z`.
    fn softmax(&mut self, shots: usize, l2: f32, losses: Option<&mut Vec<f32>>) {
        scan(&self.rows, &self.y, &mut self.z);
        let top = self.z.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mean_logit = self.z[..shots].iter().map(|z| z - top).sum::<f32>() / shots as f32;
        kernels::exp(&mut self.z, top);
        let sum: f32 = self.z.iter().sum();
        self.z.iter_mut().for_each(|z| *z /= sum);
        self.z[..shots]
            .iter_mut()
            .for_each(|z| *z -= 1.0 / shots as f32);
        if let Some(losses) = losses {
            losses.push(
                sum.ln() - mean_logit + l2 * kernels::dot(&self.parameters, &self.parameters),
            );
        }
    }

    fn backward(&mut self) {
        let mut dy = [0f32; D];
        add_rows(&mut dy, &self.rows, &self.z);
        let mut dh = [0f32; D];
        scan(&self.parameters[W2..B2], &dy, &mut dh);
        for (dh, &pre) in dh.iter_mut().zip(&self.pre) {
            *dh = if pre > 0.0 { *dh } else { 0.0 };
        }
        scan(&self.parameters[W1..B1], &dh, &mut self.gradient[..D]);
        outer(&mut self.gradient[W1..B1], &self.x, &dh);
        self.gradient[B1..W2].copy_from_slice(&dh);
        outer(&mut self.gradient[W2..B2], &self.hidden, &dy);
        self.gradient[B2..].copy_from_slice(&dy);
    }

    fn adam(&mut self, task: &Task, decay1: f32, decay2: f32) {
        let all = f32x8::splat;
        let (b1, o1, b2, o2) = (
            all(task.beta1),
            all(1.0 - task.beta1),
            all(task.beta2),
            all(1.0 - task.beta2),
        );
        let (rate, correct, epsilon) = (
            all(task.rate / (1.0 - decay1)),
            all(1.0 / (1.0 - decay2)),
            all(task.epsilon),
        );
        let l2 = all(2.0 * task.l2);
        let parameters = self
            .parameters
            .as_chunks_mut::<8>()
            .0
            .iter_mut()
            .zip(self.gradient.as_chunks::<8>().0);
        let moments = self
            .mean
            .as_chunks_mut::<8>()
            .0
            .iter_mut()
            .zip(self.squares.as_chunks_mut::<8>().0);
        for ((p, g), (m, v)) in parameters.zip(moments) {
            let w = f32x8::new(*p);
            let g = f32x8::new(*g) + l2 * w;
            let mean = b1 * f32x8::new(*m) + o1 * g;
            let squares = b2 * f32x8::new(*v) + o2 * (g * g);
            *m = mean.to_array();
            *v = squares.to_array();
            *p = (w - rate * mean / ((correct * squares).sqrt() + epsilon)).to_array();
        }
    }
}

/// `out[r] = rows[r] · v`.
///
/// # Shapes
/// - `rows`: `[out.len(), 64]`, `v`: `[64]`
pub fn scan(rows: &[f32], v: &[f32; D], out: &mut [f32]) {
    let rows = rows.as_chunks::<D>().0;
    let (fours, rest) = out.as_chunks_mut::<4>();
    let done = fours.len() * 4;
    for (out, rows) in fours.iter_mut().zip(rows.as_chunks::<4>().0) {
        *out = dot4(rows, v);
    }
    for (row, out) in rows[done..].iter().zip(rest) {
        *out = kernels::dot(row, v);
    }
}

/// Four rows at a time, so that each value of `v` is read once for all of them.
#[cfg(target_family = "wasm")]
#[inline(always)]
fn dot4(rows: &[[f32; D]; 4], v: &[f32; D]) -> [f32; 4] {
    use core::arch::wasm32::{
        f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, i32x4_shuffle, i64x2_shuffle, v128,
        v128_load,
    };
    fn four(v: &[f32; 4]) -> v128 {
        // SAFETY: the slice has four numbers of four bytes, and WebAssembly loads from any address.
        unsafe { v128_load(v.as_ptr().cast()) }
    }
    let mut sums = [f32x4_splat(0.0); 4];
    for i in 0..D / 4 {
        let v = four(&v.as_chunks().0[i]);
        for (row, sum) in rows.iter().zip(&mut sums) {
            *sum = f32x4_add(*sum, f32x4_mul(four(&row.as_chunks().0[i]), v));
        }
    }
    // The sums of four rows side by side: transpose and add.
    let [a, b, c, e] = sums;
    let ab = f32x4_add(
        i32x4_shuffle::<0, 4, 1, 5>(a, b),
        i32x4_shuffle::<2, 6, 3, 7>(a, b),
    );
    let ce = f32x4_add(
        i32x4_shuffle::<0, 4, 1, 5>(c, e),
        i32x4_shuffle::<2, 6, 3, 7>(c, e),
    );
    let s = f32x4_add(i64x2_shuffle::<0, 2>(ab, ce), i64x2_shuffle::<1, 3>(ab, ce));
    [
        f32x4_extract_lane::<0>(s),
        f32x4_extract_lane::<1>(s),
        f32x4_extract_lane::<2>(s),
        f32x4_extract_lane::<3>(s),
    ]
}

/// Four rows at a time.
#[cfg(not(target_family = "wasm"))]
fn dot4(rows: &[[f32; D]; 4], v: &[f32; D]) -> [f32; 4] {
    std::array::from_fn(|row| kernels::dot(&rows[row], v))
}

/// `out += Σ_r weight[r] * rows[r]`.
fn add_rows(out: &mut [f32; D], rows: &[f32], weight: &[f32]) {
    // Half a row at a time stays in registers over all rows.
    for half in 0..2 {
        let mut sums: [f32x8; 4] =
            std::array::from_fn(|i| f32x8::new(out.as_chunks().0[half * 4 + i]));
        for (row, &w) in rows.as_chunks::<D>().0.iter().zip(weight) {
            let w = f32x8::splat(w);
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum += f32x8::new(row.as_chunks().0[half * 4 + i]) * w;
            }
        }
        for (i, sum) in sums.into_iter().enumerate() {
            out.as_chunks_mut::<8>().0[half * 4 + i] = sum.to_array();
        }
    }
}

/// `out[i][j] = a[i] * b[j]`.
fn outer(out: &mut [f32], a: &[f32; D], b: &[f32; D]) {
    for (row, &a) in out.as_chunks_mut::<D>().0.iter_mut().zip(a) {
        for (out, b) in row.iter_mut().zip(b) {
            *out = a * b;
        }
    }
}
