//! How much more often two categories are bought together than their sales explain.

use fewshop_core::Catalogue;
use fewshop_model::{CategoryGroups, CategoryLifts};

/// Expected sessions added to both sides of a lift, so that rare categories stay near 1.
const PRIOR: f32 = 5.0;

/// Counts sessions with the weight that pair counts give them: the number of products to the power
/// of minus `length_power`. `None` if no product has a category.
///
/// # Shapes
/// - `sessions`: the distinct rows of each
/// - `popularity`: `[items]`
pub(crate) fn category_lifts(
    catalogue: &Catalogue,
    sessions: &[Vec<u32>],
    popularity: &[u32],
    length_power: f32,
) -> Option<CategoryLifts> {
    let groups = CategoryGroups::of(catalogue);
    let n = groups.paths.len();
    if n == 0 {
        return None;
    }
    let mut single = vec![0f64; n];
    let mut both = vec![0f64; n * n];
    let mut pairs_of_items = 0f64;
    let mut products: Vec<(usize, u32)> = Vec::new();
    for items in sessions {
        let weight = f64::from((items.len().max(1) as f32).powf(-length_power));
        let l = items.len() as f64;
        pairs_of_items += weight * l * (l - 1.0);
        products.clear();
        for &item in items {
            let group = groups.of_item[item as usize];
            match products
                .iter_mut()
                .find(|(other, _)| *other as u32 + 1 == group)
            {
                Some((_, count)) => *count += 1,
                None if group > 0 => products.push((group as usize - 1, 1)),
                None => {}
            }
        }
        for &(a, count) in &products {
            single[a] += 1.0;
            for &(b, _) in &products {
                if a != b {
                    both[a * n + b] += weight;
                } else if count > 1 {
                    both[a * n + a] += weight;
                }
            }
        }
    }
    // What one sale of each is worth where the two have nothing to do with each other: on average.
    let total: f64 = single.iter().sum();
    let squares: f64 = single.iter().map(|one| one * one).sum();
    let all: f64 = both.iter().sum();
    let apart = all - (0..n).map(|a| both[a * n + a]).sum::<f64>();
    let unit = if apart > 0.0 {
        apart / (total * total - squares).max(1.0)
    } else {
        // No session has two categories.
        all / (total * total).max(1.0)
    };
    let prior = f64::from(PRIOR) * unit * sessions.len() as f64;
    let lifts = (0..n * n).map(|at| {
        let (a, b) = (at / n, at % n);
        // Two products of one category: half as many pairs as of two categories.
        let expected = single[a] * single[b] * unit * if a == b { 0.5 } else { 1.0 };
        if expected + prior > 0.0 {
            (((both[at] + prior) / (expected + prior)) as f32).max(f32::MIN_POSITIVE)
        } else {
            1.0
        }
    });
    let sales: f64 = popularity.iter().map(|&n| f64::from(n)).sum();
    let sales_squared: f64 = popularity.iter().map(|&n| f64::from(n).powi(2)).sum();
    Some(CategoryLifts {
        lifts: lifts.collect(),
        unit: (pairs_of_items / (sales * sales - sales_squared).max(1.0)) as f32,
    })
}

#[cfg(test)]
mod tests {
    use fewshop_core::Item;

    use super::*;

    #[test]
    fn categories_that_never_meet_have_finite_lifts() {
        let items = (0..4).map(|row| Item {
            category: vec![["tea", "bread"][row / 2].to_owned()],
            ..Item::new(&row.to_string(), "x")
        });
        let catalogue = Catalogue::new(items.collect()).unwrap();
        let lifts = |sessions: &[Vec<u32>]| {
            let popularity = super::super::pairs::popularity(sessions, 4);
            let lifts = category_lifts(&catalogue, sessions, &popularity, 1.0);
            lifts.unwrap().lifts
        };
        assert!(
            lifts(&vec![vec![0, 1]; 9])
                .iter()
                .all(|lift| lift.is_normal())
        );
        assert_eq!(lifts(&[vec![0], vec![3]]), [1.0; 4]);
    }

    #[test]
    fn what_is_bought_together_has_a_lift_above_one() {
        let items = (0..6).map(|row| Item {
            category: vec![["tea", "bread", "soap"][row / 2].to_owned()],
            ..Item::new(&row.to_string(), "x")
        });
        let catalogue = Catalogue::new(items.collect()).unwrap();
        // Bread with soap, tea with tea.
        let mut sessions = Vec::new();
        for nth in 0..200u32 {
            sessions.push(vec![2 + nth % 2, 4 + nth / 2 % 2]);
            sessions.push(vec![0, 1]);
        }
        sessions.push(vec![0, 2]);
        let popularity = super::super::pairs::popularity(&sessions, 6);
        let CategoryLifts { unit, lifts } =
            category_lifts(&catalogue, &sessions, &popularity, 0.5).unwrap();
        assert!(unit > 0.0);
        let [bread, soap, tea] = [0, 1, 2];
        let lift = |a: usize, b: usize| lifts[a * 3 + b];
        assert!(lift(bread, soap) > 1.3 && lift(tea, tea) > 1.3, "{lifts:?}");
        assert!(lift(bread, tea) < 0.8 && lift(soap, tea) < 0.8, "{lifts:?}");
        assert_eq!(lift(bread, soap), lift(soap, bread));
    }
}
