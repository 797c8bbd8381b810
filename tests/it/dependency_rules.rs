//! The dependency rules of ARCHITECTURE.md that a machine can check: dependencies between crates,
//! dependencies between modules, and names that the inner crates must not use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::imports::{code_only, exports, paths, test_items, without_tests};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ is in the workspace")
        .to_owned()
}

/// The workspace's members, from `cargo metadata`.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs: it runs this test");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

/// Direct dependencies of each workspace member, dev-dependencies left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let of = |package: &Value| {
        let names = package["dependencies"].as_array().into_iter().flatten();
        names
            .filter(|d| d["kind"].as_str() != Some("dev"))
            .filter_map(|d| d["name"].as_str().map(str::to_owned))
            .collect()
    };
    let packages = metadata["packages"].as_array().expect("there are packages");
    packages
        .iter()
        .filter_map(|p| Some((p["name"].as_str()?.to_owned(), of(p))))
        .collect()
}

#[track_caller]
fn check_inner(member: &str, allowed: &[&str]) {
    let all = dependencies();
    let inner = all[member]
        .iter()
        .filter(|name| name.starts_with("fewshop") || *name == "xtask");
    for name in inner {
        assert!(
            allowed.contains(&name.as_str()),
            "{member} may not depend on {name}"
        );
    }
}

#[test]
fn dependencies_point_down_only() {
    check_inner("fewshop-core", &[]);
    check_inner("fewshop-kernels", &[]);
    check_inner("fewshop-model", &["fewshop-core", "fewshop-kernels"]);
    check_inner("fewshop-words", &["fewshop-core"]);
    check_inner(
        "fewshop-wasm",
        &["fewshop-core", "fewshop-model", "fewshop-words"],
    );
    check_inner("fewshop-web", &["fewshop-core", "fewshop-words"]);
    check_inner("fewshop-reference", &[]);
    check_inner("fewshop-data", &["fewshop-core"]);
    check_inner("fewshop-privacy", &[]);
    check_inner("fewshop-table", &[]);
    check_inner("fewshop-table-wasm", &["fewshop-table"]);
    check_inner("fewshop-together", &["fewshop-privacy"]);
    check_inner("fewshop-together-wasm", &["fewshop-together"]);
    check_inner(
        "fewshop-eval",
        &[
            "fewshop-core",
            "fewshop-data",
            "fewshop-model",
            "fewshop-words",
        ],
    );
    check_inner(
        "fewshop-train",
        &[
            "fewshop-core",
            "fewshop-data",
            "fewshop-eval",
            "fewshop-model",
            "fewshop-privacy",
            "fewshop-table",
            "fewshop-words",
        ],
    );
    check_inner(
        "fewshop-cli",
        &[
            "fewshop-core",
            "fewshop-data",
            "fewshop-eval",
            "fewshop-model",
            "fewshop-reference",
            "fewshop-table",
            "fewshop-together",
            "fewshop-train",
            "fewshop-words",
        ],
    );
    check_inner("fewshop-bench", &["fewshop-model", "fewshop-table"]);
    check_inner(
        "fewshop-fuzz",
        &[
            "fewshop-core",
            "fewshop-model",
            "fewshop-data",
            "fewshop-table-wasm",
            "fewshop-wasm",
            "fewshop-web",
            "fewshop-words",
        ],
    );
    check_inner(
        "xtask",
        &[
            "fewshop-core",
            "fewshop-model",
            "fewshop-reference",
            "fewshop-web",
        ],
    );
}

#[test]
fn nothing_depends_on_development_tools() {
    for (member, all) in dependencies() {
        for tool in ["fewshop-bench", "fewshop-fuzz", "xtask"] {
            assert!(!all.contains(tool), "{member} may not depend on {tool}");
        }
    }
}

#[test]
fn core_data_table_and_storefront_do_not_know_burn() {
    let all = dependencies();
    for member in [
        "fewshop-core",
        "fewshop-data",
        "fewshop-table",
        "fewshop-table-wasm",
        "fewshop-together",
        "fewshop-together-wasm",
        "fewshop-web",
        "fewshop-words",
    ] {
        let burn = all[member].iter().find(|name| name.starts_with("burn"));
        assert_eq!(burn, None, "{member} may not depend on burn");
    }
}

/// A build that only reads a shop's files must not wait for burn, not even through another crate.
#[test]
fn data_is_built_without_burn_and_without_the_model() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none"])
        .args(["--package", "fewshop-data", "--edges", "normal,build"])
        .current_dir(root())
        .output()
        .expect("cargo runs: it runs this test");
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && tree.contains("fewshop-core "),
        "{tree}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for name in tree.lines().filter_map(|line| line.split(' ').next()) {
        assert!(
            name != "fewshop-model" && !name.starts_with("burn"),
            "fewshop-data is built with {name}"
        );
    }
}

/// A device makes reports; the aggregators' sockets and files must not reach a page with them.
#[test]
fn a_report_is_made_without_the_aggregators() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none"])
        .args(["--package", "fewshop-together-wasm", "--edges", "normal"])
        .args(["--target", "wasm32-unknown-unknown"])
        .current_dir(root())
        .output()
        .expect("cargo runs: it runs this test");
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && tree.contains("prio "),
        "{tree}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for name in tree.lines().filter_map(|line| line.split(' ').next()) {
        assert!(
            !["hyper", "redb", "rustls", "tokio", "ureq"].contains(&name),
            "the report's side of fewshop-together is built with {name}"
        );
    }
}

/// Only the command crates parse arguments: the settings of a library are its own types.
#[test]
fn only_the_commands_know_clap() {
    for (member, names) in dependencies() {
        assert!(
            !names.contains("clap")
                || ["fewshop-cli", "fewshop-reference", "xtask"].contains(&member.as_str()),
            "{member} may not depend on clap"
        );
    }
}

/// The SQL engines take longer to build than everything else, and would unify their features with
/// burn's: they stay in `extras/sql`, a workspace with a lock file of its own.
#[test]
fn the_main_workspace_has_no_sql_engine() {
    let engines = [
        "arrow",
        "ballista",
        "datafusion",
        "sqlparser",
        "fewshop-sql",
    ];
    for (lock, expected) in [("Cargo.lock", false), ("extras/sql/Cargo.lock", true)] {
        let text = std::fs::read_to_string(root().join(lock)).expect("the lock file is committed");
        for engine in engines {
            let found = text.contains(&format!("\nname = \"{engine}"));
            assert_eq!(found, expected, "{lock} and {engine}");
        }
    }
}

#[test]
fn the_sql_workspace_uses_fewshop_core_alone() {
    let lock = std::fs::read_to_string(root().join("extras/sql/Cargo.lock"))
        .expect("the lock file is committed");
    let ours: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"fewshop-")?.strip_suffix('"'))
        .collect();
    assert_eq!(ours, ["core", "sql"]);
}

/// Every `.rs` file of a crate's `src` without its unit tests, whether these are a block or a file.
fn sources(member: &str) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let mut tests = BTreeSet::new();
    let mut folders = vec![root().join(member).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the crate has sources") {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("sources are text");
                let stem = path.file_stem().unwrap_or_default();
                let children = if stem == "mod" || stem == "lib" || stem == "main" {
                    folder.clone()
                } else {
                    folder.join(stem)
                };
                for name in test_items(&code_only(&text)).files {
                    tests.insert(children.join(&name));
                    tests.insert(children.join(name).with_extension("rs"));
                }
                out.push((path, without_tests(&text)));
            }
        }
    }
    out.retain(|(path, _)| path.ancestors().all(|folder| !tests.contains(folder)));
    out
}

#[track_caller]
fn check_never_named(member: &str, words: &[&str]) {
    for (path, code) in sources(member) {
        for word in words {
            assert!(!code.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn core_model_and_table_do_no_io() {
    let io = [
        "std::fs",
        "std::net",
        "std::env",
        "std::time",
        "std::thread",
        "std::process",
        "println!",
        "print!",
        "SystemTime",
    ];
    check_never_named("crates/fewshop-core", &io);
    check_never_named("crates/fewshop-model", &io);
    check_never_named("crates/fewshop-table", &io);
    check_never_named("crates/fewshop-table-wasm", &io);
}

/// The part of the crate that a device runs; the aggregators are the rest.
#[test]
fn a_report_is_made_without_io() {
    for file in ["budget", "error", "hpke", "privacy", "report", "terms"] {
        let path = root().join(format!("crates/fewshop-together/src/{file}.rs"));
        let text = std::fs::read_to_string(&path).expect("the file is there");
        let code = code_only(&text);
        for word in [
            "std::fs",
            "std::net",
            "std::time",
            "std::thread",
            "SystemTime",
        ] {
            assert!(!code.contains(word), "{file} names {word}");
        }
    }
}

#[test]
fn the_storefront_never_names_a_tensor() {
    check_never_named("web", &["burn::", "Tensor", "fewshop_model"]);
}

/// Messages about upward imports. `files` are modules with their text, `layers` paths of modules,
/// lowest first: a file belongs to the longest path that is its prefix, and may name that layer and
/// those below it.
fn upward_imports(
    files: &[(Vec<String>, String)],
    exports: &BTreeMap<String, Vec<String>>,
    layers: &[&str],
) -> Vec<String> {
    let layers: Vec<Vec<&str>> = layers
        .iter()
        .map(|path| path.split("::").collect())
        .collect();
    let layer_of = |path: &[String]| {
        let fits = |layer: &&Vec<&str>| {
            layer.len() <= path.len() && layer.iter().zip(path).all(|(a, b)| a == b)
        };
        let best = layers.iter().filter(fits).max_by_key(|layer| layer.len());
        best.and_then(|best| layers.iter().position(|layer| layer == best))
    };
    let mut out = Vec::new();
    for (module, text) in files {
        let name = module.join("::");
        let Some(own) = layer_of(module) else {
            out.push(format!(
                "{name} is in no layer: give it a place in the list"
            ));
            continue;
        };
        for path in paths(text, module) {
            let exported = path.first().and_then(|first| exports.get(first));
            let at = layer_of(&path).or_else(|| exported.and_then(|path| layer_of(path)));
            let path = path.join("::");
            match at {
                Some(at) if at <= own => {}
                Some(_) => out.push(format!("{name} names {path}, which is above it")),
                None if path.is_empty() => {}
                None => out.push(format!("{name} names {path}, which is in no layer")),
            }
        }
    }
    out
}

/// Refuses upward imports. `layers` are modules or folders of the crate, lowest first; the crate's
/// root may name all of them.
#[track_caller]
fn check_layers(member: &str, layers: &[&str]) {
    let folder = root().join(member).join("src");
    let lib = std::fs::read_to_string(folder.join("lib.rs")).expect("the crate is a library");
    let mut files = Vec::new();
    for (path, text) in sources(member) {
        let inner = path.strip_prefix(&folder).expect("it is in src");
        let mut module: Vec<String> = inner
            .with_extension("")
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        if module != ["lib"] && module != ["main"] {
            files.push((module, text));
        }
    }
    let found = upward_imports(&files, &exports(&lib), layers);
    assert!(found.is_empty(), "{member}:\n{}", found.join("\n"));
}

#[test]
fn core_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-core",
        &[
            "checksum",
            "order",
            "catalogue",
            "event",
            "neighbours",
            "counts",
            "split",
            "metrics",
            "attribute_prediction",
            "offer",
            "promotion",
            "recommendation",
            "task",
            "protocol",
        ],
    );
}

#[test]
fn model_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-model",
        &[
            "error",
            "weights",
            "business_rules",
            "features::table",
            "kernels",
            "features",
            "pack",
            "compute",
            "ranking::session_encoder",
            "tasks",
            "ranking",
            "recommender",
            "toy",
        ],
    );
}

#[test]
fn trainer_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-train",
        &[
            "modules",
            "text",
            "words",
            "merchant",
            "prior",
            "compress",
            "learner",
            "tasks",
            "memory",
            "new_items",
            "select",
            "study",
        ],
    );
}

#[test]
fn data_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-data",
        &[
            "files", "progress", "pictures", "titles", "prepare", "example",
        ],
    );
}

#[test]
fn table_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-table",
        &[
            "error",
            "math",
            "numbers",
            "writing",
            "protected",
            "table",
            "text",
            "target",
            "cells",
            "network",
            "settings",
            "typing",
            "encode",
            "process",
            "forest",
            "ensemble",
            "gate",
            "site",
            "source",
            "head",
            "regression",
            "warnings",
            "predictor",
            "explain",
            "next",
            "groups",
            "evaluate",
            "episode",
        ],
    );
}

#[test]
fn together_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-together",
        &[
            "error",
            "privacy",
            "terms",
            "keys",
            "hpke",
            "report",
            "published",
            "budget",
            "device",
            "noise",
            "store",
            "limit",
            "http",
            "peer",
            "desk",
            "helper",
            "leader",
            "collect",
            "serve",
        ],
    );
    check_layers("crates/fewshop-together-wasm", &["device", "bindings"]);
}

#[test]
fn eval_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-eval",
        &[
            "interval",
            "figures",
            "eval_set",
            "ranking",
            "scores",
            "baselines",
            "ranking_scorer",
            "paired",
            "seeds",
            "calibration",
            "clicks",
            "shelves",
            "dismissals",
            "contenders",
            "evaluation",
            "words",
        ],
    );
}

#[test]
fn cli_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-cli",
        &[
            "provenance",
            "session_lengths",
            "count",
            "check",
            "report",
            "commands",
        ],
    );
}

#[test]
fn engine_modules_import_only_lower_layers() {
    check_layers(
        "crates/fewshop-wasm",
        &[
            "error",
            "typescript",
            "arguments",
            "engine",
            "gpu",
            "bindings",
        ],
    );
}

#[test]
fn storefront_modules_import_only_lower_layers() {
    check_layers(
        "web",
        &[
            "texts",
            "state",
            "browser",
            "view",
            "nav",
            "engine",
            "shop",
            "page_title",
            "components",
            "agents",
            "pages",
            "app",
        ],
    );
}

#[test]
fn an_upward_import_is_found() {
    let files = |text: &str| {
        vec![
            (vec!["low".to_owned()], text.to_owned()),
            (
                vec!["high".to_owned(), "part".to_owned()],
                "use crate::low::Thing;".to_owned(),
            ),
        ]
    };
    let exports = exports("pub use high::part::Exported;");
    let found = |text: &str, layers: &[&str]| upward_imports(&files(text), &exports, layers);
    let layers = ["low", "high"];
    assert!(found("use std::fs;", &layers).is_empty());
    assert_eq!(
        found("use crate::high::part::Other;", &layers),
        ["low names high::part::Other, which is above it"]
    );
    assert_eq!(
        found("fn f() { crate::Exported::new() }", &layers),
        ["low names Exported::new, which is above it"]
    );
    assert_eq!(
        found("use super::high;", &layers),
        ["low names high, which is above it"]
    );
    assert_eq!(
        found("use crate::elsewhere;", &layers),
        ["low names elsewhere, which is in no layer"]
    );
    assert_eq!(
        found("", &["low"]),
        ["high::part is in no layer: give it a place in the list"]
    );
    assert!(found("use crate::high::part::Other;", &["high", "low"]).len() == 1);
}
