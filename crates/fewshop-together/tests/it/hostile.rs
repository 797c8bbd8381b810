//! Reports that no honest device sends. Each is made as a hostile shopper would: with the same
//! libraries, the right keys and the right wire format, so that only what is meant to be wrong is.

use fewshop_together::{Allowed, Terms, report_bytes};
use hpke_dispatch::Config;
use janus_messages::codec::{Decode, Encode};
use janus_messages::{
    HpkeCiphertext, HpkeConfig, HpkeConfigList, InputShareAad, PlaintextInputShare, Report,
    ReportId, ReportMetadata, Role, Time,
};
use prio::vdaf::Client;
use prio::vdaf::prio3::{Prio3, Prio3MultihotCountVec, optimal_chunk_length};

use crate::common::{DAY, Trial, client, draft, terms, yesterday};

/// A report in parts, before it is encrypted.
struct Forge {
    id: [u8; 16],
    time: u64,
    public: Vec<u8>,
    leader: Vec<u8>,
    helper: Vec<u8>,
}

fn vdaf(max_items: usize) -> Prio3MultihotCountVec {
    let chunk = optimal_chunk_length(60 + 3);
    Prio3::new_multihot_count_vec(2, 60, max_items, chunk).expect("valid")
}

impl Forge {
    /// Honest parts, but for a proof under which up to `max_items` flags are allowed.
    fn new(number: u8, flags: &[usize], max_items: usize) -> Self {
        let id = [number; 16];
        let set: Vec<bool> = (0..60).map(|i| flags.contains(&i)).collect();
        let (public, shares) = vdaf(max_items).shard(&set, &id).expect("random numbers");
        Self {
            id,
            time: yesterday(),
            public: public.get_encoded().expect("short"),
            leader: shares[0].get_encoded().expect("short"),
            helper: shares[1].get_encoded().expect("short"),
        }
    }

    fn seal(&self, terms: &Terms, keys: &[Vec<u8>; 2]) -> Vec<u8> {
        let time = Time::from_seconds_since_epoch(self.time);
        let metadata = ReportMetadata::new(ReportId::from(self.id), time);
        let aad = InputShareAad::new(terms.task(), metadata.clone(), self.public.clone());
        let aad = aad.get_encoded().expect("short");
        let seal = |key: &[u8], role: Role, share: &[u8]| {
            let config = first(key);
            let plain = PlaintextInputShare::new(Vec::new(), share.to_vec());
            let info = [
                &b"dap-09 input share"[..],
                &[Role::Client as u8, role as u8],
            ]
            .concat();
            let sealed = Config::try_from_ids(
                u16::from(*config.aead_id()),
                u16::from(*config.kdf_id()),
                u16::from(*config.kem_id()),
            )
            .expect("known algorithms")
            .base_mode_seal(
                config.public_key().as_ref(),
                &info,
                &plain.get_encoded().expect("short"),
                &aad,
            )
            .expect("a key");
            HpkeCiphertext::new(*config.id(), sealed.encapped_key, sealed.ciphertext)
        };
        let leader = seal(&keys[0], Role::Leader, &self.leader);
        let helper = seal(&keys[1], Role::Helper, &self.helper);
        Report::new(metadata, self.public.clone(), leader, helper)
            .get_encoded()
            .expect("short")
    }
}

fn first(list: &[u8]) -> HpkeConfig {
    let list = HpkeConfigList::get_decoded(list).expect("a list");
    list.hpke_configs()[0].clone()
}

/// Enough honest visits with product 0, then the hostile reports, then the counts.
#[track_caller]
fn check_no_effect(hostile: impl Fn(&Trial) -> Vec<(Vec<u8>, u16)>) {
    let trial = Trial::start(terms(), Allowed::default());
    for (number, (bytes, status)) in hostile(&trial).into_iter().enumerate() {
        assert_eq!(
            trial.upload(&client(500 + number), &bytes),
            status,
            "report {number}"
        );
    }
    let reporter = trial.reporter();
    for number in 0..100 {
        let report = reporter.report(&["p0"], yesterday()).expect("a report");
        assert_eq!(trial.upload(&client(number), &report), 201);
    }
    let counts = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect("100 honest visits");
    assert_eq!(counts.visits, 100, "only the honest ones count");
    let bound = 6.0 * counts.sigma;
    for (item, &count) in counts.counts.iter().enumerate() {
        let truth = if item == 0 { 100 } else { 0 };
        assert!(((count - truth) as f64).abs() < bound, "p{item}: {count}");
    }
}

#[test]
fn a_report_of_the_wrong_size_or_of_noise_is_refused() {
    check_no_effect(|trial| {
        let good = trial
            .reporter()
            .report(&["p5"], yesterday())
            .expect("a report");
        let size = report_bytes(&trial.parties.terms).expect("terms");
        vec![
            (good[..good.len() - 1].to_vec(), 400),
            ([good.as_slice(), &[0]].concat(), 413),
            (vec![0xA5; size], 400),
            (Vec::new(), 400),
        ]
    });
}

#[test]
fn a_report_that_was_changed_or_is_of_another_task_is_refused() {
    check_no_effect(|trial| {
        let good = trial
            .reporter()
            .report(&["p5"], yesterday())
            .expect("a report");
        let mut other_id = good.clone();
        other_id[0] ^= 1;
        let mut other_day = good.clone();
        // The time follows the id of 16 bytes, most significant byte first.
        other_day[16..24].copy_from_slice(&(yesterday() - DAY).to_be_bytes());
        let mut other_public = good.clone();
        other_public[30] ^= 1;
        let mut terms = draft();
        terms.epsilon = 4.0;
        let terms = Terms::new(terms).expect("terms");
        let other_terms = Forge::new(9, &[5], 5).seal(&terms, &trial.keys);
        vec![
            (other_id, 400),
            (other_day, 400),
            (other_public, 400),
            (other_terms, 400),
        ]
    });
}

#[test]
fn a_flag_that_is_no_flag_fails_its_proof() {
    check_no_effect(|trial| {
        let terms = &trial.parties.terms;
        // The leader's share is a list of numbers of 16 bytes, least significant byte first: the
        // first product would count a million times, the second a little more than once.
        let mut million = Forge::new(1, &[5], 5);
        let value = u128::from_le_bytes(million.leader[..16].try_into().expect("16 bytes"));
        million.leader[..16].copy_from_slice(&(value / 2 + 1_000_000).to_le_bytes());
        let mut low_byte = Forge::new(2, &[5], 5);
        low_byte.leader[16] ^= 1;
        let mut proof = Forge::new(3, &[5], 5);
        let last = proof.leader.len() - 40;
        proof.leader[last] ^= 1;
        [million, low_byte, proof]
            .map(|forge| (forge.seal(terms, &trial.keys), 201))
            .to_vec()
    });
}

#[test]
fn more_products_than_allowed_fail_the_proof() {
    check_no_effect(|trial| {
        let terms = &trial.parties.terms;
        // A right proof, but for the statement 'at most 7': seven flags, and five.
        let seven = Forge::new(1, &[1, 2, 3, 4, 5, 6, 7], 7).seal(terms, &trial.keys);
        let five = Forge::new(2, &[1, 2, 3, 4, 5], 7).seal(terms, &trial.keys);
        vec![(seven, 201), (five, 201)]
    });
}

#[test]
fn a_report_whose_halves_do_not_belong_together_does_not_count() {
    check_no_effect(|trial| {
        let terms = &trial.parties.terms;
        let mut helpers = Forge::new(1, &[5], 5);
        helpers.helper = Forge::new(1, &[6], 5).helper;
        let mut public = Forge::new(2, &[5], 5);
        // The helper's half of the joint randomness, then the leader's.
        public.public[20] ^= 1;
        let mut public_leader = Forge::new(3, &[5], 5);
        public_leader.public[2] ^= 1;
        // What the helper cannot decrypt, the leader cannot see.
        let sealed = Forge::new(4, &[5], 5).seal(terms, &trial.keys);
        let mut for_helper = sealed;
        let last = for_helper.len() - 1;
        for_helper[last] ^= 1;
        // A share of the wrong length inside an envelope of the right one.
        let mut short = Forge::new(5, &[5], 5);
        short.helper.truncate(20);
        short.leader.extend([0; 28]);
        let mut out: Vec<(Vec<u8>, u16)> = [helpers, public, public_leader]
            .map(|forge| (forge.seal(terms, &trial.keys), 201))
            .to_vec();
        out.push((for_helper, 201));
        out.push((short.seal(terms, &trial.keys), 400));
        out
    });
}

#[test]
fn times_outside_the_open_days_are_refused() {
    check_no_effect(|trial| {
        let terms = &trial.parties.terms;
        [
            yesterday() + 3 * DAY,
            yesterday() - 120 * DAY,
            yesterday() + 7,
        ]
        .into_iter()
        .map(|time| {
            let mut forge = Forge::new(1, &[5], 5);
            forge.time = time;
            (forge.seal(terms, &trial.keys), 400)
        })
        .collect()
    });
}

#[test]
fn a_replayed_report_counts_once() {
    let trial = Trial::start(terms(), Allowed::default());
    let reporter = trial.reporter();
    let replayed = reporter
        .report(&["p0", "p1"], yesterday())
        .expect("a report");
    for number in 0..40 {
        assert_eq!(trial.upload(&client(number), &replayed), 201);
        if number == 20 {
            // By now it has been verified, or is about to be.
            std::thread::sleep(std::time::Duration::from_millis(1_500));
        }
    }
    // The same name for another visit.
    let mut forge = Forge::new(0, &[1, 2, 3], 5);
    forge.id = *Report::get_decoded(&replayed)
        .expect("a report")
        .metadata()
        .id()
        .as_ref();
    assert_eq!(
        trial.upload(&client(50), &forge.seal(&trial.parties.terms, &trial.keys)),
        201
    );
    for number in 0..99 {
        let report = reporter.report(&["p0"], yesterday()).expect("a report");
        assert_eq!(trial.upload(&client(number), &report), 201);
    }
    let counts = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect("100 visits");
    assert_eq!(counts.visits, 100);
    assert!((counts.counts[1] as f64 - 1.0).abs() < 6.0 * counts.sigma);
}

#[test]
fn a_flood_of_valid_reports_from_one_client_is_bounded() {
    let allowed = Allowed {
        reports_per_address: 30,
        ..Allowed::default()
    };
    let trial = Trial::start(terms(), allowed);
    let reporter = trial.reporter();
    let favourite = ["p50", "p51", "p52", "p53", "p54"];
    let mut passed = 0;
    for _ in 0..300 {
        let report = reporter.report(&favourite, yesterday()).expect("a report");
        match trial.upload("203.0.113.9", &report) {
            201 => passed += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!(passed, 30);
    for number in 0..100 {
        let report = reporter.report(&["p0"], yesterday()).expect("a report");
        assert_eq!(trial.upload(&client(number), &report), 201);
    }
    let counts = trial
        .collect(yesterday(), yesterday() + DAY)
        .expect("130 visits");
    assert_eq!(counts.visits, 130);
    let bound = 6.0 * counts.sigma;
    for (item, &count) in counts.counts.iter().enumerate() {
        // At most once a product in each of the reports that passed.
        let most = if (50..55).contains(&item) { 30 } else { 0 };
        let most = if item == 0 { 100 } else { most };
        assert!((count as f64) < f64::from(most) + bound, "p{item}: {count}");
    }
}

#[test]
fn a_bucket_has_no_more_reports_than_the_leader_allows() {
    let allowed = Allowed {
        reports_per_bucket: 10,
        ..Allowed::default()
    };
    let trial = Trial::start(terms(), allowed);
    let reporter = trial.reporter();
    let statuses: Vec<u16> = (0..12)
        .map(|number| {
            let report = reporter.report(&[], yesterday()).expect("a report");
            trial.upload(&client(number), &report)
        })
        .collect();
    assert_eq!(statuses.iter().filter(|&&status| status == 201).count(), 10);
    assert_eq!(statuses[11], 503);
}
