//! Made-up tables with two classes whose true probabilities are known.

use fewshop_table::Table;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// The target's column.
pub(super) const TARGET: &str = "target";

/// Rows that are neither labelled nor asked about: they only tell how the columns are distributed,
/// as the other rows of a real table do.
const OTHERS: usize = 120;

/// A made-up table: labelled rows, then questions, then others.
pub(super) struct MadeUp {
    pub(super) table: Table,
    /// Probability of class 1 for each question.
    pub(super) probabilities: Vec<f64>,
}

/// A standard normal number (Box and Muller 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (a, b): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

fn between(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

fn chance(rng: &mut ChaCha8Rng, probability: f64) -> bool {
    rng.random::<f64>() < probability
}

fn standardise(values: &mut [f64]) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    let scale = 1.0 / square.sqrt().max(1e-9);
    for value in values {
        *value = (*value - mean) * scale;
    }
}

/// A whole number from 1 to `most`, small ones more often.
fn few(rng: &mut ChaCha8Rng, most: usize) -> usize {
    ((most as f64 + 1.0).powf(rng.random::<f64>()) as usize).clamp(1, most)
}

/// How the cells of a column are written.
enum Cells {
    Numbers(Vec<f64>),
    Texts(Vec<usize>),
}

/// One column: what it is inside the made-up world, and what is seen of it.
struct Column {
    /// What the target may depend on: for texts an effect of each.
    inner: Vec<f64>,
    cells: Cells,
}

/// The factors behind the columns and the columns, `rows` long.
fn columns(rng: &mut ChaCha8Rng, rows: usize, count: usize) -> (Vec<Vec<f64>>, Vec<Column>) {
    let factors: Vec<Vec<f64>> = (0..few(rng, 4))
        .map(|_| (0..rows).map(|_| normal(rng)).collect())
        .collect();
    // How far the factors explain the columns of this table, and whether columns tend to rise
    // together, as measures of one thing do.
    let shared = between(rng, 0.05, 0.95);
    let agree = if chance(rng, 0.6) { 0.92 } else { 0.5 };
    let numbers_only = chance(rng, 0.4);
    let mut out: Vec<Column> = Vec::with_capacity(count);
    for _ in 0..count {
        let own = (shared * between(rng, 0.3, 1.3)).min(0.95);
        let mut base = vec![0.0; rows];
        for _ in 0..few(rng, 3) {
            let factor = &factors[rng.random_range(0..factors.len())];
            let sign = if chance(rng, agree) { 1.0 } else { -1.0 };
            let loading = sign * between(rng, 0.3, 1.0);
            let is_bent = chance(rng, 0.15);
            for (base, value) in base.iter_mut().zip(factor) {
                *base += loading * if is_bent { value.abs() } else { *value };
            }
        }
        standardise(&mut base);
        if !out.is_empty() && chance(rng, 0.15) {
            // Follows from another column.
            let cause = &out[rng.random_range(0..out.len())].inner;
            let bend = between(rng, -1.0, 1.0);
            for (base, value) in base.iter_mut().zip(cause) {
                *base = value + bend * value * value;
            }
            standardise(&mut base);
        }
        let noise = (1.0f64 - own).sqrt();
        let mut value: Vec<f64> = base
            .iter()
            .map(|base| own.sqrt() * base + noise * normal(rng))
            .collect();
        standardise(&mut value);
        out.push(seen(rng, value, numbers_only));
    }
    (factors, out)
}

/// What is seen of a standardised value.
fn seen(rng: &mut ChaCha8Rng, value: Vec<f64>, numbers_only: bool) -> Column {
    let kind: f64 = if numbers_only {
        between(rng, 0.0, 0.62)
    } else {
        rng.random()
    };
    if kind < 0.42 {
        return Column {
            cells: Cells::Numbers(value.clone()),
            inner: value,
        };
    }
    if kind < 0.50 {
        // Many equal smallest values, as of amounts and counts.
        let floor = between(rng, -0.5, 0.8);
        let inner: Vec<f64> = value.iter().map(|v| (v - floor).max(0.0)).collect();
        return Column {
            cells: Cells::Numbers(inner.clone()),
            inner,
        };
    }
    if kind < 0.62 {
        // A few steps.
        let step = between(rng, 0.3, 1.2);
        let inner: Vec<f64> = value.iter().map(|v| (v / step).round()).collect();
        return Column {
            cells: Cells::Numbers(inner.clone()),
            inner,
        };
    }
    if kind < 0.80 {
        let edge = between(rng, -1.2, 1.2);
        let texts: Vec<usize> = value.iter().map(|v| usize::from(*v > edge)).collect();
        return Column {
            inner: texts.iter().map(|text| *text as f64).collect(),
            cells: Cells::Texts(texts),
        };
    }
    // Kinds: stretches of the value, whose effects need not rise with it.
    let kinds = rng.random_range(3..=9);
    let mut edges: Vec<f64> = (1..kinds).map(|_| 1.2 * normal(rng)).collect();
    edges.sort_by(f64::total_cmp);
    let texts: Vec<usize> = value
        .iter()
        .map(|v| edges.partition_point(|edge| edge < v))
        .collect();
    let rise = if chance(rng, 0.5) { 1.0 } else { 0.0 };
    let effects: Vec<f64> = (0..kinds)
        .map(|kind| normal(rng) + rise * kind as f64)
        .collect();
    Column {
        inner: texts.iter().map(|text| effects[*text]).collect(),
        cells: Cells::Texts(texts),
    }
}

/// A smooth curve: a mean of steps of a logistic shape.
fn curve(rng: &mut ChaCha8Rng, rises: bool) -> impl Fn(f64) -> f64 + use<> {
    let steps: Vec<(f64, f64, f64)> = (0..rng.random_range(1..=3))
        .map(|_| {
            let height = normal(rng);
            let height = if rises { height.abs() } else { height };
            (height, 1.2 * normal(rng), between(rng, 0.8, 5.0))
        })
        .collect();
    move |x| {
        steps
            .iter()
            .map(|(height, middle, slope)| height * (slope * (x - middle)).tanh())
            .sum()
    }
}

fn sign(rng: &mut ChaCha8Rng) -> f64 {
    if chance(rng, 0.5) { 1.0 } else { -1.0 }
}

/// One standardised function of the inputs.
fn function(rng: &mut ChaCha8Rng, inputs: &[&Vec<f64>], rows: usize) -> Vec<f64> {
    let mut used: Vec<usize> = (0..inputs.len()).collect();
    used.shuffle(rng);
    used.truncate(few(rng, inputs.len()).max(rng.random_range(1..=inputs.len().min(4))));
    let mut out = vec![0.0; rows];
    let kind: f64 = rng.random();
    if kind < 0.45 {
        // Linear; sizes fall off, as a few columns matter most.
        let fall = between(rng, 0.4, 1.0);
        let mut size = 1.0;
        for &input in &used {
            let weight = sign(rng) * size * between(rng, 0.3, 1.2);
            for (out, value) in out.iter_mut().zip(inputs[input]) {
                *out += weight * value;
            }
            size *= fall;
        }
    } else if kind < 0.72 {
        let rises = chance(rng, 0.75);
        for &input in &used {
            let curve = curve(rng, rises);
            let weight = sign(rng) * between(rng, 0.2, 1.0);
            for (out, value) in out.iter_mut().zip(inputs[input]) {
                *out += weight * curve(*value);
            }
        }
    } else if kind < 0.88 {
        for _ in 0..rng.random_range(1..=12) {
            tree(rng, inputs, &used, &mut out);
        }
    } else {
        let units = rng.random_range(2..=8);
        let scale = between(rng, 0.5, 2.0) / (used.len() as f64).sqrt();
        for _ in 0..units {
            let weights: Vec<f64> = used.iter().map(|_| scale * normal(rng)).collect();
            let (bias, height) = (normal(rng), normal(rng));
            for (row, out) in out.iter_mut().enumerate() {
                let pairs = used.iter().zip(&weights);
                let sum: f64 = pairs
                    .map(|(input, weight)| inputs[*input][row] * weight)
                    .sum();
                *out += height * (sum + bias).tanh();
            }
        }
    }
    standardise(&mut out);
    out
}

/// Adds a tree of depth 1 to 4 that splits at values of random rows.
fn tree(rng: &mut ChaCha8Rng, inputs: &[&Vec<f64>], used: &[usize], out: &mut [f64]) {
    let depth = rng.random_range(1..=4);
    let mut leaf = vec![0usize; out.len()];
    for level in 0..depth {
        let splits: Vec<(usize, f64)> = (0..1 << level)
            .map(|_| {
                let input = used[rng.random_range(0..used.len())];
                (input, inputs[input][rng.random_range(0..out.len())])
            })
            .collect();
        for (row, leaf) in leaf.iter_mut().enumerate() {
            let (input, edge) = splits[*leaf];
            *leaf = *leaf * 2 + usize::from(inputs[input][row] > edge);
        }
    }
    let values: Vec<f64> = (0..1 << depth).map(|_| normal(rng)).collect();
    for (out, leaf) in out.iter_mut().zip(&leaf) {
        *out += values[*leaf];
    }
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Probabilities of class 1.
fn probabilities(rng: &mut ChaCha8Rng, factors: &[Vec<f64>], columns: &[Column]) -> Vec<f64> {
    let rows = factors[0].len();
    let standard: Vec<Vec<f64>> = columns
        .iter()
        .map(|column| {
            let mut inner = column.inner.clone();
            standardise(&mut inner);
            inner
        })
        .collect();
    // What decides may be what is seen, what is behind it, or both.
    let behind: f64 = rng.random();
    let mut inputs: Vec<&Vec<f64>> = Vec::new();
    if behind > 0.35 {
        inputs.extend(&standard);
    }
    if behind < 0.65 {
        inputs.extend(factors);
    }
    let mut latent = vec![0.0; rows];
    for _ in 0..rng.random_range(1..=2) {
        let weight = between(rng, 0.2, 1.0);
        for (latent, value) in latent.iter_mut().zip(function(rng, &inputs, rows)) {
            *latent += weight * value;
        }
    }
    standardise(&mut latent);
    // Mostly what real tables have: areas under the curve of .6 to .99, and sometimes nothing.
    let strength = if chance(rng, 0.05) {
        0.0
    } else {
        (1.7 + 0.8 * normal(rng)).exp().min(20.0)
    };
    let share = {
        let (a, b): (f64, f64) = (rng.random(), rng.random());
        // Between a uniform share and a balanced one.
        (0.5 + 0.42 * (a + b - 1.0)).clamp(0.08, 0.92)
    };
    let (mut low, mut high) = (-30.0, 30.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        let mean = latent
            .iter()
            .map(|l| sigmoid(middle + strength * l))
            .sum::<f64>();
        if mean / rows as f64 > share {
            high = middle;
        } else {
            low = middle;
        }
    }
    let wrong = if chance(rng, 0.3) {
        between(rng, 0.0, 0.1)
    } else {
        0.0
    };
    latent
        .iter()
        .map(|l| wrong + (1.0 - 2.0 * wrong) * sigmoid(low + strength * l))
        .collect()
}

/// A table with `labelled` rows whose target is filled in, both classes among them, and `questions`
/// rows.
pub(super) fn made_up(
    rng: &mut ChaCha8Rng,
    count: usize,
    labelled: usize,
    questions: usize,
) -> MadeUp {
    loop {
        let rows = labelled + questions + OTHERS;
        let (factors, columns) = columns(rng, rows, count);
        let probabilities = probabilities(rng, &factors, &columns);
        let mut target: Vec<String> = probabilities[..labelled]
            .iter()
            .map(|p| String::from(if chance(rng, *p) { "1" } else { "0" }))
            .collect();
        if target.iter().all(|label| *label == target[0]) {
            continue;
        }
        target.resize(rows, String::new());
        let mut cells: Vec<Vec<String>> =
            columns.iter().map(|column| written(rng, column)).collect();
        let mut names: Vec<String> = (0..count).map(|at| format!("c{at:02}")).collect();
        names.push(TARGET.to_owned());
        cells.push(target);
        return MadeUp {
            table: Table::new(names, cells).expect("columns have one length and different names"),
            probabilities: probabilities[labelled..labelled + questions].to_vec(),
        };
    }
}

fn written(rng: &mut ChaCha8Rng, column: &Column) -> Vec<String> {
    let mut cells: Vec<String> = match &column.cells {
        Cells::Numbers(values) => values.iter().map(|value| format!("{value:.4}")).collect(),
        Cells::Texts(texts) => {
            // In no order.
            let mut letters: Vec<char> = ('a'..='m').collect();
            letters.shuffle(rng);
            texts
                .iter()
                .map(|text| letters[*text].to_string())
                .collect()
        }
    };
    if chance(rng, 0.12) {
        let share = between(rng, 0.01, 0.35);
        // In half of the columns large values are missing more often.
        let by_value = if chance(rng, 0.5) { 1.5 } else { 0.0 };
        for (cell, inner) in cells.iter_mut().zip(&column.inner) {
            if chance(rng, share * sigmoid(by_value * inner) * 2.0) {
                cell.clear();
            }
        }
    }
    cells
}
