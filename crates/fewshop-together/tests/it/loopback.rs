//! From the devices' reports to the shop's counts.

use fewshop_together::{Allowed, Terms};

use crate::common::{DAY, Trial, client, draft, terms, yesterday};

/// Visits with a few products, some of them often; the true counts.
fn visits(count: usize) -> (Vec<Vec<String>>, Vec<i128>) {
    let mut counts = vec![0; 60];
    let mut visits = Vec::new();
    for visit in 0..count {
        let mut items: Vec<usize> = vec![visit % 3];
        items.push(10 + visit % 7);
        if visit % 2 == 0 {
            items.push(40);
        }
        items.iter().for_each(|&item| counts[item] += 1);
        visits.push(items.iter().map(|item| format!("p{item}")).collect());
    }
    (visits, counts)
}

#[test]
fn the_counts_are_the_true_ones_plus_the_stated_noise() {
    let trial = Trial::start(terms(), Allowed::default());
    let reporter = trial.reporter();
    let (visits, truth) = visits(240);
    for (number, items) in visits.iter().enumerate() {
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let report = reporter.report(&items, yesterday() + 5).expect("a report");
        assert_eq!(trial.upload(&client(number), &report), 201);
    }
    let counts = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect("enough visits");
    assert_eq!(counts.visits, 240);
    let errors: Vec<i128> = counts
        .counts
        .iter()
        .zip(&truth)
        .map(|(a, b)| a - b)
        .collect();
    // Of a Gaussian, one draw in 500 million is beyond six deviations; 60 are drawn.
    let bound = 6.0 * counts.sigma;
    assert!(
        errors.iter().all(|&e| (e as f64).abs() < bound),
        "{errors:?}"
    );
    // Opened once: asked again it is the same noise, and no other batch may contain these days.
    let again = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect("it is kept");
    assert_eq!(again, counts);
    let error = trial
        .collect(yesterday() - DAY, yesterday() + DAY)
        .expect_err("overlaps");
    assert!(error.to_string().contains("opened before"), "{error}");
    let late = reporter.report(&["p1"], yesterday()).expect("a report");
    assert_eq!(
        trial.upload(&client(900), &late),
        400,
        "its batch has been opened"
    );
}

#[test]
fn each_aggregator_adds_noise_of_the_full_deviation() {
    let mut draft = draft();
    draft.items = (0..1_000).map(|i| format!("p{i}")).collect();
    draft.min_batch = 10;
    let trial = Trial::start(Terms::new(draft).expect("terms"), Allowed::default());
    let reporter = trial.reporter();
    for number in 0..10 {
        let report = reporter.report(&[], yesterday()).expect("a report");
        assert_eq!(trial.upload(&client(number), &report), 201);
    }
    let counts = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect("ten visits");
    let variance = counts.counts.iter().map(|e| (e * e) as f64).sum::<f64>() / 1_000.0;
    let each = trial.parties.terms.sigma().powi(2);
    assert!((counts.sigma.powi(2) - 2.0 * each).abs() < 1e-9);
    // The standard error of a variance of 1,000 draws is 4.5 %. One aggregator alone would give
    // half, and one of half the deviation 0.63 of it.
    let ratio = variance / (2.0 * each);
    assert!(ratio > 0.77 && ratio < 1.23, "{ratio}");
}

#[test]
fn a_batch_that_is_too_small_is_not_opened() {
    let trial = Trial::start(terms(), Allowed::default());
    let reporter = trial.reporter();
    for number in 0..99 {
        let report = reporter.report(&["p1"], yesterday()).expect("a report");
        assert_eq!(trial.upload(&client(number), &report), 201);
    }
    let error = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect_err("99 of 100");
    assert!(
        error.to_string().contains("fewer than 100 visits"),
        "{error}"
    );
    let report = reporter.report(&["p1"], yesterday()).expect("a report");
    assert_eq!(trial.upload(&client(99), &report), 201);
    let counts = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect("100 of 100");
    assert_eq!(counts.visits, 100);
}

#[test]
fn days_that_have_not_begun_are_not_opened() {
    let trial = Trial::start(terms(), Allowed::default());
    let error = trial
        .collect(yesterday(), yesterday() + 3 * DAY)
        .expect_err("tomorrow");
    assert!(error.to_string().contains("not begun"), "{error}");
}

#[test]
fn days_are_opened_together_or_apart() {
    let mut draft = draft();
    draft.min_batch = 10;
    let trial = Trial::start(Terms::new(draft).expect("terms"), Allowed::default());
    let reporter = trial.reporter();
    for day in 0..3 {
        for number in 0..12 {
            let time = yesterday() - day * DAY + number;
            let report = reporter.report(&["p1"], time).expect("a report");
            assert_eq!(trial.upload(&client(number as usize), &report), 201);
        }
    }
    let two = trial
        .collect(yesterday() - 2 * DAY, yesterday())
        .expect("two days");
    let one = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect("one day");
    assert_eq!((two.visits, one.visits), (24, 12));
}

#[test]
fn only_the_collector_and_the_leader_may_ask() {
    let trial = Trial::start(terms(), Allowed::default());
    let mut other = fewshop_together::shop_keys().expect("random numbers").1;
    let error = fewshop_together::collect(
        &trial.parties.terms,
        &other,
        &trial.leader_url(),
        (yesterday(), yesterday() + DAY),
        std::time::Duration::ZERO,
    )
    .expect_err("another password");
    assert!(error.to_string().contains("password"), "{error}");
    // The collector's password does not open the helper's door.
    other.password = trial.parties.collector.password.clone();
    let task = trial.parties.terms.task();
    let url = format!(
        "http://{}/tasks/{task}/aggregate_shares",
        trial.helper.address()
    );
    let status = ureq::post(&url).send(&[0u8; 8][..]);
    assert!(
        matches!(status, Err(ureq::Error::StatusCode(403))),
        "{status:?}"
    );
}
