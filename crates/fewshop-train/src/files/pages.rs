//! What a Parquet file's pages ask for, read before any of them is decoded.
//!
//! The parquet crate takes the room that a page's header names before it looks whether there are bytes for it: a file of two kilobytes
//! asks for two gigabytes so. Only the few numbers that size a buffer are read here, everything else is skipped.

use std::io::{self, Read, Seek, SeekFrom};

/// What a page may grow by when it is unpacked, and what any page may hold: a writer's pages have a megabyte before compression.
const MOST_GROWTH: u64 = 64;
const MOST_PAGE: u64 = 2 << 20;

/// A header is some dozen bytes; with the smallest and largest text of a page it may be more.
const HEADER: [u64; 2] = [4 << 10, 4 << 20];

/// Checks all pages between `start` and `start + len`; the error says what is wrong.
pub(super) fn check_pages(file: &mut (impl Read + Seek), start: u64, len: u64) -> io::Result<Result<(), String>> {
    let size = file.seek(SeekFrom::End(0))?;
    let Some(end) = start.checked_add(len).filter(|&end| end <= size) else {
        return Ok(Err("a column lies past the end of the file".to_owned()));
    };
    let mut at = start;
    while at < end {
        let Some((header, page)) = header_at(file, at, end)? else {
            return Ok(Err("a page's header cannot be read".to_owned()));
        };
        let sizes = (u64::try_from(page.unpacked), u64::try_from(page.packed), u64::try_from(page.dictionary));
        let (Ok(unpacked), Ok(packed), Ok(dictionary)) = sizes else {
            return Ok(Err("a page has a negative size".to_owned()));
        };
        if packed > end - at - header {
            return Ok(Err("a page is longer than its column".to_owned()));
        }
        if unpacked > MOST_PAGE + MOST_GROWTH * packed {
            return Ok(Err(format!("a page of {packed} bytes asks for room for {unpacked}")));
        }
        // A value of a dictionary takes a byte at least.
        if dictionary > unpacked {
            return Ok(Err(format!("a dictionary of {unpacked} bytes asks for room for {dictionary} values")));
        }
        at += header + packed;
    }
    Ok(Ok(()))
}

/// Whether every list of the file's footer is as long as there are bytes for; the error says what is wrong. What else may be wrong is
/// left for the reader to find.
pub(super) fn check_footer(file: &mut (impl Read + Seek)) -> io::Result<Result<(), String>> {
    let size = file.seek(SeekFrom::End(0))?;
    let mut tail = [0; 8];
    if size < 12 {
        return Ok(Ok(()));
    }
    file.seek(SeekFrom::Start(size - 8))?;
    file.read_exact(&mut tail)?;
    let len = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if len > size - 8 {
        return Ok(Ok(()));
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(size - 8 - len))?;
    file.by_ref().take(len).read_to_end(&mut bytes)?;
    let whole = Thrift { bytes: &bytes }.footer().is_some();
    Ok(if whole { Ok(()) } else { Err("its footer is cut off, or asks for more than it holds".to_owned()) })
}

#[derive(Default)]
struct Page {
    unpacked: i64,
    packed: i64,
    /// Values of a dictionary page.
    dictionary: i64,
}

/// The header at that place and its length; `None` where there is none.
fn header_at(file: &mut (impl Read + Seek), at: u64, end: u64) -> io::Result<Option<(u64, Page)>> {
    let mut bytes = Vec::new();
    for most in HEADER {
        bytes.clear();
        file.seek(SeekFrom::Start(at))?;
        file.by_ref().take(most.min(end - at)).read_to_end(&mut bytes)?;
        let mut thrift = Thrift { bytes: &bytes };
        if let Some(page) = thrift.page() {
            return Ok(Some(((bytes.len() - thrift.bytes.len()) as u64, page)));
        }
    }
    Ok(None)
}

/// Thrift's compact protocol, as far as a page's header needs it.
///
/// The parquet crate reads a field that it knows as what it should be, whatever type stands before it, and numbers of fields as 16 bits. Here
/// another type and a larger number are refused, or the two would read different things.
struct Thrift<'a> {
    bytes: &'a [u8],
}

/// Types of fields: a whole number of 32 bits, a list, a struct.
const NUMBER: u8 = 5;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Structs and lists within each other: a footer has ten levels.
const MOST_DEPTH: usize = 32;

impl Thrift<'_> {
    fn page(&mut self) -> Option<Page> {
        let mut page = Page::default();
        let mut id = 0;
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (2, NUMBER) => page.unpacked = self.zigzag()?,
                (3, NUMBER) => page.packed = self.zigzag()?,
                (7, STRUCT) => {
                    let mut inner = 0;
                    while let Some(kind) = self.field(&mut inner)? {
                        match (inner, kind) {
                            (1, NUMBER) => page.dictionary = self.zigzag()?,
                            (1, _) => return None,
                            _ => self.skip(kind, 2)?,
                        }
                    }
                }
                (2 | 3 | 7, _) => return None,
                _ => self.skip(kind, 1)?,
            }
        }
        Some(page)
    }

    /// The whole footer; `None` where a list, or the schema's tree, asks for more than there is.
    fn footer(&mut self) -> Option<()> {
        let mut id = 0;
        while let Some(kind) = self.field(&mut id)? {
            match (id, kind) {
                (2, LIST) => self.schema()?,
                (2, _) => return None,
                _ => self.skip(kind, 1)?,
            }
        }
        Some(())
    }

    /// The elements of a schema, a tree written parent first: no parent has more children than there are elements, and none lies so
    /// deep that reading it by recursion would end the program.
    fn schema(&mut self) -> Option<()> {
        let (len, kind) = self.list()?;
        // Children still to come of each parent above the next element.
        let mut open: Vec<i64> = Vec::new();
        for _ in 0..len {
            let (mut id, mut children) = (0, 0);
            if kind != STRUCT {
                return None;
            }
            while let Some(kind) = self.field(&mut id)? {
                match (id, kind) {
                    (5, NUMBER) => children = self.zigzag()?,
                    (5, _) => return None,
                    _ => self.skip(kind, 2)?,
                }
            }
            if !(0..i64::try_from(len).ok()?).contains(&children) || open.len() > MOST_DEPTH {
                return None;
            }
            while open.last() == Some(&0) {
                open.pop();
            }
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            if children > 0 {
                open.push(children);
            }
        }
        Some(())
    }

    /// Length of a list and type of its elements.
    fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        Some((if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) }, head & 15))
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The type of the next field, whose number goes into `id`; the inner `None` is the struct's end.
    #[expect(clippy::option_option, reason = "the bytes may end, and so may the struct")]
    fn field(&mut self, id: &mut i64) -> Option<Option<u8>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        *id = if head >> 4 == 0 { self.zigzag()? } else { *id + i64::from(head >> 4) };
        i16::try_from(*id).ok()?;
        Some(Some(head & 15))
    }

    fn take(&mut self, len: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(len).ok()?..)?;
        Some(())
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MOST_DEPTH {
            return None;
        }
        match kind {
            // True and false are the type itself.
            1 | 2 => Some(()),
            3 => self.take(1),
            4..=6 => self.varint().map(drop),
            7 => self.take(8),
            8 => {
                let len = self.varint()?;
                self.take(len)
            }
            9 | 10 => {
                let (len, kind) = self.list()?;
                // In a list a truth value takes a byte.
                let kind = if matches!(kind, 1 | 2) { 3 } else { kind };
                // Each element takes a byte at least, so the bytes bound the loop.
                (0..len).try_for_each(|_| self.skip(kind, depth + 1))
            }
            12 => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// type 0, unpacked, packed, then a dictionary's count and a struct to skip.
    fn header(unpacked: u8, packed: u8, dictionary: u8) -> Vec<u8> {
        vec![0x15, 0, 0x15, unpacked << 1, 0x15, packed << 1, 0x4c, 0x15, dictionary << 1, 0x18, 2, b'a', b'b', 0, 0]
    }

    #[track_caller]
    fn check(bytes: Vec<u8>, word: &str) {
        let len = bytes.len() as u64;
        let found = check_pages(&mut Cursor::new(bytes), 0, len).unwrap();
        match found {
            Ok(()) => assert_eq!(word, ""),
            Err(problem) => assert!(!word.is_empty() && problem.contains(word), "{problem}"),
        }
    }

    #[test]
    fn a_footer_is_held_to_its_bytes() {
        let file = |footer: &[u8]| [&[0; 4], footer, &(footer.len() as u32).to_le_bytes(), b"PAR1"].concat();
        // A list of two numbers, then one of 2^21 structs that are not there.
        let good = file(&[0x39, 0x25, 2, 4, 0]);
        let bad = file(&[0x39, 0xfc, 0x80, 0x80, 0x80, 0x01, 0, 0, 0]);
        assert_eq!(check_footer(&mut Cursor::new(good)).unwrap(), Ok(()));
        assert!(check_footer(&mut Cursor::new(bad)).unwrap().is_err());
        let deep = file(&[0x39; 100]);
        assert!(check_footer(&mut Cursor::new(deep)).unwrap().is_err());
        assert_eq!(check_footer(&mut Cursor::new(vec![0; 5])).unwrap(), Ok(()));
        // Schemas of three elements: one with two children; one with 2^20; and a hundred within each other.
        let schema = |counts: &[&[u8]]| {
            let element = |count: &&[u8]| [&[0x55][..], count, &[0]].concat();
            file(&[&[0x29, 0xfc, counts.len() as u8][..], &counts.iter().flat_map(element).collect::<Vec<u8>>(), &[0]].concat())
        };
        assert_eq!(check_footer(&mut Cursor::new(schema(&[&[4], &[0], &[0]]))).unwrap(), Ok(()));
        assert!(check_footer(&mut Cursor::new(schema(&[&[0x80, 0x80, 0x80, 0x01], &[0], &[0]]))).unwrap().is_err());
        assert!(check_footer(&mut Cursor::new(schema(&[&[2u8][..]; 100]))).unwrap().is_err());
        // The count of children as a number of 64 bits.
        let wide = file(&[0x29, 0x1c, 0x56, 0, 0, 0]);
        assert!(check_footer(&mut Cursor::new(wide)).unwrap().is_err());
        assert_eq!(check_footer(&mut Cursor::new(file(&[0x29, 0x1c, 0x55, 0, 0, 0]))).unwrap(), Ok(()));
    }

    #[test]
    fn pages_are_held_to_their_bytes() {
        check([header(5, 4, 5), vec![0; 4], header(1, 1, 0), vec![0; 1]].concat(), "");
        check(header(5, 4, 5), "longer than its column");
        check([header(5, 4, 6), vec![0; 4]].concat(), "room for 6 values");
        // 2^27 bytes unpacked.
        check(vec![0x25, 0x80, 0x80, 0x80, 0x80, 0x01, 0x15, 0, 0], "asks for room");
        check(vec![0x25, 1, 0x15, 1, 0], "negative");
        check(vec![0xff; 9], "cannot be read");
        // The size of a page as a number of 64 bits; a dictionary as a list; the size again, as field 2^16 + 2.
        check(vec![0x26, 2, 0x15, 0, 0], "cannot be read");
        check(vec![0x25, 2, 0x15, 0, 0x49, 0, 0], "cannot be read");
        check(vec![0x25, 2, 0x15, 0, 5, 0x84, 0x80, 8, 2, 0], "cannot be read");
        check(vec![0x25], "cannot be read");
    }
}
