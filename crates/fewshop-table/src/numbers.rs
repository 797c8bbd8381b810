//! Numbers and dates as people write them.

/// A number with a decimal point.
#[inline(never)]
pub(crate) fn parse_number(cell: &str) -> Option<f64> {
    let first = cell.strip_prefix(['+', '-', '−']).unwrap_or(cell);
    // Rust also reads "inf" and "nan", which are texts in a table.
    if !first.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let value: f64 = match cell.strip_prefix('−') {
        Some(rest) => -rest.parse::<f64>().ok()?,
        None => cell.parse().ok()?,
    };
    value.is_finite().then_some(value)
}

/// The order of day, month and year in a column of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateOrder {
    YearMonthDay,
    DayMonthYear,
    MonthDayYear,
}

/// The three numbers of a date and whether the first is the year; a time of day after it is not
/// read.
fn parts(cell: &str) -> Option<[u32; 3]> {
    let date = cell.split(['T', 't', ' ']).next()?;
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    let plain = match separator {
        '-' | '/' | '.' => date.to_owned(),
        '年' => date
            .trim_end_matches(['日', '号'])
            .replace(['年', '月'], "-"),
        _ => return None,
    };
    let separator = if separator == '年' { '-' } else { separator };
    let mut numbers = plain.split(separator).map(|part| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    });
    let out = [numbers.next()??, numbers.next()??, numbers.next()??];
    let lengths: Vec<usize> = plain.split(separator).map(str::len).collect();
    // A year has four digits: with two, nobody knows which number it is.
    (numbers.next().is_none() && (lengths[0] == 4) != (lengths[2] == 4)).then_some(out)
}

/// Days since 1970-01-01 of a date (Hinnant 2013); `None` if there is no such date.
fn days(year: u32, month: u32, day: u32) -> Option<f64> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    Some((era * 146_097 + of_era - 719_468) as f64)
}

/// Days since 1970 of a date in this order.
#[inline(never)]
pub(crate) fn parse_date(cell: &str, order: DateOrder) -> Option<f64> {
    let [a, b, c] = parts(cell)?;
    match order {
        DateOrder::YearMonthDay => (a > 31).then(|| days(a, b, c)).flatten(),
        DateOrder::DayMonthYear => days(c, b, a),
        DateOrder::MonthDayYear => days(c, a, b),
    }
}

/// Whether the cell is a date whose year has two digits: which of the three it is, nobody can tell.
#[inline(never)]
fn has_short_year(cell: &str) -> bool {
    let (mut numbers, mut digits, mut at) = ([0; 3], [0; 3], 0);
    for byte in cell.bytes() {
        match byte {
            b'0'..=b'9' if digits[at] < 2 => {
                numbers[at] = 10 * numbers[at] + u32::from(byte - b'0');
                digits[at] += 1;
            }
            b'.' | b'/' | b'-' if at < 2 => at += 1,
            _ => return false,
        }
    }
    let is_date = |month: u32, day: u32| (1..=12).contains(&month) && (1..=31).contains(&day);
    let [a, b, c] = numbers;
    cell.len() >= 6 && digits[2] > 0 && (is_date(b, a) || is_date(a, b) || is_date(b, c))
}

/// The one order in which all cells are dates. `None` if there is none, or if days and months could
/// be either way round; with points it is always the day first.
pub(crate) fn date_order<'a>(
    cells: impl Iterator<Item = &'a str> + Clone,
) -> Option<Result<DateOrder, ()>> {
    let fits = |order| {
        let mut any = false;
        let all = cells.clone().all(|cell| {
            any = true;
            parse_date(cell, order).is_some()
        });
        any && all
    };
    if fits(DateOrder::YearMonthDay) {
        return Some(Ok(DateOrder::YearMonthDay));
    }
    match (fits(DateOrder::DayMonthYear), fits(DateOrder::MonthDayYear)) {
        (true, false) => Some(Ok(DateOrder::DayMonthYear)),
        (false, true) => Some(Ok(DateOrder::MonthDayYear)),
        (true, true) if cells.clone().all(|cell| cell.contains('.')) => {
            Some(Ok(DateOrder::DayMonthYear))
        }
        (true, true) => Some(Err(())),
        (false, false) => {
            let is_short = cells.clone().next().is_some() && cells.clone().all(has_short_year);
            is_short.then_some(Err(()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_written() {
        assert_eq!(parse_number("1.5e3"), Some(1500.0));
        assert_eq!(parse_number("−2"), Some(-2.0));
        for text in ["inf", "NaN", "1,5", "", "12a", "-"] {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }

    #[test]
    fn dates_have_one_order_in_a_column() {
        let order = |cells: &[&'static str]| date_order(cells.iter().copied());
        assert_eq!(order(&["2020-02-29"]), Some(Ok(DateOrder::YearMonthDay)));
        assert_eq!(order(&["2021-02-29"]), None);
        assert_eq!(
            order(&["1/2/2020", "13/2/2020"]),
            Some(Ok(DateOrder::DayMonthYear))
        );
        assert_eq!(order(&["1/2/2020"]), Some(Err(())));
        assert_eq!(order(&["1.2.2020"]), Some(Ok(DateOrder::DayMonthYear)));
        assert_eq!(order(&["24.03.15", "5/1/24"]), Some(Err(())));
        assert_eq!(order(&["1.2.3", "24.33.44"]), None);
        assert_eq!(
            parse_date("2020年3月1日", DateOrder::YearMonthDay),
            parse_date("2020-03-01", DateOrder::YearMonthDay)
        );
        assert_eq!(parse_date("1970-01-02", DateOrder::YearMonthDay), Some(1.0));
        assert_eq!(
            parse_date("2000-03-01 12:00", DateOrder::YearMonthDay),
            Some(11_017.0)
        );
    }
}
