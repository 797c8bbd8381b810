//! JSON for what the page reads and writes itself: its own files, the shopper's memory and the
//! messages of the worker.
//!
//! One type for every text. Derived readers for each of them were 27 kB of the page as brotli with
//! what they bring along: tables for exact fractions, and messages for every type that serde knows.

use std::borrow::Cow;

/// Values within values. Deeper text is refused, so that none can exhaust the stack.
const MAX_DEPTH: usize = 16;

/// A value. What lies between the quotes of a text is borrowed where nothing is escaped in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    /// In the order of the text; the first of two equal names counts.
    Object(Vec<(Cow<'a, str>, Self)>),
    Flag(bool),
    /// `null`, or a field that is missing.
    Nothing,
}

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum JsonError {
    /// The text is no JSON of this kind.
    #[error("expected {0} at byte {1}")]
    Syntax(&'static str, usize),
    /// A field has another type, or is missing.
    #[error("expected {0} in the field '{1}'")]
    Field(&'static str, &'static str),
}

impl<'a> Json<'a> {
    /// Reads a whole text.
    pub(super) fn parse(text: &'a str) -> Result<Self, JsonError> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        match reader.peek() {
            None => Ok(value),
            Some(_) => Err(reader.error("the end")),
        }
    }

    /// Removes a field from an object; [`Json::Nothing`] if there is no such field.
    pub(super) fn take(&mut self, name: &str) -> Self {
        if let Self::Object(fields) = self
            && let Some((_, value)) = fields.iter_mut().find(|(other, _)| other == name)
        {
            return std::mem::replace(value, Self::Nothing);
        }
        Self::Nothing
    }

    /// The field as a text. Like the other readers of fields, `None` is for a field that is missing.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<Cow<'a, str>>, JsonError> {
        match self.take(name) {
            Self::Text(text) => Ok(Some(text)),
            Self::Nothing => Ok(None),
            _ => Err(JsonError::Field("a text", name)),
        }
    }

    /// The field as any number.
    pub(super) fn real(&mut self, name: &'static str) -> Result<Option<f64>, JsonError> {
        match self.take(name) {
            Self::Number(number) => Ok(Some(number)),
            Self::Nothing => Ok(None),
            _ => Err(JsonError::Field("a number", name)),
        }
    }

    /// The field as a whole number.
    pub(super) fn number(&mut self, name: &'static str) -> Result<Option<u32>, JsonError> {
        match self.take(name) {
            Self::Nothing => Ok(None),
            value => value.whole(name).map(Some),
        }
    }

    /// The value as a whole number.
    pub(super) fn whole(&self, name: &'static str) -> Result<u32, JsonError> {
        match self {
            Self::Number(number) if f64::from(*number as u32) == *number => Ok(*number as u32),
            _ => Err(JsonError::Field("a whole number", name)),
        }
    }

    /// Whether the field is `true`.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, JsonError> {
        match self.take(name) {
            Self::Flag(flag) => Ok(flag),
            Self::Nothing => Ok(false),
            _ => Err(JsonError::Field("true or false", name)),
        }
    }

    /// The field as a list.
    pub(super) fn list(&mut self, name: &'static str) -> Result<Option<Vec<Self>>, JsonError> {
        match self.take(name) {
            Self::List(list) => Ok(Some(list)),
            Self::Nothing => Ok(None),
            _ => Err(JsonError::Field("a list", name)),
        }
    }

    /// The field as a list of texts.
    pub(super) fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, JsonError> {
        self.list(name)?.map(|list| texts(list, name)).transpose()
    }

    /// The field as a list of numbers.
    pub(super) fn numbers(&mut self, name: &'static str) -> Result<Option<Vec<u32>>, JsonError> {
        self.list(name)?.map(|list| numbers(list, name)).transpose()
    }

    /// The field as a list of any numbers; empty if it is missing.
    pub(super) fn reals(&mut self, name: &'static str) -> Result<Vec<f64>, JsonError> {
        let list = self.list(name)?.unwrap_or_default();
        let mut read = Vec::with_capacity(list.len());
        for value in list {
            match value {
                Self::Number(number) => read.push(number),
                _ => return Err(JsonError::Field("numbers", name)),
            }
        }
        Ok(read)
    }

    /// The field as a list of lists of texts.
    pub(super) fn text_lists(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Vec<Vec<String>>>, JsonError> {
        let Some(lists) = self.list(name)? else {
            return Ok(None);
        };
        let mut read = Vec::with_capacity(lists.len());
        for list in lists {
            match list {
                Self::List(list) => read.push(texts(list, name)?),
                _ => return Err(JsonError::Field("lists of texts", name)),
            }
        }
        Ok(Some(read))
    }

    /// The field as a list of lists of numbers.
    pub(super) fn number_lists(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Vec<Vec<u32>>>, JsonError> {
        let Some(lists) = self.list(name)? else {
            return Ok(None);
        };
        let mut read = Vec::with_capacity(lists.len());
        for list in lists {
            match list {
                Self::List(list) => read.push(numbers(list, name)?),
                _ => return Err(JsonError::Field("lists of numbers", name)),
            }
        }
        Ok(Some(read))
    }
}

/// The error of a field that must not be missing.
pub(super) fn missing(name: &'static str) -> JsonError {
    JsonError::Field("a value", name)
}

fn texts(list: Vec<Json<'_>>, name: &'static str) -> Result<Vec<String>, JsonError> {
    let mut read = Vec::with_capacity(list.len());
    for value in list {
        match value {
            Json::Text(text) => read.push(text.into_owned()),
            _ => return Err(JsonError::Field("texts", name)),
        }
    }
    Ok(read)
}

fn numbers(list: Vec<Json<'_>>, name: &'static str) -> Result<Vec<u32>, JsonError> {
    let mut read = Vec::with_capacity(list.len());
    for value in list {
        read.push(value.whole(name)?);
    }
    Ok(read)
}

/// Writes a text with its quotes.
pub(super) fn quote(to: &mut String, text: &str) {
    to.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                to.push('\\');
                to.push(c);
            }
            // Line breaks and their like. Names and texts of a shop hardly have any.
            '\0'..=' ' if c != ' ' => {
                to.push_str("\\u00");
                for digit in [c as u32 >> 4, c as u32 & 15] {
                    to.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            _ => to.push(c),
        }
    }
    to.push('"');
}

/// A text in JSON.
#[must_use]
pub fn json_text(text: &str) -> String {
    let mut json = String::new();
    quote(&mut json, text);
    json
}

/// An object in JSON of fields whose values are JSON already. Names need no escapes.
#[must_use]
pub fn json_object(fields: &[(&str, String)]) -> String {
    let fields = fields
        .iter()
        .map(|(name, value)| ["\"", name, "\":", value].concat());
    ["{", &fields.collect::<Vec<_>>().join(","), "}"].concat()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn error(&self, expected: &'static str) -> JsonError {
        JsonError::Syntax(expected, self.at)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error("fewer lists within lists"));
        }
        match self.peek() {
            Some(b'"') => Ok(Json::Text(self.text()?)),
            Some(b'0'..=b'9' | b'-') => self.number(),
            Some(b'[') => {
                self.at += 1;
                let mut list = Vec::new();
                while !self.eat(b']') {
                    if !list.is_empty() && !self.eat(b',') {
                        return Err(self.error("',' or ']'"));
                    }
                    list.push(self.value(depth + 1)?);
                }
                Ok(Json::List(list))
            }
            Some(b'{') => {
                self.at += 1;
                let mut fields = Vec::new();
                while !self.eat(b'}') {
                    if !fields.is_empty() && !self.eat(b',') {
                        return Err(self.error("',' or '}'"));
                    }
                    if self.peek() != Some(b'"') {
                        return Err(self.error("a name in quotes"));
                    }
                    let name = self.text()?;
                    if !self.eat(b':') {
                        return Err(self.error("':'"));
                    }
                    fields.push((name, self.value(depth + 1)?));
                }
                Ok(Json::Object(fields))
            }
            _ => {
                let words = [
                    ("null", Json::Nothing),
                    ("true", Json::Flag(true)),
                    ("false", Json::Flag(false)),
                ];
                for (word, value) in words {
                    if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
                        self.at += word.len();
                        return Ok(value);
                    }
                }
                Err(self.error("a value"))
            }
        }
    }

    /// A number: whole ones below 2^53 exactly, fractions to 15 digits. An exact reader would be
    /// 10 kB of tables, and what is a fraction here is shown in two or three digits.
    fn number(&mut self) -> Result<Json<'a>, JsonError> {
        let sign = if self.eat(b'-') { -1.0 } else { 1.0 };
        let from = self.at;
        let mut number = self.digits(0.0);
        if self.at == from {
            return Err(self.error("a digit"));
        }
        let mut exponent = 0i32;
        if self.skip(b'.') {
            let from = self.at;
            number = self.digits(number);
            exponent = -((self.at - from).min(1000) as i32);
        }
        if self.skip(b'e') || self.skip(b'E') {
            let is_small = self.skip(b'-');
            self.skip(b'+');
            let more = self.digits(0.0).min(1000.0) as i32;
            exponent += if is_small { -more } else { more };
        }
        let scale = 10f64.powi(exponent.abs().min(300));
        // Dividing keeps short decimals exact: a tenth is no number of the machine, ten is.
        let number = if exponent < 0 {
            number / scale
        } else {
            number * scale
        };
        Ok(Json::Number(sign * number))
    }

    fn digits(&mut self, mut number: f64) -> f64 {
        while let Some(digit @ b'0'..=b'9') = self.text.as_bytes().get(self.at) {
            number = number * 10.0 + f64::from(digit - b'0');
            self.at += 1;
        }
        number
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// A text whose first quote is next.
    fn text(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.at += 1;
        let mut whole = Cow::Borrowed("");
        loop {
            // Quotes and backslashes are single bytes, so the cuts are between characters.
            let from = self.at;
            let mut bytes = self.text.as_bytes()[from..].iter();
            let plain = bytes
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
                .unwrap_or(self.text.len() - from);
            self.at += plain;
            let part = &self.text[from..self.at];
            if whole.is_empty() {
                whole = Cow::Borrowed(part);
            } else {
                whole.to_mut().push_str(part);
            }
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(whole);
                }
                Some(b'\\') => {
                    let c = self.escaped()?;
                    whole.to_mut().push(c);
                }
                _ => return Err(self.error("the end of a text in quotes")),
            }
        }
    }

    /// The character that a backslash and what follows stand for.
    fn escaped(&mut self) -> Result<char, JsonError> {
        let error = self.error("an escaped character");
        self.at += 2;
        Ok(match self.text.as_bytes().get(self.at - 1) {
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'u') => {
                let mut code = self.four_digits().ok_or(error.clone())?;
                // Characters past 2^16 are written as two halves.
                if (0xd800..0xdc00).contains(&code) && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    let low = self.four_digits().unwrap_or(0).wrapping_sub(0xdc00);
                    if low >= 0x400 {
                        return Err(error);
                    }
                    code = 0x1_0000 + ((code - 0xd800) << 10) + low;
                }
                char::from_u32(code).ok_or(error)?
            }
            _ => return Err(error),
        })
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let error = Json::parse(text).unwrap_err().to_string();
        assert_eq!(error, format!("expected {expected}"), "{text}");
    }

    #[test]
    fn a_text_of_all_kinds_is_read() {
        let mut json =
            Json::parse(" {\"a\" : [1, 20],\"b\":\"\\u00e9\\ud83e\\udd5b\\n\\\"é\" ,\"c\":null,\"d\":[[\"x\"],[]]}\n")
                .unwrap();
        assert_eq!(json.numbers("a"), Ok(Some(vec![1, 20])));
        assert_eq!(json.text("b"), Ok(Some("é🥛\n\"é".into())));
        assert_eq!(json.number("c"), Ok(None));
        assert_eq!(
            json.text_lists("d"),
            Ok(Some(vec![vec!["x".to_owned()], vec![]]))
        );
        assert_eq!(json.list("e"), Ok(None));
        for text in [
            "{\"a\":[1,\"x\"]}",
            "{\"a\":[1.5]}",
            "{\"a\":[-1]}",
            "{\"a\":[4294967296]}",
        ] {
            let error = Json::parse(text).unwrap().numbers("a").unwrap_err();
            assert_eq!(
                error.to_string(),
                "expected a whole number in the field 'a'"
            );
        }
    }

    #[test]
    fn what_is_not_read_is_refused_with_its_place() {
        check_refused("", "a value at byte 0");
        check_refused("[1 2]", "',' or ']' at byte 3");
        check_refused("[1,]", "a value at byte 3");
        check_refused("{\"a\" 1}", "':' at byte 5");
        check_refused("{a:1}", "a name in quotes at byte 1");
        check_refused("{\"a\":1 \"b\":2}", "',' or '}' at byte 7");
        check_refused("[-]", "a digit at byte 2");
        check_refused("[1 .5]", "',' or ']' at byte 3");
        check_refused("+1", "a value at byte 0");
        check_refused("\"abc", "the end of a text in quotes at byte 4");
        check_refused("\"a\nb\"", "the end of a text in quotes at byte 2");
        check_refused("\"\\x\"", "an escaped character at byte 1");
        check_refused("\"\\ud800\"", "an escaped character at byte 1");
        check_refused("[] x", "the end at byte 3");
        check_refused(&"[".repeat(99), "fewer lists within lists at byte 17");
    }

    #[test]
    fn an_object_is_read_back() {
        let text = json_object(&[("a", json_text("x \"y\"\n")), ("b", "2".to_owned())]);
        let mut json = Json::parse(&text).unwrap();
        assert_eq!(json.text("a").unwrap().as_deref(), Some("x \"y\"\n"));
        assert_eq!(json.number("b").unwrap(), Some(2));
    }

    #[test]
    fn strange_characters_are_escaped() {
        let mut written = String::new();
        quote(&mut written, "a\"\\\n\u{1f}é ");
        assert_eq!(written, r#""a\"\\\u000a\u001fé ""#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was_written(text in "\\PC*|[\\x00-\\x7f]*") {
            let mut written = String::new();
            quote(&mut written, &text);
            prop_assert_eq!(Json::parse(&written), Ok(Json::Text(text.clone().into())));
            let theirs = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(Json::parse(&theirs), Ok(Json::Text(text.into())));
        }

        #[test]
        fn fractions_are_read_well_enough(number in any::<f32>(), other in -1e9..1e9) {
            for number in [f64::from(number), other] {
                let text = serde_json::to_string(&number).unwrap();
                let Ok(Json::Number(read)) = Json::parse(&text) else {
                    prop_assert!(!number.is_finite(), "{}", text);
                    continue;
                };
                prop_assert!((read - number).abs() <= number.abs() * 1e-14, "{} {}", text, read);
            }
        }

        #[test]
        fn no_text_panics(text in "[\\[\\]{}\",:\\\\0-9a-uE.+é-]{0,40}") {
            let _ = Json::parse(&text);
        }
    }
}
