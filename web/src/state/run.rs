//! The time of a run by its steps, and numbers without the library's code for fractions.

/// A part of a run's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunPart {
    /// Milliseconds.
    pub ms: f64,
    /// Its share of the run.
    pub percent: i32,
}

/// The steps of a run in the protocol's order, then the time outside of them, in which the worker
/// reads the request and writes the answer. Empty if no step was measured.
#[must_use]
pub fn run_parts(steps_ms: &[f64], last_run_ms: f64) -> Vec<RunPart> {
    if steps_ms.is_empty() {
        return Vec::new();
    }
    let steps: f64 = steps_ms.iter().sum();
    // Two clocks are read, and browsers round both.
    let whole = last_run_ms.max(steps).max(f64::MIN_POSITIVE);
    let part = |ms: f64| RunPart {
        ms,
        percent: (ms / whole * 100.0).round() as i32,
    };
    let rest = (last_run_ms - steps).max(0.0);
    steps_ms.iter().copied().chain([rest]).map(part).collect()
}

/// A number with two decimals.
#[must_use]
pub fn hundredths(value: f64) -> String {
    let all = (value * 100.0).round().max(0.0) as u64;
    let (whole, rest) = (all / 100, all % 100);
    let zero = if rest < 10 { "0" } else { "" };
    [&whole.to_string(), ".", zero, &rest.to_string()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_run_are_all_of_its_time() {
        let parts = run_parts(&[1.0, 2.0], 4.0);
        let percent: Vec<i32> = parts.iter().map(|part| part.percent).collect();
        assert_eq!(percent, [25, 50, 25]);
        assert_eq!(parts[2].ms, 1.0);
        // A run that is measured as shorter than its steps has no other time.
        assert_eq!(run_parts(&[1.0, 1.0], 1.9)[2].ms, 0.0);
        assert_eq!(run_parts(&[0.0], 0.0)[0].percent, 0);
        assert!(run_parts(&[], 4.0).is_empty());
    }

    #[test]
    fn two_decimals_are_rounded_and_never_lost() {
        for (value, said) in [
            (0.0, "0.00"),
            (4.056, "4.06"),
            (12.5, "12.50"),
            (0.999, "1.00"),
        ] {
            assert_eq!(hundredths(value), said);
        }
    }
}
