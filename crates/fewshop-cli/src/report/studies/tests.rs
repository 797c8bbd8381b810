//! Files are read back as they were written, errors name the field, and every section is sound HTML
//! that says no more than its interval.

use fewshop_eval::clicks;
use fewshop_eval::shelves::{DISCOUNTS, DiscountRow};
use std::collections::BTreeMap;

use fewshop_eval::{Contender, ContenderKind, Difference, Figures};
use fewshop_train::compress::{CompressionRow, Mix, Vectors};
use fewshop_train::study::distil::MetricRow;
use fewshop_train::study::new_items::Row;
use fewshop_train::study::robustness::{Disturbance, Robust};
use fewshop_train::tasks::attributes::{Cell, Figure};
use fewshop_train::tasks::offers::{Calibration, METHODS, Row as OfferRow, Split};

use super::super::svg::tests::check_well_formed;
use super::*;

fn difference(mean: f64) -> Difference {
    Difference {
        ndcg_at_10: mean,
        ndcg_interval: [mean - 0.01, mean + 0.01],
        ..Difference::default()
    }
}

fn figures(ndcg: f64) -> Figures {
    Figures {
        ndcg_at_10: ndcg,
        ndcg_interval: [ndcg - 0.01, ndcg + 0.01],
        ..Figures::default()
    }
}

fn smaller(minus: f64) -> Study {
    let one = |name: &str, vectors, brotli_bytes, minus_full| CompressionRow {
        mix: Mix {
            vectors,
            ..Mix::NONE
        },
        name: name.to_owned(),
        raw_bytes: 3 * brotli_bytes,
        brotli_bytes,
        ndcg: 0.2 + minus_full,
        share_of_full: 1.0 + minus_full,
        minus_full,
        minus_full_interval: [minus_full - 0.001, minus_full + 0.001],
        on_front: false,
    };
    let tried = vec![
        one("6 bits", Vectors::AsIs, 900_000, 0.0),
        one("8 codes", Vectors::Codes(8), 500_000, minus),
    ];
    Study::Compress(compress::CompressionResult {
        budget_bytes: 600_000,
        cases: 1_234,
        tried,
        chosen: 1,
    })
}

fn teacher(minus: f64) -> Study {
    let line = |name: &str, ndcg: f64| MetricRow {
        name: name.to_owned(),
        ndcg,
        minus_first: ndcg - 0.2,
        minus_first_interval: [ndcg - 0.21, ndcg - 0.19],
        share_of_first: ndcg / 0.2,
    };
    Study::Distil(study::distil::DistilResult {
        cases: 60,
        rankers: vec![
            line("teacher, 3 networks", 0.2),
            line("student, plain", 0.198),
            line("student, distilled", 0.198 + minus),
        ],
        distilled_minus_plain: minus,
        distilled_minus_plain_interval: [minus - 0.001, minus + 0.001],
        vectors: vec![line("not rounded", 0.2), line("8 bits", 0.199)],
    })
}

fn few_samples() -> Study {
    let by_k = |ndcg| BTreeMap::from([(1, figures(ndcg)), (20, figures(ndcg))]);
    let contender = |name: &str, ndcg| Contender {
        name: name.to_owned(),
        kind: ContenderKind::Baseline,
        about: String::new(),
        by_k: by_k(ndcg),
        all: figures(ndcg),
        minus_full: BTreeMap::new(),
        all_minus_full: Difference::default(),
    };
    Study::Evaluate(Box::new(Evaluation {
        adapted: by_k(0.3),
        contenders: vec![
            contender("mlp alone", 0.05),
            contender("mlp with transfer", 0.25),
        ],
        transfer: BTreeMap::from([(1, difference(0.2)), (20, difference(0.15))]),
        ..Evaluation::default()
    }))
}

fn new_items(minus: f64) -> Study {
    let row = |name: &str, ndcg| Row {
        name: name.to_owned(),
        alone: figures(ndcg),
        alone_by_k: BTreeMap::from([(5, figures(ndcg))]),
        minus_text: difference(minus),
        minus_category: difference(minus),
        new_in_full: figures(0.3 - ndcg),
        full: figures(0.1),
    };
    Study::NewItems(study::new_items::NewItemsResult {
        seed: 7,
        products: 8_547,
        new: 839,
        cases: 2_536,
        shoppers: 368,
        cosines: [0.8, 0.8, 0.8],
        weights: BTreeMap::new(),
        rows: vec![
            row("pack", 0.2),
            row("nearest by text", 0.1),
            row("<b>odd</b>", 0.1),
        ],
    })
}

fn offers(seen_by_expected: Interval) -> Study {
    let row = |(method, gain): (&&str, f64)| OfferRow {
        split: Split::Time,
        known: "1 item".to_owned(),
        method: (*method).to_owned(),
        questions: 142,
        households: 138,
        ndcg: (0.2, [0.1, 0.3]),
        recall: (0.2, [0.1, 0.3]),
        auc: (0.7, [0.6, 0.8]),
        ndcg_gain: (gain, [gain - 0.05, gain + 0.05]),
        auc_gain: (gain, [gain - 0.05, gain + 0.05]),
    };
    let calibration = |split| Calibration {
        split,
        known: "1 item".to_owned(),
        all: [300.0, 391.0],
        top: [45.0, 33.0],
        first: [32.0, 18.0],
        first_ratio_interval: seen_by_expected,
        shown: 1_066,
        campaigns: 4,
        most_redeemed: 5.0,
    };
    Study::Offers(offer_study::Comparison {
        rows: METHODS
            .iter()
            .zip([0.0, 0.01, 0.1, 0.12])
            .map(row)
            .collect(),
        weights: vec![(Split::Time, vec![("covered".to_owned(), 0.5)])],
        calibration: vec![calibration(Split::Households), calibration(Split::Time)],
        better: true,
    })
}

fn households() -> Study {
    let figure = |(method, gain): (&&str, f64)| Figure {
        method: (*method).to_owned(),
        log_loss: 1.3 - gain,
        gain,
        gain_interval: [gain - 0.01, gain + 0.01],
        auc: None,
        auc_interval: None,
    };
    let cell = |attribute: &str, tells| Cell {
        attribute: attribute.to_owned(),
        amount: "3 baskets".to_owned(),
        rows: 100,
        households: 50,
        figures: attributes::METHODS
            .iter()
            .zip([0.0, 0.01, 0.01, 0.02, 0.03])
            .map(figure)
            .collect(),
        together: 0.0,
        together_interval: [-0.01, 0.01],
        is_reliable: tells,
    };
    Study::Profile(attributes::Comparison {
        households: 555,
        cells: vec![cell("age", true), cell("household_size", false)],
    })
}

fn noise() -> Study {
    let row = |pack: &str, disturbance, loss| Robust {
        pack: pack.to_owned(),
        disturbance,
        all: figures(0.3 + loss),
        vectors: figures(0.2),
        loss: difference(loss),
        vectors_loss: difference(loss),
        minus_first: difference(0.0),
        vectors_minus_first: difference(0.0),
    };
    let of = |pack| {
        [
            row(pack, Disturbance::None, 0.0),
            row(pack, Disturbance::NoiseClicks, -0.04),
            row(pack, Disturbance::Table(0.5), 0.0),
        ]
    };
    Study::Robustness(study::robustness::RobustnessResult {
        rows: [of("/home/me/a.pack"), of("/home/me/b.pack")].concat(),
    })
}

fn clicks(tuning: f64) -> Study {
    let gain = |gain: f64| clicks::Gain {
        ndcg_at_10: 0.2 + gain,
        gain,
        interval: [gain - 0.01, gain + 0.01],
    };
    let row = |known: usize| clicks::KnownRow {
        known,
        all: gain(known as f64 / 100.0),
        beyond: gain(known as f64 / 50.0),
        context: gain(known as f64 / 100.0),
        fine_tuning: gain(tuning),
        harmed: 0.25,
    };
    Study::Clicks(clicks::KnownClicks {
        sessions: 60,
        shoppers: 40,
        rows: clicks::KNOWN.map(row).into(),
        visits: vec![clicks::VisitRow {
            visits: 2,
            memory: gain(0.05),
        }],
    })
}

#[test]
fn what_clicks_are_worth_and_what_fine_tuning_adds_is_said() {
    let nothing = page(vec![clicks(0.0)]);
    assert!(
        nothing.contains("by +15 %")
            && nothing.contains("by +30 % beyond")
            && nothing.contains("nothing beyond chance"),
        "{nothing}"
    );
    assert!(page(vec![clicks(0.02)]).contains("change NDCG@10 beyond chance"));
}

fn shelves() -> Study {
    let row = |percent: u8| DiscountRow {
        percent,
        ndcg_at_10: [0.2, 0.1].map(|value| value - f64::from(percent) / 1_000.0),
        fitting: 11.2,
        bestsellers: 0.3,
    };
    Study::Shelves(DiscountCurve {
        cases: 50,
        shipped: 40.0,
        likely: [0.2, 0.1],
        rows: DISCOUNTS.map(row).into(),
    })
}

#[test]
fn the_shipped_discount_is_said_in_picks() {
    let page = page(vec![shelves()]);
    assert!(
        page.contains("discount of 40 %, 11.2 of 12 picks fit"),
        "{page}"
    );
}

fn all() -> Vec<Study> {
    vec![
        clicks(0.0),
        smaller(0.0),
        teacher(0.0),
        few_samples(),
        new_items(0.05),
        offers([0.3, 0.8]),
        households(),
        noise(),
        shelves(),
    ]
}

fn page(studies: Vec<Study>) -> String {
    let sheets = studies
        .into_iter()
        .map(|study| StudySheet {
            file: "found.json".to_owned(),
            study,
        })
        .collect::<Vec<_>>();
    sections(&sheets)
}

#[test]
fn files_are_read_back_as_they_were_written_and_say_what_they_are() {
    for (study, name) in all().into_iter().zip(NAMES) {
        let text = study.to_json().unwrap();
        assert!(
            text.starts_with(&format!("{{\n  \"study\": \"{name}\",\n  \"version\": 1,")),
            "{}",
            &text[..60]
        );
        let read = Study::from_json(&text).unwrap();
        // The last digit of a number may differ, what is drawn does not.
        assert_eq!(
            (read.name(), page(vec![read.clone()])),
            (name, page(vec![study]))
        );
    }
}

#[test]
fn a_file_that_holds_something_else_is_refused_with_the_field() {
    #[track_caller]
    fn check(text: &str, words: &[&str]) {
        let error = format!("{:#}", Study::from_json(text).unwrap_err());
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    let good = teacher(0.0).to_json().unwrap();
    check("not json", &["line 1"]);
    check("[]", &["line 1"]);
    check("{}", &["\"study\" is missing", "new-items"]);
    check(
        &good.replacen("distil", "tea leaves", 1),
        &[
            "\"study\" is \"tea leaves\"",
            "expected one of clicks, compress, distil",
        ],
    );
    check(
        &good.replacen("\"version\": 1", "\"version\": 9", 1),
        &["\"version\" is 9", "reads 1"],
    );
    check(
        &good.replacen("\"cases\": 60", "\"cases\": \"many\"", 1),
        &["field \"cases\"", "expected usize", "line 4"],
    );
    check(
        &good.replacen("\"ndcg@10\"", "\"ndcg@11\"", 1),
        &["missing field `ndcg@10`"],
    );
    check(
        &good.replacen("\"share_of_first\": 1.0", "\"share_of_first\": null", 1),
        &["field \"share_of_first\"", "null"],
    );
    check(&good[..good.len() / 2], &["line"]);
    check(
        &few_samples()
            .to_json()
            .unwrap()
            .replace("\"transfer\"", "\"other\""),
        &["\"transfer\" is empty"],
    );
}

#[test]
fn the_field_before_a_place_is_found_past_strings_that_look_like_one() {
    let text = "{\"a\\\": \": \"b\\\":\",\n \"c\" : [1, x]}";
    assert_eq!(field_before(text, 2, 12), Some("c"));
    assert_eq!(field_before(text, 1, 14), Some("a\\\": "));
    assert_eq!(field_before("", 7, 7), None);
    assert_eq!(field_before("{\"never ends", 1, 12), None);
}

#[test]
fn every_section_is_well_formed_and_two_of_a_kind_share_no_id() {
    let out = page([all(), all()].concat());
    check_well_formed(&out);
    assert!(
        !out.contains("NaN")
            && !out.contains("inf")
            && !out.contains("/home/me")
            && out.contains("&lt;b&gt;odd"),
        "{out}"
    );
    let mut ids: Vec<&str> = out
        .split(" id=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(
        (
            ids.len(),
            out.matches("<section>").count(),
            out.matches("</section>").count()
        ),
        (count, 18, 18)
    );
}

#[test]
fn a_verdict_is_as_strong_as_its_interval() {
    for (study, words) in [
        (smaller(0.0), "Smaller without a clear loss:"),
        (smaller(-0.1), "Smaller and clearly worse:"),
        (teacher(0.0), "brings no clear gain"),
        (teacher(0.1), "Worth trying:"),
        (teacher(-0.1), "harms"),
        (new_items(0.05), "It works:"),
        (new_items(0.0), "Not clear:"),
        (new_items(-0.05), "No gain:"),
        (offers([0.3, 0.8]), "shows no number"),
        (offers([0.8, 1.2]), "within chance"),
        (households(), "Not enough to tell: household size"),
        (
            noise(),
            "clearly ahead in 0, clearly behind in 0, too close to call in 3 of 3",
        ),
        (
            few_samples(),
            "significant for 2 of 2 numbers of known products",
        ),
    ] {
        let out = page(vec![study]);
        assert!(out.contains(words), "{words} is not in {out}");
    }
}

#[test]
fn what_rounds_to_nothing_has_no_sign() {
    assert_eq!(
        (plus(-0.0003, 3), plus(0.04, 3), plus(-0.04, 2)),
        (
            "0.000".to_owned(),
            "+0.040".to_owned(),
            "\u{2212}0.04".to_owned()
        )
    );
}
