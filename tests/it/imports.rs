//! Reads which module of a crate imports which, from the text of its sources. It knows just enough
//! Rust for that: comments, literals, `use` trees, inline modules and test modules.

use std::collections::BTreeMap;
use std::ops::Range;

/// The same text with comments and the contents of literals replaced by blanks, of the same length
/// in bytes.
pub(crate) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_or_comment(bytes, at);
        if end > at {
            out[at..end]
                .iter_mut()
                .filter(|byte| **byte != b'\n')
                .for_each(|byte| *byte = b' ');
            at = end;
        } else {
            at += 1;
        }
    }
    String::from_utf8(out).expect("whole literals are replaced by blanks")
}

/// The end of the comment or literal that starts at `at`; `at` itself if there is none.
fn literal_or_comment(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let inside_a_word = at > 0 && is_word(bytes[at - 1]);
    if rest.starts_with(b"//") {
        return at + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        let (mut depth, mut i) = (0, 0);
        while i < rest.len() {
            if rest[i..].starts_with(b"/*") {
                (depth, i) = (depth + 1, i + 2);
            } else if rest[i..].starts_with(b"*/") {
                (depth, i) = (depth - 1, i + 2);
                if depth == 0 {
                    break;
                }
            } else {
                i += 1;
            }
        }
        return at + i;
    }
    if rest[0] == b'"' {
        return at + quoted(rest, b'"');
    }
    if !inside_a_word && (rest[0] == b'r' || rest.starts_with(b"br")) {
        let prefix = if rest[0] == b'b' { 2 } else { 1 };
        let hashes = rest[prefix..].iter().take_while(|&&b| b == b'#').count();
        if rest.get(prefix + hashes) == Some(&b'"') {
            let close: Vec<u8> = std::iter::once(b'"')
                .chain(std::iter::repeat_n(b'#', hashes))
                .collect();
            let body = prefix + hashes + 1;
            let len = rest[body..]
                .windows(close.len())
                .position(|window| window == close);
            return at + len.map_or(rest.len(), |len| body + len + close.len());
        }
    }
    // A lifetime has no second quote after one character.
    if rest[0] == b'\'' {
        if rest.get(1) == Some(&b'\\') {
            return at + quoted(rest, b'\'');
        }
        let text = std::str::from_utf8(&rest[1..]).unwrap_or_default();
        if let Some(first) = text.chars().next()
            && text[first.len_utf8()..].starts_with('\'')
        {
            return at + 2 + first.len_utf8();
        }
    }
    at
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != quote {
        i += if rest[i] == b'\\' { 2 } else { 1 };
    }
    (i + 1).min(rest.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The closing bracket of the one at `open`, or the end of the text.
fn closing(code: &[u8], open: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    code.len().saturating_sub(1)
}

/// Items under `#[cfg(test)]`: their ranges, and the names of modules that are in separate files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestItems {
    pub(crate) places: Vec<Range<usize>>,
    pub(crate) files: Vec<String>,
}

pub(crate) fn test_items(code: &str) -> TestItems {
    let bytes = code.as_bytes();
    let mut out = TestItems::default();
    let mut from = 0;
    while let Some(found) = code[from..].find("#[cfg(") {
        let start = from + found;
        let end = closing(bytes, start + 1) + 1;
        from = end;
        let condition = &code[start..end];
        if condition != "#[cfg(test)]" && !condition.starts_with("#[cfg(all(test") {
            continue;
        }
        // Other attributes may come in between.
        let mut item = end;
        loop {
            item += code[item..].len() - code[item..].trim_start().len();
            if !code[item..].starts_with("#[") {
                break;
            }
            item = closing(bytes, item + 1) + 1;
        }
        let mut last = item;
        while last < bytes.len() && bytes[last] != b';' && bytes[last] != b'{' {
            last = match bytes[last] {
                b'(' | b'[' => closing(bytes, last) + 1,
                _ => last + 1,
            };
        }
        if bytes.get(last) == Some(&b'{') {
            last = closing(bytes, last);
        } else if let Some(name) = module_name(&code[item..last.min(code.len())]) {
            out.files.push(name.to_owned());
        }
        from = (last + 1).min(code.len());
        out.places.push(start..from);
    }
    out
}

fn module_name(declaration: &str) -> Option<&str> {
    let (before, name) = declaration.trim().rsplit_once("mod ")?;
    (before.trim().is_empty() || before.trim_start().starts_with("pub")).then_some(name.trim())
}

/// The text without its test items; the rest keeps its position.
pub(crate) fn without_tests(text: &str) -> String {
    let mut out = text.as_bytes().to_vec();
    for place in test_items(&code_only(text)).places {
        out[place]
            .iter_mut()
            .filter(|byte| **byte != b'\n')
            .for_each(|byte| *byte = b' ');
    }
    String::from_utf8(out).expect("whole items are replaced by blanks")
}

/// Paths that a file names from the root of its crate, as modules: `crate::a::B` is `[a, B]`, and
/// `super::b` in the module `a::c` is `[a, b]`.
pub(crate) fn paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let code = code_only(text);
    let inner = inline_modules(&code);
    let mut out = Vec::new();
    for (keyword, is_super) in [("crate::", false), ("super::", true)] {
        let mut from = 0;
        while let Some(found) = code[from..].find(keyword) {
            let at = from + found;
            from = at + keyword.len();
            let before = code.as_bytes()[..at].last().copied().unwrap_or(b' ');
            if is_word(before) || before == b'$' || before == b':' {
                continue;
            }
            let mut prefix: Vec<String> = Vec::new();
            if is_super {
                prefix.extend_from_slice(module);
                let around = inner.iter().filter(|(place, _)| place.contains(&at));
                prefix.extend(around.map(|(_, name)| name.clone()));
                prefix.pop();
                while code[from..].starts_with("super::") {
                    prefix.pop();
                    from += "super::".len();
                }
            }
            tree(&code, &mut from, prefix, &mut out);
        }
    }
    out
}

/// Reads one `use` tree, or the path of an expression.
fn tree(code: &str, at: &mut usize, prefix: Vec<String>, out: &mut Vec<Vec<String>>) {
    let bytes = code.as_bytes();
    let skip = |at: &mut usize| {
        while bytes.get(*at).is_some_and(u8::is_ascii_whitespace) {
            *at += 1;
        }
    };
    skip(at);
    if bytes.get(*at) == Some(&b'{') {
        let end = closing(bytes, *at);
        *at += 1;
        while *at < end {
            skip(at);
            if *at >= end {
                break;
            }
            let before = *at;
            tree(code, at, prefix.clone(), out);
            // Past ` as Other`, to the next entry.
            while *at < end && bytes[*at] != b',' {
                *at += 1;
            }
            *at = (*at + 1).max(before + 1);
        }
        *at = end + 1;
        return;
    }
    let start = *at;
    while bytes.get(*at).copied().is_some_and(is_word) {
        *at += 1;
    }
    let mut path = prefix;
    if &code[start..*at] != "self" && *at > start {
        path.push(code[start..*at].to_owned());
    }
    if *at > start && code[*at..].starts_with("::") {
        *at += 2;
        return tree(code, at, path, out);
    }
    out.push(path);
}

fn inline_modules(code: &str) -> Vec<(Range<usize>, String)> {
    let bytes = code.as_bytes();
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(found) = code[from..].find("mod ") {
        let at = from + found;
        from = at + 4;
        let name: String = code[from..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let open = from + name.len() + 1;
        let is_module = !name.is_empty() && code[from + name.len()..].starts_with(" {");
        if (at == 0 || !is_word(bytes[at - 1])) && is_module {
            out.push((open..closing(bytes, open), name));
        }
    }
    out
}

/// Names that a crate root exports, with their modules.
pub(crate) fn exports(root: &str) -> BTreeMap<String, Vec<String>> {
    let code = without_tests(&code_only(root));
    let mut out = BTreeMap::new();
    let mut from = 0;
    while let Some(found) = code[from..].find("use ") {
        let mut at = from + found + 4;
        let mut list = Vec::new();
        tree(&code, &mut at, Vec::new(), &mut list);
        from = at.max(from + found + 4);
        for path in list {
            if let Some(name) = path.last().filter(|_| path.len() > 1) {
                out.insert(name.clone(), path);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, module: &[&str]) -> Vec<String> {
        let module: Vec<String> = module.iter().map(ToString::to_string).collect();
        let mut found: Vec<String> = paths(text, &module).iter().map(|p| p.join("::")).collect();
        found.sort();
        found
    }

    #[test]
    fn every_branch_of_a_use_tree_is_read() {
        let text = "use crate::{a::{B, c::D as E}, f};\nfn g() { crate::h::i(); $crate::no!() }";
        assert_eq!(of(text, &["x"]), ["a::B", "a::c::D", "f", "h::i"]);
    }

    #[test]
    fn a_path_through_the_parent_is_read_from_the_root() {
        assert_eq!(
            of("use super::{b, c::D};", &["a", "x"]),
            ["a::b", "a::c::D"]
        );
        assert_eq!(of("use super::super::b;", &["a", "x"]), ["b"]);
        assert_eq!(of("mod inner { use super::b; }", &["a"]), ["a::b"]);
    }

    #[test]
    fn comments_and_literals_import_nothing() {
        let text = r##"// use crate::a;
            /* crate::b /* crate::c */ crate::d */
            const X: &str = "crate::e"; const Y: &str = r#"crate::"f"#; const Z: char = '"';
            fn g<'a>(x: &'a str) { crate::h(x) }"##;
        assert_eq!(of(text, &["x"]), ["h"]);
    }

    #[test]
    fn only_the_test_item_is_left_out() {
        let text = "#[cfg(test)]\nuse crate::a::A;\nuse crate::b::B;\n\
            #[cfg(test)]\n#[allow(x)]\nmod tests {\n fn f() { crate::c::d(\"}\") }\n}\n\
            fn late() { crate::e::f() }\n#[cfg(test)]\nmod elsewhere;\n";
        assert_eq!(of(&without_tests(text), &["x"]), ["b::B", "e::f"]);
        assert_eq!(test_items(&code_only(text)).files, ["elsewhere"]);
    }

    #[test]
    fn the_root_names_the_module_of_each_export() {
        let exports = exports("mod a;\npub use a::{B, c::D};\npub use e::f;");
        assert_eq!(exports["B"], ["a", "B"]);
        assert_eq!(exports["D"], ["a", "c", "D"]);
        assert_eq!(exports["f"], ["e", "f"]);
    }
}
