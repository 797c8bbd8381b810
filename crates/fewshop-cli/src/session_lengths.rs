//! Classes of session lengths, shared by the report and the data card.

/// Upper ends of the classes of session lengths; the last class has none.
pub(crate) const LENGTHS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// The classes as texts, such as `3–4`.
pub(crate) fn class_names() -> Vec<String> {
    let mut from = 1;
    let mut names: Vec<String> = LENGTHS
        .iter()
        .map(|&end| {
            let name = if from == end {
                end.to_string()
            } else {
                format!("{from}–{end}")
            };
            from = end + 1;
            name
        })
        .collect();
    names.push(format!("{from}+"));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_lengths_leave_no_gap() {
        assert_eq!(
            class_names(),
            ["1", "2", "3–4", "5–8", "9–16", "17–32", "33–64", "65+"]
        );
    }
}
