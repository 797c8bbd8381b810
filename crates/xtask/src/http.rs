//! The rules of the static server, independent of sockets: which file an address names, in which
//! encoding, with which headers.

use std::path::{Path, PathBuf};

use fewshop_web::state::SECOND_SHOP;

use crate::compress::Encoding;
use crate::page::Base;
use crate::policy::headers;
use crate::{tables, together};

/// A parsed request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Whether the method is HEAD.
    pub(crate) head_only: bool,
    /// The target as in the request line.
    pub(crate) target: String,
    /// Encodings that the browser accepts, the smallest first.
    pub(crate) accepts: Vec<Encoding>,
    /// `If-None-Match`.
    pub(crate) known: Option<String>,
    /// Whether to close the connection after the answer.
    pub(crate) close: bool,
}

/// Why a request is not answered with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not an HTTP request, or its target is outside the site.
    BadRequest,
    /// A method other than GET and HEAD.
    MethodNotAllowed,
    /// No such file.
    NotFound,
    /// The server itself failed.
    Internal,
}

impl Refusal {
    /// Code and reason for the status line.
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::BadRequest => "400 Bad Request",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::NotFound => "404 Not Found",
            Self::Internal => "500 Internal Server Error",
        }
    }
}

impl Request {
    /// Parses the head of a request: its first line and its headers, without the empty line.
    pub(crate) fn parse(head: &str) -> Result<Self, Refusal> {
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or("").split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::BadRequest);
        };
        if !version.starts_with("HTTP/1.") {
            return Err(Refusal::BadRequest);
        }
        if !["GET", "HEAD"].contains(&method) {
            return Err(Refusal::MethodNotAllowed);
        }
        let mut request = Self {
            head_only: method == "HEAD",
            target: target.to_owned(),
            accepts: Vec::new(),
            known: None,
            close: version == "HTTP/1.0",
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "accept-encoding" => request.accepts = accepted(value),
                "if-none-match" => request.known = Some(value.to_owned()),
                "connection" => request.close |= value.eq_ignore_ascii_case("close"),
                _ => {}
            }
        }
        Ok(request)
    }
}

/// The encodings named in `Accept-Encoding`, without those excluded by `q=0`.
fn accepted(header: &str) -> Vec<Encoding> {
    let named = |token: &str| {
        header.split(',').any(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let name = parts.next().unwrap_or("");
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .and_then(|q| q.parse::<f32>().ok())
                .unwrap_or(1.0);
            name.eq_ignore_ascii_case(token) && weight > 0.0
        })
    };
    Encoding::ALL
        .into_iter()
        .filter(|encoding| named(encoding.token()))
        .collect()
}

/// The file that an address names, relative to the site. `None` if it leads out of the site or is
/// malformed.
///
/// An address whose last segment has no dot is a route of the shop, which the page itself resolves:
/// it gets the page, and below the second shop's folder that shop's page.
pub(crate) fn file_of(target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = percent_decode(path)?;
    let mut file = PathBuf::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        // No '..', hidden files, drive letters or other separators: they could lead out of the
        // site.
        if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(part);
    }
    let is_route = path.ends_with('/') || file.extension().is_none();
    let pages = [tables::FOLDER, together::FOLDER].map(Path::new);
    Some(if is_route && pages.contains(&file.as_path()) {
        file.join("index.html")
    } else if is_route && file.starts_with(SECOND_SHOP) {
        Path::new(SECOND_SHOP).join("index.html")
    } else if is_route {
        PathBuf::from("index.html")
    } else {
        file
    })
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex = [rest.next()?, rest.next()?];
            if !hex.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Media type by extension.
pub(crate) fn media_type(path: &Path) -> &'static str {
    match path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("")
    {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        // With any other type, the browser does not compile while loading.
        "wasm" => "application/wasm",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The headers of every answer; see [`headers`] for `reports`.
pub(crate) fn common_headers(reports: Option<&str>) -> String {
    let lines: String = headers(&Base::default(), reports)
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    lines + "Vary: Accept-Encoding\r\n"
}

/// Whether `If-None-Match` names this tag.
pub(crate) fn is_known(header: Option<&str>, tag: &str) -> bool {
    header.is_some_and(|header| {
        header
            .split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(target: &str, expected: Option<&str>) {
        assert_eq!(file_of(target), expected.map(PathBuf::from), "{target}");
    }

    #[test]
    fn addresses_are_files_of_the_site() {
        check_file("/", Some("index.html"));
        check_file("/gift", Some("gift/index.html"));
        check_file("/gift/product/or22", Some("gift/index.html"));
        check_file("/gift/sw.js", Some("gift/sw.js"));
        check_file("/gifts", Some("index.html"));
        check_file("/tables", Some("tables/index.html"));
        check_file("/tables/", Some("tables/index.html"));
        check_file("/together/", Some("together/index.html"));
        check_file("/tables/page.js", Some("tables/page.js"));
        check_file("/app/fewshop-web.js?v=1", Some("app/fewshop-web.js"));
        check_file(
            "/assets//pictures/1f34c.webp",
            Some("assets/pictures/1f34c.webp"),
        );
        check_file("/a%20b.txt", Some("a b.txt"));
    }

    #[test]
    fn routes_of_the_shop_get_the_page() {
        check_file("/product/12?backend=cpu", Some("index.html"));
        check_file("/department/Dairy%20%26%20eggs", Some("index.html"));
        check_file("/v1.2/", Some("index.html"));
    }

    #[test]
    fn nothing_outside_of_the_site_is_reached() {
        for target in [
            "/../Cargo.toml",
            "/a/../../x.txt",
            "/%2e%2e/x.txt",
            "/..%2fx.txt",
            "/a\\..\\x.txt",
            "/c:/x.txt",
            "/.git/x.txt",
        ] {
            check_file(target, None);
        }
        for target in [
            "",
            "x.txt",
            "http://other/x.txt",
            "/%",
            "/%2",
            "/%+1",
            "/%ff",
        ] {
            check_file(target, None);
        }
    }

    #[test]
    fn an_absolute_path_inside_the_address_stays_inside() {
        check_file("//etc/hosts.txt", Some("etc/hosts.txt"));
    }

    #[test]
    fn requests_are_read() {
        let request =
            Request::parse("GET /a.js HTTP/1.1\r\nHost: x\r\naccept-encoding: gzip, br;q=0.9\r\nIf-None-Match: \"1\"").unwrap();
        assert_eq!(
            request,
            Request {
                head_only: false,
                target: "/a.js".into(),
                accepts: vec![Encoding::Brotli, Encoding::Gzip],
                known: Some("\"1\"".into()),
                close: false
            }
        );
        assert!(
            Request::parse("HEAD / HTTP/1.0")
                .is_ok_and(|request| request.head_only && request.close)
        );
    }

    #[test]
    fn other_requests_are_refused() {
        assert_eq!(
            Request::parse("POST / HTTP/1.1"),
            Err(Refusal::MethodNotAllowed)
        );
        for head in ["", "GET /", "GET / HTTP/2", "GET / a HTTP/1.1"] {
            assert_eq!(Request::parse(head), Err(Refusal::BadRequest), "{head}");
        }
    }

    #[test]
    fn a_form_that_is_ruled_out_is_not_sent() {
        assert_eq!(accepted("br;q=0, gzip"), [Encoding::Gzip]);
        assert_eq!(accepted("identity"), []);
    }

    #[test]
    fn a_known_tag_is_found_in_a_list() {
        assert!(is_known(Some("\"a\", W/\"b\""), "\"b\""));
        assert!(!is_known(Some("\"a\""), "\"b\"") && !is_known(None, "\"b\""));
    }

    #[test]
    fn wasm_and_modules_have_the_types_that_browsers_insist_on() {
        assert_eq!(media_type(Path::new("a/b.wasm")), "application/wasm");
        assert!(media_type(Path::new("b.mjs")).starts_with("text/javascript"));
        assert_eq!(
            media_type(Path::new("shop.pack")),
            "application/octet-stream"
        );
    }
}
