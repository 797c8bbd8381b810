//! Asking another party over HTTP.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Request;

use crate::error::TogetherError;
use crate::keys::Secret;

/// Seconds until an unanswered request fails. A job of 200 reports takes a slow helper some seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bytes of an answer; the longest are those to a job, some 10 kB, and to the collector, 16 bytes a
/// product from each aggregator.
const ANSWER_BYTES: u64 = 4 * 1024 * 1024;

/// Another party's address, and the password for it.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    agent: Agent,
    url: String,
    password: Option<Secret>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    url: String,
}

impl Peer {
    pub(crate) fn new(url: &str, password: &Secret) -> Self {
        Self {
            password: Some(password.clone()),
            ..Self::without_password(url)
        }
    }

    pub(crate) fn without_password(url: &str) -> Self {
        // Redirects would carry reports to an address that nobody has agreed to.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .build();
        Self {
            agent: config.new_agent(),
            url: url.trim_end_matches('/').to_owned(),
            password: None,
        }
    }

    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        media_type: &str,
        body: &[u8],
    ) -> Result<Reply, TogetherError> {
        let url = format!("{}/{path}", self.url);
        let failed = |reason: String| TogetherError::Peer {
            url: url.clone(),
            reason,
        };
        let mut request = Request::builder().method(method).uri(&url);
        if !media_type.is_empty() {
            request = request.header("content-type", media_type);
        }
        if let Some(password) = &self.password {
            request = request.header("authorization", password.bearer());
        }
        let answer = match method {
            "GET" => {
                let request = request
                    .body(())
                    .map_err(|error| failed(error.to_string()))?;
                self.agent.run(request)
            }
            _ => {
                let request = request
                    .body(body)
                    .map_err(|error| failed(error.to_string()))?;
                self.agent.run(request)
            }
        };
        let mut answer = answer.map_err(|error| failed(error.to_string()))?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES)
            .read_to_vec()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Reply {
            status: answer.status().as_u16(),
            body,
            url,
        })
    }

    pub(crate) fn unexpected(&self, path: &str, reason: String) -> TogetherError {
        TogetherError::Peer {
            url: format!("{}/{path}", self.url),
            reason: format!("its answer is not of the protocol: {reason}"),
        }
    }
}

impl Reply {
    /// Whether the request itself is wrong, so that repeating it is of no use.
    pub(crate) fn is_refusal(&self) -> bool {
        (400..500).contains(&self.status) && self.status != 429
    }

    /// What the answer says about its reason.
    pub(crate) fn reason(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let detail = text
            .split_once(r#""detail":""#)
            .and_then(|(_, rest)| rest.split('"').next());
        match detail {
            Some(detail) => detail.to_owned(),
            None => format!("status {}", self.status),
        }
    }

    /// The body of a success.
    pub(crate) fn expect_ok(self) -> Result<Vec<u8>, TogetherError> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        Err(TogetherError::Peer {
            reason: self.reason(),
            url: self.url,
        })
    }
}
