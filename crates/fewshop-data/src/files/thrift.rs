//! Thrift's compact protocol, as far as a Parquet file's footer and page headers need it.
//!
//! # Why the format is mirrored here
//!
//! The parquet crate (60.1) allocates what a file asks for before it checks whether the file has
//! the bytes. It bounds the footer's lists by the bytes that are left, but not
//!
//! - the number of children of a schema element (`Vec::with_capacity` of up to 2³¹ pointers), nor
//!   the depth of the schema, which it reads by recursion;
//! - the length of a text in a page header, the uncompressed size of a page, or the number of
//!   values in its dictionary.
//!
//! Fuzzing found files of 2 kB that asked for gigabytes in this way; docs/decisions.md lists them.
//! Catching the failure afterwards is not possible: a failed allocation or a full stack ends the
//! process, `guard` catches panics only, and stable Rust cannot limit the memory of a thread. A
//! child process with a memory limit would need unsafe code and exist on Unix only. Reading the
//! metadata through the crate first does not help, because that is where it allocates. So the
//! numbers that size a buffer are checked before the crate sees the file.
//!
//! It takes a list of all known fields to find these numbers. The crate reads a field that it knows
//! as the type that it expects, whatever type the file gives; a reader that goes by the types in
//! the file gets out of step with it and finds other numbers in the same bytes. Hence a known field
//! of another type, a field given twice or out of order, and a field number past 16 bits are
//! refused. No writer produces them. Fields that are not listed are skipped by their type, here and
//! in the crate, so a newer version of the format can still be read.
//!
//! The mirror can go once the crate checks these numbers itself. At an upgrade of parquet, compare
//! the lists below with `parquet::file::metadata::thrift`: a field that only the crate knows is
//! read without this protection.

/// The type of a field.
#[derive(Clone, Copy)]
enum ThriftType {
    Bool,
    I8,
    I16,
    I32,
    /// A number that is reported to the caller.
    Reported(Number),
    I64,
    Double,
    /// Bytes or text.
    Binary,
    List(&'static ThriftType),
    /// A struct, or a union of structs.
    Struct(Fields),
    /// A struct without any field.
    Empty,
    /// The list of the schema's elements.
    Schema,
}

/// Number and kind of each field, by number.
type Fields = &'static [(i64, ThriftType)];

/// The numbers that size a buffer, or that decide how a page is decoded.
#[derive(Clone, Copy, PartialEq)]
enum Number {
    Unpacked,
    Packed,
    Dictionary,
    Encoding,
    Children,
}

use ThriftType::{Binary, Bool, Double, Empty, I8, I16, I32, I64, List, Struct};

const KEY_VALUE: ThriftType = Struct(&[(1, Binary), (2, Binary)]);
const UNIT: ThriftType = Struct(&[(1, Empty), (2, Empty), (3, Empty)]);
const TIME: ThriftType = Struct(&[(1, Bool), (2, UNIT)]);
const LOGICAL: ThriftType = Struct(&[
    (1, Empty),
    (2, Empty),
    (3, Empty),
    (4, Empty),
    (5, Struct(&[(1, I32), (2, I32)])),
    (6, Empty),
    (7, TIME),
    (8, TIME),
    (10, Struct(&[(1, I8), (2, Bool)])),
    (11, Empty),
    (12, Empty),
    (13, Empty),
    (14, Empty),
    (15, Empty),
    (16, Struct(&[(1, I8)])),
    (17, Struct(&[(1, Binary)])),
    (18, Struct(&[(1, Binary), (2, I32)])),
]);
const ELEMENT: Fields = &[
    (1, I32),
    (2, I32),
    (3, I32),
    (4, Binary),
    (5, ThriftType::Reported(Number::Children)),
    (6, I32),
    (7, I32),
    (8, I32),
    (9, I32),
    (10, LOGICAL),
];
const STATISTICS: ThriftType = Struct(&[
    (1, Binary),
    (2, Binary),
    (3, I64),
    (4, I64),
    (5, Binary),
    (6, Binary),
    (7, Bool),
    (8, Bool),
    (9, I64),
]);
const BOX: ThriftType = Struct(&[
    (1, Double),
    (2, Double),
    (3, Double),
    (4, Double),
    (5, Double),
    (6, Double),
    (7, Double),
    (8, Double),
]);
const COLUMN: ThriftType = Struct(&[
    (1, I32),
    (2, List(&I32)),
    (3, List(&Binary)),
    (4, I32),
    (5, I64),
    (6, I64),
    (7, I64),
    (8, List(&KEY_VALUE)),
    (9, I64),
    (10, I64),
    (11, I64),
    (12, STATISTICS),
    (13, List(&Struct(&[(1, I32), (2, I32), (3, I32)]))),
    (14, I64),
    (15, I32),
    (16, Struct(&[(1, I64), (2, List(&I64)), (3, List(&I64))])),
    (17, Struct(&[(1, BOX), (2, List(&I32))])),
]);
const CHUNK: ThriftType = Struct(&[
    (1, Binary),
    (2, I64),
    (3, COLUMN),
    (4, I64),
    (5, I32),
    (6, I64),
    (7, I32),
    (9, Binary),
]);
const GROUP: ThriftType = Struct(&[
    (1, List(&CHUNK)),
    (2, I64),
    (3, I64),
    (4, List(&Struct(&[(1, I32), (2, Bool), (3, Bool)]))),
    (5, I64),
    (6, I64),
    (7, I16),
]);
const FOOTER: Fields = &[
    (1, I32),
    (2, ThriftType::Schema),
    (3, I64),
    (4, List(&GROUP)),
    (5, List(&KEY_VALUE)),
    (6, Binary),
    (7, List(&Struct(&[(1, Empty), (2, Empty), (3, Empty)]))),
    (9, Binary),
];
const PAGE: Fields = &[
    (1, I32),
    (2, ThriftType::Reported(Number::Unpacked)),
    (3, ThriftType::Reported(Number::Packed)),
    (4, I32),
    (
        5,
        Struct(&[
            (1, I32),
            (2, ThriftType::Reported(Number::Encoding)),
            (3, I32),
            (4, I32),
        ]),
    ),
    (6, Empty),
    (
        7,
        Struct(&[
            (1, ThriftType::Reported(Number::Dictionary)),
            (2, I32),
            (3, Bool),
        ]),
    ),
    (
        8,
        Struct(&[
            (1, I32),
            (2, I32),
            (3, I32),
            (4, ThriftType::Reported(Number::Encoding)),
            (5, I32),
            (6, I32),
            (7, Bool),
        ]),
    ),
];

impl ThriftType {
    /// Whether a field of this kind has this type on the wire.
    fn is(self, wire: u8) -> bool {
        match self {
            Bool => matches!(wire, 1 | 2),
            I8 => wire == 3,
            I16 => wire == 4,
            I32 | Self::Reported(_) => wire == 5,
            I64 => wire == 6,
            Double => wire == 7,
            Binary => wire == 8,
            List(_) | Self::Schema => wire == LIST,
            Struct(_) | Empty => wire == STRUCT,
        }
    }
}

const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Levels of nested structs and lists. A footer has ten.
const MAX_DEPTH: usize = 32;

/// The numbers in a page's header.
#[derive(Default)]
pub(super) struct Page {
    pub(super) unpacked: i64,
    pub(super) packed: i64,
    /// Values of a dictionary page.
    pub(super) dictionary: i64,
    /// How the values of a data page are written.
    pub(super) encoding: i64,
}

/// Bytes that are read from the front.
pub(super) struct Thrift<'a> {
    bytes: &'a [u8],
}

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Bytes not read yet.
    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    /// A page's header; `None` if the bytes are none.
    pub(super) fn page(&mut self) -> Option<Page> {
        let mut page = Page::default();
        self.fields(PAGE, 1, &mut |number, value| match number {
            Number::Unpacked => page.unpacked = value,
            Number::Packed => page.packed = value,
            Number::Dictionary => page.dictionary = value,
            Number::Encoding => page.encoding = value,
            Number::Children => {}
        })?;
        Some(page)
    }

    /// Reads the whole footer; `None` if a list or the schema claims more than there are bytes for.
    pub(super) fn footer(&mut self) -> Option<()> {
        self.fields(FOOTER, 1, &mut |_, _| {})
    }

    /// A struct of these fields.
    fn fields(
        &mut self,
        fields: Fields,
        depth: usize,
        report: &mut dyn FnMut(Number, i64),
    ) -> Option<()> {
        let (mut id, mut before) = (0, 0);
        while let Some(wire) = self.field(&mut id)? {
            if id <= before {
                return None;
            }
            before = id;
            match fields.iter().find(|(allowed, _)| *allowed == id) {
                Some((_, kind)) if kind.is(wire) => self.value(*kind, depth, report)?,
                Some(_) => return None,
                None => self.skip(wire, depth)?,
            }
        }
        Some(())
    }

    fn value(
        &mut self,
        kind: ThriftType,
        depth: usize,
        report: &mut dyn FnMut(Number, i64),
    ) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            // The type itself is the value.
            Bool => Some(()),
            I8 => self.take(1),
            I16 | I32 | I64 => self.varint().map(drop),
            ThriftType::Reported(number) => {
                report(number, self.zigzag()?);
                Some(())
            }
            Double => self.take(8),
            Binary => {
                let len = self.varint()?;
                self.take(len)
            }
            List(of) => {
                let (len, wire) = self.list()?;
                // Each element takes at least one byte, so the bytes bound the loop.
                (0..len).try_for_each(|_| {
                    if of.is(wire) {
                        self.value(*of, depth + 1, report)
                    } else {
                        None
                    }
                })
            }
            Struct(fields) => self.fields(fields, depth + 1, report),
            Empty => (self.byte()? == 0).then_some(()),
            ThriftType::Schema => self.schema(depth + 1),
        }
    }

    /// The elements of a schema, a tree written parent first: no parent has more children than
    /// there are elements, and none lies so deep that reading it by recursion would end the
    /// program.
    fn schema(&mut self, depth: usize) -> Option<()> {
        let (len, wire) = self.list()?;
        // Children still to come of each parent above the next element.
        let mut open: Vec<i64> = Vec::new();
        for _ in 0..len {
            if wire != STRUCT {
                return None;
            }
            let mut children = 0;
            self.fields(ELEMENT, depth + 1, &mut |_, value| children = value)?;
            if !(0..i64::try_from(len).ok()?).contains(&children) || open.len() > MAX_DEPTH {
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
        Some((
            if head >> 4 == 15 {
                self.varint()?
            } else {
                u64::from(head >> 4)
            },
            head & 15,
        ))
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

    /// The type of the next field, whose number goes into `id`; the inner `None` is the struct's
    /// end.
    #[expect(
        clippy::option_option,
        reason = "the bytes may end, and so may the struct"
    )]
    fn field(&mut self, id: &mut i64) -> Option<Option<u8>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        *id = if head >> 4 == 0 {
            self.zigzag()?
        } else {
            *id + i64::from(head >> 4)
        };
        i16::try_from(*id).ok()?;
        Some(Some(head & 15))
    }

    fn take(&mut self, len: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(len).ok()?..)?;
        Some(())
    }

    fn skip(&mut self, wire: u8, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match wire {
            1 | 2 => Some(()),
            3 => self.take(1),
            4..=6 => self.varint().map(drop),
            7 => self.take(8),
            8 => {
                let len = self.varint()?;
                self.take(len)
            }
            LIST | 10 => {
                let (len, wire) = self.list()?;
                // In a list, a boolean takes a byte.
                let wire = if matches!(wire, 1 | 2) { 3 } else { wire };
                (0..len).try_for_each(|_| self.skip(wire, depth + 1))
            }
            STRUCT => {
                let mut id = 0;
                while let Some(wire) = self.field(&mut id)? {
                    self.skip(wire, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}
