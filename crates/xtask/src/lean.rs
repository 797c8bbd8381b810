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
            page("<p>\n  <!-- why -->\n<b>x</b> <!-- y -->\n"),
            "<p>\n<b>x</b> <!-- y -->\n"
        );
    }

    /// Code after the end of a comment would be lost with it.
    #[test]
    fn no_file_of_the_site_has_code_that_looks_like_a_comment() {
        let assets = crate::root::root().join("web/assets");
        for file in ["boot.js", "memory.js", "rest.js", "root/sw.js", "style.css"] {
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
