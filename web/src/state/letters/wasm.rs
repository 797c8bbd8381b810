//! The letters of all scripts by the browser.

use js_sys::{JsString, RegExp};

pub(super) fn lower(text: &str) -> String {
    String::from(JsString::from(text).to_lower_case())
}

pub(super) fn words(text: &str) -> String {
    // One call for the whole text: calls are what takes time here.
    let others = RegExp::new("[^\\p{Alphabetic}\\p{N}]+", "gu");
    let words = JsString::from(text).replace_by_pattern(&others, " ");
    String::from(words.to_lower_case().trim())
}
