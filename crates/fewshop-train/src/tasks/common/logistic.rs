//! Logistic regression of a few features, solved exactly: Newton's steps on the ridge-penalised
//! likelihood.

const RIDGE: f64 = 1.0;
const STEPS: usize = 12;

/// Standardised weights.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::tasks) struct Logistic {
    mean: Vec<f64>,
    inv_std: Vec<f64>,
    /// One a feature, then the intercept.
    weights: Vec<f64>,
}

impl Logistic {
    /// Of rows and whether each came true. All rows have the same features.
    pub(in crate::tasks) fn fit(rows: &[(Vec<f64>, bool)]) -> Self {
        let width = rows.first().map_or(0, |row| row.0.len());
        let n = rows.len().max(1) as f64;
        let column = |of: &dyn Fn(usize, f64) -> f64| -> Vec<f64> {
            (0..width)
                .map(|at| rows.iter().map(|(x, _)| of(at, x[at])).sum::<f64>() / n)
                .collect()
        };
        let mean = column(&|_, x| x);
        let variance = column(&|at, x| (x - mean[at]).powi(2));
        let inv_std: Vec<f64> = variance
            .iter()
            .map(|v| if *v > 1e-12 { 1.0 / v.sqrt() } else { 0.0 })
            .collect();
        let mut out = Self {
            mean,
            inv_std,
            weights: vec![0.0; width + 1],
        };
        let standard: Vec<Vec<f64>> = rows.iter().map(|(x, _)| out.standard(x)).collect();
        for _ in 0..STEPS {
            let size = width + 1;
            let (mut gradient, mut hessian) = (vec![0.0; size], vec![0.0; size * size]);
            for (x, (_, true_)) in standard.iter().zip(rows) {
                let p = 1.0 / (1.0 + (-dot(x, &out.weights)).exp());
                let (error, curve) = (f64::from(u8::from(*true_)) - p, (p * (1.0 - p)).max(1e-9));
                for i in 0..size {
                    gradient[i] += error * x[i];
                    for j in 0..=i {
                        hessian[i * size + j] += curve * x[i] * x[j];
                    }
                }
            }
            for i in 0..size {
                let ridge = if i == width { 1e-6 } else { RIDGE };
                gradient[i] -= ridge * out.weights[i];
                hessian[i * size + i] += ridge;
                for j in i + 1..size {
                    hessian[i * size + j] = hessian[j * size + i];
                }
            }
            let step = solve(hessian, gradient);
            let largest = step.iter().fold(0f64, |most, s| most.max(s.abs()));
            out.weights.iter_mut().zip(&step).for_each(|(w, s)| *w += s);
            if largest < 1e-8 {
                break;
            }
        }
        out
    }

    fn standard(&self, x: &[f64]) -> Vec<f64> {
        let features = x
            .iter()
            .zip(&self.mean)
            .zip(&self.inv_std)
            .map(|((x, mean), inv)| (x - mean) * inv);
        features.chain([1.0]).collect()
    }

    /// Log-odds.
    pub(in crate::tasks) fn score(&self, x: &[f64]) -> f64 {
        dot(&self.standard(x), &self.weights)
    }

    /// Weights of the features as they are, then the constant: the same log-odds.
    pub(in crate::tasks) fn raw(&self) -> Vec<f64> {
        let weights: Vec<f64> = self
            .weights()
            .iter()
            .zip(&self.inv_std)
            .map(|(weight, inv)| weight * inv)
            .collect();
        let constant = self.weights[self.mean.len()] - dot(&weights, &self.mean);
        weights.into_iter().chain([constant]).collect()
    }

    /// Weights of the standardised features, without the intercept.
    pub(in crate::tasks) fn weights(&self) -> &[f64] {
        &self.weights[..self.mean.len()]
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves `a x = b` for a symmetric positive matrix, by elimination with the largest pivot.
fn solve(mut a: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for at in 0..n {
        let pivot = (at..n)
            .max_by(|&i, &j| a[i * n + at].abs().total_cmp(&a[j * n + at].abs()))
            .unwrap_or(at);
        if pivot != at {
            (0..n).for_each(|j| a.swap(at * n + j, pivot * n + j));
            b.swap(at, pivot);
        }
        for i in at + 1..n {
            let factor = a[i * n + at] / a[at * n + at];
            (at..n).for_each(|j| a[i * n + j] -= factor * a[at * n + j]);
            b[i] -= factor * b[at];
        }
    }
    for at in (0..n).rev() {
        let rest: f64 = (at + 1..n).map(|j| a[at * n + j] * b[j]).sum();
        b[at] = (b[at] - rest) / a[at * n + at];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_odds_are_those_of_the_data() {
        // Of 100 rows with x = 0 a fifth are true, of 100 with x = 1 four fifths: odds of 1/4 and
        // 4.
        let rows: Vec<(Vec<f64>, bool)> = (0..200)
            .map(|at| (vec![f64::from(at / 100), 3.0], (at % 5 == 0) != (at >= 100)))
            .collect();
        let fit = Logistic::fit(&rows);
        assert!(
            (fit.score(&[0.0, 3.0]) + 4f64.ln()).abs() < 0.05
                && (fit.score(&[1.0, 3.0]) - 4f64.ln()).abs() < 0.05
        );
        let raw = fit.raw();
        assert!((raw[0] + 3.0 * raw[1] + raw[2] - fit.score(&[1.0, 3.0])).abs() < 1e-9);
        assert_eq!(
            fit.weights()[1],
            0.0,
            "what is the same everywhere says nothing"
        );
    }
}
