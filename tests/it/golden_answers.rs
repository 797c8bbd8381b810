//! The committed pack's answers to the golden sessions, bit for bit: candidates with all their
//! features, picks with scores and reasons. Refactoring the ranking must not move a single one.
//!
//! The goldens are valid on Linux with glibc on x86-64 alone. The kernels give the same bits
//! everywhere, but the features also use logarithms and hyperbolic tangents from the system's
//! mathematics library. On other machines `committed_pack.rs` checks the quality of the answers.
//!
//! After a change that is meant to move answers: `UPDATE_GOLDENS=1 cargo test -p fewshop-tests
//! --test it golden_answers`.

use std::fmt::Write as _;

use fewshop_core::{Event, EventKind, Filter, ItemIx, Reason, Session};
use fewshop_model::{Compute, RankOptions, Ranking, Recommender};
use pollster::block_on;
use sha2::{Digest, Sha256};

use crate::committed_pack::{committed, path, sessions};

const GOLDEN: &str = "goldens/answers.csv";

/// Sessions built from one golden session: one product, five products with all kinds of events, a
/// returning shopper who dismissed a product.
fn variants(items: &[ItemIx]) -> Vec<Session> {
    let kinds = [EventKind::View, EventKind::Cart, EventKind::Purchase];
    let events = |items: &[ItemIx]| -> Vec<Event> {
        let kinds = kinds.iter().cycle();
        items
            .iter()
            .zip(kinds)
            .map(|(&item, &kind)| Event::new(item, kind))
            .collect()
    };
    let part = |from: usize, to: usize| &items[from.min(items.len())..to.min(items.len())];
    let mut returning = events(part(0, 2));
    returning.extend(
        part(2, 4)
            .iter()
            .map(|&item| Event::new(item, EventKind::Dismiss)),
    );
    vec![
        Session::of_items(part(0, 1)),
        Session::of(events(part(0, 5))),
        Session {
            events: returning,
            visits: vec![
                part(4, 7).to_vec(),
                part(5, items.len()).to_vec(),
                Vec::new(),
                part(0, 1).to_vec(),
            ],
            // 20 November 2017: the leaflet is read.
            day: Some(17_490),
            ..Session::default()
        },
        // Asked for in words, and one of these products looked at.
        Session {
            asked: vec![part(2, 5).to_vec(), part(0, 2).to_vec()],
            events: events(part(1, 2)),
            ..Session::default()
        },
    ]
}

/// The requests for one session.
fn questions(items: &[ItemIx], department: &str) -> Vec<RankOptions> {
    vec![
        RankOptions::default(),
        RankOptions {
            frozen: true,
            ..RankOptions::default()
        },
        RankOptions {
            n: 6,
            seeds: items[..1].to_vec(),
            ..RankOptions::default()
        },
        RankOptions {
            n: 12,
            filter: Filter::of_category(vec![department.to_owned()]),
            ..RankOptions::default()
        },
    ]
}

fn hash_ranking(hash: &mut Sha256, ranking: &Ranking) {
    hash.update(ranking.gate.to_bits().to_le_bytes());
    for pick in &ranking.picks {
        hash.update(pick.item.0.to_le_bytes());
        hash.update(pick.score.to_bits().to_le_bytes());
        match &pick.reason {
            Reason::BecauseOf { shots } => {
                for share in shots {
                    hash.update(share.item.0.to_le_bytes());
                    hash.update(share.share.to_bits().to_le_bytes());
                }
            }
            Reason::TakenBefore { visits } => hash.update(visits.to_le_bytes()),
            Reason::PopularHere => hash.update([0]),
            Reason::OnOffer => hash.update([3]),
        }
        hash.update(format!("{:?}", pick.rule));
    }
}

/// The first 16 hex digits: enough to notice a change, short enough to read in a diff.
fn hex(hash: Sha256) -> String {
    hash.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
#[cfg_attr(
    not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")),
    ignore = "another mathematics library rounds logarithms differently"
)]
fn not_a_bit_of_the_answers_has_moved() {
    let pack = committed();
    let sessions = sessions(&pack);
    let mut recommender = Recommender::new(pack, Compute::Kernels);
    let mut found = "session,features,picks\n".to_owned();
    for (nth, items) in sessions.iter().enumerate() {
        let (mut features, mut picks) = (Sha256::new(), Sha256::new());
        for session in variants(items) {
            recommender
                .set_session(session)
                .expect("the rows are the pack's own");
            let department = recommender.catalogue()[items[0]].department().to_owned();
            for options in questions(items, &department) {
                let candidates =
                    block_on(recommender.candidates(&options)).expect("the kernels do not fail");
                for item in &candidates.items {
                    features.update(item.0.to_le_bytes());
                }
                for value in &candidates.features {
                    features.update(value.to_bits().to_le_bytes());
                }
                let ranking =
                    block_on(recommender.rank(&options)).expect("the kernels do not fail");
                hash_ranking(&mut picks, &ranking);
            }
            let explained =
                block_on(recommender.explain(ItemIx(17))).expect("the kernels do not fail");
            hash_ranking(
                &mut picks,
                &Ranking {
                    picks: vec![explained],
                    ..Ranking::default()
                },
            );
        }
        writeln!(found, "{nth},{},{}", hex(features), hex(picks)).expect("a text grows");
    }
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(path(GOLDEN), &found).expect("the golden can be written");
    }
    let expected = std::fs::read_to_string(path(GOLDEN)).expect("the golden is committed");
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "the first session whose answers moved");
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}
