//! Times in every form that exports have them.
//!
//! The forms do not overlap between 1990 and tomorrow, so each value says its own form: seconds
//! since 1970 have ten digits, milliseconds thirteen, `20231114` eight, a spreadsheet's day number
//! five. Only a date with slashes needs to be told whether the day or the month is first.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::files::time::{from_civil, parse_time};

/// 1990-01-01, in seconds since 1970: no web shop's log is older.
pub(super) const FIRST_S: i64 = 631_152_000;
const DAY_S: i64 = 86_400;
/// Days from a spreadsheet's day 0 to 1970-01-01.
const SERIAL_1970: f64 = 25_569.0;

/// How a time was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeForm {
    /// A date and a time of day.
    Text,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Microseconds since 1970.
    Microseconds,
    /// Nanoseconds since 1970.
    Nanoseconds,
    /// `20231114`.
    DayNumber,
    /// `20231114221320`.
    DigitsOfTime,
    /// Days since 1899-12-30, as spreadsheets count them.
    SpreadsheetDay,
    /// A date without a time of day.
    Date,
}

impl TimeForm {
    /// For a message: "times are …".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "dates with a time of day",
            Self::Seconds => "seconds since 1970",
            Self::Milliseconds => "milliseconds since 1970",
            Self::Microseconds => "microseconds since 1970",
            Self::Nanoseconds => "nanoseconds since 1970",
            Self::DayNumber => "days as numbers such as 20231114",
            Self::DigitsOfTime => "times as numbers such as 20231114221320",
            Self::SpreadsheetDay => "day numbers of a spreadsheet",
            Self::Date => "days",
        }
    }

    /// Whether it has no time of day.
    #[must_use]
    pub const fn is_day(self) -> bool {
        matches!(self, Self::DayNumber | Self::Date)
    }
}

/// What is first in a date with slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// `14/11/2023`.
    DayFirst,
    /// `11/14/2023`.
    MonthFirst,
}

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTime {
    /// It has no known form.
    Form,
    /// A spreadsheet shortened the number: `1.7E+12`.
    Shortened,
    /// A date such as 03/04/2023, of which the order is unknown.
    Ambiguous,
    /// It is before 1990 or after tomorrow.
    Range,
}

/// The last second that a log may have: the end of tomorrow by this machine's clock.
#[must_use]
pub fn last_second() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs() as i64);
    // A clock that was never set says nothing about the log.
    if now < 1_700_000_000 {
        i64::MAX
    } else {
        (now.div_euclid(DAY_S) + 2) * DAY_S
    }
}

/// Reads a time in any form, as seconds since 1970, and its form. Times after `last_s` are out of
/// range.
///
/// # Errors
/// [`NoTime`].
pub fn read_time(
    text: &str,
    order: Option<DateOrder>,
    last_s: i64,
) -> Result<(i64, TimeForm), NoTime> {
    let text = text.trim();
    let in_range = |(seconds, form): (i64, TimeForm)| {
        if (FIRST_S..=last_s).contains(&seconds) {
            Ok((seconds, form))
        } else {
            Err(NoTime::Range)
        }
    };
    let is_number = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
        && text.bytes().filter(|b| !b.is_ascii_digit()).count() <= 1
        && text.bytes().any(|b| b.is_ascii_digit());
    if is_number {
        return number(text, last_s).ok_or(NoTime::Range);
    }
    if let Some(seconds) = parse_time(text) {
        if text.contains(['e', 'E']) && text.as_bytes().get(4) != Some(&b'-') {
            return Err(NoTime::Shortened);
        }
        let form = if text.len() == 10 {
            TimeForm::Date
        } else {
            TimeForm::Text
        };
        return in_range((seconds, form));
    }
    if text.parse::<f64>().is_ok() {
        return Err(if text.contains(['e', 'E']) {
            NoTime::Shortened
        } else {
            NoTime::Range
        });
    }
    written(text, order).and_then(in_range)
}

/// A number between 1990 and `last_s` in exactly one unit.
fn number(text: &str, last_s: i64) -> Option<(i64, TimeForm)> {
    let whole = text.split(['.', ',']).next().unwrap_or(text);
    let value: i128 = whole.parse().ok()?;
    let fits = |seconds: i128| {
        let seconds = i64::try_from(seconds).ok()?;
        (FIRST_S..=last_s).contains(&seconds).then_some(seconds)
    };
    let has_fraction = whole.len() < text.len();
    if whole.len() == 8 && !has_fraction {
        let seconds = digits(whole)?;
        return fits(seconds.into()).map(|seconds| (seconds, TimeForm::DayNumber));
    }
    if whole.len() == 14
        && !has_fraction
        && let Some(seconds) = digits(whole)
    {
        return fits(seconds.into()).map(|seconds| (seconds, TimeForm::DigitsOfTime));
    }
    for (unit, form) in [
        (1, TimeForm::Seconds),
        (1_000, TimeForm::Milliseconds),
        (1_000_000, TimeForm::Microseconds),
        (1_000_000_000, TimeForm::Nanoseconds),
    ] {
        // Without a clock, "seconds" would take every number.
        if value / unit < 10_000_000_000
            && let Some(seconds) = fits(value.div_euclid(unit))
        {
            return Some((seconds, form));
        }
    }
    let serial: f64 = text.replace(',', ".").parse().ok()?;
    if whole.len() == 5 {
        let seconds = ((serial - SERIAL_1970) * DAY_S as f64).round() as i64;
        let form = if has_fraction {
            TimeForm::SpreadsheetDay
        } else {
            TimeForm::DayNumber
        };
        return fits(seconds.into()).map(|seconds| {
            (
                seconds,
                if form == TimeForm::DayNumber {
                    TimeForm::SpreadsheetDay
                } else {
                    form
                },
            )
        });
    }
    None
}

/// `20231114` or `20231114221320`.
fn digits(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let (hour, minute, second) = if text.len() == 14 {
        (part(8, 10)?, part(10, 12)?, part(12, 14)?)
    } else {
        (0, 0, 0)
    };
    from_civil(
        i32::try_from(part(0, 4)?).ok()?,
        part(4, 6)?,
        part(6, 8)?,
        hour,
        minute,
        second,
    )
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Dates that are not ISO 8601: `2023/11/14`, `14.11.2023`, `14/11/2023`, `14 Nov 2023`, `Nov 14,
/// 2023`, each alone or with a time of day such as `22:13`, `22:13:20` or `10:13 PM`.
fn written(text: &str, order: Option<DateOrder>) -> Result<(i64, TimeForm), NoTime> {
    let is_named = text.chars().any(|c| c.is_ascii_alphabetic())
        && MONTHS
            .iter()
            .any(|month| text.to_ascii_lowercase().contains(month));
    // Where the date ends and the time of day begins.
    let cut = match text.find(':') {
        Some(colon) => {
            let head = &text[..colon];
            head.trim_end_matches(|c: char| c.is_ascii_digit()).len()
        }
        None => text.len(),
    };
    let date = text[..cut].trim_end_matches([' ', ',', 'T', '-']).trim();
    let (clock, form) = if cut == text.len() {
        ((0, 0, 0, 0), TimeForm::Date)
    } else {
        (clock(&text[cut..]).ok_or(NoTime::Form)?, TimeForm::Text)
    };
    let date = if is_named {
        named_date(date).ok_or(NoTime::Form)?
    } else {
        let separator = ['/', '.', '-']
            .into_iter()
            .find(|&c| date.contains(c))
            .ok_or(NoTime::Form)?;
        let parts: Vec<&str> = date.split(separator).map(str::trim).collect();
        let [a, b, c] = parts[..] else {
            return Err(NoTime::Form);
        };
        if parts
            .iter()
            .any(|part| part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(NoTime::Form);
        }
        let number = |part: &str| part.parse::<u32>().unwrap_or(u32::MAX);
        if a.len() == 4 {
            (number(a), number(b), number(c))
        } else if c.len() == 4 {
            let (a, b, year) = (number(a), number(b), number(c));
            // With dots the day is always first.
            let order = if separator == '.' || (a > 12 && b <= 12) || a == b {
                Some(DateOrder::DayFirst)
            } else if b > 12 && a <= 12 {
                Some(DateOrder::MonthFirst)
            } else {
                order
            };
            match order.ok_or(NoTime::Ambiguous)? {
                DateOrder::DayFirst => (year, b, a),
                DateOrder::MonthFirst => (year, a, b),
            }
        } else {
            return Err(NoTime::Form);
        }
    };
    let (year, month, day) = date;
    let year = i32::try_from(year).ok().ok_or(NoTime::Form)?;
    let (hour, minute, second, offset) = clock;
    from_civil(year, month, day, hour, minute, second)
        .map(|seconds| (seconds - offset, form))
        .ok_or(NoTime::Form)
}

/// `14 Nov 2023` or `Nov 14, 2023`.
fn named_date(text: &str) -> Option<(u32, u32, u32)> {
    let (mut month, mut numbers) = (None, Vec::new());
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let lower = word.to_ascii_lowercase();
        if word.bytes().all(|b| b.is_ascii_digit()) && !word.is_empty() {
            numbers.push(word.parse::<u32>().ok()?);
        } else if let Some(at) = MONTHS.iter().position(|month| lower.starts_with(month)) {
            month = Some(at as u32 + 1);
        }
    }
    let [day, year] = numbers[..] else {
        return None;
    };
    (year > 31).then_some((year, month?, day))
}

/// `22:13`, `22:13:20.5`, `10:13 PM`, with `Z`, `UTC` or an offset: hour, minute, second, and the
/// offset from UTC in seconds.
fn clock(text: &str) -> Option<(u32, u32, u32, i64)> {
    let lower = text.to_ascii_lowercase();
    let lower = lower.trim();
    let end = lower
        .find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'))
        .unwrap_or(lower.len());
    let (time, rest) = lower.split_at(end);
    let mut parts = time.split(':');
    let mut hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next()?.parse().ok()?;
    let second: u32 = match parts.next() {
        Some(second) => second.split('.').next()?.parse().ok()?,
        None => 0,
    };
    let rest = rest.trim();
    let rest = match rest.get(..2) {
        Some(half @ ("am" | "pm")) => {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if half == "pm" { 12 } else { 0 };
            rest[2..].trim()
        }
        _ => rest,
    };
    let offset = match rest {
        "" | "z" | "utc" | "gmt" => 0,
        _ => {
            let sign = if rest.starts_with('+') { 1 } else { -1 };
            let digits: String = rest
                .strip_prefix(['+', '-'])?
                .chars()
                .filter(|c| *c != ':')
                .collect();
            let hours: i64 = digits.get(..2)?.parse().ok()?;
            let minutes: i64 = match digits.get(2..) {
                Some("") | None => 0,
                Some(minutes) => minutes.parse().ok()?,
            };
            sign * (hours * 3_600 + minutes * 60)
        }
    };
    Some((hour, minute, second, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: i64 = 1_800_000_000;

    #[test]
    fn every_form_names_the_same_second() {
        for (text, form) in [
            ("2023-11-14T22:13:20Z", TimeForm::Text),
            ("2023-11-14 17:13:20 -0500", TimeForm::Text),
            ("1700000000", TimeForm::Seconds),
            ("1700000000.25", TimeForm::Seconds),
            ("1700000000000", TimeForm::Milliseconds),
            ("1700000000000.0", TimeForm::Milliseconds),
            ("1700000000000000", TimeForm::Microseconds),
            ("1700000000000000000", TimeForm::Nanoseconds),
            ("20231114221320", TimeForm::DigitsOfTime),
            ("45244.925926", TimeForm::SpreadsheetDay),
            ("45244,925926", TimeForm::SpreadsheetDay),
            ("14.11.2023 22:13:20", TimeForm::Text),
            ("2023/11/14 22:13:20", TimeForm::Text),
            ("14/11/2023 22:13:20", TimeForm::Text),
            ("11/14/2023 10:13:20 PM", TimeForm::Text),
            ("14 Nov 2023 22:13:20", TimeForm::Text),
            ("Nov 14, 2023, 10:13:20 PM", TimeForm::Text),
            ("Tue, 14 Nov 2023 22:13:20 GMT", TimeForm::Text),
        ] {
            assert_eq!(
                read_time(text, None, LAST),
                Ok((1_700_000_000, form)),
                "{text}"
            );
        }
    }

    #[test]
    fn days_are_midnight() {
        for text in [
            "20231114",
            "2023-11-14",
            "45244",
            "14.11.2023",
            "11/14/2023",
        ] {
            let (seconds, _) = read_time(text, None, LAST).unwrap();
            assert_eq!(seconds, 1_699_920_000, "{text}");
        }
        assert!(read_time("20231114", None, LAST).unwrap().1.is_day());
    }

    #[test]
    fn what_is_no_time_says_why() {
        for (text, why) in [
            ("03/04/2023", NoTime::Ambiguous),
            ("1.7E+12", NoTime::Shortened),
            ("100", NoTime::Range),
            ("12000000000", NoTime::Range),
            ("20231399", NoTime::Range),
            ("1970-01-01", NoTime::Range),
            ("2093-01-01 10:00:00", NoTime::Range),
            ("yesterday", NoTime::Form),
            ("31/31/2023", NoTime::Form),
            ("", NoTime::Form),
        ] {
            assert_eq!(read_time(text, None, LAST), Err(why), "{text}");
        }
        let day_first = read_time("03/04/2023", Some(DateOrder::DayFirst), LAST).unwrap();
        assert_eq!(day_first.0, 1_680_480_000);
    }
}
