//! Who may depend on whom, and what the inner crates may not touch: the walls of ARCHITECTURE.md
//! that a machine can check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
        .to_owned()
}

/// What cargo says of the workspace's members.
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
    check_inner("fewshop-model", &["fewshop-core"]);
    check_inner("fewshop-wasm", &["fewshop-core", "fewshop-model"]);
    check_inner("fewshop-web", &["fewshop-core"]);
    check_inner("fewshop-reference", &[]);
    check_inner(
        "fewshop-train",
        &["fewshop-core", "fewshop-model", "fewshop-reference"],
    );
}

#[test]
fn core_and_storefront_do_not_know_burn() {
    let all = dependencies();
    for member in ["fewshop-core", "fewshop-web"] {
        let burn = all[member].iter().find(|name| name.starts_with("burn"));
        assert_eq!(burn, None, "{member} may not depend on burn");
    }
}

/// The SQL engines take longer to build than everything else, and would unify their features with
/// burn's: they stay in `extras/sql`, a workspace with a lock file of its own.
#[test]
fn the_main_workspace_knows_no_sql_engine() {
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

/// Every `.rs` file of a crate's `src`, without its unit tests.
fn sources(member: &str) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let mut folders = vec![root().join(member).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the crate has sources") {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("sources are text");
                let code = text
                    .split("#[cfg(test)]")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                out.push((path, code));
            }
        }
    }
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
fn core_and_model_do_no_io() {
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
}

#[test]
fn the_storefront_never_names_a_tensor() {
    check_never_named("web", &["burn::", "Tensor", "fewshop_model"]);
}
