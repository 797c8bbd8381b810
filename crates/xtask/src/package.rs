//! `cargo xtask package`: the npm package, around the same engine that the page ships.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::files::{files_below, remove, write_if_changed};
use crate::root::{root, shown};
use crate::run::{run, say};
use crate::tools::ensure_wasm_target;
use crate::wasm::{CPU, TABLE, build_cpu};

/// Builds the engine and makes the package.
pub(crate) fn build(out: &Path) -> Result<()> {
    // Checked before the long build.
    refuse_other_files(out)?;
    ensure_wasm_target()?;
    run(&mut build_cpu())?;
    make(out)?;
    say!(
        "the package is in {}: run `npm pack` or `npm publish` there, or copy it beside a page",
        shown(out)
    );
    Ok(())
}

/// Makes the package around the engine that is already built.
pub(crate) fn make(out: &Path) -> Result<()> {
    refuse_other_files(out)?;
    remove(out)?;
    let parts = root().join("crates/fewshop-wasm/package");
    for file in files_below(&parts)? {
        let bytes = read(&parts.join(&file))?;
        let bytes = if file == Path::new("package.json") {
            with_version(&bytes)?.into_bytes()
        } else {
            bytes
        };
        write_if_changed(&out.join(file), &bytes)?;
    }
    let worker = read_text(&root().join("crates/fewshop-wasm/js/worker.js"))?;
    write_if_changed(&out.join("worker.js"), with_one_engine(&worker)?.as_bytes())?;
    for (module, folder) in [(CPU, "cpu"), (TABLE, "table")] {
        module.generate(&out.join(folder), true)?;
        let types = out.join(folder).join(format!("{}.d.ts", module.stem));
        write_if_changed(&types, without_dispose(&read_text(&types)?).as_bytes())?;
    }
    Ok(())
}

/// The engines of the package's worker: one, by addresses that bundlers follow and imported like any
/// module. Bundlers fail at an import of a file that is not there, and Vite before version 8
/// bundles workers into a format without dynamic imports.
const ENGINES: &str = r#"import * as cpuScript from "./cpu/fewshop_wasm.js";

/** The engine that this worker loads, with its script and its wasm. */
const ENGINES = {
  cpu: {
    script: async () => cpuScript,
    wasm: () => new URL("./cpu/fewshop_wasm_bg.wasm", import.meta.url),
  },
};
"#;

/// The page's worker with the package's engines.
fn with_one_engine(worker: &str) -> Result<String> {
    let parts = worker
        .split_once("// engines: begin")
        .and_then(|(before, rest)| Some((before, rest.split_once("// engines: end\n")?.1)));
    let Some((before, after)) = parts else {
        bail!("worker.js: expected the marks `// engines: begin` and `// engines: end`")
    };
    Ok(format!("{before}{ENGINES}{after}"))
}

/// The types without `Symbol.dispose`: TypeScript knows it only with `lib: esnext`, and an
/// application should not have to choose that for a package.
fn without_dispose(types: &str) -> String {
    let lines = types
        .lines()
        .filter(|line| !line.contains("Symbol.dispose"));
    lines.fold(String::new(), |text, line| text + line + "\n")
}

fn read_text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).with_context(|| format!("{} is not text", shown(path)))
}

/// Refuses to clear a folder that contains anything but a package.
fn refuse_other_files(out: &Path) -> Result<()> {
    let files: BTreeSet<_> = files_below(out)?;
    if files.is_empty()
        || read(&out.join("package.json"))
            .is_ok_and(|json| name(&json).as_deref() == Some("fewshop"))
    {
        return Ok(());
    }
    bail!(
        "{} contains other files than this package: choose a new folder",
        shown(out)
    )
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("failed to read {}", shown(path)))
}

fn name(json: &[u8]) -> Option<String> {
    Some(
        serde_json::from_slice::<Value>(json).ok()?["name"]
            .as_str()?
            .to_owned(),
    )
}

/// The package takes the workspace's version.
fn with_version(json: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(json).context("package.json is not text")?;
    if text.matches("\"0.0.0\"").count() != 1 {
        bail!("package.json: expected \"version\": \"0.0.0\", which is filled in here");
    }
    Ok(text.replace("0.0.0", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_that_the_package_names_are_made() {
        let folder = root().join("crates/fewshop-wasm/package");
        let json = with_version(&fs::read(folder.join("package.json")).unwrap()).unwrap();
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
        let made = |name: &str| {
            name == "worker.js"
                || ["cpu", "table"].contains(&name)
                || name.starts_with("*.")
                || folder.join(name).is_file()
        };
        let named = json["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str);
        let exported =
            json["exports"]
                .as_object()
                .unwrap()
                .values()
                .flat_map(|value| match value {
                    Value::String(path) => vec![path.as_str()],
                    paths => paths
                        .as_object()
                        .unwrap()
                        .values()
                        .filter_map(Value::as_str)
                        .collect(),
                });
        for name in named.chain(exported.map(|path| path.trim_start_matches("./"))) {
            assert!(made(name), "{name}");
        }
    }

    #[test]
    fn the_worker_of_the_package_names_no_engine_that_it_lacks_and_imports_nothing_late() {
        let worker = read_text(&root().join("crates/fewshop-wasm/js/worker.js")).unwrap();
        assert!(worker.contains("./gpu/") && worker.contains("import(\"./cpu/"));
        let made = with_one_engine(&worker).unwrap();
        assert!(!made.contains("./gpu/") && !made.contains("import("));
        assert!(made.contains("from \"./cpu/fewshop_wasm.js\""));
        assert!(made.contains("/** Untimed runs"));
        assert!(with_one_engine("nothing").is_err());
    }

    #[test]
    fn the_types_need_no_newer_library() {
        assert_eq!(
            without_dispose("free(): void;\n[Symbol.dispose](): void;\nload();\n"),
            "free(): void;\nload();\n"
        );
    }

    #[test]
    fn a_folder_of_somebody_else_is_not_cleared() {
        let dir = tempfile::tempdir().unwrap();
        refuse_other_files(&dir.path().join("new")).unwrap();
        write_if_changed(&dir.path().join("package.json"), br#"{"name":"fewshop"}"#).unwrap();
        refuse_other_files(dir.path()).unwrap();
        write_if_changed(&dir.path().join("package.json"), br#"{"name":"other"}"#).unwrap();
        assert!(
            refuse_other_files(dir.path())
                .unwrap_err()
                .to_string()
                .contains("choose a new folder")
        );
    }
}
