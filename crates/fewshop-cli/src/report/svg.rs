//! Minimal SVG for charts: elements are always closed, text is always escaped, and numbers are
//! always finite.

use std::fmt::Write as _;

/// Escapes text for HTML and attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters are not allowed in XML, not even escaped.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A coordinate, rounded to a tenth of a pixel; NaN becomes 0, so that one bad figure does not
/// break the page.
fn number(x: f64) -> String {
    let rounded = if x.is_finite() {
        (x * 10.0).round() / 10.0
    } else {
        0.0
    };
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// The anchor of a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing under construction.
pub(super) struct Svg {
    width: f64,
    height: f64,
    label: String,
    body: String,
}

impl Svg {
    /// An empty drawing; `title` and `description` are for screen readers and must differ within a
    /// page, as ids come from the title.
    pub(super) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let id: String = format!("{title} {width}")
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let mut body = String::new();
        let _ = write!(
            body,
            "<title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>",
            escape(title),
            escape(description)
        );
        Self {
            width,
            height,
            label: format!("{id}-t {id}-d"),
            body,
        }
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(number);
        let _ = write!(
            self.body,
            "<line class=\"{}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>",
            escape(class)
        );
    }

    pub(super) fn rect(&mut self, class: &str, at: (f64, f64), size: (f64, f64)) {
        let [x, y, w, h] = [at.0, at.1, size.0.max(0.0), size.1.max(0.0)].map(number);
        let _ = write!(
            self.body,
            "<rect class=\"{}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/>",
            escape(class)
        );
    }

    pub(super) fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        let _ = write!(
            self.body,
            "<polyline class=\"{}\" points=\"{}\"/>",
            escape(class),
            path(points)
        );
    }

    pub(super) fn polygon(&mut self, class: &str, points: &[(f64, f64)]) {
        let _ = write!(
            self.body,
            "<polygon class=\"{}\" points=\"{}\"/>",
            escape(class),
            path(points)
        );
    }

    /// A point; each `shape` is different, so that series can be distinguished without colour.
    pub(super) fn marker(&mut self, class: &str, shape: usize, (x, y): (f64, f64)) {
        let r = 4.0;
        match shape % 5 {
            0 => {
                let [x, y, r] = [x, y, r].map(number);
                let _ = write!(
                    self.body,
                    "<circle class=\"{}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>",
                    escape(class)
                );
            }
            1 => self.rect(class, (x - 3.5, y - 3.5), (7.0, 7.0)),
            2 => self.polygon(
                class,
                &[(x, y - r - 1.0), (x + r, y + r - 1.0), (x - r, y + r - 1.0)],
            ),
            3 => self.polygon(
                class,
                &[
                    (x, y - r - 1.0),
                    (x + r + 1.0, y),
                    (x, y + r + 1.0),
                    (x - r - 1.0, y),
                ],
            ),
            _ => self.polygon(
                class,
                &[(x, y + r + 1.0), (x + r, y - r + 1.0), (x - r, y - r + 1.0)],
            ),
        }
    }

    pub(super) fn text(&mut self, class: &str, anchor: Anchor, (x, y): (f64, f64), text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let [x, y] = [x, y].map(number);
        let (class, text) = (escape(class), escape(text));
        let _ = write!(
            self.body,
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{text}</text>"
        );
    }

    /// The finished drawing; it scales with its container.
    pub(super) fn finish(self) -> String {
        let [w, h] = [self.width, self.height].map(number);
        let Self { label, body, .. } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" role=\"img\" aria-labelledby=\"{label}\">{body}</svg>"
        )
    }
}

fn path(points: &[(f64, f64)]) -> String {
    points
        .iter()
        .map(|&(x, y)| format!("{},{}", number(x), number(y)))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Fails unless every element is closed in order and the text has no stray `<` or `&`.
    #[track_caller]
    pub(in super::super) fn check_well_formed(markup: &str) {
        const VOID: [&str; 2] = ["meta", "br"];
        let mut open: Vec<&str> = Vec::new();
        let mut rest = markup;
        while let Some(at) = rest.find('<') {
            let (text, tail) = rest.split_at(at);
            for part in text.split('&').skip(1) {
                let name = part.split(';').next().unwrap();
                assert!(
                    part.contains(';') && name.len() < 8,
                    "a bare & before {:?}",
                    &part[..part.len().min(30)]
                );
            }
            let end = tail.find('>').unwrap_or_else(|| {
                panic!("an element never ends: {:?}", &tail[..tail.len().min(60)])
            });
            let inside = &tail[1..end];
            assert!(!inside.contains('<'), "a < inside an element: {inside}");
            assert_eq!(inside.matches('"').count() % 2, 0, "an odd quote: {inside}");
            let name = inside
                .trim_start_matches('/')
                .split(|c: char| c.is_whitespace() || c == '/')
                .next()
                .unwrap();
            if inside.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "closed out of order");
            } else if !inside.ends_with('/') && !inside.starts_with('!') && !VOID.contains(&name) {
                open.push(name);
            }
            rest = &tail[end + 1..];
        }
        assert!(open.is_empty(), "never closed: {open:?}");
    }

    #[test]
    fn markup_in_texts_is_escaped() {
        let mut svg = Svg::new(10.0, 10.0, "Tom & <Jerry>", "\"quoted\"");
        svg.text(
            "a\"b",
            Anchor::Middle,
            (1.0, 2.0),
            "<script>alert('x')</script>\u{1}",
        );
        let out = svg.finish();
        check_well_formed(&out);
        assert!(
            !out.contains("<script")
                && out.contains("Tom &amp; &lt;Jerry&gt;")
                && !out.contains('\u{1}'),
            "{out}"
        );
    }

    #[test]
    fn what_is_no_number_never_reaches_the_page() {
        let mut svg = Svg::new(10.0, 10.0, "t", "d");
        svg.line("a", (f64::NAN, f64::INFINITY), (0.0, -0.001));
        svg.polyline("b", &[(f64::NEG_INFINITY, 1.04)]);
        svg.rect("c", (0.0, 0.0), (-5.0, f64::NAN));
        (0..6).for_each(|shape| svg.marker("d", shape, (1.0, 1.0)));
        let out = svg.finish();
        check_well_formed(&out);
        assert!(
            !out.contains("NaN") && !out.contains("inf") && !out.contains("\"-0\""),
            "{out}"
        );
    }
}
