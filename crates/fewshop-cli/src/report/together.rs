//! A stand-alone picture of what privacy costs: gain of a refresh by the number of visits.

use fewshop_train::study::together::{TogetherResult, Told, grouped};

use super::charts::{Frame, Series, lines_at};
use super::compression::STYLE;

/// The picture as a file of its own: one line for each ε over the numbers of visits, and level lines
/// for exact counts and for sessions in the clear.
#[must_use]
pub fn together(result: &TogetherResult, shop: &str) -> String {
    let mut epsilons: Vec<f64> = Vec::new();
    let mut visits: Vec<usize> = Vec::new();
    for row in &result.rows {
        if let Told::Noisy {
            epsilon, visits: n, ..
        } = row.told
        {
            if !epsilons.contains(&epsilon) {
                epsilons.push(epsilon);
            }
            if !visits.contains(&n) {
                visits.push(n);
            }
        }
    }
    // Numbers of visits grow by factors, so the axis has one step for each.
    let at = |n: usize| (n as f64).ln();
    let xs: Vec<(f64, String)> = visits.iter().map(|&n| (at(n), grouped(n))).collect();
    let names: Vec<String> = epsilons
        .iter()
        .map(|epsilon| format!("ε = {epsilon}"))
        .collect();
    let mut series: Vec<Series<'_>> = names
        .iter()
        .zip(&epsilons)
        .enumerate()
        .map(|(nth, (name, &of))| {
            let points = result.rows.iter().filter_map(|row| match row.told {
                Told::Noisy {
                    epsilon, visits, ..
                } if epsilon.total_cmp(&of).is_eq() => Some((at(visits), row.all.gain, None)),
                _ => None,
            });
            Series {
                name,
                style: nth,
                emphasis: false,
                points: points.collect(),
            }
        })
        .collect();
    for (name, told, style) in [
        ("not refreshed", Told::Nothing, 6),
        ("exact counts", Told::Counts, 4),
        ("all sessions", Told::Sessions, 5),
    ] {
        let gain = result.rows.iter().find(|row| row.told == told);
        series.push(Series {
            name,
            style,
            emphasis: false,
            points: gain
                .into_iter()
                .flat_map(|row| xs.iter().map(|x| (x.0, row.all.gain, None)))
                .collect(),
        });
    }
    let frame = Frame {
        title: &format!("{shop}: gain in NDCG@10 over no refresh"),
        description: "One line for each ε over the number of visits that report; level lines for no refresh, exact counts and all sessions in the clear.",
        x: "visits that report",
        y: &format!("{shop}: gain in NDCG@10, mean over k"),
    };
    lines_at(&frame, &xs, &series, 640.0).replacen('>', &format!(">{STYLE}"), 1)
}

#[cfg(test)]
mod tests {
    use fewshop_train::study::together::{Quality, TogetherRow};

    use super::super::svg::tests::check_well_formed;
    use super::*;

    #[test]
    fn the_picture_is_well_formed_whatever_was_simulated() {
        let row = |told| TogetherRow {
            told,
            kept: 1.0,
            all: Quality {
                gain: 0.002,
                ..Quality::default()
            },
            beyond: Quality::default(),
            first: Quality::default(),
        };
        let noisy = |epsilon, visits| {
            row(Told::Noisy {
                epsilon,
                sigma: 19.0,
                visits,
                resampled: false,
            })
        };
        for rows in [
            Vec::new(),
            vec![row(Told::Nothing), row(Told::Sessions), row(Told::Counts)],
            vec![row(Told::Nothing), noisy(1.0, 500), noisy(1.0, 2_000)],
        ] {
            let picture = together(
                &TogetherResult {
                    watched: 500,
                    most: 20,
                    shortest: 12,
                    delta: 1e-6,
                    sessions: 10,
                    available: 5,
                    seeds: 1,
                    cases: [1, 1],
                    rows,
                },
                "a & b",
            );
            check_well_formed(&picture);
            assert!(picture.contains("prefers-color-scheme") && !picture.contains("NaN"));
        }
    }
}
