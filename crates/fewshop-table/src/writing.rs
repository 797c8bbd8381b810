//! How a column writes its numbers: with a decimal point or comma, with thousands set apart, with a
//! unit. What could be read in two ways is not read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::numbers::parse_number;

/// Longest unit, in characters.
const UNIT: usize = 16;
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
    decimal: char,
    group: Option<char>,
    before: String,
    after: String,
}

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
    fn new(decimal: char, group: Option<char>) -> Self {
        Self {
            decimal,
            group,
            before: String::new(),
            after: String::new(),
        }
    }

    /// Decimal points, nothing else.
    pub(crate) fn plain() -> Self {
        Self::new('.', None)
    }

    /// The number in a cell, without its unit.
    pub(crate) fn value(&self, cell: &str) -> Option<f64> {
        let is_plain = self.decimal == '.' && self.group.is_none();
        if is_plain && self.before.is_empty() && self.after.is_empty() {
            return parse_number(cell).or_else(|| match cell.is_ascii() {
                true => None,
                false => parse_number(&plain(cell)),
            });
        }
        let cell = plain(cell);
        let parts = Parts::of(&cell)?;
        (parts.before == self.before && parts.after == self.after)
            .then(|| parts.value(self.decimal, self.group))
            .flatten()
    }

    /// How these cells, of which none is missing, write numbers.
    pub(crate) fn of<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> Reading {
        let numbers = Self::plain();
        let mut dotted = cells.clone().filter(|cell| cell.contains('.')).peekable();
        let is_simple = dotted.peek().is_none()
            || dotted.any(|cell| !is_grouped(cell.trim_start_matches(['-', '+']), '.'));
        if is_simple && cells.clone().all(|cell| parse_number(cell).is_some()) {
            return Reading::Sure(numbers);
        }
        let texts: Vec<Cow<'_, str>> = cells.map(plain).collect();
        let parts: Vec<Parts<'_>> = texts.iter().filter_map(|text| Parts::of(text)).collect();
        let mut units: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for part in &parts {
            *units.entry((part.before, part.after)).or_default() += 1;
        }
        let Some((&unit, _)) = units.iter().max_by_key(|unit| unit.1) else {
            return Reading::Sure(numbers);
        };
        let of_unit = parts.into_iter().filter(|p| (p.before, p.after) == unit);
        let with_unit = |decimal, group| Self {
            before: unit.0.to_owned(),
            after: unit.1.to_owned(),
            ..Self::new(decimal, group)
        };
        read(&of_unit.collect::<Vec<_>>(), with_unit)
    }
}

/// Tries all readings. `with` makes a writing from decimal sign and separator of thousands.
fn read(parts: &[Parts<'_>], with: impl Fn(char, Option<char>) -> Writing) -> Reading {
    let count = |decimal, group| {
        let values = parts.iter().filter_map(|part| part.value(decimal, group));
        values.count()
    };
    let point = count('.', None);
    let comma = count(',', None);
    let comma_groups = count('.', Some(','));
    let point_groups = count(',', Some('.'));
    let most = comma_groups.max(point_groups);
    for group in [' ', '\''] {
        if parts.iter().any(|part| part.body.contains(group)) {
            let (point, comma) = (count('.', Some(group)), count(',', Some(group)));
            if point.max(comma) > most {
                let decimal = if comma > point { ',' } else { '.' };
                return Reading::Sure(with(decimal, Some(group)));
            }
        }
    }
    let example = |sign: char| {
        let found = parts.iter().find(|part| part.body.contains(sign));
        found.map_or_else(String::new, |part| part.body.to_owned())
    };
    let whole = |sign: char| {
        let others = parts.iter().filter(move |part| !part.body.contains(sign));
        others.map(|part| part.body.len())
    };
    if point == most {
        let grouped = parts.len() - whole('.').count();
        let fits = whole('.').all(|digits| digits <= 3) && whole('.').any(|digits| digits == 3);
        return match point_groups == most && grouped >= GROUPED && fits {
            true => Reading::Likely(with(',', Some('.')), example('.')),
            false => Reading::Sure(with('.', None)),
        };
    }
    if comma == most {
        return match (comma_groups == most, whole(',').all(|digits| digits <= 3)) {
            (false, _) => Reading::Sure(with(',', None)),
            (true, true) => Reading::Likely(with('.', Some(',')), example(',')),
            (true, false) => Reading::Unclear(example(','), most),
        };
    }
    match comma_groups.cmp(&point_groups) {
        std::cmp::Ordering::Greater => Reading::Sure(with('.', Some(','))),
        std::cmp::Ordering::Less => Reading::Sure(with(',', Some('.'))),
        std::cmp::Ordering::Equal => Reading::Unclear(example(','), most),
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
    fn of(cell: &'a str) -> Option<Self> {
        let mut is_negative = false;
        let mut signs = 0;
        let mut unsigned = |text: &'a str| match text.strip_prefix(['-', '+']) {
            Some(rest) => {
                is_negative |= text.starts_with('-');
                signs += 1;
                rest.trim_start()
            }
            None => text,
        };
        let rest = unsigned(cell.trim());
        let code = CODES.iter().find(|code| rest.starts_with(**code));
        let sign = rest.chars().next().filter(|c| is_currency(*c));
        let (before, rest) =
            rest.split_at(code.map_or(sign.map_or(0, char::len_utf8), |code| code.len()));
        let rest = unsigned(rest.trim_start());
        if signs > 1 {
            return None;
        }
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ' | '\'');
        let mut end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        if let Some(power) = rest[end..].strip_prefix(['e', 'E']) {
            let digits = power.strip_prefix(['-', '+']).unwrap_or(power);
            if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
                end = rest.len();
            }
        }
        let (body, after) = rest.split_at(end);
        let body = body.trim_end();
        let after = after.trim();
        let begins = body.trim_start_matches(['.', ',']);
        let is_number =
            begins.starts_with(|c: char| c.is_ascii_digit()) && body.len() <= begins.len() + 1;
        let is_unit = after.is_empty()
            || after.starts_with(|c: char| {
                c.is_alphabetic() || is_currency(c) || matches!(c, '%' | '‰' | '°' | 'µ')
            }) && after.chars().count() <= UNIT
                && !after.contains(|c: char| c.is_ascii_digit());
        (is_number && is_unit).then_some(Self {
            is_negative,
            before,
            body,
            after,
        })
    }

    fn value(&self, decimal: char, group: Option<char>) -> Option<f64> {
        let (whole, fraction) = match self.body.split_once(decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (self.body, None),
        };
        let whole = match group.filter(|group| whole.contains(*group)) {
            Some(group) if is_grouped(whole, group) => Cow::Owned(whole.replace(group, "")),
            Some(_) => return None,
            None => Cow::Borrowed(whole),
        };
        let is_plain = |text: &str| !text.contains(['.', ',', ' ', '\'']);
        if !is_plain(&whole) || !fraction.is_none_or(is_plain) {
            return None;
        }
        let text = match fraction {
            Some(fraction) => format!("{whole}.{fraction}"),
            None => whole.into_owned(),
        };
        let value = parse_number(&text)?;
        Some(if self.is_negative { -value } else { value })
    }
}

/// Whether these digits are set apart in threes, as in `12,345,678`.
fn is_grouped(whole: &str, group: char) -> bool {
    let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = whole.split(group);
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    (1..=3).contains(&first.len())
        && is_digits(first)
        && !first.starts_with('0')
        && !rest.is_empty()
        && rest.iter().all(|part| part.len() == 3 && is_digits(part))
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '£' | '¥' | '¢' | '元' | '\u{20a0}'..='\u{20cf}')
}

/// The text with the narrow letters, spaces and signs that keyboards without these replace.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{ffe5}' => '¥',
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{3000}' => ' ',
        '−' => '-',
        '’' => '\'',
        other => other,
    };
    Cow::Owned(text.chars().map(narrow).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read; with `likely` where another reading is not impossible.
    #[track_caller]
    fn check(cells: &[&str], values: &[f64], likely: bool) {
        let reading = Writing::of(cells.iter().copied());
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
        let mixed = Writing::of(["5 %", "7 %", "0.05"].into_iter());
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
            let reading = Writing::of(cells.into_iter());
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
            let Reading::Sure(writing) = Writing::of([cell].into_iter()) else {
                panic!("{cell}")
            };
            assert_eq!(writing.value(cell), None, "{cell}");
        }
    }
}
