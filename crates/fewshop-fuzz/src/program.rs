//! Bytes as instructions for damage.

/// Reads its bytes one after the other; past the end all bytes are 0, so that any input is a
/// complete program.
#[derive(Debug, Clone)]
pub struct Program<'a>(&'a [u8]);

/// Numbers that have broken readers before.
const ODD: [u64; 16] = [
    0,
    1,
    2,
    7,
    8,
    63,
    127,
    128,
    255,
    65_535,
    65_536,
    0x7fff_ffff,
    0xffff_ffff,
    0x1_0000_0000,
    0x2000_0000_0000_0000,
    u64::MAX,
];

impl<'a> Program<'a> {
    /// A program.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all of it was read.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    /// A number below `limit`, or 0 if `limit` is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let bytes = if limit <= 256 { 1 } else { 3 };
        let value = (0..bytes).fold(0usize, |value, _| value << 8 | usize::from(self.byte()));
        if limit == 0 { 0 } else { value % limit }
    }

    /// A number of any size, mostly one that causes trouble.
    pub fn odd(&mut self) -> u64 {
        let which = self.byte();
        match which {
            0..=127 => ODD[usize::from(which) % ODD.len()],
            128..=199 => u64::from(which) - 128,
            _ => (0..8).fold(0, |value, _| value << 8 | u64::from(self.byte())),
        }
    }

    /// One of a list.
    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// All remaining bytes.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Damages the bytes in one to four places, mostly one.
    pub fn damage(&mut self, bytes: &mut Vec<u8>) {
        let times = self.byte();
        for _ in 0..[1, 1, 1, 2, 2, 3, 4, 8][usize::from(times) % 8] {
            self.damage_once(bytes);
        }
    }

    fn damage_once(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let how = self.byte() % 9;
        if bytes.is_empty() {
            bytes.push(how);
            return;
        }
        match how {
            0 => bytes[at] ^= 1 << (self.byte() % 8),
            1 => bytes[at] = self.byte(),
            2 => bytes.truncate(at),
            3 => {
                let end = (at + 1 + self.below(32)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 => {
                let more: Vec<u8> = (0..=self.below(8)).map(|_| self.byte()).collect();
                bytes.splice(at..at, more);
            }
            5 => {
                // Duplicates a part, such as a field, a line or a section.
                let end = (at + 1 + self.below(64)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            6 => {
                let odd = self.odd().to_le_bytes();
                for (byte, odd) in bytes[at..]
                    .iter_mut()
                    .zip(odd.into_iter().take(1 << self.below(4)))
                {
                    *byte = odd;
                }
            }
            7 => self.damage_number(bytes, at),
            _ => {
                let from = self.below(bytes.len());
                let len = (1 + self.below(32))
                    .min(bytes.len() - from)
                    .min(bytes.len() - at);
                bytes.copy_within(from..from + len, at);
            }
        }
    }

    /// Replaces the next decimal number.
    fn damage_number(&mut self, bytes: &mut Vec<u8>, from: usize) {
        let digit = |b: &u8| b.is_ascii_digit();
        let Some(at) = bytes[from..].iter().position(digit).map(|at| from + at) else {
            return;
        };
        let end = bytes[at..]
            .iter()
            .position(|b| !digit(b))
            .map_or(bytes.len(), |len| at + len);
        let text = match self.byte() % 8 {
            0 => format!("-{}", self.odd()),
            1 => "1e309".to_owned(),
            2 => "NaN".to_owned(),
            3 => "0.5".to_owned(),
            _ => self.odd().to_string(),
        };
        bytes.splice(at..end, text.into_bytes());
    }
}
