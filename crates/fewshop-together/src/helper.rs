//! The helper: verifies its part of the leader's reports, and gives its part of a batch's sums once.

use janus_messages::codec::Decode;
use janus_messages::problem_type::DapProblemType;
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShare, AggregateShareReq, AggregationJobInitializeReq, AggregationJobResp,
    HpkeConfigList, PrepareError, PrepareInit, PrepareResp, PrepareStepResult, ReportId, Role,
};
use prio::topology::ping_pong::{PingPongState, PingPongTopology};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::desk::Desk;
use crate::error::TogetherError;
use crate::http::{Answer, Head, Party};
use crate::keys::HelperKeys;
use crate::report::encoded;
use crate::store::{Opened, Sums, Tx, When};
use crate::terms::Terms;

/// Bytes of a job of [`crate::leader::JOB_REPORTS`] reports are some 250 kB.
const JOB_BYTES: usize = 4 * 1024 * 1024;
/// Name of the last job's answer. The leader has one job under way at a time, and repeats it until
/// it is answered.
const LAST_JOB: &str = "last job";

/// The aggregator that the shop does not run.
#[derive(Debug)]
pub struct Helper {
    desk: Desk,
}

impl Helper {
    /// With its file, which is created if there is none.
    ///
    /// # Errors
    /// When a key cannot be used, or the file holds another task's reports.
    pub fn new(terms: Terms, keys: HelperKeys, store: &Path) -> Result<Self, TogetherError> {
        Ok(Self {
            desk: Desk::new(Role::Helper, terms, keys.encryption, keys.shared, store)?,
        })
    }

    fn problem(&self, status: u16, problem: DapProblemType, detail: &str) -> Answer {
        Answer::problem(status, problem, &self.desk.task, detail)
    }

    /// Verifies the reports of a job and adds those that pass. A repeated job has its first answer.
    fn job(&self, id: &str, body: &[u8], now_s: u64) -> Result<Answer, TogetherError> {
        let Ok(request) = AggregationJobInitializeReq::<TimeInterval>::get_decoded(body) else {
            return Ok(self.problem(400, DapProblemType::InvalidMessage, "not a job"));
        };
        let ids: BTreeSet<&[u8; ReportId::LEN]> = request
            .prepare_inits()
            .iter()
            .map(|init| init.report_share().metadata().id().as_ref())
            .collect();
        if ids.len() != request.prepare_inits().len() {
            let detail = "a report occurs twice in the job";
            return Ok(self.problem(400, DapProblemType::InvalidMessage, detail));
        }
        let mut name = Sha256::digest(body).to_vec();
        name.extend(id.as_bytes());
        self.desk.store.write(When::Now, |tx| {
            if let Some(last) = tx.value(LAST_JOB)?
                && last.get(..2).is_some_and(|length| {
                    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                    last.get(2..2 + length) == Some(name.as_slice())
                })
            {
                let answer = last[2 + name.len()..].to_vec();
                return Ok(Answer::with(201, AggregationJobResp::MEDIA_TYPE, answer));
            }
            let mut sums = BTreeMap::new();
            let mut answers = Vec::new();
            for init in request.prepare_inits() {
                let result = match self.verify(tx, init, now_s, &mut sums)? {
                    Ok(result) => result,
                    Err(reason) => PrepareStepResult::Reject(reason),
                };
                let id = *init.report_share().metadata().id();
                answers.push(PrepareResp::new(id, result));
            }
            for (bucket, sums) in &sums {
                tx.add(&self.desk.vdaf, *bucket, sums)?;
            }
            let answer = encoded(&AggregationJobResp::new(answers))?;
            let mut last = (name.len() as u16).to_be_bytes().to_vec();
            last.extend(&name);
            last.extend(&answer);
            tx.put_value(LAST_JOB, &last)?;
            Ok(Answer::with(201, AggregationJobResp::MEDIA_TYPE, answer))
        })
    }

    /// One report: the reply for the leader, or why it does not count.
    fn verify(
        &self,
        tx: &Tx<'_>,
        init: &PrepareInit,
        now_s: u64,
        sums: &mut BTreeMap<u64, Sums>,
    ) -> Result<Result<PrepareStepResult, PrepareError>, TogetherError> {
        let desk = &self.desk;
        let report = init.report_share();
        let metadata = report.metadata();
        let bucket = metadata.time().as_seconds_since_epoch();
        if let Err(reason) = desk.check_time(bucket, now_s) {
            return Ok(Err(reason));
        }
        if tx.is_opened(bucket)? {
            return Ok(Err(PrepareError::BatchCollected));
        }
        if tx.is_seen(bucket, metadata.id())? {
            return Ok(Err(PrepareError::ReportReplayed));
        }
        let sealed = report.encrypted_input_share();
        let part = match desk.part(metadata, report.public_share(), sealed) {
            Ok(part) => part,
            Err(reason) => return Ok(Err(reason)),
        };
        let verified = desk.vdaf.helper_initialized(
            &desk.verify_key,
            &(),
            metadata.id().as_ref(),
            &part.public,
            &part.share,
            init.message(),
        );
        let verified = verified.and_then(|transition| transition.evaluate(&desk.vdaf));
        let Ok((PingPongState::Finished(share), message)) = verified else {
            return Ok(Err(PrepareError::VdafPrepError));
        };
        tx.see(bucket, metadata.id())?;
        sums.entry(bucket)
            .or_insert_with(|| Sums::none(desk.watched()))
            .add(metadata.id(), share.as_ref());
        Ok(Ok(PrepareStepResult::Continue { message }))
    }

    /// The helper's part of a batch. The same question has the same answer, to the byte: with noise
    /// drawn again, the mean of many answers would betray the sums.
    fn share(&self, body: &[u8]) -> Result<Answer, TogetherError> {
        let Ok(request) = AggregateShareReq::<TimeInterval>::get_decoded(body) else {
            return Ok(self.problem(400, DapProblemType::InvalidMessage, "not a batch"));
        };
        let interval = *request.batch_selector().batch_interval();
        let Some(span) = self.desk.span(&interval) else {
            let detail = "the batch does not begin and end with a bucket";
            return Ok(self.problem(400, DapProblemType::BatchInvalid, detail));
        };
        self.desk.store.write(When::Now, |tx| {
            for opened in tx.opened()? {
                if opened.question == body {
                    return Ok(Answer::with(200, AggregateShare::MEDIA_TYPE, opened.answer));
                }
                if opened.span.overlaps(span) {
                    let detail = "a part of this batch has been opened before";
                    return Ok(self.problem(400, DapProblemType::BatchOverlap, detail));
                }
            }
            let sums = tx.sums(&self.desk.vdaf, self.desk.watched(), span)?;
            if request.report_count() != sums.reports
                || request.checksum().as_ref() != sums.checksum.as_slice()
            {
                let detail = "leader and helper have not counted the same reports";
                return Ok(self.problem(400, DapProblemType::BatchMismatch, detail));
            }
            if sums.reports < self.desk.terms.draft().min_batch {
                let detail = "the batch has fewer visits than the terms promise";
                return Ok(self.problem(400, DapProblemType::InvalidBatchSize, detail));
            }
            let sealed = self.desk.sealed_sums(sums, interval)?;
            let answer = encoded(&AggregateShare::new(sealed))?;
            tx.open_batch(&Opened {
                span,
                question: body.to_vec(),
                answer: answer.clone(),
            })?;
            Ok(Answer::with(200, AggregateShare::MEDIA_TYPE, answer))
        })
    }
}

impl Party for Helper {
    fn admit(&self, head: &Head, _now_s: u64) -> Result<usize, Answer> {
        let task = self.desk.task.to_string();
        match (head.method.as_str(), head.parts().as_slice()) {
            ("GET", ["hpke_config"]) => Ok(0),
            ("PUT" | "POST", ["tasks", asked, ..]) if *asked != task => {
                let detail = "the terms here are others, or the watch list is";
                Err(self.problem(404, DapProblemType::UnrecognizedTask, detail))
            }
            ("PUT", ["tasks", _, "aggregation_jobs", _])
            | ("POST", ["tasks", _, "aggregate_shares"]) => {
                let password = &self.desk.shared.leader_password;
                if !password.is_carried_by(head.authorization.as_deref()) {
                    let detail = "the leader's password is missing or wrong";
                    return Err(self.problem(403, DapProblemType::UnauthorizedRequest, detail));
                }
                Ok(JOB_BYTES)
            }
            _ => Err(Answer::empty(404)),
        }
    }

    fn answer(&self, head: &Head, body: &[u8], now_s: u64) -> Answer {
        let answer = match head.parts().as_slice() {
            ["hpke_config"] => {
                let list = self.desk.keys.public_list();
                Ok(Answer::with(200, HpkeConfigList::MEDIA_TYPE, list))
            }
            ["tasks", _, "aggregation_jobs", id] => self.job(id, body, now_s),
            ["tasks", _, "aggregate_shares"] => self.share(body),
            _ => Ok(Answer::empty(404)),
        };
        answer.unwrap_or_else(|_internal| Answer::later(500, 30))
    }
}
