//! Principal components: the directions in which rows vary most. The computation is exact, so it
//! needs no seed.

use rayon::prelude::*;

/// Jacobi's method converges quadratically: fewer than a dozen sweeps suffice, and this only bounds
/// the loop.
const SWEEPS: usize = 30;

/// Centres `rows` (`width` numbers each) and keeps at most `max` principal components. They are
/// scaled by one common factor to a mean square of 1, so the relative weights of the components do
/// not change.
///
/// Returns the row length, the rows, and the share of the variance that they explain.
pub(super) fn reduce(rows: &[f32], width: usize, max: usize) -> (usize, Vec<f32>, f64) {
    let count = rows.len() / width;
    let keep = max.min(width);
    let mean = mean(rows, width);
    let centred: Vec<f64> = rows
        .chunks_exact(width)
        .flat_map(|row| row.iter().zip(&mean).map(|(x, m)| f64::from(*x) - m))
        .collect();
    let (values, vectors) = eigen(covariance(&centred, width), width);
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    order.truncate(keep);
    let kept: f64 = order.iter().map(|&at| values[at].max(0.0)).sum();
    let total: f64 = values.iter().map(|value| value.max(0.0)).sum();
    if kept <= 0.0 {
        return (keep, vec![0.0; count * keep], 0.0);
    }
    let scale = (keep as f64 / kept).sqrt();
    // The sign of a direction is arbitrary: its largest number is made positive.
    let signed = |at: usize| {
        let vector = &vectors[at * width..][..width];
        let largest = vector.iter().fold(
            0.0,
            |max: f64, x| if x.abs() > max.abs() { *x } else { max },
        );
        vector.iter().map(move |x| x * scale * largest.signum())
    };
    let components: Vec<f64> = order.iter().flat_map(|&at| signed(at)).collect();
    let project = |row: &[f64]| -> Vec<f32> {
        components
            .chunks_exact(width)
            .map(|component| component.iter().zip(row).map(|(c, x)| c * x).sum::<f64>() as f32)
            .collect()
    };
    let out: Vec<f32> = centred
        .par_chunks_exact(width)
        .flat_map_iter(project)
        .collect();
    (keep, out, kept / total)
}

fn mean(rows: &[f32], width: usize) -> Vec<f64> {
    let mut mean = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        mean.iter_mut()
            .zip(row)
            .for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let count = (rows.len() / width).max(1) as f64;
    mean.iter_mut().for_each(|sum| *sum /= count);
    mean
}

/// `[width, width]`. Each thread computes whole rows of the result, so the order of the sums does
/// not depend on the number of threads.
fn covariance(centred: &[f64], width: usize) -> Vec<f64> {
    const BLOCK: usize = 32;
    let count = (centred.len() / width).max(1) as f64;
    let mut out = vec![0.0; width * width];
    out.par_chunks_mut(width * BLOCK)
        .enumerate()
        .for_each(|(nth, block)| {
            for row in centred.chunks_exact(width) {
                for (x, line) in row[nth * BLOCK..].iter().zip(block.chunks_exact_mut(width)) {
                    line.iter_mut()
                        .zip(row)
                        .for_each(|(sum, y)| *sum += x * y / count);
                }
            }
        });
    out
}

/// Eigenvalues and eigenvectors (row `i` belongs to value `i`) of a symmetric matrix, by Jacobi's
/// cyclic rotations.
fn eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut v = vec![0.0; n * n];
    (0..n).for_each(|i| v[i * n + i] = 1.0);
    let size: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let off_diagonal: f64 = (0..n)
            .map(|i| a[i * n..][..i].iter().map(|x| x * x).sum::<f64>())
            .sum();
        if off_diagonal <= size * 1e-24 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for i in 0..n {
                    let (x, y) = (a[i * n + p], a[i * n + q]);
                    (a[i * n + p], a[i * n + q]) = (c * x - s * y, s * x + c * y);
                }
                rotate(&mut a, n, p, q, c, s);
                rotate(&mut v, n, p, q, c, s);
            }
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), v)
}

/// Rotates the rows p < q of a matrix with n columns.
fn rotate(m: &mut [f64], n: usize, p: usize, q: usize, c: f64, s: f64) {
    let (upper, lower) = m.split_at_mut(q * n);
    for (x, y) in upper[p * n..][..n].iter_mut().zip(&mut lower[..n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_of_a_small_matrix_match_the_textbook() {
        let (values, vectors) = eigen(vec![2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 5.0], 3);
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        for (found, expected) in sorted.iter().zip([1.0, 3.0, 5.0]) {
            assert!((found - expected).abs() < 1e-12, "{values:?}");
        }
        let at = values.iter().position(|v| (v - 3.0).abs() < 1e-9).unwrap();
        let vector = &vectors[at * 3..][..3];
        assert!(
            (vector[0] - vector[1]).abs() < 1e-9 && vector[2].abs() < 1e-9,
            "{vector:?}"
        );
    }

    /// Points on a line in three dimensions, with a little noise across it.
    fn line() -> Vec<f32> {
        (0..40)
            .flat_map(|i| [i as f32 * 2.0 + 7.0, -(i as f32), (i % 3) as f32 * 0.01])
            .collect()
    }

    #[test]
    fn the_first_component_of_a_line_is_the_line() {
        let (size, rows, kept) = reduce(&line(), 3, 1);
        assert_eq!((size, rows.len()), (1, 40));
        assert!(kept > 0.999, "{kept}");
        // Its largest number points along the first axis, which grows.
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]), "{rows:?}");
        let square: f32 = rows.iter().map(|x| x * x).sum::<f32>() / 40.0;
        assert!(
            rows.iter().sum::<f32>().abs() < 1e-3 && (square - 1.0).abs() < 1e-3,
            "{square}"
        );
    }

    #[test]
    fn distances_are_kept_if_all_components_are() {
        let (size, rows, kept) = reduce(&line(), 3, 64);
        assert_eq!(size, 3);
        assert!((kept - 1.0).abs() < 1e-9);
        let distance = |rows: &[f32], a: usize, b: usize| -> f32 {
            rows[a * 3..][..3]
                .iter()
                .zip(&rows[b * 3..][..3])
                .map(|(x, y)| (x - y) * (x - y))
                .sum::<f32>()
                .sqrt()
        };
        let ratio = distance(&rows, 0, 39) / distance(&line(), 0, 39);
        assert!((distance(&rows, 3, 11) / distance(&line(), 3, 11) - ratio).abs() < 1e-3);
    }

    #[test]
    fn equal_rows_have_no_components() {
        let (_, rows, kept) = reduce(&[1.0, 2.0, 1.0, 2.0], 2, 2);
        assert_eq!((rows, kept), (vec![0.0; 4], 0.0));
    }
}
