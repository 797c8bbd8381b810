//! Compresses item vectors.

use fewshop_model::ItemTable;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Shares of a row's largest number at which the range may be clipped: clipping a few numbers buys
/// finer steps for all others.
const CLIPS: [f32; 9] = [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6];
/// Rounds of k-means; after these hardly any row changes its centroid.
const ROUNDS: usize = 20;

/// Bits that the numbers of a table need; 0 if it is already product-quantised.
#[must_use]
pub fn bits_of(table: &ItemTable) -> u32 {
    let max_abs = table.q.iter().map(|q| q.unsigned_abs()).max().unwrap_or(0);
    if table.subspaces > 0 {
        0
    } else {
        u8::BITS - max_abs.leading_zeros() + 1
    }
}

/// The table with 2 to 8 bits per number. Each row is clipped where its squared error is smallest.
#[must_use]
pub fn rounded(table: &ItemTable, bits: u32) -> ItemTable {
    let steps = ((1i32 << (bits.clamp(2, 8) - 1)) - 1) as f32;
    let mut out = ItemTable {
        q: Vec::with_capacity(table.q.len()),
        scale: Vec::new(),
        subspaces: 0,
        ..table.clone()
    };
    for row in 0..table.len() {
        let x = table.row(row);
        let max_abs = x.iter().fold(0f32, |max_abs, x| max_abs.max(x.abs()));
        let tries = CLIPS.map(|clip| {
            let step = (max_abs * clip / steps).max(f32::MIN_POSITIVE);
            let q: Vec<i8> = x
                .iter()
                .map(|x| (x / step).round().clamp(-steps, steps) as i8)
                .collect();
            let scale = fit(&x, &q);
            (error(&x, &q, scale), scale, q)
        });
        let [first, ..] = &tries;
        let (_, scale, q) = tries
            .iter()
            .fold(first, |best, one| if one.0 < best.0 { one } else { best });
        out.scale.push(*scale);
        out.q.extend(q);
    }
    out
}

/// Product-quantises the table into `subspaces` codes per row, which must divide the rows evenly:
/// k-means over the rows at length 1, with each row's length kept in its scale.
///
/// # Panics
/// If the rows cannot be divided this way; check with [`ItemTable::can_cut`].
#[must_use]
pub fn coded(table: &ItemTable, subspaces: usize, seed: u64) -> ItemTable {
    let (n, d) = (table.len(), table.d);
    assert!(
        ItemTable::can_cut(d, subspaces),
        "rows of {d} numbers cannot be cut into {subspaces}"
    );
    let width = d / subspaces;
    let rows: Vec<Vec<f32>> = (0..n).map(|row| table.row(row)).collect();
    let lengths: Vec<f32> = rows
        .iter()
        .map(|x| x.iter().map(|x| x * x).sum::<f32>().sqrt())
        .collect();
    // A small shop uses fewer than 256: more centroids would cost more than they save.
    let count = (n / 8).clamp(1, 256);
    let found: Vec<(Vec<u8>, Vec<f32>)> = (0..subspaces)
        .into_par_iter()
        .map(|subspace| {
            let part = |(x, length): (&Vec<f32>, &f32)| {
                let from = subspace * width;
                x[from..from + width]
                    .iter()
                    .map(|x| if *length > 0.0 { x / length } else { 0.0 })
                    .collect::<Vec<f32>>()
            };
            let points: Vec<f32> = rows.iter().zip(&lengths).flat_map(part).collect();
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(subspace as u64);
            k_means(&points, width, count, &mut rng)
        })
        .collect();
    let max_abs = found
        .iter()
        .flat_map(|(_, centroids)| centroids)
        .fold(0f32, |max_abs, x| max_abs.max(x.abs()));
    let step = (max_abs / 127.0).max(f32::MIN_POSITIVE);
    let mut out = ItemTable {
        q: Vec::with_capacity(n * d),
        scale: Vec::new(),
        subspaces,
        ..table.clone()
    };
    for (row, x) in rows.iter().enumerate() {
        let mut q = Vec::with_capacity(d);
        for (codes, centroids) in &found {
            let at = usize::from(codes[row]) * width;
            q.extend(
                centroids[at..at + width]
                    .iter()
                    .map(|x| (x / step).round() as i8),
            );
        }
        out.scale.push(fit(x, &q));
        out.q.extend(q);
    }
    out
}

/// The scale at which `q` is nearest to `x`.
fn fit(x: &[f32], q: &[i8]) -> f32 {
    let (above, below) = x
        .iter()
        .zip(q)
        .fold((0f32, 0f32), |(above, below), (x, &q)| {
            let q = f32::from(q);
            (above + x * q, below + q * q)
        });
    if below > 0.0 {
        (above / below).max(0.0)
    } else {
        0.0
    }
}

fn error(x: &[f32], q: &[i8], scale: f32) -> f32 {
    x.iter()
        .zip(q)
        .map(|(x, &q)| (x - scale * f32::from(q)).powi(2))
        .sum()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Returns each point's centroid number and the centroids, `[count, width]`: k-means++ followed by
/// Lloyd's rounds. An empty centroid moves to the point that is farthest from its own centroid.
fn k_means(
    points: &[f32],
    width: usize,
    count: usize,
    rng: &mut ChaCha8Rng,
) -> (Vec<u8>, Vec<f32>) {
    let n = points.len() / width;
    let point = |at: usize| &points[at * width..(at + 1) * width];
    let mut centroids = point(rng.random_range(0..n)).to_vec();
    let mut nearest: Vec<f32> = (0..n).map(|at| distance(point(at), &centroids)).collect();
    while centroids.len() < count * width {
        let sum: f64 = nearest.iter().map(|&d| f64::from(d)).sum();
        let mut left = rng.random_range(0.0..1.0) * sum;
        let next = nearest.iter().position(|&d| {
            left -= f64::from(d);
            left < 0.0
        });
        let next = point(next.unwrap_or(n - 1)).to_vec();
        for (at, nearest) in nearest.iter_mut().enumerate() {
            *nearest = nearest.min(distance(point(at), &next));
        }
        centroids.extend(next);
    }
    let mut codes = vec![0u8; n];
    for _ in 0..ROUNDS {
        let before = codes.clone();
        for at in 0..n {
            let mut best = (f32::INFINITY, 0);
            for (nth, centroid) in centroids.chunks_exact(width).enumerate() {
                let far = distance(point(at), centroid);
                if far < best.0 {
                    best = (far, nth);
                }
            }
            codes[at] = best.1 as u8;
            nearest[at] = best.0;
        }
        let mut sums = vec![0f64; count * width];
        let mut sizes = vec![0usize; count];
        for (at, &code) in codes.iter().enumerate() {
            let code = usize::from(code);
            sizes[code] += 1;
            sums[code * width..(code + 1) * width]
                .iter_mut()
                .zip(point(at))
                .for_each(|(sum, x)| *sum += f64::from(*x));
        }
        for (nth, &size) in sizes.iter().enumerate() {
            let to = nth * width..(nth + 1) * width;
            if size > 0 {
                let of = size as f64;
                centroids[to.clone()]
                    .iter_mut()
                    .zip(&sums[to])
                    .for_each(|(c, sum)| *c = (sum / of) as f32);
            } else if let Some(far) = (0..n).max_by(|&a, &b| nearest[a].total_cmp(&nearest[b])) {
                nearest[far] = 0.0;
                centroids[to].copy_from_slice(point(far));
            }
        }
        if codes == before {
            break;
        }
    }
    (codes, centroids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made_up(n: usize, d: usize, seed: u64) -> ItemTable {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let rows: Vec<f32> = (0..n * d).map(|_| rng.random_range(-1.0..1.0)).collect();
        ItemTable::quantise(&rows, d, vec![0.5; n])
    }

    fn mean_error(a: &ItemTable, b: &ItemTable) -> f32 {
        (0..a.len())
            .map(|row| distance(&a.row(row), &b.row(row)))
            .sum::<f32>()
            / a.len() as f32
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn fewer_bits_lose_more_and_stay_within_their_steps(seed in any::<u64>()) {
            let table = made_up(30, 8, seed);
            let errors: Vec<f32> = [8, 6, 5, 4, 3].map(|bits| {
                let small = rounded(&table, bits);
                assert!(bits_of(&small) <= bits && small.bias == table.bias);
                mean_error(&table, &small)
            }).to_vec();
            prop_assert!(errors[0] < 1e-3 && errors.windows(2).all(|w| w[0] <= w[1] + 1e-4), "{:?}", errors);
        }

        #[test]
        fn codes_are_few_reproducible_and_more_of_them_are_more_accurate(seed in any::<u64>()) {
            let table = made_up(200, 8, seed);
            let errors: Vec<f32> = [8, 4, 2, 1].map(|subspaces| {
                let small = coded(&table, subspaces, 7);
                assert_eq!(small, coded(&table, subspaces, 7));
                let width = 8 / subspaces;
                for subspace in 0..subspaces {
                    let mut parts: Vec<&[i8]> = small.q.chunks_exact(8).map(|row| &row[subspace * width..][..width]).collect();
                    parts.sort_unstable();
                    parts.dedup();
                    assert!(parts.len() <= 25);
                }
                mean_error(&table, &small)
            }).to_vec();
            prop_assert!(errors.windows(2).all(|w| w[0] < w[1]), "{:?}", errors);
        }
    }

    #[test]
    fn zero_rows_and_equal_rows_are_preserved() {
        let rows: Vec<f32> = (0..64 * 4)
            .map(|i| {
                if i < 32 {
                    0.0
                } else {
                    [1.0, -1.0, 0.5, 0.25][i % 4]
                }
            })
            .collect();
        let table = ItemTable::quantise(&rows, 4, vec![0.0; 64]);
        for small in [coded(&table, 2, 7), rounded(&table, 5)] {
            assert!(mean_error(&table, &small) < 5e-3, "{small:?}");
            assert_eq!(small.row(0), [0.0; 4]);
        }
    }
}
