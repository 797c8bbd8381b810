//! Checks the sizes that a Parquet file's footer and page headers claim, before the parquet crate
//! reads them.
//!
//! The crate allocates the size that a page's header names before it checks whether the file has
//! the bytes, so a file of two kilobytes can ask for two gigabytes. [`super::thrift`] explains why
//! this cannot be left to the crate or caught afterwards.

use std::io::{self, Read, Seek, SeekFrom};

use super::thrift::{Page, Thrift};

/// Maximum size of an unpacked page: a constant, plus this many bytes for each packed byte. Writers
/// make pages of one megabyte before compression.
const MAX_GROWTH: u64 = 64;
const MAX_PAGE: u64 = 2 << 20;

/// Numbers of bytes from which to try to read a header. It usually has a few dozen; with the
/// smallest and the largest text of its page it can have more.
const HEADER: [u64; 2] = [4 << 10, 4 << 20];

/// Delta encodings of text. Their decoders allocate by a number in the page, and copy a prefix that
/// values share once for each of them.
const DELTAS: [i64; 2] = [6, 7];

/// Checks all pages between `start` and `start + len`. The inner error describes the problem.
pub(super) fn check_pages(
    file: &mut (impl Read + Seek),
    start: u64,
    len: u64,
) -> io::Result<Result<(), String>> {
    let size = file.seek(SeekFrom::End(0))?;
    let Some(end) = start.checked_add(len).filter(|&end| end <= size) else {
        return Ok(Err("a column lies past the end of the file".to_owned()));
    };
    let mut at = start;
    while at < end {
        let Some((header, page)) = header_at(file, at, end)? else {
            return Ok(Err("a page's header cannot be read".to_owned()));
        };
        let sizes = (
            u64::try_from(page.unpacked),
            u64::try_from(page.packed),
            u64::try_from(page.dictionary),
        );
        let (Ok(unpacked), Ok(packed), Ok(dictionary)) = sizes else {
            return Ok(Err("a page has a negative size".to_owned()));
        };
        if packed > end - at - header {
            return Ok(Err("a page is longer than its column".to_owned()));
        }
        if unpacked > MAX_PAGE + MAX_GROWTH * packed {
            return Ok(Err(format!(
                "a page of {packed} bytes asks for room for {unpacked}"
            )));
        }
        // Each value of a dictionary takes at least one byte.
        if dictionary > unpacked {
            return Ok(Err(format!(
                "a dictionary of {unpacked} bytes asks for room for {dictionary} values"
            )));
        }
        if DELTAS.contains(&page.encoding) {
            return Ok(Err(
                "text in a DELTA encoding; plain or dictionary is read".to_owned()
            ));
        }
        at += header + packed;
    }
    Ok(Ok(()))
}

/// Checks that the footer has the bytes for every list and schema that it announces. The inner error
/// describes the problem; all other damage is left to the reader.
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
    let whole = Thrift::new(&bytes).footer().is_some();
    Ok(if whole {
        Ok(())
    } else {
        Err("its footer is cut off, or asks for more than it holds".to_owned())
    })
}

/// The header at this position and its length; `None` if there is none.
fn header_at(file: &mut (impl Read + Seek), at: u64, end: u64) -> io::Result<Option<(u64, Page)>> {
    let mut bytes = Vec::new();
    for limit in HEADER {
        bytes.clear();
        file.seek(SeekFrom::Start(at))?;
        file.by_ref()
            .take(limit.min(end - at))
            .read_to_end(&mut bytes)?;
        let mut thrift = Thrift::new(&bytes);
        if let Some(page) = thrift.page() {
            return Ok(Some(((bytes.len() - thrift.left()) as u64, page)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// type 0, unpacked, packed, then a dictionary's count and a struct to skip.
    fn header(unpacked: u8, packed: u8, dictionary: u8) -> Vec<u8> {
        vec![
            0x15,
            0,
            0x15,
            unpacked << 1,
            0x15,
            packed << 1,
            0x4c,
            0x15,
            dictionary << 1,
            0x38,
            2,
            b'a',
            b'b',
            0,
            0,
        ]
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
        let file = |footer: &[u8]| {
            [
                &[0; 4],
                footer,
                &(footer.len() as u32).to_le_bytes(),
                b"PAR1",
            ]
            .concat()
        };
        // In a field that nobody knows: a list of two numbers, then one of 2^21 structs that are
        // not there.
        let good = file(&[0xc9, 0x25, 2, 4, 0]);
        let bad = file(&[0xc9, 0xfc, 0x80, 0x80, 0x80, 0x01, 0, 0, 0]);
        assert_eq!(check_footer(&mut Cursor::new(good)).unwrap(), Ok(()));
        assert!(check_footer(&mut Cursor::new(bad)).unwrap().is_err());
        let deep = file(&[&[0xc9][..], &[0x19; 100]].concat());
        assert!(check_footer(&mut Cursor::new(deep)).unwrap().is_err());
        assert_eq!(check_footer(&mut Cursor::new(vec![0; 5])).unwrap(), Ok(()));
        // Schemas of three elements: one with two children; one with 2^20; and a hundred within
        // each other.
        let schema = |counts: &[&[u8]]| {
            let element = |count: &&[u8]| [&[0x55][..], count, &[0]].concat();
            file(
                &[
                    &[0x29, 0xfc, counts.len() as u8][..],
                    &counts.iter().flat_map(element).collect::<Vec<u8>>(),
                    &[0],
                ]
                .concat(),
            )
        };
        assert_eq!(
            check_footer(&mut Cursor::new(schema(&[&[4], &[0], &[0]]))).unwrap(),
            Ok(())
        );
        assert!(
            check_footer(&mut Cursor::new(schema(&[
                &[0x80, 0x80, 0x80, 0x01],
                &[0],
                &[0]
            ])))
            .unwrap()
            .is_err()
        );
        assert!(
            check_footer(&mut Cursor::new(schema(&[&[2u8][..]; 100])))
                .unwrap()
                .is_err()
        );
        // The length of a type as a text, in which another reader finds another count of children.
        let text = file(&[
            0x29, 0x1c, 0x28, 6, 0x35, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0,
        ]);
        assert!(check_footer(&mut Cursor::new(text)).unwrap().is_err());
        // A kind of text that is no empty struct, but a truth value.
        let logical = |kind: u8| file(&[0x29, 0x1c, 0xac, kind, 0, 0, 0, 0]);
        assert!(
            check_footer(&mut Cursor::new(logical(0x11)))
                .unwrap()
                .is_err()
        );
        assert_eq!(
            check_footer(&mut Cursor::new(logical(0x1c))).unwrap(),
            Ok(())
        );
        // The count of children as a number of 64 bits.
        let wide = file(&[0x29, 0x1c, 0x56, 0, 0, 0]);
        assert!(check_footer(&mut Cursor::new(wide)).unwrap().is_err());
        assert_eq!(
            check_footer(&mut Cursor::new(file(&[0x29, 0x1c, 0x55, 0, 0, 0]))).unwrap(),
            Ok(())
        );
    }

    #[test]
    fn pages_are_held_to_their_bytes() {
        check(
            [header(5, 4, 5), vec![0; 4], header(1, 1, 0), vec![0; 1]].concat(),
            "",
        );
        check(header(5, 4, 5), "longer than its column");
        check([header(5, 4, 6), vec![0; 4]].concat(), "room for 6 values");
        // 2^27 bytes unpacked.
        check(
            vec![0x25, 0x80, 0x80, 0x80, 0x80, 0x01, 0x15, 0, 0],
            "asks for room",
        );
        check(vec![0x25, 1, 0x15, 1, 0], "negative");
        check(vec![0xff; 9], "cannot be read");
        // The size of a page as a number of 64 bits; a dictionary as a list; the size again, as
        // field 2^16 + 2.
        check(vec![0x26, 2, 0x15, 0, 0], "cannot be read");
        check(vec![0x25, 2, 0x15, 0, 0x49, 0, 0], "cannot be read");
        check(
            vec![0x25, 2, 0x15, 0, 5, 0x84, 0x80, 8, 2, 0],
            "cannot be read",
        );
        // The page's type as a text, in which another reader finds another size.
        check(
            vec![
                0x18, 6, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x15, 2, 0x15, 0, 0,
            ],
            "cannot be read",
        );
        // Values of a first page: one, by differences.
        check(
            vec![
                0x15, 0, 0x15, 2, 0x15, 0, 0x2c, 0x15, 2, 0x15, 14, 0x15, 6, 0x15, 6, 0, 0,
            ],
            "plain or dictionary",
        );
        check(
            vec![
                0x15, 0, 0x15, 2, 0x15, 0, 0x2c, 0x15, 2, 0x15, 0, 0x15, 6, 0x15, 6, 0, 0,
            ],
            "",
        );
        check(vec![0x25], "cannot be read");
    }
}
