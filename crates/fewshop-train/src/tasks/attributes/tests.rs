//! Heads on a made-up shop whose households buy from departments that say who they are.

use fewshop_core::{EventKind, ItemIx, Session};
use fewshop_data::files::{Household, Households, Log, LoggedItem, LoggedSession};
use fewshop_model::tasks::attributes::EvidenceLevel;
use fewshop_model::{Compute, Pack, Recommender, toy};

use super::*;

const HOUSEHOLDS: usize = 90;

/// Families buy from the second department, the others from the first; the colour of the door says
/// nothing.
fn log_and_households() -> (Log, Households) {
    let mut log = Log::default();
    let mut households = Households {
        attributes: vec!["children".to_owned(), "door".to_owned(), "rare".to_owned()],
        rows: Vec::new(),
    };
    // A small linear congruential generator: the shop must be the same everywhere.
    let mut state = 7u32;
    let mut below = |n: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % n
    };
    for user in 0..HOUSEHOLDS as u32 {
        let children = user % 3 == 0;
        log.users.push(format!("u{user}"));
        for visit in 0..6u32 {
            let mut rows: Vec<u32> = Vec::new();
            while rows.len() < 10 {
                let department = if below(5) == 0 {
                    below(3)
                } else {
                    u32::from(children)
                };
                let row = department * 20 + below(20);
                if !rows.contains(&row) {
                    rows.push(row);
                }
            }
            let items = rows.iter().map(|&row| LoggedItem {
                item: ItemIx(row),
                kind: EventKind::Purchase,
                quantity: 1.0,
            });
            log.sessions.push(LoggedSession {
                user,
                id: format!("s{user}-{visit}"),
                time_s: i64::from(visit) * 86_400,
                items: items.collect(),
                is_ordered: false,
            });
        }
        let values = [
            if children { "yes" } else { "no" },
            ["red", "blue"][below(2) as usize],
            if user == 0 { "x" } else { "y" },
        ];
        households.rows.push(Household {
            user_id: format!("u{user}"),
            values: values.map(str::to_owned).to_vec(),
        });
    }
    households.rows.push(Household {
        user_id: "elsewhere".to_owned(),
        values: vec!["yes".to_owned(); 3],
    });
    (log, households)
}

fn rows(pack: &Pack, settings: &AttributeSettings) -> Rows {
    let (log, households) = log_and_households();
    Rows::draw(pack, &log, &describe(&log, &households).unwrap(), settings).unwrap()
}

const QUICK: AttributeSettings = AttributeSettings {
    rows: 2,
    epochs: 6,
    rounds: 6,
    seed: 7,
};

#[test]
fn what_cannot_teach_is_left_out_with_a_word() {
    let (log, mut households) = log_and_households();
    let described = describe(&log, &households).unwrap();
    assert_eq!(
        (described.users.len(), described.attributes.len()),
        (HOUSEHOLDS, 2)
    );
    assert!(
        described
            .warnings
            .iter()
            .any(|warning| warning.contains("'rare' is left out")),
        "{:?}",
        described.warnings
    );
    households
        .rows
        .iter_mut()
        .for_each(|row| row.user_id.insert(0, 'x'));
    assert!(
        describe(&log, &households)
            .unwrap_err()
            .to_string()
            .contains("check that the ids are the same")
    );
}

#[test]
fn every_household_weighs_the_same_at_every_amount() {
    let rows = rows(&toy::pack(), &AttributeSettings { rows: 8, ..QUICK });
    for amount in EvidenceLevel::ALL {
        let all: f64 = (0..rows.len())
            .filter(|&row| rows.amount[row] == amount)
            .map(|row| rows.weight[row])
            .sum();
        assert!((all - HOUSEHOLDS as f64).abs() < 1e-6, "{amount:?}: {all}");
    }
    // Six visits are six rows at the most, three visits in a row four.
    assert_eq!(
        (0..rows.len())
            .filter(|&row| rows.amount[row] == EvidenceLevel::ThreeBaskets)
            .count(),
        HOUSEHOLDS * 4
    );
}

#[test]
fn no_household_stands_in_two_parts_of_a_split() {
    let rows = rows(&toy::pack(), &QUICK);
    for split in rows.splits(7) {
        let of = |part: &[usize]| {
            part.iter()
                .map(|&row| rows.household[row])
                .collect::<std::collections::BTreeSet<_>>()
        };
        let (teach, inner, asked) = (of(&split.teach), of(&split.inner), of(&split.asked));
        assert!(
            teach.is_disjoint(&inner) && teach.is_disjoint(&asked) && inner.is_disjoint(&asked)
        );
        assert_eq!(teach.len() + inner.len() + asked.len(), HOUSEHOLDS);
    }
}

#[test]
fn heads_speak_of_what_can_be_told_and_are_silent_on_the_rest() {
    let pack = toy::pack();
    let rows = rows(&pack, &QUICK);
    let shipped = ship(&rows, &QUICK).unwrap();
    let [children, door] = &shipped.weights.heads[..] else {
        panic!("two attributes")
    };
    assert_eq!(
        (children.name.as_str(), door.name.as_str()),
        ("children", "door")
    );
    assert!(
        children.is_reliable[EvidenceLevel::TenItems as usize]
            && children.is_reliable[EvidenceLevel::ThreeBaskets as usize],
        "{:?}",
        shipped.gains
    );
    assert!(!door.is_reliable.contains(&true), "{:?}", shipped.gains);

    let with = pack
        .edit(|parts| parts.attributes = Some(shipped.weights))
        .unwrap();
    let again = Pack::from_bytes(&with.to_bytes().unwrap()).unwrap();
    let mut shop = Recommender::new(again, Compute::Kernels);
    assert!(
        shop.profile()
            .iter()
            .all(|prediction| prediction.values.is_none()),
        "nothing is known yet"
    );
    let mut likely = |first: u32| {
        shop.set_session(Session::of_items(
            &(first..first + 10).map(ItemIx).collect::<Vec<_>>(),
        ))
        .unwrap();
        let profile = shop.profile();
        assert_eq!(profile[1].values, None);
        let values = profile[0].values.clone().unwrap();
        assert_eq!(
            values
                .iter()
                .map(|value| value.value.as_str())
                .collect::<Vec<_>>(),
            ["no", "yes"]
        );
        assert!((values.iter().map(|value| value.probability).sum::<f32>() - 1.0).abs() < 1e-4);
        values[1].probability
    };
    let (family, other) = (likely(20), likely(0));
    assert!(family > 0.6 && other < 0.3, "{family} {other}");
}

#[test]
fn the_comparison_has_every_method() {
    let rows = rows(&toy::pack(), &QUICK);
    let quick = AttributeSettings { epochs: 2, ..QUICK };
    let comparison = compare(&rows, &quick).unwrap();
    assert_eq!(comparison.cells.len(), 2 * EvidenceLevel::ALL.len());
    let cell = comparison
        .cells
        .iter()
        .find(|cell| cell.attribute == "children" && cell.amount == "3 baskets")
        .unwrap();
    assert_eq!(
        cell.figures
            .iter()
            .map(|figure| figure.method.as_str())
            .collect::<Vec<_>>(),
        METHODS
    );
    let prior = &cell.figures[0];
    // A third of the households have children, in a fold of eighteen a few more or fewer.
    let entropy = -(1.0 / 3.0 * (1.0f64 / 3.0).ln() + 2.0 / 3.0 * (2.0f64 / 3.0).ln());
    assert!(
        (prior.log_loss - entropy).abs() < 0.05 && prior.gain == 0.0,
        "{prior:?}"
    );
    assert!(
        cell.figures[1..]
            .iter()
            .all(|figure| figure.auc.unwrap() > 0.9 && figure.gain > 0.02),
        "{:?}",
        cell.figures
    );
    let text = table(&comparison);
    assert!(
        text.contains("not enough to tell") && text.contains("boosting"),
        "{text}"
    );
}
