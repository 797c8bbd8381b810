//! An aggregator on a socket: `hyper` reads the requests, one thread answers them.
//!
//! TLS is not here: like any service of a shop, it stands behind the proxy that the shop's host has
//! (nginx, Caddy), which also tells the client's address in a header.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};

use crate::error::TogetherError;
use crate::helper::Helper;
use crate::http::{Answer, Head, Party};
use crate::leader::{JOB_REPORTS, Leader, Worked};

/// Connections at the same time. Further ones wait.
const CONNECTIONS: usize = 256;
/// A client that takes longer to send a head or a body is cut off: a slow sender must not keep a
/// connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// The leader's rest when there is nothing to do, or little.
const REST: Duration = Duration::from_millis(500);
/// The leader's rest after the helper did not answer.
const RETRY: Duration = Duration::from_secs(10);

/// What a server needs to know besides its role.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The header in which the proxy in front tells the client's address; its last entry counts,
    /// which is the one that the nearest proxy has written. Without a proxy, `None`: a client could
    /// write anything.
    pub address_header: Option<String>,
    /// The shop's origin, if the page comes from another one than this server.
    pub origin: Option<String>,
}

/// A running aggregator. It stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
    working: Arc<std::sync::atomic::AtomicBool>,
}

impl Server {
    /// Starts the helper.
    ///
    /// # Errors
    /// When the address cannot be listened to.
    pub fn helper(helper: Helper, at: SocketAddr, place: Place) -> Result<Self, TogetherError> {
        Self::start(Arc::new(helper), at, place)
    }

    /// Starts the leader, which verifies reports as they come in. `tell` is called after every job,
    /// and with what went wrong.
    ///
    /// # Errors
    /// When the address cannot be listened to.
    pub fn leader(
        leader: Leader,
        at: SocketAddr,
        place: Place,
        tell: impl Fn(Result<Worked, TogetherError>) + Send + 'static,
    ) -> Result<Self, TogetherError> {
        let leader = Arc::new(leader);
        let mut server = Self::start(Arc::clone(&leader), at, place)?;
        let working = Arc::clone(&server.working);
        server.threads.push(thread::spawn(move || {
            while working.load(std::sync::atomic::Ordering::Relaxed) {
                let rest = match leader.work() {
                    Ok(worked) => {
                        // After a job that was not full the leader waits for more reports: each
                        // job is written to the disk three times, however small.
                        let is_full = worked.counted + worked.refused >= JOB_REPORTS;
                        if worked != Worked::default() {
                            tell(Ok(worked));
                        }
                        if is_full { Duration::ZERO } else { REST }
                    }
                    Err(error) => {
                        tell(Err(error));
                        RETRY
                    }
                };
                thread::park_timeout(rest);
            }
        }));
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it is stopped, which from outside is the end of the process.
    pub fn wait(mut self) {
        if let Some(thread) = self.threads.pop() {
            let _ = thread.join();
        }
    }

    fn start(party: Arc<impl Party>, at: SocketAddr, place: Place) -> Result<Self, TogetherError> {
        let failed = |error: std::io::Error| TogetherError::Peer {
            url: format!("http://{at}"),
            reason: format!(
                "cannot be listened to ({error}): choose another port, or stop the program that has it"
            ),
        };
        let place = Arc::new(Headers::of(&place)?);
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let listener = runtime.block_on(TcpListener::bind(at)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || run(&runtime, listener, party, place, stopped));
        Ok(Self {
            address,
            stop: Some(stop),
            threads: vec![thread],
            working: Arc::new(std::sync::atomic::AtomicBool::new(true)),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.working
            .store(false, std::sync::atomic::Ordering::Relaxed);
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// [`Place`] in the types of headers.
#[derive(Debug)]
struct Headers {
    address: Option<HeaderName>,
    origin: Option<HeaderValue>,
}

impl Headers {
    fn of(place: &Place) -> Result<Self, TogetherError> {
        let refuse = |field, found: &str, expected| TogetherError::Terms {
            field,
            found: format!("'{found}'"),
            expected,
        };
        let address = place.address_header.as_deref().map(|name| {
            let parsed = HeaderName::try_from(name);
            parsed.map_err(|_name| refuse("address_header", name, "the name of a header"))
        });
        let origin = place.origin.as_deref().map(|origin| {
            let parsed = HeaderValue::try_from(origin);
            parsed.map_err(|_value| refuse("origin", origin, "an origin like https://shop.example"))
        });
        Ok(Self {
            address: address.transpose()?,
            origin: origin.transpose()?,
        })
    }

    /// Who sends a request: the connection's other end, or whom the proxy names.
    fn client(&self, headers: &HeaderMap, connected: IpAddr) -> IpAddr {
        let Some(name) = &self.address else {
            return connected;
        };
        let named = headers
            .get_all(name)
            .iter()
            .next_back()
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.rsplit(',').next())
            .and_then(|value| value.trim().parse().ok());
        named.unwrap_or(connected)
    }
}

fn run(
    runtime: &Runtime,
    listener: TcpListener,
    party: Arc<impl Party>,
    place: Arc<Headers>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.spawn(accept(listener, party, place));
    // Also when the sender was dropped. What is under way ends with the runtime.
    let _ = runtime.block_on(stopped);
}

async fn accept(listener: TcpListener, party: Arc<impl Party>, place: Arc<Headers>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        let (stream, client) = match listener.accept().await {
            Ok(accepted) => accepted,
            // A connection that broke concerns nobody else; too many open files pass.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (party, place) = (Arc::clone(&party), Arc::clone(&place));
        tokio::spawn(async move {
            let service = service_fn(|request| {
                answer(Arc::clone(&party), Arc::clone(&place), client.ip(), request)
            });
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .max_headers(64)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(permit);
        });
    }
}

async fn answer(
    party: Arc<impl Party>,
    place: Arc<Headers>,
    connected: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let now_s = now_s();
    let (parts, body) = request.into_parts();
    if parts.method == hyper::Method::OPTIONS {
        return Ok(response(Answer::empty(204), &place));
    }
    let text = |name: HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let head = Head {
        method: parts.method.to_string(),
        path: parts.uri.path().trim_start_matches('/').to_owned(),
        media_type: text(hyper::header::CONTENT_TYPE),
        authorization: text(hyper::header::AUTHORIZATION),
        from: place.client(&parts.headers, connected),
    };
    let limit = match party.admit(&head, now_s) {
        Ok(limit) => limit,
        Err(refusal) => return Ok(response(refusal, &place)),
    };
    let body = tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect()).await;
    let body = match body {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_too_long_or_broken)) => return Ok(response(Answer::empty(413), &place)),
        Err(_too_slow) => return Ok(response(Answer::empty(408), &place)),
    };
    // Verifying and writing take milliseconds to seconds, in which other requests are read.
    let answered = tokio::task::spawn_blocking(move || party.answer(&head, &body, now_s)).await;
    let answered = answered.unwrap_or_else(|_panicked| Answer::later(500, 30));
    Ok(response(answered, &place))
}

fn response(answer: Answer, place: &Headers) -> Response<Full<Bytes>> {
    let mut out = Response::new(Full::new(Bytes::from(answer.body)));
    *out.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = out.headers_mut();
    headers.insert(
        hyper::header::CONTENT_TYPE,
        HeaderValue::from_static(answer.media_type),
    );
    headers.insert(
        hyper::header::CACHE_CONTROL,
        HeaderValue::from_static("no-store"),
    );
    if let Some(seconds) = answer.retry_after_s {
        headers.insert(hyper::header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(origin) = &place.origin {
        for (name, value) in [
            ("access-control-allow-origin", origin.clone()),
            (
                "access-control-allow-methods",
                HeaderValue::from_static("GET, PUT"),
            ),
            (
                "access-control-allow-headers",
                HeaderValue::from_static("content-type"),
            ),
            ("vary", HeaderValue::from_static("origin")),
        ] {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    out
}

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
