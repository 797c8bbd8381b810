use fewshop_data::files::EvalCase;
use fewshop_model::toy;

use super::*;

fn config() -> TogetherConfig {
    TogetherConfig {
        watch: 20,
        most: 3,
        shortest: Some(2),
        epsilons: vec![1.0, 8.0],
        visits: vec![30, 4_000],
        delta: 1e-6,
        seeds: 2,
        pairs: vec![0, usize::MAX],
    }
}

fn eval_set() -> EvalSet {
    let case = |n: u32, k: u32| EvalCase {
        id: format!("{n}-{k}"),
        user: format!("u{n}"),
        k,
        context: (0..k).map(|at| ItemIx((n * 7 + at) % 20)).collect(),
        ..EvalCase::default()
    };
    let named = (0..10).flat_map(|n| [1, 3].map(|k| (n, k)));
    EvalSet {
        queries: named.clone().map(|(n, k)| case(n, k)).collect(),
        relevant: named
            .map(|(n, _)| (0..4).map(|at| ItemIx((n * 7 + 5 + at) % 20)).collect())
            .collect(),
    }
}

fn sessions() -> Vec<Vec<u32>> {
    (0..40u32)
        .map(|n| match n % 4 {
            0 => vec![n % 60],
            _ => (0..6).map(|at| (n + at * 3) % 60).collect(),
        })
        .collect()
}

#[test]
fn every_refresh_has_a_row_and_none_gains_over_itself() {
    let result = run(&toy::pack(), &sessions(), &eval_set(), &config(), 7).unwrap();
    assert_eq!(result.rows.len(), 3 + 2 + 4);
    assert_eq!((result.sessions, result.available), (40, 30));
    let first = &result.rows[0];
    assert_eq!((first.all.gain, first.all.interval), (0.0, [0.0, 0.0]));
    assert!(!first.all.helps() && first.first.by_k.contains_key(&0));
    let resampled: Vec<bool> = result
        .rows
        .iter()
        .filter_map(|row| match row.told {
            Told::Noisy { resampled, .. } => Some(resampled),
            _ => None,
        })
        .collect();
    assert_eq!(resampled, [false, true, false, true]);
    let said = table(&result);
    assert!(
        said.contains("ε = 1, 30 visits") && said.contains("4,000* visits"),
        "{said}"
    );
    assert!(said.contains("drawn with replacement"), "{said}");
    // The same seed, the same figures.
    let again = run(&toy::pack(), &sessions(), &eval_set(), &config(), 7).unwrap();
    assert_eq!(again, result);
}

#[test]
fn a_visit_reports_no_more_than_it_may_and_nothing_unwatched() {
    let list: Vec<ItemIx> = (0..5).map(ItemIx).collect();
    let long = vec![0, 1, 2, 3, 4, 9];
    let other = vec![9, 8];
    let reports = reports(&list, &[&long, &other]);
    assert_eq!(reports, [vec![0, 1, 2, 3, 4], vec![]]);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let sums = added_up(&list, reports.iter(), 2, &mut rng);
    assert_eq!((sums.visits, sums.counts.iter().sum::<i64>()), (2, 2));
    assert!(sums.counts.iter().all(|&n| n <= 1));
}

#[test]
fn only_watched_pairs_change() {
    let refresh_config = fewshop_model::RefreshConfig {
        count_weight: 2.0,
        regression_weight: 0.0,
        length_power: 0.0,
        ridge: 1.0,
        keep: [64, 64, 64],
        counted_until: 0,
    };
    let pack = toy::pack()
        .edit(|parts| parts.config.refresh = Some(refresh_config))
        .unwrap();
    let (clear, _) = refresh(&pack, &sessions()).unwrap();
    let changed = |n: usize| {
        let few = with_pairs(&pack, &clear, n).unwrap();
        assert_eq!(few.popularity(), clear.popularity());
        let [old, new] = [pack.pairs(), few.pairs()].map(|table| table.counts.iter());
        old.zip(new).filter(|(old, new)| old != new).count()
    };
    assert_eq!(changed(0), 0);
    // A pair has two rows, and the sessions may not hold it.
    assert!(changed(20) <= 40 && changed(usize::MAX) > changed(20));
}

#[test]
fn what_makes_no_sense_is_an_error() {
    let long = TogetherConfig {
        shortest: Some(99),
        ..config()
    };
    let error = run(&toy::pack(), &sessions(), &eval_set(), &long, 7).unwrap_err();
    assert!(error.to_string().contains("--shortest"), "{error}");
    let loose = TogetherConfig {
        delta: 0.01,
        ..config()
    };
    let error = run(&toy::pack(), &sessions(), &eval_set(), &loose, 7).unwrap_err();
    assert!(error.to_string().contains("below"), "{error}");
}
