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

#[cfg(test)]
mod tests {
    use janus_messages::{
        BatchSelector, PartialBatchSelector, Report, ReportIdChecksum, ReportShare,
    };
    use tempfile::TempDir;

    use super::*;
    use crate::desk::interval;
    use crate::keys::{LeaderKeys, helper_keys, shop_keys};
    use crate::report::Reporter;
    use crate::store::Span;
    use crate::terms::tests::draft;

    const DAY: u64 = 86_400;
    const NOW: u64 = 100 * DAY + 5;

    /// A helper, and a leader that can send it anything.
    struct Parties {
        helper: Helper,
        leader: Desk,
        keys: LeaderKeys,
        reporter: Reporter,
        _folder: TempDir,
    }

    impl Parties {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let terms = Terms::new(draft(30)).expect("terms");
            let (keys, _) = shop_keys().expect("random numbers");
            let helper = helper_keys(keys.shared.clone()).expect("random numbers");
            let lists = [&keys.encryption, &helper.encryption].map(|k| k.public_list());
            let leader = Desk::new(
                Role::Leader,
                terms.clone(),
                keys.encryption.clone(),
                keys.shared.clone(),
                &folder.path().join("leader.redb"),
            );
            Self {
                helper: Helper::new(terms.clone(), helper, &folder.path().join("helper.redb"))
                    .expect("a helper"),
                leader: leader.expect("a leader"),
                keys,
                reporter: Reporter::new(terms, &lists[0], &lists[1]).expect("keys"),
                _folder: folder,
            }
        }

        fn report(&self, day: u64) -> Report {
            let report = self.reporter.report(&["p1"], day * DAY).expect("a report");
            Report::get_decoded(&report).expect("a report")
        }

        fn send(&self, job: &str, reports: &[&Report]) -> Answer {
            let inits = reports.iter().map(|report| {
                let metadata = report.metadata();
                let sealed = report.leader_encrypted_input_share();
                let part = self
                    .leader
                    .part(metadata, report.public_share(), sealed)
                    .expect("honest");
                let (_, message) = self
                    .leader
                    .vdaf
                    .leader_initialized(
                        &self.leader.verify_key,
                        &(),
                        metadata.id().as_ref(),
                        &part.public,
                        &part.share,
                    )
                    .expect("honest");
                let share = ReportShare::new(
                    metadata.clone(),
                    report.public_share().to_vec(),
                    report.helper_encrypted_input_share().clone(),
                );
                PrepareInit::new(share, message)
            });
            let request = AggregationJobInitializeReq::<TimeInterval>::new(
                Vec::new(),
                PartialBatchSelector::new_time_interval(),
                inits.collect(),
            );
            let body = encoded(&request).expect("short");
            self.helper.job(job, &body, NOW).expect("the file is there")
        }

        /// Asks for the sums of some days, for these reports.
        fn ask(&self, (start, end): (u64, u64), reports: &[&Report]) -> Answer {
            let mut sums = Sums::none(0);
            reports
                .iter()
                .for_each(|report| sums.add(report.metadata().id(), &[]));
            let span = Span {
                start: start * DAY,
                end: end * DAY,
            };
            let request = AggregateShareReq::<TimeInterval>::new(
                BatchSelector::new_time_interval(interval(span).expect("a span")),
                Vec::new(),
                sums.reports,
                ReportIdChecksum::from(sums.checksum),
            );
            let body = encoded(&request).expect("short");
            self.helper.share(&body).expect("the file is there")
        }
    }

    /// For each report of an answer, why it was refused, if it was.
    fn refusals(answer: &Answer) -> Vec<Option<PrepareError>> {
        let answer = AggregationJobResp::get_decoded(&answer.body).expect("an answer to a job");
        let replies = answer.prepare_resps().iter();
        let refusal = |result: &PrepareStepResult| match result {
            PrepareStepResult::Reject(reason) => Some(*reason),
            _ => None,
        };
        replies.map(|reply| refusal(reply.result())).collect()
    }

    #[track_caller]
    fn check_problem(answer: &Answer, problem: DapProblemType) {
        let text = String::from_utf8_lossy(&answer.body);
        assert!(
            answer.status == 400 && text.contains(problem.type_uri()),
            "{} {text}",
            answer.status
        );
    }

    #[test]
    fn a_leader_cannot_count_a_report_twice() {
        let parties = Parties::new();
        let [a, b, c] = [99, 99, 99].map(|day| parties.report(day));
        let first = parties.send("one", &[&a, &b]);
        assert_eq!(refusals(&first), [None, None]);
        assert_eq!(parties.send("one", &[&a, &b]), first, "the same job again");
        let replayed = Some(PrepareError::ReportReplayed);
        assert_eq!(refusals(&parties.send("two", &[&a, &c])), [replayed, None]);
        assert_eq!(
            refusals(&parties.send("one", &[&a, &b])),
            [replayed, replayed],
            "an old job"
        );
        check_problem(
            &parties.send("three", &[&a, &a]),
            DapProblemType::InvalidMessage,
        );
    }

    #[test]
    fn a_leader_gets_one_answer_for_a_day_and_none_for_few_visits() {
        let parties = Parties::new();
        let reports: Vec<Report> = (0..12).map(|_| parties.report(99)).collect();
        let reports: Vec<&Report> = reports.iter().collect();
        parties.send("one", &reports[..9]);
        check_problem(
            &parties.ask((99, 100), &reports[..9]),
            DapProblemType::InvalidBatchSize,
        );
        parties.send("two", &reports[9..]);
        check_problem(
            &parties.ask((99, 100), &reports[1..]),
            DapProblemType::BatchMismatch,
        );
        let answer = parties.ask((99, 100), &reports);
        assert_eq!(answer.status, 200);
        assert_eq!(
            parties.ask((99, 100), &reports),
            answer,
            "noise drawn again could be averaged away"
        );
        for other in [(98, 100), (99, 101), (90, 110)] {
            check_problem(&parties.ask(other, &reports), DapProblemType::BatchOverlap);
        }
        let late = parties.report(99);
        assert_eq!(
            refusals(&parties.send("three", &[&late])),
            [Some(PrepareError::BatchCollected)]
        );
    }

    #[test]
    fn nobody_but_the_leader_is_admitted() {
        let parties = Parties::new();
        let task = parties.leader.task;
        let head = |path: String, authorization| Head {
            method: "POST".to_owned(),
            path,
            media_type: None,
            authorization,
            from: std::net::IpAddr::from([127, 0, 0, 1]),
        };
        let path = format!("tasks/{task}/aggregate_shares");
        let status = |head: Head| parties.helper.admit(&head, NOW).map_err(|a| a.status);
        let leaders = parties.keys.shared.leader_password.bearer();
        let collectors = parties.keys.collector_password.bearer();
        assert_eq!(
            status(head(path.clone(), Some(leaders.clone()))),
            Ok(JOB_BYTES)
        );
        assert_eq!(status(head(path.clone(), Some(collectors))), Err(403));
        assert_eq!(status(head(path, None)), Err(403));
        let other = path_of_another_task();
        assert_eq!(status(head(other, Some(leaders))), Err(404));
    }

    fn path_of_another_task() -> String {
        let task = janus_messages::TaskId::from([0; 32]);
        format!("tasks/{task}/aggregate_shares")
    }
}
