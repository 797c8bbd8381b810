//! Finds quotes that merge rows. A CSV reader does not: to it, an open quote is a long field.

use std::io::{self, Read};

/// Number of lines that a note names.
const EXAMPLES: usize = 3;

/// Fields that go on after their closing quote, such as `"Tea" no. 5`: they are read, and named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Stray {
    /// How many.
    pub(crate) count: usize,
    /// The lines of the first few.
    pub(crate) lines: Vec<u64>,
}

impl Stray {
    fn add(&mut self, line: u64) {
        self.count += 1;
        if self.lines.len() < EXAMPLES {
            self.lines.push(line);
        }
    }

    /// The same for a text whose first line is `offset` lines down in its file.
    pub(crate) fn moved_down(mut self, offset: u64) -> Self {
        self.lines.iter_mut().for_each(|line| *line += offset);
        self
    }
}

/// A quote that is open over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Merged {
    /// Line of the opening quote, counted from 1.
    pub(crate) from_line: u64,
    /// Line of the closing quote.
    pub(crate) until_line: u64,
    /// Whether it is open at the end of the text.
    pub(crate) to_end: bool,
}

/// A quoted field that is being read.
#[derive(Clone, Copy, Default)]
struct Quoted {
    line: u64,
    /// Number of the field in its record.
    field: usize,
    /// Separators in its first line and in its last.
    first: usize,
    last: usize,
}

enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote inside quotes: the end of the field, or half of an escaped quote.
    Quote,
    /// Behind the blank behind a closing quote.
    Blank,
}

/// Reads a whole text. A quoted field over several lines is taken for merged rows if the text ends
/// inside it, if something follows its closing quote, or if its first and last lines have the
/// separators of two rows.
pub(crate) fn scan(reader: &mut impl Read, separator: u8) -> io::Result<(Stray, Option<Merged>)> {
    let mut chunk = vec![0u8; 1 << 16];
    let mut stray = Stray::default();
    let (mut at, mut line, mut after_cr) = (At::Start, 1u64, false);
    let (mut field, mut fields, mut quoted) = (0usize, None::<usize>, Quoted::default());
    let mut is_first = true;
    loop {
        let read = reader.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        let mut bytes = &chunk[..read];
        if std::mem::take(&mut is_first) {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        }
        for &b in bytes {
            let ends = b == b'\n' || b == b'\r';
            if b == b'\r' || (b == b'\n' && !after_cr) {
                line += 1;
            }
            let lf_of_crlf = b == b'\n' && after_cr;
            after_cr = b == b'\r';
            match at {
                At::Quoted => {
                    if b == b'"' {
                        at = At::Quote;
                    } else if b == separator {
                        if line == quoted.line {
                            quoted.first += 1;
                        }
                        quoted.last += 1;
                    } else if ends {
                        quoted.last = 0;
                    }
                    continue;
                }
                At::Quote if b == b'"' => {
                    at = At::Quoted;
                    continue;
                }
                At::Quote => {
                    let opened = quoted.line;
                    let until = line - u64::from(ends && !lf_of_crlf);
                    let several = until > opened;
                    let merged = Merged {
                        from_line: opened,
                        until_line: until,
                        to_end: false,
                    };
                    if b != separator && !ends {
                        if several {
                            return Ok((stray, Some(merged)));
                        }
                        // Blanks around a quoted field are harmless.
                        if b == b' ' || b == b'\t' {
                            at = At::Blank;
                            continue;
                        }
                        stray.add(opened);
                    } else if several
                        && fields.is_some_and(|fields| {
                            quoted.field + quoted.first + 1 == fields
                                && quoted.last == quoted.field
                                && fields > 2
                        })
                    {
                        return Ok((stray, Some(merged)));
                    }
                    at = At::Plain;
                }
                At::Blank if b == b' ' => continue,
                At::Blank => {
                    if b != separator && !ends {
                        stray.add(quoted.line);
                    }
                    at = At::Plain;
                }
                At::Start if b == b'"' => {
                    at = At::Quoted;
                    quoted = Quoted {
                        line,
                        field,
                        ..Quoted::default()
                    };
                    continue;
                }
                At::Start => at = At::Plain,
                At::Plain => {}
            }
            if b == separator {
                field += 1;
                at = At::Start;
            } else if ends {
                if !lf_of_crlf && (field > 0 || fields.is_none()) {
                    fields.get_or_insert(field + 1);
                }
                field = 0;
                at = At::Start;
            }
        }
    }
    let merged = matches!(at, At::Quoted).then_some(Merged {
        from_line: quoted.line,
        until_line: line,
        to_end: true,
    });
    Ok((stray, merged))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Option<(u64, u64, bool)> {
        let (_, merged) = scan(&mut text.as_bytes(), b',').unwrap();
        merged.map(|m| (m.from_line, m.until_line, m.to_end))
    }

    #[test]
    fn rows_that_a_quote_merges_are_found() {
        assert_eq!(lines("a,b\n1,\"open\n2,x\n3,y\n"), Some((2, 5, true)));
        // Closed by the next row's opening quote.
        assert_eq!(
            lines("a,b,c\n1,\"open,x\n2,\"shut\",y\n"),
            Some((2, 3, false))
        );
        // Closed by an inch sign at the end of a field two rows down.
        assert_eq!(
            lines("a,b,c\n1,\"open,x\n2,two,y\n3,Soap 12\",z\n"),
            Some((2, 4, false))
        );
    }

    #[test]
    fn text_of_several_lines_and_escaped_quotes_are_fine() {
        assert_eq!(
            lines("a,b,c\n1,\"two\nlines, with a comma\",x\n2,\"6\"\" pipe\r\nlong\",y\r\n"),
            None
        );
        let (stray, merged) =
            scan(&mut "a,b\n1,\"Tea\" no. 5\n2,6\" pipe\n".as_bytes(), b',').unwrap();
        assert_eq!((stray.count, stray.lines, merged), (1, vec![2], None));
    }
}
