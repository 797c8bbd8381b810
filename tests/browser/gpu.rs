//! burn on WebGPU gives the same picks as the kernels.

use fewshop_core::EventKind;
use fewshop_core::protocol::{Backend, Reply, Status};
use fewshop_core::{Event, ItemIx, Recommendation, Session};
use fewshop_wasm::Recommender;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::shop::{js, load_on, picks, request, rust, session, shelf};

/// Scores of both backends may differ by this share of the larger one: f32 sums in a different
/// order, through softmax and a hidden layer. Two products with closer scores may change places.
const TOLERANCE: f32 = 1e-3;

#[track_caller]
fn check_same(cpu: &[Recommendation], gpu: &[Recommendation]) {
    assert_eq!(cpu.len(), gpu.len());
    let near = |a: f32, b: f32| (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0);
    for (place, (c, g)) in cpu.iter().zip(gpu).enumerate() {
        assert!(
            near(c.score, g.score),
            "place {place}: {c:?} on the CPU, {g:?} on the GPU"
        );
        // A different product is valid only if the CPU scored both equally.
        let tie = cpu
            .iter()
            .find(|pick| pick.item == g.item)
            .is_none_or(|pick| near(pick.score, c.score));
        assert!(
            c.item == g.item || tie,
            "place {place}: {c:?} on the CPU, {g:?} on the GPU"
        );
    }
    let last = cpu.last().expect("a shelf has picks").score;
    for pick in gpu {
        assert!(
            cpu.iter().any(|c| c.item == pick.item) || near(pick.score, last),
            "{pick:?} is not a pick of the CPU"
        );
    }
}

async fn both(sessions: &[Session]) -> (Recommender, Recommender) {
    let (cpu, gpu) = (load_on("cpu").await, load_on("wgpu").await);
    for session in sessions {
        for recommender in [&cpu, &gpu] {
            recommender.set_session(js(session)).unwrap();
        }
        check_same(&picks(&cpu, 10).await, &picks(&gpu, 10).await);
    }
    (cpu, gpu)
}

#[wasm_bindgen_test]
async fn both_backends_pick_the_same() {
    let dismissed = Session::of(vec![
        Event::new(ItemIx(41), EventKind::Cart),
        Event::new(ItemIx(42), EventKind::Dismiss),
        Event::new(ItemIx(43), EventKind::Purchase),
    ]);
    // The last one has a single context item: the adapter's gate is then always open.
    let (cpu, gpu) = both(&[
        Session::default(),
        session(&[21, 22, 23]),
        dismissed,
        session(&[7]),
    ])
    .await;
    let status = |recommender: &Recommender| rust::<Status>(recommender.status().unwrap());
    assert_eq!(
        (status(&cpu).backend, status(&gpu).backend),
        (Backend::Cpu, Backend::Wgpu)
    );
    assert_eq!(status(&cpu).gate, status(&gpu).gate);
    assert!(
        status(&gpu).gate > 0.0,
        "the adapter did not run on the GPU"
    );
}

#[wasm_bindgen_test]
async fn both_backends_answer_a_request_the_same() {
    let (cpu, gpu) = both(&[]).await;
    let mut with = shelf("with", 5);
    with.seeds = vec![ItemIx(50)];
    let shelves = vec![shelf("picked", 10), with];
    let mut answers = Vec::new();
    for recommender in [&cpu, &gpu] {
        let answer = recommender
            .answer(request(3, session(&[1, 2, 3]), shelves.clone()))
            .await
            .unwrap();
        let Reply::Picks {
            seq: 3, shelves, ..
        } = rust(answer)
        else {
            panic!("another reply")
        };
        answers.push(shelves);
    }
    for (c, g) in answers[0].iter().zip(&answers[1]) {
        check_same(&c.picks, &g.picks);
    }
}

#[wasm_bindgen_test]
async fn the_gpu_can_be_requested_more_than_once() {
    let (one, two) = (load_on("wgpu").await, load_on("wgpu").await);
    for recommender in [&one, &two] {
        recommender.set_session(js(&session(&[30]))).unwrap();
    }
    assert_eq!(picks(&one, 5).await, picks(&two, 5).await);
}

#[wasm_bindgen_test]
async fn an_event_during_an_answer_is_kept() {
    let recommender = load_on("wgpu").await;
    recommender.set_session(js(&session(&[30]))).unwrap();
    let answer = recommender.rank(5.into(), wasm_bindgen::JsValue::UNDEFINED);
    let later = async { recommender.observe(js(&Event::new(ItemIx(31), EventKind::View))) };
    let (first, observed) = join(answer, later).await;
    assert!(first.is_ok() && observed.is_ok());
    assert!(
        picks(&recommender, 20)
            .await
            .iter()
            .all(|pick| pick.item != ItemIx(31))
    );
}

/// Both at once: the second runs while the first waits for the GPU.
async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut of_a, mut of_b) = (None, None);
    std::future::poll_fn(move |context| {
        if of_a.is_none()
            && let std::task::Poll::Ready(value) = a.as_mut().poll(context)
        {
            of_a = Some(value);
        }
        if of_b.is_none()
            && let std::task::Poll::Ready(value) = b.as_mut().poll(context)
        {
            of_b = Some(value);
        }
        match (of_a.take(), of_b.take()) {
            (Some(a), Some(b)) => std::task::Poll::Ready((a, b)),
            (a, b) => {
                (of_a, of_b) = (a, b);
                std::task::Poll::Pending
            }
        }
    })
    .await
}
