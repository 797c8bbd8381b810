//! From the bytes on disk to text: compression, encoding, separators, and quotes that swallow rows.
//!
//! A plain UTF-8 file is read as a stream. Anything that has to be unpacked or decoded is held in
//! memory as a whole.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::quotes::{self, Merged};
use crate::files::error::shorten;
use crate::files::{FileError, Place};

/// Maximum size of an unpacked file: a constant, plus this many bytes for each packed byte. Logs
/// shrink to a tenth or a hundredth; what grows more is no log.
const MAX_UNPACKED: [u64; 2] = [16 << 20, 400];

/// What a file holds, once it is unpacked and decoded.
pub(crate) enum Source {
    /// A Parquet file.
    Parquet(File),
    /// Lines of text.
    Text(TextSource),
}

/// Text with separated fields, JSON or XML.
pub(crate) struct TextSource {
    pub(crate) body: Body,
    pub(crate) kind: TextKind,
    /// What had to be done to the file, for people.
    pub(crate) notes: Vec<String>,
    /// Fields with characters after their closing quote.
    pub(crate) stray_quotes: quotes::Stray,
}

/// Where the text is.
pub(crate) enum Body {
    /// In the file itself, from its first byte.
    File(File),
    /// Unpacked or decoded; the first line has this number in the file.
    Memory { text: Vec<u8>, first_line: u64 },
}

impl Body {
    /// The text, if it is in memory; JSON and XML always are.
    pub(crate) fn text(&self) -> &[u8] {
        match self {
            Self::Memory { text, .. } => text,
            Self::File(_) => &[],
        }
    }
}

/// The kind of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// Fields with this separator.
    Separated(u8),
    /// JSON, one object in a line or a list of objects.
    Json,
    /// XML.
    Xml,
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    |source| FileError::Read {
        path: path.to_owned(),
        source,
    }
}

fn format(path: &Path, found: &str, advice: &str) -> FileError {
    FileError::Format {
        path: path.to_owned(),
        found: found.to_owned(),
        expected: "a CSV, JSON, XML or Parquet file, perhaps packed with gzip or zstd".to_owned(),
        advice: advice.to_owned(),
    }
}

/// Opens a file, unpacks and decodes it as far as that is needed, and finds its separator.
///
/// # Errors
/// When it cannot be read, is empty, is of a kind that cannot be read, ends inside a packed stream
/// or inside quotes, or quotes merge rows.
pub(crate) fn open(path: &Path, expected: &str) -> Result<Source, FileError> {
    let mut file = File::open(path).map_err(unreadable(path))?;
    if file.metadata().map_err(unreadable(path))?.is_dir() {
        return Err(unreadable(path)(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        )));
    }
    let mut magic = Vec::with_capacity(8);
    file.by_ref()
        .take(8)
        .read_to_end(&mut magic)
        .map_err(unreadable(path))?;
    file.rewind().map_err(unreadable(path))?;
    let empty = || FileError::Empty {
        path: path.to_owned(),
        expected: expected.to_owned(),
    };
    if magic.is_empty() {
        return Err(empty());
    }
    if magic.starts_with(b"PAR1") {
        return Ok(Source::Parquet(file));
    }
    if let Some((found, advice)) = other_kind(&magic) {
        return Err(format(path, found, advice));
    }
    let named_parquet = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
    if named_parquet {
        return Err(format(
            path,
            "a file without Parquet's magic bytes",
            "write it again, or name it .csv if it is text",
        ));
    }
    let mut notes = Vec::new();
    let unpacked = unpack(path, &mut file, &magic)?;
    let mut text = match unpacked {
        Some((bytes, packer)) => {
            if bytes.is_empty() {
                return Err(empty());
            }
            if let Some((found, advice)) = other_kind(&bytes) {
                return Err(format(path, &format!("{found} inside {packer}"), advice));
            }
            if bytes.starts_with(b"PAR1") {
                return Err(format(
                    path,
                    &format!("a Parquet file packed with {packer}"),
                    "unpack it: Parquet is packed inside",
                ));
            }
            notes.push(format!("unpacked with {packer}"));
            Some(bytes)
        }
        None => None,
    };
    let encoding = match &text {
        Some(bytes) => encoding_of(&mut bytes.as_slice()),
        None => {
            let found = encoding_of(&mut io::BufReader::with_capacity(1 << 18, &mut file));
            file.rewind().map_err(unreadable(path))?;
            found
        }
    }
    .map_err(unreadable(path))?;
    if let Some(decoder) = encoding.decoder() {
        let bytes = match text.take() {
            Some(bytes) => bytes,
            None => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(unreadable(path))?;
                bytes
            }
        };
        text = Some(decode(path, &bytes, decoder, encoding)?);
        notes.push(format!("decoded from {}", encoding.name()));
    }
    let body = match text {
        Some(text) => Body::Memory {
            text,
            first_line: 1,
        },
        None => Body::File(file),
    };
    finish(path, body, notes, expected)
}

/// A file that is no table, by its first bytes: what it is and what to do.
fn other_kind(magic: &[u8]) -> Option<(&'static str, &'static str)> {
    match magic {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some((
            "a spreadsheet or zip file",
            "unzip it, or export the sheet as 'CSV UTF-8'",
        )),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            Some(("an old Excel file", "export the sheet as 'CSV UTF-8'"))
        }
        [b'B', b'Z', b'h', ..] => Some(("a bzip2 file", "unpack it with bunzip2")),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Some(("an xz file", "unpack it with unxz")),
        [b'7', b'z', 0xbc, 0xaf, ..] => Some(("a 7-zip file", "unpack it")),
        [b'O', b'b', b'j', 1, ..] => Some((
            "an Avro file",
            "export it as Parquet or as JSON lines instead",
        )),
        [b'O', b'R', b'C', ..] => Some(("an ORC file", "export it as Parquet instead")),
        [b'%', b'P', b'D', b'F', ..] => Some(("a PDF", "export the table as CSV")),
        _ => None,
    }
}

/// Unpacks gzip (also of several members) and zstd.
fn unpack(
    path: &Path,
    file: &mut File,
    magic: &[u8],
) -> Result<Option<(Vec<u8>, &'static str)>, FileError> {
    let size = file.metadata().map_err(unreadable(path))?.len();
    let most = MAX_UNPACKED[0].saturating_add(MAX_UNPACKED[1].saturating_mul(size));
    let mut bytes = Vec::new();
    let (read, packer) = match magic {
        [0x1f, 0x8b, ..] => (
            flate2::read::MultiGzDecoder::new(io::BufReader::new(&mut *file))
                .take(most + 1)
                .read_to_end(&mut bytes),
            "gzip",
        ),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => (
            zstd::stream::read::Decoder::new(&mut *file)
                .and_then(|decoder| decoder.take(most + 1).read_to_end(&mut bytes)),
            "zstd",
        ),
        _ => return Ok(None),
    };
    if let Err(error) = read {
        let lines = bytes.iter().filter(|&&b| b == b'\n').count();
        let found = format!(
            "a {packer} file that is damaged or incomplete after {lines} lines ({})",
            shorten(&error.to_string())
        );
        return Err(format(path, &found, "copy or download it again"));
    }
    if bytes.len() as u64 > most {
        let found = format!("a {packer} file that unpacks to more than {most} bytes");
        return Err(format(
            path,
            &found,
            "unpack it yourself, if it really is a table",
        ));
    }
    Ok(Some((bytes, packer)))
}

/// How the characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// UTF-8, or something that only a row's own error can explain.
    Utf8,
    Utf16Le,
    Utf16Be,
    Cp1252,
    Gb18030,
}

impl Encoding {
    fn decoder(self) -> Option<&'static encoding_rs::Encoding> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le => Some(encoding_rs::UTF_16LE),
            Self::Utf16Be => Some(encoding_rs::UTF_16BE),
            Self::Cp1252 => Some(encoding_rs::WINDOWS_1252),
            Self::Gb18030 => Some(encoding_rs::GB18030),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Cp1252 => "Windows-1252 (it is not UTF-8)",
            Self::Gb18030 => "GB 18030 (it is not UTF-8)",
        }
    }
}

/// How many bytes above 127 there are, and how many of them begin or end a pair.
#[derive(Debug, Default)]
struct Pairs {
    high: u64,
    paired: u64,
    begun: bool,
}

impl Pairs {
    fn count(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let is_high = *byte >= 128;
            self.high += u64::from(is_high);
            // The second byte of a pair may be a letter, but most are not.
            self.paired += 2 * u64::from(self.begun && is_high);
            self.begun = is_high && !self.begun;
        }
    }

    fn are_usual(&self) -> bool {
        self.paired * 5 > self.high * 4
    }
}

/// The encoding of a text, from all of its bytes.
///
/// Bytes that are not UTF-8 mean Windows-1252 only where no other accent is valid UTF-8: a UTF-8
/// file with one broken byte must not have all its other accents read wrongly. They mean GB 18030 where
/// nearly all bytes above 127 come in pairs, which accents do not, and few of them happen to be UTF-8.
fn encoding_of(reader: &mut impl Read) -> io::Result<Encoding> {
    let mut chunk = vec![0u8; 1 << 16];
    let (mut valid, mut invalid, mut undefined, mut first) = (0u64, 0u64, 0u64, true);
    let mut held = 0;
    let mut pairs = Pairs::default();
    loop {
        let read = reader.read(&mut chunk[held..])?;
        let len = held + read;
        pairs.count(&chunk[held..len]);
        if first && len >= 4 {
            first = false;
            match &chunk[..4] {
                [0xff, 0xfe, ..] => return Ok(Encoding::Utf16Le),
                [0xfe, 0xff, ..] => return Ok(Encoding::Utf16Be),
                // Without a byte order mark, the zeros of Latin letters say it.
                [a, 0, b, 0] if *a != 0 && *b != 0 => return Ok(Encoding::Utf16Le),
                [0, a, 0, b] if *a != 0 && *b != 0 => return Ok(Encoding::Utf16Be),
                _ => {}
            }
        }
        let is_end = read == 0;
        let mut rest = &chunk[..len];
        held = 0;
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    valid += u64::from(!text.is_ascii() && text != "\u{feff}");
                    break;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    let good = good.strip_prefix(b"\xef\xbb\xbf").unwrap_or(good);
                    valid += u64::from(!good.is_ascii());
                    let Some(skip) = error.error_len().or(is_end.then_some(bad.len())) else {
                        held = bad.len();
                        break;
                    };
                    invalid += 1;
                    undefined += bad[..skip]
                        .iter()
                        .filter(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d))
                        .count() as u64;
                    rest = &bad[skip..];
                }
            }
        }
        if is_end {
            break;
        }
        chunk.copy_within(len - held..len, 0);
    }
    Ok(if invalid > 2 * valid && pairs.are_usual() {
        Encoding::Gb18030
    } else if invalid > 0 && valid == 0 && undefined == 0 {
        Encoding::Cp1252
    } else {
        Encoding::Utf8
    })
}

fn decode(
    path: &Path,
    bytes: &[u8],
    decoder: &'static encoding_rs::Encoding,
    encoding: Encoding,
) -> Result<Vec<u8>, FileError> {
    let (text, _, broken) = decoder.decode(bytes);
    if broken {
        let at = text.find('\u{fffd}').unwrap_or(text.len());
        let line = 1 + text[..at].bytes().filter(|&b| b == b'\n').count();
        let found = format!("{} with broken characters in line {line}", encoding.name());
        return Err(format(path, &found, "save it again as 'CSV UTF-8'"));
    }
    Ok(text.into_owned().into_bytes())
}

/// Finds the kind and the separator, and checks the quotes.
fn finish(
    path: &Path,
    mut body: Body,
    mut notes: Vec<String>,
    expected: &str,
) -> Result<Source, FileError> {
    let mut head = Vec::new();
    match &mut body {
        Body::File(file) => {
            file.by_ref()
                .take(1 << 16)
                .read_to_end(&mut head)
                .map_err(unreadable(path))?;
            file.rewind().map_err(unreadable(path))?;
        }
        Body::Memory { text, .. } => head.extend_from_slice(&text[..text.len().min(1 << 16)]),
    }
    let bom = head.starts_with(b"\xef\xbb\xbf");
    let start = head[if bom { 3 } else { 0 }..]
        .iter()
        .find(|b| !b.is_ascii_whitespace());
    let kind = match start {
        Some(b'{' | b'[') => TextKind::Json,
        Some(b'<') => TextKind::Xml,
        Some(_) => TextKind::Separated(b','),
        None => {
            return Err(FileError::Empty {
                path: path.to_owned(),
                expected: expected.to_owned(),
            });
        }
    };
    if kind != TextKind::Separated(b',') {
        return Ok(Source::Text(TextSource {
            body: in_memory(path, body)?,
            kind,
            notes,
            stray_quotes: quotes::Stray::default(),
        }));
    }
    let head = &head[if bom { 3 } else { 0 }..];
    let (first, after) = first_line(head);
    let mut separator = None;
    if let Some(rest) = strip_sep(first) {
        // Excel's own line before the header.
        separator = Some(rest);
        notes.push(format!("a line 'sep={}' was read", rest as char));
        let cut = after + if bom { 3 } else { 0 };
        body = match in_memory(path, body)? {
            Body::Memory { text, first_line } => Body::Memory {
                text: text[cut.min(text.len())..].to_vec(),
                first_line: first_line + 1,
            },
            file => file,
        };
    }
    let header = if separator.is_some() {
        first_line(&head[after.min(head.len())..]).0
    } else {
        first
    };
    let separator = separator.unwrap_or_else(|| separator_of(header));
    if separator != b',' {
        notes.push(format!("fields are separated by {}", name_of(separator)));
    }
    let (stray, merged) = match &mut body {
        Body::File(file) => {
            let found = quotes::scan(
                &mut io::BufReader::with_capacity(1 << 18, &mut *file),
                separator,
            );
            file.rewind().map_err(unreadable(path))?;
            found.map_err(unreadable(path))?
        }
        Body::Memory { text, .. } => {
            quotes::scan(&mut text.as_slice(), separator).map_err(unreadable(path))?
        }
    };
    let offset = match &body {
        Body::File(_) => 0,
        Body::Memory { first_line, .. } => first_line - 1,
    };
    if let Some(Merged {
        from_line,
        until_line,
        to_end,
    }) = merged
    {
        let (from, until) = (from_line + offset, until_line + offset);
        return Err(FileError::OpenQuote {
            path: path.to_owned(),
            place: Place::Line(from),
            until: if to_end {
                "is never closed".to_owned()
            } else {
                format!("is closed in line {until}, so that rows run together")
            },
        });
    }
    Ok(Source::Text(TextSource {
        body,
        kind: TextKind::Separated(separator),
        notes,
        stray_quotes: stray.moved_down(offset),
    }))
}

fn in_memory(path: &Path, body: Body) -> Result<Body, FileError> {
    match body {
        Body::File(mut file) => {
            let mut text = Vec::new();
            file.read_to_end(&mut text).map_err(unreadable(path))?;
            Ok(Body::Memory {
                text,
                first_line: 1,
            })
        }
        memory => Ok(memory),
    }
}

/// The first line with something in it, and where the text goes on.
fn first_line(text: &[u8]) -> (&[u8], usize) {
    let start = text
        .iter()
        .position(|b| !matches!(b, b'\n' | b'\r'))
        .unwrap_or(text.len());
    let end = text[start..]
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .map_or(text.len(), |at| start + at);
    let after = match &text[end..] {
        [b'\r', b'\n', ..] => end + 2,
        [] => end,
        _ => end + 1,
    };
    (&text[start..end], after)
}

fn strip_sep(line: &[u8]) -> Option<u8> {
    let line = std::str::from_utf8(line).ok()?.trim_matches(['"', ' ']);
    let rest = line.strip_prefix("sep=").or(line.strip_prefix("SEP="))?;
    match rest.as_bytes() {
        [one] if !one.is_ascii_alphanumeric() => Some(*one),
        [] => Some(b','),
        _ => (rest == "\\t").then_some(b'\t'),
    }
}

/// The separator of a header line: the one that makes most fields. A comma wins where it is equal.
fn separator_of(line: &[u8]) -> u8 {
    let count = |separator: u8| {
        let (mut quoted, mut fields) = (false, 0usize);
        for &b in line {
            if b == b'"' {
                quoted = !quoted;
            } else if b == separator && !quoted {
                fields += 1;
            }
        }
        fields
    };
    [b';', b'\t', b'|'].into_iter().fold(b',', |best, other| {
        if count(other) > count(best) {
            other
        } else {
            best
        }
    })
}

fn name_of(separator: u8) -> String {
    match separator {
        b';' => "semicolons".to_owned(),
        b'\t' => "tabs".to_owned(),
        b'|' => "bars".to_owned(),
        other => format!("'{}'", other as char),
    }
}
