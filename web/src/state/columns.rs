//! How `catalogue.json` writes which of a column's words each row has.
//!
//! The words are in the order of their first use. A row is a number: 0 for the next word, `n` for the
//! word that was used as the `n`th last of all. Similar products lie side by side, so most numbers
//! are small, and small numbers compress. On Complete Journey this, prices as words and ids without
//! their common beginning save 8 kB of the page compared with a JSON list of each row's word.
//!
//! A number is one character or more: those for 70 and above say that another follows.

use super::CatalogueFileError;

/// Digits that end a number. Any other of the [`DIGITS`] precedes them.
const ENDS: u32 = 70;
/// Printable ASCII from '!' on without the two characters that JSON escapes.
const DIGITS: u32 = 92;
/// A word used longer ago keeps its place, so that no file takes long to read.
const RECENT: usize = 4096;

/// The words in the order in which they were used last, the newest at the end.
#[derive(Default)]
struct Used(Vec<u32>);

impl Used {
    /// Notes that the `n`th last word was used again, from 1 on.
    fn again(&mut self, n: usize) {
        if n > 1 && n <= RECENT {
            let end = self.0.len();
            let word = self.0[end - n];
            self.0.copy_within(end - n + 1.., end - n);
            self.0[end - 1] = word;
        }
    }
}

/// The text for rows whose words are numbered by first use.
#[must_use]
pub fn encode_rows(of: &[u32]) -> String {
    let mut used = Used::default();
    let mut text = String::with_capacity(of.len());
    for &word in of {
        let before = used.0.iter().rev().position(|&other| other == word);
        match before {
            Some(before) => used.again(before + 1),
            None => used.0.push(word),
        }
        push_number(&mut text, before.map_or(0, |before| before as u32 + 1));
    }
    text
}

/// The text for any numbers, small ones best: as in a column of rows, without words.
#[must_use]
pub fn encode_numbers(numbers: &[u32]) -> String {
    let mut text = String::with_capacity(numbers.len());
    for &number in numbers {
        push_number(&mut text, number);
    }
    text
}

fn push_number(text: &mut String, mut value: u32) {
    let mut digits = vec![value % ENDS];
    value /= ENDS;
    while value > 0 {
        value -= 1;
        digits.push(ENDS + value % (DIGITS - ENDS));
        value /= DIGITS - ENDS;
    }
    text.extend(digits.into_iter().rev().map(|digit| {
        let ascii = u32::from(b'!') + digit;
        let ascii = ascii + u32::from(ascii >= u32::from(b'"'));
        char::from_u32(ascii + u32::from(ascii >= u32::from(b'\\'))).expect("it is ASCII")
    }));
}

/// The numbers of such a text. Any text has some: the caller checks how many and which.
pub(super) fn decode_numbers(text: &str) -> Vec<u32> {
    let mut numbers = Vec::with_capacity(text.len());
    let mut high = 0u32;
    for byte in text.bytes() {
        let skipped = u32::from(byte > b'"') + u32::from(byte > b'\\');
        let digit = u32::from(byte).wrapping_sub(u32::from(b'!') + skipped);
        if digit >= ENDS {
            high = high
                .wrapping_mul(DIGITS - ENDS)
                .wrapping_add(digit - ENDS + 1);
            continue;
        }
        numbers.push(high.wrapping_mul(ENDS).wrapping_add(digit));
        high = 0;
    }
    numbers
}

/// The word of each row. `field` names the column in errors, and `words` is the number of its words.
pub(super) fn decode_rows(
    text: &str,
    words: usize,
    field: &'static str,
) -> Result<Vec<u32>, CatalogueFileError> {
    let mut used = Used::default();
    let mut of = Vec::with_capacity(text.len());
    for value in decode_numbers(text) {
        let known = used.0.len();
        // The next word, if there is one left.
        let limit = known + usize::from(known < words);
        let is_new = value == 0 && known < words;
        if !is_new && (value == 0 || value as usize > known) {
            return Err(CatalogueFileError::OutOfRange {
                field,
                at: of.len(),
                value,
                limit: limit.max(1),
            });
        }
        if is_new {
            used.0.push(known as u32);
            of.push(known as u32);
        } else {
            let n = value as usize;
            of.push(used.0[known - n]);
            used.again(n);
        }
    }
    Ok(of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_word_is_0_and_the_last_one_is_1() {
        let of = [0, 1, 2, 1, 0, 0, 3];
        assert_eq!(encode_rows(&of), "!!!$%#!");
        assert_eq!(decode_rows("!!!$%#!", 4, "x").unwrap(), of);
    }

    #[test]
    fn a_number_that_names_no_word_is_refused_with_its_place() {
        let error = |text, words| {
            decode_rows(text, words, "items.brand.of")
                .unwrap_err()
                .to_string()
        };
        assert!(error("!$", 2).contains("items.brand.of[1] is 2"));
        assert!(error("!!", 1).contains("items.brand.of[1] is 0"));
        assert!(error("!~~~~~~~~~!", 9).contains("items.brand.of[1]"));
        // A number without an end is no row, and then the column is too short.
        assert_eq!(decode_rows("!é ~", 9, "x").unwrap(), [0]);
    }

    proptest! {
        #[test]
        fn rows_are_read_back_as_they_were_written(
            rows in prop::collection::vec(0u32..6000, 0..40),
            start in 0u32..6000,
        ) {
            // Many words first, so that some numbers are large.
            let mut of: Vec<u32> = (0..start).collect();
            for row in rows {
                let next = of.iter().max().map_or(0, |max| max + 1);
                of.push(row.min(next));
            }
            let words = of.iter().max().map_or(0, |max| max + 1) as usize;
            prop_assert_eq!(decode_rows(&encode_rows(&of), words, "x").unwrap(), of.clone());
            prop_assert_eq!(decode_numbers(&encode_numbers(&of)), of);
        }
    }
}
