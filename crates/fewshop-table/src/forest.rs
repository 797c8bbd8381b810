//! A random forest of small regression trees (Breiman 2001). With outcomes of −1 and +1 the
//! reduction of variance is Gini's criterion.

use crate::math::{Matrix, Random, compare_rows};

/// Settings of a forest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForestSettings {
    /// Number of trees.
    pub(crate) trees: usize,
    /// How many rows with the mean of the tree's sample are added to a leaf.
    pub(crate) smoothing: f64,
    /// A random threshold a column instead of the best (extra trees; Geurts et al. 2006).
    pub(crate) is_extra: bool,
    /// Start of the random numbers.
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Leaf(f64),
    /// Rows at most at the threshold go to the next node, the others to `right`.
    Split {
        column: usize,
        threshold: f64,
        right: usize,
    },
}

/// Fitted trees.
#[derive(Debug, Clone)]
pub(crate) struct Forest {
    trees: Vec<Vec<Node>>,
    /// For each row that it was fitted on, the mean of the trees whose sample lacks it.
    pub(crate) left_out: Vec<f64>,
}

/// Distinct rows with the number and mean of their targets. Rows that are equal are drawn
/// together: this makes the forest the same for every order of the rows and for swapped labels.
struct Distinct {
    row: Vec<usize>,
    target: Vec<f64>,
    /// Group of each row.
    group: Vec<usize>,
    /// Group at each of `n` positions in the sorted order.
    position: Vec<usize>,
}

impl Distinct {
    fn of(x: &Matrix, targets: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..x.rows).collect();
        order.sort_by(|&a, &b| {
            compare_rows(x.row(a), x.row(b)).then_with(|| targets[a].total_cmp(&targets[b]))
        });
        let mut out = Self {
            row: Vec::new(),
            target: Vec::new(),
            group: vec![0; x.rows],
            position: Vec::new(),
        };
        let mut sizes: Vec<f64> = Vec::new();
        for &row in &order {
            let is_new = out.row.last().is_none_or(|&last| x.row(last) != x.row(row));
            if is_new {
                out.row.push(row);
                out.target.push(0.0);
                sizes.push(0.0);
            }
            let group = out.row.len() - 1;
            out.target[group] += targets[row];
            sizes[group] += 1.0;
            out.group[row] = group;
            out.position.push(group);
        }
        for (target, size) in out.target.iter_mut().zip(sizes) {
            *target /= size;
        }
        out
    }
}

struct Grower<'a> {
    x: &'a Matrix,
    distinct: &'a Distinct,
    weight: Vec<f64>,
    mean: f64,
    settings: ForestSettings,
    tried: usize,
    random: Random,
    nodes: Vec<Node>,
}

impl Grower<'_> {
    fn grow(&mut self, groups: &mut [usize]) {
        let (mut weight, mut sum) = (0.0, 0.0);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for &g in groups.iter() {
            weight += self.weight[g];
            sum += self.weight[g] * self.distinct.target[g];
            low = low.min(self.distinct.target[g]);
            high = high.max(self.distinct.target[g]);
        }
        let split = if low < high { self.split(groups) } else { None };
        let Some((column, threshold)) = split else {
            let s = self.settings.smoothing;
            self.nodes
                .push(Node::Leaf((sum + s * self.mean) / (weight + s)));
            return;
        };
        let value = |g: &usize| self.x.at(self.distinct.row[*g], column);
        // Stable, so that sums run in one order whatever the rows' order was.
        groups.sort_by(|a, b| {
            (value(a) > threshold)
                .cmp(&(value(b) > threshold))
                .then(a.cmp(b))
        });
        let middle = groups.partition_point(|g| value(g) <= threshold);
        let own = self.nodes.len();
        self.nodes.push(Node::Leaf(0.0));
        let (left, right) = groups.split_at_mut(middle);
        self.grow(left);
        let at = self.nodes.len();
        self.nodes[own] = Node::Split {
            column,
            threshold,
            right: at,
        };
        self.grow(right);
    }

    /// The best of some random columns; further columns are tried while none divides the rows.
    fn split(&mut self, groups: &[usize]) -> Option<(usize, f64)> {
        let mut columns: Vec<usize> = (0..self.x.columns).collect();
        let mut best: Option<(f64, usize, f64)> = None;
        let mut found = 0;
        let mut pairs: Vec<(f64, f64, f64)> = Vec::with_capacity(groups.len());
        for at in 0..columns.len() {
            if found >= self.tried {
                break;
            }
            let other = at + self.random.below(columns.len() - at);
            columns.swap(at, other);
            let column = columns[at];
            pairs.clear();
            pairs.extend(groups.iter().map(|&g| {
                (
                    self.x.at(self.distinct.row[g], column),
                    self.weight[g],
                    self.weight[g] * self.distinct.target[g],
                )
            }));
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (first, last) = (pairs[0].0, pairs[pairs.len() - 1].0);
            if first >= last {
                continue;
            }
            found += 1;
            let only = self
                .settings
                .is_extra
                .then(|| first + self.random.unit() * (last - first));
            let (all, total) = pairs
                .iter()
                .fold((0.0, 0.0), |(w, s), pair| (w + pair.1, s + pair.2));
            let (mut weight, mut sum) = (0.0, 0.0);
            for two in pairs.windows(2) {
                weight += two[0].1;
                sum += two[0].2;
                if two[0].0 >= two[1].0 {
                    continue;
                }
                let mut threshold = f64::midpoint(two[0].0, two[1].0);
                if let Some(only) = only {
                    if only < two[0].0 || only >= two[1].0 {
                        continue;
                    }
                    threshold = only;
                }
                let rest = all - weight;
                let gain = sum * sum / weight + (total - sum) * (total - sum) / rest;
                // The margin keeps ties with the first column whatever the rounding.
                if best.is_none_or(|(top, ..)| gain > top + 1e-9) {
                    best = Some((gain, column, threshold));
                }
            }
        }
        best.map(|(_, column, threshold)| (column, threshold))
    }
}

fn leaf(nodes: &[Node], row: &[f64]) -> f64 {
    let mut at = 0;
    loop {
        match nodes[at] {
            Node::Leaf(value) => return value,
            Node::Split {
                column,
                threshold,
                right,
            } => {
                at = if row[column] <= threshold {
                    at + 1
                } else {
                    right
                }
            }
        }
    }
}

impl Forest {
    /// Fits trees to targets: −1 and +1, or standardised numbers.
    pub(crate) fn fit(x: &Matrix, targets: &[f64], settings: ForestSettings) -> Self {
        let distinct = Distinct::of(x, targets);
        let n = x.rows;
        let mut sums = vec![(0.0, 0.0); distinct.row.len()];
        let mut trees = Vec::with_capacity(settings.trees);
        for tree in 0..settings.trees {
            let mut random = Random::new(settings.seed, tree as u64 + 1);
            let mut weight = vec![0.0; distinct.row.len()];
            for _ in 0..n {
                weight[distinct.position[random.below(n)]] += 1.0;
            }
            let mut groups: Vec<usize> = (0..weight.len()).filter(|&g| weight[g] > 0.0).collect();
            let sum: f64 = groups.iter().map(|&g| weight[g] * distinct.target[g]).sum();
            let mut grower = Grower {
                x,
                distinct: &distinct,
                // One row of mean 0 besides: the smoothed base rate of the sample.
                mean: sum / (n as f64 + 2.0),
                weight,
                settings,
                tried: ((x.columns as f64).sqrt() as usize).max(1),
                random,
                nodes: Vec::new(),
            };
            grower.grow(&mut groups);
            for (g, sum) in sums.iter_mut().enumerate() {
                if grower.weight[g] == 0.0 {
                    sum.0 += leaf(&grower.nodes, x.row(distinct.row[g]));
                    sum.1 += 1.0;
                }
            }
            trees.push(grower.nodes);
        }
        let left_out = distinct
            .group
            .iter()
            .map(|&g| {
                if sums[g].1 > 0.0 {
                    sums[g].0 / sums[g].1
                } else {
                    0.0
                }
            })
            .collect();
        Self { trees, left_out }
    }

    /// The mean of the trees.
    pub(crate) fn at(&self, row: &[f64]) -> f64 {
        self.trees.iter().map(|tree| leaf(tree, row)).sum::<f64>() / self.trees.len() as f64
    }
}
