//! Removes comments from scripts, styles and pages. They are for readers of the repository, and
//! every shopper would download them.

/// Removes the lines of a script or style sheet that consist of a comment. A comment behind code
/// stays, and so does text that only looks like a comment further on in a line, so nothing here has
/// to parse the language.
pub(crate) fn script(text: &str) -> String {
    let mut lean = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.lines() {
        let bare = line.trim();
        let begins = !inside && bare.starts_with("/*");
        let is_comment = inside || begins || bare.starts_with("//");
        inside = (inside || begins) && !bare.ends_with("*/");
        if !is_comment && !bare.is_empty() {
            lean.push_str(line);
            lean.push('\n');
        }
    }
    lean
}

/// The script that wasm-bindgen makes, without comments, indentation and the classes of byte
/// streams, whose exports the module lacks. No template literal of it spans lines.
pub(crate) fn glue(text: &str) -> String {
    let mut lean = String::with_capacity(text.len());
    let mut end = None;
    for line in script(text).lines() {
        let begins = |what: &str| line.starts_with(what) && line[what.len()..].starts_with(STREAMS);
        if begins("export class ") {
            end = Some("}");
        } else if begins("const ") {
            end = Some(");");
        }
        if end.is_none() && !begins("if (Symbol.dispose) ") {
            lean.push_str(line.trim_start());
            lean.push('\n');
        }
        // The end of a method is indented.
        if end.is_some_and(|end| line == end || end != "}" && line.ends_with(end)) {
            end = None;
        }
    }
    lean
}

/// What the names of the streams' classes begin with.
const STREAMS: &str = "IntoUnderlying";

/// A style sheet without comments and indentation, 180 bytes of brotli for the shop's. Scripts keep
/// theirs: it may be inside a template literal.
pub(crate) fn style(text: &str) -> String {
    script(text)
        .lines()
        .flat_map(|line| [line.trim_start(), "\n"])
        .collect()
}

/// Removes the lines of a page that consist of a comment.
pub(crate) fn page(text: &str) -> String {
    let is_comment = |line: &str| line.trim().starts_with("<!--") && line.trim().ends_with("-->");
    text.lines()
        .filter(|line| !is_comment(line))
        .flat_map(|line| [line, "\n"])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_of_byte_streams_go() {
        let text = "import a;\nconst IntoUnderlyingSinkFinal = (typeof F === 'undefined')\n    ? { register: () => {} }\n    : new F(ptr => wasm.free(ptr, 1));\nexport class IntoUnderlyingSink {\n    free() {\n    }\n}\nif (Symbol.dispose) IntoUnderlyingSink.x = 1;\nexport class Own {\n    free() {}\n}\n";
        assert_eq!(glue(text), "import a;\nexport class Own {\nfree() {}\n}\n");
    }

    #[test]
    fn comments_go_and_code_stays() {
        let text = "// head\n\n/** One line. */\nconst a = 'http://x'; // behind\n/**\n * Several,\n * many.\n */\n  b(`/* no */`);\n  /* c */\n";
        assert_eq!(
            script(text),
            "const a = 'http://x'; // behind\n  b(`/* no */`);\n"
        );
        assert_eq!(
            script(".a {\n  color: red;\n}\n\n/* ---- B ---- */\n.b { c: d; }\n"),
            ".a {\n  color: red;\n}\n.b { c: d; }\n"
        );
        assert_eq!(
            style(".a {\n  color: red;\n}\n\n/* ---- B ---- */\n.b { c: d; }\n"),
            ".a {\ncolor: red;\n}\n.b { c: d; }\n"
        );
        assert_eq!(
            page("<p>\n  <!-- why -->\n<b>x</b> <!-- y -->\n"),
            "<p>\n<b>x</b> <!-- y -->\n"
        );
    }

    /// Code after the end of a comment would be lost with it.
    #[test]
    fn no_file_of_the_site_has_code_that_looks_like_a_comment() {
        let assets = crate::root::root().join("web/assets");
        let package = "../../crates/fewshop-wasm/package";
        for file in [
            "agents.js",
            "boot.js",
            "engine.js",
            "map.js",
            "memory.js",
            "rest.js",
            "root/sw.js",
            "style.css",
            "../tables/page.js",
            "../tables/texts.js",
            "../tables/view.js",
            "../tables/tables.css",
            &format!("{package}/client.js"),
            &format!("{package}/errors.js"),
            &format!("{package}/protocol.js"),
            "../together/device.js",
            "../together/page.js",
            "../together/shop.js",
            "../together/texts.js",
            "../together/together.css",
            &format!("{package}/table.js"),
            &format!("{package}/table-worker.js"),
        ] {
            let text = std::fs::read_to_string(assets.join(file)).unwrap();
            let lean = script(&text);
            assert_eq!(
                lean.matches('{').count(),
                lean.matches('}').count(),
                "{file}"
            );
            for line in text
                .lines()
                .map(str::trim)
                .filter(|line| !lean.contains(*line))
            {
                let end = line.find("*/");
                assert!(
                    end.is_none_or(|end| end + 2 == line.len()),
                    "{file}: {line}"
                );
            }
        }
    }
}
