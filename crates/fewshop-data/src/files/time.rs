//! Points in time as seconds since 1970-01-01 00:00 UTC. A time without a zone counts as UTC.
//!
//! `chrono` knows the calendar. The formats are parsed here because chrono's parsers accept both
//! more and less than these: months of one digit, but not an offset in whole hours.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};

/// Seconds since 1970 of a date and a time of day; `None` if no such date or time exists. Second
/// 60, a leap second, is the first second of the next minute.
pub(crate) fn from_civil(
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
) -> Option<i64> {
    let leap = i64::from(second == 60);
    let second = if second == 60 { 59 } else { second };
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    let time = date.and_hms_opt(hour, minute, second)?;
    Some(time.and_utc().timestamp() + leap)
}

/// A number of exactly `digits` digits at the front of `text`, and the rest.
fn number(text: &str, digits: usize) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    head.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| head.parse().ok())?
        .map(|value| (value, rest))
}

/// Reads `2017-01-01 11:53:26`, ISO 8601 (`T`, fractions, `Z`, `+02:00`), a date alone (midnight),
/// or seconds since 1970.
///
/// `None` for anything else, including milliseconds since 1970, which would be past the year 5000.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.as_bytes().get(4) != Some(&b'-') {
        let seconds: f64 = text.parse().ok()?;
        return (seconds.is_finite() && seconds.abs() < 1e11).then_some(seconds.floor() as i64);
    }
    let (year, rest) = number(text, 4)?;
    let year = i32::try_from(year).ok()?;
    let (month, rest) = number(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 2)?;
    if rest.is_empty() {
        return from_civil(year, month, day, 0, 0, 0);
    }
    let (hour, rest) = number(rest.strip_prefix(['T', 't', ' '])?, 2)?;
    let (minute, mut rest) = number(rest.strip_prefix(':')?, 2)?;
    let mut second = 0;
    if let Some(after) = rest.strip_prefix(':') {
        (second, rest) = number(after, 2)?;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == fraction.len() {
                return None;
            }
        }
    }
    let local = from_civil(year, month, day, hour, minute, second)?;
    let zone = rest.trim_start();
    if zone.is_empty() || zone.eq_ignore_ascii_case("z") || zone == "UTC" {
        return Some(local);
    }
    let sign = if zone.starts_with('+') { 1 } else { -1 };
    let (hours, rest) = number(zone.strip_prefix(['+', '-'])?, 2)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = if rest.is_empty() {
        0
    } else {
        number(rest, 2).filter(|(_, rest)| rest.is_empty())?.0
    };
    (hours < 24 && minutes < 60).then(|| local - sign * i64::from(hours * 3_600 + minutes * 60))
}

/// Writes seconds since 1970 as `2017-01-01 11:53:26`; seconds more than 262,000 years from 1970 as
/// the number.
#[must_use]
pub fn format_time(seconds: i64) -> String {
    let Some(time) = DateTime::from_timestamp(seconds, 0) else {
        return seconds.to_string();
    };
    // Not chrono's own `%Y`, which puts a '+' before a year of five digits.
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// The day of a time, in days since 1970. It saturates 5.8 million years from 1970, which
/// [`parse_time`] does not read.
pub fn day_of(seconds: i64) -> i32 {
    let day = seconds.div_euclid(DAY_S);
    day.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// Writes a day, in days since 1970, as `2017-10-02`; days more than 262,000 years from 1970 as
/// seconds since 1970.
#[must_use]
pub fn format_day(day: i32) -> String {
    let text = format_time(i64::from(day) * DAY_S);
    match text.split_once(' ') {
        Some((date, _)) => date.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_notations_name_the_same_second() {
        for text in [
            "2017-01-01 11:53:26",
            "2017-01-01T11:53:26",
            "2017-01-01T11:53:26Z",
            "2017-01-01T11:53:26.250+00:00",
            "2017-01-01T13:53:26+0200",
            "2017-01-01T06:53:26-05",
            "1483271606",
            " 1483271606.9 ",
        ] {
            assert_eq!(parse_time(text), Some(1_483_271_606), "{text}");
        }
        assert_eq!(parse_time("1970-01-01"), Some(0));
        assert_eq!(parse_time("2017-01-01 11:53"), Some(1_483_271_580));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2017-13-01",
            "2017-02-29",
            "2017-01-01 24:00:00",
            "2017-01-01 11:53:26.",
            "1483271606000",
            "01/02/2017",
            "2017-01-01T11:53:26+2",
            "NaN",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_those_of_the_gregorian_calendar() {
        for (text, expected) in [
            ("2000-02-29", Some(951_782_400)),
            ("2024-02-29", Some(1_709_164_800)),
            ("1900-02-29", None),
            ("2023-02-29", None),
            ("2023-04-31", None),
            ("2023-12-31", Some(1_703_980_800)),
            ("2023-12-32", None),
            ("2023-00-10", None),
            ("2023-01-00", None),
            ("0000-02-29", Some(-62_162_121_600)),
            ("9999-12-31 23:59:59", Some(253_402_300_799)),
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_the_first_second_of_the_next_minute() {
        assert_eq!(parse_time("2016-12-31 23:59:60"), parse_time("2017-01-01"));
        assert_eq!(parse_time("2016-12-31 23:59:61"), None);
        assert_eq!(parse_time("2016-12-31 23:60:00"), None);
    }

    #[test]
    fn offsets_move_a_time_to_utc() {
        for (text, expected) in [
            ("2017-01-01T00:00:00+23:59", Some(1_483_142_460)),
            ("2017-01-01 00:00:00 UTC", Some(1_483_228_800)),
            ("2017-01-01 00:00:00 -0030", Some(1_483_230_600)),
            ("2017-01-01T00:00:00+24:00", None),
            ("2017-01-01T00:00:00+01:60", None),
            ("2017-01-01T00:00:00+01:00:00", None),
            ("2017-01-01T00:00:00 CET", None),
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
    }

    #[test]
    fn a_day_is_its_date_whatever_the_time_of_day() {
        for (text, day) in [
            ("1970-01-01", 0),
            ("1969-12-31 23:59:59", -1),
            ("2017-10-02 13:00:00", 17_441),
        ] {
            assert_eq!(parse_time(text).map(day_of), Some(day), "{text}");
            assert_eq!(format_day(day), text[..10]);
        }
        assert_eq!(
            format_day(i32::MAX),
            (i64::from(i32::MAX) * DAY_S).to_string()
        );
    }

    #[test]
    fn times_far_away_are_written_too() {
        assert_eq!(format_time(253_402_300_800), "10000-01-01 00:00:00");
        assert_eq!(format_time(-62_198_755_200), "-001-01-01 00:00:00");
        assert_eq!(format_time(i64::MAX), i64::MAX.to_string());
    }

    proptest::proptest! {
        #[test]
        fn every_second_comes_back(seconds in -62_135_596_800i64..253_402_300_799) {
            proptest::prop_assert_eq!(parse_time(&format_time(seconds)), Some(seconds));
        }
    }
}
