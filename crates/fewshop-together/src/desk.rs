//! What leader and helper do alike: open their part of a report, seal their part of the sums.

use janus_messages::codec::{Decode, ParameterizedDecode};
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShareAad, BatchSelector, Duration, HpkeCiphertext, InputShareAad, Interval,
    PlaintextInputShare, PrepareError, ReportMetadata, Role, TaskId, Time,
};
use prio::field::Field128;
use prio::vdaf::AggregateShare;
use prio::vdaf::prio3::{Prio3InputShare, Prio3MultihotCountVec, Prio3PublicShare};
use rand08::rngs::OsRng;

use crate::error::TogetherError;
use crate::hpke::{Label, open, seal};
use crate::keys::{KeyPair, Shared};
use crate::noise::Noise;
use crate::report::{encoded, report_bytes};
use crate::store::{Span, Store, Sums};
use crate::terms::Terms;

/// Seconds by which a device's clock may be ahead.
const AHEAD_S: u64 = 3_600;
/// Reports older than this are refused, so that a forgotten bucket does not stay open for ever.
const OLD_S: u64 = 90 * 86_400;

/// One aggregator's means.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) role: Role,
    pub(crate) terms: Terms,
    pub(crate) task: TaskId,
    pub(crate) vdaf: Prio3MultihotCountVec,
    pub(crate) verify_key: [u8; 16],
    pub(crate) keys: KeyPair,
    pub(crate) shared: Shared,
    pub(crate) store: Store,
    pub(crate) report_bytes: usize,
    noise: Noise,
}

/// One aggregator's part of a report, opened.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) public: Prio3PublicShare<16>,
    pub(crate) share: Prio3InputShare<Field128, 16>,
}

impl Desk {
    pub(crate) fn new(
        role: Role,
        terms: Terms,
        keys: KeyPair,
        shared: Shared,
        store: &std::path::Path,
    ) -> Result<Self, TogetherError> {
        let verify_key = shared.verify_key.bytes();
        let verify_key = verify_key.try_into().map_err(|_wrong| TogetherError::Key {
            party: "aggregators",
            reason: format!("verify_key has {} bytes, expected 16", verify_key.len()),
        })?;
        let task = terms.task();
        Ok(Self {
            role,
            task,
            vdaf: terms.vdaf()?,
            verify_key,
            keys,
            shared,
            store: Store::open(store, &task, role.as_str())?,
            report_bytes: report_bytes(&terms)?,
            noise: Noise::new(terms.sigma())?,
            terms,
        })
    }

    pub(crate) fn watched(&self) -> usize {
        self.terms.items().len()
    }

    /// Whether a report's time is the start of a bucket that may still be open.
    pub(crate) fn check_time(&self, time_s: u64, now_s: u64) -> Result<(), PrepareError> {
        if self.terms.bucket_of(time_s) != time_s {
            return Err(PrepareError::InvalidMessage);
        }
        if time_s > now_s + AHEAD_S {
            return Err(PrepareError::ReportTooEarly);
        }
        if time_s + OLD_S < now_s {
            return Err(PrepareError::ReportDropped);
        }
        Ok(())
    }

    /// Decrypts and decodes this aggregator's part of a report.
    pub(crate) fn part(
        &self,
        metadata: &ReportMetadata,
        public: &[u8],
        sealed: &HpkeCiphertext,
    ) -> Result<Part, PrepareError> {
        if sealed.config_id() != self.keys.public().id() {
            return Err(PrepareError::HpkeUnknownConfigId);
        }
        let bound_to = InputShareAad::new(self.task, metadata.clone(), public.to_vec());
        let bound_to = encoded(&bound_to).map_err(|_long| PrepareError::InvalidMessage)?;
        let parties = (Role::Client, self.role);
        let plain = open(&self.keys, Label::InputShare, parties, sealed, &bound_to)
            .map_err(|_damaged| PrepareError::HpkeDecryptError)?;
        let malformed = |_| PrepareError::InvalidMessage;
        let plain = PlaintextInputShare::get_decoded(&plain).map_err(malformed)?;
        // None are defined here, and an unknown one must be refused (DAP-09, section 4.4.3).
        if !plain.extensions().is_empty() {
            return Err(PrepareError::InvalidMessage);
        }
        let index = self.role.index().ok_or(PrepareError::InvalidMessage)?;
        let share = Prio3InputShare::get_decoded_with_param(&(&self.vdaf, index), plain.payload());
        Ok(Part {
            public: Prio3PublicShare::get_decoded_with_param(&self.vdaf, public)
                .map_err(malformed)?,
            share: share.map_err(malformed)?,
        })
    }

    /// This aggregator's part of the sums of a batch: noise is added, then it is encrypted for the
    /// collector. To be called once for a batch: the difference of two parts of the same sums would
    /// be noise alone, and their mean has half of its variance.
    pub(crate) fn sealed_sums(
        &self,
        mut sums: Sums,
        interval: Interval,
    ) -> Result<HpkeCiphertext, TogetherError> {
        self.noise.add_to(&mut sums.share, &mut OsRng)?;
        let share = encoded(&AggregateShare::from(sums.share))?;
        let bound_to = AggregateShareAad::<TimeInterval>::new(
            self.task,
            Vec::new(),
            BatchSelector::new_time_interval(interval),
        );
        seal(
            &self.shared.collector.0,
            Label::AggregateShare,
            (self.role, Role::Collector),
            &share,
            &encoded(&bound_to)?,
        )
    }

    /// The span of a batch that can be asked for: it begins and ends with a bucket.
    pub(crate) fn span(&self, interval: &Interval) -> Option<Span> {
        let (start, length) = (
            interval.start().as_seconds_since_epoch(),
            interval.duration().as_seconds(),
        );
        let end = start.checked_add(length)?;
        let is_whole = [start, end].map(|time| self.terms.bucket_of(time) == time);
        (length > 0 && is_whole == [true, true]).then_some(Span { start, end })
    }
}

/// A span as the protocol writes it.
pub(crate) fn interval(span: Span) -> Result<Interval, TogetherError> {
    let duration = Duration::from_seconds(span.end - span.start);
    let start = Time::from_seconds_since_epoch(span.start);
    Interval::new(start, duration).map_err(|error| TogetherError::Message {
        what: "a span of time",
        reason: error.to_string(),
    })
}
