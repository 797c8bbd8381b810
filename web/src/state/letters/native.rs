//! The letters of all scripts by the standard library, for tests and for building the page.

pub(super) fn lower(text: &str) -> String {
    text.to_lowercase()
}

pub(super) fn words(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}
