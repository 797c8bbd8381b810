//! The collector: asks the leader for a batch and decrypts both halves of its sums.

use std::thread;
use std::time::{Duration, Instant};

use janus_messages::codec::{Decode, Encode, ParameterizedDecode};
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShareAad, BatchSelector, Collection, CollectionJobId, CollectionReq, HpkeCiphertext,
    HpkeConfigList, Query, Role,
};
use prio::field::Field128;
use prio::vdaf::AggregateShare;
use sha2::{Digest, Sha256};

use crate::desk::interval;
use crate::error::TogetherError;
use crate::hpke::{Label, open};
use crate::keys::CollectorKeys;
use crate::noise::signed;
use crate::peer::Peer;
use crate::report::{REPORT_MEDIA_TYPE, encoded, key_path, report_path};
use crate::store::Span;
use crate::terms::Terms;

/// Between two questions.
const REST: Duration = Duration::from_millis(500);

/// A batch, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Counts {
    /// How many visits were counted.
    pub visits: u64,
    /// Visits with each product of the watch list, in its order, plus noise: also negative.
    pub counts: Vec<i128>,
    /// Deviation of the noise in each count, that of both aggregators together.
    pub sigma: f64,
    /// First second of the batch.
    pub from_s: u64,
    /// The second after its last.
    pub until_s: u64,
}

/// Asks for the batch of the buckets from `from_s` to before `until_s`, and waits until it is
/// verified. Asking again gives the same answer: a batch is opened once.
///
/// # Errors
/// When the leader does not answer, or refuses: too few visits, a part was opened before.
pub fn collect(
    terms: &Terms,
    keys: &CollectorKeys,
    leader_url: &str,
    (from_s, until_s): (u64, u64),
    patience: Duration,
) -> Result<Counts, TogetherError> {
    let span = Span {
        start: from_s,
        end: until_s,
    };
    if from_s >= until_s || [from_s, until_s].map(|time| terms.bucket_of(time)) != [from_s, until_s]
    {
        return Err(TogetherError::Terms {
            field: "batch",
            found: format!("from {from_s} to {until_s}"),
            expected: "a start before the end, both multiples of bucket_s",
        });
    }
    let batch = interval(span)?;
    let leader = Peer::new(leader_url, &keys.password);
    let question = encoded(&CollectionReq::<TimeInterval>::new(
        Query::new_time_interval(batch),
        Vec::new(),
    ))?;
    // The job's name follows from the question, so that a collector that was stopped finds its
    // answer again.
    let hash = Sha256::digest([terms.task().as_ref().as_slice(), &question].concat());
    let id = CollectionJobId::try_from(&hash[..CollectionJobId::LEN]).map_err(|reason| {
        TogetherError::Message {
            what: "a job's name",
            reason: reason.to_string(),
        }
    })?;
    let path = format!("tasks/{}/collection_jobs/{id}", terms.task());
    let media_type = CollectionReq::<TimeInterval>::MEDIA_TYPE;
    leader
        .send("PUT", &path, media_type, &question)?
        .expect_ok()?;
    let began = Instant::now();
    let collection = loop {
        let reply = leader.send("POST", &path, "", &[])?;
        if reply.status != 202 {
            let body = reply.expect_ok()?;
            break Collection::<TimeInterval>::get_decoded(&body)
                .map_err(|error| leader.unexpected(&path, error.to_string()))?;
        }
        if began.elapsed() > patience {
            return Err(TogetherError::Peer {
                url: leader_url.to_owned(),
                reason: format!(
                    "still verifies reports after {} s: ask again later",
                    patience.as_secs()
                ),
            });
        }
        thread::sleep(REST);
    };
    let bound_to = encoded(&AggregateShareAad::<TimeInterval>::new(
        terms.task(),
        Vec::new(),
        BatchSelector::new_time_interval(batch),
    ))?;
    let vdaf = terms.vdaf()?;
    let part = |role: Role, sealed: &HpkeCiphertext| -> Result<Vec<Field128>, TogetherError> {
        let parties = (role, Role::Collector);
        let share = open(
            &keys.encryption,
            Label::AggregateShare,
            parties,
            sealed,
            &bound_to,
        )?;
        let share: AggregateShare<Field128> =
            AggregateShare::get_decoded_with_param(&(&vdaf, &()), &share).map_err(|error| {
                TogetherError::Message {
                    what: "an aggregator's sums",
                    reason: error.to_string(),
                }
            })?;
        Ok(share.as_ref().to_vec())
    };
    let leaders = part(Role::Leader, collection.leader_encrypted_aggregate_share())?;
    let helpers = part(Role::Helper, collection.helper_encrypted_aggregate_share())?;
    Ok(Counts {
        visits: collection.report_count(),
        counts: leaders
            .into_iter()
            .zip(helpers)
            .map(|(a, b)| signed(a + b))
            .collect(),
        sigma: terms.sigma() * std::f64::consts::SQRT_2,
        from_s,
        until_s,
    })
}

/// The public keys of both aggregators, asked for where a device asks for them.
///
/// # Errors
/// When one does not answer.
pub fn public_keys(
    terms: &Terms,
    leader_url: &str,
    helper_url: &str,
) -> Result<[Vec<u8>; 2], TogetherError> {
    let ask = |url: &str| {
        let peer = Peer::without_password(url);
        let list = peer.send("GET", &key_path(terms), "", &[])?.expect_ok()?;
        match HpkeConfigList::get_decoded(&list) {
            Ok(list) => Ok(list.get_encoded().expect("it has just been decoded")),
            Err(error) => Err(peer.unexpected(&key_path(terms), error.to_string())),
        }
    };
    Ok([ask(leader_url)?, ask(helper_url)?])
}

/// Sends reports as a device does, over one connection.
#[derive(Debug)]
pub struct Sender {
    leader: Peer,
    path: String,
}

impl Sender {
    /// To this leader.
    #[must_use]
    pub fn new(terms: &Terms, leader_url: &str) -> Self {
        Self {
            leader: Peer::without_password(leader_url),
            path: report_path(terms),
        }
    }

    /// Sends a report.
    ///
    /// # Errors
    /// When the leader does not answer or refuses it.
    pub fn send(&self, report: &[u8]) -> Result<(), TogetherError> {
        let reply = self
            .leader
            .send("PUT", &self.path, REPORT_MEDIA_TYPE, report)?;
        reply.expect_ok().map(drop)
    }
}
