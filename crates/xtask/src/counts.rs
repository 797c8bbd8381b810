//! The numbers of passed and failed tests, parsed from the output of the test runners.

use std::ops::{Add, AddAssign};

/// Numbers of passed and failed tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed.
    pub(crate) failed: usize,
}

impl Counts {
    /// A check that counts as one test.
    pub(crate) fn one(passed: bool) -> Self {
        Self {
            passed: usize::from(passed),
            failed: usize::from(!passed),
        }
    }

    /// Sums the totals that the test runners of cargo, wasm-bindgen and Node print.
    pub(crate) fn read(text: &str) -> Self {
        let mut counts = Self::default();
        for line in text.lines() {
            let line = without_colours(line);
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                // `test result: ok. 5 passed; 0 failed; 0 ignored; …`
                [
                    "test",
                    "result:",
                    _,
                    passed,
                    "passed;",
                    failed,
                    "failed;",
                    ..,
                ] => {
                    counts += Self {
                        passed: passed.parse().unwrap_or(0),
                        failed: failed.parse().unwrap_or(0),
                    };
                }
                // `# pass 5` or `ℹ pass 5`. A cancelled test, after a timeout for instance, did not
                // pass.
                ["#" | "ℹ", "pass", n] => counts.passed += n.parse().unwrap_or(0),
                ["#" | "ℹ", "fail" | "cancelled", n] => counts.failed += n.parse().unwrap_or(0),
                _ => {}
            }
        }
        counts
    }

    /// Takes the exit code into account: a runner that fails without a failed test, or that runs no
    /// test, counts as one failure.
    pub(crate) fn checked(self, success: bool) -> Self {
        let nothing_ran = self.passed + self.failed == 0;
        if self.failed == 0 && (!success || nothing_ran) {
            Self { failed: 1, ..self }
        } else {
            self
        }
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// The line without terminal escape sequences such as `ESC [ 32 m`.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            rest.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, passed: usize, failed: usize) {
        assert_eq!(Counts::read(text), Counts { passed, failed }, "{text}");
    }

    #[test]
    fn results_of_several_test_programs_are_summed() {
        check(
            "running 2 tests\ntest a ... ok\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
             test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 filtered out\n",
            5,
            4,
        );
    }

    #[test]
    fn colours_do_not_hide_a_result() {
        check(
            "test result: \u{1b}[32mok\u{1b}[0m. 7 passed; 0 failed; 0 ignored",
            7,
            0,
        );
    }

    #[test]
    fn node_says_it_in_two_ways() {
        check("# tests 4\n# pass 3\n# fail 1\n# cancelled 0\n", 3, 1);
        check("ℹ tests 4\nℹ pass 2\nℹ fail 1\nℹ cancelled 1\n", 2, 2);
    }

    #[test]
    fn other_lines_count_for_nothing() {
        check(
            "test result\n# passing\n12 passed\ntest result: ok. many passed; 0 failed;",
            0,
            0,
        );
    }

    #[test]
    fn a_run_that_ends_badly_or_runs_nothing_has_failed() {
        let counts = |passed, failed| Counts { passed, failed };
        assert_eq!(counts(3, 0).checked(true), counts(3, 0));
        assert_eq!(counts(3, 0).checked(false), counts(3, 1));
        assert_eq!(counts(3, 2).checked(false), counts(3, 2));
        assert_eq!(counts(0, 0).checked(true), counts(0, 1));
    }
}
