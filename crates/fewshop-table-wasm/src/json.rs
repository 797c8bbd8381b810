//! JSON as text: objects and lists, written in order.

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// A field whose value is JSON already.
    #[must_use]
    pub(crate) fn raw(mut self, name: &str, json: &str) -> Self {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        self.0.push_str(json);
        self
    }

    #[must_use]
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &text(value))
    }

    #[must_use]
    pub(crate) fn number(self, name: &str, value: f64) -> Self {
        self.raw(name, &number(value))
    }

    #[must_use]
    pub(crate) fn count(self, name: &str, value: usize) -> Self {
        self.raw(name, &value.to_string())
    }

    #[must_use]
    pub(crate) fn flag(self, name: &str, value: bool) -> Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    #[must_use]
    pub(crate) fn optional(self, name: &str, value: Option<f64>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self.raw(name, "null"),
        }
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// A list of values that are JSON already.
pub(crate) fn list(values: impl IntoIterator<Item = String>) -> String {
    let values: Vec<String> = values.into_iter().collect();
    format!("[{}]", values.join(","))
}

/// JSON has no infinite numbers: they become `null`.
pub(crate) fn number(value: f64) -> String {
    if value.is_finite() {
        format!("{value}")
    } else {
        "null".to_owned()
    }
}

pub(crate) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_a_reader_of_json_reads() {
        let nasty = "a\"b\\c\nd\te\u{1}f，𝄞";
        let json = Object::new()
            .text("t", nasty)
            .number("n", -1.5e-9)
            .optional("none", None)
            .number("inf", f64::INFINITY)
            .flag("f", true)
            .raw("l", &list([text("x"), number(2.0)]))
            .end();
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        let expected = serde_json::json!({"t": nasty, "n": -1.5e-9, "none": null, "inf": null, "f": true, "l": ["x", 2]});
        assert_eq!(read["t"], expected["t"]);
        assert_eq!(read["n"].as_f64(), Some(-1.5e-9));
        assert_eq!(
            (&read["none"], &read["inf"], &read["f"]),
            (&expected["none"], &expected["inf"], &expected["f"])
        );
        assert_eq!(read["l"][0], "x");
        assert_eq!(list([]), "[]");
    }
}
