//! Points in time as seconds since 1970-01-01 00:00 UTC; a time without a zone counts as UTC.

/// Days from 1970-01-01 to a date of the Gregorian calendar (Hinnant's `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date that lies `days` after 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// Seconds since 1970 of a date and a time of day; `None` where there is no such date or time.
pub(crate) fn from_civil(
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let fits = (1..=last).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    fits.then(|| days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// A number of exactly `digits` digits at the front of `text`, and the rest.
fn number(text: &str, digits: usize) -> Option<(i64, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    head.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| head.parse().ok())?
        .map(|value| (value, rest))
}

/// Reads `2017-01-01 11:53:26`, ISO 8601 (`T`, fractions, `Z`, `+02:00`), a date alone (midnight),
/// or seconds since 1970.
///
/// `None` for anything else, milliseconds since 1970 among them: they would lie past the year 5000.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.as_bytes().get(4) != Some(&b'-') {
        let seconds: f64 = text.parse().ok()?;
        return (seconds.is_finite() && seconds.abs() < 1e11).then_some(seconds.floor() as i64);
    }
    let (year, rest) = number(text, 4)?;
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
    (hours < 24 && minutes < 60).then(|| local - sign * (hours * 3_600 + minutes * 60))
}

/// Writes seconds since 1970 as `2017-01-01 11:53:26`.
#[must_use]
pub fn format_time(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil_from_days(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
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

    proptest::proptest! {
        #[test]
        fn every_second_comes_back(seconds in -62_135_596_800i64..253_402_300_799) {
            proptest::prop_assert_eq!(parse_time(&format_time(seconds)), Some(seconds));
        }
    }
}
