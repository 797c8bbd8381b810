//! The leader: takes reports in, verifies them together with the helper, and answers the collector.

mod batch;

use std::collections::BTreeMap;
use std::path::Path;

use janus_messages::codec::Decode;
use janus_messages::problem_type::DapProblemType;
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregationJobId, AggregationJobInitializeReq, AggregationJobResp, HpkeConfigList,
    PartialBatchSelector, PrepareError, PrepareInit, PrepareStepResult, Report, ReportId,
    ReportShare, Role,
};
use prio::topology::ping_pong::{PingPongContinuedValue, PingPongState, PingPongTopology};
use prio::vdaf::prio3::Prio3MultihotCountVec;

use crate::desk::Desk;
use crate::error::TogetherError;
use crate::http::{Answer, Head, Party};
use crate::keys::LeaderKeys;
use crate::limit::Limit;
use crate::peer::Peer;
use crate::report::encoded;
use crate::store::{Span, Sums, When};
use crate::terms::Terms;

/// Reports that are verified in one exchange with the helper.
pub(crate) const JOB_REPORTS: usize = 200;
/// Name of the job under way: its id and its reports. Written before the helper is asked, since
/// the helper counts the reports when it answers: a leader that dies in between must repeat this
/// job and no other.
const JOB: &str = "job";
/// Bytes of a question of the collector.
const QUESTION_BYTES: usize = 1_024;
const ALL: Span = Span {
    start: 0,
    end: u64::MAX,
};

/// What a leader allows.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// Reports of one address in a day. A household or a shop's Wi-Fi shares one.
    pub reports_per_address: u32,
    /// Reports of one bucket, which bounds the file: 10 kB each.
    pub reports_per_bucket: u64,
}

impl Default for Allowed {
    fn default() -> Self {
        Self {
            reports_per_address: 50,
            reports_per_bucket: 100_000,
        }
    }
}

/// The aggregator that takes the reports in.
#[derive(Debug)]
pub struct Leader {
    desk: Desk,
    keys: LeaderKeys,
    allowed: Allowed,
    limit: Limit,
    helper: Peer,
}

/// What [`Leader::work`] has done.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Worked {
    /// Reports that both aggregators have counted.
    pub counted: usize,
    /// Reports that one of them has refused.
    pub refused: usize,
}

/// A job's id, and its reports with their keys in the file.
type Job = (AggregationJobId, Vec<(Vec<u8>, Report)>);
type State = PingPongState<16, 16, Prio3MultihotCountVec>;

impl Leader {
    /// With its file, which is created if there is none, and the helper's address.
    ///
    /// # Errors
    /// When a key cannot be used, or the file holds another task's reports.
    pub fn new(
        terms: Terms,
        keys: LeaderKeys,
        store: &Path,
        helper_url: &str,
        allowed: Allowed,
    ) -> Result<Self, TogetherError> {
        let (encryption, shared) = (keys.encryption.clone(), keys.shared.clone());
        Ok(Self {
            helper: Peer::new(helper_url, &shared.leader_password),
            desk: Desk::new(Role::Leader, terms, encryption, shared, store)?,
            keys,
            limit: Limit::new(allowed.reports_per_address),
            allowed,
        })
    }

    fn problem(&self, status: u16, problem: DapProblemType, detail: &str) -> Answer {
        Answer::problem(status, problem, &self.desk.task, detail)
    }

    fn refused(&self, reason: PrepareError) -> Answer {
        let (problem, detail) = match reason {
            PrepareError::ReportTooEarly => {
                (DapProblemType::ReportTooEarly, "its time is in the future")
            }
            PrepareError::HpkeUnknownConfigId => (
                DapProblemType::OutdatedConfig,
                "it is encrypted for a key that is not in use: ask for the key again",
            ),
            PrepareError::ReportDropped => (DapProblemType::ReportRejected, "it is too old"),
            PrepareError::HpkeDecryptError => (
                DapProblemType::ReportRejected,
                "it cannot be decrypted: it was made under other terms, or damaged",
            ),
            _ => (DapProblemType::ReportRejected, "it is malformed"),
        };
        self.problem(400, problem, detail)
    }

    /// Takes a report in.
    fn upload(&self, body: &[u8], now_s: u64) -> Result<Answer, TogetherError> {
        if body.len() != self.desk.report_bytes {
            let detail = format!(
                "a report under these terms has {} bytes, this one {}",
                self.desk.report_bytes,
                body.len()
            );
            return Ok(self.problem(400, DapProblemType::ReportRejected, &detail));
        }
        let Ok(report) = Report::get_decoded(body) else {
            return Ok(self.refused(PrepareError::InvalidMessage));
        };
        let metadata = report.metadata();
        let bucket = metadata.time().as_seconds_since_epoch();
        let sealed = report.leader_encrypted_input_share();
        if let Err(reason) = self
            .desk
            .check_time(bucket, now_s)
            .and_then(|()| self.desk.part(metadata, report.public_share(), sealed))
        {
            return Ok(self.refused(reason));
        }
        self.desk.store.write(When::Later, |tx| {
            if tx.is_opened(bucket)? {
                let detail = "its batch has been opened";
                return Ok(self.problem(400, DapProblemType::ReportRejected, detail));
            }
            if tx.seen(bucket)? >= self.allowed.reports_per_bucket {
                return Ok(Answer::later(503, self.desk.terms.draft().bucket_s));
            }
            // A report that is sent again is answered like the first and counts once: a device
            // whose connection broke does not know whether it has arrived.
            if tx.see(bucket, metadata.id())? {
                tx.put_pending(bucket, metadata.id(), body)?;
            }
            Ok(Answer::empty(201))
        })
    }

    /// Takes a report in without a socket, as if it came at `now_s`; the status of the answer.
    pub fn take(&self, report: &[u8], now_s: u64) -> u16 {
        self.upload(report, now_s)
            .map_or(500, |answer| answer.status)
    }

    /// Verifies up to 200 reports with the helper.
    ///
    /// # Errors
    /// When the helper does not answer. Nothing is lost: the next call repeats the job.
    pub fn work(&self) -> Result<Worked, TogetherError> {
        let Some((id, reports)) = self.job()? else {
            return Ok(Worked::default());
        };
        let mut refused = 0;
        let mut states: Vec<(Vec<u8>, Report, State)> = Vec::new();
        let mut inits = Vec::new();
        for (key, report) in reports {
            match self.begin(&report) {
                Ok((state, init)) => {
                    inits.push(init);
                    states.push((key, report, state));
                }
                Err(_reason) => {
                    refused += 1;
                    self.desk
                        .store
                        .write(When::Later, |tx| tx.remove_pending(&key))?;
                }
            }
        }
        let answers = if inits.is_empty() {
            Vec::new()
        } else {
            self.ask(&id, inits)?
        };
        if answers.len() != states.len() {
            return Err(self.helper.unexpected(
                "aggregation_jobs",
                format!("{} replies for {} reports", answers.len(), states.len()),
            ));
        }
        let mut counted = 0;
        let mut sums: BTreeMap<u64, Sums> = BTreeMap::new();
        let mut done = Vec::new();
        for ((key, report, state), (of, answer)) in states.into_iter().zip(answers) {
            let metadata = report.metadata();
            if of != *metadata.id() {
                let reason = "its replies are in another order than the reports";
                return Err(self
                    .helper
                    .unexpected("aggregation_jobs", reason.to_owned()));
            }
            done.push(key);
            match self.finish(state, answer) {
                Some(share) => {
                    counted += 1;
                    let bucket = metadata.time().as_seconds_since_epoch();
                    sums.entry(bucket)
                        .or_insert_with(|| Sums::none(self.desk.watched()))
                        .add(metadata.id(), &share);
                }
                None => refused += 1,
            }
        }
        self.desk.store.write(When::Now, |tx| {
            for (bucket, sums) in &sums {
                tx.add(&self.desk.vdaf, *bucket, sums)?;
            }
            for key in &done {
                tx.remove_pending(key)?;
            }
            tx.remove_value(JOB)
        })?;
        Ok(Worked { counted, refused })
    }

    /// The job under way, or a new one of the oldest reports.
    fn job(&self) -> Result<Option<Job>, TogetherError> {
        let rows = self.desk.store.write(When::Now, |tx| {
            if let Some(job) = tx.value(JOB)? {
                let (id, keys) = job.split_at(AggregationJobId::LEN);
                let mut rows = Vec::new();
                for key in keys.chunks_exact(8 + ReportId::LEN) {
                    if let Some(report) = tx.pending_report(key)? {
                        rows.push((key.to_vec(), report));
                    }
                }
                return Ok(Some((id.to_vec(), rows)));
            }
            let rows = tx.pending(ALL, JOB_REPORTS)?;
            if rows.is_empty() {
                return Ok(None);
            }
            let mut id = vec![0; AggregationJobId::LEN];
            getrandom::fill(&mut id)?;
            let mut job = id.clone();
            rows.iter().for_each(|(key, _)| job.extend(key));
            tx.put_value(JOB, &job)?;
            Ok(Some((id, rows)))
        })?;
        let Some((id, rows)) = rows else {
            return Ok(None);
        };
        let mut bytes = [0; AggregationJobId::LEN];
        bytes.copy_from_slice(&id);
        let mut reports = Vec::new();
        for (key, bytes) in rows {
            let report = Report::get_decoded(&bytes).map_err(|error| TogetherError::Message {
                what: "a stored report",
                reason: error.to_string(),
            })?;
            reports.push((key, report));
        }
        Ok(Some((AggregationJobId::from(bytes), reports)))
    }

    /// The leader's first step with a report.
    fn begin(&self, report: &Report) -> Result<(State, PrepareInit), PrepareError> {
        let metadata = report.metadata();
        let sealed = report.leader_encrypted_input_share();
        let part = self.desk.part(metadata, report.public_share(), sealed)?;
        let (state, message) = self
            .desk
            .vdaf
            .leader_initialized(
                &self.desk.verify_key,
                &(),
                metadata.id().as_ref(),
                &part.public,
                &part.share,
            )
            .map_err(|_malformed| PrepareError::VdafPrepError)?;
        let for_helper = ReportShare::new(
            metadata.clone(),
            report.public_share().to_vec(),
            report.helper_encrypted_input_share().clone(),
        );
        Ok((state, PrepareInit::new(for_helper, message)))
    }

    fn ask(
        &self,
        id: &AggregationJobId,
        inits: Vec<PrepareInit>,
    ) -> Result<Vec<(ReportId, PrepareStepResult)>, TogetherError> {
        let request = AggregationJobInitializeReq::<TimeInterval>::new(
            Vec::new(),
            PartialBatchSelector::new_time_interval(),
            inits,
        );
        let path = format!("tasks/{}/aggregation_jobs/{id}", self.desk.task);
        let media_type = AggregationJobInitializeReq::<TimeInterval>::MEDIA_TYPE;
        let answer = self
            .helper
            .send("PUT", &path, media_type, &encoded(&request)?)?
            .expect_ok()?;
        let answer = AggregationJobResp::get_decoded(&answer)
            .map_err(|error| self.helper.unexpected(&path, error.to_string()))?;
        let replies = answer.prepare_resps().iter();
        Ok(replies
            .map(|reply| (*reply.report_id(), reply.result().clone()))
            .collect())
    }

    /// The leader's last step with a report: its share of the flags, if both have found the proof
    /// right.
    fn finish(
        &self,
        state: State,
        answer: PrepareStepResult,
    ) -> Option<Vec<prio::field::Field128>> {
        let PrepareStepResult::Continue { message } = answer else {
            return None;
        };
        match self.desk.vdaf.leader_continued(state, &(), &message) {
            Ok(PingPongContinuedValue::FinishedNoMessage { output_share }) => {
                Some(output_share.as_ref().to_vec())
            }
            _ => None,
        }
    }
}

impl Party for Leader {
    fn admit(&self, head: &Head, now_s: u64) -> Result<usize, Answer> {
        let task = self.desk.task.to_string();
        match (head.method.as_str(), head.parts().as_slice()) {
            ("GET", ["hpke_config"]) => Ok(0),
            ("PUT" | "POST" | "DELETE", ["tasks", asked, ..]) if *asked != task => {
                let detail = "the terms here are others, or the watch list is";
                Err(self.problem(404, DapProblemType::UnrecognizedTask, detail))
            }
            ("PUT", ["tasks", _, "reports"]) => {
                if head.media_type.as_deref() != Some(Report::MEDIA_TYPE) {
                    let detail = "a report has the media type application/dap-report";
                    return Err(self.problem(415, DapProblemType::InvalidMessage, detail));
                }
                if !self.limit.allows(head.from, now_s) {
                    return Err(Answer::later(429, 86_400));
                }
                Ok(self.desk.report_bytes)
            }
            ("PUT" | "POST" | "DELETE", ["tasks", _, "collection_jobs", id]) => {
                let password = &self.keys.collector_password;
                if !password.is_carried_by(head.authorization.as_deref()) {
                    let detail = "the collector's password is missing or wrong";
                    return Err(self.problem(403, DapProblemType::UnauthorizedRequest, detail));
                }
                if id.len() > 64 {
                    return Err(Answer::empty(404));
                }
                Ok(QUESTION_BYTES)
            }
            _ => Err(Answer::empty(404)),
        }
    }

    fn answer(&self, head: &Head, body: &[u8], now_s: u64) -> Answer {
        let answer = match (head.method.as_str(), head.parts().as_slice()) {
            ("GET", ["hpke_config"]) => {
                let list = self.desk.keys.public_list();
                Ok(Answer::with(200, HpkeConfigList::MEDIA_TYPE, list))
            }
            ("PUT", ["tasks", _, "reports"]) => self.upload(body, now_s),
            ("PUT", ["tasks", _, "collection_jobs", id]) => self.asked(id, body, now_s),
            ("POST", ["tasks", _, "collection_jobs", id]) => self.collected(id),
            // The answer is kept: a batch is opened once, and an answer that got lost cannot be
            // made again.
            ("DELETE", ["tasks", _, "collection_jobs", _]) => Ok(Answer::empty(204)),
            _ => Ok(Answer::empty(404)),
        };
        answer.unwrap_or_else(|_internal| Answer::later(500, 30))
    }
}
