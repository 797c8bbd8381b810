//! A made-up third task, on a pack without a catalogue: what the abstraction promises whoever adds a
//! real one.

use std::collections::BTreeMap;

use fewshop_core::{Event, EventKind, Evidence, ItemIx, Outcome, Prediction, Session};

use super::list::tasks;
use super::{Examples, Task, TaskError, attributes, evidence_level, offers};
use crate::error::PackError;
use crate::pack::{Pack, PackParts};
use crate::ranking::{Model, RankError, RankOptions};
use crate::recommender::Recommender;
use crate::weights::TaskWeights;
use crate::{Compute, toy};

/// Whether a visitor comes back: the base rate before there is an example, one number for each
/// evidence level after.
#[derive(Debug)]
pub(crate) struct Return {
    base_rate: f32,
    by_level: Vec<f32>,
}

#[derive(serde::Deserialize)]
struct Settings {
    base_rate: f32,
}

impl Task for Return {
    const NAME: &'static str = "return";

    fn prepare(pack: &Pack) -> Result<Option<Self>, PackError> {
        let Some(weights) = pack.task(Self::NAME) else {
            return Ok(None);
        };
        let settings: Settings = serde_json::from_str(&weights.settings)
            .map_err(|problem| PackError::field(Self::NAME, problem))?;
        Ok(Some(Self {
            base_rate: settings.base_rate,
            by_level: weights.numbers.clone(),
        }))
    }

    fn answer(&self, _: &Pack, examples: Examples<'_>, max: usize) -> Vec<Prediction> {
        let level = evidence_level(examples.session);
        let outcome = |level| Outcome {
            value: "yes".to_owned(),
            probability: self.by_level[level as usize],
            base_rate: self.base_rate,
        };
        let prediction = Prediction {
            target: Self::NAME.to_owned(),
            title: "Comes back".to_owned(),
            outcomes: level.map(|level| vec![outcome(level)]),
            evidence: Evidence::default(),
        };
        std::iter::once(prediction).take(max).collect()
    }
}

// The line that a third task adds.
tasks!(WithReturn {
    attributes: attributes::Attributes,
    offers: offers::Offers,
    comes_back: Return,
});

fn weights() -> BTreeMap<String, TaskWeights> {
    let weights = TaskWeights {
        settings: r#"{"base_rate": 0.25}"#.to_owned(),
        numbers: vec![0.3, 0.3, 0.4, 0.5, 0.5, 0.6, 0.75],
    };
    BTreeMap::from([(Return::NAME.to_owned(), weights)])
}

fn without_catalogue() -> Pack {
    let parts = PackParts {
        tasks: weights(),
        ..PackParts::default()
    };
    Pack::new(parts).unwrap()
}

fn as_file(pack: &Pack) -> Pack {
    Pack::from_bytes(&pack.to_bytes().unwrap()).unwrap()
}

fn session(row: u32) -> Session {
    Session::of(vec![Event::new(ItemIx(row), EventKind::View)])
}

#[test]
fn a_third_task_answers_from_a_pack_without_a_catalogue() {
    let pack = as_file(&without_catalogue());
    assert!(!pack.has_catalogue());
    let tasks = WithReturn::of(&pack);
    assert_eq!(tasks.names(), ["return"]);
    let answer = |session: &Session, max| {
        tasks
            .answer(&pack, "return", Examples::from(session), max)
            .unwrap()
    };
    let nothing = answer(&Session::default(), 5);
    assert_eq!(nothing[0].outcomes, None, "not enough evidence");
    let one = answer(&session(0), 5)[0].outcomes.clone().unwrap();
    assert_eq!((one[0].probability, one[0].base_rate), (0.3, 0.25));
    assert!(answer(&session(0), 0).is_empty());
}

#[test]
fn a_third_task_stands_beside_those_of_a_shop_and_survives_moves_and_growth() {
    let shop = toy::pack();
    assert!(shop.to_bytes().unwrap()[8] < 6);
    let pack = as_file(&shop.clone().edit(|parts| parts.tasks = weights()).unwrap());
    assert_eq!(
        pack.to_bytes().unwrap()[8],
        6,
        "the file needs a new version"
    );
    let names = WithReturn::of(&pack).names();
    assert!(names.contains(&"return"), "{names:?}");
    let n = pack.catalogue().len();
    let backwards: Vec<usize> = (0..n).rev().collect();
    let moved = pack.reordered(&backwards).unwrap();
    assert_eq!(moved.parts().tasks, weights());
    let plain = pack.edit(|parts| parts.tasks.clear()).unwrap();
    assert_eq!(plain.to_bytes(), shop.to_bytes(), "the same file again");
}

#[test]
fn the_tasks_of_a_shop_answer_in_the_common_shape() {
    let model = Model::new(toy::pack());
    for task in model.tasks() {
        assert!(
            !model.answer(task, &session(3), 2).unwrap().is_empty(),
            "{task}"
        );
    }
    let attributes = model.profile(&session(3));
    let common: Vec<Prediction> = attributes.into_iter().map(Prediction::from).collect();
    match model.answer("attributes", &session(3), usize::MAX) {
        Ok(answer) => assert_eq!(answer, common),
        Err(error) => assert_eq!(error, TaskError::NotInPack { task: "attributes" }),
    }
}

#[test]
fn a_task_that_cannot_answer_says_why() {
    let model = Model::new(toy::pack());
    let unknown = model.answer("weather", &session(3), 1).unwrap_err();
    assert!(
        unknown.to_string().contains("attributes, offers"),
        "{unknown}"
    );
    let far = model.answer("offers", &session(900), 1).unwrap_err();
    assert!(
        matches!(far, TaskError::UnknownItem { row: 900, .. }),
        "{far}"
    );

    let shopless = Model::new(without_catalogue());
    let missing = shopless
        .answer("offers", &Session::default(), 1)
        .unwrap_err();
    assert!(
        missing.to_string().contains("fewshop task fit offers"),
        "{missing}"
    );

    let mut parts = without_catalogue().parts().clone();
    parts.tasks.get_mut("return").unwrap().settings = "not JSON".to_owned();
    let pack = as_file(&Pack::new(parts).unwrap());
    let answer = WithReturn::of(&pack).answer(&pack, "return", (&Session::default()).into(), 1);
    assert!(
        matches!(answer, Err(TaskError::Unreadable { .. })),
        "{answer:?}"
    );
}

#[test]
fn ranking_without_a_catalogue_is_an_error_and_not_a_panic() {
    let pack = as_file(&without_catalogue());
    let model = Model::new(pack.clone());
    let options = RankOptions::default();
    for error in [
        model.rank(&Session::default(), &options).unwrap_err(),
        model.rank(&session(0), &options).unwrap_err(),
        model.explain(&Session::default(), ItemIx(0)).unwrap_err(),
        model.similar_items(ItemIx(0), 3).unwrap_err(),
        model.candidates(&Session::default(), &options).unwrap_err(),
    ] {
        assert!(matches!(error, RankError::NoCatalogue), "{error}");
    }
    let mut shopper = Recommender::new(pack, Compute::Kernels);
    shopper.set_session(Session::default()).unwrap();
    assert!(matches!(
        shopper.set_session(session(0)),
        Err(RankError::UnknownItem { items: 0, .. })
    ));
    let ranking = crate::compute::on_kernels(shopper.rank(&options));
    assert!(matches!(ranking, Err(RankError::NoCatalogue)));
    assert!(shopper.profile().is_empty() && shopper.offers(3).is_empty());
    assert!(shopper.pack().reordered(&[]).is_err() && shopper.pack().grown(&[]).is_err());
}
