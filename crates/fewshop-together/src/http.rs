//! Requests and answers of the protocol, apart from sockets.

use std::net::IpAddr;

use janus_messages::TaskId;
use janus_messages::problem_type::DapProblemType;

/// What is known of a request before its body is read.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) method: String,
    /// The path without the leading slash.
    pub(crate) path: String,
    pub(crate) media_type: Option<String>,
    pub(crate) authorization: Option<String>,
    /// Who sends it.
    pub(crate) from: IpAddr,
}

impl Head {
    /// The path's parts.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.path.split('/').collect()
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// Seconds after which to ask again.
    pub(crate) retry_after_s: Option<u64>,
}

impl Answer {
    /// With a message of the protocol.
    pub(crate) fn with(status: u16, media_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            status,
            media_type,
            body,
            retry_after_s: None,
        }
    }

    /// Without content.
    pub(crate) fn empty(status: u16) -> Self {
        Self::with(status, "text/plain", Vec::new())
    }

    /// Try again later.
    pub(crate) fn later(status: u16, seconds: u64) -> Self {
        Self {
            retry_after_s: Some(seconds),
            ..Self::empty(status)
        }
    }

    /// A refusal, as RFC 9457 and DAP-09 (section 3.2) write it. `detail` must need no escaping.
    pub(crate) fn problem(
        status: u16,
        problem: DapProblemType,
        task: &TaskId,
        detail: &str,
    ) -> Self {
        let detail: String = detail
            .chars()
            .map(|c| {
                if c == '"' || c == '\\' || c.is_control() {
                    '\''
                } else {
                    c
                }
            })
            .collect();
        let body = format!(
            r#"{{"type":"{}","title":"{}","status":{status},"detail":"{detail}","taskid":"{task}"}}"#,
            problem.type_uri(),
            problem.description(),
        );
        Self::with(status, "application/problem+json", body.into_bytes())
    }
}

/// One aggregator.
pub(crate) trait Party: Send + Sync + 'static {
    /// Decides by the head alone: how many bytes of body are read, or why none are.
    fn admit(&self, head: &Head, now_s: u64) -> Result<usize, Answer>;

    /// Answers. The body has at most the bytes that were admitted.
    fn answer(&self, head: &Head, body: &[u8], now_s: u64) -> Answer;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_json_whatever_the_detail_says() {
        let task = TaskId::from([0; 32]);
        let answer = Answer::problem(400, DapProblemType::BatchInvalid, &task, "a \"b\" \\ \n");
        let json: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(json["detail"], "a 'b' ' '");
        assert_eq!(json["status"], 400);
    }
}
