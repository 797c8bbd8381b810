//! Opening a batch for the collector: once, with the helper's half.

use janus_messages::codec::Decode;
use janus_messages::problem_type::DapProblemType;
use janus_messages::query_type::TimeInterval;
use janus_messages::{
    AggregateShare, AggregateShareReq, BatchSelector, Collection, CollectionReq, Interval,
    PartialBatchSelector, ReportIdChecksum,
};

use super::Leader;
use crate::desk::interval;
use crate::error::TogetherError;
use crate::http::Answer;
use crate::report::encoded;
use crate::store::{Opened, Span, Tx, When};

/// Seconds after which the collector asks again.
const ASK_AGAIN_S: u64 = 1;

/// What comes next with a question of the collector.
enum Step {
    /// It is answered.
    Done(Answer),
    /// The helper is asked for its half.
    Ask {
        question: Vec<u8>,
        leaders_part: Vec<u8>,
    },
}

impl Leader {
    /// A new question of the collector.
    pub(super) fn asked(&self, id: &str, body: &[u8], now_s: u64) -> Result<Answer, TogetherError> {
        let Ok(request) = CollectionReq::<TimeInterval>::get_decoded(body) else {
            return Ok(self.problem(400, DapProblemType::InvalidMessage, "not a question"));
        };
        let Some(span) = self.desk.span(request.query().batch_interval()) else {
            let detail = "the batch does not begin and end with a bucket";
            return Ok(self.problem(400, DapProblemType::BatchInvalid, detail));
        };
        // Opening them would refuse all their reports.
        if span.end > self.desk.terms.bucket_of(now_s) + self.desk.terms.draft().bucket_s {
            let detail = "the batch has days that have not begun";
            return Ok(self.problem(400, DapProblemType::BatchInvalid, detail));
        }
        self.desk
            .store
            .write(When::Now, |tx| match tx.asked(id.as_bytes())? {
                Some(known) if known != body => {
                    let detail = "this name was given to another question";
                    Ok(self.problem(400, DapProblemType::InvalidMessage, detail))
                }
                _ => {
                    tx.put_asked(id.as_bytes(), body)?;
                    Ok(Answer::empty(201))
                }
            })
    }

    /// The answer to a question of the collector, once there is one.
    pub(super) fn collected(&self, id: &str) -> Result<Answer, TogetherError> {
        let question = self
            .desk
            .store
            .write(When::Later, |tx| tx.asked(id.as_bytes()))?;
        let request = question
            .as_deref()
            .and_then(|question| CollectionReq::<TimeInterval>::get_decoded(question).ok());
        let Some(request) = request else {
            return Ok(Answer::empty(404));
        };
        let interval = *request.query().batch_interval();
        let Some(span) = self.desk.span(&interval) else {
            return Ok(Answer::empty(404));
        };
        let step = self
            .desk
            .store
            .write(When::Now, |tx| self.open(tx, span, interval))?;
        let (question, leaders_part) = match step {
            Step::Done(answer) => return Ok(answer),
            Step::Ask {
                question,
                leaders_part,
            } => (question, leaders_part),
        };
        let path = format!("tasks/{}/aggregate_shares", self.desk.task);
        let media_type = AggregateShareReq::<TimeInterval>::MEDIA_TYPE;
        let reply = self.helper.send("POST", &path, media_type, &question)?;
        if reply.is_refusal() {
            return Ok(self.problem(
                400,
                DapProblemType::BatchMismatch,
                &format!("the helper refuses to open the batch: {}", reply.reason()),
            ));
        }
        let helpers_part = AggregateShare::get_decoded(&reply.expect_ok()?)
            .map_err(|error| self.helper.unexpected(&path, error.to_string()))?;
        let mut part = Collection::<TimeInterval>::get_decoded(&leaders_part).map_err(|error| {
            TogetherError::Message {
                what: "a stored batch",
                reason: error.to_string(),
            }
        })?;
        part = Collection::new(
            part.partial_batch_selector().clone(),
            part.report_count(),
            *part.interval(),
            part.leader_encrypted_aggregate_share().clone(),
            helpers_part.encrypted_aggregate_share().clone(),
        );
        let answer = encoded(&part)?;
        self.desk.store.write(When::Now, |tx| {
            tx.open_batch(&Opened {
                span,
                question: Vec::new(),
                answer: answer.clone(),
            })
        })?;
        Ok(Answer::with(
            200,
            Collection::<TimeInterval>::MEDIA_TYPE,
            answer,
        ))
    }

    /// Opens the leader's half of a batch, or finds what was opened. An opened batch has the
    /// question for the helper as long as the helper has not answered it.
    fn open(&self, tx: &Tx<'_>, span: Span, asked: Interval) -> Result<Step, TogetherError> {
        for opened in tx.opened()? {
            if opened.span == span && opened.question.is_empty() {
                let media_type = Collection::<TimeInterval>::MEDIA_TYPE;
                return Ok(Step::Done(Answer::with(200, media_type, opened.answer)));
            }
            if opened.span == span {
                return Ok(Step::Ask {
                    question: opened.question,
                    leaders_part: opened.answer,
                });
            }
            if opened.span.overlaps(span) {
                let detail =
                    "a part of this batch has been opened before, together with other days";
                let problem = self.problem(400, DapProblemType::BatchOverlap, detail);
                return Ok(Step::Done(problem));
            }
        }
        if !tx.pending(span, 1)?.is_empty() {
            return Ok(Step::Done(Answer::later(202, ASK_AGAIN_S)));
        }
        let sums = tx.sums(&self.desk.vdaf, self.desk.watched(), span)?;
        let min_batch = self.desk.terms.draft().min_batch;
        let Some((first, last)) = sums.buckets.filter(|_| sums.reports >= min_batch) else {
            // How many there are is not said: the difference of two answers would be a visit.
            let detail = format!(
                "fewer than {min_batch} visits, which the terms promise: wait, or ask for more days"
            );
            let problem = self.problem(400, DapProblemType::InvalidBatchSize, &detail);
            return Ok(Step::Done(problem));
        };
        let question = encoded(&AggregateShareReq::<TimeInterval>::new(
            BatchSelector::new_time_interval(asked),
            Vec::new(),
            sums.reports,
            ReportIdChecksum::from(sums.checksum),
        ))?;
        let covered = interval(Span {
            start: first,
            end: last + self.desk.terms.draft().bucket_s,
        })?;
        let reports = sums.reports;
        let sealed = self.desk.sealed_sums(sums, asked)?;
        // The helper's part is filled in when it has answered.
        let leaders_part = encoded(&Collection::<TimeInterval>::new(
            PartialBatchSelector::new_time_interval(),
            reports,
            covered,
            sealed.clone(),
            sealed,
        ))?;
        tx.open_batch(&Opened {
            span,
            question: question.clone(),
            answer: leaders_part.clone(),
        })?;
        Ok(Step::Ask {
            question,
            leaders_part,
        })
    }
}
