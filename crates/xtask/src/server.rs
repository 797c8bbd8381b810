//! A small static server for this machine: one thread per connection, files read on request.
//!
//! Not a library, because none was better at the whole job. Built alone in the dev profile, axum
//! 0.8 with tower-http 0.6 is 43 crates and 65 s of CPU, which everybody would wait for before the
//! first page; and its `ServeDir` revalidates by modification time, while a rebuild here changes
//! times without changing content. tiny_http 0.12 takes 10 s, but its last release is from 2022,
//! and it would replace only the reading of requests, about 80 lines: routes, media types,
//! compressed copies, tags and headers would remain.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use fewshop_web::state::SECOND_SHOP;

use crate::files::digest;
use crate::http::{Refusal, Request, common_headers, file_of, is_known, media_type};
use crate::together::Asking;

/// Bytes of a request's head. Only a mistake is longer.
const HEAD_LIMIT: u64 = 16 * 1024;
/// Bytes that are read and dropped before a connection is closed.
const DRAIN_LIMIT: u64 = 1024 * 1024;
/// Browsers keep spare connections open. A thread waits this long on one.
const IDLE: Duration = Duration::from_secs(60);

/// A server that listens but does not answer yet.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    site: Arc<PathBuf>,
}

impl Server {
    /// Listens on 127.0.0.1. Port 0 picks a free one.
    pub(crate) fn bind(site: &Path, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("failed to listen on port {port}: another server may be using it; choose another port with --port")
        })?;
        Ok(Self {
            listener,
            site: Arc::new(site.to_path_buf()),
        })
    }

    /// The address that it listens on.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        self.listener
            .local_addr()
            .context("failed to read the server's own address")
    }

    /// The page's address.
    pub(crate) fn url(&self) -> Result<String> {
        Ok(format!("http://{}", self.address()?))
    }

    /// Answers until the process ends.
    pub(crate) fn run(&self) {
        // The site has been built by now, and says to whom its pages may talk. A file that the build
        // refuses allows nobody.
        let asking = Asking::of_site(&self.site).ok().flatten();
        let reports = asking.as_ref().map(|asking| &*asking.origin);
        let headers: Arc<str> = common_headers(reports).into();
        for stream in self.listener.incoming().flatten() {
            let (site, headers) = (Arc::clone(&self.site), Arc::clone(&headers));
            // A connection fails when the browser hangs up: nobody is left to read an error.
            std::thread::spawn(move || serve_connection(stream, &site, &headers).ok());
        }
    }
}

fn serve_connection(stream: TcpStream, site: &Path, headers: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some(head) = read_head(&mut reader)? {
        let request = Request::parse(&head);
        // After a malformed request the start of the next one is unknown.
        let close = request.as_ref().map_or(true, |request| request.close);
        let (head_only, answer) = match request {
            Ok(request) => (
                request.head_only,
                answer(&request, site, headers).unwrap_or_else(|refusal| refuse(refusal, headers)),
            ),
            Err(refusal) => (false, refuse(refusal, headers)),
        };
        stream.write_all(answer.head.as_bytes())?;
        if !head_only {
            stream.write_all(&answer.body)?;
        }
        if close {
            // Closing a connection with unread bytes resets it, and the answer could be lost.
            stream.shutdown(Shutdown::Write)?;
            std::io::copy(&mut reader.take(DRAIN_LIMIT), &mut std::io::sink())?;
            break;
        }
    }
    Ok(())
}

/// The lines before the empty one; `None` if the connection ended.
fn read_head(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut limited = reader.take(HEAD_LIMIT);
    loop {
        let before = head.len();
        if limited.read_until(b'\n', &mut head)? == 0 {
            // The head ended early or is too long: an empty head, which is refused as malformed.
            return Ok(if head.is_empty() {
                None
            } else {
                Some(String::new())
            });
        }
        if head[before..].trim_ascii().is_empty() && before > 0 {
            return Ok(Some(
                String::from_utf8_lossy(&head[..before])
                    .trim_end()
                    .to_owned(),
            ));
        }
    }
}

struct Answer {
    head: String,
    body: Vec<u8>,
}

fn answer(request: &Request, site: &Path, common: &str) -> Result<Answer, Refusal> {
    let file = file_of(&request.target).ok_or(Refusal::BadRequest)?;
    let mut path = site.join(&file);
    if file == Path::new(SECOND_SHOP).join("index.html") && !path.is_file() {
        // A site of one shop.
        path = site.join("index.html");
    }
    let small = request
        .accepts
        .iter()
        .find_map(|encoding| Some((*encoding, fs::read(encoding.beside(&path)).ok()?)));
    let (encoding, body) = match small {
        Some((encoding, body)) => (Some(encoding), body),
        None => (None, read_file(&path)?),
    };
    let tag = format!("\"{}\"", &digest(&body)[..20]);
    let mut headers = common.to_owned();
    headers.push_str(&format!("ETag: {tag}\r\n"));
    if is_known(request.known.as_deref(), &tag) {
        return Ok(Answer {
            head: format!("HTTP/1.1 304 Not Modified\r\n{headers}\r\n"),
            body: Vec::new(),
        });
    }
    if let Some(encoding) = encoding {
        headers.push_str(&format!("Content-Encoding: {}\r\n", encoding.token()));
    }
    headers.push_str(&format!(
        "Content-Type: {}\r\nContent-Length: {}\r\n",
        media_type(&file),
        body.len()
    ));
    Ok(Answer {
        head: format!("HTTP/1.1 200 OK\r\n{headers}\r\n"),
        body,
    })
}

fn read_file(path: &Path) -> Result<Vec<u8>, Refusal> {
    fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound
        | std::io::ErrorKind::IsADirectory
        | std::io::ErrorKind::NotADirectory => Refusal::NotFound,
        _ => Refusal::Internal,
    })
}

fn refuse(refusal: Refusal, common: &str) -> Answer {
    let body = format!("{}\n", refusal.status()).into_bytes();
    let head = format!(
        "HTTP/1.1 {}\r\n{}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
        refusal.status(),
        common,
        body.len()
    );
    Answer { head, body }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends one request to a server for a small site and returns the whole answer.
    fn ask(request: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("index.html"), "<p>page").unwrap();
        fs::write(dir.path().join("a.js"), "let a = 1").unwrap();
        fs::write(dir.path().join("a.js.br"), "small").unwrap();
        let server = Server::bind(dir.path(), 0).unwrap();
        let mut stream = TcpStream::connect(server.address().unwrap()).unwrap();
        std::thread::spawn(move || server.run());
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_route_gets_the_page_with_its_policy() {
        let text = ask("GET /product/1 HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(
            text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\n<p>page"),
            "{text}"
        );
        assert!(
            text.contains("Content-Security-Policy: default-src 'none';")
                && text.contains("nosniff")
        );
    }

    #[test]
    fn the_small_form_goes_to_those_who_take_it() {
        let text = ask("GET /a.js HTTP/1.1\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n");
        assert!(
            text.contains("Content-Encoding: br\r\n")
                && text.contains("Content-Type: text/javascript")
                && text.ends_with("small")
        );
        let text = ask("GET /a.js HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert!(!text.contains("Content-Encoding") && text.ends_with("let a = 1"));
    }

    #[test]
    fn a_file_that_the_browser_has_is_not_sent_again() {
        let tag = format!("\"{}\"", &digest(b"let a = 1")[..20]);
        let text = ask(&format!(
            "GET /a.js HTTP/1.1\r\nIf-None-Match: {tag}\r\nConnection: close\r\n\r\n"
        ));
        assert!(
            text.starts_with("HTTP/1.1 304") && text.ends_with("\r\n\r\n"),
            "{text}"
        );
    }

    #[test]
    fn a_connection_carries_more_than_one_request() {
        let text = ask("GET /a.js HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 2);
        assert!(text.ends_with("\r\n\r\n"), "a HEAD has no body: {text}");
    }

    #[test]
    fn what_is_not_there_or_outside_is_refused() {
        assert!(
            ask("GET /engine/gpu/fewshop_wasm.js HTTP/1.1\r\nConnection: close\r\n\r\n")
                .starts_with("HTTP/1.1 404")
        );
        assert!(
            ask("GET /../secret.txt HTTP/1.1\r\nConnection: close\r\n\r\n")
                .starts_with("HTTP/1.1 400")
        );
        assert!(ask("POST / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
        assert!(ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
        assert!(
            ask(&format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20_000)))
                .starts_with("HTTP/1.1 400")
        );
    }
}
