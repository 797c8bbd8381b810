//! How a column writes its numbers: with a decimal point or comma, with thousands set apart, with a
//! unit. What could be read in two ways is not read.
//!
//! Nothing here is generic, and texts are walked byte by byte: this crate is compiled for speed, and each
//! copy of such code would be a kilobyte of the page.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::numbers::parse_number;

/// Longest unit, in bytes.
const UNIT: usize = 16;
/// Different units of a column that are counted.
const UNITS: usize = 8;
/// From this many cells like `1.234` on, beside whole numbers of three digits, the point sets
/// thousands apart: decimals would not all have three digits.
const GROUPED: usize = 3;
/// What else may stand before an amount, besides the signs of currencies.
const CODES: [&str; 9] = [
    "EUR", "USD", "GBP", "CHF", "CNY", "RMB", "JPY", "US$", "HK$",
];

/// How the numbers of a column are written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Writing {
    signs: Signs,
    before: String,
    after: String,
}

/// The decimal sign, and what sets thousands apart.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Signs {
    decimal: u8,
    group: Option<u8>,
}

const POINT: Signs = Signs {
    decimal: b'.',
    group: None,
};
const COMMA: Signs = Signs {
    decimal: b',',
    group: None,
};
const POINT_AND_GROUPS: Signs = Signs {
    decimal: b'.',
    group: Some(b','),
};
const COMMA_AND_GROUPS: Signs = Signs {
    decimal: b',',
    group: Some(b'.'),
};

/// What a column's cells say about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    Sure(Writing),
    /// A cell of which the other reading is not impossible.
    Likely(Writing, String),
    /// A cell that could be either, and the number of cells that are numbers in some reading.
    Unclear(String, usize),
}

impl Writing {
    fn new(signs: Signs, (before, after): (&str, &str)) -> Self {
        Self {
            signs,
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }

    /// Decimal points, nothing else.
    pub(crate) fn plain() -> Self {
        Self::new(POINT, ("", ""))
    }

    /// The number in a cell, without its unit.
    pub(crate) fn value(&self, cell: &str) -> Option<f64> {
        let is_plain = self.signs == POINT && self.before.is_empty() && self.after.is_empty();
        if is_plain && cell.is_ascii() {
            return parse_number(cell);
        }
        self.unusual(&plain(cell))
    }

    #[inline(never)]
    fn unusual(&self, cell: &str) -> Option<f64> {
        let parts = Parts::of(cell)?;
        match parts.before == self.before && parts.after == self.after {
            true => parts.value(self.signs),
            false => None,
        }
    }

    /// How these cells, of which none is missing, write numbers.
    pub(crate) fn of(cells: &[&str]) -> Reading {
        let mut is_simple = true;
        let (mut has_point, mut has_decimal) = (false, false);
        for cell in cells {
            is_simple &= parse_number(cell).is_some();
            if cell.contains('.') {
                has_point = true;
                has_decimal |= !is_grouped(cell.as_bytes());
            }
            if !is_simple {
                break;
            }
        }
        if is_simple && (has_decimal || !has_point) {
            return Reading::Sure(Self::plain());
        }
        let texts: Vec<Cow<'_, str>> = cells.iter().map(|cell| plain(cell)).collect();
        read(&texts)
    }
}

/// Tries all readings.
#[inline(never)]
fn read(texts: &[Cow<'_, str>]) -> Reading {
    let mut parts: Vec<Parts<'_>> = Vec::new();
    let mut units: Vec<((&str, &str), usize)> = Vec::new();
    for text in texts {
        let Some(part) = Parts::of(text) else {
            continue;
        };
        parts.push(part);
        let unit = (part.before, part.after);
        match units.iter().position(|other| other.0 == unit) {
            Some(known) => units[known].1 += 1,
            None if units.len() < UNITS => units.push((unit, 1)),
            None => {}
        }
    }
    let mut unit = ("", "");
    let mut most = 0;
    for (other, count) in units {
        if count > most {
            (unit, most) = (other, count);
        }
    }
    parts.retain(|part| (part.before, part.after) == unit);
    let with = |signs| Writing::new(signs, unit);
    let count = |signs| count(&parts, signs);
    let (point, comma) = (count(POINT), count(COMMA));
    let (comma_groups, point_groups) = (count(POINT_AND_GROUPS), count(COMMA_AND_GROUPS));
    let most = comma_groups.max(point_groups);
    // With neither points nor commas both decimal signs say the same, and the first is taken.
    let mut rare = None;
    let mut most_rare = most;
    for group in [b' ', b'\''] {
        for decimal in [b'.', b','] {
            let signs = Signs {
                decimal,
                group: Some(group),
            };
            if count(signs) > most_rare {
                (rare, most_rare) = (Some(signs), count(signs));
            }
        }
    }
    if let Some(signs) = rare {
        return Reading::Sure(with(signs));
    }
    if point == most {
        let others = Others::of(&parts, b'.');
        let fits = others.longest == 3 && parts.len() - others.count >= GROUPED;
        return match point_groups == most && fits {
            true => Reading::Likely(with(COMMA_AND_GROUPS), others.example),
            false => Reading::Sure(with(POINT)),
        };
    }
    let others = Others::of(&parts, b',');
    if comma == most {
        return match (comma_groups == most, others.longest <= 3) {
            (false, _) => Reading::Sure(with(COMMA)),
            (true, true) => Reading::Likely(with(POINT_AND_GROUPS), others.example),
            (true, false) => Reading::Unclear(others.example, most),
        };
    }
    match comma_groups.cmp(&point_groups) {
        Ordering::Greater => Reading::Sure(with(POINT_AND_GROUPS)),
        Ordering::Less => Reading::Sure(with(COMMA_AND_GROUPS)),
        Ordering::Equal => Reading::Unclear(others.example, most),
    }
}

#[inline(never)]
fn count(parts: &[Parts<'_>], signs: Signs) -> usize {
    let mut count = 0;
    for part in parts {
        count += usize::from(part.value(signs).is_some());
    }
    count
}

/// The numbers without a sign, and the first that has it.
struct Others {
    count: usize,
    longest: usize,
    example: String,
}

impl Others {
    fn of(parts: &[Parts<'_>], sign: u8) -> Self {
        let mut out = Self {
            count: 0,
            longest: 0,
            example: String::new(),
        };
        for part in parts {
            if !part.body.as_bytes().contains(&sign) {
                out.count += 1;
                out.longest = out.longest.max(part.body.len());
            } else if out.example.is_empty() {
                part.body.clone_into(&mut out.example);
            }
        }
        out
    }
}

/// A cell taken apart.
#[derive(Debug, Clone, Copy)]
struct Parts<'a> {
    is_negative: bool,
    before: &'a str,
    body: &'a str,
    after: &'a str,
}

impl<'a> Parts<'a> {
    #[inline(never)]
    fn of(cell: &'a str) -> Option<Self> {
        let (first, rest) = unsigned(trimmed(cell));
        let length = match CODES.iter().find(|code| rest.starts_with(**code)) {
            Some(code) => code.len(),
            None => {
                let first = rest.chars().next().filter(|c| is_currency(*c));
                first.map_or(0, char::len_utf8)
            }
        };
        let (before, rest) = rest.split_at(length);
        let (second, rest) = unsigned(trimmed(rest));
        if first != 0 && second != 0 {
            return None;
        }
        let bytes = rest.as_bytes();
        let is_part = |b: &u8| b.is_ascii_digit() || b".,' ".contains(b);
        let mut end = bytes
            .iter()
            .position(|b| !is_part(b))
            .unwrap_or(bytes.len());
        if is_power(&bytes[end..]) {
            end = bytes.len();
        }
        let (body, after) = (trimmed(&rest[..end]), trimmed(&rest[end..]));
        let digit = body.bytes().position(|b| b.is_ascii_digit())?;
        let is_number = digit == 0 || digit == 1 && !body.starts_with(['\'', ' ']);
        (is_number && is_unit(after)).then_some(Self {
            is_negative: first == b'-' || second == b'-',
            before,
            body,
            after,
        })
    }

    #[inline(never)]
    fn value(&self, signs: Signs) -> Option<f64> {
        let mut text = String::with_capacity(self.body.len());
        // Digits since the last sign that sets thousands apart, and whether there was one.
        let (mut digits, mut is_grouped, mut is_fraction) = (0, false, false);
        for &byte in self.body.as_bytes() {
            let ends_group = !is_fraction && is_grouped && digits != 3;
            if byte.is_ascii_digit() {
                digits += 1;
            } else if byte == signs.decimal && !is_fraction {
                if ends_group {
                    return None;
                }
                is_fraction = true;
                text.push('.');
                continue;
            } else if Some(byte) == signs.group && !is_fraction {
                let begins = !is_grouped && (1..=3).contains(&digits) && !text.starts_with('0');
                if ends_group || !(is_grouped || begins) {
                    return None;
                }
                (digits, is_grouped) = (0, true);
                continue;
            } else if b".,' ".contains(&byte) {
                return None;
            }
            text.push(char::from(byte));
        }
        if !is_fraction && is_grouped && digits != 3 {
            return None;
        }
        let value = parse_number(&text)?;
        Some(if self.is_negative { -value } else { value })
    }
}

/// A leading sign, or 0, and the rest.
fn unsigned(text: &str) -> (u8, &str) {
    match text.as_bytes().first() {
        Some(sign @ (b'-' | b'+')) => (*sign, trimmed(&text[1..])),
        _ => (0, text),
    }
}

#[inline(never)]
fn trimmed(text: &str) -> &str {
    text.trim()
}

/// Whether this is the power of ten of a number, as in `1e-3`.
fn is_power(bytes: &[u8]) -> bool {
    let digits = match bytes {
        [b'e' | b'E', b'-' | b'+', digits @ ..] | [b'e' | b'E', digits @ ..] => digits,
        _ => return false,
    };
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn is_unit(after: &str) -> bool {
    let Some(first) = after.chars().next() else {
        return true;
    };
    (first.is_ascii_alphabetic() || !first.is_ascii() || matches!(first, '%' | '$'))
        && !matches!(first, '–' | '—' | '…')
        && after.len() <= UNIT
        && !after.bytes().any(|b| b.is_ascii_digit())
}

/// Whether thousands are set apart by points, as in `12.345.678`, and nothing else.
fn is_grouped(cell: &[u8]) -> bool {
    let digits = match cell {
        [b'-' | b'+', digits @ ..] => digits,
        digits => digits,
    };
    let mut from_end = 0;
    for byte in digits.iter().rev() {
        let is_sign = from_end % 4 == 3;
        if is_sign != (*byte == b'.') || !is_sign && !byte.is_ascii_digit() {
            return false;
        }
        from_end += 1;
    }
    from_end % 4 != 0 && digits[0] != b'0'
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '£' | '¥' | '¢' | '元' | '\u{20a0}'..='\u{20cf}')
}

/// The text with the narrow letters, spaces and signs that keyboards without these replace.
#[inline(never)]
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        out.push(match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '\u{ffe5}' => '¥',
            '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{3000}' => ' ',
            '−' => '-',
            '’' => '\'',
            other => other,
        });
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read; with `likely` where another reading is not impossible.
    #[track_caller]
    fn check(cells: &[&str], values: &[f64], likely: bool) {
        let reading = Writing::of(cells);
        let writing = match &reading {
            Reading::Sure(writing) if !likely => writing,
            Reading::Likely(writing, _) if likely => writing,
            other => panic!("{cells:?}: {other:?}"),
        };
        let read: Vec<Option<f64>> = cells.iter().map(|cell| writing.value(cell)).collect();
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        assert_eq!(read, values, "{cells:?}");
    }

    #[test]
    fn amounts_are_read_as_their_spreadsheet_wrote_them() {
        check(&["1.5", "-2", "3e2"], &[1.5, -2.0, 300.0], false);
        check(&["1,5", "−2", "0,125"], &[1.5, -2.0, 0.125], false);
        check(&["1.234,56", "950,00"], &[1234.56, 950.0], false);
        check(&["1,234.56", "-950"], &[1234.56, -950.0], false);
        check(&["1,234,567", "5"], &[1_234_567.0, 5.0], false);
        check(&["1.234.567", "5"], &[1_234_567.0, 5.0], false);
        check(
            &["1\u{a0}234,5", "12\u{202f}000,25"],
            &[1234.5, 12_000.25],
            false,
        );
        check(&["1'234.50", "7"], &[1234.5, 7.0], false);
        check(&["１２．５", "3"], &[12.5, 3.0], false);
    }

    #[test]
    fn a_unit_that_all_cells_have_is_left_away() {
        check(&["5 %", "12,5 %"], &[5.0, 12.5], false);
        check(&["-€1,234.50", "€ 12"], &[-1234.5, 12.0], false);
        check(&["EUR 5", "EUR 7"], &[5.0, 7.0], false);
        check(&["70 kg", "81.5 kg"], &[70.0, 81.5], false);
        check(&["３００元", "1,200.5元"], &[300.0, 1200.5], false);
        let mixed = Writing::of(&["5 %", "7 %", "0.05"]);
        let Reading::Sure(writing) = mixed else {
            panic!("{mixed:?}")
        };
        // A share beside percentages is another unit: not a number of this column.
        assert_eq!(writing.value("0.05"), None);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_said_or_not_read() {
        check(&["1,234", "950"], &[1234.0, 950.0], true);
        check(
            &["1.234", "2.345", "12.300", "950"],
            &[1234.0, 2345.0, 12_300.0, 950.0],
            true,
        );
        // Decimals, if nothing speaks for thousands.
        check(&["1.234", "2.345", "7.125"], &[1.234, 2.345, 7.125], false);
        check(
            &["1.234", "2.345", "7.125", "2"],
            &[1.234, 2.345, 7.125, 2.0],
            false,
        );
        for cells in [["1,234", "5678"], ["1,234", "5.678"]] {
            let reading = Writing::of(&cells);
            assert_eq!(reading, Reading::Unclear("1,234".to_owned(), 2));
        }
    }

    #[test]
    fn what_is_no_number_has_no_value() {
        let cells = [
            "31.12.2024",
            "12:30",
            "10-20",
            "A12",
            "12a3",
            "<5",
            "--5",
            "1,23,456.5",
            "5/6",
            "..5",
            "inf",
        ];
        for cell in cells {
            let Reading::Sure(writing) = Writing::of(&[cell]) else {
                panic!("{cell}")
            };
            assert_eq!(writing.value(cell), None, "{cell}");
        }
    }
}
