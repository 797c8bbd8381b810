//! The protocol for JavaScript: its types as TypeScript and its constants as a module.
//!
//! Pure text. A test in `fewshop-wasm` compares it with the committed files and writes them on
//! demand, so that no type is kept by hand in two languages.

use ts_rs::{Config, TS};

use super::{
    Backend, ENGINE_FAULTS, FoundBy, LoadOptions, Products, REQUEST_FAULTS, Reply, Request,
    SessionRequest, Shelf, ShelfRequest, Status, WORKER_FAULTS, limits,
};
use crate::{
    BusinessRule, Event, EventKind, Evidence, Filter, Item, ItemId, ItemIx, Objective, Outcome,
    Prediction, Reason, Recommendation, Session, Share, TaskAnswer, TaskRequest,
};

const HEAD: &str = "// Generated from fewshop_core::protocol. To write it again:\n\
                    //   FEWSHOP_WRITE=1 cargo test -p fewshop-wasm --test protocol\n";

/// The types of all messages.
#[must_use]
pub fn types() -> String {
    let mut out = HEAD.to_owned();
    declare::<ItemIx>(&mut out);
    declare::<ItemId>(&mut out);
    declare::<EventKind>(&mut out);
    declare::<Event>(&mut out);
    declare::<Session>(&mut out);
    declare::<Filter>(&mut out);
    declare::<Share>(&mut out);
    declare::<Reason>(&mut out);
    declare::<BusinessRule>(&mut out);
    declare::<Recommendation>(&mut out);
    declare::<Objective>(&mut out);
    declare::<Backend>(&mut out);
    declare::<LoadOptions>(&mut out);
    declare::<Status>(&mut out);
    declare::<ShelfRequest>(&mut out);
    declare::<SessionRequest>(&mut out);
    declare::<Shelf>(&mut out);
    declare::<TaskRequest>(&mut out);
    declare::<Outcome>(&mut out);
    declare::<Evidence>(&mut out);
    declare::<Prediction>(&mut out);
    declare::<TaskAnswer>(&mut out);
    declare::<Item>(&mut out);
    declare::<Products<'static>>(&mut out);
    declare::<FoundBy>(&mut out);
    declare::<Request>(&mut out);
    declare::<Reply>(&mut out);
    let failures = [&REQUEST_FAULTS[..], &WORKER_FAULTS].concat();
    union(
        "FailureCode",
        "The code of a failed reply.",
        &failures,
        &mut out,
    );
    let errors = [&REQUEST_FAULTS[..], &ENGINE_FAULTS].concat();
    union(
        "ErrorCode",
        "The `code` of the errors that the class `Recommender` throws.",
        &errors,
        &mut out,
    );
    out
}

/// The constants, as an ES module.
#[must_use]
pub fn constants() -> String {
    let mut out = HEAD.to_owned();
    for (name, value, docs) in limits::ALL {
        out += &format!(
            "\n{}export const {name} = {};\n",
            comment(docs),
            grouped(*value)
        );
    }
    for (name, doc, values) in lists() {
        out += &format!("\n/** {doc} */\nexport const {name} = {values:?};\n");
    }
    out
}

/// The constants that the worker needs. It is one file that every shopper fetches, so they stand in
/// it, between two marked lines, instead of in a module of their own.
#[must_use]
pub fn worker_constants() -> String {
    format!(
        "const PROTOCOL_VERSION = {};\nconst REQUEST_FAULTS = {REQUEST_FAULTS:?};\n",
        limits::PROTOCOL_VERSION
    )
}

fn lists() -> [(&'static str, &'static str, Vec<&'static str>); 4] {
    let kinds = |keep: fn(EventKind) -> bool| {
        let kinds = EventKind::ALL.into_iter().filter(|kind| keep(*kind));
        kinds.map(EventKind::name).collect()
    };
    [
        (
            "EVENT_KINDS",
            "The kinds of event, the weakest sign of interest first.",
            kinds(|_| true),
        ),
        (
            "TAKEN_KINDS",
            "The kinds by which a product is taken, the weakest first: what a device remembers of a visit.",
            kinds(EventKind::is_taken),
        ),
        (
            "NEGATIVE_KINDS",
            "The kinds that speak against a product.",
            kinds(|kind| !kind.is_positive()),
        ),
        (
            "REQUEST_FAULTS",
            "Codes of a failure that blames one request; the next request may succeed.",
            REQUEST_FAULTS.to_vec(),
        ),
    ]
}

fn declare<T: TS>(out: &mut String) {
    let docs = T::docs().unwrap_or_default();
    let decl = T::decl(&Config::default());
    *out += &format!(
        "\n{}export {}\n",
        laid_out(&docs, 0),
        laid_out(decl.trim_end_matches(';'), 0) + ";"
    );
}

fn union(name: &str, doc: &str, values: &[&str], out: &mut String) {
    let values: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    *out += &format!(
        "\n/** {doc} */\nexport type {name} =\n    | {};\n",
        values.join("\n    | ")
    );
}

/// A number as JavaScript groups it.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// A comment of these lines.
fn comment(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    match &lines[..] {
        [] => String::new(),
        [line] => format!("/** {line} */\n"),
        lines => format!("/**\n * {}\n */\n", lines.join("\n * ")),
    }
}

/// The text of ts-rs with one field and one variant a line, so that people can read it and a diff
/// shows what changed.
fn laid_out(text: &str, level: usize) -> String {
    let indent = |level: usize| "    ".repeat(level);
    let mut out = String::new();
    let mut level = level;
    // A comma in a tuple ends no field.
    let mut brackets = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((inside, after)) = rest.strip_prefix("/**").and_then(|r| r.split_once("*/")) {
            let lines: Vec<&str> = inside
                .lines()
                .map(|line| line.trim().trim_start_matches('*').trim())
                .collect();
            let first = lines.iter().position(|line| !line.is_empty());
            let last = lines.iter().rposition(|line| !line.is_empty());
            let lines = match (first, last) {
                (Some(first), Some(last)) => &lines[first..=last],
                _ => &[],
            };
            for line in comment(lines).lines() {
                out += &format!("{}{line}\n", indent(level));
            }
            rest = after.trim_start();
            out += &indent(level);
            continue;
        }
        rest = &rest[first.len_utf8()..];
        match first {
            '{' => {
                level += 1;
                out.push_str("{\n");
                rest = rest.trim_start();
                if !rest.starts_with("/**") {
                    out += &indent(level);
                }
            }
            '}' => {
                level -= 1;
                out.truncate(out.trim_end().len());
                out += &format!("\n{}}}", indent(level));
            }
            '[' | ']' => {
                brackets += if first == '[' { 1 } else { -1 };
                out.push(first);
            }
            ',' if level > 0 && brackets == 0 => {
                out.push_str(";\n");
                rest = rest.trim_start();
                if !rest.starts_with("/**") {
                    out += &indent(level);
                }
            }
            _ => out.push(first),
        }
    }
    // A comment that ends the text leaves the indentation of what would follow.
    out.truncate(out.trim_end_matches(' ').len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_laid_out_one_field_a_line_with_its_comments() {
        let text =
            "type A = { \n/**\n * One.\n */\nx: number, y?: B | null, } | { \"type\": \"b\", }";
        assert_eq!(
            laid_out(text, 0),
            "type A = {\n    /** One. */\n    x: number;\n    y?: B | null;\n} | {\n    \"type\": \"b\";\n}"
        );
    }

    #[test]
    fn a_tuple_stays_on_its_line() {
        assert_eq!(
            laid_out("type A = { x: Array<[B, number]>, }", 0),
            "type A = {\n    x: Array<[B, number]>;\n}"
        );
    }

    #[test]
    fn constants_carry_their_documentation_and_are_grouped() {
        let text = constants();
        assert!(
            text.contains("export const KEEP_S = 2_592_000;\n"),
            "{text}"
        );
        assert!(text.contains("/** Maximum number of earlier visits kept; the oldest fall off. */\nexport const MAX_VISITS = 10;"), "{text}");
        assert!(
            text.contains(r#"export const EVENT_KINDS = ["view", "cart", "purchase", "dismiss"];"#),
            "{text}"
        );
    }
}
